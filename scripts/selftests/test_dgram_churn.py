#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
"""Datagram ICMP sockets in great numbers, of both ways, opened, used and closed on two
processors at once, while replies and errors come in, namespaces go and the module is
loaded and unloaded.

  peer p0 ------ h0 host            addresses and MACs: lab.py
    | replies,   |  datagram sockets of this process and of workers
    | errors ->

Whatever was sent has been delivered when the host has answered an ARP question that
was sent behind it (lab.py), so it is known what each socket has to have.
"""

import ctypes
import errno
import os
import random
import resource
import select
import socket
import subprocess
import sys
import time

import ktap
import lab
import packet
from churn import (SLOW, given_back, load, memory, module, read, refused, rows,
                   unload_when_possible, unloaded, victims)
from dgram_churn import (DGRAM_FILE, HURRIED, IP_RECVERR, Hurry, Kept, Look,
                         Own, dgram_socket, is_darwin, message, seen, told)
from worker import Worker, stop_all, wait_until

IDS = 65535
ROUNDS = 2500 if SLOW else 8000
NAMESPACES = 4 if SLOW else 12
LOADS = 15 if SLOW else 60
# How much longer it may take to find the last free identifier than any.
SLOWER = 4
KEPT = 40000

_libc = ctypes.CDLL(None, use_errno=True)


def outcome(call, *arguments):
    """The name of its errno, or "done"."""
    try:
        call(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"


def alone():
    """A socket that does not share its identifier."""
    sock = dgram_socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    return sock


def all_of_them():
    """{identifier: socket}: all that there are. Odd ones are asked for and not shared,
    the others are what is left.
    """
    sockets = {}
    for ident in range(1, IDS + 1, 2):
        sockets[ident] = alone()
        sockets[ident].bind(("0.0.0.0", ident))
    while len(sockets) < IDS:
        sock = dgram_socket()
        sock.bind(("0.0.0.0", 0))
        ident = sock.getsockname()[1]
        if ident in sockets:
            raise RuntimeError(f"{ident} was given twice")
        sockets[ident] = sock
    return sockets


def no_more():
    """What one more socket is told, however it asks."""
    answers = {}
    for name, opened, method, *arguments in (
            ("bind to any", dgram_socket, "bind", ("0.0.0.0", 0)),
            ("bind to one not shared", dgram_socket, "bind", ("0.0.0.0", 7)),
            ("bind, not sharing", alone, "bind", ("0.0.0.0", 8)),
            ("bind, sharing", dgram_socket, "bind", ("0.0.0.0", 8)),
            ("connect", dgram_socket, "connect", (packet.PEER, 0)),
            ("send", dgram_socket, "sendto", message(packet.ECHO, 1, 0),
             (packet.PEER, 0)),
            ("send a timestamp request", dgram_socket, "sendto",
             message(packet.TIMESTAMP, 1, 0), (packet.PEER, 0))):
        with opened() as sock:
            answers[name] = outcome(getattr(sock, method), *arguments)
            answers[name] += f" {sock.getsockname()}"
    return answers


def quoting(ident, number):
    """An error about a request of the host's."""
    return packet.frame(packet.icmp(packet.UNREACH, 1, data=packet.ip(
        message(packet.ECHO, ident, number), src=packet.HOST,
        dst=packet.PEER)))


def reply(ident, number, kind=packet.ECHO_REPLY):
    return packet.frame(message(kind, ident, number))


def traffic_of_others(host, sockets):
    """Replies and errors for some of them, and what all of them got."""
    asked = range(1000, IDS, 1000)
    failed = range(1500, IDS, 1000)
    for ident in failed:
        sockets[ident].setsockopt(socket.SOL_IP, IP_RECVERR, 1)
    host.exchange([reply(ident, ident) for ident in asked] +
                  [quoting(ident, ident) for ident in failed])
    problems = []
    poll = select.poll()
    names = {}
    for ident, sock in sockets.items():
        poll.register(sock, select.POLLIN)
        names[sock.fileno()] = ident
    ready = {names[fd] for fd, _ in poll.poll(0)}
    if ready != {*asked, *failed}:
        problems.append(f"{len(ready)} have something, "
                        f"{sorted(ready ^ {*asked, *failed})[:5]} wrong")
    for ident in asked:
        got = seen(sockets[ident])
        if got != [(packet.ECHO_REPLY, ident, ident)]:
            problems.append(f"{ident} got {got}")
    for ident in failed:
        got = told(sockets[ident])
        if got != [ident]:
            problems.append(f"{ident} was told of {got}")
        sockets[ident].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return problems


def cost(times, sockets=None):
    """Processor time to open a socket, give it any identifier and close it, the least
    of five; with all identifiers taken one of them becomes free before.
    """
    chance, spent = random.Random(1), []
    for _ in range(5):
        chosen = [chance.randrange(2, IDS, 2) for _ in range(times)]
        begin = time.process_time()
        for ident in chosen:
            if sockets:
                sockets.pop(ident).close()
            sock = dgram_socket()
            sock.bind(("0.0.0.0", 0))
            if not sockets:
                sock.close()
            elif sock.getsockname()[1] == ident:
                sockets[ident] = sock
            else:
                raise RuntimeError(f"got {sock.getsockname()}, not {ident}")
        spent.append(time.process_time() - begin)
    return min(spent)


def all_identifiers(host):
    """All 65,535 identifiers of a namespace in use: one more socket is told what the
    kernel's are, the others have their traffic, and the last free identifier is as easy
    to find as any.
    """
    sockets = all_of_them()
    builtin = no_more()
    for sock in sockets.values():
        sock.close()
    before = memory()
    load(module())
    empty = cost(200)
    sockets = all_of_them()
    answers = no_more()
    ktap.print_msg(answers)
    problems = [f"{name}: {answers[name]}, with the kernel's {builtin[name]}"
                for name in answers if answers[name] != builtin[name]]
    problems += [f"{name}: {answer}" for name, answer in answers.items()
                 if (answer.split()[0] == "done") != (name == "bind, sharing")]
    problems += traffic_of_others(host, sockets) + refused()
    if {line.split()[7] for line in read(DGRAM_FILE).splitlines()[1:]} != {
            str(ident) for ident in range(1, IDS + 1)}:
        problems.append(f"{rows(DGRAM_FILE)} are listed, or others")
    full = cost(200, sockets)
    ktap.print_msg(f"{empty * 5000:.1f} us of processor time with none in "
                   f"use, {full * 5000:.1f} us with all but one")
    if full > SLOWER * empty:
        problems.append("it takes longer than that")
    problems += traffic_of_others(host, sockets)
    for sock in sockets.values():
        sock.close()
    if rows(DGRAM_FILE):
        problems.append(f"{rows(DGRAM_FILE)} are listed when all are closed")
    return problems + unloaded() + given_back(before, IDS)


class Keeper:
    """A socket of this process that is bound to the host's address, and what it gets.
    Those of Darwin's way get all.
    """

    def __init__(self, ident):
        self.ident = ident
        self.sock = dgram_socket()
        self.darwin = is_darwin(self.sock)
        self.sock.setsockopt(socket.SOL_SOCKET, lab.SO_RCVBUFFORCE, 8 << 20)
        if not self.darwin:
            self.sock.setsockopt(socket.SOL_IP, IP_RECVERR, 1)
        self.sock.bind((packet.HOST, ident))

    def missed(self, replies, errors):
        """What it did not get as it should of these (type, identifier, number)."""
        wrong = []
        if self.darwin:
            # Who hurries is answered at this address, too.
            wrong.append(([one for one in seen(self.sock) if one[2]],
                          replies + errors))
        else:
            wrong.append((told(self.sock),
                          [one[2] for one in errors if one[1] == self.ident]))
            self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            wrong.append((seen(self.sock), [one for one in replies
                                            if one[1] == self.ident]))
        return [f"identifier {self.ident}, Darwin's {self.darwin}: got "
                f"{len(got)}, not {len(want)}: first difference "
                f"{[pair for pair in zip(got, want) if pair[0] != pair[1]][:1]}"
                for got, want in wrong if got != want]


class Flood:
    """Replies and errors with identifiers of those who stay and of those who hurry,
    in an order that is the same every time.
    """

    def __init__(self, host, keepers):
        self.host = host
        self.keepers = keepers
        self.number = 0
        self.random = random.Random(7)

    def send(self):
        """64 more; returns what is wrong of what came of them."""
        replies, errors = [], []
        idents = [keeper.ident for keeper in self.keepers]
        for at in range(64):
            self.number += 1
            ident = self.random.choice(idents if at & 1 else HURRIED)
            if at < 32:
                replies.append((packet.ECHO_REPLY, ident, self.number))
            else:
                errors.append((packet.UNREACH, ident, self.number))
        self.host.exchange([reply(*one[1:]) for one in replies] +
                           [quoting(*one[1:]) for one in errors])
        problems = []
        for keeper in self.keepers:
            problems += keeper.missed(replies, errors)
        return problems


def keepers_of_both():
    """One of each way, of the module's."""
    one = Keeper(KEPT)
    lab.sysctl("icmp_dgram_darwin", 1)
    other = Keeper(KEPT + 1)
    lab.sysctl("icmp_dgram_darwin", 0)
    return [one, other]


def churn(host):
    """Two processors open, use and close 100,000 sockets of both ways under a flood of
    replies and errors: those that stay open get all of theirs, once.
    """
    before = memory()
    load(module())
    keepers = keepers_of_both()
    problems = [] if keepers[1].darwin else ["there is no other way"]
    flood = Flood(host, keepers)
    workers = [Worker(0, Hurry(1, _libc)), Worker(1, Hurry(2, _libc)),
               Worker(0, Look())]
    batches, end = 0, time.monotonic() + (1500 if SLOW else 400)
    while (not problems and time.monotonic() < end and
           not any(worker.ended() for worker in workers) and
           min(worker.rounds() for worker in workers[:2]) < ROUNDS):
        problems += flood.send() + refused()
        batches += 1
    rounds = [worker.rounds() for worker in workers]
    ktap.print_msg(f"{batches} batches of 64 messages, rounds {rounds}, "
                   f"{lab.stat().read()}")
    if min(rounds[:2]) < ROUNDS:
        problems.append(f"{rounds} rounds, not {ROUNDS}")
    problems += stop_all(workers) + flood.send()
    if rows(DGRAM_FILE) != len(keepers):
        problems.append(f"{rows(DGRAM_FILE)} are listed in the end")
    for keeper in keepers:
        problems += refused()
        keeper.sock.close()
    return problems + unloaded() + given_back(before, 2000)


def victim(hand, number):
    """Sockets of both ways in a namespace that ends, and messages to all of them."""
    lab.sysctl("ping_group_range", "0 2147483647")
    sockets = []
    for way in (0, 1):
        lab.sysctl("icmp_dgram_darwin", way)
        sockets += [dgram_socket() for _ in range(20)]
    for sock in sockets[:20]:
        sock.bind(("127.0.0.1", 9))
    hand([sockets[number].fileno(), sockets[-1].fileno()]
         if number % 4 == 3 else [])
    while True:
        for sock in (sockets[0], sockets[-1]):
            try:
                sock.sendto(message(packet.ECHO, 9, 0), ("127.0.0.1", 0))
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise


def namespaces(host):
    """Namespaces are deleted before and after the owners of their sockets are killed,
    and one that a socket is left of lives as long as that.
    """
    before = memory()
    load(module())
    keepers = keepers_of_both()
    problems = victims(NAMESPACES, victim, Flood(host, keepers).send)
    for keeper in keepers:
        keeper.sock.close()
    return problems + unloaded() + given_back(before, 2000)


def delivered():
    now = lab.stat().read()
    return now.get("Icmp4.InAnswers") or now.get("Icmp4.DarwinDelivered")


def load_and_unload(host):
    """Loaded and unloaded while datagram sockets are opened and closed: each can be
    opened and gets its reply, those that stay open included.
    """
    before = memory()
    image = module()
    keeper = Keeper(KEPT)
    kept = dgram_socket()
    kept.bind(("127.0.0.4", 0))
    flood = Flood(host, [keeper])
    workers = [Worker(0, Own("127.0.0.2")), Worker(1, Own("127.0.0.3")),
               Worker(1, Kept(kept, "127.0.0.4"))]
    problems, early, loads = [], 0, 0
    while loads < LOADS and not problems:
        load(image)
        loads += 1
        lab.sysctl("icmp_dgram_darwin", loads % 2)
        # Until it has opened a socket, and has been of use.
        if not wait_until(delivered):
            problems.append("no socket became the module's")
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
    return problems + given_back(before, 3 * LOADS)


def main():
    ktap.print_header()
    tests = (all_identifiers, churn, namespaces, load_and_unload)
    ktap.set_plan(len(tests))
    resource.setrlimit(resource.RLIMIT_NOFILE, (IDS + 1000, IDS + 1000))
    host = lab.Lab()
    lab.sysctl("ping_group_range", "0 2147483647")
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
