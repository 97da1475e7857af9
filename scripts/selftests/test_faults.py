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
import packet
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
        counts += [len(read(f"/proc/net/icmp4/{kind}").splitlines())
                   for kind in ("raw", "dgram")]
        counts += [int(read("/sys/module/icmp4/refcnt"))]
    return counts


def open_while_each_fails_once(problems, opened):
    """Open sockets until none of the allocations fails; returns how many did."""
    before, failed, left, number = counted(), 0, 0, 0
    while not left and number < 1000:
        number += 1
        result, left = with_failure(number, opened)
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
        failed.append(min(open_while_each_fails_once(problems, open_raw)
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


def dgram():
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM,
                         socket.IPPROTO_ICMP)


def step(call, *arguments):
    """The errno as a negative number, or 0."""
    try:
        call(*arguments)
    except OSError as error:
        return -error.errno
    return 0


def prepared(way, what):
    """A socket, and what is to be tried with it."""
    lab.sysctl("icmp_dgram_darwin", way)
    sock = dgram()
    if what == "bind":
        return sock, (sock.bind, ("0.0.0.0", 0 if way else 4242))
    if what == "connect":
        return sock, (sock.connect, ("127.0.0.1", 0))
    if what == "header":
        sock.setsockopt(socket.SOL_IP, socket.IP_HDRINCL, 1)
        return sock, (sock.sendto,
                      packet.ip(packet.echo(8), "0.0.0.0", "127.0.0.1",
                                ident=0), ("127.0.0.1", 0))
    sock.bind(("127.0.0.1", 0))
    data = packet.timestamp() if what == "timestamp" else packet.echo(8)
    return sock, (sock.sendto, data, ("127.0.0.1", 0))


def dgram_rows():
    return [line.split() for line in
            read("/proc/net/icmp4/dgram").splitlines()[1:]]


def used_while_each_fails(way, what, problems):
    """Until none of the allocations fails; returns how many did. Where one fails the
    socket is as it was, and the same works right after.
    """
    failed, left, number = 0, 0, 0
    while not left and number < 1000:
        number += 1
        sock, (call, *arguments) = prepared(way, what)
        # What a program allocates for itself is not meant.
        before = dgram_rows()
        result, left = with_failure(number, step, call, *arguments)
        if result and (left or -result not in (errno.ENOMEM, errno.ENOBUFS)):
            problems.append(f"{what}, failure {number}: errno {-result}, "
                            f"{left} left")
        if result:
            failed += 1
            if dgram_rows() != before and what == "bind":
                problems.append(f"{what}, failure {number}: {dgram_rows()}")
            result = step(call, *arguments)
            if result:
                problems.append(f"{what} after failure {number}: {-result}")
        sock.close()
        if dgram_rows():
            problems.append(f"{what}, failure {number}: left {dgram_rows()}")
    return failed


def open_dgram():
    """A datagram ICMP socket, or the errno as a negative number."""
    number = _libc.socket(socket.AF_INET, socket.SOCK_DGRAM,
                          socket.IPPROTO_ICMP)
    return number if number >= 0 else -ctypes.get_errno()


def while_all_fail(call, *arguments):
    """Call while none of the allocations of this task is granted. (The table of
    identifiers asks twice.)
    """
    failslab(task_filter="Y", interval=1, times=-1)
    switch = os.open(FAILSLAB + "probability", os.O_RDWR)
    lab.write("/proc/thread-self/make-it-fail", 1)
    os.write(switch, b"100")
    result = call(*arguments)
    os.write(switch, b"0")
    os.close(switch)
    lab.write("/proc/thread-self/make-it-fail", 0)
    failslab(task_filter="N")
    return result


def identifier_without_memory(what):
    """No identifier is to be had, and afterwards the same one is."""
    sock, (call, *arguments) = prepared(0, what)
    with sock:
        errors = (while_all_fail(step, call, *arguments),
                  dgram_rows()[0][7], step(call, *arguments))
    # Who connects or sends is told to try again.
    wanted = -(errno.ENOMEM if what == "bind" else errno.EAGAIN)
    return [] if errors == (wanted, "0", 0) else [f"{what}: {errors}"]


def dgram_while_each_fails():
    """Datagram sockets of both ways, while each allocation of opening, binding,
    connecting and sending fails in turn.
    """
    problems, failed = [], {}
    # A processor's first route to a place is worth a complaint of the kernel's, which
    # could not note down who has it.
    os.sched_setaffinity(0, {0})
    with dgram() as sock:
        sock.connect(("127.0.0.1", 0))
        sock.send(packet.echo(8))
    for loaded in (False, True):
        if loaded:
            lab.insmod()
        failed["open", loaded] = min(
            open_while_each_fails_once(problems, open_dgram)
            for _ in range(10))
    for way in (0, 1):
        for what in (("bind", "connect", "timestamp", "echo") if not way else
                     ("bind", "connect", "echo", "header")):
            failed[what, way] = min(used_while_each_fails(way, what, problems)
                                    for _ in range(10))
    for what in ("bind", "connect"):
        problems += identifier_without_memory(what)
    os.sched_setaffinity(0, range(os.cpu_count()))
    try:
        lab.rmmod()
    except RuntimeError as error:
        problems.append(str(error))
    ktap.print_msg(failed)
    if failed["open", True] <= failed["open", False]:
        problems.append("no allocation of the module's own failed")
    # The packet, and the message of Darwin's way before it.
    for what, least in ((("timestamp", 0), 1), (("echo", 1), 2),
                        (("header", 1), 2)):
        if failed[what] < least:
            problems.append(f"{what}: {failed[what]} allocations failed")
    return problems


def dgram_traffic_while_some_fail():
    """Replies that sockets of both ways get, while one of ten allocations fails that
    cannot wait.
    """
    lab.insmod()
    lab.sysctl("icmp_ratemask", 0)
    asker = dgram()
    asker.bind(("127.0.0.1", 77))
    lab.sysctl("icmp_dgram_darwin", 1)
    with asker, dgram() as holder:
        for sock in (asker, holder):
            sock.setsockopt(socket.SOL_SOCKET, lab.SO_RCVBUFFORCE, 1 << 24)
        holder.bind(("127.0.0.1", 0))
        before = lab.stat()
        failslab(ignore_gfp_wait="Y", interval=1, times=-1, probability=10)
        for _ in range(2000):
            step(asker.sendto, packet.echo(8), ("127.0.0.1", 0))
        failslab(probability=0, ignore_gfp_wait="N")
        now = lab.stat().since(before)
        ktap.print_msg(now)
        answers, copies = received(asker), received(holder)
        problems = []
        if answers != now.get("Icmp4.InAnswers", 0) or not answers:
            problems.append(f"{answers} answers received")
        if copies != now.get("Icmp4.DarwinDelivered", 0) or not copies:
            problems.append(f"{copies} copies received")
        if not now.get("Icmp4.DarwinNoMemory"):
            problems.append("no copy failed for lack of memory")
        offered = sum(value for name, value in now.items()
                      if ".Darwin" in name)
        replies = (answers + now.get("Icmp4.InRefused", 0) +
                   now.get("Icmp4.InNoMemory", 0))
        if offered != replies:
            problems.append(f"{offered} copies of {replies} replies")
        asker.sendto(packet.echo(8), ("127.0.0.1", 0))
        if (received(asker), received(holder)) != (1, 1):
            problems.append("no reply when there is memory again")
    lab.rmmod()
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
             open_while_each_fails, traffic_while_some_fail,
             dgram_while_each_fails, dgram_traffic_while_some_fail)
    ktap.set_plan(len(tests))
    lab.run("ip", "netns", "add", "peer")
    lab.run("ip", "netns", "add", "host")
    lab.enter("host")
    lab.sysctl("ping_group_range", "0 2147483647")
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
