#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The kernel's knobs, obeyed while they are turned and in each namespace by
itself, compared with the built-in ICMP.

  peer p0 ------ h0 host           addresses and MACs: lab.py
    | requests ->|  sysctl         the host's knobs, turned between requests
"""

import lab
import packet
import versus
from differences import PROBE_COUNT, TIMESTAMP_COUNT
from packet import echo, frame, icmp, ip, timestamp
from versus import Group, Stimulus

PROBE = icmp(packet.PROBE, 0, b"\0\1\0\1", bytes.fromhex(
    "2000000000080301") + b"h0\0\0")
ALL = "icmp_echo_ignore_all"
BROADCASTS = "icmp_echo_ignore_broadcasts"
ENABLE_PROBE = "icmp_echo_enable_probe"


def ignore_all():
    """C124, C132: echo and PROBE, not timestamp."""
    for value in (1, 0, 1, 1, 0, 0):
        now = {"sysctls": {ALL: value, ENABLE_PROBE: 1},
               "replies": 1 - value}
        yield Stimulus(f"echo with {value}", frame(echo()),
                       drop="InEchoIgnored" if value else None, **now)
        yield Stimulus(f"PROBE with {value}", frame(PROBE),
                       drop="InEchoIgnored" if value else None,
                       differs=None if value else PROBE_COUNT, **now)
        now["replies"] = 1
        yield Stimulus(f"timestamp with {value}", frame(timestamp()),
                       differs=TIMESTAMP_COUNT, **now)


def ignore_broadcasts():
    """C122, C144; unicast is not concerned."""
    for value in (0, 1, 0, 0, 1, 1):
        now = {"sysctls": {BROADCASTS: value}, "replies": 1 - value}
        drop = "InBroadcastEcho" if value else None
        yield Stimulus(f"broadcast with {value}", packet.ether(
            ip(echo(), dst="192.0.2.255"), packet.BROADCAST_MAC), drop=drop,
            **now)
        yield Stimulus(f"multicast with {value}", packet.ether(
            ip(timestamp(), dst="224.0.0.1"), packet.BROADCAST_MAC),
            drop=drop, differs=None if value else TIMESTAMP_COUNT, **now)
        now["replies"] = 1
        yield Stimulus(f"unicast with {value}", frame(echo()), **now)


def enable_probe():
    """C210, C211."""
    for value in (1, 0, 1, 1, 0, 0):
        now = {"sysctls": {ENABLE_PROBE: value}}
        yield Stimulus(f"PROBE with {value}", frame(PROBE), replies=value,
                       drop=None if value else "InProbeOff",
                       differs=PROBE_COUNT if value else None, **now)
        yield Stimulus(f"echo with {value}", frame(echo()), replies=1, **now)


def limited(mask, net):
    """C131, C235, C236: six at once to each requester, then one in 10 s. What is
    not in the mask is free.
    """
    for src in (f"10.{net}.0.1", f"10.{net}.0.2"):
        yield Stimulus(f"20 echoes of {src}", *20 * [frame(
            echo(), src=src)], replies=6 if mask & 1 else 20)
    stamps = mask & 1 << 14
    yield Stimulus(f"20 timestamps of 10.{net}.0.3", *20 * [frame(
        timestamp(), src=f"10.{net}.0.3")], replies=6 if stamps else 20,
        differs=TIMESTAMP_COUNT)


def throttled():
    """The global limit: icmp_msgs_per_sec is 0, so none may be sent."""
    yield Stimulus("20 echoes", *20 * [frame(echo())], replies=0)
    yield Stimulus("20 timestamps", *20 * [frame(timestamp())], replies=20,
                   differs=TIMESTAMP_COUNT)


def limit(name, mask):
    return Group(name, limited(mask, mask % 251),
                 sysctls={"icmp_ratemask": mask, "icmp_ratelimit": 10000})


def reflected():
    """fwmark_reflect: the mark that a firewall gave the request chooses the
    reply's route (TTL 9) and goes on it (DSCP 10).
    """
    for value in (0, 1, 0, 1):
        now = {"sysctls": {"fwmark_reflect": value}, "replies": 1}
        yield Stimulus(f"echo with {value}", frame(echo()), **now)
        yield Stimulus(f"echo with options with {value}", frame(
            echo(), options=b"\7\7\4\0\0\0\0\0"), **now)
        yield Stimulus(f"timestamp with {value}", frame(timestamp()),
                       differs=TIMESTAMP_COUNT, **now)
        yield Stimulus(f"echo again with {value}", frame(echo()), **now)


def default_ttl():
    """C005."""
    for value in (1, 64, 255):
        yield Stimulus(f"echo with {value}", frame(echo(), ttl=99),
                       sysctls={"ip_default_ttl": value}, replies=1)


def namespaces(host):
    """Knobs and counters are each namespace's own.

    A second host asks the first by a veth of their own and is asked back.
    """
    lab.ip("netns add other",
           "link add n0 type veth peer name n0 netns other",
           "link set n0 up", "address add 10.0.0.1/24 dev n0")
    problems = []
    try:
        mine = lab.fates()
        lab.enter("other")
        lab.ip("link set lo up", "link set n0 up",
               "address add 10.0.0.2/24 dev n0")
        lab.sysctl(ALL, 1)
        theirs = lab.fates()
        answered(problems, "other asks host", "10.0.0.1", 3)
        lab.enter("host")
        answered(problems, "host asks other, which ignores", "10.0.0.2", 0)
        lab.sysctl(ALL, 1)
        lab.enter("other")
        lab.sysctl(ALL, 0)
        answered(problems, "other asks host, which ignores", "10.0.0.1", 0)
        # Who asked has a raw socket.
        counts(problems, "other", theirs, {"InEchoIgnored": 3, "InTaken": 6,
                                           "InNoSocket": 3})
        lab.enter("host")
        counts(problems, "host", mine, {"InTaken": 6, "OutReplies": 3,
                                        "InEchoIgnored": 3})
    finally:
        lab.enter("host")
        lab.ip("netns del other")
    host.settle()
    return problems


def answered(problems, name, address, number):
    """Three pings get so many answers."""
    out = lab.output("ping", "-q", "-c", "3", "-i", "0.01", "-W", "0.3",
                     address)
    if f" {number} received" not in out:
        problems.append(f"{name}: not {number} received: {out}")


def counts(problems, name, before, expected):
    change = {counter[len("Icmp4."):]: value
              for counter, value in lab.fates().since(before).items()}
    if change != expected:
        problems.append(f"{name} counts {change}, not {expected}")


GROUPS = [
    Group("icmp_echo_ignore_all", ignore_all(), answered=12),
    Group("icmp_echo_ignore_broadcasts", ignore_broadcasts(), answered=12),
    Group("icmp_echo_enable_probe", enable_probe(), answered=9,
          sysctls={ALL: 0}),
    # Before any other, while there is no credit.
    Group("icmp_msgs_per_sec", throttled(), answered=1,
          sysctls={"icmp_ratemask": 1, "icmp_msgs_per_sec": 0}),
    limit("icmp_ratemask as it is by default", 6168),
    limit("icmp_ratemask with echo replies", 1),
    limit("icmp_ratemask with timestamp replies", 1 << 14),
    limit("icmp_ratemask with all", 0x7fffffff),
    Group("fwmark_reflect", reflected(),
          commands=["rule add fwmark 5 lookup 5",
                    "route add 192.0.2.2 via 192.0.2.3 hoplimit 9 table 5"],
          undo=["rule del fwmark 5 lookup 5", "route flush table 5"],
          rules="""
          table ip marks {
              counter marked { }
              chain pre {
                  type filter hook prerouting priority -150
                  icmp type { echo-request, timestamp-request } mark set 5
              }
              chain out {
                  type filter hook output priority 0
                  mark 5 ip dscp set 10 counter name marked
              }
          }""", matched={"marked": 8}),
    Group("ip_default_ttl", default_ttl()),
]

if __name__ == "__main__":
    versus.main(GROUPS, [namespaces])
