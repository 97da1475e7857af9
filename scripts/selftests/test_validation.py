#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Which messages are acted on, and what becomes of the others (RFC 792,
RFC 1122 3.2.2, RFC 8335), compared with the built-in ICMP; and the module's
counter for every reason to drop one.

  peer p0 ------ h0 host           addresses and MACs: lab.py
    | good, bad, unknown ->|
    |<- reply, or nothing and one counter
"""

import struct

import kernel
import ktap
import lab
import packet
import versus
from differences import (BROADCAST_REQUESTER, NO_ADDRESS, PROBE_BROADCAST,
                         PROBE_CODE, PROBE_COUNT, PROBE_REPLY_BROADCAST,
                         REDIRECT_HEADER,
                         SHORT_TIMESTAMP, SPOILT_OPTIONS, TIMESTAMP_COUNT)
from packet import (BROADCAST_MAC, ECHO, HOST, MASK, PROBE, TIMESTAMP, addr,
                    echo, ether, frame, fragments, icmp, ip, payload,
                    timestamp)
from versus import Group, Stimulus

# Who looks after a type. What becomes of errors that are long enough is for
# test_error_in and its kin.
PROBE_REPLY = 43
REPLIES = {0, PROBE_REPLY}
ERRORS = {3, 4, 5, 11, 12}
ANSWERED = {ECHO, TIMESTAMP}
NO_ACTION = {1, 2, 6, 7, 9, 10, 14, 15, 16, 18}
BROADCAST_TYPES = {8, 13, 17, 18}
EVENTS = {"InTaken", "InPassed", "InAnswers", "InRefused", "InDelivered",
          "OutReplies", "OutCopied", "OutDiscarded"}
BROADCASTS = {
    "directed broadcast": "192.0.2.255",
    "limited broadcast": "255.255.255.255",
    "multicast group": "224.0.0.1",
}


def truncated(kind):
    """C002, C146, C168: every length that is too short, and some more."""
    whole = timestamp() if kind == TIMESTAMP else b""
    rest, data = (whole[4:8], whole[8:]) if whole else (
        b"\0\1\0\1", payload(24))
    for size in range(29):
        message = icmp(kind, 0, rest, data)[:size]
        if size >= 4:
            message = message[:2] + b"\0\0" + message[4:]
            message = (message[:2] +
                       struct.pack("!H", packet.checksum(message)) +
                       message[4:])
        yield size, message


def truncated_echo():
    for size, message in truncated(ECHO):
        yield Stimulus(f"{size} bytes", frame(message), drop=too_short(size))


def truncated_timestamp():
    for size, message in truncated(TIMESTAMP):
        known = {"drop": too_short(size, 20)}
        if 12 <= size < 20:
            known["differs"] = SHORT_TIMESTAMP
        elif size >= 20:
            known["differs"] = TIMESTAMP_COUNT
        yield Stimulus(f"{size} bytes", frame(message), **known)


def truncated_probe():
    for size, message in truncated(PROBE):
        yield Stimulus(f"{size} bytes", frame(message), drop=too_short(size),
                       differs=PROBE_COUNT if size >= 8 else None)


def truncated_others():
    """Those that nobody answers, but for the errors of the built-in."""
    for kind in (15, 17, 30, 99):
        for size, message in truncated(kind):
            drop = "InNoAction" if kind < 19 else "InUnknownType"
            if kind == MASK and size >= 12:
                drop = "InMaskOff"
            yield Stimulus(f"type {kind}, {size} bytes", frame(message),
                           drop=too_short(size) or drop)


def too_short(size, least=8):
    if size < 4:
        return "InCsum"
    if size < 8:
        return "InShort"
    return "InLength" if size < least else None


def checksums():
    """C001."""
    for size in (0, 1, 56, 57):
        good = struct.unpack("!H", echo(size)[2:4])[0]
        for bit in range(16):
            yield bad(f"{size} bytes, bit {bit}",
                      echo(size, csum=good ^ 1 << bit))
        yield bad(f"{size} bytes, checksum 0", echo(size, csum=0))
        yield bad(f"{size} bytes, checksum 0xffff", echo(size, csum=0xffff))
        yield bad(f"{size} bytes, last byte",
                  echo(size)[:-1] + bytes([echo(size)[-1] ^ 1]))
    yield bad("timestamp request", timestamp(csum=0x1234))
    yield bad("unknown type", icmp(99, csum=0x1234))
    yield Stimulus("in the second fragment", *fragments(
        ip(echo(1472) + b"\1"), 1000), replies=0, drop="InCsum")
    yield Stimulus("in a page", lab.paged(frame(
        echo(5000, csum=0x1234)), 42), replies=0, drop="InCsum")


def bad(name, message):
    return Stimulus(name, frame(message), replies=0, drop="InCsum")


def types(dst=HOST, ignore=True, kinds=range(256)):
    """C004, C007, C122, C144, C160, C161, C212, C220, C222."""
    broadcast = dst != HOST
    for kind in kinds:
        known = {}
        if broadcast and kind in ANSWERED and ignore:
            known["drop"] = "InBroadcastEcho"
        elif broadcast and kind not in BROADCAST_TYPES:
            known["drop"] = "InBroadcastType"
        elif kind in REPLIES:
            known["drop"] = "InNoSocket"
        elif kind in NO_ACTION:
            known["drop"] = "InNoAction"
        elif kind == MASK:
            known["drop"] = "InMaskOff"
        elif kind in ERRORS:
            known["drop"] = "InLength"
        elif kind == PROBE:
            known["drop"] = "InProbeOff"
        elif kind not in ANSWERED:
            known["drop"] = "InUnknownType"
        if broadcast and kind == PROBE:
            known["differs"] = PROBE_BROADCAST
        elif broadcast and kind == PROBE_REPLY:
            known["differs"] = REPLY_DIFFERS
        elif kind == packet.REDIRECT and not broadcast:
            known["differs"] = REDIRECT_HEADER
        elif kind == TIMESTAMP and not known:
            known["differs"] = TIMESTAMP_COUNT
        yield Stimulus(f"type {kind}", ether(
            ip(icmp(kind, 0, b"\0\1\0\1", payload(24)), dst=dst),
            BROADCAST_MAC if broadcast else packet.HOST_MAC), **known)


def requesters():
    """C025, C164: to whom no reply may go. What IP itself refuses has no
    counter of ours.
    """
    lan = "255.255.255.255"
    for dst in (lan, HOST):
        for src in ("127.0.0.1", "224.0.0.1", "255.255.255.255", HOST):
            yield Stimulus(f"{src} asks {dst}", frame(
                echo(), src=src, dst=dst), replies=0)
        yield Stimulus(f"240.0.0.1 asks {dst}", frame(
            echo(), src="240.0.0.1", dst=dst), replies=1)
    yield Stimulus(f"192.0.2.7, who has no route, asks {HOST}", frame(
        echo(), src="192.0.2.7"), replies=0, drop="OutNoRoute")
    yield Stimulus(f"0.0.0.0 asks {HOST}", frame(echo(), src="0.0.0.0"),
                   replies=0)
    yield Stimulus(f"0.0.0.0 asks {lan}", frame(
        echo(), src="0.0.0.0", dst=lan), replies=0, drop="OutRequester",
        differs=NO_ADDRESS)
    for dst in (lan, HOST):
        yield Stimulus(f"0.0.0.1 asks {dst}", frame(
            echo(), src="0.0.0.1", dst=dst), replies=1)
    yield Stimulus(f"192.0.2.255 asks {HOST}", frame(
        echo(), src="192.0.2.255"), drop="OutRequester",
        differs=BROADCAST_REQUESTER)


def probe(ident, ctype, length=None, seq=0x0101, code=0, kind=PROBE,
          version=0x20, cls=3, head=b"\0\0", tail=b""):
    """RFC 8335 2: an extended echo request for one interface."""
    length = len(ident) + 4 if length is None else length
    extension = struct.pack("!BB2sHBB", version, 0, head, length, cls,
                            ctype) + ident + tail
    return icmp(kind, code, struct.pack("!HH", 0x1234, seq), extension)


def by_address(packed, afi=1, length=None):
    return struct.pack("!HBB", afi, len(packed) if length is None else length,
                       0) + packed


def probes():
    """C211: who is asked about, and in which way."""
    names = {
        "name": (b"h0", 1),
        "padded name": (b"h0\0\0", 1),
        "name of 15 bytes": (b"interface-of-15", 1),
        "name of an interface that is down": (b"down0", 1),
        "name of an interface without address": (b"bare0", 1),
        "name of the loopback": (b"lo\0\0", 1),
        "name nobody has": (b"h1", 1),
        "name of one zero": (b"\0", 1),
        "index 1": (struct.pack("!I", 1), 2),
        "index nobody has": (struct.pack("!I", 0x7fffffff), 2),
        "index -1": (b"\xff" * 4, 2),
        "index 0": (b"\0" * 4, 2),
        "IPv4": (by_address(addr(HOST)), 3),
        "second IPv4": (by_address(addr("198.51.100.1")), 3),
        "IPv4 of the loopback": (by_address(addr("127.0.0.1")), 3),
        "IPv4 of the requester": (by_address(addr("192.0.2.2")), 3),
        "IPv4 broadcast": (by_address(addr("192.0.2.255")), 3),
        "IPv4 zero": (by_address(b"\0" * 4), 3),
        "IPv6": (by_address(IPV6, 2), 3),
        "IPv6 nobody has": (by_address(IPV6[:-1] + b"\2", 2), 3),
        "IPv6 loopback": (by_address(b"\0" * 15 + b"\1", 2), 3),
    }
    for name, (ident, ctype) in names.items():
        yield Stimulus(name, frame(probe(ident, ctype)), replies=1,
                       differs=PROBE_COUNT)
    malformed_ones = {
        "name of 16 bytes": (b"interface-of-16.", 1),
        "index of 3 bytes": (b"\0\0\1", 2),
        "index of 5 bytes": (b"\0\0\0\1\0", 2),
        "address of 3 bytes": (by_address(addr(HOST)[:3]), 3),
        "address of 3 bytes, not told so": (by_address(b"\1\2\3", 1, 4), 3),
        "address of 4 bytes, told to be 3": (
            by_address(addr(HOST), 1, 3), 3),
        "address of 4 bytes, told to be 5": (
            by_address(addr(HOST), 1, 5), 3),
        "IPv6 of 16 bytes, told to be 4": (by_address(IPV6, 2, 4), 3),
        "address of 5 bytes": (by_address(addr(HOST) + b"\0"), 3),
        "address of 0 bytes": (by_address(b""), 3),
        "address head cut": (b"\0\1\4", 3),
        "IPv6 of 4 bytes": (by_address(addr(HOST), 2), 3),
        "IPv6 of 15 bytes": (by_address(IPV6[:15], 2), 3),
        "IPv4 of 16 bytes": (by_address(IPV6, 1), 3),
        "family 0": (by_address(addr(HOST), 0), 3),
        "family 6": (by_address(b"\2\0\0\0\0\1", 6), 3),
        "C-type 0": (b"h0", 0),
        "C-type 4": (b"h0", 4),
        "C-type 255": (b"h0", 255),
        "nothing": (b"", 1),
    }
    for name, (ident, ctype) in malformed_ones.items():
        yield Stimulus("malformed: " + name, frame(probe(ident, ctype)),
                       replies=1, differs=PROBE_COUNT)
    for length in (0, 3, 4, 5, 7, 8, 20, 24, 25, 28, 0xffff):
        yield Stimulus(f"object length {length}", frame(probe(
            b"h0\0\0", 1, length, tail=payload(20))), replies=1,
            differs=PROBE_COUNT)
        yield Stimulus(f"object length {length}, cut", frame(probe(
            b"h0\0\0", 1, length)), replies=1, differs=PROBE_COUNT)


def probe_headers():
    """C211, RFC 8335 2: what else is in the request."""
    for code in (1, 255):
        yield Stimulus(f"code {code}", frame(probe(b"h0", 1, code=code)),
                       replies=1, differs=PROBE_CODE)
    for code in (1, 255):
        yield Stimulus(f"code {code}, no interface", frame(
            probe(b"h1", 1, code=code)), replies=1, differs=PROBE_COUNT)
    for seq in (0x0001, 0xff01, 0x01ff, 0x0103, 0x0181):
        yield Stimulus(f"sequence {seq:#x}", frame(probe(b"h0", 1, seq=seq)),
                       replies=1, differs=PROBE_COUNT)
    for seq in (0x0000, 0x0100, 0x01fe):
        yield Stimulus(f"not for us, sequence {seq:#x}", frame(
            probe(b"h0", 1, seq=seq)), replies=0, drop="InProbeRemote")
    for name, known in (("version 1", {"version": 0x10}),
                        ("class 2", {"cls": 2}),
                        ("extension checksum", {"head": b"\x12\x34"}),
                        ("more behind", {"tail": payload(1001)})):
        yield Stimulus(name, frame(probe(b"h0", 1, **known)), replies=1,
                       differs=PROBE_COUNT)
    yield Stimulus("in fragments", *fragments(ip(probe(
        b"h0", 1, tail=payload(1001))), 28), replies=1, differs=PROBE_COUNT)
    yield Stimulus("in pages", lab.paged(frame(probe(
        b"h0", 1, tail=payload(5000))), 42), replies=1, differs=PROBE_COUNT)
    yield Stimulus("in TOS 0xb9", frame(probe(b"h0", 1), tos=0xb9),
                   replies=1, differs=PROBE_COUNT)
    for status in range(8):
        yield Stimulus(f"reply sums to zero if the status is {status}",
                       frame(zero_sum_probe(status)), replies=1,
                       differs=PROBE_COUNT)
    for name, dst in BROADCASTS.items():
        yield Stimulus("to a " + name, frame(probe(b"h0", 1), dst=dst),
                       replies=1, drop="InBroadcastType",
                       differs=PROBE_BROADCAST)


def zero_sum_probe(status):
    """A PROBE whose reply has a checksum of zero if it tells this status."""
    ident = packet.checksum(struct.pack("!BBHH", packet.PROBE_REPLY, 0, 0,
                                        0x100 | status) + probe(b"h0", 1)[8:])
    message = struct.pack("!BBHHH", PROBE, 0, 0, ident, 0x101)
    message += probe(b"h0", 1)[8:]
    return icmp(PROBE, 0, message[4:8], message[8:])


def probes_off():
    """C210: off is the default."""
    yield Stimulus("by name", frame(probe(b"h0", 1)), replies=0,
                   drop="InProbeOff")
    yield Stimulus("not for us", frame(probe(b"h0", 1, seq=0x100)),
                   replies=0, drop="InProbeOff")


def stamps():
    """C140, C141: what a timestamp request may look like."""
    for extra in (0, 1, 2, 500, 1452):
        yield Stimulus(f"{extra} bytes more", frame(timestamp(
            payload(extra))), replies=1, differs=TIMESTAMP_COUNT)
    for code in (1, 255):
        yield Stimulus(f"code {code}", frame(timestamp(code=code)),
                       replies=1, differs=TIMESTAMP_COUNT)
    for originate in (0, 86399999, 0x80000000, 0xffffffff):
        yield Stimulus(f"originate {originate}", frame(timestamp(
            originate=originate)), replies=1, differs=TIMESTAMP_COUNT)
    yield Stimulus("receive and transmit filled in", frame(icmp(
        TIMESTAMP, 0, b"\0\1\0\1", b"\1\2\3\4" + b"\xff" * 8)), replies=1,
        differs=TIMESTAMP_COUNT)
    for size in (28, 36):
        yield Stimulus(f"in fragments of {size}", *fragments(
            ip(timestamp()), size), replies=1, differs=TIMESTAMP_COUNT)
        yield Stimulus(f"in fragments of {size} with 2000 bytes more",
                       *fragments(ip(timestamp(payload(2000))), size),
                       replies=1, differs=TIMESTAMP_COUNT)
    for linear in (34, 42, 46, 50):
        yield Stimulus(f"in pages, {linear} bytes linear", lab.paged(
            frame(timestamp(payload(5000))), linear), replies=1,
            differs=TIMESTAMP_COUNT)
    for tos in (0x10, 0xb9):
        yield Stimulus(f"TOS {tos:#x}", frame(timestamp(), tos=tos),
                       replies=1, differs=TIMESTAMP_COUNT)


def forbidden():
    """RFC 4301 5.2: policy first, before anything is counted."""
    yield Stimulus("echo", frame(echo()), replies=0, drop="InPolicy")
    yield Stimulus("bad checksum", frame(echo(csum=1)), replies=0,
                   drop="InPolicy")
    yield Stimulus("unknown", frame(icmp(99)), replies=0, drop="InPolicy")


# Where the kernel keeps its firewall from that, the same is just answered.
SPOILT = ({"drop": "OutOptions", "differs": SPOILT_OPTIONS}
          if kernel.firewall_may_spoil() else {})


def spoilt_options():
    """A firewall may break options after IP has looked at them."""
    yield Stimulus("length 1", frame(echo(), options=b"\1\7\7\4" +
                                     b"\0" * 4), replies=1, **SPOILT)


def spoilt_headers():
    """The same of the header's length."""
    for tos in (0xe0, 0xe4):
        yield Stimulus(f"no options, TOS {tos:#x}", frame(echo(), tos=tos),
                       replies=1, **SPOILT)
    yield Stimulus("0 bytes", frame(echo(0), tos=0xe0), replies=1, **SPOILT)


IPV6 = bytes.fromhex("fd000000000000000000000000000001")

def type_table(host):
    """/proc/net/icmp4/types agrees with the kernel's own IcmpMsg.

    C240: in, out and dropped, by name; types without one share a row.
    """
    host.exchange([frame(icmp(kind, 0, b"\0\1\0\1", payload(24)))
                   for kind in range(256)])
    with open("/proc/net/icmp4/types", encoding="ascii") as file:
        rows = {line.split()[0]: line.split()[1:]
                for line in file.read().splitlines()[1:]}
    problems = []
    for kind in (3, 8, 13, 17, 42):
        expected = {3: ["unreach", "1", "0", "1", "0"],
                    8: ["echoreq", "1", "0", "0", "0"],
                    13: ["timereq", "1", "0", "0", "0"],
                    17: ["maskreq", "1", "0", "1", "0"],
                    42: ["extechoreq", "1", "0", "1", "0"]}[kind]
        if rows.get(str(kind)) != expected:
            problems.append(f"row {kind} is {rows.get(str(kind))}")
    for kind, name in ((0, "echorep"), (14, "timerep")):
        if rows[str(kind)][:3] != [name, "1", "1"]:
            problems.append(f"row {kind} is {rows[str(kind)]}")
    total = sum(int(row[1]) for row in rows.values())
    if total != 256:
        problems.append(f"{total} messages came in, not 256")
    dropped = sum(int(row[3]) for row in rows.values())
    drops = sum(number for name, number in lab.stat().read().items()
                if name[len("Icmp4."):] not in EVENTS)
    if dropped != drops or not drops:
        problems.append(f"types say {dropped} were dropped, stat {drops}")
    return problems


def send_buffer(host):
    """A device that does not drain fills the send buffer, and empties it.

    What was accepted is not lost, and there is room again afterwards.
    """
    lab.run("tc", "qdisc", "add", "dev", "h0", "root", "tbf", "rate",
            "1mbit", "burst", "2000", "limit", "10000000")
    stat, mib = lab.stat(), lab.mib()
    for seq in range(400):
        host.answers.send(frame(echo(1000, seq=seq)))
    replies = host.exchange([])
    stat, mib = lab.stat().since(stat), lab.mib().since(mib)
    again = host.exchange([frame(echo(1000))])

    problems = []
    refused = stat.get("Icmp4.OutSendBuffer", 0)
    if not 0 < refused < 400:
        problems.append(f"{refused} of 400 refused")
    if len(replies) != 400 - refused:
        problems.append(f"{len(replies)} replies, {refused} refused")
    if mib.get("Icmp.OutErrors", 0) != refused:
        problems.append(f"{refused} refused, OutErrors says "
                        f"{mib.get('Icmp.OutErrors', 0)}")
    if mib.get("Icmp.OutMsgs", 0) != len(replies):
        problems.append(f"{len(replies)} replies, OutMsgs says "
                        f"{mib.get('Icmp.OutMsgs', 0)}")
    if len(again) != 1:
        problems.append("no reply when the queue was empty again")
    return problems


def reasons(host):
    """Every reason to drop has a stimulus here that meets it.

    But for those that take a shortage of memory, a kernel without IPv6, a
    message that is received while the same CPU sends one, or a device that
    keeps what it receives; and those of received errors, of limits and of
    errors that are not sent, which have suites of their own.
    """
    names = {name[len("Icmp4."):] for name in lab.fates().read()}
    met = {stimulus.drop for group in GROUPS for stimulus in group.stimuli}
    met |= {"OutSendBuffer"}
    if not SPOILT:
        ktap.print_msg("this kernel keeps its firewall from breaking headers: "
                       "nothing can meet OutOptions")
        met.add("OutOptions")
    names = {name for name in names
             if not name.startswith(("Err", "Limit", "InQu"))}
    missing = names - EVENTS - met - {
        "InNoMemory", "OutNoMemory", "InProbeNoIPv6", "OutBusy", "OutTooBig",
        "InUnreadable", "InCode", "InPmtuIgnored", "InBogus",
        "InRedirectIgnored", "InTimestampOff", "InMaskUnknown",
        "InMaskAmbiguous"}
    host.settle()
    return [f"nothing meets {name}" for name in sorted(missing)]


def firewalled():
    """What a firewall drops on the way out counts as it always did."""
    yield Stimulus("echo", frame(echo()), replies=0)
    yield Stimulus("fragments", *fragments(ip(echo(3000)), 1500), replies=0)


def probe_reply():
    return ether(ip(icmp(PROBE_REPLY, 0, b"\0\1\0\1", payload(24)),
                    dst="192.0.2.255"), BROADCAST_MAC)


REPLY_DIFFERS = None if "Icmp.InErrors" in kernel.builtin_counts(
    [probe_reply()]) else PROBE_REPLY_BROADCAST
SOME = (*range(48), 127, 128, 254, 255)
PROBE_ON = {"icmp_echo_enable_probe": 1}
ANSWER_ALL = {"icmp_echo_ignore_broadcasts": 0}
JUMBO = {"commands": ["link set h0 mtu 65535"],
         "undo": ["link set h0 mtu 1500"]}
GROUPS = [
    Group("echo requests cut short", truncated_echo(), answered=21),
    Group("timestamp requests cut short", truncated_timestamp(),
          answered=17),
    Group("PROBE requests cut short", truncated_probe(), answered=21,
          sysctls=PROBE_ON),
    Group("other messages cut short", truncated_others(), answered=0),
    Group("checksums", checksums(), answered=0, **JUMBO),
    Group("every type", types(), answered=2),
    *(Group(f"types to a {name}", types(dst, True, SOME), answered=0)
      for name, dst in BROADCASTS.items()),
    *(Group(f"types to a {name} that may be answered",
            types(dst, False, SOME), answered=2,
            sysctls=ANSWER_ALL)
      for name, dst in BROADCASTS.items()),
    Group("requesters", requesters(), answered=5, sysctls=ANSWER_ALL,
          commands=["route add unreachable 192.0.2.7"],
          undo=["route del unreachable 192.0.2.7"]),
    Group("timestamp requests", stamps(), **JUMBO),
    Group("PROBE", probes(), sysctls=PROBE_ON,
          commands=["link add interface-of-15 type dummy",
                    "link add down0 type dummy",
                    "address add 10.1.1.1/24 dev down0",
                    "link add bare0 type dummy", "link set bare0 up",
                    "address add fd00::1/64 dev h0 nodad"],
          undo=["link del interface-of-15", "link del down0",
                "link del bare0", "address del fd00::1/64 dev h0"]),
    Group("PROBE headers", probe_headers(),
          sysctls={**PROBE_ON, **ANSWER_ALL}, answered=27, **JUMBO),
    Group("PROBE off", probes_off(), answered=0),
    Group("IPsec policy", forbidden(), answered=0,
          commands=["xfrm policy add dir in proto icmp action block"],
          undo=["xfrm policy del dir in proto icmp"]),
    Group("options broken by a firewall", spoilt_options(), rules="""
          table ip spoil {
              chain in {
                  type filter hook input priority 0
                  icmp type echo-request @nh,176,8 set 1
              }
          }"""),
    Group("header lengths broken by a firewall", spoilt_headers(), rules="""
          table ip spoil {
              chain in {
                  type filter hook input priority 0
                  ip dscp 0x38 @nh,0,8 set 0x4f
                  ip dscp 0x39 @nh,0,8 set 0x46
              }
          }"""),
    Group("reply dropped by a firewall", firewalled(), answered=0,
          events={"OutDiscarded": 2}, rules="""
          table ip silent {
              chain out {
                  type filter hook output priority 0
                  icmp type echo-reply drop
              }
          }"""),
    Group("echo ignored", [Stimulus("echo", frame(echo()), replies=0,
                                    drop="InEchoIgnored")], answered=0,
          sysctls={"icmp_echo_ignore_all": 1}),
]

if __name__ == "__main__":
    versus.main(GROUPS, [type_table, send_buffer, reasons])
