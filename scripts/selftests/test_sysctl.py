#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 400
"""All files that the module adds below /proc/sys/net/ipv4, by its own table of
them: what they show, take and refuse, and in whose namespace. What they do is
for other suites to show.

A row of the table is tested by its kind (knobs.py); nothing here has the name
of one. test_sysctl_users is about who may write them, test_sysctl_life about
how they come and go, test_sysctl_conf about sysctl(8).
"""

import os
import re
import stat
import time

import knob_files
import knobs
import lab
from knob_files import (BELOW, DEFAULTS, EINVAL, KERNELS, NAMES, NEAR, ROWS,
                        Namespace, changes, get, ours, put, put_to, same,
                        set_all, short, shows, state, unlike)
from knobs import HUGE, PAGE
from pace import differ
from raw import verdict
from worker import Worker, stop_all


# Of each row.

def default(row):
    """the default, who owns it, its mode"""
    with Namespace():
        shown = get(row.name)
        about = os.stat(BELOW + row.name)
        return [*differ("shows", shown, row.default),
                *differ("owner", (about.st_uid, about.st_gid), (0, 0)),
                *differ("mode", oct(about.st_mode), oct(stat.S_IFREG | 0o644))]


class Others:
    """What else may show a change that a row was given, learnt by the row's
    kind while it changes.
    """

    def __init__(self, row):
        self.row = row
        self.found = set()

    def judge(self, now, changed):
        """What is wrong with changes of other files."""
        self.found |= changed.keys()
        check = getattr(self, self.row.kind, self.nothing)
        return [f"{self.row.name} shows {now[self.row.name]!r}: {problem}"
                for problem in check(now, changed)]

    def nothing(self, _, changed):
        return differ("others", changed, {})

    def inverse(self, now, changed):
        """One file of the kernel's."""
        problems = [f"{name} changes, which is ours" for name in changed
                    if name in NAMES]
        if len(self.found) > 1:
            problems.append(f"it changes {self.found}")
        value = int(now[self.row.name])
        for name in self.found:
            problems += differ(name, now[name], f"{1 - value}\n")
        return problems

    def ticks(self, now, changed):
        """One list of rates, in a single type."""
        lists = [row.name for row in ROWS if row.kind == "rates"]
        if not changed.keys() <= set(lists) or len(lists) != 1:
            return [f"others: {changed}"]
        words = set(now[lists[0]].split())
        value = int(now[self.row.name])
        if not value:
            return differ("rates", words, set())
        if len(words) != 1 or f":{10 * value}:" not in words.pop():
            return [f"rates {now[lists[0]]!r}"]
        return []

    def rates(self, _, changed):
        """Those that are about one type of the list."""
        views = {row.name for row in ROWS if row.kind == "ticks"}
        return [f"{name} changes" for name in changed if name not in views]

    def missing(self):
        if self.row.kind in ("inverse", "ticks", "rates") and not self.found:
            return ["no other file shows the same"]
        return []


def taken(row):
    """what it takes, each bound above all; no other file changes"""
    problems = []
    with Namespace():
        others = Others(row)
        before = state()
        for text, shown in row.takes.items():
            problems += differ(short(text), put(row.name, text), "taken")
            now = state()
            change = changes(before, now)
            change.pop(row.name, None)
            problems += differ(f"after {short(text)}", now[row.name], shown)
            problems += others.judge(now, change)
            before = now
        # As it was: whatever shows, can be written.
        for value in (*row.values, row.default):
            problems += shows(row, value)
        return problems + others.missing()


def refused(row):
    """what it refuses; no file changes"""
    with Namespace():
        problems = unlike(row)
        before, nearby = state(), state(NEAR)
        for text in dict.fromkeys(row.refuses):
            problems += differ(short(text), put(row.name, text), EINVAL)
            change = changes(nearby, state(NEAR))
            problems += differ(f"after {short(text)}", change, {})
            if change:
                problems += unlike(row)
        # More than the kernel has at hand for any file, and says so itself.
        huge = row.writes(row.values[1]).strip() + " " * (HUGE * 16)
        problems += differ("16 MiB", put(row.name, huge), put(KERNELS, huge))
        return problems + same("after 16 MiB", state(), before)


def blank(row):
    """nothing, or whitespace"""
    with Namespace():
        problems = unlike(row)
        before = state()
        # (A write of nothing counts as taken when it returns 0.)
        problems += differ("nothing", put(row.name, ""), "taken")
        problems += same("after nothing", state(), before)
        for text in ("\n", " ", "\t", "\n\n", " \t\n ", " " * (PAGE // 2)):
            problems += unlike(row)
            said = put(row.name, text)
            change = changes(before, state())
            problems += differ(short(text), said,
                               EINVAL if row.blank is None else "taken")
            problems += differ(f"after {short(text)}", change, {} if
                               row.blank in (None, "same") else
                               {row.name: row.blank})
        return problems


def offsets(row):
    """writes at an offset, and in pieces"""
    with Namespace():
        problems = unlike(row)
        other = row.writes(row.values[1])
        before, nearby = state(), state(NEAR)
        for offset in (1, 2, len(other.encode()), PAGE - 1, PAGE, PAGE + 1,
                       1 << 31, 1 << 32, 1 << 62):
            for text in (other, other.strip(), "\n", " ", "0"):
                problems += differ(f"{text!r} at {offset}", put(
                    row.name, text, offset), EINVAL)
                problems += same(f"after {text!r} at {offset}", state(NEAR),
                                 nearby)
        problems += same("after all", state(), before)
        return problems + pieces(row, other)


def pieces(row, other):
    """One write after the other to the same open file."""
    problems = []
    fd = os.open(BELOW + row.name, os.O_RDWR | os.O_APPEND)
    try:
        # The first is a value, what follows is none.
        text = other.strip().encode()
        problems += differ("first", verdict(os.write, fd, text), len(text))
        now = state()
        for more in (b"\n", b"0", b" ", text, b"x"):
            problems += differ(f"then {more}", verdict(os.write, fd, more),
                               EINVAL)
        # Its end is where a value of this length has its own.
        problems += differ("at", os.lseek(fd, 0, os.SEEK_CUR), len(text))
        problems += same("after pieces", state(), now)
        os.lseek(fd, 0, os.SEEK_SET)
        text = row.writes(row.values[0]).encode()
        half = len(text) // 2
        problems += differ("two buffers", verdict(
            os.writev, fd, [text[:half], text[half:]]), len(text))
        problems += differ("after two", get(row.name), row.values[0])
    finally:
        os.close(fd)
    # As shells write, which cut it first.
    for flags in (os.O_TRUNC, os.O_TRUNC | os.O_CREAT, os.O_APPEND):
        problems += unlike(row)
        fd = os.open(BELOW + row.name, os.O_WRONLY | flags)
        problems += differ("opened", get(row.name), row.values[0])
        problems += differ("written", put_to(fd, other), "taken")
        os.close(fd)
        problems += differ("then", get(row.name), row.values[1])
    return problems


def read_by(name, size):
    """What read() returns, so many bytes each, until the end."""
    parts = []
    fd = os.open(BELOW + name, os.O_RDONLY)
    try:
        while len(parts) < 1000:
            parts.append(os.read(fd, size).decode())
            if not parts[-1]:
                return parts
    finally:
        os.close(fd)
    return parts + ["without an end"]


def reads(row):
    """reads in pieces"""
    problems = []
    with Namespace():
        for value in (row.values[0], row.values[1], row.default):
            put(row.name, row.writes(value))
            for size in (1, 2, 3, len(value) - 1, len(value), len(value) + 1,
                         PAGE, HUGE):
                if not size:
                    continue
                wanted = [value[at:at + size]
                          for at in range(0, len(value), size)]
                if not row.pieces:
                    wanted = wanted[:1]
                problems += differ(f"{value!r} by {size}", read_by(
                    row.name, size), wanted + [""])
            problems += at_offsets(row, value)
        return problems


def at_offsets(row, value):
    problems = []
    fd = os.open(BELOW + row.name, os.O_RDONLY)
    try:
        for offset in (0, 1, len(value) - 1, len(value), len(value) + 1, PAGE,
                       1 << 31, 1 << 32):
            wanted = value[offset:] if row.pieces or not offset else ""
            problems += differ(f"{value!r} at {offset}", os.pread(
                fd, PAGE, offset).decode(), wanted)
        problems += differ("no bytes", os.read(fd, 0), b"")
        problems += differ("behind that", os.read(fd, PAGE).decode(), value)
    finally:
        os.close(fd)
    return problems


class Writer:
    """Writes one value again and again."""

    def __init__(self, row, value):
        self.fd = os.open(BELOW + row.name, os.O_WRONLY)
        self.text = row.writes(value)

    def __call__(self):
        return [said for said in (put_to(self.fd, self.text)
                                  for _ in range(20)) if said != "taken"]


def at_once(row):
    """two who write and one who reads: nothing is seen that nobody wrote"""
    with Namespace():
        values = row.values[:2]
        unlike(row)
        writers = [Writer(row, value) for value in values]
        workers = [Worker(cpu, writer) for cpu, writer in enumerate(writers)]
        seen = dict.fromkeys(values, 0)
        fd = os.open(BELOW + row.name, os.O_RDONLY)
        begin = time.monotonic()
        # More than a byte may be seen half.
        least = 2 if row.pieces else 0.3
        while True:
            spent = time.monotonic() - begin
            if spent > 30 or spent > least and min(seen.values()) > 20:
                break
            for _ in range(20):
                text = os.pread(fd, PAGE, 0).decode()
                seen[text] = seen.get(text, 0) + 1
        problems = stop_all(workers)
        for file in (fd, *(writer.fd for writer in writers)):
            os.close(file)
        problems += [f"nobody wrote {text!r}, seen {number} times"
                     for text, number in seen.items() if text not in values]
        return problems + [f"{text!r} was not seen often: {number}"
                           for text, number in seen.items() if number <= 20]


# Of all.

def as_described():
    """The table is what modinfo(8) prints, and no row is there twice"""
    printed = lab.run("modinfo", "-F", "knob", lab.MODULE).splitlines()
    problems = differ("lines", knobs.lines(), printed)
    problems += differ("names", sorted(NAMES), sorted(set(NAMES)))
    for row in ROWS:
        if not re.fullmatch("[a-z0-9_]+", row.name):
            problems.append(f"name {row.name!r}")
        if not re.fullmatch("[!-~][ -~]{8,78}[!-~]", row.doc):
            problems.append(f"{row.name} is said to be {row.doc!r}")
    return problems


def unknown_kind():
    """A row that nobody could test is not passed over"""
    problems = []
    for text in ("icmp_x:strange:0:0:1:a kind of its own",
                 "icmp_x:Boolean:0:0:1:nearly a kind", "icmp_x::0:0:1:none",
                 "icmp_x:boolean:0:0:2:of three values",
                 "icmp_x:integer:7:0:5:out of its range",
                 "icmp_x:integer:5:5:5:of a single value",
                 "icmp_x:mask:0:0:0xffff:half", "icmp_x:integer:0:1:too short",
                 "icmp_x:interface:eth0:-:-:not empty"):
        try:
            problems.append(f"{text}: {knobs.row(text)}")
        except ValueError:
            pass
    return problems


def namespaces():
    """A namespace starts with defaults, and has its values for itself"""
    problems = []
    with Namespace() as one:
        problems += same("one", ours(), DEFAULTS)
        first = set_all(0)
        problems += [f"{name} is not changed" for name in NAMES
                     if first[name] == DEFAULTS[name]]
        with Namespace() as two:
            problems += same("two", ours(), DEFAULTS)
            second = set_all(1)
            problems += [f"{name} is the same in both" for name in NAMES
                         if first[name] == second[name]]
            one.enter()
            problems += same("one, after two", ours(), first)
            # The other way round.
            first = set_all(1)
            two.enter()
            second = set_all(0)
            one.enter()
            problems += same("one, after two again", ours(), first)
            two.enter()
            problems += same("two, at last", ours(), second)
            with Namespace():
                problems += same("three", ours(), DEFAULTS)
    return problems


def one_by_one():
    """A change in a namespace shows in no other, of each file alone"""
    problems = []
    with Namespace() as one, Namespace() as two:
        mine = state()
        for row in ROWS:
            one.enter()
            problems += differ(row.name, put(
                row.name, row.writes(row.values[0])), "taken")
            if get(row.name) == row.default:
                problems.append(f"{row.name} does not change")
            two.enter()
            problems += same(f"after {row.name}", state(), mine)
    return problems


class Owner:
    """Writes files that nobody else writes, and looks whether they show it."""

    def __init__(self, rows):
        self.rows = rows
        self.round = 0

    def __call__(self):
        self.round += 1
        problems = []
        for row in self.rows:
            problems += shows(row, row.values[self.round % 2])
        return problems


def apart():
    """Files written at the same time do not lose what others were given"""
    rows = [row for row in ROWS if row.kind != "rates"]
    views = [row for row in rows if row.kind == "ticks"]
    problems = []
    # All, and those that are kept in one list.
    for some in (rows, views):
        with Namespace():
            workers = [Worker(number, Owner(some[number::2]))
                       for number in range(2)]
            time.sleep(3)
            problems += stop_all(workers)
    return problems


def views():
    """A view shows what is written to the kernel's file, and the reverse"""
    problems = []
    for row in ROWS:
        if row.kind != "inverse":
            continue
        with Namespace():
            before = state()
            problems += unlike(row)
            found = changes(before, state())
            found.pop(row.name, None)
            if len(found) != 1:
                problems.append(f"{row.name} is a view of {found}")
                continue
            problems += both_ways(row.name, found.popitem()[0])
    if not any(row.kind == "inverse" for row in ROWS):
        problems.append("there is none")
    return problems


def both_ways(name, kernels):
    problems = []
    for value in (0, 1, 0, 0, 1, 1, 0):
        for written, other in ((name, kernels), (kernels, name)):
            for number in (value, 1 - value):
                put(written, f"{number}\n")
                problems += differ(
                    f"{written} {number}", (get(written), get(other)),
                    (f"{number}\n", f"{1 - number}\n"))
    # Kernels differ in whether theirs takes more; ours is 0 for all of it.
    for number in (2, 255, 256, -1):
        before = get(kernels)
        said = put(kernels, str(number))
        now = get(kernels)
        problems += differ(f"{kernels} {number}, {said}", get(name),
                           "0\n" if now.strip() != "0" else "1\n")
        if said != "taken":
            problems += differ(f"{kernels} {number}", now, before)
    return problems


EACH = (default, taken, refused, blank, offsets, reads, at_once)
ALL = (as_described, unknown_kind, namespaces, one_by_one, apart, views)

if __name__ == "__main__":
    knob_files.main(ALL, EACH)
