#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guest: --icount 0
# timeout: 1500
"""Limits of what is sent, to the message: which of many probes are answered,
each sent at its moment of virtual time, and what counts the others. Compared
with the built-in ICMP where it has such a limit.

  client                   host, a router                 server
  peer p0 ---- veth ---- h0              h1 ---- veth ---- s0
  10.N.0.1               192.0.2.1       10.1.0.1          10.1.0.2
     | a probe each 10 ms ->  |
     |<- 6 errors, then one a second
"""

import itertools
import random

import ktap
import lab
import limits
import pace
from limits import Case
from pace import (BAD_OPTION, CLOSED_PORT, ECHO, EXTENDED_ECHO, NO_HOPS,
                  NO_PROTOCOL, TIMESTAMP, TOO_BIG, Bucket, Probe, client,
                  datagram, every, granted)
from packet import REDIRECT, UNREACH

MASK = 6168
DEFAULTS = {"icmp_ratemask": MASK, "icmp_ratelimit": 1000}
ERRORS = CLOSED_PORT, NO_PROTOCOL, NO_HOPS, BAD_OPTION
nets = itertools.count(16)


def somebody():
    """A client whose bucket nobody has used yet, so it is full."""
    return client(next(nets))


def seconds():
    """C234. Tokens come a second, 100 probes, after the first message."""
    for kind, name in ((NO_HOPS, "time exceeded"),
                       (CLOSED_PORT, "port unreachable"),
                       (BAD_OPTION, "parameter problem")):
        flow = every(10, 1000, kind, somebody())
        yield Case(f"{name}: 6 at once, then one a second", flow,
                   flow[:6] + flow[100::100], DEFAULTS)


def shared():
    """All types of the mask use one bucket of a destination."""
    src = somebody()
    flow = [Probe(probe.at, kind, src) for probe, kind in zip(
        every(10, 1000, None, src), itertools.cycle(ERRORS))]
    yield Case("four kinds share a bucket", flow, flow[:6] + flow[100::100],
               DEFAULTS)


def peers():
    """C235."""
    one = every(10, 500, CLOSED_PORT, somebody())
    other = every(10, 500, CLOSED_PORT, somebody(), begin=255)
    yield Case("two destinations have a bucket each", one + other,
               one[:6] + one[100::100] + other[:6] + other[100::100],
               DEFAULTS)


def ratelimits():
    """The kernel's own knob; 0 is no limit."""
    for value in (200, 760, 3000):
        flow = every(10, 1500, NO_HOPS, somebody())
        yield Case(f"icmp_ratelimit {value}", flow, granted(flow, value),
                   DEFAULTS | {"icmp_ratelimit": value})
    flow = every(10, 300, CLOSED_PORT, somebody())
    yield Case("icmp_ratelimit 0: no limit", flow, flow,
               DEFAULTS | {"icmp_ratelimit": 0})


def masks():
    """C236: bit N for type N."""
    for mask, name, kinds in (
            (1, "echo replies", (ECHO,)),
            (1 << 14, "timestamp replies", (TIMESTAMP,)),
            (MASK & ~(1 << 3), "no unreachables", (NO_HOPS, BAD_OPTION)),
            (1 << 12, "parameter problems", (BAD_OPTION,)),
            (0, "nothing", ())):
        probes, answered = [], []
        for begin, kind in enumerate((*ERRORS, ECHO, TIMESTAMP)):
            flow = every(20, 130, kind, somebody(), begin * 3)
            probes += flow
            answered += granted(flow, 1000) if kind in kinds else flow
        yield Case(f"icmp_ratemask {mask}: {name}", probes, answered,
                   DEFAULTS | {"icmp_ratemask": mask})


def need_frag():
    """C050, C237: path MTU discovery is never limited."""
    flow = every(10, 300, TOO_BIG, somebody())
    mtu = {"commands": ["link set h1 mtu 1300"],
           "undo": ["link set h1 mtu 1500"]}
    kernel = {"icmp_ratemask": 0x7fffffff, "icmp_ratelimit": 10000}
    yield Case("3/4 is never limited", flow, flow, kernel, **mtu)
    yield Case("3/4 is never limited by the module's own knobs", flow, flow,
               kernel | {"icmp_rates": "unreach:10000:1",
                         "icmp_icmplim_output": 1, "icmp_icmplim": 1},
               alone=True, **mtu)


def rates():
    """C049, C238: a rate of a type holds whatever the mask says."""
    for name, kind in (("destunreach", CLOSED_PORT), ("timeexceed", NO_HOPS),
                       ("paramprob", BAD_OPTION), ("echoreply", ECHO)):
        for mask in (0, MASK):
            flow = every(10, 200, kind, somebody())
            yield Case(f"icmp_{name}_rate 10, icmp_ratemask {mask}", flow,
                       flow[:6] + flow[10::10], {
                           "icmp_ratemask": mask, f"icmp_{name}_rate": 10},
                       limit="LimitType", alone=True)
    for name, kind, interval, burst in (
            ("unreach", NO_PROTOCOL, 66, 1), ("timex", NO_HOPS, 50, 20),
            ("paramprob", BAD_OPTION, 300, 2), ("echorep", ECHO, 100, 100),
            ("timerep", TIMESTAMP, 1, 1), ("timerep", TIMESTAMP, 30, 3),
            ("extechorep", EXTENDED_ECHO, 80, 7)):
        flow = every(10, 400, kind, somebody())
        yield Case(f"icmp_rates {name}:{interval}:{burst}", flow,
                   granted(flow, interval, burst, tick=0),
                   {"icmp_rates": f"{name}:{interval}:{burst}",
                    "icmp_ratemask": 0, "icmp_echo_enable_probe": 1},
                   limit="LimitType", alone=True)


def rate_and_mask():
    """A rate is each destination's; other types keep the shared bucket."""
    src = somebody()
    unreach = every(10, 300, CLOSED_PORT, src)
    timex = every(10, 300, NO_HOPS, src, begin=5)
    other = every(10, 300, NO_PROTOCOL, somebody(), begin=2)
    answered = [granted(flow, 200, 2) for flow in (unreach, other)]
    yield Case("a rate of unreachables, a bucket for the rest",
               unreach + timex + other,
               sum(answered, granted(timex, 1000)),
               DEFAULTS | {"icmp_rates": "unreach:200:2"}, alone=True,
               limit={"LimitType": 600 - len(sum(answered, [])),
                      "LimitHost": 300 - len(granted(timex, 1000))})


def flooded():
    """C238: who floods with echo requests uses up the unreachables of the same
    destination, unless echo replies have a rate of their own.
    """
    for rate in (0, 100):
        src = somebody()
        flood = every(10, 1000, ECHO, src)
        # Before a token comes, and the flood takes it.
        few = every(1100, 9, CLOSED_PORT, src, begin=85, phase=0)
        sysctls = DEFAULTS | {"icmp_ratemask": 1 | 1 << 3}
        answered = flood[:6] + flood[100::100]
        if rate:
            yield Case("with a rate of its own it leaves them", flood + few,
                       answered + few, sysctls | {"icmp_echoreply_rate": rate},
                       limit="LimitType", alone=True)
        else:
            yield Case("a flood of echoes takes the unreachables", flood + few,
                       answered, sysctls)


# A window begins with the first probe after the last one: each 233 probes.
STEP_MS, WINDOW = 4.3, 233
CLASSES = {"icmp_ratemask": 0, "icmp_icmplim_output": 1,
           "icmp_icmplim_jitter": 0}


def windows():
    """C230-C233."""
    flows = [every(STEP_MS, 3 * WINDOW, kind, somebody(), begin, phase=0)
             for begin, kind in ((0, CLOSED_PORT), (1.4, ECHO),
                                 (2.8, TIMESTAMP))]
    probes = sum(flows, [])
    for limit, output in ((200, 1), (100, 1), (1, 1), (0, 1), (200, 0)):
        answered = [probe for flow in flows for at, probe in enumerate(flow)
                    if at % WINDOW < limit]
        if not limit or not output:
            answered = probes
        yield Case(f"icmp_icmplim {limit}, icmp_icmplim_output {output}",
                   probes, answered,
                   CLASSES | {"icmp_icmplim": limit,
                              "icmp_icmplim_output": output},
                   limit="LimitClass", alone=True)
    net = next(nets)
    crowd = [Probe(at, CLOSED_PORT, client(net, at)) for at in range(1, 999)]
    again = [Probe(probe.at + 1005, CLOSED_PORT, probe.src)
             for probe in crowd]
    yield Case("icmp_icmplim 200, 998 sources", crowd + again,
               crowd[:200] + again[:200], CLASSES, limit="LimitClass",
               alone=True)
    others = [probe for at, kind in enumerate((NO_HOPS, NO_PROTOCOL,
                                               BAD_OPTION))
              for probe in every(5, 100, kind, somebody(), 1.5 * at)]
    yield Case("icmp_icmplim limits no other errors", others, others,
               CLASSES | {"icmp_icmplim": 1}, alone=True)


def turn(name, value):
    return lambda: lab.sysctl(name, value)


def charges():
    """Nothing is charged for what another limit refuses, or does not leave."""
    flow = every(10, 30, CLOSED_PORT, somebody())
    yield Case("what a class refuses takes no token", flow,
               flow[:3] + flow[20:23],
               DEFAULTS | CLASSES | {"icmp_ratemask": 8, "icmp_icmplim": 3},
               limit={"LimitClass": 17, "LimitHost": 7}, alone=True,
               turns=[(196, turn("icmp_icmplim_output", 0))])
    flow = every(10, 20, CLOSED_PORT, somebody())
    others = [Probe(300 + at, CLOSED_PORT, somebody()) for at in range(10)]
    yield Case("what a bucket refuses is not counted in a class",
               flow + others, flow[:6] + others[:4],
               DEFAULTS | CLASSES | {"icmp_ratemask": 8, "icmp_icmplim": 10},
               limit={"LimitClass": 6, "LimitHost": 14}, alone=True)
    flow = every(10, 20, CLOSED_PORT, somebody())
    yield Case("what a rate refuses is not counted in a class",
               flow + others, flow[:2] + others[:8],
               CLASSES | {"icmp_rates": "unreach:10000:2", "icmp_icmplim": 10},
               limit={"LimitClass": 2, "LimitType": 18}, alone=True)


def routeless():
    """An error that no route leads back takes nothing of what it would have."""
    src = somebody()
    lost = every(10, 20, CLOSED_PORT, src)
    flow = every(10, 20, CLOSED_PORT, src, begin=600)
    block = [f"route replace unreachable {src}/32"]
    free = [f"route del unreachable {src}/32"]
    turns = [(300, lambda: lab.ip(*free))]
    for name, more in (
            ("of a destination", {"sysctls": DEFAULTS}),
            ("of a type", {"sysctls": {"icmp_rates": "unreach:1000"},
                           "limit": {"LimitType": 14}, "alone": True}),
            ("of a class", {"sysctls": CLASSES | {"icmp_icmplim": 6},
                            "limit": {"LimitClass": 14}, "alone": True})):
        yield Case(f"without a way back nothing {name} is charged",
                   lost + flow, flow[:6], lost=lost, commands=block,
                   turns=turns, **more)


ELSEWHERE = datagram(REDIRECT, dst="10.9.0.1")
NOWHERE = datagram(UNREACH, dst="10.2.0.1")


def redirects():
    """The routing code's own limit: the second redirect 40 ms after the first,
    the next after twice that, and so on; nine, until it was quiet for 20.48 s.
    Of packets that come each 30 ms the next one gets it.
    """
    src = "192.0.2.101"
    flow = every(30, 400, ELSEWHERE, src, phase=0)
    answered, at = [], 0
    for number in range(1, 10):
        answered.append(flow[at])
        at += (20 << number) // 30 + 1
    later = [Probe(flow[-1].at + after, ELSEWHERE, src)
             for after in (20400, 41000, 41020, 41060)]
    route = {"commands": ["route add 10.9.0.0/16 via 192.0.2.3",
                          f"neigh replace {src} dev h0 lladdr "
                          "02:00:00:00:00:02"],
             "undo": ["route del 10.9.0.0/16"]}
    sysctls = DEFAULTS | {f"conf/{knob}/send_redirects": 1
                          for knob in ("all", "h0")}
    yield Case("redirects", flow + later, answered + [later[1], later[3]],
               sysctls, lost=flow + later, **route)
    pause = [Probe(probe.at + 30000, ELSEWHERE, src) for probe in flow]
    yield Case("redirects with a rate of their own", pause, pause[:1],
               sysctls | {"icmp_rates": "redir:20000:1"},
               limit={"LimitType": 8}, alone=True,
               lost=[probe for probe, first in zip(pause, flow)
                     if first not in answered], **route)


def unroutable():
    """The routing code's own limit: five at once, then one a second. The
    built-in charges the same bucket again if unreachables are in the mask.
    """
    route = {"commands": ["route add unreachable 10.2.0.0/16"],
             "undo": ["route del unreachable 10.2.0.0/16"]}
    flow = every(10, 1000, NOWHERE, somebody())
    answered = flow[:5] + flow[100::100]
    yield Case("unroutable, icmp_ratemask 0", flow, answered,
               {"icmp_ratemask": 0}, lost=flow, **route)
    flow = every(10, 1000, NOWHERE, somebody())
    answered = flow[:5] + flow[100::100]
    yield Case("unroutable", flow, answered, DEFAULTS, builtin=flow[:2],
               lost=flow, **route)
    slow = every(2100, 10, NOWHERE, somebody())
    yield Case("unroutable, one in 2.1 s", slow, slow, DEFAULTS, **route)


def mixed():
    """Whatever comes, but not near the moment at which a token does."""
    chance = random.Random(4884)
    buckets = {somebody(): Bucket(1000) for _ in range(12)}
    probes, answered, at = [], [], 0
    while at < 30000:
        at += 4 + round(chance.expovariate(1 / 20), 3)
        # Some come often, some seldom.
        src = list(buckets)[min(chance.randrange(12), chance.randrange(12))]
        if not buckets[src].is_exact(at):
            continue
        probes.append(Probe(at, chance.choice(ERRORS), src))
        if buckets[src].take(at):
            answered.append(probes[-1])
    yield Case("whatever comes from twelve sources", probes, answered,
               DEFAULTS)


def main():
    cases = [case for table in (
        seconds, shared, peers, ratelimits, masks, need_frag, rates,
        rate_and_mask, flooded, windows, charges, routeless, redirects,
        unroutable, mixed)
        for case in table()]
    ktap.print_header()
    ktap.set_plan(len(cases))
    pace.sharpen()
    builtin = limits.run_pass(cases, False)
    module = limits.run_pass(cases, True)
    for case in cases:
        case.report(builtin.get(case), module[case])
    late = max(run.late for run in (*builtin.values(), *module.values()))
    ktap.print_msg(f"no probe was more than {late / 1e6:.3f} ms late")
    ktap.finished()


if __name__ == "__main__":
    main()
