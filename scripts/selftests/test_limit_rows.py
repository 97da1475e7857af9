#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guest: --icount 0
# timeout: 600
"""/proc/net/icmp4/limits: who is held back and for how long, in virtual time
(pace.py); and a table of so few buckets that they have to be shared.

  clients                  host, a router                 server
  peer p0 ---- veth ---- h0              h1 ---- veth ---- s0
  10.N.x.y               192.0.2.1       10.1.0.1          10.1.0.2
"""

import itertools
import os
import time

import lab
import pace
import versus
from pace import CLOSED_PORT, ECHO, NO_HOPS, Kind, Probe, client, differ, every
from packet import HOST_MAC, PEER_MAC, UDP, UNREACH, ether, ip, udp
from router import NEIGHBOUR, SERVER, Router

FILE = "/proc/net/icmp4/limits"
HEAD = "limit   type       destination     domain            left  next_ms"
nets = itertools.count(16)
BEHIND = Kind(UNREACH, lambda number, src: ether(
    ip(udp(), src, SERVER, UDP, ident=number), HOST_MAC, PEER_MAC))


def somebody():
    return client(next(nets))


def read():
    """The file's rows below its head, as lists of words."""
    with open(FILE, encoding="ascii") as file:
        head, *lines = file.read().splitlines()
    if head != HEAD:
        raise ValueError(head)
    return [line.split() for line in lines]


def buckets():
    """Rows of destinations, without the time, in order."""
    return sorted(row[:5] for row in read() if row[0] in ("host", "type"))


def host_row(dst, left, domain="-"):
    return ["host", "-", dst, domain, str(left)]


def waits(what, due):
    """The row of something with nothing left says when there is more. due: ns
    of the monotonic clock, known to a millisecond.
    """
    early = time.monotonic_ns()
    rows = [row for row in read() if row[:len(what)] == what]
    late = time.monotonic_ns()
    if len(rows) != 1 or rows[0][4] != "0":
        return [f"rows of {what}: {rows}"]
    least, most = (due - late) / 1e6, (due - early) / 1e6 + 2
    if least <= int(rows[0][5]) <= most:
        return []
    return [f"{rows[0]}, not {least} to {most}"]


def small_table(number):
    """With fewer buckets to look at a read takes less time."""
    lab.rmmod()
    lab.insmod(f"limit_buckets={number}")


def limits_of_destinations(host):
    """Buckets: the tokens left, when there is one, and gone when full."""
    small_table(1024)
    lab.sysctl("icmp_ratemask", 1 << 3)
    lab.sysctl("icmp_ratelimit", 1000)
    lab.sysctl("icmp_rates", "timex:400:3")
    problems = differ("rows of nobody", buckets(), [])
    src, other = somebody(), somebody()
    run = pace.Run(host, every(10, 3, CLOSED_PORT, src) +
                   every(10, 2, NO_HOPS, src, begin=1) +
                   every(10, 9, CLOSED_PORT, other, begin=2))
    timex = ["type", "timex", src, "-"]
    problems += differ("rows", buckets(), [
        host_row(src, 3), host_row(other, 0), timex + ["1"]])
    problems += waits(["host", "-", other], run.begin + 1002 * 10**6)
    for after, rows in (
            (390, [host_row(src, 3), host_row(other, 0), timex + ["1"]]),
            (405, [host_row(src, 3), host_row(other, 0), timex + ["2"]]),
            (805, [host_row(src, 3), host_row(other, 0)]),
            (990, [host_row(src, 3), host_row(other, 0)]),
            (1008, [host_row(src, 4), host_row(other, 1)]),
            (2990, [host_row(src, 5), host_row(other, 2)]),
            (3008, [host_row(other, 3)]),
            (5990, [host_row(other, 5)]),
            (6008, [])):
        pace.sleep_until(run.begin + after * 10**6)
        problems += differ(f"rows after {after} ms", buckets(), sorted(rows))
    return problems


def limits_of_all(host):
    """Classes are there while they are limited; the global credit is always."""
    problems = differ("rows", [row[:4] for row in read()],
                      [["global", "-", "-", "-"]])
    lab.sysctl("icmp_icmplim_jitter", 0)
    lab.sysctl("icmp_icmplim", 7)
    lab.sysctl("icmp_icmplim_output", 1)
    run = pace.Run(host, every(10, 3, CLOSED_PORT, somebody()) +
                   every(10, 12, ECHO, somebody(), begin=1))
    problems += differ("rows", [row[:5] for row in read()[1:]], [
        ["class", "unreach", "-", "-", "4"],
        ["class", "echorep", "-", "-", "0"],
        ["class", "timerep", "-", "-", "7"]])
    problems += waits(["class", "echorep"], run.begin + 1001 * 10**6)
    pace.sleep_until(run.begin + 1010 * 10**6)
    problems += differ("rows of a new window", [row[1:] for row in read()[1:]],
                       [[name, "-", "-", "7", "0"]
                        for name in ("unreach", "echorep", "timerep")])
    for name, value in (("icmp_icmplim", 0), ("icmp_icmplim_output", 0)):
        lab.sysctl("icmp_icmplim", 7)
        lab.sysctl(name, value)
        problems += differ(f"rows with {name} {value}", len(read()), 1)
    return problems


def limits_of_credit(host):
    """What is left of the global credit, and what is due."""
    problems = []
    lab.sysctl("icmp_ratemask", 1 << 3)
    lab.sysctl("icmp_ratelimit", 0)
    lab.sysctl("icmp_msgs_burst", 40)
    lab.sysctl("icmp_msgs_per_sec", 1000)
    time.sleep(1.1)
    problems += differ("before any", read(), [["global", "-", "-", "-", "40",
                                               "0"]])
    pace.Run(host, every(0.1, 10, CLOSED_PORT, somebody()))
    left = int(read()[0][4])
    if not 20 <= left <= 40:
        problems.append(f"{left} of 40 left after 10 messages")
    lab.sysctl("icmp_msgs_per_sec", 0)
    pace.Run(host, every(0.1, 400, CLOSED_PORT, somebody()))
    return problems + differ("after many", read(), [["global", "-", "-", "-",
                                                     "0", "-"]])


def limits_of_domains(host):
    """The same address in a VRF, in none, and in another namespace."""
    src = somebody()
    for name in ("server", "host"):
        lab.enter(name)
        lab.sysctl("icmp_ratemask", 1 << 3)
        lab.sysctl("icmp_ratelimit", 60000)
    pace.Run(host, every(10, 2, CLOSED_PORT, src) +
             every(10, 4, BEHIND, src, begin=1))
    problems = differ("rows", buckets(), [host_row(src, 4)])
    lab.enter("server")
    problems += differ("rows of the server", buckets(), [host_row(src, 2)])
    lab.enter("host")
    lab.ip("link add blue type vrf table 10", "link add red type vrf table 11",
           "link set blue up", "link set red up", "link set h0 master blue",
           "link set h1 master blue", *lab.NEIGHBOURS, NEIGHBOUR,
           "route add default via 192.0.2.2 table 10")
    pace.Run(host, every(10, 9, CLOSED_PORT, src))
    problems += differ("rows with a VRF", buckets(), [
        host_row(src, 4), host_row(src, 0, "blue")])
    lab.ip("link set h0 master red", "link set h1 master red",
           *lab.NEIGHBOURS, NEIGHBOUR,
           "route add default via 192.0.2.2 table 11")
    flow = every(10, 9, CLOSED_PORT, src)
    run = pace.Run(host, flow)
    problems += run.judge(flow[:6])
    problems += differ("rows with two VRFs", buckets(), [
        host_row(src, 4), host_row(src, 0, "blue"), host_row(src, 0, "red")])
    lab.ip("link del blue")
    return problems + differ("rows with a VRF that is gone", buckets(), [
        host_row(src, 4), host_row(src, 0, "?"), host_row(src, 0, "red")])


def rights(host):
    """Nobody but root reads it."""
    host.settle()
    mode = os.stat(FILE)
    problems = differ("mode, owner", [oct(mode.st_mode & 0o7777), mode.st_uid,
                                      mode.st_gid], ["0o440", 0, 0])
    out = lab.output("setpriv", "--reuid", "user", "--regid", "nogroup",
                     "--clear-groups", "cat", FILE)
    if "Permission denied" not in out:
        problems.append(f"a user reads {out}")
    return problems


def few_buckets(host):
    """With 4 buckets ten destinations are served, and six forgotten."""
    small_table(4)
    lab.sysctl("icmp_ratemask", 1 << 3)
    lab.sysctl("icmp_ratelimit", 1000)
    first = [somebody() for _ in range(4)]
    probes = [Probe(4 * at, CLOSED_PORT, src) for at, src in enumerate(
        7 * first)]
    run = pace.Run(host, probes)
    problems = run.judge(probes[:24])
    problems += differ("counts", [run.stat.get("Icmp4.LimitHost"),
                                  run.stat.get("Icmp4.LimitEvicted")],
                       [4, None])
    problems += differ("rows", buckets(), sorted(
        host_row(src, 0) for src in first))
    others = [somebody() for _ in range(6)]
    probes = [Probe(4 * at, CLOSED_PORT, src)
              for at, src in enumerate(others)]
    run = pace.Run(host, probes)
    problems += run.judge(probes)
    problems += differ("counts", [run.stat.get("Icmp4.LimitHost"),
                                  run.stat.get("Icmp4.LimitEvicted")],
                       [None, 6])
    # The bucket that is nearest to full goes: those of newcomers, again and
    # again, while the first ones owe six.
    problems += differ("rows", buckets(), sorted(
        [host_row(src, 0) for src in first[1:]] + [host_row(others[-1], 5)]))
    time.sleep(6.1)
    return problems + differ("rows when all are full", buckets(), [])


def shared_table(host):
    """One namespace leaves others their half of the buckets, and at its end all."""
    small_table(4)
    for name in ("server", "host"):
        lab.enter(name)
        lab.sysctl("icmp_ratemask", 1 << 3)
        lab.sysctl("icmp_ratelimit", 60000)
    clients = [somebody() for _ in range(4)]
    probes = [Probe(4 * at, BEHIND, src) for at, src in enumerate(clients)]
    problems = pace.Run(host, probes).judge(probes)
    others = [somebody() for _ in range(20)]
    probes = [Probe(4 * at, CLOSED_PORT, src) for at, src in enumerate(others)]
    run = pace.Run(host, probes)
    problems += run.judge(probes)
    problems += differ("evicted", run.stat.get("Icmp4.LimitEvicted"), 20)
    problems += differ("rows", len(buckets()), 2)
    lab.enter("server")
    problems += differ("rows of the server", buckets(), [
        host_row(src, 5) for src in clients[2:]])
    lab.enter()
    lab.ip("netns del server", "netns add server")
    lab.enter("host")
    time.sleep(1)
    probes = [Probe(4 * at, CLOSED_PORT, somebody()) for at in range(3)]
    run = pace.Run(host, probes)
    problems += run.judge(probes)
    return problems + differ("evicted when the server is gone",
                             run.stat.get("Icmp4.LimitEvicted"), 1)


if __name__ == "__main__":
    pace.sharpen()
    versus.main([], (limits_of_destinations, limits_of_all, limits_of_credit,
                     limits_of_domains, rights, few_buckets, shared_table),
                Router)
