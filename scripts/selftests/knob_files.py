# SPDX-License-Identifier: GPL-2.0
"""Files below /proc/sys/net/ipv4, ours and the kernel's, of any network
namespace, by exactly one system call each.
"""

import ctypes
import os
import traceback

import knobs
import ktap
import lab
from pace import differ
from raw import verdict

BELOW = "/proc/sys/net/ipv4/"
# The kernel's, of which ours are to be no different to users.
KERNELS = "icmp_echo_ignore_all"
EINVAL = "EINVAL"
ROWS = knobs.table()
NAMES = [row.name for row in ROWS]
# With those of the kernel's beside them; the module is not loaded yet.
NEAR = sorted({*NAMES, *(name for name in os.listdir(BELOW)
                         if name.startswith("icmp_"))})
DEFAULTS = {row.name: row.default for row in ROWS}
_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """A new one, in which this process is from now on."""

    def __init__(self):
        if _libc.unshare(lab.CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        self.fd = os.open("/proc/self/ns/net", os.O_RDONLY)

    def enter(self):
        if _libc.setns(self.fd, lab.CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        lab.enter()
        os.close(self.fd)


def put_to(fd, text, offset=0):
    """What pwrite() says: an errno's name, "taken", or how much was."""
    data = text.encode()
    done = verdict(os.pwrite, fd, data, offset)
    return "taken" if done == len(data) else done


def put(name, text, offset=0):
    fd = os.open(BELOW + name, os.O_WRONLY)
    try:
        return put_to(fd, text, offset)
    finally:
        os.close(fd)


def get(name):
    fd = os.open(BELOW + name, os.O_RDONLY)
    try:
        return os.read(fd, 2 * knobs.PAGE).decode()
    finally:
        os.close(fd)


def state(names=None):
    """{name: what it shows}, of all files there that are no directory."""
    if names is None:
        names = [entry.name for entry in os.scandir(BELOW)
                 if entry.is_file(follow_symlinks=False)]
    return {name: verdict(get, name) for name in names}


def ours():
    return state(NAMES)


def changes(before, after):
    """{name: what it shows now} where that is not what it was."""
    return {name: after.get(name) for name in before.keys() | after.keys()
            if before.get(name) != after.get(name)}


def same(what, got, wanted):
    """What is wrong with values if they are not these."""
    return differ(what, changes(wanted, got), {})


def short(text):
    return repr(text) if len(text) < 60 else (
        f"{text[:20]!r}... ({len(text)} characters)")


def shows(row, value):
    """Have it show that; what is wrong if it does not."""
    return differ(f"{row.name} {value!r}", (
        put(row.name, row.writes(value)), get(row.name)), ("taken", value))


def unlike(row):
    """Have it show something that is neither its default nor what texts to
    refuse have in them.
    """
    return shows(row, row.values[0])


def set_all(index):
    """Every row shows one of its values; returns what they show then, for some
    are views of others.
    """
    for row in ROWS:
        said = put(row.name, row.writes(row.values[index]))
        if said != "taken":
            raise RuntimeError(f"{row.name}: {said}")
    now = ours()
    for row in ROWS:
        if row.alone and now[row.name] != row.values[index]:
            raise RuntimeError(f"{row.name} shows {now[row.name]}")
    return now


def main(tests, each=()):
    """Run a suite: tests of each row, then tests of all, with the module
    loaded. They return what is wrong, and are named by their documentation.
    """
    ktap.print_header()
    ktap.set_plan(len(each) * len(ROWS) + len(tests))
    lab.insmod()
    try:
        for row in ROWS:
            for test in each:
                ktap.test_result(f"{row}: {name(test)}", outcome(test, row))
        for test in tests:
            ktap.test_result(name(test), outcome(test))
    finally:
        lab.enter()
        lab.rmmod()
    ktap.finished()


def outcome(test, *row):
    """What is wrong; one broken file does not hide what others are like."""
    try:
        return test(*row)
    except Exception:  # pylint: disable=broad-except
        lab.enter()
        return traceback.format_exc().splitlines()[-4:]


def name(test):
    return " ".join(test.__doc__.split()).rstrip(".")
