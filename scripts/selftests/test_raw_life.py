#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""Which raw sockets keep the module loaded, and for how long.

  peer p0 ------ h0 host
    | messages ->|        sockets from before the module, of its time, passed
    |            |        on, inherited, closed while they send
"""

import ctypes
import os
import socket
import time

import ktap
import lab
import packet
import raw
from packet import HOST
from raw import Listener, echo

LOADED = "/sys/module/icmp4"
PATIENCE_S = 10
_libc = ctypes.CDLL(None, use_errno=True)


def users():
    with open(f"{LOADED}/refcnt", encoding="ascii") as file:
        return int(file.read())


def rows():
    with open("/proc/net/icmp4/raw", encoding="ascii") as file:
        return len(file.readlines()) - 1


class Judge(list):
    """Problems."""

    def equal(self, what, got, wanted):
        if got != wanted:
            self.append(f"{what}: {got}, not {wanted}")

    def used(self, when, number):
        """The module has so many users: lsmod says so, and rmmod."""
        self.equal(f"{when}: users", users(), number)
        with open("/proc/modules", encoding="ascii") as file:
            line = [line.split()[2] for line in file
                    if line.startswith("icmp4 ")]
        self.equal(f"{when}: /proc/modules", line, [str(number)])
        if not number:
            return
        said = lab.output("rmmod", "icmp4")
        if "in use" not in said:
            self.append(f"{when}: rmmod says {said}")
        self.equal(f"{when}: delete_module()", raw.libc(
            "syscall", ctypes.c_long(176), b"icmp4",
            os.O_NONBLOCK), "EAGAIN")

    def hears(self, when, host, one, number=1):
        host.exchange([echo()])
        self.equal(f"{when}: hears", len(one.messages()), number)


def unload(judge):
    judge.used("in the end", 0)
    lab.rmmod()
    judge.equal("loaded", os.path.exists(LOADED), False)


def pinned(host):
    """An open one keeps the module; two count twice; closed, none."""
    judge = Judge()
    lab.insmod()
    judge.used("none", 0)
    first = Listener()
    judge.used("one", 1)
    second = Listener()
    judge.used("two", 2)
    judge.equal("rows", rows(), 2)
    judge.hears("first", host, first)
    first.close()
    judge.used("one closed", 1)
    judge.hears("second", host, second, 2)
    copy = os.dup(second.fileno())
    second.close()
    judge.used("a copy left", 1)
    os.close(copy)
    judge.equal("rows", rows(), 0)
    unload(judge)
    return judge


def others(host):
    """Sockets of other protocols and families are no users, and go on."""
    judge = Judge()
    lab.insmod()
    socks = [socket.socket(*kind) for kind in (
        (socket.AF_INET, socket.SOCK_RAW, 255),
        (socket.AF_INET, socket.SOCK_RAW, 17),
        (socket.AF_INET, socket.SOCK_RAW, 2),
        (socket.AF_INET6, socket.SOCK_RAW, 1),
        (socket.AF_INET6, socket.SOCK_RAW, 58),
        (socket.AF_INET, socket.SOCK_DGRAM, 0))]
    one = Listener(proto=253)
    judge.used("others open", 0)
    judge.equal("rows", rows(), 0)
    frame = packet.frame(b"12345678", proto=253)
    for when in ("in", "out", "in again"):
        if when == "out":
            unload(judge)
        elif when == "in again":
            lab.insmod()
        host.exchange([frame, echo()])
        judge.equal(f"{when}: heard", len(one.messages()), 1)
    for sock in (*socks, one):
        sock.close()
    unload(judge)
    return judge


def of_before(host):
    """One from before the module hears all once, in, out and in again."""
    judge = Judge()
    old = Listener()
    judge.hears("before", host, old)
    for turn in range(3):
        lab.insmod()
        judge.used(f"{turn}: old alone", 0)
        judge.hears(f"{turn}: in", host, old)
        new = Listener()
        judge.used(f"{turn}: with a new one", 1)
        judge.hears(f"{turn}: with a new one", host, old)
        judge.equal(f"{turn}: the new one hears", len(new.messages()), 1)
        judge.equal(f"{turn}: rows", rows(), 1)
        new.close()
        judge.hears(f"{turn}: alone again", host, old)
        unload(judge)
        judge.hears(f"{turn}: out", host, old)
    lab.insmod()
    old.close()
    unload(judge)
    return judge


def passed_on(host):
    """One in a message of a local socket keeps the module as well."""
    judge = Judge()
    lab.insmod()
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one = Listener()
    socket.send_fds(left, [b"x"], [one.fileno()])
    one.close()
    judge.used("on its way", 1)
    host.exchange([echo()] * 3)
    _, (number,), _, _ = socket.recv_fds(right, 1, 1)
    judge.used("arrived", 1)
    other = socket.socket(fileno=number)
    other.setblocking(False)
    judge.equal("waiting", len(lab.drain(other)), 3)
    host.exchange([echo()])
    judge.equal("heard", len(lab.drain(other)), 1)
    socket.send_fds(left, [b"x"], [other.fileno()])
    other.close()
    judge.used("on its way again", 1)
    right.close()
    left.close()
    unload(judge)
    return judge


def inherit(judge, host, one, heard, message):
    """A child has the socket, and says how much it has heard() of two messages."""
    go, answer = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        for end in (go[1], answer[0]):
            os.close(end)
        while os.read(go[0], 1):
            os.write(answer[1], bytes([len(heard())]))
        os._exit(0)
    os.close(go[0])
    one.close()
    judge.used("the child's", 1)
    host.exchange([message] * 2)
    os.write(go[1], b"x")
    judge.equal("the child hears", os.read(answer[0], 1), b"\2")
    judge.used("the child's still", 1)
    os.close(go[1])
    os.waitpid(child, 0)
    for end in (*answer,):
        os.close(end)


def inherited(host):
    """One that a child has keeps the module until the child ends."""
    judge = Judge()
    lab.insmod()
    one = Listener()
    inherit(judge, host, one, one.messages, echo())
    unload(judge)
    return judge


def unread(host):
    """Closed with messages, with errors, killed or deaf, it is no user."""
    judge = Judge()
    lab.insmod()
    for name in ("messages", "errors", "deaf", "killed", "shut"):
        one = Listener((raw.SOL_IP, 11, 1), local=HOST)
        host.exchange([echo()] * 5)
        if name == "errors":
            one.sock.sendto(packet.echo(8), ("192.0.2.2", 0))
            host.exchange([packet.frame(packet.icmp(3, 1, data=packet.ip(
                packet.echo(8), HOST, "192.0.2.2")))])
        elif name == "deaf":
            raw.libc("connect", one.fileno(), bytes(16), 16)
            judge.hears("deaf", host, one, 5)
            judge.equal("rows", rows(), 0)
        elif name == "killed":
            lab.run("ss", "-HK", "-wn", "src", HOST)
            judge.equal("error", one.error(), "ECONNABORTED")
            judge.equal("rows", rows(), 0)
        elif name == "shut":
            one.sock.close()
            continue
        judge.used(name, 1)
        one.close()
        judge.used(f"{name}, closed", 0)
    unload(judge)
    return judge


def still_sending(host):
    """Closed while what it sent waits for a MAC; the module goes before it."""
    judge = Judge()
    lab.sysctl("neigh/h0/retrans_time_ms", 600000)
    lab.insmod()
    one = Listener()
    for _ in range(3):
        one.sock.sendto(packet.echo(99, kind=0), ("192.0.2.77", 0))
    host.exchange([])
    one.close()
    unload(judge)
    lab.ip("neigh replace 192.0.2.77 dev h0 lladdr "
           f"{lab.mac(packet.PEER_MAC)}")
    sent = [frame for frame in host.exchange([]) if len(frame) > 99]
    judge.equal("sent", len(sent), 3)
    return judge


def gone_namespace(host):
    """One whose namespace has gone otherwise keeps both."""
    judge = Judge()
    lab.insmod()
    lab.ip("netns add other")
    lab.enter("other")
    lab.ip("link set lo up")
    one = Listener()
    judge.equal("rows there", rows(), 1)
    lab.enter("host")
    judge.equal("rows here", rows(), 0)
    lab.ip("netns del other")
    judge.used("gone", 1)
    one.sock.sendto(packet.echo(8), ("127.0.0.1", 0))
    end = time.monotonic() + PATIENCE_S
    heard = []
    while len(heard) < 2 and time.monotonic() < end:
        heard += one.messages()
    judge.equal("heard", len(heard), 2)
    host.exchange([echo()])
    judge.equal("heard of others", len(one.messages()), 0)
    one.close()
    unload(judge)
    return judge


def left_out(host):
    """raw=0 or receive=0: all are the kernel's, with its filter, no users."""
    judge = Judge()
    for parameter in ("raw=0", "receive=0"):
        lab.insmod(parameter)
        one = Listener()
        judge.used(parameter, 0)
        raw.set_filter(one, raw.mask({8, 200}))
        host.exchange([echo(), packet.frame(packet.icmp(200)),
                       packet.frame(packet.icmp(3))])
        judge.equal(f"{parameter}: types", one.types(), [200, 3])
        judge.equal(f"{parameter}: filter", raw.get_filter(one, 40)[1], 4)
        if os.path.exists("/proc/net/icmp4/raw"):
            judge.equal(f"{parameter}: rows", rows(), 0)
        unload(judge)
        judge.hears(f"{parameter}: out", host, one, 0)
        one.close()
    return judge


def no_protocol(host):
    """socket(AF_INET, SOCK_RAW, 0) is refused, with the module and without."""
    judge = Judge()
    host.settle()
    for when in ("out", "in", "out again"):
        if when == "in":
            lab.insmod()
        judge.equal(when, raw.verdict(
            socket.socket, socket.AF_INET, socket.SOCK_RAW, 0),
                    "EPROTONOSUPPORT")
        if when == "in":
            unload(judge)
    return judge


def crowd(host):
    """Hundreds of them, each with its own copy; then none."""
    judge = Judge()
    lab.insmod()
    some = [Listener() for _ in range(900)]
    judge.equal("users", users(), 900)
    judge.equal("rows", rows(), 900)
    host.exchange([echo(), packet.frame(packet.icmp(3, 3))])
    counts = {len(one.messages()) for one in some}
    judge.equal("each hears", counts, {2})
    for one in some:
        one.close()
    judge.equal("rows", rows(), 0)
    unload(judge)
    return judge


TESTS = [pinned, others, of_before, passed_on, inherited, unread,
         still_sending, gone_namespace, left_out, no_protocol, crowd]


def run(test, topology=lab.Lab):
    """A test in a lab of its own; a socket that it leaves is a failure."""
    host = topology()
    problems = []
    try:
        problems += test(host)
    except (OSError, RuntimeError) as error:
        problems.append(f"{type(error).__name__}: {error}")
    finally:
        if os.path.exists(LOADED):
            problems.append("still loaded")
            lab.output("rmmod", "icmp4")
        host.close()
    ktap.test_result(test.__doc__.partition("\n")[0].rstrip("."), problems)


def main():
    ktap.print_header()
    ktap.set_plan(len(TESTS))
    for test in TESTS:
        run(test)
    ktap.finished()


if __name__ == "__main__":
    main()
