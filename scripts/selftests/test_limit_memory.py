#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guest: --icount 0
# timeout: 900
"""What limits cost: a million sources, none of which exists, take no memory,
and what is refused allocates nothing (C242).

  peer, pktgen             host
     p0 ------ veth ------ h0
  11.x.y.z                 192.0.2.1
     | UDP to a closed port -> |
"""

import os
import re
import time

import ktap
import lab
import pktgen
import versus
from pace import SLOW, differ

FILE = "/proc/net/icmp4/limits"
KMEM = "/sys/kernel/tracing/events/kmem/"
# A million of anything would be more.
FEW_KIB = 1024
MANY, SOME, BUCKETS = 1000000, 20000, 65536
if SLOW:
    MANY, SOME, BUCKETS = 20000, 2000, 64
ONE = "12.0.0.1", "12.0.0.1"
SILENCE = """
    table ip silence {
        chain in {
            type filter hook input priority 0
            udp dport 9 drop
        }
    }"""
FREE = {"icmp_msgs_per_sec": 10000000, "icmp_msgs_burst": 10000000}
REFUSALS = {
    "LimitClass": {"icmp_ratemask": 0, "icmp_icmplim_output": 1,
                   "icmp_icmplim": 1, "icmp_icmplim_jitter": 0},
    "LimitType": {"icmp_ratemask": 0, "icmp_rates": "unreach:86400000:1"},
    "LimitGlobal": {"icmp_ratemask": 8, "icmp_ratelimit": 0,
                    "icmp_msgs_per_sec": 0},
    "LimitHost": {"icmp_ratemask": 8, "icmp_ratelimit": 60000, **FREE},
}


def knobs(values):
    for name, value in values.items():
        lab.sysctl(name, value)


def memory():
    """KiB that the kernel has taken."""
    with open("/proc/meminfo", encoding="ascii") as file:
        table = dict(re.findall(r"(\w+): *(\d+) kB", file.read()))
    return sum(int(table[name]) for name in ("Slab", "VmallocUsed", "Percpu",
                                             "KernelStack", "PageTables"))


def flood(host, number, *sources):
    """All of these arrive; (what the module counts, KiB taken meanwhile)."""
    pktgen.generate(100, "11.254.0.0")
    host.settle()
    host.received()
    before = lab.stat(), memory(), lab.mib()
    began = time.monotonic()
    pktgen.generate(number, *sources)
    host.settle()
    took = time.monotonic() - began
    host.received()
    change = lab.stat().since(before[0])
    kib = memory() - before[1]
    arrived = lab.mib().since(before[2]).get("Ip.InDelivers", 0)
    ktap.print_msg(f"{number} datagrams in {took:.1f} s: {kib} KiB more, "
                   f"{change}")
    if arrived != number:
        raise RuntimeError(f"{arrived} of {number} arrived")
    return {name.partition(".")[2]: count
            for name, count in change.items()}, kib


def built_in(host):
    """The built-in keeps a peer for each source that it answers"""
    knobs({"icmp_ratemask": 8, **FREE})
    kib = flood(host, 3 * SOME, "11.0.0.0")[1]
    return [] if kib > 4 * FEW_KIB else [f"{kib} KiB only"]


def takes_nothing(kib):
    """A debug kernel keeps what was freed, and records of it."""
    return [f"{kib} KiB more"] if kib > FEW_KIB and not SLOW else []


def refused(host, limit):
    knobs(REFUSALS[limit])
    change, kib = flood(host, MANY, "11.0.0.0")
    problems = differ("ErrRaised", change.get("ErrRaised"), MANY)
    sent = change.get("ErrSent", 0)
    if sent > MANY / 100:
        problems.append(f"{sent} sent")
    problems += differ(limit, change.get(limit), MANY - sent)
    return problems + takes_nothing(kib)


def refused_by_class(host):
    """A million sources, refused by a class"""
    return refused(host, "LimitClass")


def refused_by_credit(host):
    """A million sources, refused for want of global credit"""
    knobs(REFUSALS["LimitGlobal"])
    pktgen.generate(20000, "11.255.0.0")
    host.settle()
    return refused(host, "LimitGlobal")


def few_buckets():
    """Fewer than there are sources."""
    lab.rmmod()
    lab.insmod(f"limit_buckets={BUCKETS}")


def answered(host):
    """A million sources, each answered, each with a bucket for a while"""
    few_buckets()
    knobs({"icmp_ratemask": 8, **FREE})
    change, kib = flood(host, MANY, "11.0.0.0")
    problems = differ("ErrSent", change.get("ErrSent"), MANY)
    if not change.get("LimitEvicted"):
        problems.append("no bucket was given to somebody else")
    return problems + takes_nothing(kib)


def allocations(host):
    """{where in the kernel: how often} while SOME datagrams come."""
    triggers = {}
    for event in ("kmalloc", "kmalloc_node", "kmem_cache_alloc",
                  "kmem_cache_alloc_node", "mm_page_alloc"):
        key = "order" if event.startswith("mm") else "call_site.sym"
        if os.path.exists(KMEM + event):
            triggers[KMEM + event] = f"hist:keys={key}"
    for event, text in triggers.items():
        lab.write(event + "/trigger", text)
    pktgen.generate(SOME, *ONE)
    host.settle()
    table = {}
    for event, text in triggers.items():
        with open(event + "/hist", encoding="ascii") as file:
            rows = re.findall(r"\{ \w+: *(.*?) *\} hitcount: *(\d+)",
                              file.read())
        for place, number in rows:
            place = place.split()[-1]
            table[place] = table.get(place, 0) + int(number)
        lab.write(event + "/trigger", "!" + text)
    host.received()
    return table


def no_allocation(host):
    """What is refused allocates nothing, whichever limit it is

    No more than for datagrams that a firewall drops.
    """
    problems = []
    for limit, values in REFUSALS.items():
        lab.rmmod()
        lab.insmod()
        knobs(values)
        # Uses up what is granted.
        pktgen.generate(SOME, *ONE)
        host.settle()
        lab.nft(SILENCE)
        idle = allocations(host)
        lab.nft("flush ruleset")
        before = lab.stat()
        busy = allocations(host)
        change = lab.stat().since(before)
        ktap.print_msg(f"{limit}: {sum(busy.values())} allocations, "
                       f"{sum(idle.values())} for a firewall")
        if change.get("Icmp4." + limit, 0) < SOME * 0.99:
            problems.append(f"{limit}: {change}")
        if sum(idle.values()) < SOME:
            problems.append(f"only {idle} for a firewall")
        for place in sorted(busy):
            more = busy[place] - idle.get(place, 0)
            if more > SOME / 20:
                problems.append(f"{limit}: {more} allocations at {place}")
    return problems


def read_rows(problems):
    """The rows of destinations; each has to be whole."""
    with open(FILE, encoding="ascii") as file:
        rows = file.read().splitlines()[2:]
    for row in rows:
        limit, kind, dst, domain, left, wait = row.split()
        if (limit, kind, domain) != ("host", "-", "-") or row != (
                f"host    -          {dst:15} -               "
                f"{int(left):6} {int(wait):8}") or int(left) > 5:
            problems.append(f"row {row!r}")
    return rows


def watched(host):
    """The file is read while a flood goes on, and when it is over"""
    few_buckets()
    knobs({"icmp_ratemask": 8, "icmp_ratelimit": 10000, **FREE})
    child = os.fork()
    if not child:
        pktgen.generate(MANY // 4, "11.0.0.0")
        os._exit(0)
    problems, counts = [], []
    while not os.waitpid(child, os.WNOHANG)[0]:
        counts.append(len(read_rows(problems)))
    host.settle()
    rows = read_rows(problems)
    ktap.print_msg(f"{len(counts)} reads, {max(counts)} rows at most, "
                   f"{len(rows)} when it was over")
    if len(counts) < 5:
        problems.append(f"{len(counts)} reads")
    if not BUCKETS * 0.9 < len(rows) <= BUCKETS:
        problems.append(f"{len(rows)} rows")
    addresses = {row.split()[2] for row in rows}
    return problems + differ("addresses", len(addresses), len(rows))


def main():
    tests = (refused_by_class, refused_by_credit, answered, watched)
    ktap.print_header()
    ktap.set_plan(len(tests) + 2)
    ktap.print_msg(f"a million is {MANY} on this kernel")
    versus.run_alone([built_in], lab.Lab, module=False)
    versus.run_alone(tests, lab.Lab)
    if os.path.exists(KMEM + "kmalloc/hist"):
        versus.run_alone([no_allocation], lab.Lab)
    else:
        ktap.test_skip("no allocation", "this kernel has no histograms")
    ktap.finished()


if __name__ == "__main__":
    main()
