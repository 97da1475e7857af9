# SPDX-License-Identifier: GPL-2.0
"""What the kernel says, in its log."""

import functools
import os

import lab

LIMIT = "../core/message_cost"


def unlimited(test):
    """Run a test without a limit of what the kernel says; in its first
    namespace, where that is set.
    """
    @functools.wraps(test)
    def run(host):
        lab.enter()
        old = lab.sysctl(LIMIT, 0)
        lab.enter("host")
        try:
            return test(host)
        finally:
            lab.enter()
            lab.sysctl(LIMIT, old)
            lab.enter("host")
    return run


class Log:
    """All of it from now on."""

    def __init__(self):
        self.file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.file, 0, os.SEEK_END)

    def close(self):
        os.close(self.file)

    def lines(self, begin=""):
        """Those that begin so, since the last call."""
        lines = []
        while True:
            try:
                record = os.read(self.file, 8192).decode()
            except BlockingIOError:
                return [line for line in lines if line.startswith(begin)]
            lines.append(record.split(";", 1)[1].splitlines()[0])
