# SPDX-License-Identifier: GPL-2.0
"""What suites share that open and close sockets as fast as they can while namespaces
and the module come and go.
"""

import ctypes
import errno
import os
import signal
import socket
import time

import lab
from worker import wait_until

KMEMLEAK = "/sys/kernel/debug/kmemleak"
SLOW = os.path.exists(KMEMLEAK)

_libc = ctypes.CDLL(None, use_errno=True)


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def module():
    with open(lab.MODULE, "rb") as file:
        return file.read()


def load(image):
    if _libc.init_module(image, ctypes.c_ulong(len(image)), b""):
        raise OSError(ctypes.get_errno(), "init_module")


def unload():
    """Returns 0 or the errno."""
    if _libc.delete_module(b"icmp4", os.O_NONBLOCK):
        return ctypes.get_errno()
    return 0


def refused():
    """Unloading has to be refused now; returns what is wrong."""
    error = unload()
    if error == errno.EAGAIN:
        return []
    return [f"unloading with open sockets: error {error}"]


def unloaded():
    """It has to succeed now, at once."""
    error = unload()
    if not error:
        return []
    return [f"unloading without open sockets: error {error}, "
            f"{read('/sys/module/icmp4/refcnt').strip()} references"]


def rows(path):
    return len(read(path).splitlines()) - 1


def memory():
    """{slab or "percpu": objects in use, kB}: what sockets are made of. What is
    freed waits for a while on a kernel that looks for leaks by itself.
    """
    if SLOW:
        return {}
    used = {}
    for line in read("/proc/slabinfo").splitlines()[2:]:
        name, objects = line.split()[:2]
        if name in ("RAW", "PING", "sock_inode_cache") or name.startswith("kmalloc-"):
            used[name] = int(objects)
    for line in read("/proc/meminfo").splitlines():
        if line.startswith("Percpu:"):
            used["percpu"] = int(line.split()[1])
    return used


def given_back(before, number):
    """Is less kept than a quarter of what so many sockets or loads took?"""
    def grown():
        return {name: (before.get(name, 0), now)
                for name, now in memory().items()
                if now > before.get(name, 0) + max(number // 4, 600)}
    wait_until(lambda: not grown(), 20)
    return [f"{name}: {was} before, {now} after"
            for name, (was, now) in grown().items()]


def unload_when_possible():
    """Between two sockets of the workers; returns how often it was too early."""
    tries, end = 0, time.monotonic() + 60
    while error := unload():
        if error != errno.EAGAIN:
            raise OSError(error, "delete_module")
        if time.monotonic() > end:
            raise TimeoutError("the module is never free to go")
        tries += 1
        time.sleep(0.001)
    return tries


class Victim:
    """A namespace whose sockets belong to a process in it, joined to the host by
    a device that is there as long as the namespace is. The process calls live() with
    what sends those sockets that are handed over, and the number of the victim.
    """

    def __init__(self, number, live):
        self.device = f"v{number}"
        self.kept = None
        here, there = socket.socketpair()
        lab.run("ip", "netns", "add", "victim")
        lab.ip(f"link add {self.device} type veth peer name v netns victim")
        self.pid = os.fork()
        if not self.pid:
            here.close()
            self.run(live, there, number)
        there.close()
        data, self.kept, _, _ = socket.recv_fds(here, 16, 1)
        here.close()
        if data != b"ready":
            raise RuntimeError("no sockets in a namespace")

    @staticmethod
    def run(live, there, number):
        """In the process: all in a namespace of its own."""
        try:
            lab.enter("victim")
            lab.ip("link set lo up")
            live(lambda fds: socket.send_fds(there, [b"ready"], fds), number)
        finally:
            os._exit(1)

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        return os.WIFSIGNALED(os.waitpid(self.pid, 0)[1])

    def alive(self):
        return f" {self.device}:" in read("/proc/net/dev")


def victims(number, live, flood):
    """So many namespaces are deleted, before and after the owners of their sockets are
    killed, and what is handed over is closed last; flood() sends meanwhile. Returns what
    is wrong.
    """
    problems = []
    for turn in range(number):
        owner = Victim(turn, live)
        problems += flood()
        if turn % 2:
            lab.run("ip", "netns", "del", "victim")
            problems += flood()
        if not owner.kill():
            problems.append("its owner had ended already")
        if not turn % 2:
            problems += flood()
            lab.run("ip", "netns", "del", "victim")
        for fd in owner.kept:
            problems += flood() + refused()
            if not owner.alive():
                problems.append("a namespace went before its last socket")
            os.close(fd)
        if not wait_until(lambda gone=owner: not gone.alive()):
            problems.append(f"namespace {turn} is still there")
    return problems + flood() + refused()


class Sharing:
    """What else a worker of many sockets does with one, by its self.random."""

    forks = 0.1

    def hand_over(self, sock):
        """Its last reference may be a message that nobody receives."""
        here, there = socket.socketpair()
        socket.send_fds(here, [b"x"], [sock.fileno()])
        here.close()
        there.close()

    def inherit(self, _):
        """A child has all of them, and closes them all at once."""
        if self.random.random() < self.forks:
            child = os.fork()
            if not child:
                os._exit(0)
            os.waitpid(child, 0)
