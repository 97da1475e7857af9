#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""Raw ICMP sockets as a program uses them: what their calls say, compared with
those of the built-in ICMP.

  peer p0 ------ h0 host
    | messages ->|        bind, connect, send, receive, poll, options, and
    |            |        what ss and /proc/net tell of the sockets
"""

import functools
import re
import socket
import struct
import termios

import lab
import packet
import raw
import versus
from packet import HOST, PEER
from raw import (FOREIGN, ICMP, SOL_IP, SOL_SOCKET, Group, Scene, echo, many,
                 set_option, verdict)
from sender import FAR, RECVERR

IP_FREEBIND, IP_TRANSPARENT, IP_NODEFRAG = 15, 19, 22
FREEBIND = (SOL_IP, IP_FREEBIND, 1)
TRANSPARENT = (SOL_IP, IP_TRANSPARENT, 1)
BROADCAST = (SOL_SOCKET, socket.SO_BROADCAST, 1)
OTHER, GROUP = "192.0.2.9", "239.1.2.3"
SIOCOUTQ = termios.TIOCOUTQ
ADDRESSES = ("0.0.0.0", HOST, OTHER, "198.51.100.1", "127.0.0.1",
             "203.0.113.1", FOREIGN, PEER, GROUP, "224.0.0.1", "192.0.2.255",
             "255.255.255.255", "192.0.2.0", "0.1.2.3", "240.0.0.1")
# To each address of the host, and to many.
TO_ALL = [echo(dst=dst) for dst in (HOST, OTHER, "198.51.100.1")] + [
    many(dst=dst) for dst in ("192.0.2.255", "255.255.255.255", "224.0.0.1")]


def sockaddr(address, family=socket.AF_INET, port=0):
    return struct.pack("=H", family) + struct.pack("!H", port) + (
        packet.addr(address) + bytes(8))


def call(name, sock, address, size=None):
    """bind(2) or connect(2) with any sockaddr."""
    return raw.libc(name, sock.fileno(), address,
                    len(address) if size is None else size)


def unconnect(sock):
    return call("connect", sock, sockaddr("0.0.0.0", socket.AF_UNSPEC))


def names(play, sock):
    play.note("its name", verdict(sock.sock.getsockname))
    play.note("its peer", verdict(sock.sock.getpeername))


def bind(play, address, *options):
    one = play.open(*options)
    play.note("bind", verdict(one.sock.bind, (address, 0)))
    names(play, one)
    play.hear(*TO_ALL)
    play.note("again", verdict(one.sock.bind, (OTHER, 7)))
    names(play, one)
    play.hear(*TO_ALL)
    play.note("send", verdict(one.sock.sendto, packet.echo(8), (PEER, 0)))
    play.send()


def bindings():
    for name, options in (("plainly", ()), ("IP_FREEBIND", (FREEBIND,)),
                          ("IP_TRANSPARENT", (TRANSPARENT,))):
        for address in ADDRESSES:
            yield Scene(f"{address}, {name}", bind, address, *options)
    for value in (1, 0):
        yield Scene(f"{FOREIGN}, ip_nonlocal_bind {value}", bind, FOREIGN,
                    sysctls={"ip_nonlocal_bind": value})


def odd_addresses(play, function):
    """Addresses too short, too long, of other families."""
    one = play.open()
    for size in (0, 1, 2, 7, 8, 15, 16, 17, 28, 128, 129, -1):
        address = sockaddr(HOST).ljust(129, b"\0")
        play.note(f"{size} bytes", call(function, one, address, size))
        names(play, one)
    for family in (0, 1, 10, 17, 255):
        for address in ("0.0.0.0", HOST):
            play.note(f"family {family}, {address}", call(
                function, one, sockaddr(address, family)))
            names(play, one)
    play.note("port", call(function, one, sockaddr(HOST, port=99)))
    names(play, one)
    play.hear(*TO_ALL)


def unicast(play, one):
    """Messages of two sources to two addresses."""
    play.hear(*(echo(src=src, dst=dst) for src in (PEER, FAR)
                for dst in (HOST, OTHER)),
              many(dst="192.0.2.255"), many(dst="224.0.0.1"))
    play.note("send", verdict(one.sock.send, packet.echo(8)))
    play.note("send to", verdict(one.sock.sendto, packet.echo(9),
                                 (PEER, 0)))
    play.send()


def connect(play, local, *turns):
    """Connect to one after the other; None: to nobody."""
    one = play.open(local=local)
    unicast(play, one)
    for far in turns:
        play.note(f"connect to {far}", verdict(
            one.sock.connect, (far, 5)) if far else unconnect(one))
        names(play, one)
        rows(play)
        unicast(play, one)


def bound_after(play, *options):
    """Nobody's peer any more, it is bound, connected, asked."""
    one = play.open(*options)
    play.note("connect", verdict(one.sock.connect, (PEER, 0)))
    play.note("bind while connected", verdict(one.sock.bind, (HOST, 0)))
    play.note("unconnect", unconnect(one))
    tell(play)
    play.hear(*TO_ALL)
    play.note("bind", verdict(one.sock.bind, (HOST, 0)))
    play.hear(*TO_ALL)
    play.note("connect", verdict(one.sock.connect, (PEER, 0)))
    play.hear(*TO_ALL)
    tell(play)


def connections():
    for local in (None, HOST, "192.0.2.255", "224.0.0.1"):
        for turns in ((PEER,), (PEER, FAR), (PEER, None), (PEER, None, FAR),
                      (None,), (None, PEER, None), (FAR, FAR), (HOST,),
                      ("0.0.0.0",), (GROUP,), ("192.0.2.255",)):
            yield Scene(f"{local}: {turns}", connect, local, *turns)
    for options in ((), ((SOL_SOCKET, 25, b"h0\0"),),
                    ((SOL_SOCKET, 25, b"lo\0"),)):
        yield Scene(f"bound afterwards, {options}", bound_after, *options)


# Of what changes from socket to socket: addresses, inodes, buckets.
HIDE = [(re.compile(pattern), to) for pattern, to in (
    (r"^ *\d+: ", ""), (r"ino:\d+", "ino"), (r"sk:[0-9a-f]+", "sk"),
    (r" \d+ (\d+) [0-9a-f]{16} ", r" inode \1 pointer "))]


def masked(text):
    lines = []
    for line in text.splitlines():
        for pattern, to in HIDE:
            line = pattern.sub(to, line)
        lines.append(" ".join(line.split()))
    return "\n".join(sorted(lines))


def proc(name):
    with open("/proc/net/" + name, encoding="ascii") as file:
        return file.read()


def rows(play):
    """/proc/net/raw, and how many there are."""
    play.note("raw", masked(proc("raw")))
    play.note("sockstat", re.search("RAW: .*", proc("sockstat"))[0])


def tell(play):
    """All that is told of sockets, by whom."""
    rows(play)
    line = [line.split() for line in proc("protocols").splitlines()
            if line.startswith("RAW ")]
    play.note("protocols", line)
    for options in ("-wna", "-wne", "-wnam", "-wnl", "-wnao"):
        play.note("ss " + options, masked(lab.run("ss", "-H", options)))


def listed(play):
    """Sockets of all kinds, with messages and with errors."""
    play.open(name="any")
    play.open(name="own", local=HOST)
    play.open((SOL_SOCKET, 25, b"h0\0"), name="h0", far=PEER)
    play.open(RECVERR, local=HOST, far=FAR, name="both")
    play.open(name="mark", kind=raw.Listener, proto=253)
    play.open(name="header", proto=socket.IPPROTO_RAW)
    play.open((SOL_SOCKET, 36, 77), name="marked")
    tell(play)
    play.send(*TO_ALL)
    tell(play)
    for name, one in play.sockets.items():
        play.note(f"{name} waiting", one.incoming())
    for one in list(play.sockets.values())[:3]:
        one.messages()
        one.close()
    tell(play)
    for address in (HOST, "0.0.0.0"):
        play.note(f"ss src {address}", masked(lab.output(
            "ss", "-Hwna", "src", address)))
    play.note("ss dev", masked(lab.output("ss", "-Hwna", "dev", "h0")))
    play.note("ss mark", masked(lab.output("ss", "-Hwna", "fwmark", "77")))


def killed(play, *options, **known):
    """By ss -K, while messages wait."""
    play.note("other", "" if play.open(name="other", proto=253) else "")
    one = play.open(*options, **known)
    play.send(echo(), echo(src=FAR))
    play.note("ss -K", masked(lab.output("ss", "-HK", "-wn", "src", HOST)))
    play.note("poll", one.poll())
    play.note("error", one.error())
    play.hear(*TO_ALL)
    names(play, one)
    tell(play)
    play.note("ss -K again", masked(lab.output(
        "ss", "-HK", "-wn", "src", HOST)))
    play.note("first", one.take())
    play.note("bind", verdict(one.sock.bind, (HOST, 0)))
    play.note("connect", verdict(one.sock.connect, (PEER, 0)))
    play.note("send", verdict(one.sock.send, packet.echo(8)))
    play.hear(*TO_ALL)


def one_by_one(play):
    """poll(2), FIONREAD, MSG_PEEK, MSG_TRUNC: what each says of messages."""
    one = play.open()
    for size in (None, 0, 1, 100, 1400):
        if size is not None:
            play.send(echo(size))
        for question in (one.poll, one.incoming, one.error):
            play.note(f"{size} {question.__name__}", question())
    play.note("SIOCOUTQ", one.queued(SIOCOUTQ))
    for size in (0, 10, 20, 28, 2000):
        for flags in (socket.MSG_PEEK, socket.MSG_PEEK | socket.MSG_TRUNC):
            play.note(f"peek {size} {flags:#x}", one.take(size, flags))
    for flags in (socket.MSG_OOB, socket.MSG_ERRQUEUE,
                  socket.MSG_DONTWAIT | socket.MSG_PEEK):
        play.note(f"{flags:#x}", one.take(2000, flags))
    for size in (0, 10, 28, 2000):
        play.note(f"take {size}", one.take(size, socket.MSG_TRUNC))
    play.note("empty", one.take())
    play.note("poll", one.poll())


def peek_offset(play):
    """SO_PEEK_OFF."""
    one = play.open()
    play.note("set", verdict(one.sock.setsockopt, SOL_SOCKET, 42, 4))
    play.send(echo(), echo(20))
    for _ in range(6):
        play.note("peek", one.take(10, socket.MSG_PEEK))


def waiting(play):
    """epoll(7), edges and levels; a time to wait at most."""
    one = play.open()
    level, edge = raw.select.epoll(), raw.select.epoll()
    level.register(one, raw.select.EPOLLIN | raw.select.EPOLLOUT)
    edge.register(one, raw.select.EPOLLIN | raw.select.EPOLLET)
    for name in ("nothing", "two", "again", "one", "none", "new"):
        if name in ("two", "new"):
            play.send(echo(), echo())
        if name == "one":
            play.note("took", one.take())
        if name == "none":
            play.note("took", "; ".join(one.messages()))
        for kind, epoll in (("level", level), ("edge", edge)):
            play.note(f"{name}, {kind}", [
                event for _, event in epoll.poll(0)])
    level.close()
    edge.close()


class Patient(raw.Listener):
    """One whose SO_RCVTIMEO ends its patience."""

    def __init__(self, *options, **known):
        super().__init__((SOL_SOCKET, socket.SO_RCVTIMEO,
                          struct.pack("=qq", 0, 20000)), *options, **known)
        self.sock.setblocking(True)


def patient(play):
    one = play.open(kind=Patient)
    play.note("nothing", one.take())
    play.send(echo())
    play.note("something", one.take())
    play.note("not now", one.take(100, socket.MSG_DONTWAIT))


def shut(play, how, far):
    one = play.open(far=far)
    play.send(echo())
    play.note("shutdown", verdict(one.sock.shutdown, how))
    play.note("poll", one.poll())
    for _ in range(3):
        play.note("take", one.take())
    play.note("send", verdict(one.sock.send, packet.echo(8)))
    play.note("send to", verdict(one.sock.sendto, packet.echo(8), (PEER, 0)))
    play.hear(*TO_ALL)
    tell(play)


def refusals(play):
    """What no raw socket does."""
    one = play.open()
    play.note("listen", verdict(one.sock.listen, 1))
    play.note("accept", verdict(one.sock.accept))
    play.note("no address", verdict(one.sock.send, packet.echo(8)))
    for data in (b"", b"\x08", packet.echo(8)[:7], bytes(65515),
                 bytes(65535)):
        play.note(f"{len(data)} bytes", verdict(one.sock.sendto, data,
                                               ("127.0.0.1", 0)))
    for address in ("0.0.0.0", "192.0.2.255", "255.255.255.255", GROUP,
                    "240.0.0.1", "0.1.2.3"):
        play.note(address, verdict(one.sock.sendto, packet.icmp(0),
                                   (address, 0)))
    for flags in (socket.MSG_OOB, socket.MSG_MORE, socket.MSG_CONFIRM,
                  socket.MSG_NOSIGNAL, socket.MSG_DONTROUTE, 0x10):
        play.note(f"flags {flags:#x}", verdict(
            one.sock.sendto, packet.icmp(0), flags, (PEER, 0)))
    for request in (termios.TIOCINQ, SIOCOUTQ, 0x8905, 0x8906, 0x89e0,
                    0x1234):
        play.note(f"ioctl {request:#x}", verdict(one.queued, request))
    play.hear()


def numbers(play):
    """Options that only ask, and the defaults of all others."""
    for proto in (ICMP, 253, socket.IPPROTO_RAW):
        one = play.open(proto=proto, name=f"{proto}")
        for level, options in ((SOL_SOCKET, range(1, 80)),
                               (SOL_IP, range(1, 60)), (254, (1,)),
                               (socket.IPPROTO_UDP, (1,)), (41, (1, 26))):
            for option in options:
                # SO_COOKIE, and what is said in addresses of memory.
                if (level, option) in ((SOL_SOCKET, 57), (SOL_SOCKET, 55)):
                    continue
                play.note(f"{proto}, {level}:{option}", raw.get_option(
                    one, level, option, 32))


def settings(play):
    """Options of sockets and of IP, set and asked, and whether it hears."""
    one = play.open()
    for level, option in ([(SOL_SOCKET, option) for option in (
            2, 5, 6, 7, 8, 10, 12, 15, 18, 20, 36, 46, 60)] + [
            (SOL_IP, option) for option in (
                1, 2, 6, 7, 8, 10, 11, 12, 13, 15, 18, 19, 20, 21, 22, 23,
                24, 25, 26, 33, 34, 49, 50)]):
        for value in (1, 0, 255):
            play.note(f"{level}:{option} {value}", set_option(
                one, level, option, struct.pack("=i", value)))
            play.note(f"{level}:{option} {value}, then", raw.get_option(
                one, level, option, 8))
        play.hear(echo())


def created(play):
    """What socket(2) says to families, kinds and protocols."""
    for family in (socket.AF_INET, socket.AF_INET6):
        for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM, socket.SOCK_STREAM):
            for proto in (-1, 0, 1, 2, 6, 17, 58, 132, 253, 255, 256, 262):
                try:
                    with socket.socket(family, kind, proto) as sock:
                        said = [sock.getsockopt(SOL_SOCKET, option)
                                for option in (3, 38, 39)]
                except OSError as error:
                    said = raw.errno.errorcode[error.errno]
                play.note(f"{family} {kind} {proto}", said)
    rows(play)


def users(play):
    """Whoever may not open one; whoever got one may use it."""
    one = play.open()
    raw.os.seteuid(1000)
    try:
        play.note("open", verdict(play.open))
        play.note("send", verdict(one.sock.sendto, packet.echo(8),
                                  (PEER, 0)))
        play.note("filter", raw.set_filter(one, raw.mask({0}, 4)))
        play.note("mark", verdict(one.sock.setsockopt, SOL_SOCKET, 36, 9))
        play.note("transparent", verdict(one.sock.setsockopt, *TRANSPARENT))
        play.note("raw", masked(proc("raw")))
    finally:
        raw.os.seteuid(0)
    raw.os.fchown(one.fileno(), 1000, 1000)
    rows(play)
    play.hear(*TO_ALL)


def own_pings(play):
    """The host's messages to itself."""
    one = play.open()
    play.open(name="other", local="203.0.113.1")
    for address in (HOST, "127.0.0.1", "203.0.113.1"):
        play.note("send", verdict(one.sock.sendto, packet.echo(8),
                                  (address, 0)))
        play.hear()


def ping(play):
    """ping(8), which has a socket of its own, and what others hear of it."""
    one = play.open()
    play.note("ping", re.findall("[0-9]+ received", lab.output(
        "ping", "-q", "-c", "2", "-i", "0.01", "-W", "5", HOST)))
    play.send()
    # Its identifier is its process's.
    play.note("hears", one.types())


def copies(play):
    """Each of many sockets gets its own, whatever others do with theirs."""
    for number in range(40):
        play.open(name=f"socket {number}")
    play.hear(*TO_ALL, packet.frame(packet.timestamp(csum=1)))


def whose(host):
    """/proc/net/icmp4/raw says whose a socket is, and what waits in it."""
    some = {("0.0.0.0", "0.0.0.0", "-", "0"): raw.Listener(),
            (HOST, "0.0.0.0", "-", "0"): raw.Listener(local=HOST),
            (HOST, PEER, "-", "0"): raw.Listener(far=PEER),
            (HOST, PEER, "h0", "1000"): raw.Listener(
                (SOL_SOCKET, 25, b"h0\0"), far=PEER),
            ("0.0.0.0", "0.0.0.0", "lo", "0"): raw.Listener(
                (SOL_SOCKET, 25, b"lo\0"))}
    raw.os.fchown(some[(HOST, PEER, "h0", "1000")].fileno(), 1000, 1000)
    raw.Listener(proto=253).close()
    problems = []
    for frames in ([], [echo()], [echo(src=FAR)]):
        host.exchange(frames)
        rows_ = sorted(line.split() for line in
                       proc("icmp4/raw").splitlines()[1:])
        wanted = sorted(
            [*name, str(raw.os.fstat(one.fileno()).st_ino),
             str(one.memory()), "0", "0", "-"] for name, one in some.items())
        if rows_ != wanted:
            problems.append(f"{rows_}, not {wanted}")
    waiting = [one.memory() > 0 for one in some.values()]
    if waiting != [True] * 4 + [False]:
        problems.append(f"messages wait: {waiting}")
    for one in some.values():
        one.close()
    return problems


def simple(*functions, **known):
    for function in functions:
        yield Scene(function.__name__, function, **known)


GROUPS = [
    Group("bind", bindings(), noted={"heard": 47}),
    Group("odd addresses", (Scene(name, odd_addresses, name)
                            for name in ("bind", "connect")),
          noted={"heard": 1}),
    Group("connect", connections(), noted={"heard": 44}),
    Group("listed", simple(listed), answered=1),
    Group("killed", [
        Scene("bound", functools.partial(killed, local=HOST)),
        Scene("connected", functools.partial(killed, local=HOST, far=PEER)),
        Scene("IP_RECVERR", functools.partial(killed, local=HOST), RECVERR)],
          noted={"heard": 3}),
    Group("questions", simple(one_by_one, peek_offset, waiting, patient)),
    Group("shutdown", (Scene(f"{how}, {far}", shut, how, far)
                       for how in range(3) for far in (None, PEER)),
          noted={"heard": 6}),
    Group("refusals", simple(refusals), noted={"heard": 1}),
    Group("options asked for", simple(numbers), answered=0),
    Group("options set", simple(settings), noted={"heard": 1}),
    Group("socket", simple(created), answered=0,
          sysctls={"ping_group_range": "0 2147483647"}),
    Group("users", simple(users), noted={"heard": 1}),
    Group("messages of the host's own", [
        *simple(own_pings), *simple(ping, exact=False)], answered=0,
          noted={"heard": 1}),
    Group("copies", simple(copies), noted={"heard": 1}),
]

if __name__ == "__main__":
    versus.main(GROUPS, [whose])
