#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""Every error a host or a router originates, compared with the built-in ICMP:
type, code, second word, source, TOS, TTL, quotation and checksum, byte for byte.

  client                   host, a router                 server
  peer p0 ---- veth ---- h0              h1 ---- veth ---- s0
  192.0.2.2              192.0.2.1       10.1.0.1          10.1.0.2
     | packet ->            |  what is wrong with it is found here ...  | or here
     |<- error              |                                           |
"""

import kernel
import versus
from differences import (BROADCAST_SOURCE, CLASS_E, LOOPBACK_SOURCE,
                         NO_ERROR_HOP)
from lab import paged
from packet import (BROADCAST_MAC, IP_DF, IP_MF, PROBE, REDIRECT, TCP, UDP,
                    UNREACH, echo, ether, fragments, frame, icmp, ip, payload,
                    tcp, timestamp, udp)
from router import SERVER, Router, probe
from test_options import LSRR, RR, SSRR, TSONLY, route, times
from versus import Group, Stimulus

ALLNET = b"\x01\x00\x5e\x00\x00\x01"


def ports():
    """C060, C040-C043, C047: port unreachable, by the host and by the server."""
    for size in (0, 1, 7, 8, 9, 32, 100, 511, 512, 519, 520, 521, 527, 528,
                 548, 549, 1400, 1472):
        yield Stimulus(f"{size} bytes", probe(size, "192.0.2.1"), replies=1)
    for dst in ("192.0.2.9", "203.0.113.1", "198.51.100.1", "10.1.0.1",
                SERVER):
        yield Stimulus(f"to {dst}", probe(dst=dst), replies=1)
    for tos in (0x02, 0x10, 0x1e, 0x28, 0xb8, 0xc0, 0xff):
        yield Stimulus(f"TOS {tos:#x}", probe(dst="192.0.2.1", tos=tos),
                       replies=1)
    yield Stimulus("TTL 1", probe(dst="192.0.2.1", ttl=1), replies=1)
    yield Stimulus("DF", probe(1472, "192.0.2.1", frag=IP_DF), replies=1)
    yield Stimulus("in fragments", *fragments(
        ip(udp(5000), proto=UDP), 1500), replies=1)
    yield Stimulus("in small fragments", *fragments(
        ip(udp(900), proto=UDP), 100), replies=1)


def in_pages():
    """Buffers whose data is not where the header is."""
    for size, linear in ((4200, 34), (4200, 42), (9000, 200), (30000, 54)):
        yield Stimulus(f"{size} bytes, {linear} of the frame linear", paged(
            frame(udp(size), proto=UDP), linear), replies=1)


def protocols():
    """C061: protocol unreachable, whatever follows the header."""
    for proto in (2 + 250, 253, 254, 200, 9, 132):
        for size in (0, 1, 8, 600):
            yield Stimulus(f"protocol {proto}, {size} bytes", frame(
                payload(size), proto=proto), replies=1)


def hops():
    """C070, C024, C027: time exceeded, for what may be answered."""
    for size in (0, 32, 548, 1400):
        yield Stimulus(f"UDP, {size} bytes", probe(size, ttl=1), replies=1)
    for options in (b"", b"\2\4\5\xb4", bytes(range(1, 41))):
        yield Stimulus(f"TCP, {len(options)} bytes of options", frame(
            tcp(9, options), proto=TCP, dst=SERVER, ttl=1), replies=1)
    yield Stimulus("echo request", frame(echo(), dst=SERVER, ttl=1),
                   replies=1)
    yield Stimulus("timestamp request", frame(timestamp(), dst=SERVER, ttl=1),
                   replies=1)
    for kind in (0, 14, 15, 16, 17, 18):
        yield Stimulus(f"ICMP type {kind}", frame(
            icmp(kind, data=payload(12)), dst=SERVER, ttl=1), replies=1)
    yield Stimulus("first fragment", probe(104, ttl=1, frag=IP_MF), replies=1)
    yield Stimulus("TTL 0", probe(ttl=0), replies=1)
    yield Stimulus("TTL 2", frame(udp(9), proto=UDP, dst=SERVER, ttl=2),
                   replies=1)


def about_errors():
    """C020, C028: never about an error, nor about what is not known."""
    quoted = ip(udp(32), proto=UDP, src=SERVER, dst="192.0.2.2")
    for kind in (UNREACH, 4, REDIRECT, 11, 12, 1, 2, 6, 7, 9, 10, 19, 30, 41,
                 PROBE, 43, 255):
        yield Stimulus(f"type {kind}", frame(
            icmp(kind, data=quoted), dst=SERVER, ttl=1), replies=0,
            drop="ErrAboutIcmp")
    for size in (0,):
        yield Stimulus(f"ICMP with {size} bytes", frame(
            payload(size), dst=SERVER, ttl=1), replies=0,
            drop="ErrAboutIcmp")
    yield Stimulus("later fragment", probe(64, ttl=1, frag=20), replies=0,
                   drop="ErrFragment")
    yield Stimulus("later fragment of an ICMP error", frame(
        icmp(UNREACH, data=quoted), dst=SERVER, ttl=1, frag=IP_MF | 3),
        replies=0, drop="ErrFragment")


def casts():
    """C021-C023: nothing that went to many is answered."""
    for name, mac in (("broadcast", BROADCAST_MAC), ("multicast", ALLNET)):
        yield Stimulus(f"UDP in a {name} frame", ether(
            ip(udp(32), proto=UDP, dst="192.0.2.1"), mac), replies=0,
            drop="ErrFrame")
        yield Stimulus(f"protocol in a {name} frame", ether(
            ip(payload(8), proto=253), mac), replies=0, drop="ErrFrame")
    for dst in ("255.255.255.255", "192.0.2.255", "198.51.100.255",
                "224.0.0.1"):
        yield Stimulus(f"UDP to {dst}", probe(dst=dst), replies=0)
        yield Stimulus(f"protocol to {dst}", frame(
            payload(8), proto=253, dst=dst), replies=0, drop="ErrBroadcast")


def sources():
    """C025: only a source that is one host is answered."""
    yield Stimulus("class E", probe(src="240.1.2.3", ttl=1), replies=1,
                   drop="ErrSource", differs=CLASS_E)
    yield Stimulus("class E to the host", probe(dst="192.0.2.1",
                                                src="250.0.0.1"), replies=1,
                   drop="ErrSource", differs=CLASS_E)
    for src in ("0.0.0.0", "224.0.0.9", "255.255.255.255", "192.0.2.1",
                "127.9.9.9"):
        yield Stimulus(f"{src}, a martian", probe(src=src, ttl=1), replies=0)
    yield Stimulus("broadcast address", probe(src="192.0.2.255", ttl=1),
                   drop="ErrSource", differs=BROADCAST_DIFFERS)
    yield Stimulus("loopback, let in", probe(src="127.9.9.9", ttl=1),
                   replies=0, drop="ErrSource", differs=LOOPBACK_SOURCE,
                   sysctls={"conf/h0/route_localnet": 1})
    yield Stimulus("loopback, let in, to the host", probe(
        src="127.9.9.9", dst="192.0.2.1"), replies=0, drop="ErrSource",
        differs=LOOPBACK_SOURCE)


def too_big():
    """C063, C050: fragmentation needed, with the MTU of the next hop."""
    for size in (1373, 1400, 1472):
        yield Stimulus(f"{size} bytes, DF", probe(size, frag=IP_DF),
                       replies=1)
    yield Stimulus("1372 bytes, DF, fits", frame(udp(1372), proto=UDP,
                                                 dst=SERVER, frag=IP_DF),
                   replies=1)
    yield Stimulus("echo, DF", frame(echo(1400), dst=SERVER, frag=IP_DF),
                   replies=1)
    yield Stimulus("TCP, DF", frame(tcp(1400, bytes(40)), proto=TCP,
                                    dst=SERVER, frag=IP_DF), replies=1)
    yield Stimulus("route with a smaller MTU", probe(1300, "10.1.0.77",
                                                     frag=IP_DF), replies=1)
    yield Stimulus("error, DF", frame(icmp(UNREACH, data=payload(1400)),
                                      dst=SERVER, frag=IP_DF), replies=0,
                   drop="ErrAboutIcmp")


CLIENTS = [f"192.0.2.{number}" for number in range(100, 130)]


def unroutable():
    """C062, C064: what routes say that lead nowhere. Who asks more often meets
    the routing code's own limit.
    """
    for client, (dst, replies) in zip(CLIENTS, (
            ("10.2.0.1", 1), ("10.3.0.1", 1), ("10.4.0.1", 0),
            ("10.5.0.1", 1), ("172.16.0.1", 1))):
        yield Stimulus(f"to {dst}", frame(udp(32), proto=UDP, dst=dst,
                                          src=client), replies=replies)


def unanswerable():
    """Sources that no route leads to, options that cannot be returned."""
    yield Stimulus("no route back", probe(src="172.31.0.1", ttl=1), replies=0,
                   drop="ErrNoRoute")
    for size in range(1, 4):
        yield Stimulus(f"record route, {size} bytes left after ours", probe(
            dst="192.0.2.1", options=bytes([RR, 7 + size, 4]) +
            bytes(4 + size)), replies=0, drop="ErrOptions")


UNROUTABLE = ["route add unreachable 10.2.0.0/16",
              "route add prohibit 10.3.0.0/16",
              "route add blackhole 10.4.0.0/16",
              "route add throw 10.5.0.0/16",
              "route del default",
              *(f"neigh add {client} dev h0 lladdr 02:00:00:00:00:02"
                for client in CLIENTS)]


def unresolved():
    """C062: nobody answers ARP for the next hop, or for the destination."""
    yield Stimulus("neighbour", probe(dst="10.1.0.66"), replies=1, wait=2)
    yield Stimulus("gateway", probe(dst="10.66.0.1"), replies=1, wait=2)
    yield Stimulus("several packets", *(probe(dst="10.1.0.67")
                                        for _ in range(3)), replies=3, wait=2)
    yield Stimulus("with options", probe(dst="10.1.0.68",
                                         options=route(RR, 3)), replies=1,
                   wait=2)


def reassembly():
    """C072: only what has its first fragment can be told of."""
    whole = ip(udp(3000), proto=UDP)
    parts = fragments(whole, 1500, 0x7001)
    yield Stimulus("the last is missing", *parts[:-1], replies=1, wait=3)
    parts = fragments(whole, 1500, 0x7002)
    yield Stimulus("the first is missing", *parts[1:], replies=0, wait=3)
    parts = fragments(ip(echo(3000)), 1500, 0x7003)
    yield Stimulus("of an echo request", *parts[:1], replies=1, wait=3)
    parts = fragments(ip(icmp(UNREACH, data=payload(3000))), 1500, 0x7004)
    yield Stimulus("of an error", *parts[:1], replies=0, wait=3,
                   drop="ErrAboutIcmp")
    parts = fragments(ip(udp(3000), proto=UDP, options=route(RR, 4)), 1500,
                      0x7005)
    yield Stimulus("with options", *parts[:1], replies=1, wait=3)


def redirects():
    """C091: where a better first hop is on the client's own network. The packet
    goes its way all the same.
    """
    for client, (dst, replies) in zip(CLIENTS, (
            ("10.9.0.1", 2), ("10.9.0.2", 2), ("192.0.2.4", 2))):
        yield Stimulus(f"to {dst}", frame(udp(32), proto=UDP, dst=dst,
                                          src=client), replies=replies)
    yield Stimulus("of another network", frame(
        udp(32), proto=UDP, dst="10.9.0.1", src="10.77.0.1"), replies=1)
    yield Stimulus("with a source route", frame(
        udp(32), proto=UDP, dst="192.0.2.1", src=CLIENTS[9],
        options=route(LSRR, 0, "10.9.0.1")), replies=1)


def source_routes():
    """C065, C048: routes that cannot be followed; routes that lead back."""
    def hop(kind, *hops, pointer=4, dst="192.0.2.1", **fields):
        return frame(udp(32), proto=UDP, dst=dst, options=route(
            kind, 0, *hops, pointer=pointer), **fields)

    yield Stimulus("strict, next hop not adjacent",
                   hop(SSRR, "10.66.0.1", "10.1.0.2"), replies=1)
    yield Stimulus("strict, next hop adjacent",
                   hop(SSRR, "10.1.0.2"), replies=0)
    yield Stimulus("loose, followed to a server that wants none",
                   hop(LSRR, "10.1.0.2"), replies=0)
    yield Stimulus("loose, time exceeded", hop(LSRR, "10.1.0.2", ttl=1),
                   replies=1)
    yield Stimulus("loose, no way to the next hop",
                   hop(LSRR, "10.2.0.1", "10.1.0.2"), replies=0)
    yield Stimulus("came by 0.0.0.0", hop(LSRR, "0.0.0.0", pointer=8),
                   replies=0, drop="ErrSource", differs=NO_ERROR_HOP)
    for kind in (LSRR, SSRR):
        yield Stimulus(f"came by {kind}, closed port", hop(
            kind, "192.0.2.3", "192.0.2.4", pointer=12), replies=1)
        yield Stimulus(f"came by {kind}, of the requester", hop(
            kind, "192.0.2.2", "192.0.2.4", pointer=12), replies=1)
        yield Stimulus(f"passed through {kind}, time exceeded", hop(
            kind, "192.0.2.3", "192.0.2.4", pointer=12, dst=SERVER, ttl=1),
            replies=1)


def options():
    """C048: what of the packet's options goes back with an error."""
    for dst, ttl, word, marked in (
            ("192.0.2.1", 9, "closed port", 1),
            (SERVER, 1, "time exceeded", 1),
            (SERVER, 9, "closed port behind", 2)):
        for room in (1, 2, 3, 9):
            yield Stimulus(f"{word}: record route, room for {room}", probe(
                dst=dst, ttl=ttl, options=route(RR, room)), replies=1)
        for slots in (2, 9):
            # Each host on both ways leaves a clock; those of the way there are
            # in the quotation, too.
            clocks = [24 + 4 * at for at in range(min(slots, 2 * marked))]
            quoted = [24 + 4 * slots + 8 + 24 + 4 * at
                      for at in range(marked)]
            yield Stimulus(f"{word}: {slots} clocks", probe(
                dst=dst, ttl=ttl, options=times(TSONLY,
                                                ["0.0.0.0"] * slots)),
                # Each host on the way there changed the checksum, too.
                hide=slice(14 + 24 + 4 * slots + 8 + 10,
                           14 + 24 + 4 * slots + 8 + 12),
                stamps=clocks + quoted, replies=1)
        yield Stimulus(f"{word}: no-operations", probe(
            dst=dst, ttl=ttl, options=b"\1\1\1\1"), replies=1)
        yield Stimulus(f"{word}: full", probe(
            dst=dst, ttl=ttl, options=route(RR, 0, "10.0.0.1", pointer=8)),
            replies=1)


def faults():
    """C074, C075: parameter problem, with the pointer to the byte; options
    before the fault go back, those behind do not.
    """
    good = route(RR, 2)
    for dst in ("192.0.2.1", SERVER):
        for name, bad in (
                ("length 0", b"\x44\0\0\0"),
                ("length 1", b"\7\1\4\0"),
                ("too long", b"\7\xff\4\0"),
                ("pointer 3", b"\7\7\3\0\0\0\0\0"),
                ("no type 130", b"\x82\3\4\0"),
                ("timestamp without room", b"\x44\6\5\0\0\0\0\0"),
                ("router alert too short", b"\x94\3\0\0"),
                ("source route pointer 2", b"\x83\7\2\0\0\0\0\0"),
                ("two of a kind", b"\7\3\4\7\3\4\0\0")):
            yield Stimulus(f"{name}, to {dst}", probe(dst=dst, options=bad))
            yield Stimulus(f"good, {name}, to {dst}",
                           probe(dst=dst, options=good + bad))
            yield Stimulus(f"{name}, good, to {dst}",
                           probe(dst=dst, options=bad + good))


BROADCAST_DIFFERS = BROADCAST_SOURCE if kernel.builtin_answers(
    [probe(src="192.0.2.255", ttl=1)]) else None
FORWARD_SR = {f"conf/{knob}/accept_source_route": 1
              for knob in ("all", "h0", "h1")}
FAST_ARP = {"neigh/h1/mcast_solicit": 1, "neigh/h1/ucast_solicit": 1,
            "neigh/h1/retrans_time_ms": 100}
REDIRECTS = {f"conf/{knob}/send_redirects": 1 for knob in ("all", "h0")}

GROUPS = [
    Group("port unreachable", ports()),
    Group("port unreachable, paged packets", in_pages(),
          commands=["link set h0 mtu 65535"], undo=["link set h0 mtu 1500"]),
    Group("protocol unreachable", protocols()),
    Group("time exceeded", hops()),
    Group("nothing about errors", about_errors(), answered=0),
    Group("nothing about what went to many", casts(), answered=0),
    Group("sources", sources(), answered=3 if BROADCAST_DIFFERS else 2,
          commands=["route add 240.0.0.0/4 via 192.0.2.2"],
          undo=["route del 240.0.0.0/4"],
          sysctls={"conf/h0/route_localnet": 0}),
    Group("fragmentation needed", too_big(), answered=7,
          commands=["link set h1 mtu 1400",
                    "route add 10.1.0.77/32 dev h1 mtu 1000"],
          undo=["link set h1 mtu 1500"]),
    Group("unroutable", unroutable(), answered=4, commands=UNROUTABLE,
          undo=["route flush type unreachable", "route flush type prohibit",
                "route flush type blackhole", "route flush type throw",
                "route add default via 192.0.2.2"]),
    Group("unanswerable", unanswerable(), answered=0,
          commands=["route del default"],
          undo=["route add default via 192.0.2.2"]),
    Group("unresolved", unresolved(), sysctls=FAST_ARP,
          commands=["route add 10.66.0.0/16 via 10.1.0.99"],
          undo=["route del 10.66.0.0/16"]),
    Group("reassembly", reassembly(), answered=3,
          sysctls={"ipfrag_time": 1}),
    Group("redirect", redirects(), sysctls=REDIRECTS | FORWARD_SR,
          commands=["route add 10.9.0.0/16 via 192.0.2.3",
                    "route add 10.77.0.0/16 via 192.0.2.3",
                    *(f"neigh replace {client} dev h0 lladdr "
                      "02:00:00:00:00:02" for client in CLIENTS)],
          undo=["route del 10.9.0.0/16", "route del 10.77.0.0/16"]),
    Group("source routes", source_routes(), answered=8, sysctls=FORWARD_SR,
          commands=["route add unreachable 10.2.0.0/16",
                    "route add 10.66.0.0/16 via 10.1.0.2"],
          undo=["route flush type unreachable", "route del 10.66.0.0/16"]),
    Group("options", options()),
    Group("parameter problem", faults(), answered=54),
]

if __name__ == "__main__":
    versus.main(GROUPS, topology=Router)
