#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
"""Raw ICMP sockets in great numbers, opened, used and closed on two processors at
once, while messages come in, namespaces go and the module is loaded and unloaded.

  peer p0 ------ h0 host           addresses and MACs: lab.py
    | all types ->|  raw sockets   opened by this process and by workers

Whatever was sent has been delivered when the host has answered an ARP question that
was sent behind it (lab.py), so it is known what each socket has to have.
"""

import ctypes
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import time

import ktap
import lab
import packet
from churn import (SLOW, given_back, load, memory, module, read, refused, rows,
                   unload_when_possible, unloaded, victims)
from raw_churn import (ICMP_FILTER, RAW_FILE, SOL_RAW, Churn, Kept, Look, Other,
                       Own, message, only, raw_socket, seen)
from worker import Worker, stop_all, wait_until

MANY = 10000
ROUNDS = 300 if SLOW else 3000
NAMESPACES = 4 if SLOW else 12
LOADS = 15 if SLOW else 60

_libc = ctypes.CDLL(None, use_errno=True)


def inuse():
    """Raw sockets of the namespace, as sockstat counts them."""
    return [int(line.split()[2])
            for line in read("/proc/net/sockstat").splitlines()
            if line.startswith("RAW:")][0]


def frame(kind, number, src=packet.PEER):
    return packet.frame(message(kind, number), src=src)


def source(number):
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def ten_thousand(host):
    """10,000 sockets, most of them connected: each gets its own messages only, all
    are listed, the module stays, and with their owner they are all gone.
    """
    before, others = memory(), (rows("/proc/net/raw"), inuse())
    image = module()
    load(image)
    wide = [raw_socket() for _ in range(20)]
    sockets = []
    for number in range(MANY - len(wide)):
        sock = raw_socket()
        sock.connect((source(number), 0))
        sockets.append(sock)
    problems = refused()
    problems += listed(others)
    problems += each_its_own(host, wide, sockets)
    owner = os.fork()
    if not owner:
        signal.pause()
    for sock in wide + sockets:
        sock.close()
    problems += refused()
    problems += listed(others)
    os.kill(owner, signal.SIGKILL)
    os.waitpid(owner, 0)
    if rows(RAW_FILE):
        problems.append(f"{rows(RAW_FILE)} are listed when all are closed")
    if (rows("/proc/net/raw"), inuse()) != others:
        problems.append("the kernel lists more than before")
    problems += unloaded()
    return problems + given_back(before, MANY)


def listed(others):
    """All of them, by whoever lists raw sockets; others are those before."""
    numbers = {
        RAW_FILE: rows(RAW_FILE),
        "/proc/net/raw": rows("/proc/net/raw") - others[0],
        "sockstat": inuse() - others[1],
        "ss": len(lab.run("ss", "-Hwan").splitlines()) - others[0],
        "references": int(read("/sys/module/icmp4/refcnt")),
    }
    return [f"{name}: {number} sockets, not {MANY}"
            for name, number in numbers.items() if number != MANY]


def each_its_own(host, wide, sockets):
    """A message to every hundredth, and what all of them got."""
    chosen = range(0, len(sockets), 100)
    before = lab.stat()
    host.exchange([frame(200, number, source(number)) for number in chosen])
    now = lab.stat().since(before)
    problems = []
    expected = len(chosen) * (1 + len(wide))
    if now.get("Icmp4.RawDelivered") != expected:
        problems.append(f"{now} counted, not {expected} delivered")
    poll = select.poll()
    for sock in wide + sockets:
        poll.register(sock, select.POLLIN)
    ready = {fd for fd, _ in poll.poll(0)}
    if ready != {sock.fileno() for sock in
                 wide + [sockets[number] for number in chosen]}:
        problems.append(f"{len(ready)} have messages")
    for number in chosen:
        messages = seen(sockets[number])
        if messages != [(200, number)]:
            problems.append(f"socket {number} got {messages}")
    for sock in wide:
        messages = seen(sock)
        if messages != [(200, number) for number in chosen]:
            problems.append(f"an unconnected one got {messages}")
    return problems


class Keeper:
    """A socket of this process, and of which types it gets all."""

    def __init__(self, option=None, wanted=range(256)):
        self.wanted = set(wanted)
        self.sock = raw_socket()
        self.sock.setsockopt(socket.SOL_SOCKET, lab.SO_RCVBUFFORCE, 8 << 20)
        self.sock.bind((packet.HOST, 0))
        if option:
            self.sock.setsockopt(SOL_RAW, ICMP_FILTER, option)

    def missed(self, sent):
        """What it did not get as it should of these (type, number)."""
        got = [item for item in seen(self.sock) if item[1] != Churn.mine]
        want = [item for item in sent if item[0] in self.wanted]
        if got == want:
            return []
        return [f"filter for {len(self.wanted)} types: got {len(got)} "
                f"messages, not {len(want)}: first difference "
                f"{[pair for pair in zip(got, want) if pair[0] != pair[1]][:1]}"]


class Flood:
    """Messages of all types, in an order that is the same every time."""

    def __init__(self, host, keepers):
        self.host = host
        self.keepers = keepers
        self.number = 0

    def send(self):
        """64 more; returns what is wrong of what came of them."""
        sent = []
        for _ in range(64):
            self.number += 1
            # Every other one is a ping.
            kind = (packet.ECHO if self.number & 1 else
                    self.number * 37 // 2 & 255)
            sent.append((kind, self.number))
        back = self.host.exchange([frame(*item) for item in sent])
        replies = sum(data[23] == socket.IPPROTO_ICMP and
                      data[34] == packet.ECHO_REPLY for data in back)
        asked = sum(kind == packet.ECHO for kind, _ in sent)
        problems = []
        if replies != asked:
            problems.append(f"{replies} of {asked} pings were answered")
        for keeper in self.keepers:
            problems += keeper.missed(sent)
        return problems


def churn(host):
    """Two processors open, use and close sockets under a flood of all types: those
    that stay open get every message that they want, once.
    """
    before = memory()
    keepers = [Keeper()]
    load(module())
    keepers += [Keeper(), Keeper(only(packet.ECHO, 200),
                                 (packet.ECHO, 200)),
                Keeper(b"\xff" * 4, range(32, 256)),
                Keeper(struct.pack("=I", ~(1 << packet.ECHO) & 0xffffffff),
                       (packet.ECHO, *range(32, 256)))]
    flood = Flood(host, keepers)
    workers = [Worker(0, Churn(1, _libc)), Worker(1, Churn(2, _libc)),
               Worker(0, Look())]
    problems, batches = [], 0
    end = time.monotonic() + 400
    while (not problems and time.monotonic() < end and
           min(worker.rounds() for worker in workers[:2]) < ROUNDS):
        problems += flood.send() + refused()
        batches += 1
    rounds = [worker.rounds() for worker in workers]
    copies = {name: value for name, value in lab.stat().read().items()
              if ".Raw" in name}
    ktap.print_msg(f"{batches} batches of 64 messages, rounds {rounds}, "
                   f"{copies}")
    if min(rounds[:2]) < ROUNDS:
        problems.append(f"{rounds} rounds, not {ROUNDS}")
    problems += stop_all(workers) + flood.send()
    if rows(RAW_FILE) != len(keepers) - 1:
        problems.append(f"{rows(RAW_FILE)} are listed in the end")
    # The first one never was the module's.
    for keeper in keepers[1:]:
        problems += refused()
        keeper.sock.close()
    problems += unloaded() + flood_without(host, keepers[0])
    keepers[0].sock.close()
    return problems + given_back(before, 2000)


def flood_without(host, keeper):
    """The module has gone: does the one that was there before get all?"""
    return Flood(host, [keeper]).send()


def namespaces(host):
    """Namespaces are deleted before and after the owners of their sockets are
    killed, and one that a socket is left of lives as long as that.
    """
    before = memory()
    keeper = Keeper()
    load(module())
    flood = Flood(host, [keeper, Keeper()])
    problems = victims(NAMESPACES, victim, flood.send)
    flood.keepers.pop().sock.close()
    problems += unloaded() + flood_without(host, keeper)
    keeper.sock.close()
    return problems + given_back(before, 2000)


def victim(hand, number):
    """Sockets in a namespace that ends, and messages to all of them."""
    sockets = [raw_socket() for _ in range(40)]
    sockets += [raw_socket(proto) for proto in (packet.UDP, 253, 255)]
    sockets[0].sendto(message(packet.ECHO, 1), ("127.0.0.1", 0))
    hand([sockets[1].fileno()] if number % 4 == 3 else [])
    while True:
        sockets[0].sendto(message(packet.ECHO, 2), ("127.0.0.1", 0))


def delivered():
    return lab.stat().read().get("Icmp4.RawDelivered", 0) > 0


def load_and_unload(host):
    """Loaded and unloaded while raw sockets are opened and closed: each can be
    opened and gets what is sent to it, those that stay open included.
    """
    before, others = memory(), inuse()
    image = module()
    keeper = Keeper()
    kept = raw_socket()
    kept.bind(("127.0.0.4", 0))
    flood = Flood(host, [keeper])
    workers = [Worker(0, Own("127.0.0.2")), Worker(1, Own("127.0.0.3")),
               Worker(0, Other()), Worker(1, Kept(kept, "127.0.0.4"))]
    problems, early, loads = [], 0, 0
    while loads < LOADS and not problems:
        load(image)
        loads += 1
        # Until it has opened a socket, and has been of use.
        if not wait_until(delivered):
            problems.append("no raw socket became the module's")
        problems += flood.send()
        early += unload_when_possible()
        problems += flood.send()
    ktap.print_msg(f"{loads} loads, {early} times too early to unload, rounds "
                   f"{[worker.rounds() for worker in workers]}")
    problems += stop_all(workers)
    if not early:
        problems.append("unloading never met an open socket")
    kept.close()
    keeper.sock.close()
    if inuse() != others:
        problems.append(f"{inuse()} sockets, {others} before")
    return problems + given_back(before, 3 * LOADS)


def main():
    ktap.print_header()
    tests = (ten_thousand, churn, namespaces, load_and_unload)
    ktap.set_plan(len(tests))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MANY + 1000, MANY + 1000))
    host = lab.Lab()
    lab.sysctl("igmp_max_memberships", 100)
    # The first module not of the kernel's own tree is worth lines of its own.
    lab.insmod()
    lab.rmmod()
    for test in tests:
        title = " ".join(test.__doc__.split("\n\n")[0].split())
        ktap.test_result(title.rstrip("."), test(host))
        if os.path.exists("/sys/module/icmp4"):
            subprocess.run(["rmmod", "icmp4"], check=False)
    host.close()
    ktap.finished()


if __name__ == "__main__":
    sys.exit(main())
