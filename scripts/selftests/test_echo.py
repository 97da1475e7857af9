#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Echo (RFC 792, RFC 1122 3.2.2.6), compared with the built-in ICMP.

  peer p0 ------ h0 host        addresses and MACs: lab.py
    | echo request ->|
    |<- echo reply   |          the same bytes with the module in and out
"""

import itertools
import socket
import struct

import kernel
import lab
import packet
import versus
from differences import DIRECTED, TIMESTAMP_COUNT, ZERO_CHECKSUM
from packet import echo, frame, fragments, icmp, ip, payload
from versus import Group, Stimulus

MTU = 1500
idents = itertools.count(0x5000)


def sizes():
    """C003, C120: what fits the MTU, odd sizes included."""
    for size in (0, 1, 2, 3, 4, 55, 56, 57, 1399, 1400, 1471, 1472):
        yield Stimulus(f"{size} bytes", frame(echo(size)), replies=1)


def jumbo():
    """The same where the MTU is the largest there is; C003, C120."""
    for size in (1473, 8000, 9001, 65506, 65507):
        yield Stimulus(f"{size} bytes", frame(echo(size)), replies=1)


def paged():
    """The buffer's bytes in pages, from the Ethernet header on, or later."""
    for linear in (14, 20, 34, 35, 38, 42, 43, 100):
        for size in (5000, 20001):
            yield Stimulus(f"{size} bytes, {linear} of them linear",
                           lab.paged(frame(echo(size)), linear), replies=1)


def cut(size, mtu=MTU):
    return fragments(ip(echo(size)), mtu, next(idents))


def fragmented():
    """C009, C128: in fragments as a sender with our MTU makes."""
    for size in (1473, 1474, 2952, 2953, 8000, 8001, 65507):
        replies = -(-(size + 8) // 1480)
        frames = cut(size)
        yield Stimulus(f"{size} bytes", *frames, replies=replies)
        yield Stimulus(f"{size} bytes backwards", *cut(size)[::-1],
                       replies=replies)
        frames = cut(size)
        yield Stimulus(f"{size} bytes, every other fragment first",
                       *frames[1::2], *frames[::2], replies=replies)


def recut():
    """C009, C128: in fragments of other sizes than our MTU gives."""
    for size, mtu in ((20, 28), (56, 36), (1472, 44), (1472, 576),
                      (4000, 576), (4000, 1280), (8000, 1492)):
        yield Stimulus(f"{size} bytes in fragments of {mtu}",
                       *cut(size, mtu), replies=-(-(size + 8) // 1480))
        yield Stimulus(f"{size} bytes in fragments of {mtu}, backwards",
                       *cut(size, mtu)[::-1], replies=-(-(size + 8) // 1480))


def overlapping(frames, size):
    """The second fragment begins 8 bytes too early."""
    early = packet.Ip(frames[1][14:])
    early = ip(early.body[:size], ident=early.ident,
               frag=packet.IP_MF | (early.offset - 8) // 8)
    return [frames[0], packet.ether(early), *frames[1:]]


def broken():
    """RFC 5722, RFC 815: duplicates are harmless, overlaps are not."""
    frames = cut(4000)
    yield Stimulus("each fragment twice", frames[0], frames[0], frames[1],
                   frames[1], frames[2], replies=3)
    yield Stimulus("overlap", *overlapping(cut(4000), 1480), replies=0)
    yield Stimulus("a part of a fragment once more",
                   *overlapping(cut(4000), 8), replies=3)
    yield Stimulus("first fragment missing", *cut(4000)[1:], replies=0)
    yield Stimulus("last fragment missing", *cut(4000)[:-1], replies=0)
    frames = cut(1472)
    yield Stimulus("more than 65535 bytes", frames[0], packet.ether(ip(
        payload(1480), ident=packet.Ip(frames[0][14:]).ident, frag=8189)),
        replies=1)
    frames = [cut(3000), cut(3000)]
    yield Stimulus("two requests, fragments by turns",
                   *itertools.chain(*zip(*frames)), replies=6)


def codes():
    """C130."""
    for code in (1, 2, 127, 128, 254, 255):
        yield Stimulus(f"code {code}", frame(echo(code=code)), replies=1)


def identifiers():
    """C120."""
    for ident, seq in itertools.product((0, 1, 0x7fff, 0x8000, 0xffff),
                                        repeat=2):
        yield Stimulus(f"identifier {ident:#x} sequence {seq:#x}",
                       frame(echo(ident=ident, seq=seq)), replies=1)


def zeros():
    """RFC 1071, RFC 1624 3: one's complement has two zeros. A sum of nothing
    but zeros gives the checksum 0xffff, any other sum of zero gives 0.
    """
    differs = None if kernel.checksum_of_zeros() else ZERO_CHECKSUM
    for size in (0, 1, 2, 3, 56, 1472):
        yield Stimulus(f"all zero, {size} bytes",
                       frame(echo(b"\0" * size, ident=0, seq=0)), replies=1,
                       differs=differs)
        yield Stimulus(f"all ones, {size} bytes",
                       frame(echo(b"\xff" * size, ident=0xffff, seq=0xffff)),
                       replies=1)
    yield Stimulus("reply sums to 0xffff",
                   frame(echo(0, ident=0xffff, seq=0)), replies=1)
    yield Stimulus("reply sums to 0xffff by two words",
                   frame(echo(0, ident=0x1234, seq=0xedcb)), replies=1)
    for csum in (0, 0xffff):
        yield Stimulus(f"request has checksum {csum:#x}",
                       frame(echo(0, ident=0xf7ff, seq=0, csum=csum)),
                       replies=1)


def offloaded():
    """The sender leaves the checksum to hardware that no veth has."""
    for csum in (0, 0xffff, 0x1234):
        for size in (0, 56, 1001):
            yield Stimulus(f"{size} bytes, checksum field {csum:#x}",
                           lab.partial(frame(echo(size, csum=csum))),
                           replies=1)
    yield Stimulus("timestamp", lab.partial(frame(packet.timestamp(csum=0))),
                   replies=1, differs=TIMESTAMP_COUNT)


def words():
    """C006: one stream of many payload words, no reply lost or reordered."""
    edges = (1, 0x07fe, 0x07ff, 0x0800, 0xf7fe, 0xf7ff, 0xf800, 0xfffe)
    spread = (word * 40503 & 0xffff for word in range(1, 3001 - len(edges)))
    requests = [frame(echo(struct.pack("!H", word), ident=0, seq=0))
                for word in itertools.chain(edges, spread)]
    yield Stimulus("stream", *requests, replies=3000)


def services():
    """C127: all of TOS, ECN included, is the request's."""
    for tos in range(256):
        yield Stimulus(f"TOS {tos:#x}", frame(echo(0), tos=tos), replies=1)


def headers():
    """C005, C071: nothing else of the request's IP header matters."""
    for ttl in (0, 1, 2, 255):
        yield Stimulus(f"TTL {ttl}", frame(echo(0), ttl=ttl), replies=1)
    for flags in (packet.IP_DF, 0x8000, packet.IP_DF | 0x8000):
        yield Stimulus(f"flags {flags:#x}", frame(echo(0), frag=flags),
                       replies=1)
    for ident in (0, 1, 0xffff):
        yield Stimulus(f"identification {ident:#x}",
                       frame(echo(0), ident=ident), replies=1)


def links():
    """How the frame came leaves no trace in the reply."""
    request = ip(echo(0))
    yield Stimulus("padding", packet.ether(request + payload(18)), replies=1)
    yield Stimulus("long padding", packet.ether(request + payload(1400)),
                   replies=1)
    yield Stimulus("broadcast frame",
                   packet.ether(request, packet.BROADCAST_MAC), replies=1)
    yield Stimulus("multicast frame",
                   packet.ether(request, bytes.fromhex("01005e000001")),
                   replies=1)
    yield Stimulus("802.1p", packet.ether(
        b"\xe0\0\x08\0" + request, kind=0x8100), replies=1)
    yield Stimulus("somebody else's frame",
                   packet.ether(request, b"\2\0\0\0\0\7"), replies=0)


def addresses():
    """C121: from the address asked, to the one that asked."""
    for dst in ("192.0.2.1", "192.0.2.9", "198.51.100.1", "203.0.113.1",
                "198.18.0.77"):
        for src in ("192.0.2.2", "192.0.2.3", "198.51.100.2", "203.0.113.9"):
            yield Stimulus(f"{src} asks {dst}",
                           frame(echo(), src=src, dst=dst), replies=1)


def routes():
    """The route back decides about TTL and size, not about the source."""
    for src in ("192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6"):
        yield Stimulus(f"{src} asks", frame(echo(500), src=src))
        yield Stimulus(f"{src} asks with 1472 bytes",
                       frame(echo(1472), src=src))
    yield Stimulus("192.0.2.3 asks in fragments",
                   *fragments(ip(echo(1000), src="192.0.2.3"), 576,
                              next(idents)))
    yield Stimulus("nobody knows 192.0.2.7", frame(echo(), src="192.0.2.7"),
                   replies=0, drop="OutNoRoute")


# Where the route back prefers another address than the one broadcast to.
OTHERS = {
    ("192.0.2.2", "198.51.100.255"): "198.51.100.1",
    ("192.0.2.4", "198.51.100.255"): "198.51.100.1",
    ("192.0.2.4", "192.0.2.255"): "192.0.2.1",
    ("198.51.100.2", "192.0.2.255"): "192.0.2.1",
}


def broadcasts():
    """C123: from an address of the interface the request came by."""
    for src in ("192.0.2.2", "192.0.2.4", "198.51.100.2"):
        for dst in ("192.0.2.255", "198.51.100.255", "255.255.255.255",
                    "224.0.0.1"):
            yield Stimulus(f"{src} asks {dst}", to_all(src, dst), replies=1,
                           differs=DIRECTED.get(OTHERS.get((src, dst))))


def to_all(src, dst):
    return packet.ether(ip(echo(), src=src, dst=dst), packet.BROADCAST_MAC)


def shared(host, messages):
    """What is wrong with the requests that a raw socket and a sniffer have,
    while each of them is answered.
    """
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sniffer = lab.frame_socket("h0", lab.ETH_P_ALL)
    before = lab.stat()
    problems = []
    for message in messages:
        frames = fragments(ip(message), MTU, next(idents))
        replies = host.exchange(frames)
        name = f"type {message[0]}, {len(message)} bytes"
        heard = raw.recv(1 << 16)
        if heard[20:] != message:
            problems.append(f"{name}: the raw socket has another request")
        seen = [one for one in lab.drain(sniffer) if one[12:14] == b"\x08\0"]
        if seen != frames + replies:
            problems.append(f"{name}: the sniffer has other frames")
        if not replies:
            problems.append(f"{name}: not answered")
    copied = lab.stat().since(before).get("Icmp4.OutCopied", 0)
    if copied != len(messages):
        problems.append(f"{copied} copied of {len(messages)}")
    raw.close()
    sniffer.close()
    return problems


def sharers(host):
    """Who else has the request keeps it as it came.

    A raw socket and a sniffer, while all kinds of requests are answered.
    """
    lab.sysctl("icmp_echo_enable_probe", 1)
    return shared(host, [
        echo(0), echo(1), echo(56), echo(1472), packet.timestamp(),
        packet.timestamp(payload(100)), echo(3000), echo(40000),
        icmp(packet.PROBE, 0, b"\0\1\0\1", payload(24))])


JUMBO = {"commands": ["link set h0 mtu 65535"],
         "undo": ["link set h0 mtu 1500"]}
GROUPS = [
    Group("sizes", sizes()),
    Group("sizes up to the largest packet", jumbo(), **JUMBO),
    Group("buffers in pages", paged(), **JUMBO),
    Group("fragments", fragmented()),
    Group("fragments of other sizes", recut()),
    Group("fragments that overlap or lack", broken(), answered=4),
    Group("codes", codes()),
    Group("identifiers and sequence numbers", identifiers()),
    Group("two zeros of the checksum", zeros()),
    Group("checksum offload", offloaded()),
    Group("3000 payload words", words()),
    Group("every TOS", services()),
    Group("IP header fields", headers()),
    Group("frames", links(), answered=5),
    Group("addresses", addresses(),
          commands=["route add local 198.18.0.0/24 dev lo"],
          undo=["route del local 198.18.0.0/24 dev lo"]),
    Group("routes back", routes(), answered=9,
          commands=["route add 192.0.2.3 dev h0 mtu 600",
                    "route add 192.0.2.4 dev h0 src 198.51.100.1",
                    "route add 192.0.2.5 via 192.0.2.2 hoplimit 7",
                    "route add 192.0.2.6 via 192.0.2.2 mtu lock 700",
                    "route add unreachable 192.0.2.7"],
          undo=["route del 192.0.2.3", "route del 192.0.2.4",
                "route del 192.0.2.5", "route del 192.0.2.6",
                "route del unreachable 192.0.2.7"],
          sysctls={"ip_default_ttl": 33}),
    Group("broadcast and multicast", broadcasts(),
          commands=["route add 192.0.2.4 dev h0 src 192.0.2.9"],
          undo=["route del 192.0.2.4"],
          sysctls={"icmp_echo_ignore_broadcasts": 0}),
]

if __name__ == "__main__":
    versus.main(GROUPS, [sharers])
