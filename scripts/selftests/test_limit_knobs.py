#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The knobs of limits that the module adds, below /proc/sys/net/ipv4 and as
module parameters: what they take, what they refuse, and that some of them are
views of one table. What they do is for test_limits to show.
"""

import errno
import os
import re

import lab
import versus
from pace import differ

KNOBS = "/proc/sys/net/ipv4/"
TICKS = {"icmp_destunreach_rate": "unreach", "icmp_timeexceed_rate": "timex",
         "icmp_paramprob_rate": "paramprob", "icmp_echoreply_rate": "echorep"}
NUMBERS = {"icmp_icmplim": (200, 10000000), "icmp_icmplim_jitter":
           (16, 1000000), "icmp_icmplim_output": (0, 1)}
MOST_TICKS = 8640000
ALL = ("echorep:86400000:65535 unreach:1000:6 redir:1:1 timex:100:20 "
       "paramprob:86400000:65535 timerep:10:1 maskrep:7:7 extechorep:9:65535")


def put(name, text, offset=0):
    """Write exactly these bytes, at once; the errno, or 0."""
    fd = os.open(KNOBS + name, os.O_WRONLY)
    try:
        if os.pwrite(fd, text.encode(), offset) != len(text):
            return errno.EIO
        return 0
    except OSError as error:
        return error.errno
    finally:
        os.close(fd)


def get(name):
    with open(KNOBS + name, encoding="ascii") as file:
        return file.read()


def state():
    return {name: get(name) for name in (*TICKS, *NUMBERS, "icmp_rates")}


def clear():
    """No type has a rate."""
    for name in re.findall("[a-z]+", get("icmp_rates")):
        lab.sysctl("icmp_rates", f"{name}:0")


def defaults(host):
    """Defaults and rights."""
    host.settle()
    problems = differ("values", state(), {
        **{name: "0\n" for name in TICKS},
        **{name: f"{value}\n" for name, (value, _) in NUMBERS.items()},
        "icmp_rates": "\n"})
    for name in state():
        mode = os.stat(KNOBS + name).st_mode & 0o7777
        problems += differ(f"mode of {name}", oct(mode), "0o644")
    return problems


def numbers(host):
    """What icmp_icmplim and its kin take and refuse."""
    host.settle()
    problems = []
    for name, (value, most) in NUMBERS.items():
        for good in ("0", "1", str(most), f" {most}\n", str(value)):
            problems += differ(f"{name} {good!r}", [put(name, good),
                                                    get(name).strip()],
                               [0, good.strip()])
        for bad in ("-1", str(most + 1), "x", "1x", "0.5", "4294967296",
                    "4294967297", "99999999999999999999", "-0x1", "1:1"):
            problems += differ(f"{name} {bad!r}", [put(name, bad), get(name)],
                               [errno.EINVAL, f"{value}\n"])
        put(name, "1", 1)
        problems += differ(f"{name} at an offset", get(name), f"{value}\n")
    return problems


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
             "maskrep:0 paramprob:0 echorep:0", ""),
            (ALL, ALL)):
        problems += differ(f"{text!r}", [put("icmp_rates", text),
                                         get("icmp_rates")], [0, now + "\n"])
    # What is read can be written.
    text = get("icmp_rates")
    clear()
    problems += differ("none", get("icmp_rates"), "\n")
    problems += differ("all", [put("icmp_rates", text), get("icmp_rates")],
                       [0, ALL + "\n"])
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
    put("icmp_icmplim", "77")
    before = state()
    for text in REFUSED:
        problems += differ(f"{text!r}", put("icmp_rates", text), errno.EINVAL)
        problems += differ(f"after {text!r}", state(), before)
    problems += differ("at an offset", put("icmp_rates", "timex:5", 1),
                       errno.EINVAL)
    problems += differ("after a write at an offset", state(), before)
    problems += differ("more than a page", put(
        "icmp_rates", "timex:5 " + " " * 5000), errno.EINVAL)
    return problems + differ("after more than a page", state(), before)


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
                [0, f"{ticks}\n", rate])
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


def refused_ticks(host):
    """What those files refuse changes nothing."""
    host.settle()
    problems = []
    for name, kind in TICKS.items():
        put("icmp_rates", f"{kind}:11:9")
        before = state()
        for text in ("-1", "+1", "x", "1x", str(MOST_TICKS + 1), "4294967296",
                     "4294967297", "99999999999999999999", "1:6", "1.5",
                     "1\0", "\0"):
            problems += differ(f"{name} {text!r}", put(name, text),
                               errno.EINVAL)
            problems += differ(f"after {name} {text!r}", state(), before)
        # As with all numbers there, these do nothing and say nothing.
        for text, offset in (("", 0), (" ", 0), ("5", 1)):
            put(name, text, offset)
            problems += differ(f"after {name} {text!r} at {offset}", state(),
                               before)
    return problems


def namespaces(host):
    """Each namespace has its own."""
    host.settle()
    before = state()
    lab.ip("netns add other")
    problems = []
    try:
        lab.enter("other")
        problems += differ("values of a new one", state(), before)
        put("icmp_rates", ALL)
        put("icmp_icmplim", "5")
        put("icmp_icmplim_output", "1")
        put("icmp_icmplim_jitter", "0")
        theirs = state()
        lab.enter("host")
        problems += differ("values of the host", state(), before)
        put("icmp_rates", "timex:1")
        lab.enter("other")
        problems += differ("values of the other", state(), theirs)
    finally:
        lab.enter("host")
        lab.ip("netns del other")
    return problems


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
    versus.main([], (defaults, numbers, rates, refused, views, refused_ticks,
                     namespaces, table))
