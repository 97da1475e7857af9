#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""What sockets of Darwin's way receive: every ICMP message that the host does
not answer and that matches their addresses, with what it came with.

  peer                                      host
  p0 -- messages that were not asked for -- sockets, bound and connected, of
                                            both ways and of the kernel
"""

import contextlib
import socket
import struct

import lab
import packet
import versus
from darwin import (IP_BOUND_IF, IP_HDRINCL, IP_RECVDSTADDR, IP_RECVIF,
                    IP_RECVOPTS, IP_RECVTTL, IP_RETOPTS, IP_STRIPHDR, NOBODY,
                    OTHER, as_user, attempt, begin, differ, header, opened,
                    ping)
from packet import HOST, PEER, echo, frame

SOL_IP = socket.SOL_IP
REPLY = echo(32, kind=packet.ECHO_REPLY)
# A record route that is full, to which the host adds nothing.
RECORD = b"\7\x0b\x0c" + 2 * packet.addr("10.1.1.1") + b"\0"


def received(sock):
    """All that it has, each as bytes."""
    messages = []
    while True:
        try:
            messages.append(sock.recv(1 << 16))
        except BlockingIOError:
            return messages


def control(sock):
    """The next message: its address, and control messages in their order."""
    data, cmsgs, flags, address = sock.recvmsg(1 << 16, 1000)
    return [len(data), address, flags, cmsgs]


def error(kind=packet.UNREACH, code=3, quoted=None, **fields):
    """An error about a packet, of the host's if it is not told."""
    if quoted is None:
        quoted = packet.ip(echo(0), src=HOST, dst=NOBODY)
    return frame(packet.icmp(kind, code, data=quoted), **fields)


def shown(host):
    """All that the host does not answer: replies, errors, and the unknown."""
    begin(host)
    problems = []
    answered = {packet.ECHO, packet.TIMESTAMP, packet.PROBE}
    with opened() as sock:
        for kind in range(256):
            if kind in answered or kind in (3, 4, 5, 11, 12):
                continue
            message = packet.ip(packet.icmp(kind, data=packet.payload(24)))
            host.exchange([packet.ether(message)])
            problems += differ(f"type {kind}", received(sock), [message])
        for kind in (3, 4, 5, 11, 12):
            for code in 0, 1, 4, 15, 255:
                one = error(kind, code)
                host.exchange([one])
                problems += differ(f"error {kind}/{code}", received(sock),
                                   [one[14:]])
        # About what somebody else has sent, or another protocol.
        for quoted in (packet.ip(packet.udp(8), src=HOST, dst=NOBODY),
                       packet.ip(packet.tcp(), src=HOST, dst=NOBODY),
                       packet.ip(echo(0), src=OTHER, dst=PEER)):
            one = error(quoted=quoted)
            host.exchange([one])
            problems += differ("error", received(sock), [one[14:]])
        # Whatever the code, and with another's identifier.
        for code in 0, 1, 255:
            one = packet.ip(echo(32, kind=0, code=code, ident=0x7777))
            host.exchange([packet.ether(one)])
            problems += differ(f"reply with code {code}", received(sock),
                               [one])
    return problems


def not_shown(host):
    """Not what it answers, nor what is damaged."""
    begin(host)
    problems = []
    cases = {"echo": frame(echo(32)), "timestamp": frame(packet.timestamp()),
             "echo that is ignored": frame(echo(32)),
             "PROBE": frame(packet.icmp(packet.PROBE, rest=b"\0\1\1\1",
                                        data=b"\x20\0\0\0\0\x0c\3\1\0\1\4\0" +
                                        packet.addr(HOST))),
             "wrong sum": frame(echo(32, kind=0, csum=0x1234)),
             "error with a wrong sum": frame(packet.icmp(
                 3, 3, data=packet.ip(echo(0), src=HOST, dst=NOBODY),
                 csum=0x1234)),
             "to another": frame(REPLY, dst="192.0.2.77"),
             "error without a quotation": frame(packet.icmp(3, 3)),
             "UDP": frame(packet.udp(8), proto=17)}
    cases |= {f"{size} bytes": frame(REPLY[:2] + b"\xff\xff" * 3 if size == 8
                                     else short(size)) for size in range(8)}
    with opened() as sock:
        for what, one in cases.items():
            lab.sysctl("icmp_echo_ignore_all", int("ignored" in what))
            host.exchange([one])
            problems += differ(what, received(sock), [])
        lab.sysctl("icmp_echo_ignore_all", 0)
        host.exchange([frame(REPLY)])
        problems += differ("in the end", received(sock), [packet.ip(REPLY)])
    return problems


def short(size):
    """So many bytes of a reply, with the checksum that they should have."""
    data = b"\0\0\0\0\x12\x34\0"[:size]
    if size < 4:
        return data
    csum = packet.checksum(data)
    return data[:2] + struct.pack("!H", csum) + data[4:]


def forms(host):
    """The header is there, with options, unless it is stripped."""
    begin(host)
    problems = []
    whole = packet.ip(REPLY, tos=0x28, ident=0x7788, ttl=9, options=RECORD)
    with opened() as with_it, opened((IP_STRIPHDR, 1)) as without:
        host.exchange([packet.ether(whole)])
        problems += differ("with it", received(with_it), [whole])
        problems += differ("without", received(without), [REPLY])
        # It is asked for when the message comes.
        for sock, value in (with_it, 1), (without, 0):
            sock.setsockopt(SOL_IP, IP_STRIPHDR, value)
        host.exchange([packet.ether(whole)])
        problems += differ("changed, with", received(without), [whole])
        problems += differ("changed, without", received(with_it), [REPLY])
        # IP_HDRINCL says what is sent, not what is received.
        for sock in with_it, without:
            sock.setsockopt(SOL_IP, IP_HDRINCL, 1)
        host.exchange([packet.ether(whole)])
        problems += differ("HDRINCL, with", received(without), [whole])
        problems += differ("HDRINCL, without", received(with_it), [REPLY])
        # Fragments come as one; its header is that of the first.
        big = packet.ip(echo(4000, kind=0))
        host.exchange(packet.fragments(big, 1500))
        problems += differ("fragments", [one[20:] for one in received(
            without)], [big[20:]])
        received(with_it)
        # Less than all that there is.
        host.exchange([packet.ether(whole)] * 3)
        data, _, flags, _ = without.recvmsg(10)
        problems += differ("10 bytes", [data, flags], [whole[:10],
                                                       socket.MSG_TRUNC])
        problems += differ("MSG_PEEK", [
            without.recv(5, socket.MSG_PEEK), without.recv(1000)],
            [whole[:5], whole])
        problems += differ("MSG_TRUNC", without.recvmsg(
            4, 0, socket.MSG_TRUNC)[0], whole[:4])
        problems += differ("no more", attempt(without.recv, 1), "EAGAIN")
        for flag in socket.MSG_OOB, socket.MSG_ERRQUEUE:
            problems += differ(f"flag {flag:#x}", attempt(
                without.recv, 1, flag), "EOPNOTSUPP")
    return problems


def link(name):
    """A struct sockaddr_dl of a device."""
    return struct.pack("=BBHBBBB16s", 24, 18, socket.if_nametoindex(name), 0,
                       len(name), 0, 0, name.encode())


def controls(host):
    """Control messages, each for itself and all together."""
    begin(host)
    problems = []
    lab.ip("link set lo mtu 65535")
    whole = packet.ip(REPLY, dst=OTHER, ttl=77, options=RECORD)
    table = {IP_RECVDSTADDR: packet.addr(OTHER), IP_RECVIF: link("h0"),
             IP_RECVTTL: b"\x4d", IP_RECVOPTS: RECORD, IP_RETOPTS: None}
    for name, value in table.items():
        with opened((name, 1)) as sock:
            for on in 1, 0:
                sock.setsockopt(SOL_IP, name, on)
                host.exchange([packet.ether(whole)])
                got = control(sock)
                if value is None and on:
                    problems += differ("IP_RETOPTS", [(one[0], one[1])
                                       for one in got[3]], [(SOL_IP, name)])
                    continue
                problems += differ(f"{name:#x} {on}", got, [
                    len(whole), (PEER, 0), 0,
                    [(SOL_IP, name, value)] if on else []])
    names = [one for one in table if one != IP_RETOPTS]
    with opened(*((name, 1) for name in names), (IP_STRIPHDR, 1)) as sock:
        host.exchange([packet.ether(whole)])
        problems += differ("all", control(sock), [
            len(REPLY), (PEER, 0), 0, [(SOL_IP, name, table[name])
                                       for name in names]])
        # There is no room for them.
        host.exchange([packet.ether(whole)])
        data, cmsgs, flags, _ = sock.recvmsg(1000, socket.CMSG_LEN(4))
        problems += differ("room for one", [data, cmsgs, flags], [
            REPLY, [(SOL_IP, IP_RECVDSTADDR, packet.addr(OTHER))],
            socket.MSG_CTRUNC])
        # By the loopback device, from the host itself.
        sock.sendto(packet.echo(32), ("127.0.0.1", 0))
        lab.sysctl("icmp_echo_ignore_all", 0)
        host.exchange([])
        got = control(sock)
        problems += differ("loopback", [got[1], got[3][:3]], [
            ("127.0.0.1", 0), [
                (SOL_IP, IP_RECVDSTADDR, packet.addr("127.0.0.1")),
                (SOL_IP, IP_RECVIF, link("lo")),
                (SOL_IP, IP_RECVTTL, b"\x40")]])
        # SO_TIMESTAMP is of sockets.
        sock.setsockopt(socket.SOL_SOCKET, 29, 1)
        host.exchange([packet.ether(whole)])
        problems += differ("SO_TIMESTAMP", [one[:2] for one in control(
            sock)[3]][:1], [(socket.SOL_SOCKET, 29)])
    return problems


def matching(host):
    """Who gets it: by the addresses and devices of sockets."""
    begin(host)
    lab.ip("link add d0 type dummy", "link set d0 up")
    h0, d0 = (socket.if_nametoindex(one) for one in ("h0", "d0"))
    problems = []
    with contextlib.ExitStack() as stack:
        def add(*options, **names):
            return stack.enter_context(opened(*options, **names))

        socks = {
            "any": add(), "bound": add(bind=HOST), "bound 9": add(bind=OTHER),
            "connected": add(connect=PEER),
            "connected 3": add(connect="192.0.2.3"),
            "both": add(bind=OTHER, connect=PEER),
            "h0": add((IP_BOUND_IF, h0)), "d0": add((IP_BOUND_IF, d0)),
            "device": add((socket.SOL_SOCKET, 25, b"h0\0")),
            "d0, unbound": add((IP_BOUND_IF, d0), (IP_BOUND_IF, 0)),
        }
        # To connect binds to the address that the way there has.
        everybody = {"any", "h0", "device", "d0, unbound"}
        for src, dst, more in (
                (PEER, HOST, {"bound", "connected"}),
                (PEER, OTHER, {"bound 9", "both"}),
                ("192.0.2.3", HOST, {"bound", "connected 3"}),
                ("192.0.2.3", OTHER, {"bound 9"}),
                (NOBODY, HOST, {"bound"}), (NOBODY, "198.51.100.1", set())):
            for message in REPLY, packet.icmp(3, 1, data=packet.ip(
                    echo(0), src=HOST, dst="10.1.1.1")):
                one = packet.ip(message, src=src, dst=dst)
                host.exchange([packet.ether(one)])
                got = {name for name, sock in socks.items()
                       if received(sock) == [one]}
                problems += differ(f"{src} > {dst} {message[0]}", sorted(got),
                                   sorted(everybody | more))
        # Whose it was is nobody's concern once it is closed.
        for sock in socks.values():
            sock.close()
        host.exchange([frame(REPLY)])
    return problems


def together(host):
    """Sockets of both ways and a user's all see the reply to one."""
    begin(host)
    lab.sysctl("icmp_dgram_darwin", 0)
    with ping() as linux:
        lab.sysctl("icmp_dgram_darwin", 1)
        with opened() as one, opened((IP_STRIPHDR, 1)) as two:
            before = lab.stat()
            linux.sendto(echo(32), (PEER, 0))
            request = host.exchange([])[0][34:]
            reply = echo(32, kind=0, ident=struct.unpack(
                "!H", request[4:6])[0])
            host.exchange([frame(reply)])
            counts = lab.stat().since(before)
            problems = differ("all", [received(sock) for sock in (
                linux, one, two)], [[reply], [packet.ip(reply)], [reply]])
            # One without an owner is still for all of Darwin's.
            host.exchange([frame(REPLY)])
            problems += differ("nobody's", [received(sock) for sock in (
                linux, one, two)], [[], [packet.ip(REPLY)], [REPLY]])
            # A user sees what root asks for.
            problems += as_user(user, host)
            received(one)
            # An error: as a message, and to the other one by IP_RECVERR.
            linux.setsockopt(SOL_IP, 11, 1)
            quoted = packet.ip(request, src=HOST, dst=PEER)
            host.exchange([error(quoted=quoted)])
            problems += differ("error", [
                received(one), attempt(linux.recv, 100),
                one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)],
                [[error(quoted=quoted)[14:]], "ECONNREFUSED", 0])
    return problems + differ("counters", counts, {
        "Icmp4.InTaken": 1, "Icmp4.InAnswers": 1, "Icmp4.DarwinDelivered": 2})


def user(host):
    with opened() as sock:
        host.exchange([frame(REPLY)])
        return differ("a user's", received(sock), [packet.ip(REPLY)])


def no_errors(host):
    """An error is a message, and never an errno."""
    begin(host)
    problems = []
    with opened(connect=PEER) as sock:
        for kind, code in ((3, 3), (3, 1), (3, 13), (11, 0), (12, 0), (3, 4)):
            sock.send(echo(32))
            sent = host.exchange([])[0][14:]
            one = error(kind, code, quoted=sent)
            host.exchange([one])
            problems += differ(f"{kind}/{code}", [
                sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR),
                attempt(sock.send, echo(32)), received(sock)],
                [0, "", [one[14:]]])
            host.exchange([])
    return problems


def full(host):
    """A buffer that is full loses messages, and counts them."""
    begin(host)
    problems = []
    small = (socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for options, knob in (([small], 8192), ([], 4096)):
        lab.sysctl("raw_recvspace", knob)
        with opened(*options) as sock, opened() as other:
            problems += differ("room", sock.getsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF), 8192)
            # It is read when a socket is opened.
            lab.sysctl("raw_recvspace", 100000)
            before = lab.stat()
            drops = []
            for _ in range(100):
                host.exchange([frame(REPLY)])
                received(other)
            counts = lab.stat().since(before)
            drops = rows()
            got = len(received(sock))
            problems += differ("lost", [0 < got < 100, sorted(drops), counts],
                               [True, [0, 100 - got], {
                                   "Icmp4.InTaken": 100,
                                   "Icmp4.InNoSocket": 100,
                                   "Icmp4.DarwinDelivered": 100 + got,
                                   "Icmp4.DarwinFull": 100 - got}])
            # There is room again.
            host.exchange([frame(REPLY)])
            problems += differ("again", received(sock), [packet.ip(REPLY)])
    return problems


def rows():
    """How many messages each socket has lost."""
    with open("/proc/self/net/icmp4/dgram", encoding="ascii") as file:
        head, *lines = file.read().splitlines()
    column = head.split().index("drops")
    return [int(line.split()[column]) for line in lines]


def filtered(host):
    """BPF has its say."""
    begin(host)
    problems = []
    # Nothing is let through: "ret #0".
    code = lab.ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, 0))
    program = struct.pack("=HxxxxxxQ", 1, lab.ctypes.addressof(code))
    with opened() as sock, opened() as other:
        sock.setsockopt(socket.SOL_SOCKET, 26, program)
        before = lab.stat()
        host.exchange([frame(REPLY)])
        problems += differ("BPF", [len(received(sock)), len(received(other)),
                                   lab.stat().since(before)], [0, 1, {
                                       "Icmp4.InTaken": 1,
                                       "Icmp4.InNoSocket": 1,
                                       "Icmp4.DarwinRefused": 1,
                                       "Icmp4.DarwinDelivered": 1}])
    return problems


def from_before(host):
    """While the kernel has a socket of its own, nobody sees less."""
    begin(host)
    lab.sysctl("icmp_dgram_darwin", 0)
    problems = []
    lab.rmmod()
    with ping() as older:
        older.bind(("0.0.0.0", 0x1234))
        lab.insmod()
        lab.sysctl("icmp_dgram_darwin", 1)
        with opened() as sock:
            before = lab.stat()
            older.sendto(echo(32), (PEER, 0))
            host.exchange([])
            host.exchange([frame(REPLY)])
            problems += differ("its reply", [received(older), received(sock)],
                               [[REPLY], [packet.ip(REPLY)]])
            problems += differ("counters", lab.stat().since(before), {
                "Icmp4.InPassed": 1, "Icmp4.DarwinDelivered": 1})
            for what, message in (
                    ("another's", echo(32, kind=0, ident=77)),
                    ("an error", packet.icmp(3, 3, data=packet.ip(
                        echo(8), src=HOST, dst=PEER))),
                    ("of type 14", packet.icmp(14, data=b"\0" * 12))):
                host.exchange([frame(message)])
                problems += differ(what, received(sock), [packet.ip(message)])
            problems += differ("options", attempt(
                older.setsockopt, SOL_IP, IP_STRIPHDR, 1), "ENOPROTOOPT")
            for what, one in (("damaged", frame(echo(32, kind=0, csum=1))),
                              ("short", frame(REPLY[:6]))):
                host.exchange([one])
                problems += differ(what, [received(older)[1:],
                                          received(sock)], [[], []])
            older.close()
            host.exchange([frame(REPLY)])
            problems += differ("when it is gone", received(sock),
                               [packet.ip(REPLY)])
    return problems


def own_replies(host):
    """Its own requests: all three, answered by the peer."""
    begin(host)
    problems = []
    with opened((IP_STRIPHDR, 1)) as sock:
        for request, reply in (
                (echo(32, ident=0x4321, seq=9), packet.ECHO_REPLY),
                (packet.timestamp(ident=0x4321), packet.TIMESTAMP_REPLY),
                (packet.icmp(packet.MASK, rest=b"\x43\x21\0\1",
                             data=bytes(4)),
                 packet.MASK_REPLY)):
            sock.sendto(request, (PEER, 0))
            sent = host.exchange([])[0][34:]
            problems += differ("request", sent, request)
            answer = packet.icmp(reply, rest=sent[4:8], data=sent[8:])
            host.exchange([frame(answer)])
            problems += differ("reply", received(sock), [answer])
        # With a header, and answered by the host itself.
        sock.setsockopt(SOL_IP, IP_HDRINCL, 1)
        sock.sendto(header(src="0.0.0.0", dst=OTHER), (OTHER, 0))
        host.exchange([])
        return problems + differ("from itself", received(sock), [
            echo(32, kind=0)])


if __name__ == "__main__":
    versus.main([], (shown, not_shown, forms, controls, matching, together,
                     no_errors, full, filtered, from_before, own_replies))
