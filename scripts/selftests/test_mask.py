#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""Address masks (RFC 950, RFC 1122 3.2.2.9, RFC 1812 4.3.3.9): who is told
which mask, by which packet, and what is said of masks that others tell.

  peer p0 ------ h0 host           addresses and MACs: lab.py; 192.0.2.1 is on
    | mask request ->|             lo as well, so that h0 can do without
    |<- mask reply   |
    |                | d0          a dummy, where the default route may lead
    |                | t0          a point-to-point tunnel, read by the test
"""

import fcntl
import os
import select
import struct

import dgram
import kmsg
import lab
import packet
import test_echo
import test_raw_life
import versus
from packet import (BROADCAST_MAC, HOST, HOST_MAC, IP_DF, MASK, MASK_REPLY,
                    PEER, PEER_MAC, ether, fragments, frame, icmp, ip, payload,
                    timestamp)
from test_options import LSRR, RR, SOURCE_ROUTE, TSONLY, route, times
from versus import Group, Stimulus

ANY, ALL, HOSTS = "0.0.0.0", "255.255.255.255", "224.0.0.1"
REPL, FAKE = "icmp_maskrepl", "icmp_maskfake"
RECEIVED = {"Icmp.InMsgs": 1, "Icmp.InAddrMasks": 1, "IcmpMsg.InType17": 1}
SENT = {"Icmp.OutMsgs": 1, "Icmp.OutAddrMaskReps": 1, "IcmpMsg.OutType18": 1}
# Of what it tells everybody the host is one.
HEARD = {"Icmp.InMsgs": 1, "Icmp.InAddrMaskReps": 1, "IcmpMsg.InType18": 1}
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 1, 0x1000
# All who ask from somewhere, so that nobody has to look for them.
ASKERS = ("192.0.2.2", "192.0.2.3", "192.0.2.133", "198.51.100.2",
          "203.0.113.6", "10.0.0.1", "10.0.0.2")


class Host(lab.Lab):
    """One that can be found if there is no address on h0, and that tells."""

    def __init__(self):
        super().__init__()
        lab.ip(f"address add {HOST}/32 dev lo")


def addresses(*lines, table="main"):
    """h0 has these addresses, for ip(8), and no others."""
    lab.ip("address flush dev h0",
           *(f"address add {line} dev h0" for line in lines),
           *(f"neigh replace {asker} dev h0 lladdr {lab.mac(PEER_MAC)}"
             for asker in ASKERS),
           f"route replace default via {PEER} dev h0 onlink table {table}")


def bits(length):
    """The mask of a prefix, as a number."""
    return 0xffffffff << 32 - length & 0xffffffff


def request(size=12, code=0, seq=1, csum=None):
    """A request of so many bytes; what stands for the mask is none."""
    return icmp(MASK, code, struct.pack("!HH", 0x1234, seq),
                payload(size - 8), csum)


def ask(src=PEER, dst=HOST, message=None, mac=None, **fields):
    """A frame with a request."""
    many = dst in (ANY, ALL, HOSTS) or src == ANY
    return ether(ip(message or request(), src, dst, **fields),
                 mac or (BROADCAST_MAC if many else HOST_MAC))


def told(mask, src=HOST, dst=PEER, seq=1, **fields):
    """What comes back, but for identification and checksum of the header."""
    message = icmp(MASK_REPLY, 0, struct.pack("!HH", 0x1234, seq),
                   struct.pack("!I", mask))
    many = fields.pop("many", False) or dst == ALL
    whole = bytearray(ether(ip(message, src, dst, **fields),
                            BROADCAST_MAC if many else PEER_MAC, HOST_MAC))
    whole[18:20] = whole[24:26] = bytes(2)
    return bytes(whole)


def total(*counts):
    """{name: number} of all of these."""
    names = set().union(*counts)
    sums = {name: sum(one.get(name, 0) for one in counts) for name in names}
    return {name: number for name, number in sums.items() if number}


class Judge(test_raw_life.Judge):
    """Problems of a host that is asked."""

    def __init__(self, host, value=1):
        super().__init__()
        self.host = host
        lab.sysctl(REPL, value)

    def asks(self, what, frames, wanted=(), end="OutReplies", **more):
        """What comes back is just that, and what is counted, too: by the
        host, of a request, and by the module, of which end says why.
        """
        if isinstance(frames, bytes):
            frames = [frames]
        mib, stat, begin = lab.mib(), lab.fates(), versus.now_ms()
        came = self.host.exchange(frames)
        mib, stat = lab.mib().since(mib), lab.fates().since(stat)
        normaliser = versus.Normaliser((), begin)
        self.equal(what, [normaliser.frame(one).hex() for one in came],
                   [one.hex() for one in wanted])
        self += [f"{what}: {text}" for text in normaliser.problems]
        heard = any(one[:6] == BROADCAST_MAC for one in wanted)
        self.equal(f"{what}: the host counts", {
            name: number for name, number in mib.items()
            if name.startswith("Icmp")}, total(
                RECEIVED, more, SENT if wanted else {},
                HEARD if heard else {}))
        self.equal(f"{what}: the module counts", stat, total(
            {"Icmp4.InTaken": 1, f"Icmp4.{end}": 1},
            {"Icmp4.InTaken": 1, "Icmp4.InNoAction": 1} if heard else {}))

    def told(self, what, mask, src=PEER, dst=HOST, source=None, **fields):
        """Who asks there gets this mask."""
        self.asks(f"{what}: {src} asks {dst}", ask(src, dst, **fields),
                  [told(mask, source or dst, src)])

    def silent(self, what, frames, end, **more):
        self.asks(what, frames, (), end, **more)


# With the knob off.

def unanswered():
    """C161: no request is answered, whoever asks whom."""
    for src in (PEER, "198.51.100.2", "203.0.113.9"):
        for dst in (HOST, "192.0.2.9", "198.51.100.1", "203.0.113.1",
                    "192.0.2.255", "198.51.100.255", ALL, HOSTS):
            yield Stimulus(f"{src} asks {dst}", ask(src, dst), replies=0,
                           drop="InMaskOff")
    for dst in (ALL, HOSTS, ANY):
        yield Stimulus(f"0.0.0.0 asks {dst}", ask(ANY, dst), replies=0,
                       drop="InMaskOff")
    for dst in (HOST, "192.0.2.255"):
        yield Stimulus(f"0.0.0.0 asks {dst}, a martian", ask(ANY, dst),
                       replies=0)
    for size in (12, 13, 64, 1472):
        yield Stimulus(f"{size} bytes", ask(message=request(size)), replies=0,
                       drop="InMaskOff")
    yield Stimulus("in fragments", *fragments(ip(request(3000)), 1500),
                   replies=0, drop="InMaskOff")
    yield Stimulus("code 5", ask(message=request(code=5)), replies=0,
                   drop="InMaskOff")
    yield Stimulus("options", ask(options=route(RR, 3)), replies=0,
                   drop="InMaskOff")
    yield Stimulus("bad checksum", ask(message=request(csum=1)), replies=0,
                   drop="InCsum")


def short():
    """Too short for a mask, which is no error to the built-in."""
    for size in range(8, 12):
        for dst in (HOST, ALL):
            yield Stimulus(f"{size} bytes to {dst}", ask(
                dst=dst, message=request(size)), replies=0,
                drop="InNoAction")


def unasked():
    """C167: replies that nobody waits for."""
    for size in (8, 11, 12, 40):
        for dst in (HOST, "192.0.2.255", ALL, HOSTS):
            yield Stimulus(f"{size} bytes to {dst}", frame(icmp(
                MASK_REPLY, data=payload(size - 8)), dst=dst), replies=0,
                drop="InNoAction")


GROUPS = [
    Group("off", unanswered(), answered=0),
    Group("off, where broadcasts are answered", unanswered(), answered=0,
          sysctls={"icmp_echo_ignore_broadcasts": 0}),
    Group("off, too short", short(), answered=0),
    Group("mask replies", unasked(), answered=0),
]


# Which mask. Whom somebody asks, the mask, and from where, if not from there.

PREFIXES = (
    ("several", (
        "192.0.2.1/24 brd +", "192.0.2.9/24 brd +", "198.51.100.1/25 brd +",
        "203.0.113.5/30 brd +"), (
            (PEER, HOST, 24),
            (PEER, "192.0.2.9", 24),
            (PEER, "198.51.100.1", 25),
            (PEER, "203.0.113.5", 30),
            ("198.51.100.2", HOST, 24),
            ("172.16.0.9", "203.0.113.5", 30),
            # An address of another interface: the first one's.
            (PEER, "203.0.113.1", 24),
            ("203.0.113.6", "203.0.113.1", 24),
            (PEER, ALL, 24, HOST),
            ("198.51.100.2", ALL, 25, "198.51.100.1"),
            ("203.0.113.6", ALL, 30, "203.0.113.5"),
            ("172.16.0.9", ALL, 24, HOST),
            (PEER, "192.0.2.255", 24, HOST),
            ("198.51.100.2", "192.0.2.255", 25, HOST),
            (PEER, "198.51.100.127", 24, "198.51.100.1"),
            ("203.0.113.6", "203.0.113.7", 30, "203.0.113.5"),
            ("172.16.0.9", "203.0.113.7", 24, "203.0.113.5"),
            # A group is in no subnet.
            (PEER, HOSTS, 24, HOST),
            ("198.51.100.2", HOSTS, 24, "198.51.100.1"))),
    ("the wider first", ("192.0.2.1/24", "192.0.2.129/25"), (
        (PEER, HOST, 24), (PEER, "192.0.2.129", 25),
        ("192.0.2.133", ALL, 24, "192.0.2.129"))),
    ("the narrower first", ("192.0.2.129/25", "192.0.2.1/24"), (
        (PEER, HOST, 24), (PEER, "192.0.2.129", 25),
        (PEER, ALL, 24, HOST),
        ("172.16.0.9", ALL, 25, HOST))),
    ("/31 and /32", ("192.0.2.1/24 brd +", "10.0.0.0/31", "10.0.0.9/32"), (
        ("10.0.0.1", "10.0.0.0", 31), (PEER, "10.0.0.0", 31),
        ("10.0.0.1", "10.0.0.9", 32), (PEER, "10.0.0.9", 32),
        ("10.0.0.1", ALL, 31, "10.0.0.0"), ("10.0.0.2", ALL, 24, HOST))),
    ("/32 alone", ("10.0.0.9/32",), (
        (PEER, "10.0.0.9", 32), (PEER, HOST, 32),
        (PEER, ALL, 32, "10.0.0.9"))),
    ("/0", ("10.0.0.9/0",), (
        (PEER, "10.0.0.9", 0), (PEER, HOST, 0), (PEER, HOSTS, 0, "10.0.0.9"),
        (PEER, ALL, 0, "10.0.0.9"))),
    ("/1 and /8", ("10.0.0.9/8", "128.0.0.1/1"), (
        (PEER, "10.0.0.9", 8), (PEER, "128.0.0.1", 1), (PEER, HOST, 1),
        ("10.0.0.2", HOST, 1))),
    # Whose subnet is the peer's; the address itself is asked for its own mask.
    ("peer", ("192.0.2.1/24", "10.0.0.1 peer 10.0.0.2/32"), (
        ("10.0.0.2", ALL, 32, "10.0.0.1"), (PEER, ALL, 24, HOST),
        ("10.0.0.2", HOST, 24), (PEER, "10.0.0.1", 32))),
    ("peer in a subnet", ("192.0.2.1/24", "10.0.0.1 peer 10.0.0.2/30"), (
        ("10.0.0.2", ALL, 30, "10.0.0.1"), (PEER, "10.0.0.1", 30))),
    ("peer alone", ("10.0.0.1 peer 10.0.0.2/32",), (
        ("10.0.0.2", "10.0.0.1", 32), (PEER, HOST, 32))),
    # The styles of a broadcast address: with all ones, with all zeros, by
    # hand, and none, where that with all ones is one nevertheless.
    ("all zeros", ("192.0.2.1/24 brd -", "198.51.100.1/25 brd -"), (
        (PEER, "192.0.2.0", 24, HOST), (PEER, "192.0.2.255", 24, HOST),
        ("198.51.100.2", "198.51.100.0", 25, "198.51.100.1"),
        ("198.51.100.2", "198.51.100.127", 25, "198.51.100.1"))),
    ("by hand", ("192.0.2.1/24 brd 192.0.2.77",
                 "198.51.100.1/25 brd 10.99.99.99"), (
        (PEER, "192.0.2.77", 24, HOST), (PEER, "192.0.2.255", 24, HOST),
        ("198.51.100.2", "10.99.99.99", 25, "198.51.100.1"),
        (PEER, "10.99.99.99", 24, "198.51.100.1"))),
    ("none", ("192.0.2.1/24", "198.51.100.1/25"), (
        (PEER, "192.0.2.255", 24, HOST),
        ("198.51.100.2", "192.0.2.255", 25, HOST),
        (PEER, "198.51.100.127", 24, "198.51.100.1"))),
)


def prefixes(host):
    """C162: the mask of the address asked, or of the one who asks many."""
    judge = Judge(host)
    for name, lines, askers in PREFIXES:
        addresses(*lines)
        for asked in askers:
            src, dst, length, *source = asked
            judge.told(name, bits(length), src, dst, *source)
    return judge


def nothing_to_tell(host):
    """An interface without an address tells nobody anything."""
    judge = Judge(host)
    addresses()
    for value in (0, 0xffff0000):
        lab.sysctl(FAKE, value)
        for src, dst in ((PEER, "203.0.113.1"), (PEER, HOST), (PEER, ALL),
                         (PEER, HOSTS), (ANY, ALL), (ANY, HOSTS)):
            judge.silent(f"{src} asks {dst}, {value}", ask(src, dst),
                         "InMaskUnknown")
    lab.sysctl(FAKE, 0)
    addresses("192.0.2.1/24")
    judge.told("with an address again", bits(24))
    return judge


def to_itself(host):
    """The host asks itself, where lo is the receiving interface."""
    judge = Judge(host)
    lab.sysctl("ping_group_range", "0 2147483647")
    for dst, length in (("127.0.0.1", 8), ("127.0.0.9", 8), (HOST, 32),
                        ("203.0.113.1", 32), ("192.0.2.9", 8)):
        one = dgram.Pinger()
        one.sock.sendto(dgram.request(MASK), (dst, 0))
        host.settle()
        judge.equal(f"asks {dst}", [body[8:].hex() for body in one.bodies()],
                    [f"{bits(length):08x}"])
        one.close()
    return judge


def in_vrf(host):
    """Below a VRF it is the enslaved interface that counts."""
    judge = Judge(host)
    lab.ip("link add red type vrf table 10", "link set red up",
           "address add 203.0.113.77/16 brd + dev red",
           "link set h0 master red")
    addresses("192.0.2.1/24 brd +", "198.51.100.1/25 brd +", table=10)
    judge.told("in a VRF", bits(24))
    judge.told("in a VRF", bits(25), "198.51.100.2", "198.51.100.1")
    judge.told("in a VRF", bits(25), "198.51.100.2", ALL, "198.51.100.1")
    judge.told("in a VRF", bits(24), PEER, "203.0.113.77")
    for dst in (ALL, HOSTS):
        judge.asks(f"0.0.0.0 asks {dst} in a VRF", ask(ANY, dst), [
            told(bits(24), HOST, "192.0.2.255", many=True)])
    addresses("192.0.2.1/24", table=10)
    for dst in (ALL, HOSTS):
        judge.asks(f"0.0.0.0 asks {dst} in a VRF, no broadcast address", ask(
            ANY, dst), [told(bits(24), HOST, ALL)])
    lab.sysctl("conf/h0/forwarding", 1)
    judge.asks("a router, one mask", ask(ANY, ALL), [
        told(bits(24), HOST, ALL)])
    lab.sysctl("conf/h0/forwarding", 0)
    addresses(table=10)
    lab.ip(f"address add {HOST}/32 dev red")
    judge.silent("an address on the VRF alone", ask(), "InMaskUnknown")
    return judge


def faked(host):
    """C163: icmp_maskfake in all spellings, on the wire in network order."""
    judge = Judge(host)
    addresses("192.0.2.1/24 brd +", "198.51.100.1/25 brd +")
    for text, mask in (
            ("4294901760", 0xffff0000), ("0xffff0000", 0xffff0000),
            ("255.255.0.0", 0xffff0000), ("1", 1), ("0x80000001", 0x80000001),
            ("0.0.0.1", 1), ("4294967295", 0xffffffff),
            ("255.255.255.255", 0xffffffff), ("16909060", 0x01020304),
            ("0x01020304", 0x01020304), ("1.2.3.4", 0x01020304)):
        lab.sysctl(FAKE, text)
        judge.equal(f"{text} reads", lab.sysctl(FAKE), f"0x{mask:08x}")
        for src, dst, source in (
                (PEER, HOST, None), (PEER, "198.51.100.1", None),
                (PEER, "203.0.113.1", None), ("198.51.100.2", ALL,
                                              "198.51.100.1"),
                (PEER, HOSTS, HOST)):
            judge.told(text, mask, src, dst, source)
        judge.asks(f"{text}: 0.0.0.0 asks", ask(ANY, ALL), [
            told(mask, HOST, "192.0.2.255", many=True)])
    for text in ("0", "0x0", "0.0.0.0"):
        lab.sysctl(FAKE, "0xff000000")
        lab.sysctl(FAKE, text)
        judge.equal(f"{text} reads", lab.sysctl(FAKE), "0")
        judge.told(text, bits(25), PEER, "198.51.100.1")
    return judge


def live(host):
    """C224: on and off, and on again."""
    judge = Judge(host, 0)
    for value in (0, 1, 0, 0, 1, 1, 0):
        lab.sysctl(REPL, value)
        for number in ("first", "second"):
            if value:
                judge.told(f"{number} with 1", bits(24))
            else:
                judge.silent(f"{number} with 0", ask(), "InMaskOff")
    lab.sysctl(FAKE, "255.0.0.0")
    judge.silent("a faked mask alone", ask(), "InMaskOff")
    return judge


# Who has no address yet.

STYLES = (
    ("all ones", ("192.0.2.1/24 brd +",), "192.0.2.255"),
    ("all zeros", ("192.0.2.1/24 brd -",), "192.0.2.0"),
    ("by hand", ("192.0.2.1/24 brd 192.0.2.77",), "192.0.2.77"),
    ("by hand, from elsewhere", ("192.0.2.1/24 brd 10.99.99.99",),
     "10.99.99.99"),
    ("by hand, everybody", ("192.0.2.1/24 brd 255.255.255.255",), ALL),
    ("0", ("192.0.2.1/24 brd 0.0.0.0",), ALL),
    ("none", ("192.0.2.1/24",), ALL),
    ("none of /31", ("192.0.2.1/31",), ALL),
    ("none of /32", ("192.0.2.1/32",), ALL),
    ("none of a peer", ("192.0.2.1 peer 10.0.0.2/32",), ALL),
    ("a peer's", ("192.0.2.1 peer 10.0.0.2/30 brd 10.0.0.3",), "10.0.0.3"),
    ("the first of two", ("192.0.2.1/24 brd +", "198.51.100.1/25 brd +"),
     "192.0.2.255"),
    ("the second of two has none", ("192.0.2.1/24 brd +", "198.51.100.1/25"),
     "192.0.2.255"),
    ("the first of two has none", ("192.0.2.1/24", "198.51.100.1/25 brd +"),
     ALL),
    ("a subnet that has everybody", ("192.0.2.1/24 brd +",
                                     "10.0.0.9/0 brd 10.255.255.255"),
     "10.255.255.255"),
)
# Of each what it tells, if that is not /24, and from where.
LENGTHS = {"none of /31": 31, "none of /32": 32, "none of a peer": 32,
           "a peer's": 30, "a subnet that has everybody": 0}
# A dummy that has the same subnet, and had it first.
ELSEWHERE = ["link add d0 type dummy", "link set d0 up",
             "address add 192.0.2.200/24 brd + dev d0",
             "address add 10.5.0.1/24 brd + dev d0"]


def without_address(host):
    """Who has no address is answered by broadcast, where it came from."""
    judge = Judge(host)
    for elsewhere in (False, True):
        if elsewhere:
            lab.ip("address flush dev h0", *ELSEWHERE)
        for name, lines, dst in STYLES:
            addresses(*lines)
            if elsewhere:
                lab.ip("route replace default via 10.5.0.2 dev d0")
            source = "10.0.0.9" if LENGTHS.get(name) == 0 else HOST
            for asked in (ALL, HOSTS, ANY):
                judge.asks(f"{name}, {asked}, {elsewhere}", ask(ANY, asked), [
                    told(bits(LENGTHS.get(name, 24)), source, dst,
                         many=True)])
    # Only those two destinations get in from there.
    addresses("192.0.2.1/24 brd +")
    for dst in (HOST, "192.0.2.255", "203.0.113.1", "224.0.1.1"):
        mib = lab.mib()
        judge.equal(f"0.0.0.0 asks {dst}", [host.exchange([ask(ANY, dst)]),
                    lab.mib().since(mib).get("Icmp.InMsgs")], [[], None])
    return judge


def router(host):
    """C165: a router with several masks does not choose one for 0.0.0.0."""
    judge = Judge(host)
    many, same = told(bits(24), HOST, "192.0.2.255", many=True), (
        "192.0.2.1/24 brd +", "198.51.100.1/24 brd +")
    different = same[0], "198.51.100.1/25 brd +"

    def asks(what, wanted=()):
        for dst in (ALL, HOSTS, ANY):
            judge.asks(f"{what}: 0.0.0.0 asks {dst}", ask(ANY, dst), wanted,
                       "OutReplies" if wanted else "InMaskAmbiguous")
        judge.told(what, bits(24) if not fake else fake)

    fake = 0
    addresses(*different)
    asks("a host, different", [many])
    lab.sysctl("conf/h0/forwarding", 1)
    asks("a router, different")
    judge.told("a router", bits(25), "198.51.100.2", ALL, "198.51.100.1")
    judge.told("a router", bits(25), PEER, "198.51.100.1")
    fake = 0xffff0000
    lab.sysctl(FAKE, fake)
    asks("a router, faked", [told(fake, HOST, "192.0.2.255", many=True)])
    fake = 0
    lab.sysctl(FAKE, 0)
    asks("a router, no longer faked")
    addresses(*same)
    asks("a router, the same", [many])
    addresses(same[0])
    asks("a router, one", [many])
    addresses(same[0], "192.0.2.9/24 brd +")
    asks("a router, secondary", [many])
    addresses(*same, "192.0.2.9/24 brd +", "10.0.0.1/30")
    asks("a router, the last differs")
    addresses(same[0])
    lab.ip("link add d0 type dummy", "link set d0 up",
           "address add 10.5.0.1/20 dev d0")
    asks("a router, another interface differs", [many])
    addresses(*different)
    asks("a router, different again")
    lab.sysctl("ip_forward", 1)
    lab.sysctl("conf/h0/forwarding", 0)
    asks("a router, but not there", [many])
    return judge


def point_to_point(host):
    """On a point-to-point interface who has no address is the other end."""
    judge = Judge(host)
    lab.run("modprobe", "tun")
    wire = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(wire, TUNSETIFF, struct.pack("16sH22x", b"t0",
                                             IFF_TUN | IFF_NO_PI))
    lab.ip("link set t0 up", "link add d0 type dummy", "link set d0 up",
           "address add 10.5.0.1/24 dev d0",
           "route replace default via 10.5.0.2 dev d0",
           "address add 10.8.0.1 peer 10.8.0.2/32 dev t0")

    def hears(what, src, dst, *wanted):
        """What leaves by the tunnel, but for what the header counts."""
        mib = lab.mib()
        os.write(wire, ip(request(), src, dst))
        host.settle()
        got = []
        while select.select([wire], [], [], 0 if got else 0.3)[0]:
            one = os.read(wire, 2048)
            if one[0] >> 4 == 4 and one[9] == 1:
                got.append((one[:4] + one[6:10] + one[12:]).hex())
        judge.equal(what, got, [(one[14:18] + one[20:24] + one[26:]).hex()
                                for one in wanted])
        # The host hears no more of it than what it tells everybody.
        judge.equal(f"{what}: counts", lab.mib().since(mib).get(
            "IcmpMsg.InType18", 0), int(wanted[0][:6] == BROADCAST_MAC))

    for dst in (ALL, HOSTS, ANY):
        hears(f"0.0.0.0 asks {dst}", ANY, dst, told(
            bits(32), "10.8.0.1", "10.8.0.2"))
    hears("the peer asks", "10.8.0.2", "10.8.0.1", told(
        bits(32), "10.8.0.1", "10.8.0.2"))
    hears("the peer asks all", "10.8.0.2", ALL, told(
        bits(32), "10.8.0.1", "10.8.0.2"))
    lab.ip("address flush dev t0",
           "address add 10.8.0.1 peer 10.8.0.2/30 dev t0")
    hears("0.0.0.0 asks, /30", ANY, ALL, told(
        bits(30), "10.8.0.1", "10.8.0.2"))
    lab.ip("address flush dev t0",
           "address add 10.8.0.1/24 brd + dev t0")
    hears("0.0.0.0 asks where no peer is known", ANY, ALL, told(
        bits(24), "10.8.0.1", "10.8.0.255", many=True))
    lab.ip("address flush dev t0", "address add 10.8.0.1/24 dev t0")
    hears("0.0.0.0 asks where nothing is known", ANY, ALL, told(
        bits(24), "10.8.0.1", ALL))
    os.close(wire)
    return judge


# The message.

def lengths(host):
    """12 bytes make a request; what is more does not come back."""
    judge = Judge(host)
    for dst in (HOST, ALL):
        for size in range(8, 12):
            judge.silent(f"{size} bytes to {dst}", ask(
                dst=dst, message=request(size)), "InNoAction")
        for size in (12, 13, 16, 20, 100, 1471, 1472):
            judge.asks(f"{size} bytes to {dst}", ask(
                dst=dst, message=request(size)), [told(bits(24))])
    lab.ip("link set h0 mtu 65535")
    for size, linear in ((5000, 34), (5000, 42), (5000, 45), (5000, 46)):
        judge.asks(f"{size} bytes, {linear} linear", lab.paged(ask(
            message=request(size)), linear), [told(bits(24))])
    lab.ip("link set h0 mtu 1500")
    for size, mtu in ((12, 28), (20, 28), (100, 60), (3000, 1500),
                      (65515, 1500)):
        frames = fragments(ip(request(size)), mtu)
        judge.asks(f"{size} bytes in {len(frames)} fragments", frames, [
            told(bits(24))])
        judge.asks(f"{size} bytes in fragments, backwards", frames[::-1], [
            told(bits(24))])
    judge.asks("padding", ether(ip(request()) + payload(18)), [
        told(bits(24))])
    judge.silent("padding is no mask", ether(ip(request(11)) + payload(18)),
                 "InNoAction")
    for size in (12, 100):
        judge.silent(f"bad checksum of {size} bytes", ask(
            message=request(size, csum=0x1234)), "InCsum", **{
                "Icmp.InErrors": 1, "Icmp.InCsumErrors": 1,
                "Icmp.InAddrMasks": -1, "IcmpMsg.InType17": -1})
    # What is not returned can be wrong as well.
    judge.silent("the last byte is wrong", ask(
        message=request(100)[:-1] + b"?"), "InCsum", **{
            "Icmp.InErrors": 1, "Icmp.InCsumErrors": 1,
            "Icmp.InAddrMasks": -1, "IcmpMsg.InType17": -1})
    judge.asks("checksum left to the device", lab.partial(ask(
        message=request(csum=0))), [told(bits(24))])
    return judge


def codes(host):
    """The code of a reply is 0, identifier and number are the request's."""
    judge = Judge(host)
    for code in (0, 1, 127, 255):
        judge.asks(f"code {code}", ask(message=request(code=code)), [
            told(bits(24))])
    for seq in (0, 1, 0x7fff, 0x8000, 0xffff):
        judge.asks(f"number {seq}", ask(message=request(seq=seq)), [
            told(bits(24), seq=seq)])
    return judge


def sums(host):
    """The checksum is right, whatever the mask; of all ones, too."""
    judge = Judge(host)
    for ident in (0, 1, 0xedff, 0xffff):
        for seq in (0, 0xffff, 0x1200):
            for mask in (0xffffffff, 0xffff0000, 0xffffff00, 0x00000001,
                         0x12004321, 0xedffffff):
                lab.sysctl(FAKE, mask)
                rest = struct.pack("!HH", ident, seq)
                for asked in (bytes(4), b"\xff" * 4):
                    came = host.exchange([ask(message=icmp(
                        MASK, 0, rest, asked))])
                    judge.equal(f"{ident:x} {seq:x} {mask:x}", [
                        packet.Ip(one[14:]).body.hex() for one in came], [
                            icmp(MASK_REPLY, 0, rest,
                                 struct.pack("!I", mask)).hex()])
    return judge


HEADERS = (
    *({"tos": tos} for tos in (0, 1, 2, 0x10, 0x1e, 0xb8, 0xff)),
    *({"ttl": ttl} for ttl in (1, 2, 255)),
    *({"frag": flags} for flags in (IP_DF, 0x8000, IP_DF | 0x8000)),
    *({"ident": ident} for ident in (0, 1, 0xffff)),
    *({"options": options} for options in (
        b"\1\1\1\1", route(RR, 3), route(RR, 9), route(RR, 0),
        route(RR, 2) + b"\x94\4\0\0", b"\x94\4\0\0",
        route(LSRR, 0, "192.0.2.4", "192.0.2.3", pointer=12))))


def headers(host):
    """The IP header is that of other replies: TOS, TTL, flags, options."""
    judge = Judge(host)
    for name, value in SOURCE_ROUTE.items():
        lab.sysctl(name, value)
    for ttl in (64, 7):
        lab.sysctl("ip_default_ttl", ttl)
        for fields in HEADERS:
            seen = []
            for message in (request(), timestamp()):
                came = host.exchange([ask(message=message, **fields)])
                seen.append([(one[:14].hex(), head.tos, head.frag, head.ttl,
                              head.src, head.dst, head.head[20:].hex())
                             for one in came
                             for head in [packet.Ip(one[14:])]])
            judge.equal(f"{fields}", *seen)
            judge.equal(f"{fields}: replies", len(seen[0]), 1)
    came = host.exchange([ask(options=route(RR, 3))])
    judge.equal("recorded", came[0][34:49], b"\7\x0f\x0c" + 2 * packet.addr(
        HOST) + bytes(4))
    came = host.exchange([ask(options=times(TSONLY, ["0.0.0.0"] * 3))])
    judge.equal("stamps", [came[0][34:37].hex(), came[0][38:42] != bytes(4)],
                ["44100d", True])
    idents = [packet.Ip(one[14:]).ident for one in host.exchange([ask()] * 9)]
    judge.equal("identifications", len(set(idents)), 9)
    return judge


def sharers(host):
    """Who else has the request keeps it as it came."""
    lab.sysctl(REPL, 1)
    return test_echo.shared(host, [
        request(), request(13), request(100), request(3000),
        request(code=9)])


def broadcasts(host):
    """No knob of echo requests has a say."""
    judge = Judge(host)
    for none, many in ((0, 0), (0, 1), (1, 0), (1, 1)):
        lab.sysctl("icmp_echo_ignore_all", none)
        lab.sysctl("icmp_echo_ignore_broadcasts", many)
        for dst in (HOST, "192.0.2.255", ALL, HOSTS):
            judge.told(f"{none}, {many}", bits(24), PEER, dst, HOST)
    lab.sysctl("icmp_tstamprepl", 0)
    judge.told("no timestamps", bits(24))
    return judge


def limits(host):
    """icmp_ratemask and icmp_rates hold, icmp_icmplim does not."""
    judge = Judge(host)
    addresses("192.0.2.1/24 brd +")

    def count(what, src, number, limit=None, dst=HOST):
        mib, stat = lab.mib(), lab.fates()
        came = host.exchange([ask(src, dst)] * 20)
        stat = lab.fates().since(stat)
        judge.equal(what, len(came), number)
        heard = number if src == ANY else 0
        judge.equal(f"{what}: counts", stat, total(
            {"Icmp4.InTaken": 20 + heard, "Icmp4.OutReplies": number,
             "Icmp4.InNoAction": heard}, {f"Icmp4.{limit}": 20 - number}))
        judge.equal(f"{what}: sent", lab.mib().since(mib).get(
            "IcmpMsg.OutType18", 0), number)

    # Before there is any: newer kernels have more than what is sent here.
    lab.sysctl("icmp_msgs_burst", 50)
    lab.sysctl("icmp_ratelimit", 60000)
    lab.sysctl("icmp_ratemask", 0x7fffffff & ~(1 << 18))
    count("all others in the mask", "10.1.0.1", 20)
    lab.sysctl("icmp_ratemask", 1 << 18)
    for src in ("10.1.0.2", "10.1.0.3"):
        count(f"in the mask, {src}", src, 6, "LimitHost")
        count(f"in the mask, {src} again", src, 0, "LimitHost")
    count("in the mask, 0.0.0.0", ANY, 6, "LimitHost", ALL)
    lab.sysctl("icmp_ratelimit", 0)
    count("no interval", "10.1.0.2", 20)
    lab.sysctl("icmp_rates", "maskrep:60000:3")
    judge.equal("icmp_rates", lab.sysctl("icmp_rates"), "maskrep:60000:3")
    lab.sysctl("icmp_ratemask", 0)
    for src in ("10.1.0.2", "10.1.0.4"):
        count(f"a rate, {src}", src, 3, "LimitType")
    count("a rate, 0.0.0.0", ANY, 3, "LimitType", ALL)
    lab.sysctl("icmp_rates", "maskrep:0")
    lab.sysctl("icmp_rates", "timerep:60000:1 echorep:60000:1 unreach:60000:1")
    count("rates of others", "10.1.0.2", 20)
    lab.sysctl("icmp_icmplim", 1)
    lab.sysctl("icmp_icmplim_jitter", 0)
    lab.sysctl("icmp_icmplim_output", 1)
    count("icmp_icmplim", "10.1.0.5", 20)
    lab.sysctl("icmp_ratemask", 1 << 18)
    lab.sysctl("icmp_msgs_per_sec", 0)
    stat = lab.fates()
    came = len(host.exchange([ask()] * 300))
    stat = lab.fates().since(stat)
    judge.equal("the credit of all", [
        stat.get("Icmp4.LimitGlobal", 0) + came, came < 200], [300, True])
    return judge


def shown(host):
    """Sockets of Darwin's way see the requests that are not answered."""
    judge = Judge(host)
    lab.sysctl("ping_group_range", "0 2147483647")
    lab.sysctl("icmp_dgram_darwin", 1)
    one = dgram.Pinger()
    for value, size, number in ((0, 12, 1), (1, 12, 0), (1, 11, 1),
                                (0, 11, 1), (1, 13, 0), (0, 13, 1)):
        lab.sysctl(REPL, value)
        host.exchange([ask(message=request(size))])
        judge.equal(f"{value}: {size} bytes", [
            len(body) for body in one.bodies()], [20 + size] * number)
    one.close()
    return judge


# What others tell.

def tells(mask, src="192.0.2.5", dst=HOST, extra=b"", ident=0x1234):
    """A frame with a mask reply."""
    return frame(icmp(MASK_REPLY, 0, struct.pack("!HH", ident, 7),
                      mask + extra), src=src, dst=dst)


def line(mask, src="192.0.2.5", device="h0"):
    return f"icmp4: wrong address mask {mask} from {src} on {device}"


@kmsg.unlimited
def wrong_masks(host):
    """C167: a router says who tells a wrong mask; nobody adopts one."""
    judge, log = test_raw_life.Judge(), kmsg.Log()
    addresses("192.0.2.1/24 brd +", "192.0.2.129/25 brd +",
              "198.51.100.1/30 brd +", "10.0.0.9 peer 10.0.0.2/32")
    lab.ip("link add d0 type dummy", "link set d0 up",
           "address add 10.5.0.1/24 dev d0")
    before = lab.run("ip", "-o", "-4", "address", "show", "dev", "h0")

    def hears(what, sent, *lines):
        mib, stat = lab.mib(), lab.fates()
        judge.equal(f"{what}: answers", host.exchange([sent]), [])
        judge.equal(what, log.lines("icmp4:"), list(lines))
        judge.equal(f"{what}: counts", [
            {name: number for name, number in lab.mib().since(mib).items()
             if name.startswith("Icmp")}, lab.fates().since(stat)], [
                 {"Icmp.InMsgs": 1, "Icmp.InAddrMaskReps": 1,
                  "IcmpMsg.InType18": 1},
                 {"Icmp4.InTaken": 1, "Icmp4.InNoAction": 1}])

    addr = packet.addr
    wrong, right = addr("255.255.0.0"), addr("255.255.255.0")
    for forwarding, martians in ((0, 0), (1, 0), (0, 1)):
        lab.sysctl("conf/h0/forwarding", forwarding)
        lab.sysctl("conf/h0/log_martians", martians)
        hears(f"{forwarding}, {martians}", tells(wrong))
    lab.sysctl("conf/h0/forwarding", 1)
    lab.sysctl("conf/h0/log_martians", 0)
    for name in ("all", "h0"):
        lab.sysctl(f"conf/{name}/log_martians", 1)
        hears(f"log_martians of {name}", tells(wrong), line("255.255.0.0"))
        lab.sysctl(f"conf/{name}/log_martians", 0)
        hears(f"no log_martians of {name}", tells(wrong))
    lab.sysctl("conf/h0/log_martians", 1)
    hears("right", tells(right))
    for mask in ("0.0.0.0", "255.255.255.255", "255.255.254.0",
                 "255.255.255.1", "0.255.255.255", "0.0.0.255",
                 "255.255.255.128", "255.255.255.252"):
        hears(mask, tells(addr(mask)), line(mask))
    for mask, lines in (("255.255.255.0", []), ("255.255.255.128", []),
                        ("255.255.255.192", 1)):
        hears(f"{mask} in two subnets", tells(addr(mask), "192.0.2.133"),
              *([line(mask, "192.0.2.133")] if lines else []))
    hears("the other subnet's", tells(right, "198.51.100.2"),
          line("255.255.255.0", "198.51.100.2"))
    hears("its own", tells(addr("255.255.255.252"), "198.51.100.2"))
    hears("a peer", tells(right, "10.0.0.2"),
          line("255.255.255.0", "10.0.0.2"))
    hears("a peer's own", tells(addr("255.255.255.255"), "10.0.0.2"))
    for src in ("10.9.8.7", "198.51.100.9", "203.0.113.9", "10.5.0.7"):
        hears(f"{src} is not connected", tells(wrong, src))
    for dst in ("192.0.2.255", ALL, HOSTS, "198.51.100.1", "203.0.113.1"):
        hears(f"to {dst}", tells(wrong, dst=dst), line("255.255.0.0"))
    for size in range(4):
        hears(f"{8 + size} bytes", tells(wrong[:size]))
    hears("more than 12 bytes", tells(wrong, extra=b"more"),
          line("255.255.0.0"))
    hears("more than 12 bytes, right", tells(right, extra=wrong))
    hears("0.0.0.0", tells(wrong, ANY, ALL))
    for value in (0, 1):
        lab.sysctl(REPL, value)
        lab.sysctl(FAKE, "255.255.0.0")
        hears(f"maskrepl {value}, a faked mask", tells(wrong),
              line("255.255.0.0"))
        hears(f"maskrepl {value}, no faked mask", tells(right))
    judge.equal("addresses", lab.run("ip", "-o", "-4", "address", "show",
                                     "dev", "h0"), before)
    # Nor does the host complain of what it tells everybody itself.
    lab.sysctl(FAKE, "255.255.0.0")
    judge.equal("answers everybody", len(host.exchange([ask(ANY, ALL)])), 1)
    judge.equal("its own", log.lines("icmp4:"), [])
    lab.sysctl(FAKE, 0)
    # A bad one says nothing at all.
    host.exchange([frame(icmp(MASK_REPLY, 0, bytes(4), wrong, csum=1),
                         src="192.0.2.5")])
    judge.equal("bad checksum", log.lines("icmp4:"), [])
    lab.ip("link add red type vrf table 10", "link set red up",
           "link set h0 master red")
    addresses("192.0.2.1/24", table=10)
    hears("in a VRF", tells(wrong), line("255.255.0.0"))
    hears("in a VRF, right", tells(right))
    log.close()
    return judge


@kmsg.unlimited
def told_to_sockets(host):
    """A mask that is wrong still reaches the socket that asked for one."""
    judge, log = test_raw_life.Judge(), kmsg.Log()
    lab.sysctl("ping_group_range", "0 2147483647")
    for name in ("forwarding", "log_martians"):
        lab.sysctl(f"conf/h0/{name}", 1)
    one = dgram.Pinger(local=HOST)
    one.sock.sendto(dgram.request(MASK), (PEER, 0))
    host.exchange([])
    for mask in ("255.255.0.0", "255.255.255.0"):
        stat = lab.fates()
        host.exchange([tells(packet.addr(mask), PEER,
                             ident=dgram.number(one.sock))])
        judge.equal(f"{mask}: hears", [body[8:] for body in one.bodies()], [
            packet.addr(mask)])
        judge.equal(f"{mask}: counts", lab.fates().since(stat), {
            "Icmp4.InTaken": 1, "Icmp4.InAnswers": 1})
        judge.equal(f"{mask}: logs", log.lines("icmp4:"), [
            line(mask, PEER)] if mask == "255.255.0.0" else [])
    one.close()
    log.close()
    return judge


def log_limit(host):
    """What is said of wrong masks is limited by the kernel's own limit."""
    for name in ("forwarding", "log_martians"):
        lab.sysctl(f"conf/h0/{name}", 1)
    log = kmsg.Log()
    host.exchange([tells(packet.addr("255.0.0.0"))] * 200)
    lines = log.lines("icmp4:")
    log.close()
    return [] if 1 <= len(lines) <= 20 else [f"{len(lines)} lines of 200"]


ALONE = (prefixes, nothing_to_tell, to_itself, in_vrf, faked, live,
         without_address, router, point_to_point, lengths, codes, sums,
         headers, sharers, broadcasts, limits, shown, wrong_masks,
         told_to_sockets, log_limit)

if __name__ == "__main__":
    versus.main(GROUPS, ALONE, Host)
