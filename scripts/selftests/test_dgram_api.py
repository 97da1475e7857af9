#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""Datagram ICMP sockets as a program uses them, and every byte that they send:
compared with those of the built-in ICMP.

  peer p0 ------ h0 host
    |<- request -|        open, bind, connect, send, receive, poll, options,
    |-- reply -->|        errors; who may, and to whom
"""

import ctypes
import functools
import os
import re
import socket
import struct
import termios

import dgram
import lab
import packet
import raw
import routes
import test_raw_api
import versus
from dgram import ICMP, ID, Group, Scene, reply, request
from differences import DGRAM_FAMILIES, DGRAM_LISTED, DGRAM_REQUESTS
from error import About, Error, mtu
from packet import HOST, PEER
from raw import (FOREIGN, SO_RXQ_OVFL, SO_TIMESTAMP, SO_TIMESTAMPNS, SOL_IP,
                 SOL_SOCKET, many, verdict)
from sender import FAR, RECVERR, Ping
from test_raw_api import (BROADCAST, FREEBIND, GROUP, OTHER, TRANSPARENT, call,
                          names, sockaddr, unconnect)
from test_raw_receive import (ABOUT, NO_VRF, SO_ATTACH_FILTER, VRF, bound,
                              program)
from test_raw_receive import OPTIONS as IP_HEADERS
from test_raw_send import CONTROL, INFO, MARKS, OPTIONS, info

partial = functools.partial
LO = "203.0.113.1"
REUSE = (SOL_SOCKET, socket.SO_REUSEADDR, 1)
ALONE = (SOL_SOCKET, socket.SO_REUSEADDR, 0)
PKTINFO = (SOL_IP, 8, 1)
# To each address of the host, to many, and for somebody else.
TO_ALL = [*(reply(dst=dst) for dst in (HOST, OTHER, "198.51.100.1", LO)),
          *(many(packet.echo(8, ID, kind=0), dst) for dst in (
              "192.0.2.255", "255.255.255.255", "224.0.0.1")),
          reply(ident=ID + 1), reply(ident=0)]


# Who may have one.

def opened():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM, ICMP).close()
    return "yes"


USERS = {
    "root": (0, 0, ()), "root of another group": (0, 77, ()),
    "user": (1000, 1000, ()), "user of group 0": (1000, 0, ()),
    "user among others": (1000, 1000, (5, 2000, 70)),
    "user among others yet": (1000, 1000, (5, 70)),
}


def users(play, allowed):
    play.note("set", verdict(lab.sysctl, "ping_group_range", allowed))
    for name, (uid, gid, groups) in USERS.items():
        said = dgram.as_user(opened, uid, gid, groups)
        play.note(name, said)
        if said == "yes":
            play.notes["allowed"] = "yes"
        play.note(f"{name} asks", dgram.as_user(dgram.talk, uid, gid, groups))


def in_user_namespace(play, own, allowed, inside):
    """Group 0 of a namespace of users, in which it is root."""
    lab.sysctl("ping_group_range", allowed)

    def enter():
        dgram.enter_user_namespace(own)
        said = [verdict(opened)]
        if own:
            lab.ip("link set lo up")
            said.append(verdict(lab.sysctl, "ping_group_range", inside))
            said.append(verdict(opened))
            said.append(verdict(dgram.talk, "127.0.0.1"))
        else:
            said.append(verdict(dgram.talk))
        return said
    said = dgram.as_user(enter)
    play.note("says", said)
    if "right" in said:
        play.notes["allowed"] = "yes"


def kinds(play):
    """What socket(2) says to families, kinds and protocols."""
    test_raw_api.created(play)
    one = play.open()
    for option in (3, 38, 39, socket.SO_REUSEADDR):
        play.note(f"option {option}", one.option(SOL_SOCKET, option))


# Identifiers and addresses.

def bind(play, address, *options, ident=ID):
    one = play.open(*options)
    play.note("bind", verdict(one.sock.bind, (address, ident)))
    names(play, one)
    play.hear(*TO_ALL)
    for again in (OTHER, FOREIGN, "0.0.0.0"):
        play.note(f"again, {again}", verdict(one.sock.bind, (again, 7)))
    names(play, one)
    play.hear(*TO_ALL)
    if number(one):
        play.note("send", verdict(one.sock.sendto, request(), (PEER, 0)))
    play.hear()


def number(one):
    return dgram.number(one.sock)


def bindings():
    for name, options in (("plainly", ()), ("IP_FREEBIND", (FREEBIND,)),
                          ("IP_TRANSPARENT", (TRANSPARENT,)),
                          ("by h0", (bound("h0"),)), ("by lo", (bound("lo"),)),
                          ("by lo, IP_FREEBIND", (bound("lo"), FREEBIND))):
        for address in test_raw_api.ADDRESSES:
            yield Scene(f"{address}, {name}", bind, address, *options)
    for value in (1, 0):
        yield Scene(f"{FOREIGN}, ip_nonlocal_bind {value}", bind, FOREIGN,
                    sysctls={"ip_nonlocal_bind": value})
    for ident in (1, 0xffff):
        yield Scene(f"{ident}", partial(bind, ident=ident), HOST)


def odd_addresses(play, function):
    """Addresses too short, too long, of other families; by a new socket."""
    for size in (0, 1, 2, 7, 8, 15, 16, 17, 28, 128, 129, -1):
        address = sockaddr(HOST, port=ID).ljust(129, b"\0")
        odd_address(play, function, f"{size} bytes", address, size)
    for family in (0, 1, 10, 17, 255):
        for address in ("0.0.0.0", HOST):
            odd_address(play, function, f"family {family}, {address}",
                        sockaddr(address, family, ID))


def odd_address(play, function, name, *address):
    one = play.open(ident=ID if function == "connect" else None)
    play.note(name, call(function, one, *address))
    names(play, one)
    one.close()


def sharing(play, first, second, addresses, then):
    """Two with the same identifier, the second one first."""
    socks = []
    for name, address, reuse in zip(("first", "second"), addresses,
                                    (first, second)):
        one = play.open((SOL_SOCKET, socket.SO_REUSEADDR, reuse), name=name)
        play.note(f"bind {name}", verdict(one.sock.bind, (address, ID)))
        socks.append(one)
    play.hear(*TO_ALL)
    # It is asked when somebody comes.
    play.note("option", verdict(socks[0].sock.setsockopt, *then))
    third = play.open(name="third")
    play.note("bind third", verdict(third.sock.bind, ("0.0.0.0", ID)))
    play.hear(*TO_ALL)
    for one in (third, socks[1]):
        unconnect(one)
        play.note("another", verdict(one.sock.bind, ("0.0.0.0", ID + 1)))
        play.hear(*TO_ALL)
    play.drop("second")
    play.hear(*TO_ALL)


def sharings():
    for first in (1, 0):
        for second in (1, 0):
            for addresses in (("0.0.0.0",) * 2, (HOST, OTHER), (HOST, HOST),
                              (HOST, "0.0.0.0")):
                for then in (REUSE, ALONE):
                    yield Scene(f"{first} {second} {addresses} {then[2]}",
                                sharing, first, second, addresses, then)


def chosen(play, how):
    """One that gets an identifier of the kernel's choice."""
    one = play.open()
    play.note("begins with", number(one))
    play.note("does", verdict({
        "send": lambda: one.sock.sendto(request(), (PEER, 0)),
        "connect": lambda: one.sock.connect((PEER, 0)),
        "bind": lambda: one.sock.bind((HOST, 0)),
        "wrong type": lambda: one.sock.sendto(request(9), (PEER, 0)),
        "short": lambda: one.sock.sendto(b"", (PEER, 0)),
        "no address": lambda: one.sock.send(request()),
        "broadcast": lambda: one.sock.sendto(request(), ("192.0.2.255", 0)),
        "receive": lambda: one.sock.recv(10),
        "poll": one.poll,
        "no connect": lambda: one.sock.connect(("192.0.2.255", 0)),
        "listen": lambda: one.sock.listen(1),
    }[how]))
    ident = number(one)
    play.note("has one", ident > 0)
    play.note("others", len({number(play.open(ident=0))
                             for _ in range(5)} - {0, ident}))
    frames = play.host.exchange([])
    play.note("sent", [packet.Ip(frame[14:]).body[4:6].hex() ==
                       f"{ident:04x}" for frame in frames])
    if ident:
        play.send(reply(ident=ident))
        play.note("heard", len(one.bodies()))
    play.note("bind", verdict(one.sock.bind, ("0.0.0.0", 9)))
    play.note("then", number(one) == ident)


def both_families(play):
    """One of IPv6, and who asks for its identifier."""
    kind_ = socket.AF_INET6, socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6
    with socket.socket(*kind_) as other:
        other.setsockopt(*ALONE)
        other.bind(("::", ID))
        one = play.open()
        play.note("bind", verdict(one.sock.bind, ("0.0.0.0", ID)))
        play.note("IPv6", dgram.number(other))
        play.hear(reply())


def listed(play):
    """Files of the kernel that list them."""
    play.open(ident=ID)
    play.open(ident=ID + 1, far=PEER)
    play.note("icmp", [" ".join(line.split()[1:4]) for line in
                       test_raw_api.proc("icmp").splitlines()[1:]])
    play.note("protocols", [line.split()[2] for line in test_raw_api.proc(
        "protocols").splitlines() if line.startswith("PING ")])


# Peers.

def connect(play, local, ident, *turns):
    """Connect to one after the other; None: to nobody."""
    one = play.open(local=local, ident=ident)
    for far in turns:
        play.note(f"connect to {far}", verdict(
            one.sock.connect, (far, 5)) if far else unconnect(one))
        names(play, one)
        play.hear(*(reply(src=src, dst=dst) for src in (PEER, FAR)
                    for dst in (HOST, OTHER, LO)))
        play.note("ours", len(proc_icmp()))
        if not number(one):
            continue
        play.note("send", verdict(one.sock.send, request()))
        play.note("send to", verdict(one.sock.sendto, request(), (PEER, 0)))
        play.note("MTU", verdict(one.sock.getsockopt, SOL_IP, 14))
        play.send()


def proc_icmp():
    """Identifiers of /proc/net/icmp, or of the module's file."""
    idents = [int(line.split()[1].split(":")[1], 16) for line in
              test_raw_api.proc("icmp").splitlines()[1:]]
    return idents + [row[7] for row in dgram.rows() or [] if row[7] != "0"]


def connections():
    for local in (None, HOST, LO):
        for turns in ((PEER,), (PEER, FAR), (PEER, None), (PEER, None, FAR),
                      (None,), (None, PEER, None), (HOST,), ("0.0.0.0",),
                      (GROUP,), ("192.0.2.255",), ("255.255.255.255",),
                      ("240.0.0.1",), ("0.1.2.3",)):
            yield Scene(f"{local}: {turns}", connect, local, ID, *turns)


def disconnected(play):
    """Who never asked for an identifier loses it with the peer."""
    one = play.open(far=PEER)
    ident = number(one)
    play.note("unconnect", unconnect(one))
    play.note("has none", number(one))
    play.send(reply(ident=ident))
    play.note("hears", one.messages())
    play.note("bind", verdict(one.sock.bind, (HOST, ID)))
    names(play, one)
    play.hear(*TO_ALL)


# Sending.

def edges(play):
    """Lengths, destinations, flags; what cannot be read."""
    one = play.open(ident=ID)
    for size in (*range(10), 20, 1472, 1473):
        play.note(f"{size}", verdict(one.sock.sendto, request(size=size),
                                     (PEER, 0)))
        play.note(f"{size}, no address", verdict(one.sock.send,
                                                 request(size=size)))
    for flags in (socket.MSG_OOB, socket.MSG_MORE, socket.MSG_CONFIRM,
                  socket.MSG_DONTWAIT, socket.MSG_NOSIGNAL, 0x10,
                  0x10 | socket.MSG_CONFIRM, socket.MSG_DONTROUTE,
                  socket.MSG_EOR, socket.MSG_ERRQUEUE):
        for dst in (PEER, FAR):
            play.note(f"flags {flags:#x}, {dst}", verdict(
                one.sock.sendto, request(), flags, (dst, 0)))
        play.send()
    for dst in ("0.0.0.0", "192.0.2.255", "255.255.255.255", "192.0.2.0",
                GROUP, "240.0.0.1", "0.1.2.3", HOST):
        play.note(dst, verdict(one.sock.sendto, request(), (dst, 9)))
        play.hear()
    for size in (0, 1, 2, 8, 15, 16, 17, 128, 129):
        play.note(f"address of {size}", send_to(
            one, request(), sockaddr(PEER).ljust(130, b"\0"), size))
    for family in (0, 1, 10, 17):
        play.note(f"family {family}", send_to(
            one, request(), sockaddr(PEER, family)))
    for readable in (0, 7, 8, 12):
        edge = raw.Edge(request()[:readable])
        play.note(f"{readable} readable", raw.libc(
            "sendto", one.fileno(), ctypes.c_void_p(edge.address),
            ctypes.c_size_t(20), 0, sockaddr(PEER), 16))
    play.send()


def send_to(one, data, address, size=None):
    return raw.libc("sendto", one.fileno(), data, ctypes.c_size_t(len(data)),
                    0, address, len(address) if size is None else size)


def sizes(play, *options):
    """Up to what IP can carry, in fragments or not at all."""
    one = play.open(*options, ident=ID)
    for size in (8, 9, 1472 + 8, 1481, 2000, 4001, 65507, 65508, 65514, 65515,
                 65516, 65535, 65536, 70000):
        play.note(f"{size}", verdict(one.sock.sendto, request(size=size),
                                     (PEER, 0)))
        play.send()
    play.note("error", one.take(2000, socket.MSG_ERRQUEUE))


def in_parts(play):
    """MSG_MORE and vectors: wherever it is cut, one message each."""
    one = play.open(ident=ID)
    whole = request(size=48)
    for flags, part in ((socket.MSG_MORE, whole[:20]), (0, whole[20:]),
                        (socket.MSG_MORE, whole)):
        play.note(f"{flags}, {len(part)}", verdict(
            one.sock.sendto, part, flags, (PEER, 0)))
        play.send()
    for cuts in ((0, 1), (1, 2), (2, 3), (7, 8), (8, 9), (47, 48)):
        parts = [whole[:cuts[0]], whole[cuts[0]:cuts[1]], whole[cuts[1]:]]
        play.note(f"{cuts}", verdict(one.sock.sendmsg, parts, [], 0,
                                     (PEER, 0)))
    play.send()


def kind(play, what, code=0):
    """A type with a code, and the answer; with a peer and without."""
    one = play.open(ident=ID)
    for far in (False, True):
        if far:
            one.sock.connect((PEER, 0))
            play.note(f"send {far}", verdict(one.sock.send,
                                             request(what, code=code)))
        else:
            play.note(f"send {far}", verdict(
                one.sock.sendto, request(what, code=code), (PEER, 0)))
        play.send(reply(dgram.REPLIES[what]))
        play.note("hears", one.messages())


def all_kinds(play, code):
    one = play.open(ident=ID)
    for what in range(256):
        if code or what not in (packet.TIMESTAMP, packet.MASK):
            play.note(f"type {what}", verdict(
                one.sock.sendto, request(what, code=code), (PEER, 0)))
    play.send()


def with_options(play, *options):
    """setsockopt(2) first; to a host, far and near, and to itself."""
    one = play.open(ident=ID)
    for option in options:
        play.note(f"set {option}", verdict(one.sock.setsockopt, *option))
    ask(play, one)


def ask(play, one, control=()):
    for dst in (FAR, PEER, HOST):
        play.note(f"send to {dst}", verdict(
            one.sock.sendmsg, [request()], control, 0, (dst, 0)))
        play.hear()
    play.note("MTU", verdict(one.sock.getsockopt, SOL_IP, 14))
    play.note("connect", verdict(one.sock.connect, (PEER, 0)))
    play.note("send", verdict(one.sock.sendmsg, [request()], control))
    play.hear()


def with_control(play, *control):
    ask(play, play.open(ident=ID), control)


def informed(play, arguments):
    ask(play, play.open(ident=ID), [info(*arguments)])


def to_many(play):
    """SO_BROADCAST; IP_MULTICAST_TTL, _IF and _LOOP, and who hears it."""
    one = play.open(ident=ID)
    for option in ((SOL_SOCKET, 36, 0), BROADCAST,
                   (SOL_IP, socket.IP_MULTICAST_TTL, 5),
                   (SOL_IP, socket.IP_MULTICAST_IF,
                    packet.addr("198.51.100.1")),
                   (SOL_IP, socket.IP_MULTICAST_LOOP, 0)):
        play.note(f"set {option}", verdict(one.sock.setsockopt, *option))
        for dst in ("192.0.2.255", "255.255.255.255", GROUP, "224.0.0.1",
                    "198.51.100.255"):
            play.note(dst, verdict(one.sock.sendto, request(), (dst, 0)))
        play.hear()
        play.note(f"connect {option}", verdict(
            play.open(BROADCAST).sock.connect, ("192.0.2.255", 0)))


def nowhere(play, *options):
    """Where no route leads, and where a rule forbids it."""
    one = play.open(*options, ident=ID)
    refuse = ["unreachable 10.50.0.0/16", "prohibit 10.51.0.0/16",
              "blackhole 10.52.0.0/16"]
    lab.ip(*(f"route add {line}" for line in refuse))
    for dst in ("10.50.0.1", "10.51.0.1", "10.52.0.1", "0.0.0.1"):
        play.note(dst, verdict(one.sock.sendto, request(), (dst, 0)))
        play.note(f"connect to {dst}", verdict(one.sock.connect, (dst, 0)))
    lab.ip(*(f"route del {line}" for line in refuse))
    lab.nft("table ip no { chain out { type filter hook output priority 0\n"
            f"ip daddr {PEER} drop\n}}\n}}")
    play.note("dropped", verdict(one.sock.sendto, request(), (PEER, 0)))
    lab.nft("delete table ip no")
    play.send()


def full_queue(play, *options):
    """A queue of the device that has no room."""
    one = play.open(*options, ident=ID)
    play.send()
    lab.run("tc", "qdisc", "add", "dev", "h0", "root", "pfifo", "limit", "0")
    play.note("full", verdict(one.sock.sendto, request(), (PEER, 0)))
    lab.run("tc", "qdisc", "del", "dev", "h0", "root")
    play.note("then", verdict(one.sock.sendto, request(), (PEER, 0)))
    play.note("error", one.error())
    play.send()


def full_buffer(play):
    """SO_SNDBUF: what does not fit, where it goes nowhere and is kept."""
    one = play.open((SOL_SOCKET, socket.SO_SNDBUF, 5000), ident=ID)
    play.note("sent", [verdict(one.sock.sendto, request(size=1000),
                               ("192.0.2.77", 0)) for _ in range(20)])
    play.note("poll", one.poll())
    play.note("SIOCOUTQ", verdict(one.queued, termios.TIOCOUTQ))
    lab.ip("neigh replace 192.0.2.77 dev h0 lladdr "
           f"{lab.mac(packet.PEER_MAC)}")
    play.send()
    play.note("then", one.poll())
    play.note("SIOCOUTQ", verdict(one.queued, termios.TIOCOUTQ))
    lab.ip("neigh del 192.0.2.77 dev h0")


# Receiving.

def one_by_one(play):
    """poll(2), FIONREAD, MSG_PEEK, MSG_TRUNC: what each says of messages."""
    one = play.open(ident=ID)
    for size in (None, 0, 1, 100, 1400):
        if size is not None:
            play.send(reply(size=size))
        for question in (one.poll, one.incoming, one.error):
            play.note(f"{size} {question.__name__}", verdict(question))
    play.note("SIOCOUTQ", verdict(one.queued, termios.TIOCOUTQ))
    for request_ in (0x8905, 0x8906, 0x89e0, 0x1234):
        play.note(f"ioctl {request_:#x}", verdict(one.queued, request_))
    for size in (0, 7, 8, 20, 2000):
        for flags in (socket.MSG_PEEK, socket.MSG_PEEK | socket.MSG_TRUNC):
            play.note(f"peek {size} {flags:#x}", one.take(size, flags))
    for flags in (socket.MSG_OOB, socket.MSG_ERRQUEUE,
                  socket.MSG_DONTWAIT | socket.MSG_PEEK):
        play.note(f"{flags:#x}", one.take(2000, flags))
    for size in (0, 7, 8, 2000):
        play.note(f"take {size}", one.take(size, socket.MSG_TRUNC))
    play.note("empty", one.take())
    play.note("poll", one.poll())


def waiting(play):
    """epoll(7), edges and levels."""
    one = play.open(ident=ID)
    level, edge = raw.select.epoll(), raw.select.epoll()
    level.register(one, raw.select.EPOLLIN | raw.select.EPOLLOUT)
    edge.register(one, raw.select.EPOLLIN | raw.select.EPOLLET)
    for name in ("nothing", "two", "again", "one", "none", "new"):
        if name in ("two", "new"):
            play.send(reply(), reply())
        if name == "one":
            play.note("took", one.take())
        if name == "none":
            play.note("took", "; ".join(one.messages()))
        for word, epoll in (("level", level), ("edge", edge)):
            play.note(f"{name}, {word}", [
                event for _, event in epoll.poll(0)])
    level.close()
    edge.close()


def shut(play, how, far):
    one = play.open(far=far, ident=ID)
    play.send(reply())
    play.note("shutdown", verdict(one.sock.shutdown, how))
    play.note("poll", one.poll())
    for _ in range(3):
        play.note("take", one.take())
    play.note("send", verdict(one.sock.send, request()))
    play.note("send to", verdict(one.sock.sendto, request(), (PEER, 0)))
    play.hear(*TO_ALL)


def any_message(play):
    """Whatever comes with an identifier, in order or not."""
    play.open(*ABOUT, ident=ID)
    ours = struct.pack("!H", ID) + b"\0\7"
    play.hear(*(packet.frame(packet.icmp(what, code, ours, bytes(12)))
                for what in (0, packet.PROBE_REPLY)
                for code in (0, 1, 4, 255)),
              *(packet.frame(packet.icmp(what, 0, ours, bytes(12)))
                for what in range(256) if what not in (
                    0, 8, 13, 14, 17, 18, packet.PROBE, packet.PROBE_REPLY)))
    good = packet.icmp(0, 0, ours, packet.payload(80))
    play.hear(packet.frame(good[:50]), packet.frame(good[:7]),
              packet.frame(packet.icmp(0, 0, ours, csum=0)),
              packet.frame(good, ttl=1, tos=0xff, frag=packet.IP_DF, ident=0),
              packet.frame(good, src="127.0.0.1"),
              packet.frame(good, src="0.0.0.0"),
              packet.frame(good, src="255.255.255.255"),
              packet.frame(good, src="224.0.0.1"),
              packet.frame(good, src=HOST), packet.frame(good, dst=FAR),
              packet.ether(packet.ip(good) + b"padding behind"),
              packet.ether(packet.ip(good, total=60)),
              packet.ether(packet.ip(good, total=20)),
              packet.ether(packet.ip(good, total=2000)))


def to_everyone(play, what):
    """A reply to a broadcast or multicast address."""
    play.open(ident=ID)
    play.hear(many(packet.echo(8, ID, kind=what)))


def in_pieces(play, linear):
    """Fragments, and pages."""
    play.open(*ABOUT, (SOL_SOCKET, socket.SO_RCVBUF, 1 << 20), ident=ID)
    whole = packet.ip(packet.echo(4000, ID, kind=0), ident=0x5000 + linear)
    play.hear(*packet.fragments(whole, 1500, ident=0x5000 + linear))
    play.hear(*reversed(packet.fragments(whole, 600, ident=0x6000 + linear)))
    play.hear(lab.paged(packet.frame(packet.echo(6000, ID, kind=0)), linear))


def headers(play, name):
    """IP_RECVOPTS and IP_RETOPTS, with options of either kind."""
    for word, options in (("received", [(SOL_IP, 6, 1)]),
                          ("returned", [(SOL_IP, 7, 1)]), ("all", ABOUT)):
        one = play.open(*options, name=word, ident=ID)
        play.send(reply(options=IP_HEADERS[name]))
        messages = one.messages()
        if name == "timestamps":
            messages = [re.sub("[0-9a-f]{8}", "clock", text)
                        for text in messages]
        play.note(word, messages)
        if messages:
            play.notes["heard"] = "yes"


def asked_alone(play):
    """Each thing alone; the last one has the identifier."""
    for name, option in {
            **{f"option {one[1]}": one for one in ABOUT},
            **{f"clock {one}": (SOL_SOCKET, one, 1)
               for one in (SO_TIMESTAMP, SO_TIMESTAMPNS)},
            "drops": (SOL_SOCKET, SO_RXQ_OVFL, 1),
            "mark": (SOL_SOCKET, 75, 1), "TTL 64": (SOL_IP, 21, 64),
            "TTL 65": (SOL_IP, 21, 65), "checksum": (SOL_IP, 23, 1)}.items():
        one = play.open(name=name)
        play.note(f"set {name}", verdict(one.sock.setsockopt, *option))
        one.sock.bind(("0.0.0.0", ID))
        play.hear(reply(tos=0x2e, ttl=64))
    own = play.open(PKTINFO, name="own", ident=ID)
    for address in (HOST, "127.0.0.1", "127.9.9.9", LO):
        play.note("send", verdict(own.sock.sendto, request(), (address, 0)))
        play.hear()


def full(play, size, length):
    """A buffer, and more than it holds; what is said of it."""
    one = play.open((SOL_SOCKET, socket.SO_RCVBUF, size),
                    (SOL_SOCKET, SO_RXQ_OVFL, 1), ident=ID)
    for _ in range(3):
        play.send(*[reply(size=length)] * 60)
        play.note("incoming", verdict(one.incoming))
        play.note("memory", one.info())
        play.note("hears", "; ".join(one.messages()))
    play.send(reply())
    play.note("hears", one.take())
    if one.drops():
        play.notes["lost"] = "yes"


LOAD, EQUAL, RETURN, LENGTH = 0x30, 0x15, 0x06, 0x80
PROGRAMS = {
    "everything": ([(RETURN, 0, 0, 0xffff)], 0),
    "nothing": ([(RETURN, 0, 0, 0)], 3),
    "5 bytes": ([(RETURN, 0, 0, 5)], 0),
    "echo replies": ([(LOAD, 0, 0, 0), (EQUAL, 0, 1, 0),
                      (RETURN, 0, 0, 0xffff), (RETURN, 0, 0, 0)], 1),
    "what is 28 bytes": ([(LENGTH, 0, 0, 0), (EQUAL, 0, 1, 28),
                          (RETURN, 0, 0, 0xffff), (RETURN, 0, 0, 0)], 2),
    "its device": ([(0x20, 0, 0, 0xfffff000 + 8), (EQUAL, 1, 0, 0),
                    (RETURN, 0, 0, 0xffff), (RETURN, 0, 0, 0)], 0),
    "the network header": ([(LOAD, 0, 0, 0xfff00000 + 9), (EQUAL, 0, 1, 1),
                            (RETURN, 0, 0, 0xffff), (RETURN, 0, 0, 0)], 0),
}


def programmed(play, name):
    keep, value = program(*PROGRAMS[name][0])
    one = play.open(*ABOUT, ident=ID)
    play.note("attach", raw.set_option(one, SOL_SOCKET, SO_ATTACH_FILTER,
                                       value))
    del keep
    play.hear(reply(size=0), reply(size=20),
              reply(packet.PROBE_REPLY, size=0))
    play.note("detach", verdict(one.sock.setsockopt, SOL_SOCKET, 27, 0))
    play.hear(reply(), reply(packet.PROBE_REPLY))


def numbers(play):
    """Options that only ask, and the defaults of all others."""
    one = play.open(ident=ID)
    for level, options in ((SOL_SOCKET, range(1, 80)), (SOL_IP, range(1, 60)),
                           (254, (1,)), (raw.SOL_RAW, (1,)),
                           (socket.IPPROTO_UDP, (1,)), (41, (1, 26))):
        for option in options:
            # SO_COOKIE, and what is said in addresses of memory.
            if (level, option) not in ((SOL_SOCKET, 57), (SOL_SOCKET, 55)):
                play.note(f"{level}:{option}", raw.get_option(
                    one, level, option, 32))


def settings(play):
    """Options of sockets and of IP, set and asked, and whether it hears."""
    one = play.open(ident=ID)
    for level, option in ([(SOL_SOCKET, option) for option in (
            2, 5, 6, 7, 8, 10, 12, 15, 18, 20, 36, 46, 60)] + [
            (SOL_IP, option) for option in (
                1, 2, 3, 6, 7, 8, 10, 11, 12, 13, 15, 18, 19, 20, 21, 22, 23,
                24, 25, 26, 33, 34, 49, 50)] + [(raw.SOL_RAW, 1)]):
        for value in (1, 0, 255):
            play.note(f"{level}:{option} {value}", raw.set_option(
                one, level, option, struct.pack("=i", value)))
            play.note(f"{level}:{option} {value}, then", raw.get_option(
                one, level, option, 8))
        play.hear(reply())


# By device.

def devices(play, names_, local):
    """Sockets of each device and of none, one after the other."""
    for name in names_:
        one = play.open(*([bound(name)] if name else []), PKTINFO,
                        name=name or "none")
        play.note(f"bind {name}", verdict(one.sock.bind, (local, ID)))
        if not number(one):
            play.drop(name or "none")
            continue
        play.hear(reply(), reply(dst=LO), reply(dst="10.66.0.1"))
        for dst in (PEER, HOST, "10.66.0.1", LO):
            play.note(f"send to {dst}", verdict(one.sock.sendto, request(),
                                                (dst, 0)))
        play.hear()
    # The last one that matches is the first to be found.
    for name in list(play.sockets)[::-1]:
        play.drop(name)
        play.hear(reply(), reply(dst=LO))


# cgroups.

def bpf(command, *fields, form):
    """bpf(2); returns what it does, or raises."""
    attr = struct.pack(form, *fields).ljust(128, b"\0")
    libc = ctypes.CDLL(None, use_errno=True)
    done = libc.syscall(ctypes.c_long(321), command, attr, len(attr))
    if done < 0:
        raise OSError(ctypes.get_errno(), "bpf")
    return done


def by_cgroup(play, kind_, attach, verdict_):
    """A program of the cgroup says yes or no to connect(2) or socket(2)."""
    code = struct.pack("=BBhiBBhi", 0xb7, 0, 0, verdict_, 0x95, 0, 0, 0)
    keep = ctypes.create_string_buffer(code, len(code))
    licence = ctypes.create_string_buffer(b"GPL")
    prog = bpf(5, kind_, 2, ctypes.addressof(keep),
               ctypes.addressof(licence), 0, 0, 0, 0, 0, b"", 0, attach,
               form="=IIQQIIQII16sII")
    group = os.open("/sys/fs/cgroup", os.O_RDONLY)
    before = play.open(ident=ID)
    bpf(8, group, prog, attach, 0, form="=IIII")
    try:
        play.note("open", verdict(opened))
        play.note("connect", verdict(before.sock.connect, (PEER, 0)))
        names(play, before)
        play.note("send", verdict(before.sock.sendto, request(), (PEER, 0)))
        play.note("short", call("connect", before, sockaddr(PEER), 15))
    finally:
        bpf(9, group, prog, attach, 0, form="=IIII")
        os.close(group)
        os.close(prog)
    play.note("open", verdict(opened))
    play.note("connect", verdict(before.sock.connect, (PEER, 0)))
    play.hear(*TO_ALL)


# Errors.

class Probe(Ping):
    """One that sends PROBEs."""

    def data(self):
        return packet.icmp(packet.PROBE, rest=b"\0\0\7\1",
                           data=packet.payload(28))


class Told(About):
    """An error about what one of two sockets sent."""

    def tell(self, senders, quoted):
        notes = super().tell(senders, quoted)
        # The route that it holds may be one that has ended.
        del notes["other, mtu"]
        return notes


ERRORS = [(3, 0), (3, 1), (3, 2), (3, 3), (3, 4), (3, 13), (11, 0), (11, 1),
          (12, 0), (12, 1), (5, 0), (5, 1)]


def errors():
    for sender in (Ping, Probe):
        for word, options in (("", ()), (", IP_RECVERR", (RECVERR,))):
            for connected in (True, False):
                for what in ERRORS:
                    yield Told(
                        f"{what}, {sender.__name__}{word}, {connected}",
                        {"socket": partial(sender, *options,
                                           connected=connected),
                         "other": partial(Other, RECVERR)}, Error(*what),
                        order="poll recv option queue poll mtu again")


class Other(Ping):
    """Another one with the same peer, to whom nothing of it matters."""

    def __init__(self, *options):
        self.connected, self.far, self.local = True, FAR, HOST
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, ICMP)
        self.sock.setblocking(False)
        for option in options:
            self.sock.setsockopt(*option)
        self.sock.bind((HOST, ID))
        self.connect()


def path_mtu(play, value):
    """What is told and sent when the path turns out to be narrow."""
    routes.forget()
    one = play.open((SOL_IP, 10, value), RECVERR, local=HOST, far=FAR,
                    ident=ID)
    play.note("send", verdict(one.sock.send, request(size=1480)))
    frames = play.host.exchange([])
    play.frames += frames
    play.send(*Error(3, 4, mtu(1000)).frames(frames[0][14:562]))
    for size in (900, 1200, 1480):
        play.note("MTU", verdict(one.sock.getsockopt, SOL_IP, 14))
        play.note("queue", [one.take(2000, socket.MSG_ERRQUEUE)
                            for _ in range(2)])
        play.note(f"{size} bytes", verdict(one.sock.send, request(size=size)))
        play.note("error", one.error())
        play.note("then", verdict(one.sock.send, request(size=size)))
        play.send()
    routes.forget()


def misquoted(play, what, src, dst, ident, offset):
    """An error that quotes what the socket has not sent."""
    one = play.open(RECVERR, PKTINFO, local=HOST, far=FAR, ident=ID)
    quoted = packet.ip(packet.echo(16, ident, kind=what), src, dst,
                       frag=offset)
    play.send(packet.frame(packet.icmp(3, 1, data=quoted), src="10.77.0.1"),
              packet.frame(packet.icmp(3, 1, data=quoted), dst=OTHER))
    play.note("poll", one.poll())
    if "error" in one.poll():
        play.notes["told"] = "yes"
    play.note("error", one.error())
    play.note("queue", [one.take(2000, socket.MSG_ERRQUEUE)
                        for _ in range(3)])


def misquotes():
    for what in (8, 0, 42, 43, 9):
        for src, dst in ((HOST, FAR), (HOST, PEER), (OTHER, FAR),
                         (FOREIGN, FAR)):
            for ident in (ID, ID + 1, 0):
                yield Scene(f"{what} {src} {dst} {ident}", misquoted, what,
                            src, dst, ident, 0)
    yield Scene("a fragment", misquoted, 8, HOST, FAR, ID, 100)


def scenes(function, arguments, **known):
    for one in arguments:
        yield Scene(str(one), function, one, **known)


def simple(*functions, **known):
    for function in functions:
        yield Scene(function.__name__, function, **known)


NAMES = ("h0", "lo", "", "d0", "blue")
# Who is far otherwise is asked for where everybody is near.
NEAR = {"commands": [f"neigh replace {one} dev h0 lladdr "
                     f"{lab.mac(packet.PEER_MAC)}"
                     for one in (FAR, "192.0.2.0")],
        "undo": [f"neigh del {one} dev h0" for one in (FAR, "192.0.2.0")]}
GROUPS = [
    Group("users", (Scene(allowed, users, allowed, exact=False)
                    for allowed in (
                        "1 0", "0 0", "1000 1000", "2000 3000", "77 77",
                        "0 999", "0 2147483647", "0 4294967294", "5 4",
                        "x")), noted={"allowed": 7}),
    Group("namespaces of users", (
        Scene(f"{own} {allowed} {inside}", in_user_namespace, own, allowed,
              inside, exact=False)
        for own in (False, True)
        for allowed in ("1 0", "0 0", "1000 1000", "0 2147483647")
        for inside in (("0 0", "0 1", "1 0") if own else ("",))),
          noted={"allowed": 6}),
    Group("socket", simple(kinds)),
    Group("bind", bindings(), answered=54, noted={"heard": 20}),
    Group("odd addresses", (Scene(name, odd_addresses, name)
                            for name in ("bind", "connect"))),
    Group("the same identifier", sharings(), noted={"heard": 32}),
    Group("any identifier", scenes(chosen, (
        "send", "connect", "bind", "wrong type", "short", "no address",
        "broadcast", "receive", "poll", "no connect", "listen")),
          noted={"heard": 8}),
    Group("identifiers of IPv6", simple(both_families,
                                        differs=DGRAM_FAMILIES)),
    Group("listed", simple(listed, differs=DGRAM_LISTED)),
    Group("connect", connections(), answered=38, noted={"heard": 38}),
    Group("disconnected", simple(disconnected), noted={"heard": 1}),
    Group("edges", simple(edges), **NEAR, answered=1, noted={"heard": 1}),
    Group("sizes", (Scene(f"IP_MTU_DISCOVER {value}", sizes,
                          (SOL_IP, 10, value), RECVERR)
                    for value in range(6)), answered=6),
    Group("in parts", simple(in_parts), answered=1),
    Group("types", scenes(all_kinds, (0, 1, 255)), answered=1),
    Group("requests", (Scene(f"{what}", kind, what) for what in (
        packet.ECHO, packet.PROBE)), answered=2),
    Group("more requests", (Scene(f"{what}", kind, what, exact=False,
                                  differs=difference)
                            for what, difference in DGRAM_REQUESTS.items())),
    Group("options", (Scene(name, with_options, *options)
                      for name, options in OPTIONS.items()),
          matched={"marked": 4, "every": 98}, rules=MARKS["rules"],
          commands=[*MARKS["commands"], *NEAR["commands"]],
          undo=[*MARKS["undo"], *NEAR["undo"]],
          answered=18, noted={"heard": 19}),
    Group("control messages", (Scene(name, with_control, *control)
                               for name, control in CONTROL.items()),
          matched={"marked": 4, "every": 44}, **MARKS,
          answered=9, noted={"heard": 8}),
    Group("IP_PKTINFO", scenes(informed, INFO),
          answered=7, noted={"heard": 8}),
    Group("to many", simple(to_many), answered=1),
    Group("to nowhere", (Scene(f"{options}", nowhere, *options)
                         for options in ((), (RECVERR,))), answered=2),
    Group("a full queue", (Scene(f"{options}", full_queue, *options)
                           for options in ((), (RECVERR,))), answered=2),
    Group("a full buffer", simple(full_buffer),
          sysctls={"neigh/h0/retrans_time_ms": 60000}, answered=1),
    Group("questions", simple(one_by_one, waiting)),
    Group("shutdown", (Scene(f"{how}, {far}", shut, how, far)
                       for how in range(3) for far in (None, PEER)),
          answered=2, noted={"heard": 6}),
    Group("any message", simple(any_message), noted={"heard": 1}),
    Group("to everyone", (Scene(f"{what}", to_everyone, what)
                          for what in (0,))),
    Group("in pieces", scenes(in_pieces, (34, 38, 42, 200)),
          commands=["link set h0 mtu 65535"], undo=["link set h0 mtu 1500"],
          noted={"heard": 4}),
    Group("options of IP", scenes(headers, IP_HEADERS), noted={"heard": 9}),
    Group("what comes along", simple(asked_alone), noted={"heard": 1}),
    Group("full", (Scene(f"{size}, {length}", full, size, length)
                   for size in (0, 2000, 10000, 100000)
                   for length in (0, 1000)), noted={"lost": 6}),
    Group("programs of BPF", (Scene(name, programmed, name, refused=refused)
                              for name, (_, refused) in PROGRAMS.items()),
          noted={"heard": 7}),
    Group("options asked for", simple(numbers)),
    Group("options set", simple(settings), noted={"heard": 1}),
    Group("devices", scenes(partial(devices, local="0.0.0.0"),
                            (("h0", "lo", ""),)),
          answered=1, noted={"heard": 1}),
    Group("in a VRF", (Scene(f"{local}, {names_}", devices, names_, local)
                       for local in ("0.0.0.0", HOST, LO)
                       for names_ in (NAMES, NAMES[::-1])),
          commands=VRF, undo=NO_VRF, answered=4, noted={"heard": 6}),
    Group("cgroups", (Scene(f"{name} {verdict_}", by_cgroup, kind_, attach,
                            verdict_)
                      for name, kind_, attach in (("connect", 18, 10),
                                                  ("socket", 9, 2))
                      for verdict_ in (0, 1)), answered=4, noted={"heard": 4}),
    Group("errors", errors(), answered=96, noted={"told": 56}),
    Group("path MTU", scenes(path_mtu, range(6)), answered=6),
    Group("errors about others", misquotes(), noted={"told": 9}),
]

if __name__ == "__main__":
    versus.main(GROUPS)
