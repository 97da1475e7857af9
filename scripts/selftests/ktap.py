# SPDX-License-Identifier: GPL-2.0
"""KTAP for suites written in Python; ktap.sh has the same words for shell."""

import sys

KSFT_PASS = 0
KSFT_FAIL = 1
KSFT_SKIP = 4

_plan = None
_count = {"pass": 0, "fail": 0, "skip": 0}


def print_header():
    print("KTAP version 1", flush=True)


def print_msg(text):
    for line in str(text).splitlines():
        print("# " + line, flush=True)


def set_plan(number):
    global _plan
    _plan = number
    print(f"1..{number}", flush=True)


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(KSFT_SKIP)


def _print_result(verdict, word, name, directive=""):
    _count[verdict] += 1
    print(f"{word} {sum(_count.values())} {name}{directive}", flush=True)


def test_result(name, problems):
    """Passed when the list of problems is empty; the first ten are shown."""
    for problem in problems[:10]:
        print_msg(problem)
    if len(problems) > 10:
        print_msg(f"... and {len(problems) - 10} more")
    if problems:
        _print_result("fail", "not ok", name)
    else:
        _print_result("pass", "ok", name)


def test_skip(name, why):
    _print_result("skip", "ok", name, f" # SKIP {why}")


def finished():
    done = sum(_count.values())
    print("# Totals: " + " ".join(f"{k}:{v}" for k, v in _count.items()))
    if not done or done != _plan:
        print(f"# planned {_plan}, ran {done}")
        sys.exit(KSFT_FAIL)
    if _count["fail"]:
        sys.exit(KSFT_FAIL)
    sys.exit(KSFT_SKIP if _count["skip"] == done else KSFT_PASS)
