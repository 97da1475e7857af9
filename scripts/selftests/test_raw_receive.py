#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""Who hears what: messages that raw ICMP sockets receive, compared with those
of the built-in ICMP.

  peer p0 ------ h0 host
    | messages ->|        by address, device, group, source and policy; all
    |            |        that comes with a message; buffers that are full
"""

import functools
import re
import socket
import struct

import lab
import packet
import raw
import versus
from differences import FULL_FIRST, SHORT_TIMESTAMP, TIMESTAMP_COUNT
from kernel import full_before_filter
from lab import NEIGHBOURS
from packet import HOST, PEER
from raw import (SO_RXQ_OVFL, SO_TIMESTAMP, SO_TIMESTAMPNS, SOL_IP, SOL_SOCKET,
                 Group, Scene, echo, many, mask, set_filter, verdict)
from sender import FAR

partial = functools.partial
IP_RECVOPTS, IP_RETOPTS, IP_PKTINFO = 6, 7, 8
IP_RECVTTL, IP_RECVTOS, IP_ORIGDSTADDR, IP_MINTTL = 12, 13, 20, 21
IP_PASSSEC, IP_CHECKSUM, IP_RECVFRAGSIZE = 18, 23, 25
IP_IPSEC_POLICY, IP_XFRM_POLICY = 16, 17
IP_MULTICAST_ALL = 49
ABOUT = [(SOL_IP, option, 1) for option in (
    IP_RECVOPTS, IP_RETOPTS, IP_PKTINFO, IP_RECVTTL, IP_RECVTOS,
    IP_ORIGDSTADDR, IP_RECVFRAGSIZE)]
SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_LOCK_FILTER = 26, 27, 44
SO_BINDTODEVICE, SO_MARK = 25, 36
PKTINFO = (SOL_IP, IP_PKTINFO, 1)
OTHER = "192.0.2.9"
# Of which no router is told, at a time of the kernel's choice.
GROUP, SECOND = "224.0.0.50", "224.0.0.51"
LO = "203.0.113.1"


def bound(device):
    return (SOL_SOCKET, SO_BINDTODEVICE, device.encode() + b"\0")


# By address.

def addresses(play, src):
    """Sockets of all addresses, and messages to all."""
    for local in ("0.0.0.0", HOST, OTHER, LO, "127.0.0.1", "192.0.2.255",
                  "255.255.255.255", "224.0.0.1"):
        for far in (None, PEER, FAR):
            one = play.open(PKTINFO, name=f"{local}, {far}", local=local)
            if far:
                play.note(f"{local}, connect to {far}", verdict(
                    one.sock.connect, (far, 0)))
    play.hear(*(echo(dst=dst, src=src) for dst in (
        HOST, OTHER, "198.51.100.1", LO)), *(many(dst=dst, src=src) for dst in (
            "192.0.2.255", "198.51.100.255", "255.255.255.255", "224.0.0.1",
            "192.0.2.0")))


def any_message(play):
    """Whatever comes, in order or not, answered or not."""
    play.open(*ABOUT)
    play.open(name="253", proto=253)
    play.open(name="UDP", proto=packet.UDP)
    message = packet.echo(100)
    play.hear(
        packet.frame(message), packet.frame(message[:50]),
        packet.frame(packet.echo(4, csum=0)),
        packet.frame(packet.timestamp(csum=0)),
        packet.frame(packet.icmp(packet.UNREACH, 1, data=b"\1\2")),
        packet.frame(packet.icmp(packet.UNREACH, 3, data=packet.ip(
            packet.udp(32), HOST, FAR, packet.UDP))),
        packet.frame(packet.icmp(packet.REDIRECT, 99)),
        packet.frame(packet.icmp(200, 1)), packet.frame(packet.echo(0, kind=0)),
        packet.frame(packet.icmp(packet.PROBE)),
        packet.frame(message, ttl=1, tos=0xff, frag=packet.IP_DF, ident=0),
        packet.frame(message, proto=253), packet.frame(message, proto=2),
        packet.frame(packet.icmp(3, 3), src="127.0.0.1"),
        packet.frame(message, src="0.0.0.0"),
        packet.frame(message, src="255.255.255.255"),
        packet.frame(message, src="224.0.0.1"),
        packet.frame(message, src=HOST), packet.frame(message, dst=FAR),
        packet.ether(packet.ip(message) + b"padding behind"),
        packet.ether(packet.ip(message, total=60)),
        packet.ether(packet.ip(message, total=20)),
        packet.ether(packet.ip(message, total=2000)))


def timestamps(play, message):
    play.open(*ABOUT)
    play.hear(packet.frame(message))


def in_pieces(play, linear):
    """Fragments, and pages."""
    play.open(*ABOUT, (SOL_SOCKET, socket.SO_RCVBUF, 1 << 20))
    whole = packet.ip(packet.echo(4000), ident=0x5000 + linear, tos=3)
    pieces = packet.fragments(whole, 1500, ident=0x5000 + linear)
    play.hear(*pieces)
    play.hear(*reversed(packet.fragments(whole, 600, ident=0x6000 + linear)))
    play.hear(lab.paged(packet.frame(packet.echo(6000)), linear))
    play.hear(pieces[0])


# What comes with a message.

OPTIONS = {"none": b"", "no operation": b"\1" * 4,
           "record route": b"\7\7\4\0\0\0\0\0",
           "record route, full": b"\7\7\x08\xc0\0\2\x63\0",
           "timestamps": b"\x44\x0c\5\0" + bytes(8),
           "router alert": b"\x94\4\0\0",
           "security": b"\x82\x0b" + bytes(9) + b"\0",
           "source route": b"\x83\x0b\x0c\xc0\0\2\x42\x0a\1\1\1\0",
           "strict": b"\x89\7\x08\xc0\0\2\x42\0",
           "forty": b"\1" * 40, "unknown": b"\xcc\4\1\2"}


def options(play, name):
    """IP_RECVOPTS and IP_RETOPTS, with options of either kind."""
    play.open((SOL_IP, IP_RECVOPTS, 1), name="received")
    play.open((SOL_IP, IP_RETOPTS, 1), name="returned")
    play.open(*ABOUT, name="all")
    play.open(name="none")
    play.send(packet.frame(packet.icmp(3, 3), options=OPTIONS[name]))
    for name_, one in play.sockets.items():
        messages = one.messages()
        # The clocks of a timestamp option.
        if name == "timestamps":
            messages = [re.sub("[0-9a-f]{8}", "clock", text)
                        for text in messages]
        play.note(f"{name_} hears", messages)
        if messages:
            play.notes["heard"] = "yes"


def asked_alone(play):
    """Each thing alone."""
    for one in ABOUT:
        play.open(one, name=f"option {one[1]}")
    for option in (SO_TIMESTAMP, SO_TIMESTAMPNS):
        play.open((SOL_SOCKET, option, 1), name=f"clock {option}")
    play.open((SOL_SOCKET, SO_RXQ_OVFL, 1), name="drops")
    play.open((SOL_SOCKET, 75, 1), name="mark")
    play.open((SOL_IP, IP_MINTTL, 64), name="TTL 64")
    play.open((SOL_IP, IP_MINTTL, 65), name="TTL 65")
    play.open((SOL_IP, IP_CHECKSUM, 1), name="checksum")
    play.hear(packet.frame(packet.icmp(3, 3), tos=0x2e, ttl=64),
              many(packet.icmp(3, 3)), many(packet.icmp(3, 3), "224.0.0.1"))


def info_of_own(play):
    """IP_PKTINFO of what came by the loopback device."""
    one = play.open(PKTINFO)
    for address in (HOST, "127.0.0.1", "127.9.9.9", LO):
        play.note("send", verdict(one.sock.sendto, packet.icmp(0),
                                  (address, 0)))
    play.hear(echo(dst=LO))


# By what a filter says.

def program(*lines):
    """A classic BPF program: code, jump if true, if false, number."""
    code = b"".join(struct.pack("=HBBI", *line) for line in lines)
    keep = raw.ctypes.create_string_buffer(code, len(code))
    return keep, struct.pack("@HP", len(lines), raw.ctypes.addressof(keep))


LOAD, LOAD_HALF, EQUAL, RETURN, LENGTH = 0x30, 0x28, 0x15, 0x06, 0x80
PROGRAMS = {
    "everything": [(RETURN, 0, 0, 0xffff)],
    "nothing": [(RETURN, 0, 0, 0)],
    "30 bytes": [(RETURN, 0, 0, 30)],
    "10 bytes": [(RETURN, 0, 0, 10)],
    "echo requests": [(LOAD, 0, 0, 20), (EQUAL, 0, 1, 8),
                      (RETURN, 0, 0, 0xffff), (RETURN, 0, 0, 0)],
    "what is 36 bytes": [(LENGTH, 0, 0, 0), (EQUAL, 0, 1, 36),
                         (RETURN, 0, 0, 0xffff), (RETURN, 0, 0, 0)],
    "its device": [(0x20, 0, 0, 0xfffff000 + 8), (EQUAL, 1, 0, 0),
                   (RETURN, 0, 0, 0xffff), (RETURN, 0, 0, 0)],
    "the network header": [(LOAD, 0, 0, 0xfff00000 + 9), (EQUAL, 0, 1, 1),
                           (RETURN, 0, 0, 0xffff), (RETURN, 0, 0, 0)],
    "the link header": [(LOAD_HALF, 0, 0, 0xffe00000 + 12),
                        (EQUAL, 0, 1, 0x800), (RETURN, 0, 0, 0xffff),
                        (RETURN, 0, 0, 0)],
}


def programmed(play, name):
    keep, value = program(*PROGRAMS[name])
    one = play.open(*ABOUT)
    play.open(name="free")
    play.note("attach", raw.set_option(one, SOL_SOCKET, SO_ATTACH_FILTER,
                                       value))
    del keep
    play.hear(echo(), echo(20), packet.frame(packet.icmp(3, 3)), echo(1400))
    play.note("drops", one.drops())
    set_filter(one, mask({8}, 4))
    play.hear(echo(), packet.frame(packet.icmp(3, 3)))
    play.note("detach", verdict(one.sock.setsockopt, SOL_SOCKET,
                                SO_DETACH_FILTER, 0))
    play.hear(echo(), packet.frame(packet.icmp(3, 3)))


# By device.

VRF = ["link add blue type vrf table 10", "link set blue up",
       "link set h0 master blue", *NEIGHBOURS,
       "route add default via 192.0.2.2 table 10",
       "link add d0 type dummy", "link set d0 up",
       "address add 10.66.0.1/24 dev d0"]
NO_VRF = ["link set h0 nomaster", "link del blue", *NEIGHBOURS,
          "link del d0", "route replace default via 192.0.2.2"]


def devices(play, names, local=None):
    """Sockets of each device and of none."""
    for name in names:
        one = play.open(*([bound(name)] if name else []), PKTINFO,
                        name=name or "none")
        if local:
            play.note(f"bind {name}", verdict(one.sock.bind, (local, 0)))
    play.hear(echo(), many(), many(dst="224.0.0.1"), echo(dst=LO),
              echo(dst="10.66.0.1"))
    for name, one in play.sockets.items():
        play.note(f"send by {name}", verdict(
            one.sock.sendto, packet.icmp(0), (HOST, 0)))
    play.hear()


def rebound(play):
    """From device to device, and a device that goes."""
    one = play.open(PKTINFO)
    lab.ip("link add d1 type dummy", "link set d1 up",
           "address add 10.77.0.1/24 dev d1")
    for name in ("h0", "lo", "d1", "none", "", "h0"):
        play.note(f"bind to {name}", verdict(one.sock.setsockopt,
                                             *bound(name)))
        play.hear(echo())
        play.note("send", verdict(one.sock.sendto, packet.icmp(0),
                                  ("10.77.0.1", 0)))
        play.hear()
    play.note("bind to d1", verdict(one.sock.setsockopt, *bound("d1")))
    lab.ip("link del d1")
    play.note("error", one.error())
    play.hear(echo())
    play.note("raw", len(lab.run("ss", "-Hwna").splitlines()))


# By group and source.

def member(group, device, source=None):
    """struct ip_mreqn, struct ip_mreq_source."""
    index = socket.if_nametoindex(device)
    if source:
        return (packet.addr(group) + packet.addr(HOST) + packet.addr(source))
    return packet.addr(group) + bytes(4) + struct.pack("=i", index)


JOIN, LEAVE, UNBLOCK, BLOCK, JOIN_SOURCE, LEAVE_SOURCE = range(35, 41)
SOURCES = (PEER, "192.0.2.3", FAR)
GROUPS_OF = {
    "member": [(JOIN, GROUP, None)],
    "member of the other": [(JOIN, SECOND, None)],
    "member of both": [(JOIN, GROUP, None), (JOIN, SECOND, None)],
    "no member": [],
    "member of a source": [(JOIN_SOURCE, GROUP, PEER)],
    "member of two sources": [(JOIN_SOURCE, GROUP, PEER),
                              (JOIN_SOURCE, GROUP, FAR)],
    "blocks a source": [(JOIN, GROUP, None), (BLOCK, GROUP, PEER)],
    "blocked it": [(JOIN, GROUP, None), (BLOCK, GROUP, PEER),
                   (UNBLOCK, GROUP, PEER)],
    "left": [(JOIN, GROUP, None), (LEAVE, GROUP, None)],
    "left a source": [(JOIN_SOURCE, GROUP, PEER),
                      (JOIN_SOURCE, GROUP, FAR),
                      (LEAVE_SOURCE, GROUP, PEER)],
}


def members(play, everything):
    """Sockets that joined in any way, and messages of three sources."""
    for name, turns in GROUPS_OF.items():
        one = play.open((SOL_IP, IP_MULTICAST_ALL, everything), name=name)
        for option, group, source in turns:
            play.note(f"{name} {option}", verdict(
                one.sock.setsockopt, SOL_IP, option,
                member(group, "h0", source)))
    play.open((SOL_IP, IP_MULTICAST_ALL, everything), name="bound",
              local=GROUP)
    play.open((SOL_IP, IP_MULTICAST_ALL, everything), bound("h0"),
              name="of h0")
    play.open((SOL_IP, IP_MULTICAST_ALL, everything), bound("lo"),
              name="of lo")
    play.hear(*(many(packet.icmp(3, 3), dst, src) for src in SOURCES
                for dst in (GROUP, SECOND, "224.0.0.1", "239.9.9.9")),
              many(), echo())


def looped(play, loop):
    """What the host sends to a group itself."""
    one = play.open((SOL_IP, socket.IP_MULTICAST_LOOP, loop), PKTINFO)
    play.note("join", verdict(one.sock.setsockopt, SOL_IP, JOIN,
                              member(GROUP, "h0")))
    play.open(PKTINFO, name="no member")
    play.note("send", verdict(one.sock.sendto, packet.icmp(0), (GROUP, 0)))
    play.note("broadcast", verdict(one.sock.setsockopt, SOL_SOCKET,
                                   socket.SO_BROADCAST, 1))
    play.note("send", verdict(one.sock.sendto, packet.icmp(0),
                              ("192.0.2.255", 0)))
    play.hear()


# By policy.

def policy(action, direction=0):
    """struct xfrm_userpolicy_info that says so of everything."""
    forever = struct.pack("=8Q", *[(1 << 64) - 1] * 4, *[0] * 4)
    return (bytes(40) + struct.pack("=HBBB3xiI", socket.AF_INET, 0, 0, 0, 0,
                                    0) + forever + bytes(32) +
            struct.pack("=IIBBBB4x", 0, 0, direction, action, 0, 0))


def xfrm_counts():
    with open("/proc/net/xfrm_stat", encoding="ascii") as file:
        return {words[0]: int(words[1])
                for words in (line.split() for line in file)}


def forbidding(play, function):
    """What a socket hears and loses, and what IPsec counts."""
    # Who flushes policies has the kernel load what knows them.
    lab.ip("xfrm policy flush")
    begin = xfrm_counts()
    function(play)
    for name, one in play.sockets.items():
        play.note(f"{name} drops", one.drops())
    play.note("raw", sorted(line.split()[-1] for line in open(
        "/proc/net/raw", encoding="ascii").readlines()[1:]))
    play.note("counted", {name: number - begin[name] for name, number
                          in xfrm_counts().items() if number != begin[name]})


def own_policy(play, action):
    one = play.open(name="bound to it")
    play.open(name="free")
    play.note("set", raw.set_option(one, SOL_IP, IP_XFRM_POLICY,
                                    policy(action)))
    play.hear(echo(), packet.frame(packet.icmp(3, 3)), many())
    set_filter(one, mask({8}, 4))
    play.hear(echo(), packet.frame(packet.icmp(3, 3)))
    play.note("send", verdict(one.sock.sendto, packet.icmp(0), (PEER, 0)))
    play.send()


def common_policy(play, selector, action):
    play.open()
    play.open(name="connected", far=PEER)
    play.open(name="253", proto=253)
    lab.ip(f"xfrm policy add dir in {selector} {action}")
    try:
        play.hear(echo(), packet.frame(packet.icmp(3, 3)), many(),
                  packet.frame(packet.icmp(11, 0), src=FAR),
                  packet.frame(b"12345678", proto=253))
    finally:
        lab.ip("xfrm policy flush")


def policies():
    for action, name in ((0, "allows"), (1, "blocks")):
        yield Scene(f"of a socket that {name}", forbidding, partial(
            own_policy, action=action))
    for selector in ("proto icmp", "proto icmp type 8", "proto icmp type 3",
                     f"src {PEER}/32", f"dst {HOST}/32", "proto 253"):
        for action in ("action block", "tmpl proto esp",
                       "tmpl proto esp level use"):
            yield Scene(f"{selector} {action}", forbidding, partial(
                common_policy, selector=selector, action=action))


# Full buffers.

def overflow(play, size, hidden=(), code=None):
    """Far more than a buffer holds; hidden messages when it is full."""
    one = play.open((SOL_SOCKET, socket.SO_RCVBUF, size),
                    (SOL_SOCKET, SO_RXQ_OVFL, 1))
    play.open(name="roomy")
    set_filter(one, mask(hidden, 4))
    if code:
        keep, value = program(*PROGRAMS[code])
        play.note("attach", raw.set_option(one, SOL_SOCKET, SO_ATTACH_FILTER,
                                           value))
        del keep
    play.send(*[echo()] * 20, *[packet.frame(packet.icmp(3, 3))] * 5)
    play.note("drops", one.drops())
    play.note("in /proc", sorted(line.split()[-1] for line in open(
        "/proc/net/raw", encoding="ascii").readlines()[1:]))
    play.note("ss", re.findall(r"d\d+\)", lab.run("ss", "-Hwnam")))
    play.hear(echo(), packet.frame(packet.icmp(3, 3)))
    play.send(*[echo(1400)] * 5)
    play.hear(echo())
    play.note("drops, then", one.drops())


def refilled(play, far):
    """Emptied and filled again, by others than it is connected to as well."""
    one = play.open((SOL_SOCKET, socket.SO_RCVBUF, 4000),
                    (SOL_SOCKET, SO_RXQ_OVFL, 1), far=far)
    for number in (3, 20, 1, 20):
        play.hear(*[echo()] * number, *[echo(src=FAR)] * number)
        play.note("drops", one.drops())


def full():
    for size in (1, 2304, 5000, 20000):
        yield Scene(f"{size} bytes", overflow, size)
        # 6.1 tells hidden messages from others before it looks.
        differs = None if full_before_filter() or size > 10000 else FULL_FIRST
        yield Scene(f"{size} bytes, 3 hidden", overflow, size, {3},
                    differs=differs)
        yield Scene(f"{size} bytes, echo requests", overflow, size, (),
                    "echo requests", differs=differs)
    for far in (None, PEER):
        yield Scene(f"refilled, {far}", refilled, far)


def alert(play):
    """IP_ROUTER_ALERT: messages that the host forwards come as well."""
    play.open((SOL_IP, 5, 1), *ABOUT, name="alert")
    play.open(name="none")
    play.hear(packet.frame(packet.echo(8), dst="10.9.9.9",
                           options=b"\x94\4\0\0"),
              packet.frame(packet.echo(8), dst="10.9.9.9"),
              packet.frame(packet.echo(8), options=b"\x94\4\0\0"))


def refused_each(host):
    """What a buffer, a policy or a program refuses counts as that."""
    lab.ip("xfrm policy flush")
    keep, value = program(*PROGRAMS["nothing"])
    small, forbidden, picky, free = (raw.Listener() for _ in range(4))
    said = [raw.set_option(small, SOL_SOCKET, socket.SO_RCVBUF, bytes(4)),
            raw.set_option(forbidden, SOL_IP, IP_XFRM_POLICY, policy(1)),
            raw.set_option(picky, SOL_SOCKET, SO_ATTACH_FILTER, value)]
    del keep
    begin = lab.stat()
    host.exchange([echo()] * 20)
    stat = lab.stat().since(begin)
    drops = [one.drops() for one in (small, forbidden, picky, free)]
    heard = [len(one.messages()) for one in (small, forbidden, picky, free)]
    for one in (small, forbidden, picky, free):
        one.close()
    counted = {name[len("Icmp4.Raw"):]: number for name, number
               in stat.items() if name.startswith("Icmp4.Raw")}
    wanted = {"Full": 20 - heard[0], "Policy": 20, "Refused": 20,
              "Delivered": 20 + heard[0]}
    problems = []
    # A program's refusals are in no drop of the kernel's either.
    for what, got, right in (
            ("set", said, ["0"] * 3), ("counted", counted, wanted),
            ("heard", heard[1:], [0, 0, 20]),
            ("drops", drops, [20 - heard[0], 20, 0, 0])):
        if got != right:
            problems.append(f"{what}: {got}, not {right}")
    if not 0 < heard[0] < 20:
        problems.append(f"the small one hears {heard[0]}")
    return problems


def scenes(function, arguments, **known):
    for one in arguments:
        yield Scene(str(one), function, one, **known)


SILENT = {"igmp_link_local_mcast_reports": 0}
NAMES = ("h0", "lo", "", "d0", "blue")
GROUPS = [
    Group("addresses", scenes(addresses, (PEER, FAR, "192.0.2.3")),
          noted={"heard": 3}),
    Group("any message", scenes(lambda play, _: any_message(play), ("all",)),
          noted={"heard": 1}),
    Group("timestamp requests", [
        Scene("whole", timestamps, packet.timestamp(),
              differs=TIMESTAMP_COUNT),
        Scene("short", timestamps, packet.icmp(
            packet.TIMESTAMP, data=b"1234"), differs=SHORT_TIMESTAMP)],
          answered=2, noted={"heard": 2}),
    Group("in pieces", scenes(in_pieces, (34, 38, 42, 200)),
          commands=["link set h0 mtu 65535"],
          undo=["link set h0 mtu 1500"], noted={"heard": 4}),
    Group("options", scenes(options, OPTIONS), answered=0,
          noted={"heard": 9}),
    Group("control messages", [Scene("each alone", asked_alone),
                               Scene("own", info_of_own)],
          answered=1, noted={"heard": 2}),
    Group("programs of BPF", scenes(programmed, PROGRAMS),
          noted={"heard": len(PROGRAMS)}),
    Group("devices", [*scenes(devices, (("h0", "lo", ""),)),
                      Scene("from one to the other", rebound)],
          noted={"heard": 2}),
    *(Group(f"in a VRF, raw_l3mdev_accept {accept}", [
        Scene("unbound", devices, NAMES),
        Scene("bound", devices, NAMES, HOST),
        Scene("loopback", devices, NAMES, LO)],
        commands=VRF, undo=NO_VRF, sysctls={"raw_l3mdev_accept": accept},
        noted={"heard": 3}) for accept in (1, 0)),
    Group("groups and sources", scenes(members, (1, 0)), sysctls=SILENT,
          noted={"heard": 2}),
    Group("groups and the host's own messages", scenes(looped, (1, 0)),
          sysctls=SILENT, answered=2, noted={"heard": 2}),
    Group("policies", policies(), answered=12, noted={"heard": 20}),
    Group("full buffers", full(), noted={"heard": 14}),
    Group("router alert", [Scene("forwarded", alert, exact=False)],
          sysctls={"conf/all/forwarding": 1}, noted={"heard": 1},
          commands=["route add 10.9.9.9/32 via 192.0.2.3"],
          undo=["route del 10.9.9.9/32"]),
]

if __name__ == "__main__":
    versus.main(GROUPS, [refused_each])
