#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""The options of sockets of Darwin's way: those of its icmp(4) and of icmp4.h
work, all others are refused; and the knobs that such sockets are opened by.
"""

import os
import socket

import lab
import packet
import versus
from darwin import (GROUP, IP_ADD_MEMBERSHIP, IP_BOUND_IF,
                    IP_DROP_MEMBERSHIP, IP_HDRINCL, IP_IPSEC_POLICY,
                    IP_MULTICAST_IF, IP_MULTICAST_LOOP, IP_MULTICAST_TTL,
                    IP_MULTICAST_VIF, IP_OPTIONS, IP_PORTRANGE,
                    IP_RECVDSTADDR, IP_RECVIF, IP_RECVOPTS, IP_RECVTTL,
                    IP_RETOPTS, IP_STRIPHDR, IP_TOS, IP_TTL, OTHER, as_user,
                    attempt, begin, differ, left, opened, ping, sent)
from packet import HOST, PEER, echo

SOL_IP = socket.SOL_IP
ALLOWED = (IP_TOS, IP_TTL, IP_HDRINCL, IP_OPTIONS, IP_RECVOPTS, IP_RETOPTS,
           IP_RECVTTL, IP_IPSEC_POLICY, IP_MULTICAST_IF, IP_MULTICAST_TTL,
           IP_MULTICAST_LOOP, IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP,
           IP_RECVDSTADDR, IP_MULTICAST_VIF, IP_PORTRANGE, IP_RECVIF,
           IP_STRIPHDR, IP_BOUND_IF)
BOOLEANS = (IP_HDRINCL, IP_RECVTTL, IP_RECVDSTADDR, IP_RECVIF, IP_STRIPHDR)
VALUES = (b"", b"\1", b"\1\0\0\0", b"\0\0\0\0", b"\1" + b"\0" * 63)


def refused(host):
    """Every other option of IP is refused."""
    begin(host)
    problems = []
    with opened() as sock:
        for name in (*range(-2, 301), *range(0x4400, 0x4421), 0x7fffffff,
                     -2 ** 31):
            if name in ALLOWED:
                continue
            for value in VALUES:
                problems += differ(f"set {name} to {value[:4]}", attempt(
                    sock.setsockopt, SOL_IP, name, value), "EINVAL")
            for size in 1, 4, 64:
                problems += differ(f"get {name}, {size} bytes", attempt(
                    sock.getsockopt, SOL_IP, name, size), "EINVAL")
        sock.sendto(echo(32), (PEER, 0))
        return problems + left(host, "it still sends", packet.ip(
            echo(32), src=HOST, dst=PEER, frag=0x4000))


def levels(host):
    """Options of other levels are refused, but for those of sockets."""
    begin(host)
    problems = []
    with opened() as sock:
        for level in (2, 6, 17, 41, 58, 132, 136, 255, 263, 300, -1, 0x7fff):
            for name in range(40):
                problems += differ(f"set {level}:{name}", attempt(
                    sock.setsockopt, level, name, 1), "EINVAL")
                problems += differ(f"get {level}:{name}", attempt(
                    sock.getsockopt, level, name, 4), "EINVAL")
        for name, value, got in (
                (socket.SO_RCVBUF, 20000, 40000),
                (socket.SO_SNDBUF, 20000, 40000),
                (socket.SO_BROADCAST, 1, 1), (socket.SO_REUSEADDR, 0, 0),
                (socket.SO_PRIORITY, 3, 3), (socket.SO_DONTROUTE, 1, 1)):
            sock.setsockopt(socket.SOL_SOCKET, name, value)
            problems += differ(f"option {name} of sockets", sock.getsockopt(
                socket.SOL_SOCKET, name), got)
        for name, value in ((socket.SO_TYPE, socket.SOCK_DGRAM),
                            (socket.SO_PROTOCOL, socket.IPPROTO_ICMP),
                            (socket.SO_DOMAIN, socket.AF_INET),
                            (socket.SO_ERROR, 0)):
            problems += differ(f"{name} of sockets", sock.getsockopt(
                socket.SOL_SOCKET, name), value)
    return problems


def own(host):
    """Those that Linux has not are set and asked for."""
    begin(host)
    problems = []
    with opened() as sock:
        for name in BOOLEANS:
            for value in 0, 1, 0, 2, -1, 256, 0:
                sock.setsockopt(SOL_IP, name, value)
                problems += differ(f"{name:#x} {value}", sock.getsockopt(
                    SOL_IP, name), int(bool(value)))
        for value in 0, 1, 2, 0:
            sock.setsockopt(SOL_IP, IP_PORTRANGE, value)
            problems += differ(f"range {value}", sock.getsockopt(
                SOL_IP, IP_PORTRANGE), value)
        sock.setsockopt(SOL_IP, IP_PORTRANGE, 1)
        for value in -1, 3, 255, 256, 257, -2 ** 31:
            problems += differ(f"range {value}", attempt(
                sock.setsockopt, SOL_IP, IP_PORTRANGE, value), "EINVAL")
        problems += differ("range", sock.getsockopt(SOL_IP, IP_PORTRANGE), 1)
        for name in set(ALLOWED) & {*BOOLEANS, IP_PORTRANGE, IP_BOUND_IF,
                                    IP_MULTICAST_VIF}:
            for size in range(4):
                problems += differ(f"{name:#x} of {size} bytes", attempt(
                    sock.setsockopt, SOL_IP, name, b"\0" * size), "EINVAL")
            if name != IP_MULTICAST_VIF:
                # More than an int is an int, and it is asked for in part.
                sock.setsockopt(SOL_IP, name, b"\0" * 8)
                for size in 1, 2, 3, 4, 8:
                    problems += differ(f"{size} bytes of {name:#x}", sock.
                                       getsockopt(SOL_IP, name, size),
                                       b"\0" * min(size, 4))
        for value in 0, 1, -1:
            problems += differ(f"VIF {value}", attempt(
                sock.setsockopt, SOL_IP, IP_MULTICAST_VIF, value),
                "EOPNOTSUPP")
        problems += differ("VIF", attempt(
            sock.getsockopt, SOL_IP, IP_MULTICAST_VIF), "EOPNOTSUPP")
    return problems


def kernels(host):
    """Those that Linux has do what they do there."""
    begin(host)
    lab.ip("route add 224.0.0.0/4 dev h0")
    problems = []
    head = {"src": HOST, "dst": PEER, "frag": 0x4000}
    with opened() as sock:
        for name, value, change in ((IP_TOS, 0x28, {"tos": 0x28}),
                                    (IP_TTL, 9, {"ttl": 9})):
            sock.setsockopt(SOL_IP, name, value)
            problems += differ(f"{name}", sock.getsockopt(SOL_IP, name), value)
            head |= change
            sock.sendto(echo(32), (PEER, 0))
            problems += left(host, f"{name}", packet.ip(echo(32), **head))
        sock.setsockopt(SOL_IP, IP_TTL, -1)
        sock.setsockopt(SOL_IP, IP_OPTIONS, b"\7\7\4\0\0\0\0\0")
        problems += differ("IP_OPTIONS", sock.getsockopt(
            SOL_IP, IP_OPTIONS, 40), b"\7\7\4\0\0\0\0\0")
        sock.sendto(echo(32), (PEER, 0))
        packets = sent(host)
        # It is recorded in there.
        problems += differ("IP_OPTIONS", [one[20:28] for one in packets],
                           [b"\7\7\x08" + packet.addr(HOST) + b"\0"])
        sock.setsockopt(SOL_IP, IP_OPTIONS, b"")
        for value in 7, 1:
            sock.setsockopt(SOL_IP, IP_MULTICAST_TTL, value)
            problems += differ("IP_MULTICAST_TTL", sock.getsockopt(
                SOL_IP, IP_MULTICAST_TTL), value)
            sock.sendto(echo(32), (GROUP, 0))
            problems += differ("IP_MULTICAST_TTL", [
                one[8] for one in sent(host)], [value])
        for value in 0, 1:
            sock.setsockopt(SOL_IP, IP_MULTICAST_LOOP, value)
            problems += differ("IP_MULTICAST_LOOP", sock.getsockopt(
                SOL_IP, IP_MULTICAST_LOOP), value)
        sock.setsockopt(SOL_IP, IP_MULTICAST_IF, packet.addr(OTHER))
        problems += differ("IP_MULTICAST_IF", sock.getsockopt(
            SOL_IP, IP_MULTICAST_IF, 4), packet.addr(OTHER))
        sock.sendto(echo(32), (GROUP, 0))
        problems += differ("IP_MULTICAST_IF", [
            one[12:16] for one in sent(host)], [packet.addr(OTHER)])
        for name in IP_RECVOPTS, IP_RETOPTS:
            for value in 1, 0:
                sock.setsockopt(SOL_IP, name, value)
                problems += differ(f"{name}", sock.getsockopt(SOL_IP, name),
                                   value)
        member = packet.addr(GROUP) + packet.addr(HOST)
        problems += differ("IGMP", groups(), [])
        sock.setsockopt(SOL_IP, IP_ADD_MEMBERSHIP, member)
        problems += differ("IGMP", groups(), [GROUP])
        problems += differ("IP_ADD_MEMBERSHIP", attempt(
            sock.setsockopt, SOL_IP, IP_ADD_MEMBERSHIP, member), "EADDRINUSE")
        sock.setsockopt(SOL_IP, IP_DROP_MEMBERSHIP, member)
        problems += differ("IGMP", groups(), [])
        problems += differ("IP_DROP_MEMBERSHIP", attempt(
            sock.setsockopt, SOL_IP, IP_DROP_MEMBERSHIP, member),
            "EADDRNOTAVAIL")
        # Left when it is closed, too.
        sock.setsockopt(SOL_IP, IP_ADD_MEMBERSHIP, member)
        problems += differ("IP_IPSEC_POLICY", attempt(
            sock.setsockopt, SOL_IP, IP_IPSEC_POLICY, b"\0" * 4) != "", True)
    return problems + differ("IGMP", groups(), [])


def groups():
    """Those of the test's that the host is in."""
    return [word for word in lab.run("ip", "maddress", "show", "h0").split()
            if word == GROUP]


def bound_if(host):
    """IP_BOUND_IF names a device, and 0 none."""
    begin(host)
    lab.ip("link add d0 type dummy", "link set d0 up",
           "address add 10.6.0.1/24 dev d0")
    problems = []
    device, other = (socket.if_nametoindex(one) for one in ("h0", "d0"))
    with opened() as sock:
        for value in device, 0, other, device, 0:
            sock.setsockopt(SOL_IP, IP_BOUND_IF, value)
            problems += differ(f"{value}", sock.getsockopt(
                SOL_IP, IP_BOUND_IF), value)
            attempt(sock.sendto, echo(32), (PEER, 0))
            problems += differ(f"{value}: frames", len(sent(host)),
                               int(value != other))
        for value, wanted in ((-1, "EINVAL"), (-2 ** 31, "EINVAL"),
                              (9999, "ENXIO")):
            problems += differ(f"{value}", attempt(
                sock.setsockopt, SOL_IP, IP_BOUND_IF, value), wanted)
        problems += differ("none", sock.getsockopt(SOL_IP, IP_BOUND_IF), 0)

    def once():
        """As with SO_BINDTODEVICE, or a VRF would be no prison."""
        with opened() as sock:
            return differ("as a user", [attempt(
                sock.setsockopt, SOL_IP, IP_BOUND_IF, one)
                for one in (device, other, 0)], ["", "EPERM", "EPERM"])

    return problems + as_user(once)


def knobs(host):
    """The knobs: defaults, range, and whose they are."""
    begin(host)
    problems = []
    for name, least, most in (("raw_maxdgram", 8, 15000),
                              ("raw_recvspace", 1, 212992)):
        problems += differ(name, lab.sysctl(name), "8192")
        for value in least, least + 1, most - 1, most, 8192:
            lab.sysctl(name, value)
            problems += differ(name, lab.sysctl(name), str(value))
        for value in least - 1, most + 1, -1, 2 ** 31, "x", "1x":
            problems += differ(f"{name} {value}", attempt(
                lab.sysctl, name, value), "EINVAL")
        problems += differ(name, lab.sysctl(name), "8192")
    for value in 2, -1, 256, "x":
        problems += differ(f"icmp_dgram_darwin {value}", attempt(
            lab.sysctl, "icmp_dgram_darwin", value), "EINVAL")
    lab.ip("netns add other")
    try:
        lab.enter("other")
        problems += differ("other", [lab.sysctl(name) for name in (
            "icmp_dgram_darwin", "raw_maxdgram", "raw_recvspace")],
            ["0", "8192", "8192"])
        lab.sysctl("raw_maxdgram", 77)
        lab.enter("host")
        problems += differ("host", [lab.sysctl(name) for name in (
            "icmp_dgram_darwin", "raw_maxdgram")], ["1", "8192"])
    finally:
        lab.enter("host")
        lab.ip("netns del other")
    return problems


def ways():
    """The last columns of /proc/net/icmp4/dgram."""
    with open("/proc/self/net/icmp4/dgram", encoding="ascii") as file:
        return [line.split()[-1] for line in file.read().splitlines()[1:]]


def when_opened(host):
    """The way of a socket is that of the time it was opened at."""
    begin(host)
    problems = []
    lab.sysctl("icmp_dgram_darwin", 0)
    with ping() as linux:
        lab.sysctl("icmp_dgram_darwin", 1)
        with ping() as darwin:
            lab.sysctl("icmp_dgram_darwin", 0)
            problems += differ("ways", sorted(ways()), ["darwin", "linux"])
            for one, sock in (("linux", linux), ("darwin", darwin)):
                for _ in range(2):
                    problems += differ(one, [attempt(
                        sock.setsockopt, SOL_IP, IP_STRIPHDR, 1), attempt(
                        sock.setsockopt, SOL_IP, 11, 1)],
                        ["", "EINVAL"] if one == "darwin" else
                        ["ENOPROTOOPT", ""])
                    lab.sysctl("icmp_dgram_darwin", int(one == "linux"))
            # Linux's has an identifier of its own.
            for sock in linux, darwin:
                sock.sendto(echo(8, ident=0), (PEER, 0))
            problems += differ("identifiers", [
                one[24:26] == b"\0\0" for one in sent(host)], [False, True])
    problems += differ("ways", ways(), [])
    lab.sysctl("icmp_dgram_darwin", 1)
    # Another namespace has a way of its own.
    lab.ip("netns add other")
    try:
        lab.enter("other")
        lab.sysctl("ping_group_range", "0 100")
        with ping() as sock:
            problems += differ("other", ways(), ["linux"])
            problems += differ("other", attempt(
                sock.setsockopt, SOL_IP, IP_STRIPHDR, 1), "ENOPROTOOPT")
    finally:
        lab.enter("host")
        lab.ip("netns del other")
    return problems


def permitted(host):
    """Who may: those of ping_group_range, and raw sockets are not for them."""
    begin(host)

    def open_them():
        """Without any right but the group's."""
        return differ("dgram, raw", [attempt(ping), attempt(
            socket.socket, socket.AF_INET, socket.SOCK_RAW, 1)], wanted)

    wanted = ["", "EPERM"]
    problems = as_user(open_them)
    for range_, dgram in (("1\t0", "EACCES"), ("1001\t2000", "EACCES"),
                          ("0\t999", "EACCES"), ("1000\t1000", "")):
        lab.sysctl("ping_group_range", range_)
        wanted = [dgram, "EPERM"]
        problems += as_user(open_them)
    problems += differ("root", attempt(ping), "EACCES")
    problems += differ("sockets", ways(), [])
    lab.sysctl("ping_group_range", "1000\t1000")

    def use():
        with ping() as sock:
            sock.sendto(echo(32), (PEER, 0))
            return left(host, "a user's", packet.ip(
                echo(32), src=HOST, dst=PEER, frag=0x4000)) + differ(
                    "uid", os.getuid(), 1000)

    return problems + as_user(use)


if __name__ == "__main__":
    versus.main([], (refused, levels, own, kernels, bound_if, knobs,
                     when_opened, permitted))
