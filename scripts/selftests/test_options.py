#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""IP options of requests and of the replies to them (RFC 791 3.1, RFC 1122
3.2.2.6, 3.2.2.8; RFC 1812 5.2.4.1), compared with the built-in ICMP.

  peer p0 ------ h0 host           192.0.2.1 and more, see lab.py
    | record route, timestamp, source route ->|
    |<- filled in twice: on arrival and on leaving; source routes reversed
"""

import struct

import netlabel
import versus
from differences import (BROADCAST_HOP, MULTICAST_HOP, NO_HOP, TIMESTAMP_COUNT,
                         WHOLE_HOPS)
from packet import addr, echo, fragments, frame, ip, timestamp
from versus import Group, Stimulus

RR, CIPSO, TS, SEC, LSRR, SSRR, RA = 7, 134, 68, 130, 131, 137, 148
TSONLY, TSANDADDR, PRESPEC = 0, 1, 3
DOI = 16


def option(kind, *data, length=None):
    """Type, length, data; addresses as text."""
    body = b"".join(addr(part) if isinstance(part, str) else bytes([part])
                    for part in data)
    return bytes([kind, len(body) + 2 if length is None else length]) + body


def route(kind, room, *hops, pointer=4):
    """A record or source route with these hops and room for more."""
    return option(kind, pointer, *hops, *["0.0.0.0"] * room)


def times(flags, slots, pointer=5, overflow=0):
    """A timestamp option; slots are addresses, zeros or nothing."""
    return option(TS, pointer, overflow << 4 | flags, *slots)


def both(name, options, **known):
    """The same options on an echo and on a timestamp request; C145."""
    yield Stimulus(name, frame(echo(), options=options), **known)
    known["differs"] = known.get("differs", TIMESTAMP_COUNT)
    yield Stimulus(name + ", timestamp request",
                   frame(timestamp(), options=options), **known)


def record_routes():
    """C125: our address where there is room, nothing lost where not."""
    for room in (1, 2, 3, 9):
        yield from both(f"room for {room}", route(RR, room), replies=1)
    yield from both("two recorded, room for two",
                    route(RR, 2, "10.0.0.1", "10.0.0.2", pointer=12),
                    replies=1)
    yield from both("full", route(RR, 0, "10.0.0.1", "10.0.0.2", pointer=12),
                    replies=1)
    yield from both("no slots", route(RR, 0), replies=1)
    yield from both("pointer far behind the end",
                    route(RR, 1, pointer=200), replies=1)
    yield from both("pointer off the slots' raster",
                    option(RR, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0), replies=1)
    for size in range(1, 4):
        yield Stimulus(f"slot of {size} bytes left after ours",
                       frame(echo(), options=option(
                           RR, 4, *[0] * (4 + size))),
                       replies=0, drop="OutOptions")
    for dst in ("192.0.2.9", "203.0.113.1"):
        yield Stimulus(f"asked is {dst}", frame(echo(), dst=dst,
                                                options=route(RR, 3)),
                       replies=1)


def timestamps():
    """C125: RFC 781's three forms; a clock is 4 bytes."""
    for slots in (1, 2, 3, 9):
        yield Stimulus(f"{slots} clocks",
                       frame(echo(), options=times(TSONLY,
                                                   ["0.0.0.0"] * slots)),
                       stamps=[24, 28][:slots], replies=1)
    for slots in (1, 2, 4):
        yield Stimulus(f"{slots} addresses and clocks",
                       frame(echo(), options=times(TSANDADDR,
                                                   ["0.0.0.0"] * 2 * slots)),
                       stamps=[28, 36][:slots], replies=1)
    yield Stimulus("second clock", frame(echo(), options=times(
        TSONLY, ["0.0.0.1", "0.0.0.0", "0.0.0.0"], pointer=9)),
        stamps=[28, 32], replies=1)
    for flags in (TSONLY, TSANDADDR, PRESPEC):
        for overflow in (0, 1, 14):
            yield Stimulus(f"full, flags {flags} overflow {overflow}",
                           frame(echo(), options=times(
                               flags, ["0.0.0.1"] * 2, 13, overflow)),
                           replies=1)
        yield Stimulus(f"no slots, flags {flags}",
                       frame(echo(), options=times(flags, [])), replies=1)
    for flags in (2, 4, 7, 15):
        yield Stimulus(f"unknown flags {flags}", frame(echo(), options=times(
            flags, ["0.0.0.0"] * 4)), replies=1)
    for left in (1, 2, 3):
        yield Stimulus(f"slot of {left} bytes left after ours",
                       frame(echo(), options=times(TSONLY, [0] * (4 + left))),
                       replies=0, drop="OutOptions")
    for left in (1, 3, 4, 7):
        yield Stimulus(f"pair of {left} bytes left after ours",
                       frame(echo(), options=times(TSANDADDR,
                                                   [0] * (8 + left))),
                       replies=0, drop="OutOptions")
    yield Stimulus("timestamp request", frame(timestamp(), options=times(
        TSONLY, ["0.0.0.0"] * 4)), stamps=[24, 28], replies=1,
        differs=TIMESTAMP_COUNT)


def prespecified():
    """C125: only where the address is one of ours."""
    def pairs(*addresses):
        return [part for one in addresses for part in (one, "0.0.0.0")]

    ours, other = "192.0.2.1", "192.0.2.2"
    yield Stimulus("ours, other", frame(echo(), options=times(
        PRESPEC, pairs(ours, other))), stamps=[28], replies=1)
    yield Stimulus("other, ours", frame(echo(), options=times(
        PRESPEC, pairs(other, ours))), replies=1)
    yield Stimulus("ours twice", frame(echo(), options=times(
        PRESPEC, pairs(ours, "203.0.113.1"))), stamps=[28, 36], replies=1)
    yield Stimulus("ours three times", frame(echo(), options=times(
        PRESPEC, pairs(ours, "192.0.2.9", "127.0.0.1"))), stamps=[28, 36],
        replies=1)
    yield Stimulus("ours after one", frame(echo(), options=times(
        PRESPEC, pairs("10.0.0.1", ours, ours), pointer=13)),
        stamps=[36, 44], replies=1)
    yield Stimulus("ours, unknown", frame(echo(), options=times(
        PRESPEC, pairs(ours, "10.9.9.9"))), stamps=[28], replies=1)
    for left in (4, 5, 6, 7):
        yield Stimulus(f"{left} bytes left after ours",
                       frame(echo(), options=times(
                           PRESPEC, pairs(ours) + [0] * left)),
                       stamps=[28], replies=1)
    for left in (1, 2, 3):
        yield Stimulus(f"{left} bytes left after ours",
                       frame(echo(), options=times(
                           PRESPEC, pairs(ours) + [0] * left)),
                       replies=0, drop="OutOptions")
    for address in ("255.255.255.255", "192.0.2.255", "224.0.0.1"):
        yield Stimulus(f"ours, {address}", frame(echo(), options=times(
            PRESPEC, pairs(ours, address))), stamps=[28, 36], replies=1)


def source_routes():
    """C126, C048: back by the same hops, last first."""
    gates = ("192.0.2.3", "192.0.2.4", "198.51.100.2", "10.0.0.3",
             "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7")
    for kind, word in ((LSRR, "loose"), (SSRR, "strict")):
        for number in range(len(gates) + 1):
            hops = gates[:number][::-1]
            yield Stimulus(f"{word}, {number} hops",
                           frame(echo(), options=route(
                               kind, 0, *hops, pointer=4 + 4 * number)))
        yield Stimulus(f"{word}, first is the requester",
                       frame(echo(), src="192.0.2.2", options=route(
                           kind, 0, "192.0.2.2", "192.0.2.4", "192.0.2.3",
                           pointer=16)), replies=1)
        yield Stimulus(f"{word}, all is the requester",
                       frame(echo(), src="192.0.2.2", options=route(
                           kind, 0, "192.0.2.2", pointer=8)), replies=1)
        yield Stimulus(f"{word}, twice the requester",
                       frame(echo(), src="192.0.2.2", options=route(
                           kind, 0, "192.0.2.2", "192.0.2.2", pointer=12)),
                       replies=1)
        yield Stimulus(f"{word}, next hop is ours as well",
                       frame(echo(), dst="192.0.2.1", options=route(
                           kind, 0, "192.0.2.3", "192.0.2.9", pointer=8)),
                       replies=1)
        yield Stimulus(f"{word}, both last hops are ours",
                       frame(echo(), dst="192.0.2.1", options=route(
                           kind, 0, "192.0.2.3", "192.0.2.9", "203.0.113.1",
                           pointer=8)), replies=1)
        yield Stimulus(f"{word}, pointer far behind the end",
                       frame(echo(), options=route(
                           kind, 0, "192.0.2.3", "192.0.2.4", pointer=99)),
                       replies=1)
        for size in (1, 2, 3, 5, 6, 7, 9):
            yield Stimulus(f"{word}, {size} bytes of hops",
                           frame(echo(), options=option(
                               kind, 4 + size, *hops_of(size))), replies=1,
                           differs=WHOLE_HOPS if size > 4 else None)
    yield Stimulus("no way to the last hop", frame(echo(), options=route(
        LSRR, 0, "192.0.2.7", pointer=8)), replies=0, drop="OutNoRoute")
    for hop, differs in (("224.0.0.5", MULTICAST_HOP),
                         ("0.0.0.0", NO_HOP),
                         ("192.0.2.255", BROADCAST_HOP),
                         ("255.255.255.255", BROADCAST_HOP)):
        yield Stimulus(f"last hop {hop}", frame(echo(), options=route(
            LSRR, 0, hop, pointer=8)), drop="OutRequester", differs=differs)
    yield Stimulus("timestamp request", frame(timestamp(), options=route(
        LSRR, 0, "192.0.2.4", "192.0.2.3", pointer=12)), replies=1,
        differs=TIMESTAMP_COUNT)


def hops_of(size):
    return b"".join(map(addr, ("192.0.2.3", "192.0.2.4", "0.0.0.0")))[:size]


def source_routes_refused():
    """accept_source_route is 0: IP drops them, as it should."""
    yield Stimulus("loose", frame(echo(), options=route(
        LSRR, 0, "192.0.2.3", pointer=8)), replies=0)


def padding():
    """Alone, between, and behind: they are not returned, but room is."""
    one = route(RR, 2)
    stamps = times(TSONLY, ["0.0.0.0"] * 3)
    for name, options in (
            ("no-operation alone", b"\1\1\1\1"),
            ("end of list alone", b"\0\0\0\0"),
            ("no-operation before", b"\1\1\1\1" + one),
            ("one no-operation before", b"\1" + one),
            ("no-operation behind", one + b"\1\1\1\1\1"),
            ("rubbish behind the end of list", one + b"\0\7\3\4"),
            ("end of list before", b"\0" + one),
            ("40 times no-operation", b"\1" * 40)):
        yield Stimulus(name, frame(echo(), options=options), replies=1)
    for name, options, stamp in (
            ("record route, timestamp", one + stamps, 35),
            ("record route, no-operation, timestamp", one + b"\1" + stamps,
             35),
            ("timestamp, record route", stamps + one, 35)):
        yield Stimulus(name, frame(echo(), options=options),
                       stamps=[stamp, stamp + 4], replies=1)


def others():
    """What is not understood is not returned."""
    for name, options in (
            ("security", option(SEC, *range(9))),
            ("router alert", option(RA, 0, 0)),
            ("unknown, to be copied", option(0x9e, 1, 2, 3, 4)),
            ("unknown", option(0x1e, 1, 2)),
            ("empty", option(0x1e)),
            ("unknown, record route", option(0x9e, 1) + route(RR, 2)),
            ("record route, unknown", route(RR, 2) + option(0x1e, 1, 2))):
        yield Stimulus(name, frame(echo(), options=options), replies=1)


def malformed():
    """C074: IP refuses them with a parameter problem before ICMP."""
    for name, options in (
            ("length 0", option(RR, 4, "0.0.0.0", length=0)),
            ("length 1", option(RR, 4, "0.0.0.0", length=1)),
            ("length 2", option(RR, 4, "0.0.0.0", length=2)),
            ("beyond the header", option(RR, 4, "0.0.0.0", length=20)),
            ("type without length", b"\1\1\1\7"),
            ("record route pointer 3", route(RR, 2, pointer=3)),
            ("record route pointer 0", route(RR, 2, pointer=0)),
            ("two record routes", route(RR, 1) + route(RR, 1)),
            ("timestamp pointer 4", times(0, ["0.0.0.0"], 4)),
            ("timestamp slot of 2 bytes", times(0, [0, 0])),
            ("timestamp pair of 4 bytes", times(1, ["0.0.0.0"])),
            ("timestamp overflow 16", times(0, ["0.0.0.0"], 9, 15)),
            ("two timestamps", times(0, [], 5) + times(0, [], 5)),
            ("source route pointer 3", route(LSRR, 1, pointer=3)),
            ("two source routes",
             route(LSRR, 0, "192.0.2.3", pointer=8) +
             route(SSRR, 0, "192.0.2.4", pointer=8)),
            ("CIPSO of an unknown domain", cipso(99))):
        yield Stimulus(name, frame(echo(), options=options), replies=1,
                       stamps=[])


def cipso(doi, level=1):
    """A commercial IP security option with a bitmap tag."""
    return option(CIPSO, *struct.pack("!I", doi), 1, 4, 0, level)


def labels():
    """CIPSO goes back as it came, behind all others."""
    one = cipso(DOI)
    for name, options, stamps in (
            ("alone", one, []),
            ("level 5", cipso(DOI, 5), []),
            ("before record route", one + route(RR, 2), []),
            ("behind record route", route(RR, 2) + one, []),
            ("before timestamp", one + times(0, ["0.0.0.0"] * 2), [24, 28]),
            ("behind source route",
             route(LSRR, 0, "192.0.2.4", "192.0.2.3", pointer=12) + one, [])):
        yield Stimulus(name, frame(echo(), options=options), replies=1,
                       stamps=stamps)


def in_fragments():
    """C128: in the first fragment all, in others those that must be copied.
    """
    for name, options, stamps in (
            ("record route", route(RR, 9), []),
            ("timestamp", times(0, ["0.0.0.0"] * 9), [24, 28]),
            ("source route", route(LSRR, 0, "192.0.2.4", "192.0.2.3",
                                   pointer=12), []),
            ("record route, CIPSO, timestamp", route(RR, 2) + cipso(DOI) +
             times(0, ["0.0.0.0"] * 2), [35, 39])):
        yield Stimulus(name + ", reply of the MTU's size",
                       frame(echo(1472 - (len(options) + 3) // 4 * 4),
                             options=options), replies=1, stamps=stamps)
        yield Stimulus(name + ", 8 bytes more", *fragments(
            ip(echo(1480 - (len(options) + 3) // 4 * 4), options=options),
            1500), stamps=stamps)
        yield Stimulus(name + ", 8000 bytes", *fragments(
            ip(echo(8000), options=options), 1500), stamps=stamps)


def whole_hops(outcome):
    """The built-in counts back from the pointer, into the middle of hops."""
    reply = outcome.frames[0]
    hops = [addr("192.0.2.3"), addr("192.0.2.4")][:(reply[35] - 3) // 4]
    listed = b"".join(hops[:-1])
    outcome.frames[0] = (reply[:30] + hops[-1] + reply[34:37] + listed +
                         reply[37 + len(listed):])


SOURCE_ROUTE = {"conf/all/accept_source_route": 1,
                "conf/h0/accept_source_route": 1}

GROUPS = [
    Group("record route", record_routes(), answered=20),
    Group("timestamp", timestamps(), answered=25),
    Group("timestamp at given addresses", prespecified(), answered=13),
    Group("source route", source_routes(), answered=48,
          commands=["route add unreachable 192.0.2.7"],
          undo=["route del unreachable 192.0.2.7"], sysctls=SOURCE_ROUTE),
    Group("source route not accepted", source_routes_refused(), answered=0),
    Group("padding", padding()),
    Group("other options", others()),
    Group("malformed options", malformed()),
    Group("CIPSO", labels(), sysctls=SOURCE_ROUTE),
    Group("replies in fragments", in_fragments(), sysctls=SOURCE_ROUTE),
]

if __name__ == "__main__":
    netlabel.cipso(netlabel.CMD_ADD, DOI)
    versus.main(GROUPS)
