# SPDX-License-Identifier: GPL-2.0
"""Exact bytes: Ethernet frames with IPv4 and ICMP, built and taken apart."""

import socket
import struct

PEER_MAC = bytes.fromhex("020000000002")
HOST_MAC = bytes.fromhex("020000000001")
BROADCAST_MAC = b"\xff" * 6
PEER = "192.0.2.2"
HOST = "192.0.2.1"

ECHO_REPLY, UNREACH, QUENCH, REDIRECT, ECHO = 0, 3, 4, 5, 8
TIME_EXCEEDED, PARAMETER_PROBLEM = 11, 12
TIMESTAMP, TIMESTAMP_REPLY = 13, 14
MASK, MASK_REPLY = 17, 18
PROBE, PROBE_REPLY = 42, 43

UDP, TCP = 17, 6
IP_DF, IP_MF = 0x4000, 0x2000


def addr(text):
    return socket.inet_aton(text)


def checksum(data):
    """RFC 1071, by way of the remainder that one's complement sums are."""
    number = int.from_bytes(data + b"\0" * (len(data) & 1), "big")
    total = number % 0xffff
    if not total and number:
        total = 0xffff
    return total ^ 0xffff


def icmp(kind, code=0, rest=b"\0\0\0\0", data=b"", csum=None):
    """An ICMP message; rest is its second word. csum None: the right one."""
    if csum is None:
        csum = checksum(struct.pack("!BBH", kind, code, 0) + rest + data)
    return struct.pack("!BBH", kind, code, csum) + rest + data


PATTERN = struct.pack("!32768H", *(i * 40503 + 1 & 0xffff
                                   for i in range(32768)))


def payload(size):
    """Bytes of which no two words are the same."""
    return PATTERN[:size]


def echo(data=56, ident=0x1234, seq=1, code=0, kind=ECHO, csum=None):
    """An echo request with this data, or with so many bytes of it."""
    if isinstance(data, int):
        data = payload(data)
    return icmp(kind, code, struct.pack("!HH", ident, seq), data, csum)


def timestamp(extra=b"", code=0, originate=0x01020304, ident=0x1234,
              csum=None):
    return icmp(TIMESTAMP, code, struct.pack("!HH", ident, 1),
                struct.pack("!III", originate, 0, 0) + extra, csum)


def udp(data=b"", sport=40000, dport=9):
    """A UDP datagram with this data, or so many bytes; without a checksum."""
    if isinstance(data, int):
        data = payload(data)
    return struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data


def tcp(data=b"", options=b"", sport=40000, dport=9):
    """A TCP segment, SYN; its checksum is wrong, which no router looks at."""
    if isinstance(data, int):
        data = payload(data)
    return struct.pack("!HHIIBBHHH", sport, dport, 0x01020304, 0,
                       (20 + len(options)) << 2, 2, 1024, 0xabcd,
                       0) + options + data


def ip(message, src=PEER, dst=HOST, proto=1, tos=0, ident=0x4242, frag=0,
       ttl=64, options=b"", total=None):
    """An IPv4 packet; frag is the whole flags and offset field."""
    options += b"\0" * (-len(options) % 4)
    hlen = 20 + len(options)
    if total is None:
        total = hlen + len(message)
    head = struct.pack("!BBHHHBBH4s4s", 0x40 | hlen // 4, tos, total, ident,
                       frag, ttl, proto, 0, addr(src), addr(dst)) + options
    return (head[:10] + struct.pack("!H", checksum(head)) + head[12:] +
            message)


def ether(packet, dst=HOST_MAC, src=PEER_MAC, kind=0x0800):
    return dst + src + struct.pack("!H", kind) + packet


def frame(message, **fields):
    """An ICMP message in an IP packet in a frame to the host."""
    return ether(ip(message, **fields))


def fragments(packet, size, ident=0x4243):
    """A packet cut into frames of at most size bytes of IP, in order."""
    hlen = (packet[0] & 15) * 4
    head, body = packet[:hlen], packet[hlen:]
    step = (size - hlen) // 8 * 8
    frames = []
    for at in range(0, len(body), step):
        more = IP_MF if at + step < len(body) else 0
        part = body[at:at + step]
        new = (head[:2] + struct.pack("!HHH", hlen + len(part), ident,
                                      more | at // 8) +
               head[8:10] + b"\0\0" + head[12:])
        new = new[:10] + struct.pack("!H", checksum(new)) + new[12:]
        frames.append(ether(new + part))
    return frames


class Ip:
    """The fields of a received IPv4 packet, without the frame around it."""

    def __init__(self, packet):
        (first, self.tos, self.total, self.ident, self.frag, self.ttl,
         self.proto, _, self.src, self.dst) = struct.unpack(
             "!BBHHHBBH4s4s", packet[:20])
        self.hlen = (first & 15) * 4
        self.head = packet[:self.hlen]
        self.body = packet[self.hlen:self.total]
        self.offset = (self.frag & 0x1fff) * 8
        self.is_fragment = bool(self.frag & 0x3fff)

    def src_text(self):
        return socket.inet_ntoa(self.src)

    def __str__(self):
        return (f"{self.src_text()} > {socket.inet_ntoa(self.dst)} "
                f"tos {self.tos:#x} ttl {self.ttl} frag {self.frag:#x} "
                f"proto {self.proto} length {self.total} "
                f"options {self.head[20:].hex()} "
                f"body {self.body[:32].hex()}")
