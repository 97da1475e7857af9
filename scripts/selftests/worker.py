# SPDX-License-Identifier: GPL-2.0
"""Processes that do something again and again while a test looks at it."""

import json
import mmap
import os
import select
import signal
import struct
import time
import traceback

PATIENCE_S = 120


class Worker:
    """A process on one CPU that calls an action until it is told to stop. The
    action returns what went wrong, a list of lines.
    """

    def __init__(self, cpu, action):
        self.name = type(action).__name__
        self.shared = mmap.mmap(-1, 8)
        self.pipe, pipe = os.pipe()
        self.stopped = False
        self.pid = os.fork()
        if self.pid:
            os.close(pipe)
            return
        signal.signal(signal.SIGTERM, self.end)
        os.sched_setaffinity(0, {cpu % os.cpu_count()})
        # Behind those who disturb it.
        os.nice(5)
        with open(pipe, "w", encoding="utf-8") as file:
            json.dump(self.work(action)[:20], file)
        os._exit(0)

    def end(self, *_):
        self.stopped = True

    def work(self, action):
        problems = []
        try:
            while not self.stopped:
                problems += action()
                self.shared[:] = struct.pack("=Q", self.rounds() + 1)
        except Exception:
            problems += traceback.format_exc().splitlines()[-4:]
        return [f"{self.name} {self.rounds()}: {problem}"
                for problem in problems]

    def rounds(self):
        """How often it has called its action."""
        return struct.unpack("=Q", self.shared[:])[0]

    def ended(self):
        """Has it ended by itself?"""
        return bool(select.select([self.pipe], [], [], 0)[0])

    def stop(self):
        """Returns what went wrong."""
        os.kill(self.pid, signal.SIGTERM)
        with open(self.pipe, encoding="utf-8") as file:
            text = file.read()
        status = os.waitpid(self.pid, 0)[1]
        if status or not text:
            return [f"{self.name} ended with status {status}"]
        return json.loads(text)


def stop_all(workers):
    """What went wrong in any of them."""
    problems = []
    for worker in workers:
        problems += worker.stop()
        if not worker.rounds():
            problems.append(f"{worker.name} has done nothing")
    return problems


def wait_until(condition, seconds=PATIENCE_S):
    """Returns whether it came true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
