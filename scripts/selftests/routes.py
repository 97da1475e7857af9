# SPDX-License-Identifier: GPL-2.0
"""Where the host would send a packet now, exceptions included: what "ip route
get" says, without a process for every question.
"""

import socket
import struct

RTM_GETROUTE, NLMSG_ERROR = 26, 2
NLM_F_REQUEST = 1
RTA_DST, RTA_SRC, RTA_GATEWAY, RTA_METRICS = 1, 2, 5, 8
RTA_CACHEINFO, RTA_MARK = 12, 16
RTAX_LOCK, RTAX_MTU = 1, 2
RTCF_REDIRECTED = 0x40000
FLUSH = "/proc/sys/net/ipv4/route/flush"
HZ = 100


def attribute(kind, value):
    return (struct.pack("=HH", 4 + len(value), kind) + value +
            b"\0" * (-len(value) % 4))


def attributes(data):
    """{kind: value} of what stands in a row."""
    table = {}
    while len(data) >= 4:
        size, kind = struct.unpack("=HH", data[:4])
        table[kind] = data[4:size]
        data = data[size + 3 & ~3:]
    return table


def ask(dst, src=None, mark=0, tos=0):
    """The kernel's answer, from struct rtmsg on; or an errno."""
    body = struct.pack("=BBBBBBBBI", socket.AF_INET, 32, 32 if src else 0,
                       tos, 0, 0, 0, 0, 0)
    body += attribute(RTA_DST, socket.inet_aton(dst))
    if src:
        body += attribute(RTA_SRC, socket.inet_aton(src))
    if mark:
        body += attribute(RTA_MARK, struct.pack("=I", mark))
    head = struct.pack("=IHHII", 16 + len(body), RTM_GETROUTE, NLM_F_REQUEST,
                       1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                       socket.NETLINK_ROUTE) as sock:
        sock.send(head + body)
        answer = sock.recv(1 << 16)
    if struct.unpack("=H", answer[4:6])[0] == NLMSG_ERROR:
        return -struct.unpack("=i", answer[16:20])[0]
    return answer[16:]


def get(dst, **known):
    """In words: the gateway, the MTU if it was learnt, whether it is locked,
    and whether a redirect led here.
    """
    answer = ask(dst, **known)
    if isinstance(answer, int):
        return f"error {answer}"
    flags = struct.unpack("=I", answer[8:12])[0]
    table = attributes(answer[12:])
    words = []
    if RTA_GATEWAY in table:
        words.append("via " + socket.inet_ntoa(table[RTA_GATEWAY]))
    metrics = attributes(table.get(RTA_METRICS, b""))
    if RTAX_MTU in metrics:
        words.append(f"mtu {struct.unpack('=I', metrics[RTAX_MTU])[0]}")
    if RTAX_LOCK in metrics:
        lock = struct.unpack("=I", metrics[RTAX_LOCK])[0]
        words.append("lock" if lock & 1 << RTAX_MTU else "")
    if flags & RTCF_REDIRECTED:
        words.append("redirected")
    # rta_expires: in ticks of 1/100 s, 0 for a route that stays.
    if struct.unpack("=i", table[RTA_CACHEINFO][8:12])[0] > 0:
        words.append("for a while")
    return " ".join(words)


def expires(dst):
    """In how many seconds the route is forgotten; 0: never."""
    table = attributes(ask(dst)[12:])
    return struct.unpack("=i", table[RTA_CACHEINFO][8:12])[0] / HZ


def forget():
    """Drop all exceptions, as "ip route flush cache" does."""
    with open(FLUSH, "w", encoding="ascii") as file:
        file.write("1")
