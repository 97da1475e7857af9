#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 200
"""Who may read and write the files that the module adds below
/proc/sys/net/ipv4: whoever may the kernel's own beside them.
"""

import ctypes
import json
import os

import dgram
import knob_files
import lab
from knob_files import (BELOW, DEFAULTS, EINVAL, KERNELS, NAMES, ROWS,
                        Namespace, ours, put, put_to, same, set_all, short,
                        shows, state)
from knobs import PAGE
from pace import differ
from raw import verdict

CAP_NET_ADMIN = 12
LINUX_CAPABILITY_VERSION_3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)

EVERYONES = [*NAMES, KERNELS]


def attempts(held=()):
    """{name: what somebody may do with it}, of all files and the kernel's:
    owner and mode, and what calls say, also of files that are held open.
    """
    table = {}
    for name in EVERYONES:
        about = os.stat(BELOW + name)
        table[name] = {
            "owner": [about.st_uid, about.st_gid], "mode": oct(about.st_mode),
            "access": [verdict(os.access, BELOW + name, how)
                       for how in (os.R_OK, os.W_OK, os.X_OK)],
            "read": opened(name, os.O_RDONLY),
            "write": [opened(name, flags) for flags in (
                os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC)],
            "chmod": verdict(os.chmod, BELOW + name, 0o666),
            "chown": verdict(os.chown, BELOW + name, os.geteuid(), -1)}
    for fd, name, text in held:
        said = verdict(os.pread, fd, PAGE, 0)
        table[name]["held"] = [said if isinstance(said, str) else "read",
                               put_to(fd, text)]
    return table


def opened(name, flags):
    fd = verdict(os.open, BELOW + name, flags)
    if isinstance(fd, str):
        return fd
    os.close(fd)
    return "open"


def hold():
    """All of them open, and a text that each takes."""
    return [(os.open(BELOW + name, os.O_RDWR), name, text) for name, text in (
        *((row.name, row.writes(row.values[0])) for row in ROWS),
        (KERNELS, "1\n"))]


def ask(function, uid=1000, gid=1000):
    """What a function says in a child of that user."""
    said = dgram.as_user(lambda: json.dumps(function()), uid, gid)
    try:
        return json.loads(said)
    except json.JSONDecodeError as error:
        raise RuntimeError(f"the child says {said}") from error


def alike(who, said):
    """Are all as the kernel's own?"""
    problems = []
    for name in NAMES:
        problems += differ(f"{who}, {name}", said[name], said[KERNELS])
    return problems


def users():
    """Other users may read each, as the kernel's own, and no more"""
    problems = []
    with Namespace():
        before = state()
        held = hold()
        for who, ids in (("a user", (1000, 1000)),
                         ("a user of root's group", (1000, 0)),
                         ("nobody", (65534, 65534))):
            said, shown = ask(lambda: [attempts(held), ours()], *ids)
            problems += alike(who, said)
            problems += differ(who, said[KERNELS], {
                "owner": [0, 0], "mode": "0o100644",
                "access": [True, False, False], "read": "open",
                "write": ["EACCES"] * 3, "chmod": "EPERM", "chown": "EPERM",
                "held": ["read", "EPERM"]})
            problems += same(f"{who} reads", shown, {
                name: before[name] for name in NAMES})
            problems += same(f"after {who}", state(), before)
        for fd, *_ in held:
            os.close(fd)
    return problems


def drop_net_admin():
    """Of this process, whatever else it may do."""
    header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)()
    if _libc.capget(header, data):
        raise OSError(ctypes.get_errno(), "capget")
    if not data[0] & 1 << CAP_NET_ADMIN:
        raise RuntimeError("there was no CAP_NET_ADMIN to begin with")
    for at in range(3):
        data[at] &= ~(1 << CAP_NET_ADMIN)
    if _libc.capset(header, data):
        raise OSError(ctypes.get_errno(), "capset")


def write_all():
    """All that each file takes, and some of what it refuses."""
    problems = []
    for row in ROWS:
        for value in (*row.values, row.default):
            problems += shows(row, value)
        for text in row.refuses[:20]:
            problems += differ(f"{row.name} {short(text)}",
                               put(row.name, text), EINVAL)
    return problems


def own_namespace():
    """A user in namespaces of his own writes all there, unless he has given
    CAP_NET_ADMIN away, and nothing elsewhere
    """
    problems = []
    with Namespace():
        mine = set_all(0)
        before = state()
        for network, admin in ((True, True), (True, False), (False, True),
                               (False, False)):
            who = (f"{'own' if network else 'same'} network, "
                   f"{'with' if admin else 'without'} CAP_NET_ADMIN")
            shown, wrong, said = ask(lambda: inside(network, admin))
            problems += same(f"{who}: shown", shown,
                             DEFAULTS if network else mine)
            problems += wrong + alike(who, said)
            kernels = said[KERNELS]
            may = network and admin
            problems += differ(f"{who}: read", kernels["read"], "open")
            problems += differ(f"{who}: write", kernels["write"],
                               ["open" if may else "EACCES"] * 3)
            if network:
                problems += differ(f"{who}: held", kernels["held"], [
                    "read", "taken" if may else "EPERM"])
            problems += same(f"after {who}", state(), before)
    return problems


def inside(network, admin):
    """What a user finds in a namespace of users, and of a network perhaps."""
    dgram.enter_user_namespace(network)
    shown = ours()
    held = hold() if network else ()
    wrong = write_all() if network else []
    if not admin:
        drop_net_admin()
    return [shown, wrong, attempts(held)]


def by_unshare():
    """The same with unshare(1) and setpriv(1)"""
    user = ("setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups")
    own = (*user, "unshare", "-Urn")
    without = (*own, "setpriv", "--bounding-set", "-net_admin", "--inh-caps",
               "-net_admin")
    # A list first, of which others are views.
    rows = sorted(ROWS, key=lambda row: row.kind != "rates")
    files = [word for row in rows for word in (
        BELOW + row.name, row.writes(row.values[1]).strip())]
    script = """while [ $# -gt 0 ]; do
        echo "$2" >"$1" && cat "$1"
        shift 2
    done"""
    denied = "Permission denied"
    problems = []
    with Namespace():
        set_all(0)
        before = state()
        for who, words, wanted in (
                ("user", user, [denied] * len(rows)),
                ("own", own, [row.values[1].strip() for row in rows]),
                ("without", without, [denied] * len(rows))):
            said = lab.output(*words, "bash", "-c", script, "-", *files)
            lines = [denied if line.endswith(f": {denied}") else line
                     for line in said.splitlines()]
            problems += differ(who, lines, wanted)
            problems += same(f"after {who}", state(), before)
    return problems


if __name__ == "__main__":
    knob_files.main((users, own_namespace, by_unshare))
