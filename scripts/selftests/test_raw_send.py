#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""What raw ICMP sockets send, and how they may be told to: every byte compared
with what the built-in ICMP's send.

  peer p0 ------ h0 host
    |<- messages |        by options, control messages, headers of their own,
    |            |        marks, devices, groups; many at a time
"""

import socket
import struct

import lab
import packet
import raw
import versus
from packet import HOST, PEER
from raw import FOREIGN, SOL_IP, SOL_SOCKET, Group, Scene, verdict
from sender import FAR, HDRINCL

IP_TOS, IP_TTL, IP_OPTIONS, IP_PKTINFO = 1, 2, 4, 8
IP_MTU_DISCOVER, IP_MTU, IP_NODEFRAG = 10, 14, 22
IP_MULTICAST_IF, IP_UNICAST_IF, IP_HDRINCL = 32, 50, 3
SO_BINDTODEVICE, SO_MARK, SO_PRIORITY = 25, 36, 12
SO_TXTIME = 61
OTHER, GROUP = "192.0.2.9", "239.1.2.3"


def message(size=8):
    return packet.icmp(packet.ECHO_REPLY, 0, b"\1\2\3\4",
                       packet.payload(size))


def info(source="0.0.0.0", device="", destination="0.0.0.0"):
    """struct in_pktinfo."""
    index = socket.if_nametoindex(device) if device else 0
    return (SOL_IP, IP_PKTINFO, struct.pack("=i", index) +
            packet.addr(source) + packet.addr(destination))


def sending(play, one, dst=FAR, control=(), flags=0, data=None):
    play.note(f"send {control} {flags}", verdict(
        one.sock.sendmsg, [message() if data is None else data],
        control, flags, (dst, 0)))
    play.send()


def with_options(play, *options):
    """setsockopt(2) first; to a host, far and near, and to itself."""
    one = play.open()
    for option in options:
        play.note(f"set {option}", verdict(one.sock.setsockopt, *option))
    for dst in (FAR, PEER, HOST):
        sending(play, one, dst)
    play.note("MTU", verdict(one.sock.getsockopt, SOL_IP, IP_MTU))
    play.note("connect", verdict(one.sock.connect, (PEER, 0)))
    play.note("send", verdict(one.sock.send, message()))
    play.hear()


def with_control(play, *control):
    one = play.open()
    for dst in (FAR, HOST):
        sending(play, one, dst, control)
    play.note("connect", verdict(one.sock.connect, (PEER, 0)))
    play.note("send", verdict(one.sock.sendmsg, [message()], control))
    play.hear()


def number(value):
    return struct.pack("=i", value)


SOURCE_ROUTE = b"\x83\7\4" + packet.addr(PEER) + b"\0"
OPTIONS = {
    "TOS": [(SOL_IP, IP_TOS, 0x2f)],
    "TTL": [(SOL_IP, IP_TTL, 9)],
    "TTL 1": [(SOL_IP, IP_TTL, 1)],
    "record route": [(SOL_IP, IP_OPTIONS, b"\7\7\4\0\0\0\0\0")],
    "source route": [(SOL_IP, IP_OPTIONS, SOURCE_ROUTE)],
    "no operation": [(SOL_IP, IP_OPTIONS, b"\1" * 40)],
    "bad options": [(SOL_IP, IP_OPTIONS, b"\7\1\0\0")],
    "mark": [(SOL_SOCKET, SO_MARK, 7)],
    "priority": [(SOL_SOCKET, SO_PRIORITY, 6)],
    "device h0": [(SOL_SOCKET, SO_BINDTODEVICE, b"h0\0")],
    "device lo": [(SOL_SOCKET, SO_BINDTODEVICE, b"lo\0")],
    "SO_DONTROUTE": [(SOL_SOCKET, socket.SO_DONTROUTE, 1)],
    **{f"IP_MTU_DISCOVER {value}": [(SOL_IP, IP_MTU_DISCOVER, value)]
       for value in range(6)},
    "IP_NODEFRAG": [(SOL_IP, IP_NODEFRAG, 1)],
    "IP_UNICAST_IF": [(SOL_IP, IP_UNICAST_IF, struct.pack("!I", 1))],
}
CONTROL = {
    "TTL": [(SOL_IP, IP_TTL, number(9))],
    "TTL 0": [(SOL_IP, IP_TTL, number(0))],
    "TTL 256": [(SOL_IP, IP_TTL, number(256))],
    "TOS": [(SOL_IP, IP_TOS, number(0x2f))],
    "TOS of a byte": [(SOL_IP, IP_TOS, b"\x2f")],
    "record route": [(SOL_IP, 7, b"\7\7\4\0\0\0\0\0")],
    "source route": [(SOL_IP, 7, SOURCE_ROUTE)],
    "mark": [(SOL_SOCKET, SO_MARK, number(7))],
    "protocol": [(SOL_IP, 52, number(17))],
    "unknown": [(SOL_IP, 99, number(1))],
    "of another level": [(254, 1, number(1))],
    "TTL and TOS": [(SOL_IP, IP_TTL, number(9)), (SOL_IP, IP_TOS, number(8))],
}
INFO = [(OTHER,), ("198.51.100.1",), ("203.0.113.1",), (FOREIGN,),
        ("0.0.0.0", "h0"), ("0.0.0.0", "lo"), (OTHER, "h0"),
        ("0.0.0.0", "", OTHER), (OTHER, "", HOST)]


def info_scenes():
    for one in INFO:
        yield Scene(f"{one}", informed, one)


def informed(play, arguments):
    with_control(play, info(*arguments))


def many_sizes(play, *options):
    """Up to what IP can carry, in fragments or not at all."""
    one = play.open(*options)
    for size in (0, 1, 1472 - 8, 1472, 1473, 2000, 4000, 65507 - 8, 65508,
                 65600):
        play.note(f"{size}", verdict(one.sock.sendto, message(size)[:8 + size],
                                     (PEER, 0)))
        play.send()
    play.note("error", one.take(2000, socket.MSG_ERRQUEUE))


def in_parts(play):
    """MSG_MORE and vectors."""
    one = play.open()
    whole = message(40)
    for flags, part in ((socket.MSG_MORE, whole[:20]),
                        (socket.MSG_MORE, whole[20:30]), (0, whole[30:])):
        play.note(f"{flags}, {len(part)}", verdict(
            one.sock.sendto, part, flags, (PEER, 0)))
        play.send()
    for cuts in ((1, 2), (2, 3), (7, 8), (8, 9), (47, 48)):
        parts = [whole[:cuts[0]], whole[cuts[0]:cuts[1]], whole[cuts[1]:]]
        play.note(f"{cuts}", verdict(one.sock.sendmsg, parts, [], 0,
                                     (PEER, 0)))
    play.send()


HEADERS = {
    "whole": packet.ip(message(), HOST, PEER),
    "far": packet.ip(message(), HOST, FAR, ttl=3, tos=9),
    "of another": packet.ip(message(), FOREIGN, PEER),
    "of nobody": packet.ip(message(), "0.0.0.0", PEER, ident=0),
    "with options": packet.ip(message(), HOST, PEER, options=b"\1" * 8),
    "of UDP": packet.ip(packet.udp(8), HOST, PEER, packet.UDP),
    "a fragment": packet.ip(message(), HOST, OTHER, frag=packet.IP_MF),
    "to itself": packet.ip(message(), HOST, OTHER),
    "of the wrong length": packet.ip(message(), HOST, PEER, total=99),
    "too short": packet.ip(message(), HOST, PEER)[:19],
    "without a message": packet.ip(b"", HOST, OTHER),
    "longer than it is": b"\x4f" + packet.ip(message(), HOST, PEER)[1:40],
    "with 4 words": b"\x44" + packet.ip(message(), HOST, PEER)[1:],
    "too long": packet.ip(message(1500), HOST, PEER),
}


def own_header(play, name):
    one = play.open(HDRINCL)
    data = HEADERS[name]
    dst = socket.inet_ntoa(data[16:20]) if len(data) >= 20 else PEER
    # By another way than its header says, unless it is to the host itself.
    for to in (dst,) if dst == OTHER else (dst, "192.0.2.3"):
        play.note(f"to {to}", verdict(one.sock.sendto, data, (to, 0)))
        play.send()
    play.note("off", verdict(one.sock.setsockopt, SOL_IP, IP_HDRINCL, 0))
    play.note("then", verdict(one.sock.sendto, message(), (PEER, 0)))
    play.hear()


def to_many(play):
    one = play.open()
    for option in ((SOL_SOCKET, socket.SO_BROADCAST, 1),
                   (SOL_IP, socket.IP_MULTICAST_TTL, 5),
                   (SOL_IP, IP_MULTICAST_IF, packet.addr("198.51.100.1"))):
        play.note(f"set {option}", verdict(one.sock.setsockopt, *option))
        for dst in ("192.0.2.255", "255.255.255.255", GROUP, "224.0.0.1",
                    "198.51.100.255"):
            play.note(dst, verdict(one.sock.sendto, message(), (dst, 0)))
        play.hear()


def nowhere(play):
    """Where no route leads, and where a rule forbids it."""
    one = play.open()
    lab.ip("route add unreachable 10.50.0.0/16",
           "route add prohibit 10.51.0.0/16",
           "route add blackhole 10.52.0.0/16")
    for dst in ("10.50.0.1", "10.51.0.1", "10.52.0.1", "0.0.0.1"):
        play.note(dst, verdict(one.sock.sendto, message(), (dst, 0)))
        play.note(f"connect to {dst}", verdict(one.sock.connect, (dst, 0)))
    lab.ip("route del unreachable 10.50.0.0/16",
           "route del prohibit 10.51.0.0/16",
           "route del blackhole 10.52.0.0/16")
    lab.nft("table ip no { chain out { type filter hook output priority 0\n"
            f"ip daddr {PEER} drop\n}}\n}}")
    play.note("dropped", verdict(one.sock.sendto, message(), (PEER, 0)))
    lab.nft("delete table ip no")
    play.send()


def full_buffer(play):
    """SO_SNDBUF: what does not fit, where it goes nowhere and is kept."""
    one = play.open((SOL_SOCKET, socket.SO_SNDBUF, 5000))
    # A packet waits for an answer to its question for the MAC.
    words = [verdict(one.sock.sendto, message(1000), ("192.0.2.77", 0))
             for _ in range(20)]
    play.note("sent", words)
    play.note("poll", one.poll())
    lab.ip("neigh replace 192.0.2.77 dev h0 lladdr "
           f"{lab.mac(packet.PEER_MAC)}")
    play.send()
    play.note("then", one.poll())
    play.note("SIOCOUTQ", one.queued(raw.termios.TIOCOUTQ))
    play.note("send", verdict(one.sock.sendto, message(1000),
                              ("192.0.2.77", 0)))
    play.send()
    lab.ip("neigh del 192.0.2.77 dev h0")


def requests(play):
    """Echo requests, as ping sends them, and the answers."""
    one = play.open()
    other = play.open(name="other", far=PEER)
    for seq in range(3):
        play.note("send", verdict(one.sock.sendto, packet.echo(
            56, seq=seq), (PEER, 0)))
        play.hear(packet.frame(packet.echo(56, seq=seq, kind=0)))
    play.note("its peer", verdict(other.sock.send, packet.echo(1)))
    play.hear(packet.frame(packet.icmp(3, 1, data=packet.ip(
        packet.echo(1), HOST, PEER)), src="10.77.0.1"))
    play.note("error", one.error())
    play.note("error of the other", other.error())


MARKS = {"rules": """
    table ip marks {
        counter marked { }
        counter every { }
        chain out {
            type filter hook output priority 0
            ip protocol icmp counter name every
            mark 7 counter name marked
        }
    }""", "commands": ["rule add fwmark 7 lookup 7",
                       "route add default via 192.0.2.4 table 7"],
         "undo": ["rule del fwmark 7 lookup 7", "route flush table 7"]}

GROUPS = [
    Group("options", (Scene(name, with_options, *options)
                      for name, options in OPTIONS.items()),
          matched={"marked": 4, "every": 79}, answered=18,
          noted={"heard": 19}, **MARKS),
    Group("control messages", (Scene(name, with_control, *control)
                               for name, control in CONTROL.items()),
          matched={"marked": 3, "every": 27}, answered=9,
          noted={"heard": 8}, **MARKS),
    Group("IP_PKTINFO", info_scenes(), answered=7, noted={"heard": 8}),
    Group("sizes", [Scene(f"IP_MTU_DISCOVER {value}", many_sizes,
                          (SOL_IP, IP_MTU_DISCOVER, value), (SOL_IP, 11, 1))
                    for value in range(6)]),
    Group("in parts", [Scene("all", in_parts)]),
    Group("headers of their own", (Scene(name, own_header, name)
                                   for name in HEADERS),
          noted={"heard": 1}),
    Group("to many", [Scene("all", to_many)]),
    Group("to nowhere", [Scene("all", nowhere)]),
    Group("a full buffer", [Scene("all", full_buffer)],
          sysctls={"neigh/h0/retrans_time_ms": 60000}),
    Group("requests", [Scene("answered", requests)], noted={"heard": 1}),
]

if __name__ == "__main__":
    versus.main(GROUPS)
