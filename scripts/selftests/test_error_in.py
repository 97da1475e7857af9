#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""Every error that comes in, and what each kind of socket is told of it: errno,
error queue, path MTU, route; compared with the built-in ICMP.

  far beyond               peer p0 ---- veth ---- h0 host
  10.9.8.7      gateway 192.0.2.2                 192.0.2.1
     |                        |<- packet ------------| socket
     |                        |- error about it ---->| socket, raw sockets,
     |                        |                      | routes, counters
"""

import functools
import itertools
import socket
import struct

import lab
import packet
import routes
import versus
from differences import (FORBIDDEN_PMTU, QUENCH_COUNT, QUENCH_PING,
                         REDIRECT_CODE, REDIRECT_CODE_COUNT,
                         REDIRECT_CODE_PING)
from error import NEEDFRAG, REROUTED, About, Error, Settled, mtu
from lab import NEIGHBOURS
from packet import (PARAMETER_PROBLEM, QUENCH, REDIRECT, TIME_EXCEEDED,
                    UNREACH)
from sender import (ALL_ABOUT, FAR, FAR_PORT, HDRINCL, IP_MTU_DISCOVER, PORT,
                    RECVERR, RFC4884, SOL_IP, Established, Ping, Raw,
                    RawHeader, RawIcmp, RawReply, RawUdp, Sender, Syn)
from versus import Group, Stimulus

SO_BINDTODEVICE, SO_MARK = 25, 36
CODES = {UNREACH: (*range(17), 20, 255), QUENCH: (0, 1),
         REDIRECT: (*range(6), 8, 9, 255), TIME_EXCEEDED: (0, 1, 2, 255),
         PARAMETER_PROBLEM: (0, 1, 2, 3, 255)}
# An error of each kind that sockets tell apart: soft, hard, with an errno of
# its own, MTU, time, pointer, gateway.
FEW = [Error(UNREACH, code) for code in (1, 3, NEEDFRAG, 6, 13)] + [
    Error(TIME_EXCEEDED), Error(PARAMETER_PROBLEM), Error(REDIRECT, 1)]
partial = functools.partial


def all_errors():
    for kind, codes in CODES.items():
        for code in codes:
            yield Error(kind, code)


def difference(make, error):
    """Who is told by the built-in of what no host should act on."""
    ping = make.func is Ping and RECVERR in make.args
    # The transport, which has no socket of its own for it.
    udp = make.func is RawUdp
    if error.kind == QUENCH:
        return QUENCH_PING if ping else QUENCH_COUNT if udp else None
    if error.kind != REDIRECT or error.code <= 3:
        return None
    if ping or udp:
        return REDIRECT_CODE_PING if ping else REDIRECT_CODE_COUNT
    # The built-in looks at the lower three bits.
    return REDIRECT_CODE if error.code & 7 <= 3 else None


def about(make, errors, **known):
    for error in errors:
        yield About(str(error), {"socket": make}, error,
                    differs=difference(make, error), **known)


def kinds():
    """Every kind of socket: its name, and what makes it."""
    for name, kind in (("UDP", Sender), ("ICMP datagram", Ping),
                       ("raw ICMP", RawIcmp), ("raw UDP", RawUdp),
                       ("raw, protocol 253", Raw),
                       ("raw, protocol 253, IP_HDRINCL", RawHeader)):
        for connected in (True, False):
            for options in ((), (RECVERR,)):
                yield (name + (", connected" if connected else "") +
                       (", IP_RECVERR" if options else ""),
                       partial(kind, *options, connected=connected))
    for name, kind in (("TCP, SYN sent", Syn),
                       ("TCP, established", Established)):
        for options in ((), (RECVERR,)):
            yield (name + (", IP_RECVERR" if options else ""),
                   partial(kind, *options))


KINDS = dict(kinds())


def in_order(order):
    """C067: an error is told once, to the first who asks."""
    for name, make in KINDS.items():
        if name.startswith("TCP") and "again" in order:
            continue
        for error in FEW:
            yield About(f"{name}, {error}", {"socket": make}, error,
                        order=order)


def several():
    """Two errors, the other one's errno left behind; a third is as good."""
    for name, make in KINDS.items():
        if name.startswith("TCP"):
            continue
        yield About(name, {"socket": make}, Several(
            Error(UNREACH, 3), Error(TIME_EXCEEDED), Error(UNREACH, 1)),
            order="poll queue option recv")


class Several(Error):
    """Several errors about one packet."""

    def __init__(self, *errors):
        super().__init__(errors[0].kind)
        self.errors = errors

    def frames(self, quoted):
        return [error.frames(quoted)[0] for error in self.errors]

    def ends(self):
        return {"InTaken": len(self.errors), "InDelivered": len(self.errors)}


def control():
    """What else may be asked to come with an error."""
    for kind in (Sender, Ping, Raw, RawIcmp, RawUdp, RawHeader):
        for connected in (True, False):
            make = partial(kind, RECVERR, *ALL_ABOUT, connected=connected)
            yield About(f"{kind.__name__}, {connected}", {"socket": make},
                        Error(UNREACH, 1))
    for options in (b"\1" * 4, b"\7\7\4\0\0\0\0\0", b"\1" * 40):
        yield About(f"error with options {options.hex()}", {
            "UDP": partial(Sender, RECVERR, *ALL_ABOUT, connected=False),
            "raw": partial(RawUdp, RECVERR, *ALL_ABOUT, connected=False)},
            Optional(UNREACH, 1, options))


class Optional(Error):
    """An error with IP options of its own."""

    def __init__(self, kind, code, options):
        super().__init__(kind, code)
        self.options = options

    def frames(self, quoted):
        return [packet.frame(self.message(quoted), src=self.src,
                             options=self.options, tos=0xc0, ttl=77)]


LISTENERS = {
    "UDP": partial(Sender, RECVERR, RFC4884, connected=False),
    "raw UDP": partial(RawUdp, RECVERR, RFC4884, connected=False),
    "raw UDP, IP_HDRINCL": partial(RawUdp, RECVERR, RFC4884, HDRINCL,
                                   connected=False)}


def quotations():
    """Where the data begins, for a quotation of any length; in pages and in
    fragments as well.
    """
    for extra in (0, 1, 2, 31, 32):
        yield About(f"{extra} bytes of data", LISTENERS, Error(
            UNREACH, 1, quote=lambda sent, extra=extra: sent[:28 + extra]))
    for size in (28, 36, 44, 60, 100):
        yield About(f"in fragments of {size}", LISTENERS, Cut(size))


def in_pages():
    """The same where the quotation is not where the header is."""
    for size in (4200, 9000):
        for linear in (34, 42, 50, 62, 70, 78, 200):
            yield About(f"{size} bytes, {linear} of the frame linear",
                        LISTENERS, Paged(linear, size))
    for linear in (34, 42, 70, 100, 171, 173, 178):
        yield About(f"extended, {linear} of the frame linear", LISTENERS,
                    PagedExtension(linear))


class Paged(Error):
    """An error that quotes much, of which only so much is linear."""

    def __init__(self, linear, size):
        super().__init__(UNREACH, 1,
                         quote=lambda sent: sent + packet.payload(size))
        self.linear = linear

    def frames(self, quoted):
        return [lab.paged(super().frames(quoted)[0], self.linear)]


class Cut(Error):
    """An error in fragments."""

    def __init__(self, size):
        super().__init__(UNREACH, 1,
                         quote=lambda sent: sent + packet.payload(400))
        self.size = size

    def frames(self, quoted):
        return packet.fragments(packet.ip(self.message(quoted),
                                          src=self.src), self.size)


def header_options():
    """A quoted header with options, of all lengths."""
    for words in range(11):
        options = b"\1" * 4 * words
        yield About(f"{words} words of options", {
            "raw, IP_HDRINCL": partial(RawHeader, RECVERR, header=options,
                                       connected=False),
            "raw": partial(Raw, RECVERR, connected=False)},
            Error(UNREACH, 1))
        if options:
            setting = (SOL_IP, socket.IP_OPTIONS, options)
            yield About(f"{words} words of options, UDP", {
                "UDP": partial(Sender, RECVERR, setting),
                "raw": partial(RawUdp, RECVERR, connected=False)},
                Error(UNREACH, 1))


def extended(objects, words=32, version=2, csum=None, size=None, head=4):
    """A quotation padded to so many words, with an extension behind it."""
    ext = struct.pack("!BBH", version << 4, 0, 0) + objects
    if csum is None:
        csum = packet.checksum(ext)
    ext = (ext[:2] + struct.pack("!H", csum) + ext[4:])[:head + len(objects)]

    def quote(sent):
        room = words * 4 if size is None else size
        return sent[:room].ljust(room, b"\0") + ext
    return quote


def extension_object(data=b"\1\2\3\4", length=None):
    return struct.pack("!HBB", 4 + len(data) if length is None else length,
                       1, 1) + data


EXTENSIONS = {
    "an object": extended(extension_object()),
    "two objects": extended(extension_object() * 2),
    "no object": extended(b""),
    "no checksum": extended(extension_object(), csum=0),
    "wrong checksum": extended(extension_object(), csum=0x1234),
    "version 1": extended(extension_object(), version=1, csum=0x1234),
    "version 3": extended(extension_object(length=0), version=3),
    "version 0": extended(extension_object(length=0), version=0),
    "half a header": extended(b"", head=2),
    "three bytes of header": extended(b"", head=3),
    "half an object": extended(extension_object()[:2]),
    "three bytes of an object": extended(extension_object()[:3]),
    "an empty object": extended(extension_object(b"")),
    **{f"object length {length}": extended(extension_object(length=length))
       for length in (0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 255, 256, 0xffff)},
    "second object of length 0": extended(
        extension_object() + extension_object(length=0)),
    "second object past the end": extended(
        extension_object() + extension_object(length=9)),
    "objects of length 5": extended(extension_object(b"\1") * 4),
}


def extensions():
    """C203, C204, C206: what IP_RECVERR_RFC4884 tells of extensions."""
    for name, quote in EXTENSIONS.items():
        for kind, code, rest in ((UNREACH, 1, b"\0\x20\0\0"),
                                 (UNREACH, NEEDFRAG, mtu(1000, 32)),
                                 (TIME_EXCEEDED, 0, b"\0\x20\0\0"),
                                 (PARAMETER_PROBLEM, 0, b"\x14\x20\0\0")):
            yield About(f"{name}, {kind}/{code}", LISTENERS, Error(
                kind, code, rest, quote=quote))
    for name, make in EXTENDED.items():
        yield About(name, {"socket": make}, Error(
            UNREACH, 1, b"\0\x20\0\0", quote=EXTENSIONS["an object"]))
    for kind in (Sender, RawUdp, Raw, Ping):
        yield About(f"{kind.__name__}, not asked for", {
            "socket": partial(kind, RECVERR)}, Error(
                UNREACH, 1, b"\0\x20\0\0", quote=EXTENSIONS["an object"]))


EXTENDED = {name: partial(make.func, RFC4884, *make.args, **make.keywords)
            for name, make in KINDS.items() if RECVERR in make.args}


def extension_places():
    """C200: the length field counts words, from 32 up; and may lie."""
    for words in (7, 31, 32, 33, 34, 64, 255):
        rest = bytes([0, words, 0, 0])
        yield About(f"{words} words", LISTENERS, Error(
            UNREACH, 1, rest, quote=extended(extension_object(), words)))
        yield About(f"{words} words, 32 there", LISTENERS, Error(
            UNREACH, 1, rest, quote=extended(extension_object(), words,
                                             size=128)))
    for options in (b"\1" * 4, b"\1" * 40):
        yield About(f"{len(options)} bytes of options", {
            "raw, IP_HDRINCL": partial(RawHeader, RECVERR, RFC4884,
                                       header=options, connected=False),
            "raw": partial(Raw, RECVERR, RFC4884, connected=False)}, Error(
                UNREACH, 1, b"\0\x20\0\0", quote=EXTENSIONS["an object"]))


class PagedExtension(Paged):
    """An extension of 5000 bytes."""

    def __init__(self, linear):
        super().__init__(linear, 0)
        self.rest = b"\0\x20\0\0"
        self.quote = extended(extension_object(packet.payload(5000)))


def bound(device):
    return (socket.SOL_SOCKET, SO_BINDTODEVICE, device + b"\0")


def listeners(kind):
    """Sockets that an error may, or may not, be about."""
    def listen(*options, **known):
        return partial(kind, RECVERR, *options, **{"connected": False,
                                                   **known})
    return {
        "of any address": listen(local=""),
        "of this address": listen(),
        "of another address": listen(local="192.0.2.9"),
        "connected": listen(connected=True),
        "connected, any address": listen(connected=True, local=""),
        "connected elsewhere": listen(connected=True, far="10.9.8.8"),
        "on h0": listen(bound(b"h0")),
        "on lo": listen(bound(b"lo")),
        "without IP_RECVERR": partial(kind, connected=False),
        "connected, without IP_RECVERR": partial(kind),
    }


def matching():
    """Whom of many an error is about; raw sockets are all told."""
    for kind in (Raw, RawIcmp, RawUdp):
        for error in FEW:
            yield About(f"{kind.__name__}, {error}", listeners(kind), error)
    others = {"UDP": partial(Sender, RECVERR),
              "raw UDP": partial(RawUdp, RECVERR, connected=False),
              "raw UDP, connected": partial(RawUdp),
              "raw ICMP": partial(RawIcmp, RECVERR, connected=False),
              "raw": partial(Raw, RECVERR, connected=False)}
    for error in FEW:
        yield About(f"UDP and raw, {error}", others, error)
    pings = {"datagram": partial(Ping, RECVERR),
             "raw ICMP": partial(RawIcmp, RECVERR, connected=False),
             "raw UDP": partial(RawUdp, RECVERR, connected=False)}
    for error in FEW:
        yield About(f"ICMP datagram and raw, {error}", pings, error)


def in_vrf():
    """The same where h0 belongs to an L3 domain: its sockets, those of h0, and
    those of none.
    """
    for kind in (Sender, Raw):
        for name, device in (("h0", b"h0"), ("VRF", b"blue"), ("lo", b"lo")):
            sockets = {"first": partial(kind, RECVERR, bound(b"blue"))}
            if kind is Raw:
                sockets[name] = partial(kind, RECVERR, bound(device),
                                        local="")
                sockets["any"] = partial(kind, RECVERR, local="",
                                         connected=False)
            for error in FEW:
                yield About(f"{kind.__name__}, {name}, {error}", sockets,
                            error)


VRF = ["link add blue type vrf table 10", "link set blue up",
       "link set h0 master blue", *NEIGHBOURS,
       "route add default via 192.0.2.2 table 10"]
NO_VRF = ["link set h0 nomaster", "link del blue", *NEIGHBOURS,
          "route replace default via 192.0.2.2"]


def discovery():
    """C187: what IP_MTU_DISCOVER makes of "fragmentation needed"."""
    for name, make in KINDS.items():
        for value in range(6):
            setting = (SOL_IP, IP_MTU_DISCOVER, value)
            yield About(f"{name}, {value}", {"socket": partial(
                make.func, setting, *make.args, **make.keywords)},
                Error(UNREACH, NEEDFRAG))


def new_destinations():
    """The first that is ever heard of a destination: until then sockets share
    the route of all the others.
    """
    number = itertools.count(1)
    for name, make in KINDS.items():
        for error in (Error(UNREACH, NEEDFRAG), Error(REDIRECT, 1)):
            far = f"10.9.9.{next(number)}"
            yield About(f"{name}, {error}", {
                "socket": partial(make.func, *make.args, far=far,
                                  **make.keywords),
                "raw": partial(Raw, far=far),
                "raw UDP": partial(RawUdp, far=far),
                "raw ICMP": partial(RawIcmp, far=far)}, error,
                asked=({"dst": far}, {"dst": FAR}))


def flows():
    """The route that is changed is the one that the socket's packets take."""
    asked = ({"dst": FAR}, {"dst": FAR, "mark": 7}, {"dst": FAR, "tos": 16})
    for kind in (Sender, Ping, Raw, RawHeader):
        for name, options in (
                ("mark 7", [(socket.SOL_SOCKET, SO_MARK, 7)]),
                ("TOS 0x10", [(SOL_IP, socket.IP_TOS, 16)]),
                ("on h0", [bound(b"h0")]), ("nothing", [])):
            for connected in (True, False):
                for error in (Error(UNREACH, NEEDFRAG),
                              Error(REDIRECT, 1, src="192.0.2.4"),
                              Error(REDIRECT, 1)):
                    yield About(
                        f"{kind.__name__}, {name}, connected {connected}, "
                        f"{error} by {error.src}",
                        {"socket": partial(kind, RECVERR, *options,
                                           connected=connected)}, error,
                        asked=asked)


MARKED = """
    table ip marking {
        chain in {
            type filter hook prerouting priority mangle
            icmp type { destination-unreachable, redirect } meta mark set 7
        }
    }"""
FLOWS = {"commands": ["rule add fwmark 7 lookup 7 priority 100",
                      "rule add tos 0x10 lookup 7 priority 101",
                      "route add default via 192.0.2.4 table 7"],
         "undo": ["rule del priority 100", "rule del priority 101",
                  "route flush table 7"]}


def forbidden():
    """IPsec lets nobody send there any more; the path is told all the same."""
    policy = f"dir out dst {FAR}/32"
    for kind in (Sender, Ping, Raw, RawHeader):
        for connected in (True, False):
            for error in (Error(UNREACH, NEEDFRAG), Error(REDIRECT, 1)):
                for action in ("action block", "tmpl proto esp"):
                    yield About(
                        f"{kind.__name__}, connected {connected}, {error}, "
                        f"{action}",
                        {"socket": partial(kind, RECVERR,
                                           connected=connected)},
                        error, meanwhile=[f"xfrm policy add {policy} "
                                          f"{action}"],
                        undo=[f"xfrm policy del {policy}"],
                        differs=FORBIDDEN_PMTU if (
                            connected and action == "action block" and
                            kind in (Raw, RawHeader, Ping) and
                            error.kind == UNREACH) else None)


def spoofed():
    """Packets that are said to be of others change no route."""
    for error in FEW:
        yield About(str(error), {"socket": partial(
            RawHeader, RECVERR, source="10.55.0.1", local="",
            connected=False)}, error)


def vanished():
    """The way there is gone, or another one, when the error comes."""
    for kind in (Sender, Ping, Raw, Established):
        for name, now in (("no route", "route del default"),
                          ("unreachable",
                           "route add unreachable 10.9.8.7/32"),
                          ("by another gateway", "route replace default via "
                           "192.0.2.4")):
            for error in (Error(UNREACH, NEEDFRAG), Error(REDIRECT, 1)):
                yield About(f"{kind.__name__}, {name}, {error}",
                            {"socket": partial(kind, RECVERR)}, error,
                            meanwhile=[now], undo=[
                                "route flush type unreachable",
                                "route replace default via 192.0.2.2"])


class Tunnelled(Sender):
    """A UDP socket whose packets leave in those of a tunnel."""

    def __init__(self, proto, far):
        self.wire_proto = proto
        super().__init__(RECVERR, far=far)


class RawTunnel(Raw):
    """A raw socket of the tunnel's protocol."""

    def __init__(self, proto):
        self.proto = proto
        super().__init__(RECVERR, connected=False)


def tunnels():
    """C007: errors about a tunnel's packets are its own; it tells who sends
    the next one, so two errors may come of one.
    """
    # Where the packet in the tunnel's has its identification and checksum.
    for name, proto, far, hide in (
            ("IPIP", 4, "10.44.0.9", slice(38, 46)),
            ("GRE", 47, "10.47.0.9", slice(42, 50))):
        for error in all_errors():
            known = {"ends": None, "hide": hide}
            if error.kind == REDIRECT and error.code > 3 and (
                    error.code & 7 <= 3):
                known["differs"] = REDIRECT_CODE
            for order in ("poll recv queue mtu", "again recv queue mtu"):
                yield About(f"{name}, {error}, {order}", {
                    "UDP": partial(Tunnelled, proto, far),
                    "raw": partial(RawTunnel, proto)}, error, order=order,
                    **known)


TUNNELS = {"commands": [
    f"tunnel add t0 mode ipip remote {FAR} local {packet.HOST}",
    "link set t0 up", "route add 10.44.0.0/16 dev t0",
    f"tunnel add t1 mode gre remote {FAR} local {packet.HOST}",
    "link set t1 up", "route add 10.47.0.0/16 dev t1"],
    "undo": ["tunnel del t0", "tunnel del t1"]}


class OwnReply(Stimulus):
    """An error about an echo reply of the host's."""

    def __init__(self, name, error, **known):
        super().__init__(name, **known)
        self.error = error

    def play(self, host):
        routes.forget()
        replies = host.exchange([packet.frame(packet.echo(), src=FAR)])
        frames = host.exchange(self.error.frames(replies[0][14:]))
        route = routes.get(FAR)
        rerouted = {"rerouted": "yes"} if REROUTED.search(route) else {}
        return frames, {"route": route, **rerouted}


def echo_replies():
    """The host's own replies: need-frag and redirect change the path."""
    for error in all_errors():
        known = {"ends": {"InTaken": 2, "OutReplies": 1, error.end(): 1}}
        if error.kind == REDIRECT and error.code > 3 and error.code & 7 <= 3:
            known["differs"] = REDIRECT_CODE
        yield OwnReply(str(error), error, **known)
    for error in FEW:
        yield About(f"by a raw socket, {error}", {
            "raw": partial(RawReply, RECVERR),
            "raw, not connected": partial(RawReply, RECVERR,
                                          connected=False)}, error)


def nobody():
    """C007, C008: about packets that no socket sent."""
    quotes = {"UDP": packet.ip(packet.udp(32, PORT, FAR_PORT), packet.HOST,
                               FAR, packet.UDP),
              "TCP": packet.ip(packet.tcp(32, b"", PORT, FAR_PORT),
                               packet.HOST, FAR, packet.TCP),
              "echo request": packet.ip(packet.echo(), packet.HOST, FAR),
              "timestamp reply": packet.ip(packet.icmp(
                  packet.TIMESTAMP_REPLY), packet.HOST, FAR),
              "protocol 253": packet.ip(packet.payload(32), packet.HOST, FAR,
                                        253)}
    for name, quote in quotes.items():
        for error in all_errors():
            transport = name in ("UDP", "TCP")
            differs = None
            if error.kind == QUENCH and transport:
                differs = QUENCH_COUNT
            elif (error.kind == REDIRECT and error.code > 3 and transport):
                differs = REDIRECT_CODE_COUNT
            yield About(f"{name}, {error}", {"UDP elsewhere": partial(
                Sender, RECVERR, local="192.0.2.9", connected=False)}, Error(
                    error.kind, error.code, quote=lambda _, quote=quote:
                    quote), differs=differs)


def windows():
    """C185: what TCP takes for true: a sequence number on its way."""
    for name, make in (("SYN sent", Syn), ("established", Established)):
        for off in (-1, 0, 1, 0x7fffffff):
            for error in FEW:
                yield About(f"{name}, {off:+}, {error}", {
                    "socket": partial(make, RECVERR)}, Error(
                        error.kind, error.code,
                        quote=partial(shifted, off)))


def shifted(off, sent):
    """A TCP segment of another sequence number."""
    seq = struct.unpack("!I", sent[24:28])[0] + off & 0xffffffff
    return sent[:24] + struct.pack("!I", seq) + sent[28:]


def bogus():
    """Errors about what went to a broadcast address."""
    for value in (1, 0):
        knob = {"icmp_ignore_bogus_error_responses": value}
        for address in ("192.0.2.255", "255.255.255.255"):
            for error in all_errors():
                known = {"sysctls": knob}
                if not value and error.end() != "InCode" and (
                        error.kind != REDIRECT):
                    known["ends"] = {"InTaken": 1, "InBogus": 1}
                yield About(f"{value}: {address}, {error}", {
                    "UDP": partial(Broadcast, RECVERR, connected=False,
                                   far=address)}, error, **known)


class Broadcast(Sender):
    def __init__(self, *options, **known):
        super().__init__((socket.SOL_SOCKET, socket.SO_BROADCAST, 1),
                         *options, **known)


def group(name, stimuli, told, rerouted, answered=0, sysctls=None, **known):
    """A Group that may open all kinds of sockets: of how many of the stimuli
    they are told, and how many change a route.
    """
    return Group(name, stimuli, answered,
                 noted={"told": told, "rerouted": rerouted},
                 sysctls={"ping_group_range": "0 2147483647",
                          **(sysctls or {})}, **known)


def told_of(name):
    """Of how many errors a kind of socket is told, and how many change the
    route: of those, two are redirects with codes that no host should know.
    """
    if name.startswith("TCP"):
        told = 23
    elif "IP_RECVERR" in name:
        told = 35 if name.startswith("ICMP datagram") else 24
    else:
        told = 16 if "connected" in name else 0
    return told, 7


JUMBO = {"commands": ["link set h0 mtu 65535"],
         "undo": ["link set h0 mtu 1500"]}
GROUPS = [
    *(group(name, about(make, all_errors()), *told_of(name))
      for name, make in KINDS.items()),
    group("SO_ERROR first", in_order("option recv queue poll"), 140, 56),
    group("error queue first", in_order("queue poll recv option"), 140, 56),
    group("sending first", in_order("again poll recv option queue"), 116, 48,
          answered=133),
    group("several errors", several(), 18, 0),
    group("control messages", control(), 15, 0),
    group("quotations", quotations(), 10, 0),
    group("quotations in pages", in_pages(), 21, 0, **JUMBO),
    group("quoted options", header_options(), 21, 0),
    group("extensions", extensions(), 134, 29),
    group("extensions by length field", extension_places(), 16, 0),
    group("many sockets", matching(), 36, 10),
    group("in a VRF", in_vrf(), 42, 0, commands=VRF, undo=NO_VRF),
    group("IP_MTU_DISCOVER", discovery(), 98, 136),
    group("new destinations", new_destinations(), 26, 56),
    group("flows", flows(), 48, 66, **FLOWS),
    group("flows, and marks that come back", flows(), 48, 66,
          rules=MARKED, sysctls={"fwmark_reflect": 1}, **FLOWS),
    group("IPsec policy", forbidden(), 20, 29),
    group("spoofed source", spoofed(), 7, 0),
    group("route changed meanwhile", vanished(), 12, 0),
    group("the host's own echo replies", echo_replies(), 7, 9),
    group("tunnels", tunnels(), 98, 28, answered=78, **TUNNELS),
    group("about what nobody sent", nobody(), 0, 7),
    group("windows of TCP", windows(), 18, 6),
    group("about broadcasts", bogus(), 48, 0),
]

if __name__ == "__main__":
    versus.main(GROUPS, topology=Settled)
