# SPDX-License-Identifier: GPL-2.0
"""What the module does otherwise than the built-in ICMP, on purpose, and how
its outcome follows from the built-in's. Documentation/differences.rst has the
reasons. A difference that does not show is a failure, too.
"""

import re
import struct

import dgram
import lab
import packet
from sender import SILENT


class Difference:
    """change(outcome) turns what the built-in did into what the module has to
    do. Bytes of frames that are hidden may be any.
    """

    def __init__(self, name, change=None, hidden=slice(0)):
        self.name = name
        self.change = change or (lambda outcome: None)
        self.hidden = hidden


def counted_as(kind, column=None):
    """A reply that the built-in counts as an echo reply."""
    def change(outcome):
        number = outcome.mib.get("IcmpMsg.OutType0", 0)
        outcome.count("IcmpMsg.OutType0", -number)
        outcome.count(f"IcmpMsg.OutType{kind}", number)
        outcome.count("Icmp.OutEchoReps", -number)
        if column:
            outcome.count("Icmp." + column, number)
    return change


def refused(in_errors=False):
    """A request that is not answered."""
    def change(outcome):
        outcome.frames = []
        for name in list(outcome.mib):
            if ".Out" in name:
                del outcome.mib[name]
        if in_errors:
            outcome.count("Icmp.InErrors", 1)
    return change


def only_received(outcome):
    """An echo request that the built-in answers to itself or, among others,
    to itself.
    """
    outcome.frames = []
    outcome.mib = {"Ip.InReceives": 1, "Ip.InDelivers": 1, "Icmp.InMsgs": 1,
                   "Icmp.InEchos": 1, "IcmpMsg.InType8": 1}


def from_address(source):
    def change(outcome):
        reply = outcome.frames[0]
        outcome.frames[0] = reply[:26] + packet.addr(source) + reply[30:]
    return change


def code_zero(outcome):
    """The built-in leaves the request's code in a good PROBE reply."""
    reply = outcome.frames[0]
    message = reply[34:35] + b"\0\0\0" + reply[38:]
    csum = struct.pack("!H", packet.checksum(message))
    outcome.frames[0] = reply[:35] + b"\0" + csum + reply[38:]
    counted_as(packet.PROBE_REPLY)(outcome)


def other_zero(outcome):
    """The built-in on x86 sends the zero that no receiver accepts."""
    reply = outcome.frames[0]
    outcome.frames[0] = reply[:36] + b"\xff\xff" + reply[38:]


def whole_hops(outcome):
    """The built-in counts back from the pointer, into the middle of hops."""
    reply = outcome.frames[0]
    hops = [packet.addr(hop) for hop in ("192.0.2.3", "192.0.2.4")]
    hops = hops[:(reply[35] - 3) // 4]
    listed = b"".join(hops[:-1])
    outcome.frames[0] = (reply[:30] + hops[-1] + reply[34:37] + listed +
                         reply[37 + len(listed):])


def not_to_itself(outcome):
    """The built-in sends an error to itself or, among others, to itself."""
    outcome.frames = []
    outcome.mib = {name: number for name, number in outcome.mib.items()
                   if not name.startswith("Icmp") and ".Out" not in name}
    outcome.count("Ip.InReceives", -1)
    outcome.count("Ip.InDelivers", -1)


def not_on_its_way(outcome):
    """The built-in sends an error to itself, where it is no longer welcome."""
    not_to_itself(outcome)
    outcome.count("Ip.InDelivers", 1)


def own_flow(source):
    """Up to 6.12 the built-in gives an error the addresses of the flow that led
    it through IPsec, and counts it by what is a port of that flow.
    """
    def change(outcome):
        from_address(source)(outcome)
        frame = outcome.frames[0]
        # In ESP without encryption, 28 bytes further on.
        kind = frame[62 if frame[23] == 50 else 34]
        for name in list(outcome.mib):
            if name.startswith("IcmpMsg.OutType"):
                del outcome.mib[name]
        outcome.mib[f"IcmpMsg.OutType{kind}"] = 1
        outcome.mib[f"Icmp.Out{COLUMNS[kind]}"] = 1
    return change


def untold(outcome):
    """A socket hears nothing of it, and routes stay as they are."""
    for name, told in outcome.notes.items():
        question = name.rpartition(", ")[2]
        if question in SILENT:
            outcome.notes[name] = SILENT[question]
    outcome.notes.pop("told", None)
    unrouted(outcome)


def unrouted(outcome):
    """A redirect that is not followed."""
    for name, route in outcome.notes.items():
        if name.startswith("route"):
            outcome.notes[name] = "via " + packet.PEER
    outcome.notes.pop("rerouted", None)


def learnt(mtu):
    """An MTU that the built-in does not keep."""
    def change(outcome):
        for name in outcome.notes:
            if name.startswith("route"):
                outcome.notes[name] += f" mtu {mtu} for a while"
        outcome.notes["rerouted"] = "yes"
    return change


def uncounted(outcome):
    """The transport, of whose sockets none is meant, does not count it."""
    outcome.count("Icmp.InErrors", -1)
    unrouted(outcome)


def in_error(outcome):
    """It is counted as an error, and that is all."""
    outcome.mib["Icmp.InErrors"] = 1
    unrouted(outcome)


def unchanged_filter(outcome):
    """The built-in clears what it could not read, before it says so."""
    outcome.notes["read"] = str(("0", 4, b"\x5a\xa5\x0f\xf0".ljust(
        64, b"\xee")))
    outcome.notes["socket hears"] = FILTERED


# Which types the mask that test_raw_filter begins with lets pass.
FILTERED = "0,2,5,7,9,11-12,14,20-27,32-255"


def wide_filter(outcome):
    """The built-in has 4 bytes to tell, whatever there is room for."""
    outcome.notes["read"] = str(("0", 32, b"\xb3\xb4\xb5\xb6".ljust(
        32, b"\0").ljust(64, b"\xee")))


def full_first(outcome):
    """Older kernels than the newest do not count what is hidden, of which five
    messages find the buffer full, and then one.
    """
    notes = outcome.notes
    for name, more in (("drops", 5), ("drops, then", 6)):
        notes[name] = str(int(notes[name]) + more)
    notes["in /proc"] = str(["0", notes["drops"]])
    notes["ss"] = str(["d0)", f"d{notes['drops']})"])
    notes["socket hears'"] = re.sub("1:40 ([0-9a-f]{8})", lambda found: (
        "1:40 " + struct.pack("=I", 6 + struct.unpack(
            "=I", bytes.fromhex(found[1]))[0]).hex()), notes["socket hears'"])


def asked(kind, column):
    """A request of a datagram socket, sent twice and answered twice, that the
    built-in refuses.
    """
    def change(outcome):
        message = dgram.filled(dgram.request(kind))
        request = bytearray(packet.ether(packet.ip(
            message, packet.HOST, packet.PEER, frag=packet.IP_DF),
            packet.PEER_MAC, packet.HOST_MAC))
        # What no comparison looks at.
        request[18:20] = request[24:26] = bytes(2)
        outcome.frames = [bytes(request)] * 2
        answer = packet.Ip(dgram.reply(dgram.REPLIES[kind])[14:]).body
        for name in outcome.notes:
            if name.startswith("send"):
                outcome.notes[name] = str(len(message))
            elif name.startswith("hears"):
                outcome.notes[name] = str([dgram.words(
                    answer, 0, (packet.PEER, 0))])
        for name in ("Ip.OutRequests", "Ip.OutTransmits", "Icmp.OutMsgs",
                     f"IcmpMsg.OutType{kind}", "Icmp." + column):
            # Newer kernels count more.
            if name != "Ip.OutTransmits" or name in lab.mib().read():
                outcome.count(name, 2)
    return change


def not_taken(outcome):
    """The built-in has one table of identifiers for both families."""
    outcome.notes["bind"] = "None"
    outcome.notes["socket hears"] = dgram.words(
        packet.Ip(dgram.reply()[14:]).body, 0, (packet.PEER, 0))
    outcome.notes["heard"] = "yes"


def unlisted(outcome):
    """They are in a file of the module's."""
    outcome.notes.update({"icmp": "[]", "protocols": "['0']"})


COLUMNS = {packet.UNREACH: "DestUnreachs", packet.TIME_EXCEEDED: "TimeExcds"}
FORBIDDEN_PMTU = Difference(
    "a raw socket that IPsec forbids to send still learns the path MTU",
    learnt(1000))
QUENCH_PING = Difference(
    "no datagram socket is told of source quench", untold)
QUENCH_COUNT = Difference(
    "no transport is told of source quench", uncounted)
REDIRECT_CODE = Difference(
    "no redirect with an unknown code is followed", unrouted)
REDIRECT_CODE_PING = Difference(
    "no datagram socket is told of a redirect with an unknown code", untold)
REDIRECT_CODE_COUNT = Difference(
    "no transport is told of a redirect with an unknown code", uncounted)
REDIRECT_HEADER = Difference(
    "a redirect about what is no IP packet is an error", in_error)
SHORT_CODE = Difference(
    "an error that is too short is one, whatever its code", in_error)
BROADCAST_SOURCE = Difference(
    "no error goes to a source that is a broadcast address", not_to_itself)
OWN_FLOW = Difference(
    "errors that take the way of their packet back keep their own addresses",
    own_flow("192.0.2.1"))
VRF_INBOUND = Difference(
    "in a VRF the inbound interface is the one the packet came by",
    from_address("192.0.2.1"))
CLASS_E = Difference(
    "no error goes to a class E source", refused())
LOOPBACK_SOURCE = Difference(
    "no error is sent about a loopback source on a wire", not_to_itself)
NO_ERROR_HOP = Difference(
    "no source route leads an error back by no address", not_on_its_way)
SHORT_QUOTE = Difference(
    "no error quotes less than a header and 8 bytes", refused())
TIMESTAMP_COUNT = Difference(
    "a timestamp reply counts as one, not as an echo reply",
    counted_as(packet.TIMESTAMP_REPLY, "OutTimestampReps"))
PROBE_COUNT = Difference(
    "a PROBE reply counts as one, not as an echo reply",
    counted_as(packet.PROBE_REPLY))
SHORT_TIMESTAMP = Difference(
    "a timestamp request needs its 20 bytes", refused(in_errors=True))
PROBE_BROADCAST = Difference(
    "a PROBE to many is never answered", refused(in_errors=True))
PROBE_REPLY_BROADCAST = Difference(
    "a PROBE reply to many is an error", refused(in_errors=True))
PROBE_CODE = Difference(
    "the code of a PROBE reply is never the request's", code_zero)
NO_ADDRESS = Difference(
    "nobody without an address is answered", only_received)
BROADCAST_REQUESTER = Difference(
    "no broadcast address is answered", only_received)
BROADCAST_HOP = Difference(
    "no source route leads back by a broadcast address", only_received)
NO_HOP = Difference(
    "no source route leads back by no address", only_received)
MULTICAST_HOP = Difference(
    "no source route leads back by a multicast address", refused())
WHOLE_HOPS = Difference(
    "hops of a source route begin where they begin", whole_hops)
SPOILT_OPTIONS = Difference(
    "options that a firewall broke are not returned", refused())
ZERO_CHECKSUM = Difference(
    "a reply of nothing but zeros has the checksum 0xffff", other_zero)
DIRECTED = {address: Difference(
    f"a broadcast to the network of {address} is answered from there",
    from_address(address)) for address in ("192.0.2.1", "198.51.100.1")}
# Frames show the next hop by its MAC.
TIMESTAMP_FLOW = Difference(
    "flows of timestamp replies are of their type",
    counted_as(packet.TIMESTAMP_REPLY, "OutTimestampReps"), slice(0, 6))
CODE_FLOW = Difference(
    "flows of echo replies with a code are of this code", None, slice(0, 6))
TIMESTAMP_POLICY = Difference(
    "IPsec sees the type of timestamp replies", refused())
FILTER_FAULT = Difference(
    "a filter of raw sockets that cannot be read changes nothing",
    unchanged_filter)
FILTER_WIDE = Difference(
    "a filter of raw sockets has a bit for every type", wide_filter)
FULL_FIRST = Difference(
    "a raw socket whose buffer is full loses what it would hide as well",
    full_first)
DGRAM_REQUESTS = {kind: Difference(
    f"datagram sockets send {name} requests", asked(kind, column))
    for kind, name, column in (
        (packet.TIMESTAMP, "timestamp", "OutTimestamps"),
        (packet.MASK, "address mask", "OutAddrMasks"))}
DGRAM_FAMILIES = Difference(
    "identifiers of IPv6 sockets are apart", not_taken)
DGRAM_LISTED = Difference(
    "/proc/net/icmp does not list the module's sockets", unlisted)
