#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guest: --icount 0
# timeout: 600
"""What a namespace sends as a whole, and what somebody can learn from that who
sees only his own errors; what never leaves the host. In virtual time (pace.py).

  clients                  host, a router
  peer p0 ---- veth ---- h0, lo
  10.N.x.y               192.0.2.1, 127.0.0.1
"""

import collections
import errno
import itertools
import select
import socket
import time

import ktap
import lab
import packet
import pace
import versus
from pace import CLOSED_PORT, ECHO, TIMESTAMP, Probe, client, differ, every
from router import Router

nets = itertools.count(16)
CROWD = 200
ALL_TYPES = 0x7fffffff


def knobs(**values):
    for name, value in values.items():
        lab.sysctl(name, value)


def crowd(number, step=0.25, kind=CLOSED_PORT):
    """So many probes, each from somebody else."""
    net = next(nets)
    return [Probe(at * step, kind, client(net, at)) for at in range(number)]


def exhaust(host):
    """Use up the global credit, while none accrues."""
    lab.sysctl("icmp_msgs_per_sec", 0)
    for _ in range(100):
        if not pace.Run(host, crowd(CROWD)).seen:
            return
    raise RuntimeError("the global credit has no end")


def of_module(run, counter, number):
    """With the module in, what it counts."""
    if not run.stat:
        return []
    return differ(counter, run.stat.get("Icmp4." + counter, 0), number)


def no_credit(host):
    """Without global credit nothing goes, and nothing else is charged."""
    knobs(icmp_ratemask=8 | 1, icmp_ratelimit=1000, icmp_msgs_burst=50)
    exhaust(host)
    src = client(next(nets))
    problems = []
    for kind in (CLOSED_PORT, ECHO):
        run = pace.Run(host, every(10, 20, kind, src))
        problems += run.judge([])
        problems += of_module(run, "LimitGlobal", 20)
        problems += differ("OutRateLimitGlobal", run.mib.get(
            "Icmp.OutRateLimitGlobal"), 20)
    # What is not in the mask needs none.
    flow = every(10, 20, TIMESTAMP, src)
    problems += pace.Run(host, flow).judge(flow)
    lab.sysctl("icmp_msgs_per_sec", 1000)
    time.sleep(1.1)
    flow = every(10, 20, CLOSED_PORT, src)
    return problems + pace.Run(host, flow).judge(flow[:6])


def no_charge(host):
    """What a bucket refuses takes no global credit."""
    knobs(icmp_ratemask=8, icmp_ratelimit=1000, icmp_msgs_burst=50)
    exhaust(host)
    lab.sysctl("icmp_msgs_per_sec", 1000)
    time.sleep(1.1)
    # The first message has the credit of a second paid out: 50.
    first = crowd(1)
    problems = pace.Run(host, first).judge(first)
    lab.sysctl("icmp_msgs_per_sec", 0)
    flow = every(4, 240, CLOSED_PORT, client(next(nets)), phase=0)
    run = pace.Run(host, flow)
    problems += run.judge(flow[:6])
    problems += of_module(run, "LimitHost", 234)
    # If each took two tokens, these 25 would have all there are.
    others = crowd(18, 4)
    return problems + pace.Run(host, others).judge(others)


def earned(host):
    """Global credit comes by icmp_msgs_per_sec, up to icmp_msgs_burst."""
    knobs(icmp_ratemask=8, icmp_ratelimit=1000, icmp_msgs_burst=200)
    problems, counts = [], []
    for per_second in (25, 100):
        exhaust(host)
        lab.sysctl("icmp_msgs_per_sec", per_second)
        # Each takes one on average.
        run = pace.Run(host, crowd(8000))
        counts.append(len(run.seen))
        if not per_second * 2 * 0.6 < len(run.seen) < per_second * 3 * 1.5:
            problems.append(f"{per_second} a second: {len(run.seen)} in 2 s")
    ktap.print_msg(f"answers in 2 s at 25 and at 100 a second: {counts}")
    return problems


def rated(host):
    """A rate does not replace the global credit of types in the mask."""
    knobs(icmp_ratemask=1 << 3, icmp_rates="unreach:1:1000")
    exhaust(host)
    flow = every(10, 20, CLOSED_PORT, client(next(nets)))
    run = pace.Run(host, flow)
    problems = run.judge([])
    problems += of_module(run, "LimitGlobal", 20)
    lab.sysctl("icmp_ratemask", 0)
    return problems + pace.Run(host, flow).judge(flow)


def prober(host):
    """A prober cannot count errors that others get (C241, CVE-2020-25705).

    He has the host send errors to an address that is not his and then counts
    those that are left for addresses of his own, in a credit of 50. If he knew
    how many of the 40 others were answered, he knew which ports are open.
    """
    knobs(icmp_ratemask=8, icmp_ratelimit=0, icmp_msgs_burst=50)
    counts = []
    exhaust(host)
    lab.sysctl("icmp_msgs_per_sec", 50)
    for _ in range(30):
        # All 50 come anew, and next to none meanwhile.
        time.sleep(1.1)
        spoofed, own = crowd(40, 0.1), crowd(60, 0.1)
        for probe in own:
            probe.at += 4
        run = pace.Run(host, spoofed + own)
        counts.append(sum(number >= 40 for number, _ in run.seen))
    ktap.print_msg(f"errors of his own that a prober counts: {counts}")
    problems = []
    if len(set(counts)) < 4 or max(counts) - min(counts) < 6:
        problems.append(f"he counts no more than {sorted(set(counts))}")
    mean = sum(counts) / len(counts)
    if not 5 < mean < 20:
        problems.append(f"{mean} on average, not about 10")
    return problems


def jitter(host):
    """A window of a class is off by up to icmp_icmplim_jitter, at random."""
    knobs(icmp_ratemask=0, icmp_icmplim_output=1)
    problems = differ("icmp_icmplim, jitter", [
        lab.sysctl("icmp_icmplim"), lab.sysctl("icmp_icmplim_jitter")],
        ["200", "16"])
    both = []
    for _ in range(20):
        probes = [probe for kind in (CLOSED_PORT, ECHO)
                  for probe in every(2, 240, kind, client(next(nets)))]
        seen = collections.Counter(kind for _, kind in pace.Run(
            host, probes).seen)
        both.append((seen[packet.UNREACH], seen[packet.ECHO_REPLY]))
        time.sleep(1)
    ktap.print_msg(f"unreachables and echo replies in a window: {both}")
    for counts in zip(*both):
        if not 184 <= min(counts) <= max(counts) <= 216:
            problems.append(f"{min(counts)} to {max(counts)} in a window")
        if len(set(counts)) < 5:
            problems.append(f"always one of {sorted(set(counts))}")
    if all(one == other for one, other in both):
        problems.append("the same for both classes")
    lab.sysctl("icmp_icmplim", 3)
    lab.sysctl("icmp_icmplim_jitter", 1000)
    time.sleep(1)
    if not pace.Run(host, crowd(20)).seen:
        problems.append("a jitter above the limit lets nothing through")
    return problems


def to_itself():
    """Requests to addresses of the host by itself; {type: answers}."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW,
                       socket.IPPROTO_ICMP) as raw, \
         socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        raw.setsockopt(socket.SOL_SOCKET, lab.SO_RCVBUFFORCE, 1 << 24)
        for address in 50 * ("127.0.0.1", "127.7.7.7", "192.0.2.1"):
            udp.sendto(b"", (address, 9))
            raw.sendto(packet.echo(), (address, 0))
            raw.sendto(packet.timestamp(), (address, 0))
        seen = collections.Counter()
        while select.select([raw], [], [], 0.1)[0]:
            seen[packet.Ip(raw.recv(2048)).body[0]] += 1
    return seen


def rejected():
    """How many errors come back about packets that a firewall refuses."""
    count = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("192.0.2.2", 9))
        for _ in range(100):
            try:
                sock.send(b"")
            except PermissionError:
                pass
            # An error makes it readable; the next packet waits for that.
            select.select([sock], [], [], 0.1)
            count += sock.getsockopt(
                socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED
    return count


REJECT = """
    table ip refuse {
        chain out {
            type filter hook output priority 0
            oif h0 udp dport 9 reject with icmp type port-unreachable
        }
    }"""


def loopback(host):
    """C235: what comes or goes by the loopback device is never limited."""
    knobs(icmp_ratemask=ALL_TYPES, icmp_ratelimit=10000,
          icmp_msgs_per_sec=10000, icmp_msgs_burst=10000)
    if "Icmp4.InTaken" in lab.stat().read():
        knobs(icmp_rates="unreach:10000:1 echorep:10000:1 timerep:10000:1",
              icmp_icmplim_output=1, icmp_icmplim=1, icmp_icmplim_jitter=0)
    time.sleep(1.1)
    before = lab.stat()
    seen = to_itself()
    problems = []
    for kind in (packet.UNREACH, packet.ECHO_REPLY, packet.TIMESTAMP_REPLY):
        problems += differ(f"answers of type {kind}", seen[kind], 150)
    lab.nft(REJECT)
    problems += differ("errors to the sender", rejected(), 100)
    lab.nft("flush ruleset")
    host.settle()
    counted = {name: value for name, value in lab.stat().since(before).items()
               if ".Limit" in name}
    return problems + differ("limits", counted, {})


def main():
    both = no_credit, no_charge, earned, prober, loopback
    alone = rated, jitter
    ktap.print_header()
    ktap.set_plan(2 * len(both) + len(alone))
    pace.sharpen()
    versus.run_alone(both, Router, module=False)
    versus.run_alone(both + alone, Router)
    ktap.finished()


if __name__ == "__main__":
    main()
