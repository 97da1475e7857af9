#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The way back of a reply, chosen by tables, rules, flows and VRFs, and chosen
anew when they change; compared with the built-in ICMP.

  peer p0 ------ h0 host           addresses and MACs: lab.py
    | request ->|  ip route, rule, neigh, link, xfrm policy: changed meanwhile
    |<- reply   |  TTL, MAC and size show which route it took
"""

import lab
import packet
import versus
from differences import CODE_FLOW, DIRECTED, TIMESTAMP_COUNT, TIMESTAMP_FLOW
from packet import BROADCAST_MAC, echo, ether, frame, icmp, ip, timestamp
from versus import Group, Stimulus

def policies():
    """Each rule leads to a table with another TTL; everyone asks twice."""
    for number in ("first", "second"):
        for tos in (0, 0x10, 0x30, 0x12, 0x08, 0xb8):
            yield Stimulus(f"{number} echo with TOS {tos:#x}", frame(
                echo(), tos=tos), replies=1)
        yield Stimulus(f"{number} timestamp", frame(timestamp()), replies=1,
                       differs=TIMESTAMP_COUNT)
        for src in ("192.0.2.3", "192.0.2.4"):
            yield Stimulus(f"{number} echo of {src}", frame(echo(), src=src),
                           replies=1)


def policy(name, rule, detours):
    return Group(f"policy routing by {name}", policies(),
                 commands=[f"rule add {rule} lookup 7 priority 100",
                           "route add default via 192.0.2.3 hoplimit 77 "
                           "table 7"],
                 undo=["rule del priority 100", "route flush table 7"],
                 rules="""
                 table ip seen {
                     counter detours { }
                     chain out {
                         type filter hook output priority 0
                         ip ttl 77 counter name detours
                     }
                 }""", matched={"detours": detours})


SOURCES = [f"10.{number}.{number * 5 % 250}.1" for number in range(40)]


def paths():
    """Which of two next hops, with different MACs, an echo reply takes."""
    for src in SOURCES + SOURCES:
        yield Stimulus(f"echo of {src}", frame(echo(), src=src), replies=1)


def changed_paths():
    """The same sources while the hash policy changes."""
    for value in (0, 1, 0):
        for src in SOURCES[:16]:
            yield Stimulus(f"echo of {src}, policy {value}", frame(
                echo(), src=src), replies=1,
                sysctls={"fib_multipath_hash_policy": value})


def other_paths(timestamps=TIMESTAMP_COUNT, codes=None):
    """The same for timestamp replies, and echo replies with a code."""
    yield Stimulus("timestamps", *(frame(timestamp(), src=src)
                                   for src in SOURCES), replies=40,
                   differs=timestamps)
    yield Stimulus("codes", *(frame(echo(code=1), src=src)
                              for src in SOURCES), replies=40, differs=codes)


def multipath(name, stimuli, value):
    return Group(name, stimuli, sysctls={"fib_multipath_hash_policy": value},
                 commands=["neigh add 192.0.2.88 dev h0 lladdr "
                           "02:00:00:00:00:88",
                           "route add 10.0.0.0/8 "
                           "nexthop via 192.0.2.2 nexthop via 192.0.2.88"],
                 undo=["route del 10.0.0.0/8",
                       "neigh del 192.0.2.88 dev h0"])


def in_vrf():
    """C121: the VRF's own table leads back, whatever the main one says; and
    two VRFs may know the same addresses.
    """
    for src in ("192.0.2.3", "203.0.113.9"):
        for dst in ("192.0.2.1", "192.0.2.9", "198.51.100.1"):
            yield Stimulus(f"{src} asks {dst}", frame(
                echo(), src=src, dst=dst), replies=1)
    for dst in ("192.0.2.255", "198.51.100.255", "255.255.255.255",
                "224.0.0.1"):
        yield Stimulus(f"198.51.100.2 asks {dst}", ether(
            ip(echo(), src="198.51.100.2", dst=dst), BROADCAST_MAC),
            replies=1, differs=DIRECTED["192.0.2.1"]
            if dst == "192.0.2.255" else None)
    for number in range(4):
        yield Stimulus(f"echo {number} in red", frame(echo()), replies=1)
        yield Stimulus(f"echo {number} in blue", ether(
            b"\0\7\x08\0" + ip(echo()), kind=0x8100), replies=1)


# The last one: nothing of it is undone. In blue, which is VLAN 7, the peer has
# another MAC.
VRF = Group("VRF", in_vrf(), sysctls={"icmp_echo_ignore_broadcasts": 0},
            commands=["link add red type vrf table 10", "link set red up",
                      "link set h0 master red",
                      "route replace unreachable default metric 4278198272 "
                      "table 10", *lab.NEIGHBOURS,
                      "route add default via 192.0.2.2 dev h0 table 10",
                      "link add blue type vrf table 11", "link set blue up",
                      "link add link h0 name h0.7 type vlan id 7",
                      "link set h0.7 master blue", "link set h0.7 up",
                      "address add 192.0.2.1/24 dev h0.7",
                      "neigh add 192.0.2.2 dev h0.7 lladdr "
                      "02:00:00:00:00:77"])

# What is changed between two requests, and how many fragments a reply of 1028
# bytes is in afterwards. The other neighbour has a MAC of its own.
OTHER = "192.0.2.88"
BLOCK = "xfrm policy {} dir out src 192.0.2.1 dst 192.0.2.2"
CHANGES = (
    ("nothing", 1),
    ("a route", 1, f"route add 192.0.2.2 via {OTHER} hoplimit 9"),
    ("the route's metrics", 1,
     f"route change 192.0.2.2 via {OTHER} hoplimit 10"),
    ("the route's MTU", 2, f"route change 192.0.2.2 via {OTHER} mtu 600"),
    ("the route's gateway", 1, "route change 192.0.2.2 via 192.0.2.3"),
    ("no route any more", 1, "route del 192.0.2.2"),
    ("a prohibition", 0, "route add prohibit 192.0.2.2"),
    ("no prohibition any more", 1, "route del prohibit 192.0.2.2"),
    ("a rule", 1, f"route add default via {OTHER} hoplimit 77 table 7",
     "rule add to 192.0.2.2 lookup 7"),
    ("the rule's table", 1,
     "route change default via 192.0.2.3 hoplimit 78 table 7"),
    ("no rule any more", 1, "rule del to 192.0.2.2 lookup 7"),
    ("the neighbour's MAC", 1,
     "neigh replace 192.0.2.2 lladdr 02:00:00:00:00:77 dev h0"),
    ("the neighbour's MAC again", 1, lab.NEIGHBOURS[0]),
    ("an IPsec policy", 0, BLOCK.format("add") + " action block"),
    ("no IPsec policy any more", 1, BLOCK.format("del")),
    ("the device down and up", 1, "link set h0 down", "link set h0 up",
     *lab.NEIGHBOURS, f"neigh add {OTHER} dev h0 lladdr 02:00:00:00:00:88",
     "route add default via 192.0.2.2"),
)


def changes():
    """Asked before and after, twice, a host never answers the old way."""
    request = frame(echo(1000))
    for name, replies, *commands in CHANGES:
        drop = None if replies else "OutNoRoute"
        yield Stimulus(f"first after {name}", request, commands=commands,
                       replies=replies, drop=drop)
        yield Stimulus(f"second after {name}", request, replies=replies,
                       drop=drop)


def address_changes():
    """The address asked comes and goes."""
    request = frame(echo(), dst="198.51.100.1")
    for number in (1, 2):
        yield Stimulus(f"there, {number}", request, replies=1)
        yield Stimulus(f"gone, {number}", request, replies=0, commands=[
            "address del 198.51.100.1/24 dev h0"])
        yield Stimulus(f"back, {number}", request, replies=1, commands=[
            "address add 198.51.100.1/24 brd + dev h0"])


def learnt():
    """C093, C180: what the network tells about replies is obeyed by those
    that follow; their fragments are small and take the other gateway.
    """
    far = "203.0.113.9"
    request = frame(echo(1000), src=far)
    quote = ip(echo(1000, kind=packet.ECHO_REPLY), src=packet.HOST, dst=far)
    yield Stimulus("before", request, replies=1)
    yield Stimulus("the path has an MTU of 600", frame(icmp(
        packet.UNREACH, 4, b"\0\0\x02\x58", quote[:28])), replies=0)
    yield Stimulus("first on the path", request, replies=2)
    yield Stimulus("second on the path", request, replies=2)
    yield Stimulus("there is a better gateway", frame(icmp(
        packet.REDIRECT, 1, packet.addr(OTHER), quote[:28])), replies=0)
    yield Stimulus("first by the gateway", request, replies=2)
    yield Stimulus("second by the gateway", request, replies=2)
    yield Stimulus("somebody else", frame(echo(1000), src="203.0.113.10"),
                   replies=1)


NEW_NEIGHBOUR = {
    "commands": [f"neigh add {OTHER} dev h0 lladdr 02:00:00:00:00:88"],
    "undo": [f"neigh del {OTHER} dev h0"]}
GROUPS = [
    policy("TOS", "tos 0x10", 6),
    policy("protocol", "ipproto icmp", 18),
    policy("user", "uidrange 0-0", 18),
    policy("source", "from 192.0.2.1", 18),
    policy("destination", "to 192.0.2.3", 2),
    policy("origin", "iif lo", 18),
    multipath("two paths, by addresses", paths(), 0),
    multipath("two paths of others, by addresses", other_paths(), 0),
    multipath("two paths, by flow", paths(), 1),
    multipath("two paths of others, by flow",
              other_paths(TIMESTAMP_FLOW, CODE_FLOW), 1),
    multipath("two paths, when the policy changes", changed_paths(), 0),
    Group("changes", changes(), answered=28, **NEW_NEIGHBOUR),
    Group("changes of address", address_changes(), answered=4),
    Group("path MTU and redirect", learnt(), answered=6, **NEW_NEIGHBOUR),
    VRF,
]

if __name__ == "__main__":
    versus.main(GROUPS)
