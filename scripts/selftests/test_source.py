#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""Whose address what the host sends carries (RFC 1122 3.2.1.3, RFC 1812
4.3.2.4): all knobs at once, and each of them while things change.

  client                   host, a router                     server
  peer p0 ---- veth ---- h0                  h1 ---- veth ---- s0
  192.0.2.2              192.0.2.1/24, .9    10.1.0.1/24       10.1.0.2
  198.51.100.2           198.51.100.1/24
  10.20.0.2              10.20.0.1/24        d0  a dummy, 10.7.0.1/24
  172.16.0.5             (no broadcast)      lo  203.0.113.1/32
"""

import functools
import ipaddress
import itertools
import select
import socket

import lab
import packet
import test_raw_life
import versus
from darwin import mask
from packet import (BROADCAST_MAC, ECHO_REPLY, HOST, HOST_MAC, IP_DF,
                    MASK_REPLY, PEER, PEER_MAC, REDIRECT, TIME_EXCEEDED,
                    TIMESTAMP_REPLY, UDP, UNREACH, echo, ether, frame, ip,
                    timestamp, udp)
from router import SERVER, Router, idents, probe
from sender import RECVERR, address
from versus import Group, Stimulus

ANY, ALL, HOSTS = "0.0.0.0", "255.255.255.255", "224.0.0.1"
FAR, FAR_SOURCE = "172.16.0.5", "203.0.113.1"
REJECTED, HOST_UNREACHABLE, NEEDFRAG, CLOSED_PORT = 13, 1, 4, 3
DUMMY = "192.0.0.8"
FROM_INTERFACE = "icmp_reply_from_interface"
INBOUND = "icmp_errors_use_inbound_ifaddr"
REPLY_SRC = "icmp_reply_src"
REJECT = """
    table ip refuse {
        chain through {
            type filter hook forward priority 0
            udp dport 7 reject with icmp type admin-prohibited
        }
        chain out {
            type filter hook output priority 0
            udp dport 7 reject with icmp type admin-prohibited
        }
    }"""
CLIENTS = ("10.20.0.2", "10.30.0.2", "10.31.0.2", "10.32.0.2")
NEIGHBOURS = [*lab.NEIGHBOURS,
              *(f"neigh replace {one} dev h0 lladdr {lab.mac(PEER_MAC)}"
                for one in CLIENTS)]
TO_FAR = f"route replace 172.16.0.0/16 via 192.0.2.3 dev h0 src {FAR_SOURCE}"
TO_NOBODY = "route replace unreachable 10.2.0.0/16"


class Sources(Router):
    """A router of which every rule would give another address."""

    def __init__(self):
        super().__init__()
        lab.ip("address add 10.20.0.1/24 dev h0", *NEIGHBOURS, TO_FAR,
               TO_NOBODY, "link set h1 mtu 1400", "link add d0 type dummy",
               "link set d0 up", "address add 10.7.0.1/24 brd + dev d0")
        lab.sysctl("icmp_echo_ignore_broadcasts", 0)
        # Who is not there is given up at once.
        lab.sysctl("neigh/h1/mcast_solicit", 1)
        lab.sysctl("neigh/h1/retrans_time_ms", 20)


class Message:
    """Something that is answered, in one way.

    make: a function that makes a frame of it, given the requester
    answer: type and code of what comes back
    dst: where to
    wait: seconds until it does
    """

    def __init__(self, name, make, answer, dst, wait=0):
        self.name = f"{name} to {dst}"
        self.make = make
        self.answer = answer
        self.dst = dst
        self.wait = wait
        self.is_error = answer[0] in (UNREACH, TIME_EXCEEDED)

    def frame(self, src):
        return self.make(src=src, dst=self.dst)


def asks(message):
    """A function that makes a frame with it, to one or to many."""
    def make(src, dst):
        return ether(ip(message, src, dst), BROADCAST_MAC if dst in (
            ALL, HOSTS) or dst.endswith(".255") else HOST_MAC)
    return make


def refused(src, dst):
    return frame(udp(32, dport=7), src=src, dst=dst, proto=UDP,
                 ident=next(idents))


# The unicast addresses of the host, as "ip address" shows them: in the order
# of the kernel, secondary ones left out, with their subnets.
INTERFACES = {
    "h0": (("192.0.2.1", "192.0.2.0/24"), ("198.51.100.1", "198.51.100.0/24"),
           ("10.20.0.1", "10.20.0.0/24")),
    "h1": (("10.1.0.1", "10.1.0.0/24"),),
    "d0": (("10.7.0.1", "10.7.0.0/24"),),
    "lo": (("203.0.113.1", "203.0.113.1/32"),),
}
OWN = ("192.0.2.1", "192.0.2.9", "198.51.100.1", "10.20.0.1", "10.1.0.1",
       "10.7.0.1", "203.0.113.1")
BROADCASTS = ("192.0.2.255", "198.51.100.255", "10.20.0.255", "10.1.0.255",
              "10.7.0.255", ALL, HOSTS)
# Who asks, and the address that the route there would have us use.
REQUESTERS = {PEER: "192.0.2.1", "198.51.100.2": "198.51.100.1",
              "10.20.0.2": "10.20.0.1", FAR: FAR_SOURCE}
ECHO, STAMP, MASK = asks(echo()), asks(timestamp()), asks(mask())
TO_ALL = Message("echo", ECHO, (ECHO_REPLY, 0), ALL)
TOO_FAR = Message("no hops", functools.partial(probe, ttl=1),
                  (TIME_EXCEEDED, 0), SERVER)
MESSAGES = (
    *(Message("echo", ECHO, (ECHO_REPLY, 0), dst)
      for dst in OWN + BROADCASTS),
    *(Message("timestamp", STAMP, (TIMESTAMP_REPLY, 0), dst)
      for dst in ("192.0.2.9", "10.1.0.1", *BROADCASTS)),
    *(Message("mask", MASK, (MASK_REPLY, 0), dst)
      for dst in ("192.0.2.9", "10.1.0.1", *BROADCASTS)),
    *(Message("closed port", probe, (UNREACH, CLOSED_PORT), dst)
      for dst in OWN), TOO_FAR,
    Message("too big", functools.partial(probe, 1400, frag=IP_DF),
            (UNREACH, NEEDFRAG), SERVER),
    Message("no host", probe, (UNREACH, HOST_UNREACHABLE), "10.2.0.1"),
    Message("refused", refused, (UNREACH, REJECTED), SERVER))
# Nobody looks for them, after one question.
ABSENT = (Message("absent", probe, (UNREACH, HOST_UNREACHABLE),
                  f"10.1.0.{number}", 0.2) for number in range(20, 250))


def expected(message, src, from_interface, inbound, reply_src):
    """The source of the answer, by the order of Documentation/sysctl.rst."""
    if message.dst in OWN:
        return message.dst
    if not message.is_error:
        for local, subnet in INTERFACES["h0"]:
            if message.dst == str(ipaddress.ip_network(
                    subnet).broadcast_address):
                return local
        if from_interface:
            return INTERFACES["h0"][0][0]
    elif inbound:
        near = [local for local, subnet in INTERFACES["h0"]
                if ipaddress.ip_address(src) in ipaddress.ip_network(subnet)]
        return near[0] if near else INTERFACES["h0"][0][0]
    if reply_src:
        return INTERFACES[reply_src][0][0]
    return REQUESTERS[src]


def knobs(from_interface=0, inbound=0, reply_src=""):
    lab.sysctl(FROM_INTERFACE, from_interface)
    lab.sysctl(INBOUND, inbound)
    # One without a newline would be a write of nothing.
    lab.sysctl(REPLY_SRC, reply_src + "\n")


def answers(frames):
    """Type, code and source of each."""
    return [(one[34], one[35], packet.Ip(one[14:]).src_text())
            for one in frames if one[23] == 1]


class Judge(test_raw_life.Judge):
    """Problems of a host that answers."""

    def __init__(self, host):
        super().__init__()
        self.host = host

    def source(self, what, message, src, source):
        """Each of two answers has it: the second by the route that the first
        one's was remembered to be.
        """
        for number in ("first", "second"):
            self.equal(f"{what}: {number} {message.name} from {src}", answers(
                self.host.exchange([message.frame(src)], message.wait)), [
                    (*message.answer, source)])

    def both(self, what, source, src=FAR, error=None):
        """A reply and an error of which neither was sent to the host."""
        self.source(what, TO_ALL, src, source)
        self.source(what, TOO_FAR, src, error or source)

    def told(self, what, source):
        """Whose address the error has that a program is told of."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(*RECVERR)
            sock.bind(("198.51.100.1", 0))
            for number in ("first", "second"):
                try:
                    sock.sendto(b"1234", (SERVER, 7))
                except PermissionError:
                    pass
                # Or the next call would say so.
                sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                control = sock.recvmsg(64, 512, socket.MSG_ERRQUEUE)[1]
                self.equal(f"{what}: {number}", [
                    address(data[16:]).split(":")[0]
                    for _, _, data in control], [source])


def uncounted(test):
    """Run a test while the routing code, which has one limit for all
    namespaces, does not count the errors that it asks for.
    """
    @functools.wraps(test)
    def run(host):
        lab.enter()
        old = lab.sysctl("route/error_cost", 0)
        lab.enter("host")
        try:
            return test(host)
        finally:
            lab.enter()
            lab.sysctl("route/error_cost", old)
            lab.enter("host")
    return run


@uncounted
def together(host):
    """C045: every message, with all knobs in all combinations."""
    judge = Judge(host)
    lab.sysctl("icmp_maskrepl", 1)
    lab.nft(REJECT)
    combinations = list(itertools.product((0, 1), (0, 1), ("", "d0")))
    # There and back, so that each of them follows another one.
    for combination in combinations + combinations[::-2]:
        knobs(*combination)
        for message in MESSAGES:
            for src in REQUESTERS:
                judge.source(f"{combination}", message, src,
                             expected(message, src, *combination))
        judge.source(f"{combination}", next(ABSENT), FAR,
                     expected(TOO_FAR, FAR, *combination))
        # Who has no address is told by broadcast, to which the way is one.
        for dst in (ALL, HOSTS):
            judge.source(f"{combination}", Message(
                "mask", MASK, (MASK_REPLY, 0), dst), ANY, expected(
                    TO_ALL, PEER, *combination))
        judge.told(f"{combination}: own packet, refused",
                   INTERFACES["d0"][0][0] if combination[2] else
                   "198.51.100.1")
    lab.nft("flush ruleset")
    return judge


def redirects(host):
    """Redirects are errors about what is forwarded, too; but a host obeys its
    gateway only, so icmp_reply_src is not for them (RFC 1122 3.2.2.2).
    """
    judge = Judge(host)
    for name in ("all", "h0"):
        lab.sysctl(f"conf/{name}/send_redirects", 1)
    lab.ip("route add 10.9.0.0/16 via 192.0.2.3")
    # There is a limit for each of those that are redirected.
    numbers = itertools.count(100)
    for combination in itertools.product((0, 1), (0, 1), ("", "d0")):
        knobs(*combination)
        for net, source in (("192.0.2", "192.0.2.1"),
                            ("198.51.100", "198.51.100.1")):
            src = f"{net}.{next(numbers)}"
            lab.ip(f"neigh add {src} dev h0 lladdr {lab.mac(PEER_MAC)}")
            judge.equal(f"{combination}: {src}", answers(host.exchange([probe(
                dst="10.9.0.1", src=src)]))[:1], [
                    (REDIRECT, 1, source)])
    return judge


# icmp_reply_src, and what becomes of the interface it names.

def appears(host):
    """icmp_reply_src: an interface that comes later, and its addresses."""
    judge = Judge(host)
    judge.both("none", FAR_SOURCE)
    knobs(reply_src="n0")
    judge.equal("read", lab.sysctl(REPLY_SRC), "n0")
    for what, source, *lines in (
            ("there is none", FAR_SOURCE),
            ("down, no address", FAR_SOURCE, "link add n0 type dummy"),
            ("no address", FAR_SOURCE, "link set n0 up"),
            ("an address for the host", FAR_SOURCE,
             "address add 10.66.0.1/24 scope host dev n0"),
            ("one for the world", "10.77.0.1",
             "address add 10.77.0.1/24 dev n0"),
            ("another network", "10.77.0.1",
             "address add 10.78.0.1/24 dev n0"),
            ("a secondary one", "10.77.0.1",
             "address add 10.77.0.2/24 dev n0"),
            ("the first one gone, with its secondary", "10.78.0.1",
             "address del 10.77.0.1/24 dev n0"),
            ("back, behind", "10.78.0.1", "address add 10.77.0.1/24 dev n0"),
            ("the first one gone", "10.77.0.1",
             "address del 10.78.0.1/24 dev n0"),
            ("all gone", FAR_SOURCE, "address del 10.77.0.1/24 dev n0"),
            ("of a peer", "10.79.0.1",
             "address add 10.79.0.1 peer 10.79.0.2/32 dev n0"),
            ("for the link, in front", "10.80.0.1",
             "address add 10.80.0.1/24 scope link dev n0"),
            ("all gone again", FAR_SOURCE, "address flush dev n0")):
        if lines:
            lab.ip(*lines)
        judge.both(what, source)
    lab.sysctl("conf/n0/promote_secondaries", 1)
    lab.ip("address add 10.77.0.1/24 dev n0",
           "address add 10.77.0.2/24 dev n0")
    judge.both("with a secondary one", "10.77.0.1")
    lab.ip("address del 10.77.0.1/24 dev n0")
    judge.both("promoted", "10.77.0.2")
    lab.ip("link set n0 down")
    judge.both("down", "10.77.0.2")
    lab.ip("link set n0 up")
    judge.both("up", "10.77.0.2")
    lab.ip("link set n0 mtu 67")
    judge.both("without IP", FAR_SOURCE)
    lab.ip("link set n0 mtu 1500", "address add 10.81.0.1/24 dev n0")
    judge.both("with IP again", "10.81.0.1")
    lab.ip("link del n0")
    judge.both("deleted", FAR_SOURCE)
    lab.ip("link add n0 type dummy", "address add 10.82.0.1/24 dev n0")
    judge.both("made again", "10.82.0.1")
    return judge


def renamed(host):
    """icmp_reply_src is a name: who has it is looked for each time."""
    judge = Judge(host)
    knobs(reply_src="d0")
    judge.both("d0", "10.7.0.1")
    lab.ip("link set d0 down", "link set d0 name d1", "link set d1 up")
    judge.both("d0 is d1", FAR_SOURCE)
    lab.ip("link add d0 type dummy", "address add 10.83.0.1/24 dev d0")
    judge.both("another d0", "10.83.0.1")
    knobs(reply_src="d1")
    judge.both("d1", "10.7.0.1")
    lab.ip("link set d1 down", "link set d1 name d2", "link set d0 down",
           "link set d0 name d1")
    judge.both("d0 is d1 now", "10.83.0.1")
    lab.ip("link set d2 name a2345678901234")
    for length in (14, 13):
        knobs(reply_src="a2345678901234"[:length])
        judge.both(f"{length} letters", "10.7.0.1" if length == 14
                   else FAR_SOURCE)
    lab.ip("link set a2345678901234 name a23456789012345")
    knobs(reply_src="a23456789012345")
    judge.both("15 letters", "10.7.0.1")
    for name, source in (("D1", FAR_SOURCE), ("d", FAR_SOURCE),
                         ("d11", FAR_SOURCE), ("d1", "10.83.0.1"),
                         ("h1", "10.1.0.1"), ("h0", "192.0.2.1"),
                         ("", FAR_SOURCE)):
        knobs(reply_src=name)
        judge.both(f"{name!r}", source)
    # As all that asks for an interface by its name.
    lab.ip("link property add dev a23456789012345 altname other",
           "link property add dev a23456789012345 altname another")
    knobs(reply_src="other")
    judge.both("another name", "10.7.0.1")
    lab.ip("link property del dev a23456789012345 altname other")
    judge.both("no longer a name", FAR_SOURCE)
    return judge


def elsewhere(host):
    """icmp_reply_src: what is in another namespace is not there."""
    judge = Judge(host)
    knobs(reply_src="s0")
    judge.both("the server's", FAR_SOURCE)
    knobs(reply_src="d0")
    judge.both("d0", "10.7.0.1")
    lab.ip("link set d0 netns server")
    judge.both("moved", FAR_SOURCE)
    lab.enter("server")
    lab.ip("address add 10.7.0.1/24 dev d0", "link set d0 up")
    judge.equal("the server's knobs", [lab.sysctl(FROM_INTERFACE),
                                       lab.sysctl(REPLY_SRC)], ["0", ""])
    lab.enter("host")
    judge.both("moved, and has the address", FAR_SOURCE)
    lab.enter("server")
    knobs(1, 1, "d0")
    lab.ip("link set d0 netns host")
    lab.enter("host")
    judge.equal("the host's knobs", [lab.sysctl(FROM_INTERFACE),
                                     lab.sysctl(REPLY_SRC)], ["0", "d0"])
    judge.both("back", FAR_SOURCE)
    lab.ip("address add 10.7.0.9/24 dev d0")
    judge.both("back, and has an address", "10.7.0.9")
    return judge


def loopback(host):
    """icmp_reply_src lo, as routers have it: not 127.0.0.1."""
    judge = Judge(host)
    knobs(reply_src="lo")
    judge.both("203.0.113.1", FAR_SOURCE, PEER)
    lab.ip("address add 203.0.113.2/32 dev lo")
    judge.both("two", FAR_SOURCE, PEER)
    lab.ip("address del 203.0.113.1/32 dev lo")
    judge.both("the other one", "203.0.113.2", PEER)
    lab.ip("address del 203.0.113.2/32 dev lo")
    judge.both("127.0.0.1 alone", "192.0.2.1", PEER)
    for name in ("all", "lo"):
        lab.sysctl(f"conf/{name}/route_localnet", 1)
        judge.both(f"127.0.0.1 alone, route_localnet of {name}", "192.0.2.1",
                   PEER)
    lab.ip("address add 203.0.113.3/32 dev lo")
    judge.both("with one again", "203.0.113.3", PEER)
    return judge


# The interface that it came by.

def from_interface(host):
    """icmp_reply_from_interface: the first address, while they change."""
    judge = Judge(host)
    knobs(1)
    for what, source, *lines in (
            ("the first", "192.0.2.1"),
            ("for the link, in front", "10.30.0.1",
             "address add 10.30.0.1/24 scope link dev h0"),
            ("for the host, in front of it", "10.30.0.1",
             "address add 10.31.0.1/24 scope host dev h0"),
            ("gone", "192.0.2.1", "address del 10.30.0.1/24 dev h0"),
            ("the first gone", "198.51.100.1",
             "address del 192.0.2.1/24 dev h0",
             f"address add {HOST}/32 dev lo", TO_FAR.replace(
                 "via 192.0.2.3", "via 198.51.100.2")),
            ("the last gone but one", "10.20.0.1",
             "address del 198.51.100.1/24 dev h0", TO_FAR.replace(
                 "via 192.0.2.3", "via 10.20.0.2")),
            ("of a peer", "10.32.0.1",
             "address add 10.32.0.1 peer 10.32.0.2/32 dev h0",
             "address del 10.20.0.1/24 dev h0", *NEIGHBOURS,
             TO_FAR.replace("via 192.0.2.3", "via 10.32.0.2"))):
        if lines:
            lab.ip(*lines)
        judge.source(what, TO_ALL, FAR, source)
        judge.source(what, TOO_FAR, FAR, FAR_SOURCE)
    return judge


def without_address(host):
    """With no address on the interface: icmp_reply_src, then the kernel."""
    judge = Judge(host)
    lab.ip(f"address add {HOST}/32 dev lo")
    for what, lines in (
            ("none", []), ("for the host alone", [
                "address add 10.31.0.1/24 scope host dev h0"])):
        lab.ip("address flush dev h0", *lines, *NEIGHBOURS,
               "route replace 192.0.2.0/24 dev h0", TO_FAR)
        for inward, inbound, reply_src in itertools.product(
                (0, 1), (0, 1), ("", "d0", "h0", "nobody")):
            knobs(inward, inbound, reply_src)
            named = "10.7.0.1" if reply_src == "d0" else None
            # By itself the kernel prefers lo's, in any case of the route.
            judge.both(f"{what}: {inward}, {inbound}, {reply_src!r}",
                       named or FAR_SOURCE)
        # Where the route has another: only then they can be told apart.
        lab.ip(TO_FAR.replace(FAR_SOURCE, "10.1.0.1"))
        for inbound, reply_src, reply, error in (
                (0, "", "10.1.0.1", "10.1.0.1"),
                (1, "", "10.1.0.1", FAR_SOURCE),
                (1, "h0", "10.1.0.1", FAR_SOURCE),
                (1, "nobody", "10.1.0.1", FAR_SOURCE),
                (1, "d0", "10.7.0.1", "10.7.0.1"),
                (0, "d0", "10.7.0.1", "10.7.0.1")):
            knobs(1, inbound, reply_src)
            judge.both(f"{what}, 10.1.0.1: {inbound}, {reply_src!r}", reply,
                       error=error)
    lab.ip("address add 192.0.2.9/24 dev h0", *NEIGHBOURS, TO_FAR)
    knobs(1, 1, "d0")
    judge.both("an address again", "192.0.2.9")
    return judge


def vrfs(host):
    """Below a VRF it is the enslaved interface; a VRF can be named, too."""
    judge = Judge(host)
    lab.ip("link add blue type vrf table 10", "link set blue up",
           "address add 10.40.0.1/32 dev blue", "link set h0 master blue",
           "link set h1 master blue", *NEIGHBOURS,
           f"neigh replace {SERVER} dev h1 lladdr 02:00:00:00:00:04",
           "route add 172.16.0.0/16 via 192.0.2.3 dev h0 src 10.40.0.1 "
           "table 10",
           "link add red type vrf table 11", "link set red up",
           "address add 10.41.0.1/32 dev red", "link set d0 master red")
    for inward, inbound, reply_src, reply, error in (
            (0, 0, "", "10.40.0.1", "10.40.0.1"),
            (1, 0, "", "192.0.2.1", "10.40.0.1"),
            (0, 1, "", "10.40.0.1", "192.0.2.1"),
            (1, 1, "h1", "192.0.2.1", "192.0.2.1"),
            (0, 0, "h1", "10.1.0.1", "10.1.0.1"),
            (0, 1, "h1", "10.1.0.1", "192.0.2.1"),
            (1, 0, "h1", "192.0.2.1", "10.1.0.1"),
            (0, 0, "blue", "10.40.0.1", "10.40.0.1"),
            # Addresses of another VRF, or of none, mean something else there.
            (0, 0, "lo", "10.40.0.1", "10.40.0.1"),
            (0, 1, "red", "10.40.0.1", "192.0.2.1"),
            (0, 0, "red", "10.40.0.1", "10.40.0.1"),
            (0, 0, "d0", "10.40.0.1", "10.40.0.1"),
            (0, 0, "nobody", "10.40.0.1", "10.40.0.1")):
        knobs(inward, inbound, reply_src)
        judge.both(f"{inward}, {inbound}, {reply_src!r}", reply, error=error)
        judge.source(f"{inward}, {inbound}, {reply_src!r}", Message(
            "echo", ECHO, (ECHO_REPLY, 0), "198.51.100.255"), FAR,
            "198.51.100.1")
        for dst in ("192.0.2.9", "10.1.0.1", "10.40.0.1"):
            judge.source(f"{inward}, {inbound}, {reply_src!r}", Message(
                "echo", ECHO, (ECHO_REPLY, 0), dst), FAR, dst)
    return judge


def by_hand(host):
    """A broadcast belongs to the address that has it, set by hand or not."""
    judge = Judge(host)
    lab.ip("address flush dev h0", "address add 192.0.2.1/24 brd - dev h0",
           "address add 198.51.100.1/24 brd 192.0.2.77 dev h0",
           "address add 10.20.0.1/31 dev h0", *NEIGHBOURS, TO_FAR)
    for combination in ((0, 0, ""), (1, 1, "d0")):
        knobs(*combination)
        for dst, source in (("192.0.2.0", "192.0.2.1"),
                            ("192.0.2.255", "192.0.2.1"),
                            ("192.0.2.77", "198.51.100.1"),
                            ("198.51.100.255", "198.51.100.1"),
                            (ALL, "192.0.2.1" if combination[0] else
                             FAR_SOURCE)):
            judge.source(f"{combination}", Message(
                "echo", ECHO, (ECHO_REPLY, 0), dst), FAR, source)
    lab.ip("address add 10.21.0.1/24 brd 255.255.255.255 dev h0")
    for combination in ((0, 0, ""), (1, 1, "d0")):
        knobs(*combination)
        judge.source(f"{combination}, one has it", TO_ALL, FAR, "10.21.0.1")
    return judge


def nobody(host):
    """None has an address: 192.0.0.8 (RFC 7600)."""
    judge = Judge(host)
    lab.ip(*(f"address flush dev {name} scope {scope}" for name in (
        "h0", "h1", "d0", "lo") for scope in ("global", "link")))
    lab.ip(*NEIGHBOURS, "route replace 192.0.2.0/24 dev h0",
           "route replace 10.1.0.0/24 dev h1")

    def source(what, message, wanted):
        """The host has no address to answer ARP questions with."""
        for number in ("first", "second"):
            host.answers.send(message.frame(PEER))
            got = []
            if select.select([host.frames], [], [], 5)[0]:
                got = answers(host.received())
            judge.equal(f"{what}: {number} {message.name}", got, [
                (*message.answer, wanted)])

    for combination in itertools.product((0, 1), (0, 1),
                                         ("", "d0", "h0", "lo", "nobody")):
        knobs(*combination)
        for message in (TO_ALL, TOO_FAR):
            source(f"{combination}", message, DUMMY)
    lab.ip("address add 10.7.0.1/24 dev d0")
    source("d0 has one", TO_ALL, "10.7.0.1")
    knobs(reply_src="d0")
    for message in (TO_ALL, TOO_FAR):
        source("d0 has one and is named", message, "10.7.0.1")
    return judge


# The kernel's own knob, alone.

def inbound(requesters, first=()):
    """C044: errors to them, as the built-in has it."""
    for src in requesters:
        for number in ("first", "second"):
            name = f"{number} to {src}: "
            yield Stimulus(name + "no hops", probe(src=src, ttl=1), replies=1,
                           commands=first)
            first = ()
            yield Stimulus(name + "too big", probe(
                1400, src=src, frag=IP_DF), replies=1)
            yield Stimulus(name + "refused", refused(src, SERVER), replies=1)
        for dst in ("192.0.2.9", "10.1.0.1"):
            yield Stimulus(f"{src} asks {dst}", probe(src=src, dst=dst),
                           replies=1)


def unroutable():
    """Not often, since the routing code has a limit of its own."""
    for src in REQUESTERS:
        yield Stimulus(f"no host, for {src}", probe(dst="10.2.0.1", src=src),
                       replies=1)


def alone(name, requesters, *lines, undo=(), first=(), **sysctls):
    return Group(f"{INBOUND}: {name}", inbound(requesters, first),
                 commands=lines, undo=undo, rules=REJECT,
                 sysctls={INBOUND: 1, **sysctls})


ADDRESS = "address {} {} dev h0"
GROUPS = [
    alone("several addresses", REQUESTERS),
    Group(f"{INBOUND}: no route", unroutable(), sysctls={INBOUND: 1}),
    alone("for the link", (PEER, "10.30.0.2", FAR),
          ADDRESS.format("add", "10.30.0.1/16 scope link"),
          undo=[ADDRESS.format("del", "10.30.0.1/16")]),
    alone("for the host", (PEER, "10.31.0.2", FAR),
          ADDRESS.format("add", "10.31.0.1/16 scope host"), *NEIGHBOURS,
          undo=[ADDRESS.format("del", "10.31.0.1/16")]),
    alone("for the host, with route_localnet", (PEER, "10.31.0.2", FAR),
          ADDRESS.format("add", "10.31.0.1/16 scope host"), *NEIGHBOURS,
          undo=[ADDRESS.format("del", "10.31.0.1/16")],
          **{"conf/h0/route_localnet": 1}),
    alone("of a peer", (PEER, "10.32.0.2", FAR),
          ADDRESS.format("add", "10.32.0.1 peer 10.32.0.2/32"),
          undo=[ADDRESS.format("del", "10.32.0.1 peer 10.32.0.2/32")]),
    # Nothing of this is undone.
    alone("a secondary one becomes the first", (PEER, FAR),
          f"address add {HOST}/32 dev lo", first=[
              ADDRESS.format("del", "192.0.2.1/24"), *NEIGHBOURS, TO_FAR],
          **{"conf/h0/promote_secondaries": 1}),
    alone("none", (PEER, FAR), "address add 192.0.2.9/32 dev lo",
          "address flush dev h0", *NEIGHBOURS,
          "route add 192.0.2.0/24 dev h0",
          TO_FAR.replace(FAR_SOURCE, "10.1.0.1")),
]
ALONE = (together, redirects, appears, renamed, elsewhere, loopback,
         from_interface, without_address, vrfs, by_hand, nobody)

if __name__ == "__main__":
    versus.main(GROUPS, ALONE, Sources)
