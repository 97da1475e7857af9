#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""What each file that the module adds below /proc/sys/net/ipv4 does: turned
while messages come in, and seen on the wire, by programs, in counters and in
the log; and that a namespace beside it, where nobody turns it, goes on as
before.

  peer p0 ---- h0 host        away p0 ---- h0 beside
    | frames ->|  sysctl        | the same ->|  defaults
    |<- what comes of them      |<- what comes of them

A row of the module's table of files without one of EFFECTS is a failure.
"""

import functools
import itertools
import re
import socket
import struct
import time

import darwin
import dgram
import kmsg
import knobs
import lab
import pace
import test_error_in_paths
import test_error_knobs
import versus
from darwin import OTHER, mask
from error import BETTER_GATEWAY, GATEWAY, About, Error
from pace import BAD_OPTION, CLOSED_PORT, ECHO, NO_HOPS, TIMESTAMP, differ
from packet import (BROADCAST_MAC, ECHO_REPLY, HOST, MASK_REPLY, PEER,
                    REDIRECT, TIME_EXCEEDED, TIMESTAMP_REPLY, UNREACH, Ip,
                    addr, echo, ether, frame, icmp, ip, timestamp)
from raw import verdict
from router import probe
from sender import FAR, RawIcmp, Sender

# What the module counts of messages that go as they should.
USUAL = {"InTaken", "InDelivered", "ErrRaised", "ErrSent", "ErrExtended",
         "OutReplies", "OutCopied", "OutDiscarded", "InNoSocket"}
DAY = 86400000
DAY_TICKS = DAY // 10
BROADCAST = "icmp_echo_ignore_broadcasts"
MASK = pace.Kind(MASK_REPLY, lambda number, src: frame(mask(), src=src))
KINDS = (ECHO, CLOSED_PORT, NO_HOPS, BAD_OPTION, TIMESTAMP)
clients = (pace.client(*pair) for pair in itertools.product(
    range(16, 250), range(1, 250)))


class Pair(lab.Lab):
    """The host, and one that is like it."""

    def __init__(self):
        self.beside = lab.Lab("away", "beside")
        lab.enter()
        super().__init__()
        self.burst_at = self.beside.burst_at = 0

    def close(self):
        self.beside.close()
        super().close()


class Effect:
    """What a file does.

    look: function(host) that says what is to be seen
    turns: (value to write, what is seen then), after each other. The first
        writes nothing, {}, and what is seen then is seen beside the host all
        the time. A value may be {file: value}, and what is seen a condition
    sysctls: {file: value} of both hosts, first
    commands: lines for ip(8), there as well
    """

    def __init__(self, look, *turns, sysctls=None, commands=()):
        self.look = look
        self.turns = turns
        self.sysctls = sysctls or {}
        self.commands = commands

    def test(self, name, host):
        """Problems; a file that is not there, or refuses a value, is one."""
        try:
            for ns in "beside", "host":
                lab.enter(ns)
                lab.ip(*self.commands)
                for file, value in self.sysctls.items():
                    lab.sysctl(file, value)
            return self.turn(name, host)
        except OSError as error:
            return [str(error)]

    def turn(self, name, host):
        problems = []
        for value, wanted in self.turns:
            files = value if isinstance(value, dict) else {name: value}
            for file, text in files.items():
                lab.sysctl(file, text)
            problems += judge(f"{value!r}", self.look(host), wanted)
            lab.enter("beside")
            problems += judge(f"{value!r}: beside", self.look(host.beside),
                              self.turns[0][1])
            lab.enter("host")
        return problems

    def is_seen(self):
        """It is turned there and back, which makes a difference."""
        seen = [wanted for _, wanted in self.turns]
        return seen[0] == seen[-1] and any(
            wanted != seen[0] for wanted in seen)


def judge(what, seen, wanted):
    if callable(wanted):
        return [] if wanted(seen) else [f"{what}: {seen}"]
    return differ(what, seen, wanted)


def ask(host, *frames):
    """What comes back, and {counter: number} of what is not usual."""
    before = lab.fates()
    back = [Ip(one[14:]) for one in host.exchange(frames)]
    counted = {name.partition(".")[2]: number
               for name, number in lab.fates().since(before).items()}
    return back, {name: number for name, number in counted.items()
                  if name not in USUAL}


def types(host, *frames):
    back, why = ask(host, *frames)
    return [one.body[0] for one in back], why


def broadcasts(host):
    """Whether requests to everyone are answered."""
    return *types(host, *(ether(ip(message, dst=dst), BROADCAST_MAC)
                          for message in (echo(), timestamp())
                          for dst in ("192.0.2.255", "224.0.0.1"))), [
        lab.sysctl(name) for name in ("icmp_bmcastecho", BROADCAST)]


def timestamps(host):
    """Whether timestamp requests are answered; echo requests are."""
    return types(host, frame(timestamp()), frame(echo()))


def masks(host):
    """Which masks of two subnets are told."""
    back, why = ask(host, frame(mask()), frame(mask(), dst="10.3.0.1"))
    return [(one.src_text(), one.body.hex()) for one in back], why


def told(*answers):
    """Replies from our addresses in these two subnets."""
    return [(src, icmp(MASK_REPLY, 0, b"\x12\x34\0\1", addr(text)).hex())
            for src, text in zip((HOST, "10.3.0.1"), answers)]


def sources(host):
    """Whose address replies and errors carry."""
    src = "10.8.0.1"
    back, _ = ask(host, frame(echo(), src=src, dst=OTHER),
                  ether(ip(echo(), src=src, dst="224.0.0.1"), BROADCAST_MAC),
                  probe(src=src, ttl=1))
    return [(one.body[0], one.src_text()) for one in back]


def carry(reply, error):
    """What was sent to one of the host's addresses comes back from there."""
    return [(ECHO_REPLY, OTHER), (ECHO_REPLY, reply), (TIME_EXCEEDED, error)]


LOOPBACK = "203.0.113.1"
# The route has an idea of its own.
BY_ROUTE = {"sysctls": {BROADCAST: 0, "ip_forward": 1},
            "commands": [f"route replace default via {PEER} src {LOOPBACK}"]}


def quotation(host):
    """How many bytes an error quotes of 1028 from a datagram."""
    return test_error_knobs.quoted(host, probe(1000, HOST))


def extension(host):
    """Whether errors tell by which interface the packet came (RFC 5837)."""
    sent = probe(32, HOST)[14:]
    known = test_error_knobs.object_of(socket.if_nametoindex("h0"), HOST, "h0",
                                       1500)
    words = {icmp(UNREACH, 3, data=sent): "it alone",
             test_error_knobs.extended(sent, UNREACH, 3, bytes(4), known):
             "it and an object of h0"}
    return [words.get(one.body, one.body.hex())
            for one in ask(host, ether(sent))[0]]


def flood(host, kinds=KINDS):
    """How many of 10 messages of each type go to a destination at once."""
    frames = [kind.make(number, src) for kind, src in zip(kinds, clients)
              for number in range(10)]
    seen, why = types(host, *frames)
    return [seen.count(kind.answer) for kind in kinds], why, lab.sysctl(
        "icmp_rates")


def flood_with_masks(host):
    """How many of 10 go to a destination at once, also of mask replies."""
    return flood(host, (*KINDS, MASK))


FLOODED = {"ip_forward": 1}


def rate(kind, name):
    """One in a day, after six at once."""
    less = [6 if one is kind else 10 for one in KINDS]
    every = [10 for _ in KINDS], {}, ""
    return Effect(flood, ({}, every), (DAY_TICKS, (
        less, {"LimitType": 4}, f"{name}:{DAY}:6")), (0, every),
        sysctls=FLOODED)


CLASSES = (CLOSED_PORT, ECHO, TIMESTAMP)
ASKED = 40
ALL = [ASKED for _ in CLASSES]


def classes(host):
    """How many port unreachables, echo and timestamp replies go at once."""
    frames = [kind.make(number, src) for kind, src in zip(CLASSES, clients)
              for number in range(ASKED)]
    limited = (lab.sysctl("icmp_icmplim_output") == "1" and
               0 < int(lab.sysctl("icmp_icmplim")) < ASKED)
    for _ in range(10):
        # A second begins with the first message that is counted.
        if limited:
            time.sleep(max(0, host.burst_at + 1.1 - time.monotonic()))
        begin = time.monotonic()
        seen, why = types(host, *frames)
        host.burst_at = time.monotonic()
        if not limited or host.burst_at - begin < 1:
            break
    else:
        return "it takes longer than a second"
    numbers = [seen.count(kind.answer) for kind in CLASSES]
    return numbers, why == ({"LimitClass": len(frames) - sum(numbers)}
                            if numbers != ALL else {})


def just(number):
    return [number for _ in CLASSES], True


def about(number, jitter):
    """Off by the jitter at most; and not all three by nothing, which by chance
    is so once in (2 * jitter + 1) ** 3 times.
    """
    return lambda seen: seen != just(number) and seen[1] and all(
        abs(one - number) <= jitter for one in seen[0])


def redirected(host):
    """Whether a redirect from the gateway is followed; raw sockets see it."""
    before = lab.fates()
    _, notes = About("", {"socket": Sender, "raw": functools.partial(
        RawIcmp, connected=False)}, Error(REDIRECT, 1)).play(host)
    counted = lab.fates().since(before)
    return ["redirected" in notes[f"route {dict(dst=FAR)}"],
            f"via {BETTER_GATEWAY}" in notes[f"route {dict(dst=FAR)}"],
            " 0501 " in notes["raw, recv"],
            counted.get("Icmp4.InRedirectIgnored", 0)]


def logged(host):
    """Whether the log has a line about a redirect."""
    log = kmsg.Log()
    try:
        host.exchange(Error(REDIRECT, 1).frames(test_error_in_paths.quoted()))
        return log.lines("icmp4:")
    finally:
        log.close()


def way(host):
    """Which way a datagram socket has that is opened now."""
    message = echo(32, csum=0xbad)
    with darwin.ping() as sock:
        sock.sendto(message, (PEER, 0))
        left = b"".join(one[20:] for one in darwin.sent(host))
        answer = ip(echo(32, ident=struct.unpack("!H", left[4:6])[0],
                         kind=ECHO_REPLY), src=PEER)
        host.exchange([ether(answer)])
        got = verdict(sock.recv, 1 << 16)
    written = {message: "as written", dgram.filled(
        message, struct.unpack("!H", left[4:6])[0]): "filled in"}
    received = {answer: "with a header", answer[20:]: "without a header"}
    return written.get(left, left.hex()), received.get(got, got)


ANYBODY = {"ping_group_range": f"0\t{2 ** 31 - 2}"}
DARWIN = ANYBODY | {"icmp_dgram_darwin": 1}
SIZES = (8, 9, 100, 101, 8192, 8193, 15000, 15001)


def longest(host):
    """How long a message may be that a socket of Darwin's way sends."""
    with darwin.opened() as sock:
        words = [darwin.attempt(sock.sendto, echo(size - 8), (PEER, 0))
                 for size in SIZES]
    left = [len(one) - 20 for one in darwin.sent(host)]
    return left, [size for size, word in zip(SIZES, words)
                  if word == "EMSGSIZE"]


def split(most):
    """Those that leave, and the others."""
    return ([size for size in SIZES if size <= most],
            [size for size in SIZES if size > most])


def waiting(host):
    """How much waits for a socket of Darwin's way to be read."""
    with darwin.opened() as sock:
        before = lab.stat()
        host.exchange([frame(echo(1000, kind=ECHO_REPLY))] * 60)
        lost = lab.stat().since(before).get("Icmp4.DarwinFull", 0)
        got = 0
        while verdict(sock.recv, 1 << 16) != "EAGAIN":
            got += 1
        room = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    return room, "all" if got == 60 else "some" if got else "none", got + lost


REAL = "255.255.255.0", "255.255.0.0"
MASKS = {"commands": ["address add 10.3.0.1/16 brd + dev h0"]}
NO_MASKS = [], {"InMaskOff": 2}
IGNORED = [], {"InBroadcastEcho": 4}, ["0", "1"]
ANSWERED = ([ECHO_REPLY] * 2 + [TIMESTAMP_REPLY] * 2, {}, ["1", "0"])
TEN = [10 for _ in KINDS] + [10]
LINE = f"icmp4: redirect from {GATEWAY}: {FAR} => {BETTER_GATEWAY}"
FOLLOWED, LEFT = [True, True, True, 0], [False, False, True, 1]

EFFECTS = {
    "icmp_bmcastecho": Effect(
        broadcasts, ({}, IGNORED), (1, ANSWERED), (0, IGNORED),
        ({BROADCAST: 0}, ANSWERED), ({BROADCAST: 1}, IGNORED)),
    "icmp_destunreach_rate": rate(CLOSED_PORT, "unreach"),
    "icmp_dgram_darwin": Effect(
        way, ({}, ("filled in", "without a header")),
        (1, ("as written", "with a header")),
        (0, ("filled in", "without a header")), sysctls=ANYBODY),
    "icmp_drop_redirect": Effect(
        redirected, ({}, FOLLOWED), (1, LEFT), (0, FOLLOWED)),
    "icmp_echoreply_rate": rate(ECHO, "echorep"),
    "icmp_errors_extension_mask": Effect(
        extension, ({}, ["it alone"]), (1, ["it and an object of h0"]),
        (0, ["it alone"])),
    "icmp_icmplim": Effect(
        classes, ({}, just(ASKED)), (5, just(5)), (0, just(ASKED)),
        (200, just(ASKED)),
        sysctls={"icmp_icmplim_output": 1, "icmp_icmplim_jitter": 0}),
    "icmp_icmplim_jitter": Effect(
        classes, ({}, just(20)), (19, about(20, 19)), (0, just(20)),
        sysctls={"icmp_icmplim_output": 1, "icmp_icmplim": 20,
                 "icmp_icmplim_jitter": 0}),
    "icmp_icmplim_output": Effect(
        classes, ({}, just(ASKED)), (1, just(5)), (0, just(ASKED)),
        sysctls={"icmp_icmplim": 5, "icmp_icmplim_jitter": 0}),
    "icmp_log_redirect": Effect(logged, ({}, []), (1, [LINE]), (0, [])),
    "icmp_maskfake": Effect(
        masks, ({}, (told(*REAL), {})),
        ("0xffff8000", (told("255.255.128.0", "255.255.128.0"), {})),
        ("255.255.255.252",
         (told("255.255.255.252", "255.255.255.252"), {})),
        (0, (told(*REAL), {})), sysctls={"icmp_maskrepl": 1}, **MASKS),
    "icmp_maskrepl": Effect(
        masks, ({}, NO_MASKS), (1, (told(*REAL), {})), (0, NO_MASKS), **MASKS),
    "icmp_paramprob_rate": rate(BAD_OPTION, "paramprob"),
    "icmp_quotelen": Effect(
        quotation, ({}, 548), (0, 28), (8, 28), (100, 120), (1000, 1020),
        (65535, 1028), (548, 548)),
    "icmp_rates": Effect(
        flood_with_masks, ({}, (TEN, {}, "")),
        (f"timerep:{DAY}:3 timex:{DAY}", (
            [10, 10, 6, 10, 3, 10], {"LimitType": 11},
            f"timex:{DAY}:6 timerep:{DAY}:3")),
        (f"maskrep:{DAY}:1 timex:0", (
            [10, 10, 10, 10, 3, 1], {"LimitType": 16},
            f"timerep:{DAY}:3 maskrep:{DAY}:1")),
        ("timerep:0 maskrep:0", (TEN, {}, "")),
        sysctls=FLOODED | {"icmp_maskrepl": 1}),
    "icmp_reply_from_interface": Effect(
        sources, ({}, carry(LOOPBACK, LOOPBACK)), (1, carry(HOST, LOOPBACK)),
        (0, carry(LOOPBACK, LOOPBACK)), **BY_ROUTE),
    "icmp_reply_src": Effect(
        sources, ({}, carry(LOOPBACK, LOOPBACK)), ("h0", carry(HOST, HOST)),
        ("nobody", carry(LOOPBACK, LOOPBACK)), ("h0\n", carry(HOST, HOST)),
        ("\n", carry(LOOPBACK, LOOPBACK)), **BY_ROUTE),
    "icmp_timeexceed_rate": rate(NO_HOPS, "timex"),
    "icmp_tstamprepl": Effect(
        timestamps, ({}, ([TIMESTAMP_REPLY, ECHO_REPLY], {})),
        (0, ([ECHO_REPLY], {"InTimestampOff": 1})),
        (1, ([TIMESTAMP_REPLY, ECHO_REPLY], {}))),
    "raw_maxdgram": Effect(
        longest, ({}, split(8192)), (8, split(8)), (100, split(100)),
        (15000, split(15000)), (8192, split(8192)), sysctls=DARWIN,
        commands=["link set h0 mtu 65535"]),
    "raw_recvspace": Effect(
        waiting, ({}, (16384, "some", 60)), (150000, (300000, "all", 60)),
        (4096, (8192, "some", 60)), (8192, (16384, "some", 60)),
        sysctls=DARWIN),
}
# Those that some kernels have themselves.
KERNEL_HAS = {"icmp_errors_extension_mask"}


def table(host):
    """Every file has its test, and every test sees a difference."""
    host.settle()
    names = {row.name for row in knobs.table()}
    problems = differ("files without a test", sorted(names - set(EFFECTS)), [])
    problems += differ("tests without a file", sorted(
        set(EFFECTS) - names - KERNEL_HAS), [])
    return problems + differ("tests that cannot fail", [
        name for name, effect in EFFECTS.items() if not effect.is_seen()], [])


def test_of(name, effect):
    """A test for versus.main(), named after the file."""
    run = functools.partial(effect.test, name)
    if effect.look is logged:
        run = kmsg.unlimited(run)
    run.__doc__ = f"{name}: {effect.look.__doc__}"
    return run


if __name__ == "__main__":
    versus.main([], [table] + [test_of(*row) for row in EFFECTS.items()], Pair)
