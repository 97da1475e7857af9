#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""How the files that the module adds below /proc/sys/net/ipv4 come and go,
also while somebody holds them open, reads and writes.
"""

import errno
import os

import knob_files
import lab
from knob_files import (BELOW, DEFAULTS, NAMES, ROWS, Namespace, changes,
                        ours, put_to, set_all)
from knobs import PAGE
from pace import differ
from raw import verdict
from worker import Worker, stop_all, wait_until


def tree():
    """All names below /proc/sys/net."""
    return {os.path.join(at, name) for at, _, names in os.walk("/proc/sys/net")
            for name in names}


def same_files():
    """The files that appear are those of the table, and go with the module"""
    problems = []
    wanted = {BELOW + name for name in NAMES}
    lab.rmmod()
    try:
        with Namespace() as old:
            before = tree()
            problems += differ("there already", wanted & before, set())
            lab.insmod()
            problems += differ("in an older namespace", tree() ^ before ^
                               wanted, set())
            with Namespace():
                problems += differ("in a new one", tree() ^ before ^ wanted,
                                   set())
            problems += differ("in the first one", wanted - tree(), set())
            old.enter()
            lab.rmmod()
            problems += differ("afterwards", tree() ^ before, set())
            return problems
    finally:
        lab.insmod()


def on(fd):
    """What read and write say of an open file."""
    return verdict(os.pread, fd, PAGE, 0), put_to(fd, "1\n")


def usual():
    """The same of a file of the kernel's that is gone."""
    with Namespace():
        lab.ip("link add v0 type veth peer name v1")
        fd = os.open(BELOW + "conf/v0/forwarding", os.O_RDWR)
        there = on(fd)
        lab.ip("link del v0")
        said = on(fd)
        os.close(fd)
        if there != (b"0\n", "taken") or said[0] == there[0]:
            raise RuntimeError(f"a file of the kernel's: {there}, {said}")
        return said


class Holder:
    """Reads and writes files until they are gone, and beyond."""

    def __init__(self, files):
        self.files = files
        self.round = 0
        self.gone = set()

    def __call__(self):
        self.round += 1
        problems = []
        for fd, row in self.files:
            values = row.values[:2]
            said = put_to(fd, row.writes(values[self.round % 2]))
            problems += self.judge((fd, "write"), said, ["taken"])
            try:
                said = os.pread(fd, PAGE, 0).decode()
            except OSError as error:
                said = errno.errorcode[error.errno]
            # Of one of several views anything may be seen.
            legal = [*values, row.default] if row.alone or row.kept else [said]
            problems += self.judge((fd, "read"), said, legal)
        return problems

    def judge(self, what, said, legal):
        if said == "ENOENT":
            self.gone.add(what)
            return []
        if what in self.gone:
            return [f"{what[1]} after ENOENT: {said!r}"]
        return [] if said in legal else [f"{what[1]}: {said!r}"]


def open_all():
    return [(os.open(BELOW + row.name, os.O_RDWR), row) for row in ROWS]


def close_all(files):
    for fd, _ in files:
        os.close(fd)


def held_open():
    """A file that is held open, read and written does not keep the module, and
    is gone with it
    """
    gone = usual()
    problems = differ("a file of the kernel's that is gone", gone,
                      ("ENOENT", "ENOENT"))
    with Namespace() as one, Namespace() as two:
        for number in range(4):
            files = []
            for namespace in (one, two):
                namespace.enter()
                set_all(0)
                files += open_all()
            workers = [Worker(cpu, Holder(files)) for cpu in range(2)]
            wait_until(lambda: all(worker.rounds() > 2 + number
                                   for worker in workers))
            said = lab.output("rmmod", "icmp4")
            problems += differ("rmmod", said, "")
            problems += after_rmmod(files, gone)
            rounds = [worker.rounds() for worker in workers]
            wait_until(lambda: all(worker.rounds() > was + 2 for worker, was
                                   in zip(workers, rounds)))
            problems += stop_all(workers)
            lab.insmod()
            problems += [f"{row.name} comes back: {on(fd)}"
                         for fd, row in files if on(fd) != gone]
            close_all(files)
            for namespace in (one, two):
                namespace.enter()
                change = changes(DEFAULTS, ours())
                problems += differ("again", [
                    row.name for row in ROWS
                    if row.name in change and not row.kept], [])
    return problems


def after_rmmod(files, gone):
    """Of files that were open, and of their names."""
    problems = []
    for fd, row in files:
        problems += differ(f"{row.name}, held", on(fd), gone)
        problems += differ(f"{row.name}, opened", verdict(
            os.open, BELOW + row.name, os.O_RDONLY), "ENOENT")
        problems += differ(f"{row.name}, created", verdict(
            os.open, BELOW + row.name, os.O_WRONLY | os.O_CREAT), verdict(
                os.open, BELOW + "no_such", os.O_WRONLY | os.O_CREAT))
    return problems + differ("listed", set(os.listdir(BELOW)) & set(NAMES),
                             set())


def namespace_gone():
    """A file held open does not keep its namespace, and goes with it"""
    with Namespace():
        set_all(0)
        files = open_all()
    gone = usual()
    wait_until(lambda: on(files[-1][0]) == gone, 30)
    problems = []
    for fd, row in files:
        problems += differ(row.name, on(fd), gone)
    close_all(files)
    return problems


if __name__ == "__main__":
    knob_files.main((same_files, held_open, namespace_gone))
