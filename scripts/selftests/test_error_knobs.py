#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""The knobs of errors: whose address they carry, how much they quote, what stands
behind the quotation, how many there are; and who can watch them.

  client                   host, a router                 server
  peer p0 ---- veth ---- h0              h1 ---- veth ---- s0
  192.0.2.2              192.0.2.1       10.1.0.1          10.1.0.2
"""

import errno
import os
import socket
import struct

import lab
import test_errors
import versus
from differences import SHORT_QUOTE
from lab import paged
from packet import (IP_DF, PARAMETER_PROBLEM, TCP, TIME_EXCEEDED, UNREACH,
                    addr, checksum, echo, frame, icmp, payload, tcp)
from router import SERVER, Router, probe
from versus import Group, Stimulus

IP_RECVERR = 11


def inbound():
    """C044: whose address errors of a router carry."""
    for value in (0, 1):
        knob = {"icmp_errors_use_inbound_ifaddr": value}
        for src in ("192.0.2.2", "172.16.0.5", "198.51.100.2"):
            yield Stimulus(f"{value}: time exceeded for {src}", probe(
                src=src, ttl=1), replies=1, sysctls=knob)
            yield Stimulus(f"{value}: closed port for {src}", probe(
                src=src, dst="203.0.113.1"), replies=1, sysctls=knob)
            yield Stimulus(f"{value}: too big for {src}", probe(
                1400, src=src, frag=IP_DF), replies=1, sysctls=knob)


def reflected():
    """The mark of the packet, by fwmark_reflect; seen by the TTL."""
    for value in (0, 1):
        knob = {"fwmark_reflect": value}
        yield Stimulus(f"{value}: closed port", probe(dst="192.0.2.1"),
                       replies=1, sysctls=knob)
        yield Stimulus(f"{value}: time exceeded", probe(ttl=1), replies=1,
                       sysctls=knob)


MARK = """
    table ip marks {
        chain pre {
            type filter hook prerouting priority -150
            meta mark set 7
        }
    }"""


def limited():
    """C234, C237: six at once, by destination; need-frag without limit."""
    yield Stimulus("20 to one", *(probe(dst="192.0.2.1")
                                  for _ in range(20)), replies=6)
    yield Stimulus("20 to another", *(probe(dst="192.0.2.1", src="192.0.2.3")
                                      for _ in range(20)), replies=6)
    yield Stimulus("one more of another kind", probe(ttl=1), replies=0,
                   drop="LimitHost")
    yield Stimulus("20 too big", *(probe(1400, frag=IP_DF)
                                   for _ in range(20)), replies=20)
    yield Stimulus("a kind that is not masked", probe(
        dst="192.0.2.1", src="192.0.2.2"), replies=1,
        sysctls={"icmp_ratemask": 0})
    yield Stimulus("icmp_ratelimit 0", *(probe(dst="192.0.2.1",
                                               src="192.0.2.4")
                                         for _ in range(20)), replies=20,
                   sysctls={"icmp_ratemask": 6168, "icmp_ratelimit": 0})


def small_paths():
    """A route back with a small MTU: what fits is quoted, or nothing sent."""
    for mtu in (552, 300, 128, 76, 68):
        yield Stimulus(f"MTU {mtu}", probe(1000, "192.0.2.1"), replies=1,
                       commands=["route replace 192.0.2.2/32 dev h0 "
                                 f"mtu lock {mtu}"])
    yield Stimulus("MTU 68, long header", probe(
        100, "192.0.2.1", options=b"\1" * 16), replies=1, differs=SHORT_QUOTE,
        drop="ErrNoRoom")
    yield Stimulus("MTU 68, all of a short packet", frame(
        b"", proto=253, options=b"\1" * 16), replies=1)


GROUPS = [
    Group("source of errors", inbound(),
          commands=["link set h1 mtu 1400",
                    "route add 172.16.0.0/16 via 192.0.2.3 src 203.0.113.1"],
          undo=["link set h1 mtu 1500", "route del 172.16.0.0/16"]),
    Group("fwmark_reflect", reflected(), rules=MARK,
          commands=["rule add fwmark 7 lookup 7 priority 100",
                    "route add default via 192.0.2.3 hoplimit 77 table 7",
                    "route add 10.1.0.0/24 dev h1 table 7"],
          undo=["rule del priority 100", "route flush table 7"]),
    Group("small paths back", small_paths(), answered=7,
          undo=["route del 192.0.2.2/32"]),
    Group("limit by destination", limited(), answered=5,
          sysctls={"icmp_ratemask": 6168, "icmp_ratelimit": 1000}),
]


def no_credit(host):
    """Without icmp_msgs_per_sec nothing of the masked types goes."""
    for name, value in (("icmp_ratemask", 6168), ("icmp_ratelimit", 0),
                        ("icmp_msgs_per_sec", 0)):
        lab.sysctl(name, value)
    host.exchange([probe(dst="192.0.2.1") for _ in range(10100)])
    stat, mib = lab.stat(), lab.mib()
    back = host.exchange([probe(dst="192.0.2.1"),
                          probe(1400, "10.1.0.77", frag=IP_DF)])
    problems = expect("frames back", len(back), 0)
    problems += expect("module", lab.stat().since(stat), {
        "Icmp4.ErrRaised": 1, "Icmp4.LimitGlobal": 1})
    return problems + expect(
        "OutRateLimitGlobal",
        lab.mib().since(mib).get("Icmp.OutRateLimitGlobal"), 1)


def within(host):
    """An error about what is just being sent: none, and nothing waits for it."""
    lab.nft("""
        table ip refuse {
            chain out {
                type filter hook output priority 0
                icmp type echo-reply reject with icmp type admin-prohibited
            }
        }""")
    stat = lab.stat()
    problems = expect("frames", host.exchange([frame(echo())]), [])
    now = lab.stat().since(stat)
    problems += expect("ErrBusy", now.get("Icmp4.ErrBusy"), 1)
    lab.nft("flush ruleset")
    return problems + expect("frames after that",
                             len(host.exchange([frame(echo())])), 1)


def own_packets(host):
    """An error in a task that sends: it gets the errno, and the packet back."""
    lab.nft("""
        table ip refuse {
            chain out {
                type filter hook output priority 0
                udp dport 9 reject with icmp type port-unreachable
            }
        }""")
    problems = []
    stat = lab.stat()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        sock.connect(("192.0.2.2", 9))
        for number in range(100):
            try:
                sock.send(struct.pack("!I", number))
                problems.append("the firewall lets it pass")
            except PermissionError:
                pass
            problems += expect("error", sock.getsockopt(
                socket.SOL_SOCKET, socket.SO_ERROR), errno.ECONNREFUSED)
            data = sock.recvmsg(64, 512, socket.MSG_ERRQUEUE)[0]
            problems += expect("payload", data, struct.pack("!I", number))
    host.settle()
    return problems + expect("ErrSent", lab.stat().since(stat).get(
        "Icmp4.ErrSent"), 100)


def traced(host):
    """Tracepoints: every error asked for, and the kernel's own of those sent."""
    events = "/sys/kernel/tracing/events/"
    own = os.path.exists(events + "icmp/icmp_send")
    names = ["icmp4/icmp4_error"] + ["icmp/icmp_send"] * own
    lab.write("/sys/kernel/tracing/trace", "")
    for name in names:
        lab.write(f"{events}{name}/enable", "1")
    host.exchange([probe(dst="192.0.2.1"), probe(ttl=1),
                   frame(icmp(UNREACH, data=payload(40)), dst=SERVER, ttl=1)])
    for name in names:
        lab.write(f"{events}{name}/enable", "0")
    with open("/sys/kernel/tracing/trace", encoding="ascii") as file:
        lines = [line for line in file if "192.0.2.2" in line]
    whys = [line.split("why=")[1].split()[0] for line in lines
            if "icmp4_error" in line]
    problems = expect("icmp4_error", whys, ["sent", "sent", "ErrAboutIcmp"])
    sent = [line for line in lines if " icmp_send: " in line]
    return problems + expect("icmp_send", len(sent), 2 if own else 0)


def reasons(host):
    """Every reason to send no error has a stimulus here that meets it.

    But for those that take a shortage of memory or a broken driver.
    """
    names = {name[len("Icmp4."):] for name in lab.stat().read()
             if name.startswith("Icmp4.Err")}
    met = {stimulus.drop for group in GROUPS + test_errors.GROUPS
           for stimulus in group.stimuli}
    met |= {"ErrRaised", "ErrSent", "ErrExtended", "ErrBusy"}
    missing = names - met - {"ErrNoMemory", "ErrHeader"}
    host.settle()
    return [f"nothing meets {name}" for name in sorted(missing)]


def expect(what, got, wanted):
    return [] if got == wanted else [f"{what}: {got}, not {wanted}"]


def quoted(host, packet):
    """How many bytes of a packet the error about it quotes."""
    back = host.exchange([packet])
    return len(back[0]) - 14 - 28 if back else 0


def quotelen(host):
    """icmp_quotelen: 8 bytes at least, TCP's header whole, 576 or the MTU."""
    problems = []
    lab.ip("link set h0 mtu 2000")
    for value in (0, 1, 7, 8, 9, 20, 100, 519, 520, 528, 529, 548, 549, 1000,
                  1500, 65535):
        lab.sysctl("icmp_quotelen", value)
        most = (576 if value <= 548 else 2000) - 28
        for size in (0, 1, 30, 500, 540, 1400, 1900):
            got = quoted(host, probe(size, "192.0.2.1"))
            want = min(20 + min(8 + size, max(8, value)), most)
            problems += expect(f"quotelen {value}, UDP {size}", got, want)
        for options, size in ((b"", 0), (b"", 100), (bytes(40), 0),
                              (bytes(40), 100)):
            got = quoted(host, frame(tcp(size, options), proto=TCP, dst=SERVER,
                                     ttl=1))
            head = 20 + len(options)
            want = 20 + min(head + size, max(head, value))
            problems += expect(f"quotelen {value}, TCP {head}+{size}", got,
                               min(want, most))
    lab.ip("link set h0 mtu 65535")
    for size in (4000, 32700, 60000, 65507 - 28):
        got = quoted(host, paged(probe(size, "192.0.2.1"), 200))
        problems += expect(f"all of {size}", got, 28 + size)
    for bad in ("-1", "65536", "x", ""):
        try:
            lab.sysctl("icmp_quotelen", bad)
        except OSError:
            continue
        if bad:
            problems.append(f"takes {bad}")
    return problems + expect("value", lab.sysctl("icmp_quotelen"), "65535")


def object_of(index, address, name, mtu):
    """The extension of RFC 5837: what is known of an interface."""
    body = struct.pack("!I", index)
    kind = 8
    if address:
        body += struct.pack("!HH", 1, 0) + addr(address)
        kind |= 4
    if name:
        body += bytes([20]) + name.encode().ljust(19, b"\0")
        body += struct.pack("!I", mtu)
        kind |= 3
    body = struct.pack("!HBB", 4 + len(body), 2, kind) + body
    head = struct.pack("!BBH", 0x20, 0, 0)
    return struct.pack("!BBH", 0x20, 0, checksum(head + body)) + body


def extended(packet, kind, code, info, extension):
    """The ICMP message about a packet, in a plain error."""
    quote = packet[:128].ljust(128, b"\0") + extension
    return icmp(kind, code, bytes([info[0], 32]) + info[2:], quote)


def extensions(host):
    """icmp_errors_extension_mask: RFC 4884, RFC 5837, on types 3, 11 and 12."""
    index = socket.if_nametoindex("h0")
    lab.ip("link set h1 mtu 1400")
    lab.sysctl("icmp_errors_extension_mask", 1)
    known = object_of(index, "192.0.2.1", "h0", 1500)
    problems = []
    for size in (0, 1, 32, 99, 100, 101, 1472):
        sent = probe(size, "192.0.2.1")
        problems += same_body(host, sent, extended(
            sent[14:], UNREACH, 3, bytes(4), known))
        sent = probe(size, ttl=1)
        problems += same_body(host, sent, extended(
            sent[14:], TIME_EXCEEDED, 0, bytes(4), known))
    sent = probe(1400, frag=IP_DF)
    problems += same_body(host, sent, extended(
        sent[14:], UNREACH, 4, struct.pack("!HH", 0, 1400), known))
    sent = probe(dst="192.0.2.1", options=b"\7\7\3\0\0\0\0\0")
    problems += same_body(host, sent, extended(
        sent[14:], PARAMETER_PROBLEM, 0, b"\x16\0\0\0", known))
    # Not where it does not fit, where there is no such interface, or for other
    # types.
    lab.ip("route add 192.0.2.2/32 dev h0 mtu lock 199")
    problems += expect("MTU 199", quoted(host, probe(1000, "192.0.2.1")), 171)
    lab.ip("route replace 192.0.2.2/32 dev h0 mtu lock 200")
    problems += expect("MTU 200", quoted(host, probe(1000, "192.0.2.1")), 172)
    lab.ip("route del 192.0.2.2/32")
    for knob in ("all", "h0"):
        lab.sysctl(f"conf/{knob}/send_redirects", 1)
    lab.ip("route add 10.9.0.0/16 via 192.0.2.3")
    back = host.exchange([probe(32, "10.9.0.1")])
    problems += expect("redirect", [frame[34:36] + frame[38:39]
                                    for frame in back if frame[23] == 1],
                       [b"\5\1\xc0"])
    lab.ip("addr flush dev h0", "addr add 192.0.2.1/24 scope link dev h0",
           *lab.NEIGHBOURS)
    sent = probe(dst="192.0.2.1")
    problems += same_body(host, sent, extended(
        sent[14:], UNREACH, 3, bytes(4), object_of(index, None, "h0", 1500)))
    for bad in ("2", "-1", "256", "x"):
        try:
            lab.sysctl("icmp_errors_extension_mask", bad)
            problems.append(f"takes {bad}")
        except OSError:
            pass
    lab.sysctl("icmp_errors_extension_mask", 0)
    return problems + expect("switched off", quoted(host, probe(
        dst="192.0.2.1")), 60)


def same_body(host, sent, wanted):
    back = host.exchange([sent])
    if len(back) != 1:
        return [f"{len(back)} frames about {sent[14:].hex()}"]
    got = back[0][34:]
    return expect(f"about {sent[14:50].hex()}", got.hex(), wanted.hex())


if __name__ == "__main__":
    versus.main(GROUPS, (no_credit, quotelen, extensions, within, own_packets,
                         traced, reasons), Router)
