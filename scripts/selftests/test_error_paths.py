#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""Errors and what stands in their way: firewalls, NAT, VRFs, tunnels, IPsec;
compared with the built-in ICMP.

  client                   host, a router                 server
  peer p0 ---- veth ---- h0              h1 ---- veth ---- s0
  192.0.2.2              192.0.2.1       10.1.0.1          10.1.0.2
     | packet ->            |  refused, translated, encapsulated         |
     |<- error              |  as what it is about, or by policy         |
"""

import kernel
import versus
from differences import CLASS_E, OWN_FLOW, VRF_INBOUND
from lab import NEIGHBOURS
from packet import (IP_DF, IP_MF, TCP, UDP, UNREACH, addr, echo, fragments,
                    frame, icmp, ip, payload, tcp, udp)
from router import NEIGHBOUR, SERVER, Router, idents, probe
from test_options import RR, route
from versus import Group, Stimulus, counting

REASONS = ("net-unreachable", "host-unreachable", "prot-unreachable",
           "port-unreachable", "net-prohibited", "host-prohibited",
           "admin-prohibited")


def reject(name, hook, dst, priority=0):
    """C064: nft reject, each code by the destination port."""
    def stimuli():
        for port, reason in enumerate(REASONS, 1000):
            yield Stimulus(reason, frame(udp(32, dport=port), proto=UDP,
                                         dst=dst), replies=1)
            yield Stimulus(reason + ", TCP", frame(
                tcp(9, dport=port), proto=TCP, dst=dst), replies=None)
        yield Stimulus("first fragment", probe(104, dst, frag=IP_MF),
                       replies=None, wait=0.2)
        yield Stimulus("echo request", frame(echo(), dst=dst), replies=1)
        yield Stimulus("error", frame(icmp(UNREACH, data=payload(40)),
                                      dst=dst), replies=0)
    rules = "\n".join(f"udp dport {port} reject with icmp type {reason}"
                      for port, reason in enumerate(REASONS, 1000))
    return Group(f"nft reject, {name}", stimuli(), answered=8, rules=f"""
        table ip refuse {{
            chain here {{
                type filter hook {hook} priority {priority}
                {rules}
                meta l4proto icmp reject with icmp type admin-prohibited
            }}
        }}""")


def refused_sources():
    """The same, where a firewall refuses packets before IP looks at them."""
    for src, drop, differs in (("224.0.0.9", "ErrBroadcast", None),
                               ("239.255.255.250", "ErrBroadcast", None),
                               ("255.255.255.255", "ErrBroadcast", None),
                               ("192.0.2.255", "ErrBroadcast", None),
                               ("127.0.0.1", "ErrSource", None),
                               ("127.9.9.9", "ErrSource", None),
                               ("240.0.0.1", "ErrSource", CLASS_E)):
        yield Stimulus(src, probe(src=src), drop=drop, differs=differs)
    yield Stimulus("192.0.2.3", probe(src="192.0.2.3"), replies=1)


IPTABLES_REASONS = ("net-unreachable", "host-unreachable", "port-unreachable",
                    "proto-unreachable", "net-prohibited", "host-prohibited",
                    "admin-prohibited")


def iptables():
    """C064: the same by iptables."""
    for dst in ("192.0.2.1", SERVER):
        for port, reason in enumerate(IPTABLES_REASONS, 1000):
            yield Stimulus(f"{reason}, to {dst}", frame(
                udp(32, dport=port), proto=UDP, dst=dst), replies=1)


def seen():
    """Six errors, of all kinds of origin."""
    yield Stimulus("closed port", probe(dst="192.0.2.1"), replies=1)
    yield Stimulus("protocol", frame(payload(8), proto=253), replies=1)
    yield Stimulus("time exceeded", probe(ttl=1), replies=1)
    yield Stimulus("too big", probe(1400, frag=IP_DF), replies=1)
    yield Stimulus("in fragments", *fragments(ip(udp(3000), proto=UDP), 1500,
                                              next(idents)), replies=1)
    yield Stimulus("with options", probe(dst="192.0.2.1",
                                         options=route(RR, 3)), replies=1)


CONDITIONS = {
    "meta mark 0": 6, "meta mark 7": 0, "meta priority 0": 6,
    'iifname "h0"': 0, "meta iif 0": 6, 'oifname "h0"': 6,
    "meta pkttype host": 6, "meta l4proto icmp": 6, "meta protocol ip": 6,
    "meta skuid 0": 0, "meta skgid 0": 0, "socket mark 0": 6,
    "meta cgroup 0": 6, "ip ttl 64": 6, "ip frag-off & 0x4000 != 0": 0,
    "ip dscp cs6": 6, "icmp type destination-unreachable": 5,
    "icmp type time-exceeded": 1, "icmp code 3": 3, "ip hdrlength 5": 5,
    "@th,32,32 0": 5,
}
TRACKED = {"ct state related": 6,
           "ct state { new, established, invalid, untracked }": 0,
           "ct direction reply": 6, "ct mark 9": 6,
           "ct original ip saddr 192.0.2.2": 6}


def conditions(name, table, before=""):
    rules, matched = counting(
        "seen", table, before,
        "icmp type != { destination-unreachable, time-exceeded } return")
    return Group(f"what a firewall sees, {name}", seen(), rules=rules,
                 matched=matched,
                 commands=["link set h1 mtu 1400"],
                 undo=["link set h1 mtu 1500"])


CT_MARK = """
    chain pre {
        type filter hook prerouting priority -150
        ct mark set 9
    }"""
NAT = """
    table ip translate {
        chain pre {
            type nat hook prerouting priority -100
            ip daddr 192.0.2.77 dnat to 10.1.0.2
            ip daddr 192.0.2.78 dnat to 203.0.113.1
        }
        chain post {
            type nat hook postrouting priority 100
            oifname "h1" snat to 10.1.0.99
        }
    }"""


def translated():
    """Errors go back to who sent the packet, about the packet as it was."""
    for dst in ("192.0.2.77", "192.0.2.78"):
        yield Stimulus(f"closed port of {dst}", probe(dst=dst), replies=1)
        yield Stimulus(f"time exceeded to {dst}", frame(
            udp(32, 40001), proto=UDP, dst=dst, ttl=1), replies=1)
        yield Stimulus(f"fragments to {dst}", *fragments(
            ip(udp(3000, 40002), proto=UDP, dst=dst), 1500, next(idents)),
            replies=1)
    yield Stimulus("too big behind", frame(
        udp(1440, 40003), proto=UDP, dst="192.0.2.77", frag=IP_DF), replies=1)


def vrf():
    """Errors stay in the L3 domain of the packet."""
    yield Stimulus("time exceeded", probe(ttl=1), replies=1)
    yield Stimulus("too big", probe(1460, frag=IP_DF), replies=1)
    yield Stimulus("closed port", probe(dst="192.0.2.1"), replies=1)
    yield Stimulus("closed port of the server", probe(), replies=1)
    yield Stimulus("protocol", frame(payload(8), proto=253), replies=1)
    yield Stimulus("no route", frame(udp(32), proto=UDP, dst="172.20.0.1",
                                     src="192.0.2.3"), replies=1)
    yield Stimulus("with options", probe(ttl=1, options=route(RR, 3)),
                   replies=1)
    for word, packet in (("time exceeded", probe(ttl=1)),
                         ("too big", probe(1460, frag=IP_DF))):
        yield Stimulus(f"{word}, from the inbound interface", packet,
                       replies=1, differs=VRF_DIFFERS,
                       sysctls={"icmp_errors_use_inbound_ifaddr": 1})


VRF = ["link add blue type vrf table 10", "link set blue up",
       "link set h0 master blue", "link set h1 master blue",
       *NEIGHBOURS, NEIGHBOUR,
       "route add unreachable default metric 4278198272 table 10",
       "address add 203.0.113.77/32 dev blue", "link set h1 mtu 1400"]
NO_VRF = ["link set h0 nomaster", "link set h1 nomaster", "link del blue",
          "link set h1 mtu 1500",
          *NEIGHBOURS, NEIGHBOUR,
          "route replace default via 192.0.2.2"]


def tunnels():
    """Encapsulation that nobody wants, and packets too big for a tunnel, whose
    driver has used the control block for its own purposes.
    """
    # Zeros are GRE's version 0, which is answered whether its driver is there or
    # not.
    for proto, body in ((4, ip(udp(60), proto=UDP, dst="10.55.0.1")),
                        (41, payload(60)), (47, bytes(24))):
        yield Stimulus(f"unwanted protocol {proto}", frame(body, proto=proto),
                       replies=1)
    for size in (1460, 1472):
        yield Stimulus(f"{size} bytes into IPIP", probe(
            size, "10.44.0.9", frag=IP_DF), replies=1)
        yield Stimulus(f"{size} bytes with options into IPIP", probe(
            size - 16, "10.44.0.9", frag=IP_DF, options=route(RR, 3)),
            replies=1)
    yield Stimulus("translated into IPIP", frame(
        udp(1472, 40009), proto=UDP, dst="10.44.0.9", src="192.0.2.3",
        frag=IP_DF), replies=1)


TUNNEL = ["tunnel add t0 mode ipip remote 10.1.0.2 local 10.1.0.1 pmtudisc",
          "link set t0 up mtu 3000", "route add 10.44.0.0/16 dev t0"]
NO_TUNNEL = ["link del t0"]
TUNNEL_NAT = """
    table ip translate {
        chain post {
            type nat hook postrouting priority 100
            ip saddr 192.0.2.3 oifname "t0" snat to 10.1.0.98
        }
    }"""


def policies(led, hide):
    """IPsec: policies for the error, and for the packet the other way. Those in
    led take that way.
    """
    for name, packet in (
            ("time exceeded", probe(ttl=1)),
            ("closed port", probe(dst="192.0.2.1")),
            ("closed port of the server", probe()),
            ("too big", probe(1460, frag=IP_DF)),
            ("time exceeded, TCP", frame(tcp(9), proto=TCP, dst=SERVER,
                                         ttl=1)),
            ("time exceeded, echo", frame(echo(), dst=SERVER, ttl=1))):
        yield Stimulus(name, packet, hide=hide,
                       differs=OWN_FLOW_DIFFERS if name in led else None)


def policy(name, answered, *lines, led=(), hide=slice(0)):
    """Groups with policies; nothing else may change."""
    return Group(f"IPsec: {name}", policies(led, hide), answered=answered,
                 commands=["link set h1 mtu 1400",
                           *(f"xfrm {line}" for line in lines)],
                 undo=["xfrm policy flush", "xfrm state flush",
                       "xfrm policy setdefault out accept",
                       "link set h1 mtu 1500"])


OF_UDP = ("time exceeded", "closed port", "too big")
OF_ALL = (*OF_UDP, "time exceeded, TCP")
BLOCK = "policy add dir out proto icmp action block priority 10"
ALLOW = "policy add dir out {} flag icmp action allow priority 20"
STATE = ("state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x42 mode "
         "tunnel enc ecb(cipher_null) '' auth digest_null ''")
TEMPLATE = (" tmpl src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x42 "
            "mode tunnel")
VRF_ANSWER = kernel.builtin_answers(
    [probe(ttl=1)], VRF, [("icmp_errors_use_inbound_ifaddr", 1)])
VRF_DIFFERS = (VRF_INBOUND if VRF_ANSWER[0][26:30] != addr("192.0.2.1")
               else None)
LED = kernel.builtin_answers([probe(ttl=1)], [
    f"xfrm {BLOCK}", f"xfrm {ALLOW.format('src 0.0.0.0/0')}"])
OWN_FLOW_DIFFERS = OWN_FLOW if LED[0][26:30] != addr("192.0.2.1") else None
# Of an ESP packet in the clear: identification, checksum and source of what is
# inside.
INSIDE = slice(46, 58)

GROUPS = [
    Group("sources, refused by a firewall", refused_sources(), answered=2,
          commands=["route add 240.0.0.0/4 via 192.0.2.2"],
          undo=["route del 240.0.0.0/4"], rules="""
          table ip refuse {
              chain pre {
                  type filter hook prerouting priority -300
                  udp dport 9 reject with icmp type admin-prohibited
              }
          }"""),
    reject("input", "input", "192.0.2.1"),
    reject("forward", "forward", SERVER),
    reject("prerouting", "prerouting", SERVER, -300),
    Group("iptables REJECT", iptables(), iptables=[
        f"{chain} -p udp --dport {port} -j REJECT --reject-with icmp-{reason}"
        for chain in ("INPUT", "FORWARD")
        for port, reason in enumerate(IPTABLES_REASONS, 1000)]),
    conditions("untracked", CONDITIONS),
    conditions("conntrack", TRACKED, CT_MARK),
    Group("NAT", translated(), rules=NAT,
          commands=["address add 192.0.2.77/24 dev h0",
                    "address add 192.0.2.78/24 dev h0",
                    "address add 10.1.0.99/24 dev h1",
                    "link set h1 mtu 1400"],
          undo=["address del 192.0.2.77/24 dev h0",
                "address del 192.0.2.78/24 dev h0",
                "address del 10.1.0.99/24 dev h1", "link set h1 mtu 1500"]),
    Group("VRF", vrf(), commands=VRF, undo=NO_VRF,
          sysctls={"icmp_errors_use_inbound_ifaddr": 0}),
    Group("tunnels", tunnels(), commands=TUNNEL, undo=NO_TUNNEL,
          rules=TUNNEL_NAT),
    policy("errors are blocked", 0, BLOCK),
    policy("blocked, but packets are let back", 4, BLOCK,
           ALLOW.format("src 0.0.0.0/0"), led=OF_ALL),
    policy("blocked, but UDP is let back", 3, BLOCK,
           ALLOW.format("proto udp"), led=OF_UDP),
    policy("a policy for something else", 6,
           "policy add dir out dst 10.99.0.0/16 action block"),
    policy("no policy for errors", 6,
           "policy add dir out proto udp action allow"),
    policy("default is block", 4, "policy setdefault out block",
           ALLOW.format("proto udp"), ALLOW.format("proto tcp"), led=OF_ALL),
    policy("back through a tunnel", 4, STATE, BLOCK,
           ALLOW.format("src 0.0.0.0/0 dst 192.0.2.0/24") + TEMPLATE,
           led=OF_ALL, hide=INSIDE),
]

if __name__ == "__main__":
    versus.main(GROUPS, topology=Router)
