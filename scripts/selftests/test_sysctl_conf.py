#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 200
# files: Documentation/examples/icmp4.conf
"""The files below /proc/sys/net/ipv4 as sysctl(8) finds them in files that
people have, and in those that it makes.
"""

import os
import re
import subprocess

import knob_files
import lab
from knob_files import (DEFAULTS, NAMES, ROWS, Namespace, changes, get, ours,
                        put, same, set_all, state)
from pace import differ
from raw import verdict

EXAMPLE = os.path.join(os.path.dirname(lab.MODULE), "files/icmp4.conf")

LINUX_2_2 = """\
# /etc/sysctl.conf, see sysctl.conf(5)
; It was written for Linux 2.2.

net.ipv4.icmp_destunreach_rate = 100
  net.ipv4.icmp_echo_ignore_all=1
net/ipv4/icmp_echo_ignore_broadcasts =0
net.ipv4.icmp_echoreply_rate\t=\t7
 # not so many
-net.ipv4.icmp_paramprob_rate = 50\x20\x20
net.ipv4.icmp_timeexceed_rate   =   8640000
net.ipv4.icmp_ignore_bogus_error_responses= 0"""

LINUX_4_15 = """\
#
# icmp
#
net.ipv4.icmp_echo_ignore_all = 1
net.ipv4.icmp_echo_ignore_broadcasts= 0

-net.ipv4.icmp_errors_use_inbound_ifaddr =1
net/ipv4/icmp_ignore_bogus_error_responses=0
; ms
net.ipv4.icmp_ratelimit\t= 400
   net.ipv4.icmp_ratemask = 88089
net.ipv4.ping_group_range = 0   2147483647"""

CONFS = {
    "Linux 2.2": (LINUX_2_2, {
        "icmp_destunreach_rate": "100", "icmp_echo_ignore_all": "1",
        "icmp_echo_ignore_broadcasts": "0", "icmp_echoreply_rate": "7",
        "icmp_paramprob_rate": "50", "icmp_timeexceed_rate": "8640000",
        "icmp_ignore_bogus_error_responses": "0"}),
    "Linux 4.15": (LINUX_4_15, {
        "icmp_echo_ignore_all": "1", "icmp_echo_ignore_broadcasts": "0",
        "icmp_errors_use_inbound_ifaddr": "1",
        "icmp_ignore_bogus_error_responses": "0", "icmp_ratelimit": "400",
        "icmp_ratemask": "88089", "ping_group_range": "0\t2147483647"})}


def load(text):
    """sysctl -p of such a file: what it complains of."""
    path = "/tmp/test_sysctl.conf"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    done = subprocess.run(["sysctl", "-p", path], text=True, check=False,
                          capture_output=True)
    os.unlink(path)
    problems = differ("status", done.returncode, 0)
    return problems + [f"it says {line}" for line in done.stderr.splitlines()]


def showing(values):
    """Do files show these?"""
    problems = []
    for name, value in values.items():
        problems += differ(name, verdict(get, name).strip(), value)
    return problems


def old_files():
    """sysctl -p loads a sysctl.conf for Linux 2.2, and one for 4.15"""
    problems = []
    for name, (text, values) in CONFS.items():
        with Namespace():
            if not any(showing({one: value}) for one, value in values.items()):
                problems.append(f"{name}: nothing to change")
            for which in ("once", "twice"):
                problems += [f"{name}, {which}: {problem}" for problem in
                             load(text) + showing(values)]
    # That it does say so when a file is missing:
    lab.rmmod()
    try:
        with Namespace():
            if not load(LINUX_2_2):
                problems.append("Linux 2.2's loads without the module, too")
            problems += [f"without the module: {problem}"
                         for problem in load(LINUX_4_15)]
    finally:
        lab.insmod()
    return problems


def settings(text):
    """{name below net.ipv4: value} of a file for sysctl(8)."""
    return dict(re.findall(
        r"^[ \t]*-?net[./]ipv4[./](\w+)[ \t]*=[ \t]*(.*?)[ \t]*$", text, re.M))


def example():
    """The example loads, as it is and with all that it only shows"""
    with open(EXAMPLE, encoding="utf-8") as file:
        text = file.read()
    # "#net.ipv4...": a setting; "# Words": a comment.
    full = re.sub(r"^[#;][ \t]*(?=-?net[./]ipv4[./]\w+[ \t]*=)", "", text,
                  flags=re.M)
    with Namespace():
        problems = differ("changed", sorted(changes(DEFAULTS, set_all(0))),
                          sorted(NAMES))
        # It is all files at their defaults.
        problems += load(text) + same("as it is", ours(), DEFAULTS)
    values = settings(full)
    if len(values) <= len(settings(text)) or values == settings(text):
        problems.append("there is nothing that it only shows")
    with Namespace():
        problems += [f"in full: {problem}" for problem in load(full)]
        # Those of which others are views, or which have several forms, apart.
        alike = [name for name in values if name not in {
            row.name for row in ROWS if row.kind in ("ticks", "mask")}]
        # (A list is shown in an order of its own.)
        problems += differ("in full", *(
            {name: sorted(some(name).split()) for name in alike}
            for some in (get, values.get)))
    return problems


def saved():
    """sysctl -a says all, and what it said can be loaded"""
    problems = []
    for index in (0, 1, None):
        with Namespace():
            if index is not None:
                set_all(index)
                # Of this list others show less than there is.
                for row in ROWS:
                    if row.kind == "rates":
                        put(row.name, row.values[index])
            before = state()
            out = lab.run("sysctl", "-a")
        lines = [line for line in out.splitlines() if re.match(
            r"net\.ipv4\.(icmp_\w+|" + "|".join(NAMES) + r") =", line)]
        said = settings("\n".join(lines))
        problems += same("says", {name: said.get(name) for name in NAMES}, {
            name: before[name].strip() for name in NAMES})
        with Namespace():
            problems += load("\n".join(lines) + "\n")
            problems += same("restored", state(), before)
    return problems


if __name__ == "__main__":
    knob_files.main((old_files, example, saved))
