#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""Allocations that fail, on a kernel that can be made to let them fail.

    peer                       host
  +--------+            +-----------------+
  |   p0   |--- veth ---| h0              |
  |   .2   |            | .1              |
  +--------+            +-----------------+
           192.168.0.0/24
"""

import ctypes
import errno
import os
import re
import socket
import subprocess
import sys

import ktap
import lab
from kmsg import Log

FAILSLAB = "/sys/kernel/debug/failslab/"
FAIL_NTH = "/proc/thread-self/fail-nth"
MANY = 1000000
ADDRESS = "192.168.0.1"
LOADED = re.compile("icmp4: version .* loaded")
FAILED = re.compile("icmp4: not loaded: .* failed with error -[0-9]+(: .*)?$")

_libc = ctypes.CDLL(None, use_errno=True)


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def module():
    """What is loaded, read beforehand."""
    with open(lab.MODULE, "rb") as file:
        return file.read()


def load(image):
    """Returns 0 or the errno. Nothing in between allocates but the kernel."""
    if _libc.init_module(image, ctypes.c_ulong(len(image)), b""):
        return ctypes.get_errno()
    return 0


def traces():
    """Whatever is left of a module that is not there."""
    left = [path for path in ("/sys/module/icmp4", "/proc/net/icmp4",
                              "/sys/kernel/tracing/events/icmp4")
            if os.path.exists(path)]
    with open("/proc/net/protocols", encoding="ascii") as file:
        sockets = [line.split()[2] for line in file
                   if line.startswith("RAW ")][0]
    return left, sockets


def ping(*arguments):
    """A ping from the peer, on its way."""
    return subprocess.Popen(["ip", "netns", "exec", "peer", "ping", "-q", "-n",
                             *arguments, ADDRESS], stdout=subprocess.DEVNULL)


def answered(count=1):
    """Does the host answer, whoever looks after it?"""
    return ping("-c", str(count), "-i", "0.01", "-W", "5").wait() == 0


def judge(error, log, before, number):
    """Loaded, or not and nothing left; the line that says which."""
    lines = [line for line in log.lines() if line.startswith("icmp4:")]
    if not error:
        good = len(lines) == 1 and LOADED.match(lines[0])
        lab.rmmod()
        log.lines()
    else:
        # The kernel's own part of loading fails without a word of ours.
        good = not lines or (len(lines) == 1 and FAILED.match(lines[0]))
    problems = [] if good else [f"failure {number}: error {error}, {lines}"]
    if traces() != before:
        problems.append(f"failure {number}: left {traces()}, not {before}")
    return problems, bool(lines) and bool(error)


def with_failure(number, call, *arguments):
    """Call while this allocation of the task fails; returns what it returned, and
    how many more there would have had to be for it to fail.
    """
    file = os.open(FAIL_NTH, os.O_RDWR)
    os.pwrite(file, str(number).encode(), 0)
    result = call(*arguments)
    left = int(os.pread(file, 16, 0))
    os.pwrite(file, b"0", 0)
    os.close(file)
    return result, left


def conclude(ours, problems):
    """What both tests of loading end with."""
    ktap.print_msg(f"{ours} times the module could not be loaded")
    if not ours:
        problems.append("no allocation of the module's own failed")
    if not answered():
        problems.append("no answer in the end")
    return problems


def load_while_each_fails():
    """Loading, while each allocation that it makes in turn fails.

    From the last to the first: the module's own come after the kernel's. Some
    are missed by nobody.
    """
    image = module()
    log, before, problems, ours, theirs = Log(), traces(), [], 0, 0
    number = MANY - with_failure(MANY, load, image)[1]
    lab.rmmod()
    log.lines()
    ktap.print_msg(f"{number} allocations")
    while number and theirs < 20 and len(problems) < 10:
        error, left = with_failure(number, load, image)
        found, by_us = judge(error, log, before, number)
        problems += found
        if error and left:
            problems.append(f"error {error} although nothing failed")
        if by_us:
            ours += 1
            theirs = 0
        elif error:
            theirs += 1
        number -= 1
    return conclude(ours, problems)


def failslab(**settings):
    """What the allocator does to everybody."""
    for name, value in settings.items():
        lab.write(FAILSLAB + name.replace("_", "-"), value)


def kernel_threads_fail(value):
    """What runs for whoever loads the module runs in a thread of the kernel."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if read(f"/proc/{pid}/comm").startswith("kworker/"):
                lab.write(f"/proc/{pid}/make-it-fail", value)
        except FileNotFoundError:
            pass


def load_while_sockets_fail():
    """Loading, while one allocation for the control sockets fails.

    Which one is a matter of luck: one of as many as the number of the round.
    """
    image = module()
    log, before, problems, ours = Log(), traces(), [], 0
    for number in range(1, 41):
        kernel_threads_fail(1)
        failslab(task_filter="Y", interval=number, times=1, probability=100)
        error = load(image)
        failslab(probability=0, task_filter="N")
        kernel_threads_fail(0)
        found, by_us = judge(error, log, before, number)
        problems += found
        ours += by_us
    return conclude(ours, problems)


def open_raw():
    """A raw ICMP socket, or the errno as a negative number."""
    number = _libc.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    return number if number >= 0 else -ctypes.get_errno()


def counted():
    """Raw ones, and what the module counts of them: rows and references."""
    counts = [line for line in read("/proc/net/sockstat").splitlines()
              if line.startswith("RAW:")]
    if os.path.exists("/proc/net/icmp4/raw"):
        counts += [len(read("/proc/net/icmp4/raw").splitlines()) - 1,
                   int(read("/sys/module/icmp4/refcnt"))]
    return counts


def open_while_each_fails_once(problems):
    """Open sockets until none of the allocations fails; returns how many did."""
    before, failed, left, number = counted(), 0, 0, 0
    while not left and number < 1000:
        number += 1
        result, left = with_failure(number, open_raw)
        if result >= 0:
            os.close(result)
        elif left or -result not in (errno.ENOMEM, errno.ENOBUFS,
                                     errno.ENFILE):
            # (ENFILE: the kernel has no inode for the socket.)
            problems.append(f"failure {number}: errno {-result}, {left} left")
        else:
            failed += 1
        if counted() != before:
            problems.append(f"failure {number}: {counted()}, not {before}")
    return failed


def open_while_each_fails():
    """Raw sockets, while each allocation of opening one fails in turn."""
    problems, failed = [], []
    for loaded in (False, True):
        if loaded:
            lab.insmod()
        # Sometimes there are more, depending on what the allocator has at hand.
        failed.append(min(open_while_each_fails_once(problems)
                          for _ in range(10)))
    try:
        lab.rmmod()
    except RuntimeError as error:
        problems.append(str(error))
    ktap.print_msg(f"sockets that could not be opened: {failed[0]} of the "
                   f"kernel, {failed[1]} of the module")
    if failed[1] <= failed[0]:
        problems.append("no allocation of the module's own failed")
    return problems


def received(sock):
    """How many messages a socket has."""
    number = 0
    while True:
        try:
            sock.recv(1 << 16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return number
        number += 1


def provoke(number):
    """Datagrams from the peer to a closed port; some may not even leave."""
    lab.run("ip", "netns", "exec", "peer", "python3", "-c",
            "import socket\n"
            "sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            f"for _ in range({number}):\n"
            "    try:\n"
            f"        sock.sendto(bytes(56), ('{ADDRESS}', 9))\n"
            "    except OSError:\n"
            "        pass\n")


def traffic_while_some_fail():
    """Requests that others hold, and packets that cause errors, while one of ten
    allocations fails that cannot wait.
    """
    lab.sysctl("icmp_ratemask", 0)
    lab.insmod()
    before = lab.stat()
    with socket.socket(socket.AF_INET, socket.SOCK_RAW,
                       socket.IPPROTO_ICMP) as holder:
        holder.setsockopt(socket.SOL_SOCKET, lab.SO_RCVBUFFORCE, 1 << 26)
        pings = [ping("-f", "-c", "1000", "-s", size, *more)
                 for size, *more in (["56"], ["4000"], ["56", "-R"])]
        failslab(ignore_gfp_wait="Y", interval=1, times=-1, probability=10)
        for _ in range(20):
            provoke(50)
        for process in pings:
            process.wait()
        failslab(probability=0, ignore_gfp_wait="N")
        now = lab.stat().since(before)
        copies = received(holder)
        # Fragments that lack one are complained of half a minute later, at any time.
        late = lab.stat().since(before)
    ktap.print_msg(now)
    taken, sent = now.get("Icmp4.InTaken", 0), now.get("Icmp4.OutReplies", 0)
    memory = now.get("Icmp4.OutNoMemory", 0)
    problems = []
    if not memory:
        problems.append("no reply failed for lack of memory")
    if not now.get("Icmp4.ErrNoMemory"):
        problems.append("no error failed for lack of memory")
    if not now.get("Icmp4.RawNoMemory"):
        problems.append("no copy for a raw socket failed for lack of memory")
    if not (now.get("Icmp4.RawDelivered", 0) <= copies <=
            late.get("Icmp4.RawDelivered", 0)):
        problems.append(f"a raw socket got {copies} messages")
    offered = sum(value for name, value in now.items() if ".Raw" in name)
    if offered != taken + now.get("Icmp4.InPassed", 0):
        problems.append(f"{offered} messages offered to a raw socket")
    refused = sum(value for name, value in now.items() if ".Err" in name and
                  name not in ("Icmp4.ErrRaised", "Icmp4.ErrSent"))
    raised = now.get("Icmp4.ErrRaised", 0)
    if raised != refused + now.get("Icmp4.ErrSent", 0):
        problems.append(f"{raised} errors raised, {refused} refused")
    dropped = sum(value for name, value in now.items()
                  if ".Err" not in name and ".Raw" not in name and
                  name not in ("Icmp4.InTaken", "Icmp4.OutReplies",
                               "Icmp4.OutCopied", "Icmp4.OutDiscarded"))
    if taken != sent + dropped:
        problems.append(f"{taken} taken, {sent} answered, {dropped} dropped")
    if not answered(10):
        problems.append("no answer when there is memory again")
    lab.rmmod()
    return problems


def main():
    ktap.print_header()
    if not os.path.exists(FAIL_NTH) or not os.path.exists(FAILSLAB):
        ktap.skip_all("this kernel has no fault injection")
    failslab(ignore_gfp_wait="N", verbose=0, task_filter="N")
    tests = (load_while_each_fails, load_while_sockets_fail,
             open_while_each_fails, traffic_while_some_fail)
    ktap.set_plan(len(tests))
    lab.run("ip", "netns", "add", "peer")
    lab.run("ip", "netns", "add", "host")
    lab.enter("host")
    lab.ip("link set lo up",
           "link add h0 type veth peer name p0 netns peer",
           "address add 192.168.0.1/24 dev h0", "link set h0 up")
    lab.run("ip", "-n", "peer", "address", "add", "192.168.0.2/24", "dev",
            "p0")
    lab.run("ip", "-n", "peer", "link", "set", "p0", "up")
    # The first module not of the kernel's own tree is worth lines of its own.
    lab.insmod()
    lab.rmmod()
    answered()
    for test in tests:
        title = " ".join(test.__doc__.split("\n\n")[0].split())
        ktap.test_result(title.rstrip("."), test())
    ktap.finished()


if __name__ == "__main__":
    sys.exit(main())
