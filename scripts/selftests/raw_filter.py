#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A program as there are many: it looks at ICMP through a raw socket, and hides
by ICMP_FILTER what it does not want to see.

raw_filter.py listen [TYPE | TYPE-TYPE]...
                                 show what comes, but for these types, until LAST
raw_filter.py send ADDRESS       a message of each type up to 45, and LAST
"""

import os
import socket
import struct
import sys

SOL_RAW, ICMP_FILTER = 255, 1
# No filter of 32 types can hide it.
LAST = 250


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


def message(kind):
    body = struct.pack("!HH", 4, kind) + bytes(range(28))
    rest = struct.pack("!BBH", kind, 0, 0) + body
    return struct.pack("!BBH", kind, 0, checksum(rest)) + body


def raw(hidden):
    """A raw socket that does not see these types."""
    mask = sum(1 << kind for kind in set(hidden))
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sock.setsockopt(SOL_RAW, ICMP_FILTER, struct.pack("=I", mask))
    return sock


def types(words):
    """All that such words as 3 and 5-7 name."""
    for word in words:
        first, _, last = word.partition("-")
        yield from range(int(first), int(last or first) + 1)


def listen(hidden):
    sock = raw(hidden)
    value, = struct.unpack("=I", sock.getsockopt(SOL_RAW, ICMP_FILTER, 4))
    print(f"ready, hides {value:#010x}", flush=True)
    kind = None
    while kind != LAST:
        packet, (source, _) = sock.recvfrom(1 << 16)
        kind = packet[20]
        print(f"{source} {kind} {packet[24:].hex()}")


def send(address):
    # One CPU's queue: they arrive in the order they were sent.
    os.sched_setaffinity(0, {0})
    # What is said in return is nothing to it.
    sock = raw(range(32))
    for kind in *range(46), LAST:
        sock.sendto(message(kind), (address, 0))


if __name__ == "__main__":
    if sys.argv[1] == "listen":
        listen(types(sys.argv[2:]))
    else:
        send(sys.argv[2])
