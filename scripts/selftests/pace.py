# SPDX-License-Identifier: GPL-2.0
"""Traffic in virtual time: probes that go at moments of their own, and which of
them are answered.

Under --icount a guest's clock counts instructions and jumps where nobody has
any, so a probe goes at its time, however busy the machine is. That it does is
checked: one that is more than LATE_MS late fails the test.

When a limiter grants a message again depends on when it charged the first one.
The built-in counts in ticks (4 ms at most), the module in nanoseconds; what is
exact with both keeps away from those moments: a probe that has to be refused
comes more than a tick before, one that has to be answered comes after. So all
of a flow are PHASE_MS late, but for the first.
"""

import ctypes
import gc
import os
import struct
import time

import lab
from packet import (ECHO_REPLY, IP_DF, PARAMETER_PROBLEM, PROBE,
                    PROBE_REPLY, REDIRECT, TIME_EXCEEDED, TIMESTAMP_REPLY, UDP,
                    UNREACH, Ip, echo, frame, icmp, timestamp, udp)
from router import SERVER

PHASE_MS = 3
TICK_MS = 4
LATE_MS = 2
BURST = 6
PR_SET_TIMERSLACK = 29
HUGE_PAGES = "/sys/kernel/mm/transparent_hugepage/enabled"
# A kernel that looks for leaks takes longer for a probe than probes are apart.
SLOW = os.path.exists("/sys/kernel/debug/kmemleak")
NAMES = {ECHO_REPLY: "echorep", UNREACH: "unreach", REDIRECT: "redir",
         TIME_EXCEEDED: "timex", PARAMETER_PROBLEM: "paramprob",
         TIMESTAMP_REPLY: "timerep", PROBE_REPLY: "extechorep"}


class Kind:
    """A packet that asks for a message of this type. The number that goes into
    make(number, src) comes back with that message.
    """

    def __init__(self, answer, make):
        self.answer = answer
        self.make = make


def datagram(answer, data=b"", **fields):
    return Kind(answer, lambda number, src: frame(
        udp(data), proto=UDP, src=src, ident=number, **fields))


CLOSED_PORT = datagram(UNREACH)
NO_HOPS = datagram(TIME_EXCEEDED, dst=SERVER, ttl=1)
TOO_BIG = datagram(UNREACH, 1400, dst=SERVER, frag=IP_DF)
BAD_OPTION = datagram(PARAMETER_PROBLEM, options=b"\7\7\3\0\0\0\0\0")
NO_PROTOCOL = Kind(UNREACH, lambda number, src: frame(
    bytes(8), proto=253, src=src, ident=number))
ECHO = Kind(ECHO_REPLY, lambda number, src: frame(
    echo(8, ident=number), src=src))
TIMESTAMP = Kind(TIMESTAMP_REPLY, lambda number, src: frame(
    timestamp(ident=number), src=src))
EXTENDED_ECHO = Kind(PROBE_REPLY, lambda number, src: frame(icmp(
    PROBE, 0, struct.pack("!HBB", number, 1, 1),
    bytes.fromhex("2000000000080301") + b"h0\0\0"), src=src))


class Probe:
    """It goes at so many milliseconds."""

    def __init__(self, at, kind, src):
        self.at = at
        self.kind = kind
        self.src = src


def client(net, host=1):
    """An address behind the default route."""
    return f"10.{net}.{host >> 8}.{host & 255}"


def every(step, number, kind, src, begin=0, phase=PHASE_MS):
    """A flow of so many probes, one in so many ms."""
    return [Probe(begin + at * step + (phase if at else 0), kind, src)
            for at in range(number)]


class Bucket:
    """The rule itself: a token in so many ms, so many at most. tick: how much
    earlier a limiter may think that it is.
    """

    def __init__(self, interval, burst=BURST, tick=TICK_MS):
        self.interval = interval
        self.burst = burst
        self.tick = tick
        self.full_at = float("-inf")

    def due(self):
        return self.full_at - (self.burst - 1) * self.interval

    def is_exact(self, at):
        """Is it certain whether there is a token?"""
        return not -self.tick - LATE_MS <= at - self.due() <= LATE_MS

    def take(self, at):
        if not self.is_exact(at):
            raise ValueError(f"a probe at {at} ms, a token at {self.due()}")
        if at < self.due():
            return False
        self.full_at = max(self.full_at, at) + self.interval
        return True


def granted(flow, *rate, **more):
    """Those that a Bucket of this rate lets through."""
    bucket = Bucket(*rate, **more)
    return [probe for probe in flow if bucket.take(probe.at)]


def number_of(packet):
    """Of the probe that a message is about; and the message's type."""
    message = Ip(packet).body
    if message[0] in (ECHO_REPLY, TIMESTAMP_REPLY, PROBE_REPLY):
        return struct.unpack("!H", message[4:6])[0], message[0]
    return struct.unpack("!H", message[12:14])[0], message[0]


def sharpen():
    """Keep away what would make this process late for ms at a time: the
    garbage collector, and the kernel's search for memory to make huge pages of.
    """
    ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1)
    gc.disable()
    if os.path.exists(HUGE_PAGES):
        lab.write(HUGE_PAGES, "never")


def sleep_until(due):
    """A moment of the monotonic clock, ns."""
    left = due - time.monotonic_ns()
    if left > 0:
        time.sleep(left / 1e9)


def limited():
    """{name of a type: messages} of /proc/net/icmp4/types, last column."""
    if not os.path.exists("/proc/net/icmp4/types"):
        return {}
    with open("/proc/net/icmp4/types", encoding="ascii") as file:
        head, *rows = [line.split() for line in file]
    at = head.index("limited")
    return {row[1]: int(row[at]) for row in rows}


class Run:
    """What comes of probes, and what it counts. turns: (ms, function) of what
    is done between them.
    """

    def __init__(self, host, probes, turns=()):
        self.probes = sorted(probes, key=lambda probe: probe.at)
        self.late = 0
        events = [(probe.at, host.answers.send,
                   probe.kind.make(number, probe.src))
                  for number, probe in enumerate(self.probes)]
        events += [(at, turn) for at, turn in turns]
        host.exchange([])
        before = lab.stat(), lab.mib(), limited()
        self.send(sorted(events, key=lambda event: event[0]))
        self.seen = [number_of(answer[14:]) for answer in host.exchange([])
                     if answer[23] == 1]
        self.stat = lab.stat().since(before[0])
        self.mib = lab.mib().since(before[1])
        self.limited = {name: number - before[2][name]
                        for name, number in limited().items()
                        if number != before[2][name]}

    def send(self, events):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        self.begin = time.monotonic_ns() + 1000000
        for at, act, *arguments in events:
            due = self.begin + round(at * 1e6)
            sleep_until(due)
            if arguments:
                self.late = max(self.late, time.monotonic_ns() - due)
            act(*arguments)
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

    def is_late(self):
        return self.late > LATE_MS * 1e6

    def judge(self, answered):
        """What is wrong, if these probes have to be answered, and no others."""
        problems = []
        if self.is_late():
            problems.append(f"a probe was {self.late / 1e6:g} ms late")
        answered = set(answered)
        wanted = [(number, probe.kind.answer)
                  for number, probe in enumerate(self.probes)
                  if probe in answered]
        if self.seen == wanted:
            return problems
        problems.append(f"{len(self.seen)} answers, {len(wanted)} expected")
        for word, one, other in (("missing", wanted, self.seen),
                                 ("surplus", self.seen, wanted)):
            numbers = sorted(set(one) - set(other))
            if numbers:
                problems.append(f"{len(numbers)} {word}: " + ", ".join(
                    f"{number} at {self.probes[number].at:g} ms"
                    for number, _ in numbers[:12]))
        return problems


def differ(what, got, wanted):
    return [] if got == wanted else [f"{what}: {got!r}, not {wanted!r}"]
