#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Of the knobs of limits that the module adds what is their own: icmp_rates,
the views of it that Linux 2.2 had, and a module parameter. What all files have
in common is for test_sysctl to show, and what they do for test_limits.
"""

import re

import lab
import versus
from knob_files import EINVAL, changes, get, ours, put
from knobs import PAGE
from pace import differ

TICKS = {"icmp_destunreach_rate": "unreach", "icmp_timeexceed_rate": "timex",
         "icmp_paramprob_rate": "paramprob", "icmp_echoreply_rate": "echorep"}
MOST_TICKS = 8640000
ALL = ("echorep:86400000:65535 unreach:1000:6 redir:1:1 timex:100:20 "
       "paramprob:86400000:65535 timerep:10:1 maskrep:77:3 extechorep:9:65535")


def clear():
    """No type has a rate."""
    for name in re.findall("[a-z]+", get("icmp_rates")):
        lab.sysctl("icmp_rates", f"{name}:0")


def rates(host):
    """icmp_rates: a write changes what it names, a read shows all there are."""
    host.settle()
    problems = []
    for text, now in (
            ("unreach:1000", "unreach:1000:6"),
            ("timex:100:20\n", "unreach:1000:6 timex:100:20"),
            ("unreach:5:1", "unreach:5:1 timex:100:20"),
            ("unreach:7", "unreach:7:6 timex:100:20"),
            ("", "unreach:7:6 timex:100:20"),
            (" \t\n ", "unreach:7:6 timex:100:20"),
            ("timex:0 \t unreach:0000000000007:6\n", "unreach:7:6"),
            ("echorep:0", "unreach:7:6"),
            ("extechorep:3\nechorep:2\n", "echorep:2:6 unreach:7:6 "
             "extechorep:3:6"),
            ("unreach:0:9 echorep:0:1", "extechorep:3:6"),
            (ALL, ALL),
            ("redir:0 timerep:0:65535 extechorep:0 unreach:0 timex:0 "
             "paramprob:0 echorep:0 maskrep:0", ""),
            (ALL, ALL)):
        problems += differ(f"{text!r}", [
            put("icmp_rates", text), get("icmp_rates")], ["taken", now + "\n"])
    # What is read can be written.
    text = get("icmp_rates")
    clear()
    problems += differ("none", get("icmp_rates"), "\n")
    problems += differ("all", [put("icmp_rates", text), get("icmp_rates")],
                       ["taken", ALL + "\n"])
    return problems


REFUSED = (
    "unreach", "unreach:", "unreach::6", "unreach:1000:", "unreach:1000:6:",
    "unreach:1000:6:1", ":1000", ":", "unreach:-1", "unreach:+1",
    "unreach:1000:-1", "unreach:1000:+6", "unreach:1000:0", "unreach:0:0",
    "unreach:1000:65536", "unreach:86400001", "unreach:4294967296",
    "unreach:4294968296", "unreach:18446744073709551616",
    "unreach:99999999999999999999999", "unreach:1000:4294967297",
    "unreach:0x10", "unreach:1000ms", "unreach:1.5", "unreach:1000,timex:1",
    "unreach: 1000", "unreach :1000", "unreach=1000", "Unreach:1000",
    "unreac:1000", "unreachh:1000", "3:1000", "echoreq:1000", "squench:1000",
    "timereq:1000", "maskreq:1000", "other:1000", "host:1000", "x:1",
    "timex:5 unreach:1000 timex:6", "timex:5 timex:5", "timex:0 timex:0",
    "timex:5 unreach", "timex:5 x", "timex:5 unreach:1000:0",
    "timex:5\0", "timex:5\0\n", "timex:5 \0", "\0", "\0timex:5",
    "timex\0:5", "timex:5\0unreach:1", "timex:5\x7f", "timex:5;",
    "timex:\u0665")


def refused(host):
    """What icmp_rates refuses changes nothing."""
    host.settle()
    problems = []
    put("icmp_rates", "unreach:20:3 timex:30")
    before = ours()
    for text in (*REFUSED, "timex:5 " + " " * PAGE):
        problems += differ(f"{text!r}", put("icmp_rates", text), EINVAL)
        problems += differ(f"after {text!r}", changes(before, ours()), {})
    return problems


def views(host):
    """icmp_rates and the files named after Linux 2.2's show one table."""
    host.settle()
    problems = []
    for name, kind in TICKS.items():
        for text, ticks in (("1", 1), ("100\n", 100), (" 7", 7), ("0x10", 16),
                            (str(MOST_TICKS), MOST_TICKS), ("0", 0)):
            rate = f"{kind}:{ticks * 10}:6\n" if ticks else "\n"
            problems += differ(f"{name} {text!r}", [
                put(name, text), get(name), get("icmp_rates")],
                ["taken", f"{ticks}\n", rate])
        for interval, ticks in ((1, 1), (9, 1), (10, 1), (11, 2), (999, 100),
                                (1000, 100), (86400000, MOST_TICKS), (0, 0)):
            put("icmp_rates", f"{kind}:{interval}:9")
            problems += differ(f"{kind}:{interval}", get(name), f"{ticks}\n")
        # The burst stays, and so does all if the file says so already.
        for text, rate in (("2", "11:9"), ("5", "50:9"), ("0", ""),
                           ("5", "50:6")):
            put("icmp_rates", f"{kind}:11:9" if text == "2" else "")
            put(name, text)
            problems += differ(f"{name} {text}", get("icmp_rates"),
                               f"{kind}:{rate}\n" if rate else "\n")
        put(name, "0")
    # One changes none of the others.
    for number, name in enumerate(TICKS, 3):
        put(name, str(number))
    return problems + differ("all", get("icmp_rates"),
                             "echorep:60:6 unreach:30:6 timex:40:6 "
                             "paramprob:50:6\n")


def last_line():
    """The newest line of the kernel's log, without its time."""
    return lab.run("dmesg").splitlines()[-1].partition("] ")[2]


def load(parameter):
    """insmod with it; the error, the last line of the log."""
    try:
        lab.insmod(parameter)
    except RuntimeError as error:
        return str(error), last_line()
    line = last_line()
    lab.rmmod()
    return "", line


def table(host):
    """limit_buckets: a multiple of 4 that there is room for."""
    host.settle()
    lab.rmmod()
    problems = []
    for number, size in ((4, 1), (8, 1), (64, 1), (68, 2), (65536, 1024),
                         (262144, 4096)):
        error, line = load(f"limit_buckets={number}")
        if error or not line.endswith(
                f"; limits: {number} buckets, {size} KiB"):
            problems.append(f"{number}: {error} {line}")
    for number in (0, 1, 2, 3, 5, 65535, 65537, 16777215, 16777217, 16777220,
                   2147483648, 4294967292, 4294967295):
        error, line = load(f"limit_buckets={number}")
        if "Invalid parameters" not in error or not line.startswith(
                "icmp4: not loaded: limit_buckets"):
            problems.append(f"{number}: {error} {line}")
    for text in ("-4", "4294967300", "x", "4x", ""):
        error, _ = load(f"limit_buckets={text}")
        if not error:
            problems.append(f"takes {text!r}")
    lab.insmod()
    line = last_line()
    if not line.endswith("; limits: 65536 buckets, 1024 KiB"):
        problems.append(line)
    with open("/sys/module/icmp4/parameters/limit_buckets",
              encoding="ascii") as file:
        return problems + differ("parameter", file.read(), "65536\n")


if __name__ == "__main__":
    versus.main([], (rates, refused, views, table))
