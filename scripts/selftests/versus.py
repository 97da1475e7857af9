# SPDX-License-Identifier: GPL-2.0
"""The module against the built-in ICMP: the same frames to both, and every
byte and every counter that comes of them compared.

A suite is a list of groups of stimuli. Each group is one test. It passes when

  - the built-in answers as many of its stimuli as the group says,
  - each frame that comes back is right in itself (checksums, and clocks to
    the millisecond),
  - frames, changes of Ip, Icmp and IcmpMsg counters and what else a stimulus
    notes are the same with the module as with the built-in, or differ just as
    a Difference says,
  - the module looked after as many of the messages as it should, and its own
    counters say so.

Two fields of the IP header are left out: its identification, of which only
matters which fragments share it, and its checksum, which is verified.
"""

import struct
import time

import ktap
import lab
import packet

DAY_MS = 86400000
EVENTS = ("InAnswers", "InPassed", "OutCopied", "OutDiscarded")


class Stimulus:
    """Frames, and what is known of their effect.

    replies: how many frames the built-in sends; None: not checked
    stamps: where, in an IP packet that answers, are clocks (ms since midnight)
    drop: the module's counter that says why it sends nothing
    ends: {counter: number} of all that the module counts, if it is not that
    wait: seconds until all of it has happened
    hide: bytes of its frames that may be any
    differs: the Difference that the module makes
    sysctls: {name below net.ipv4: value} to set first, and leave that way
    commands: lines for ip(8) before that
    """

    def __init__(self, name, *frames, replies=None, stamps=(), drop=None,
                 wait=0, hide=slice(0), differs=None, sysctls=None,
                 commands=(), ends=None):
        self.name = name
        self.frames = frames
        self.replies = replies
        self.stamps = stamps
        self.drop = drop
        self.ends = ends
        self.wait = wait
        self.hide = hide
        self.differs = differs
        self.sysctls = sysctls or {}
        self.commands = commands

    def counted(self):
        """What the module may count in all, {counter: number} each; none of
        that is checked if this is empty.
        """
        if self.ends:
            return [self.ends]
        return [{asked: 1, self.drop: 1} for asked in ("InTaken", "ErrRaised")
                if self.drop]

    def play(self, host):
        """Send it; returns the frames that come back and {what: text} of
        whatever else is to be the same. May be Late.
        """
        return host.exchange(self.frames, self.wait), {}


class Late(Exception):
    """It took so long that something else has happened, too: once more."""


class Group:
    """Stimuli that share a purpose and a configuration.

    answered: how many of the stimuli the built-in answers; None: all
    noted: {note: how many of the stimuli have it with the built-in}
    events: {counter: number} of the module's EVENTS, those that are not 0
    sysctls: {name below net.ipv4: value} while the group runs
    commands: lines for ip(8) before it, undone by those in undo
    rules: for nft(8), while the group runs
    iptables: rules for iptables(8), while the group runs
    matched: {counter: packets} of the rules; all others have to be 0
    """

    # Of the module's events, those that have to be right.
    watched = EVENTS

    def __init__(self, name, stimuli, answered=None, events=None,
                 sysctls=None, commands=(), undo=(), rules=None,
                 iptables=(), matched=None, noted=None):
        self.name = name
        self.stimuli = list(stimuli)
        self.answered = len(self.stimuli) if answered is None else answered
        self.events = events or {}
        self.sysctls = sysctls or {}
        self.commands = commands
        self.undo = undo
        self.rules = rules
        self.iptables = iptables
        self.matched = matched or {}
        self.noted = noted or {}

    def __str__(self):
        numbers = {"answered": self.answered, **self.noted}
        return (f"{self.name} ({len(self.stimuli)} stimuli, " + ", ".join(
            f"{number} {word}" for word, number in numbers.items()) + ")")


def counting(name, table, more="", first=""):
    """Rules for nft(8) that count what leaves, a counter for each condition of
    the table, behind what is to be done first; with more chains. Returns them
    and what has to match, for a Group.
    """
    names = [f"n{number}" for number in range(len(table))]
    rules = "\n".join(
        [f"table inet {name} {{"] +
        [f"counter {one} {{ }}" for one in names] +
        ["chain out { type filter hook output priority 0", first] +
        [f"{condition} counter name {one}"
         for one, condition in zip(names, table)] +
        ["}", more, "}"])
    return rules, dict(zip(names, table.values()))


class Outcome:
    """What came of a stimulus: frames, notes, and changes of counters."""

    def __init__(self, frames, notes, mib=None, stat=None):
        self.problems = []
        self.frames = frames
        self.notes = notes
        self.mib = mib
        self.stat = stat

    def copy(self):
        return Outcome(list(self.frames), dict(self.notes), dict(self.mib))

    def same(self, other):
        return (self.frames == other.frames and self.notes == other.notes and
                self.mib == other.mib)

    def hide(self, hidden):
        """Zero these bytes of all frames."""
        frames = map(bytearray, self.frames)
        self.frames = []
        for frame in frames:
            frame[hidden] = bytes(len(frame[hidden]))
            self.frames.append(bytes(frame))

    def count(self, name, number):
        self.mib[name] = self.mib.get(name, 0) + number
        if not self.mib[name]:
            del self.mib[name]


def now_ms():
    """Milliseconds since midnight UT."""
    return int(time.time() * 1000) % DAY_MS


def check_message(message):
    """An ICMP message, whole; problems, and where its own clocks are."""
    problems = []
    if len(message) < 8:
        return [f"a message of {len(message)} bytes"], ()
    if packet.checksum(message):
        problems.append(f"wrong ICMP checksum {message[2:4].hex()}")
    if message[0] != packet.TIMESTAMP_REPLY:
        return problems, ()
    if message[12:16] != message[16:20]:
        problems.append("receive and transmit timestamps differ")
    return problems, (12, 16)


class Normaliser:
    """Takes out of frames what may differ, and checks what may not."""

    def __init__(self, stamps, begin):
        self.stamps = stamps
        self.begin = begin
        self.end = now_ms()
        self.problems = []
        self.parts = {}

    def clock(self, packed):
        then = struct.unpack("!I", packed)[0]
        passed = (self.end - self.begin) % DAY_MS
        if then >= DAY_MS or (then - self.begin) % DAY_MS > passed:
            self.problems.append(f"a clock says {then} between {self.begin} "
                                 f"and {self.end}")

    def frame(self, frame):
        seen = packet.Ip(frame[14:])
        if packet.checksum(seen.head):
            self.problems.append("wrong IP checksum")
        new = bytearray(frame)
        new[18:20] = b"\0\0"
        new[24:26] = b"\0\0"
        # An option with clocks is in the first fragment alone.
        stamps = set() if seen.offset else set(self.stamps)
        if seen.is_fragment:
            parts = self.parts.setdefault((seen.dst, seen.ident), [])
            parts.append(seen)
            new[18:20] = struct.pack("!H", list(self.parts).index(
                (seen.dst, seen.ident)))
        elif seen.proto == 1:
            problems, own = check_message(seen.body)
            self.problems += problems
            stamps.update(seen.hlen + at for at in own)
        for at in stamps:
            self.clock(new[14 + at:14 + at + 4])
            new[14 + at:14 + at + 4] = b"\0" * 4
            if at >= seen.hlen:
                new[14 + seen.hlen + 2:14 + seen.hlen + 4] = b"\0\0"
        return bytes(new)

    def finish(self):
        for parts in self.parts.values():
            message = b""
            for part in parts:
                if part.offset != len(message):
                    self.problems.append("fragments with a gap or unordered")
                message += part.body
            if parts[-1].frag & packet.IP_MF:
                self.problems.append("the last fragment is missing")
            self.problems += check_message(message)[0]


def normalise(outcome, stamps, begin):
    normaliser = Normaliser(stamps, begin)
    outcome.frames = [normaliser.frame(frame) for frame in outcome.frames]
    normaliser.finish()
    outcome.problems = normaliser.problems


class Pass:
    """One run of all groups, with the module in or out."""

    def __init__(self, module, topology):
        self.module = module
        self.topology = topology
        self.outcomes = {}
        self.totals = {}
        self.matched = {}

    def run(self, groups):
        host = self.topology()
        if self.module:
            lab.insmod()
        try:
            for group in groups:
                self.run_group(host, group)
        finally:
            if self.module:
                lab.rmmod()
            host.close()

    def run_group(self, host, group):
        if group.commands:
            lab.ip(*group.commands)
        if group.rules:
            lab.nft(group.rules)
        for rule in group.iptables:
            lab.run("iptables", "-A", *rule.split())
        old = {name: lab.sysctl(name, value)
               for name, value in group.sysctls.items()}
        host.exchange([])
        begin = lab.stat()
        self.run_stimuli(host, group)
        self.totals[group] = lab.stat().since(begin)
        for name, value in old.items():
            lab.sysctl(name, value)
        if group.rules:
            self.matched[group] = lab.nft_counters()
            lab.nft("flush ruleset")
        if group.iptables:
            lab.run("iptables", "-F")
        if group.undo:
            lab.ip(*group.undo)

    def run_stimuli(self, host, group):
        watch = self.module and any(s.counted() for s in group.stimuli)
        mib = lab.mib()
        stat = lab.fates()
        for stimulus in group.stimuli:
            if stimulus.commands:
                lab.ip(*stimulus.commands)
            for name, value in stimulus.sysctls.items():
                lab.sysctl(name, value)
            outcome = None
            while not outcome:
                begin = now_ms()
                try:
                    outcome = Outcome(*stimulus.play(host))
                except Late:
                    mib, stat = lab.mib(), lab.fates()
            was, mib = mib, lab.mib()
            outcome.mib = mib.since(was)
            if watch:
                was, stat = stat, lab.fates()
                outcome.stat = stat.since(was)
            normalise(outcome, stimulus.stamps, begin)
            outcome.hide(stimulus.hide)
            self.outcomes[stimulus] = outcome


def explain(expected, got):
    """What differs between two outcomes, in a few lines."""
    problems = []
    if len(expected.frames) != len(got.frames):
        problems.append(f"{len(got.frames)} frames where "
                        f"{len(expected.frames)} were expected")
    pairs = [(a, b) for a, b in zip(expected.frames, got.frames) if a != b]
    if pairs:
        if len(pairs) > 1:
            problems.append(f"{len(pairs)} frames differ, the first:")
        for word, frame in zip(("expected", "got"), pairs[0]):
            problems.append(f"{word:8} {frame[:14].hex()} "
                            f"{packet.Ip(frame[14:])}")
    for name in expected.notes.keys() | got.notes.keys():
        pair = expected.notes.get(name), got.notes.get(name)
        if pair[0] != pair[1]:
            problems.append(f"{name}: {pair[1]}, expected: {pair[0]}")
    for name in sorted(expected.mib.keys() | got.mib.keys()):
        pair = expected.mib.get(name, 0), got.mib.get(name, 0)
        if pair[0] != pair[1]:
            problems.append(f"{name} +{pair[1]}, expected +{pair[0]}")
    return problems


def judge_stimulus(stimulus, builtin, module):
    problems = list(module.problems)
    if not stimulus.differs:
        problems += [f"built-in: {text}" for text in builtin.problems]
    if stimulus.replies not in (None, len(builtin.frames)):
        problems.append(f"the built-in sends {len(builtin.frames)} frames, "
                        f"not {stimulus.replies}")
    expected = builtin
    if stimulus.differs:
        if module.same(builtin):
            problems.append(f"does not differ: {stimulus.differs.name}")
        expected = builtin.copy()
        stimulus.differs.change(expected)
        for outcome in expected, module:
            outcome.hide(stimulus.differs.hidden)
    if not module.same(expected):
        problems += explain(expected, module)
    counted = stimulus.counted()
    if counted and module.stat not in [
            {"Icmp4." + name: number for name, number in one.items()}
            for one in counted]:
        problems.append(f"module counts {module.stat}, "
                        f"not {' or '.join(map(str, counted))}")
    return [f"{stimulus.name}: {text}" for text in problems]


def judge_group(group, builtin, module):
    """What is wrong with the group as a whole."""
    problems = []
    answered = sum(bool(builtin.outcomes[stimulus].frames)
                   for stimulus in group.stimuli)
    if answered != group.answered:
        problems.append(f"the built-in answers {answered} stimuli, "
                        f"not {group.answered}")
    for name, expected in group.noted.items():
        number = sum(name in builtin.outcomes[stimulus].notes
                     for stimulus in group.stimuli)
        if number != expected:
            problems.append(f"with the built-in {number} stimuli are {name}, "
                            f"not {expected}")
    for name in group.watched:
        number = module.totals[group].get("Icmp4." + name, 0)
        if number != group.events.get(name, 0):
            problems.append(f"module counts {name} {number}, "
                            f"not {group.events.get(name, 0)}")
    for word, one in (("built-in", builtin), ("module", module)):
        for name, number in one.matched.get(group, {}).items():
            if number != group.matched.get(name, 0):
                problems.append(f"{word}: rule {name} matches {number} "
                                f"packets, not {group.matched.get(name, 0)}")
    return problems


def run(groups, differences, topology):
    """All tests of a suite that compare."""
    passes = Pass(False, topology), Pass(True, topology)
    for one in passes:
        one.run(groups)
    wrong = {difference: [] for difference in differences}
    for group in groups:
        problems = judge_group(group, *passes)
        for stimulus in group.stimuli:
            bad = judge_stimulus(stimulus, *(one.outcomes[stimulus]
                                             for one in passes))
            problems += bad
            if stimulus.differs:
                wrong[stimulus.differs] += bad
        ktap.test_result(str(group), problems)
    for difference, problems in wrong.items():
        ktap.test_result(f"on purpose: {difference.name}", problems)


def run_alone(tests, topology, module=True):
    """Tests of the module alone, or of the built-in alone: functions that are
    given a Lab and return problems, and whose first line of documentation is
    the name.
    """
    for test in tests:
        host = topology()
        if module:
            lab.insmod()
        try:
            problems = test(host)
        finally:
            if module:
                lab.rmmod()
            host.close()
        name = test.__doc__.partition("\n")[0].rstrip(".")
        ktap.test_result(name if module else f"built-in: {name}", problems)


def main(groups, alone=(), topology=lab.Lab):
    """Run a suite: groups, the differences they show, and tests alone; in a
    lab.Lab, or what grows out of one.
    """
    differences = list(dict.fromkeys(
        stimulus.differs for group in groups for stimulus in group.stimuli
        if stimulus.differs))
    ktap.print_header()
    ktap.set_plan(len(groups) + len(differences) + len(alone))
    run(groups, differences, topology)
    run_alone(alone, topology)
    ktap.finished()
