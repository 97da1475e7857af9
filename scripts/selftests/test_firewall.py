#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What a firewall and IPsec see of a reply: a packet of this host's own, that
knows nothing of the request's journey; compared with the built-in ICMP.

  peer p0 ------ h0 host           addresses and MACs: lab.py
    | request ->|  prerouting, input: marks, priorities, conntrack
    |<- reply   |  output, postrouting: which rules still match
"""

import itertools

import versus
from differences import TIMESTAMP_COUNT, TIMESTAMP_POLICY
from packet import (BROADCAST_MAC, echo, ether, fragments, frame, ip,
                    timestamp)
from versus import Group, Stimulus, counting

idents = itertools.count(0x6000)


def requests(replies=1):
    """Six of them, which came in all ways there are."""
    ident = next(idents)
    yield Stimulus("echo", frame(echo(ident=ident)), replies=replies)
    yield Stimulus("timestamp", frame(timestamp(ident=ident)), replies=replies,
                   differs=TIMESTAMP_COUNT)
    yield Stimulus("with options", frame(
        echo(ident=ident), options=b"\7\7\4\0\0\0\0\0"), replies=replies)
    yield Stimulus("broadcast frame", ether(ip(echo(ident=ident)),
                                            BROADCAST_MAC), replies=replies)
    yield Stimulus("in a priority frame", ether(
        b"\xe0\0\x08\0" + ip(echo(ident=ident)), kind=0x8100),
        replies=replies)
    yield Stimulus("in fragments", *fragments(
        ip(echo(3000, ident=ident)), 1500, ident), replies=3 * replies)


# Conditions in the output hook, and how many of the six replies meet them.
OUTPUT = {
    "meta mark 0": 6,
    "meta mark 7": 0,
    "meta priority 0": 6,
    "meta priority 1:2": 0,
    'iifname "h0"': 0,
    "meta iif 0": 6,
    'oifname "h0"': 6,
    "meta pkttype host": 6,
    "meta pkttype broadcast": 0,
    "meta pkttype multicast": 0,
    "@ll,48,48 0x020000000002": 0,
    "@ll,0,48 0x020000000001": 0,
    "@ll,0,8 != 0xfd": 0,
    "meta protocol ip": 6,
    "meta l4proto icmp": 6,
    "meta skuid 0": 0,
    "meta skuid != 0": 0,
    "meta skgid 0": 0,
    "socket mark 0": 6,
    "meta cgroup 0": 6,
    "meta length < 100": 5,
    "meta length 3028": 1,
    "ip ttl 64": 6,
    "ip frag-off & 0x4000 != 0": 0,
    "ip hdrlength 7": 1,
    "icmp type echo-reply": 5,
    "icmp type timestamp-reply": 1,
    "icmp type { echo-request, timestamp-request }": 0,
}
TRACKED = {
    "ct state established": 6,
    "ct state { new, related, invalid, untracked }": 0,
    "ct direction reply": 6,
    "ct direction original": 0,
    "ct mark 9": 6,
    "ct original ip saddr 192.0.2.2": 6,
    "ct reply ip saddr 192.0.2.1": 6,
}
UNTRACKED = {
    "ct state invalid": 6,
    "ct state { new, established, related, untracked }": 0,
    "ct mark 9": 0,
}


def conditions(name, table, before):
    """A group whose rules count the replies that meet conditions; before is
    what befalls the requests.
    """
    rules, matched = counting(f"seen_{name}", table, before)
    return Group(f"conditions on the reply, {name}", requests(), rules=rules,
                 matched=matched)


MARKS = """
    chain pre {
        type filter hook prerouting priority -150
        meta mark set 7 meta priority set 1:2
    }"""
CT_MARKS = """
    chain pre {
        type filter hook prerouting priority -150
        ct mark set 9
    }"""
NOTRACK = """
    chain pre {
        type filter hook prerouting priority -300
        icmp type { echo-request, timestamp-request } notrack
    }
    chain keep {
        type filter hook input priority 0
        ct state untracked meta mark set 7
    }"""
FILTER = """
    table ip state {
        chain in {
            type filter hook input priority 0; policy drop
            ct state new icmp type { echo-request, timestamp-request } accept
            ct state established accept
        }
        chain out {
            type filter hook output priority 0; policy drop
            ct state established accept
        }
    }"""
DNAT = """
    table ip translate {
        chain pre {
            type nat hook prerouting priority -100
            ip daddr 192.0.2.77 dnat to 203.0.113.1
        }
    }"""
SNAT = """
    table ip translate {
        chain in {
            type nat hook input priority 100
            ip saddr 192.0.2.3 snat to 192.0.2.99
        }
    }"""
REWRITE = """
    table ip rewrite {
        chain in {
            type filter hook input priority 0
            ip saddr 192.0.2.3 ip saddr set 192.0.2.4
            ip dscp set 46
        }
        chain post {
            type filter hook postrouting priority 0
            ip ttl set 11
        }
    }"""


def translated(src, dst):
    ident = next(idents)
    for number in range(3):
        yield Stimulus(f"echo {number} of {src} to {dst}", frame(
            echo(ident=ident, seq=number), src=src, dst=dst), replies=1)
    yield Stimulus(f"timestamp of {src} to {dst}", frame(
        timestamp(ident=ident), src=src, dst=dst), replies=1,
        differs=TIMESTAMP_COUNT)
    yield Stimulus(f"fragments of {src} to {dst}", *fragments(
        ip(echo(3000, ident=ident), src=src, dst=dst), 1500, ident),
        replies=3)


GROUPS = [
    conditions("marks", OUTPUT, MARKS),
    conditions("conntrack", TRACKED, CT_MARKS),
    conditions("notrack", UNTRACKED, NOTRACK),
    Group("only what conntrack knows may pass", requests(), rules=FILTER),
    Group("destination NAT", translated("192.0.2.2", "192.0.2.77"),
          rules=DNAT, commands=["address add 192.0.2.77/24 dev h0"],
          undo=["address del 192.0.2.77/24 dev h0"]),
    Group("source NAT", translated("192.0.2.3", "192.0.2.1"), rules=SNAT),
    Group("rewritten requests and replies",
          translated("192.0.2.3", "192.0.2.1"), rules=REWRITE),
    Group("IPsec policy against timestamp replies", [
        Stimulus("echo", frame(echo()), replies=1),
        Stimulus("timestamp", frame(timestamp()), replies=1,
                 drop="OutNoRoute", differs=TIMESTAMP_POLICY)],
        commands=["xfrm policy add dir out proto icmp type 14 code 0 "
                  "action block"],
        undo=["xfrm policy del dir out proto icmp type 14 code 0"]),
]

if __name__ == "__main__":
    versus.main(GROUPS)
