#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""Whose a reply is, and what datagram sockets can do that the kernel's cannot:
ask for the time and the mask.

  peer p0 ------ h0 host
    |<- request -|        sockets of the module, of before it, of other
    |-- reply -->|        users, devices, namespaces, families
"""

import ctypes
import os
import re
import resource
import socket
import struct
import subprocess
import time

import dgram
import lab
import packet
import raw
import test_raw_life
from dgram import ID, ICMP, MASK, MASK_REPLY, Pinger, number, reply, request
from packet import (ECHO, ECHO_REPLY, HOST, PEER, PROBE, PROBE_REPLY,
                    TIMESTAMP, TIMESTAMP_REPLY)
from raw import SOL_IP, SOL_SOCKET, many, verdict
from sender import FAR, RECVERR, Ping
from test_raw_api import sockaddr, unconnect
from test_raw_life import PATIENCE_S, inherit, unload

OTHER = "192.0.2.9"
ADDED = (TIMESTAMP, MASK)
ALL_REPLIES = (ECHO_REPLY, TIMESTAMP_REPLY, MASK_REPLY, PROBE_REPLY)
ALONE = (SOL_SOCKET, socket.SO_REUSEADDR, 0)


class Judge(test_raw_life.Judge):
    """Problems, and how often the module counts what."""

    def hear(self, what, host, frames, wanted, **counted):
        """Who hears how many of these frames, {socket: number}; all that the
        module counts of them, if anything is to be counted.
        """
        begin = lab.stat()
        host.exchange(frames)
        if counted:
            stat = lab.stat().since(begin)
            self.equal(f"{what}: counts", {
                name[len("Icmp4."):]: value for name, value in stat.items()
                if name != "Icmp4.InTaken"}, counted)
        for place, (one, count) in enumerate(wanted.items()):
            self.equal(f"{what}: socket {place} hears", len(one.bodies()),
                       count)

    def rows(self, what, wanted):
        """/proc/net/icmp4/dgram, but for inodes."""
        self.equal(f"{what}: rows", sorted(
            row[:4] + row[5:] for row in dgram.rows()), sorted(wanted))


def row(local="0.0.0.0", remote="0.0.0.0", device="-", uid=0, queue=0, drops=0,
        ident=0):
    return [local, remote, device, str(uid), str(queue), str(drops),
            str(ident), "linux"]


def sent(host):
    return [packet.Ip(frame[14:]) for frame in host.exchange([])]


def identified(ident, *options):
    """What bind(2) says to an identifier."""
    one = Pinger(*options)
    said = verdict(one.sock.bind, ("0.0.0.0", ident))
    one.close()
    return said


def close(*socks):
    for one in socks:
        one.close()


# What the module adds.

def round_trips(host):
    """Requests for time and mask leave, and their replies come back."""
    judge = Judge()
    lab.insmod()
    for connected in (False, True):
        for kind in (ECHO, TIMESTAMP, MASK, PROBE):
            one = Pinger(ident=ID, far=PEER if connected else None)
            message = request(kind, seq=kind)
            if connected:
                judge.equal("send", one.sock.send(message), len(message))
            else:
                judge.equal("send", one.sock.sendto(message, (PEER, 99)),
                            len(message))
            (got,) = sent(host)
            judge.equal(f"{kind}: on the wire", got.body.hex(),
                        dgram.filled(message).hex())
            judge.equal(f"{kind}: header", (
                got.src_text(), socket.inet_ntoa(got.dst), got.ttl, got.tos,
                got.hlen), (HOST, PEER, 64, 0, 20))
            answer = reply(dgram.REPLIES[kind], seq=kind)
            begin = lab.stat()
            host.exchange([answer])
            judge.equal(f"{kind}: counted", lab.stat().since(begin),
                        {"Icmp4.InTaken": 1, "Icmp4.InAnswers": 1})
            judge.equal(f"{kind}: reply", one.sock.recvfrom(2000),
                        (answer[34:], (PEER, 0)))
            one.close()
    unload(judge)
    return judge


def lengths(host):
    """They have one length, and code 0."""
    judge = Judge()
    lab.insmod()
    one = Pinger(ident=ID)
    for kind, right in ((TIMESTAMP, 20), (MASK, 12)):
        for size in (*range(0, 41), 100, 1500, 65507, 65535):
            judge.equal(f"{kind}, {size} bytes", verdict(
                one.sock.sendto, request(kind, size), (PEER, 0)),
                size if size == right else "EINVAL")
        for code in range(1, 256):
            judge.equal(f"{kind}/{code}", verdict(
                one.sock.sendto, request(kind, code=code), (PEER, 0)),
                "EINVAL")
        judge.equal(f"{kind}: sent", [len(got.body) for got in sent(host)],
                    [right])
        judge.equal(f"{kind}, 65536 bytes", verdict(
            one.sock.sendto, request(kind, 65536), (PEER, 0)), "EMSGSIZE")
    one.close()
    unload(judge)
    return judge


def say(kind, *options, far=None):
    """What sending says, in all ways to do it wrong and some right ones; of
    a kind of request.
    """
    said = []
    one = Pinger(*options, ident=ID, far=far)
    message = request(kind)
    for name, arguments in {
            "no address": (message,),
            "broadcast": (message, ("192.0.2.255", 0)),
            "class E": (message, ("240.0.0.1", 0)),
            "out of band": (message, socket.MSG_OOB, (PEER, 0)),
            "more": (message, socket.MSG_MORE, (PEER, 0)),
            "confirm": (message, socket.MSG_CONFIRM, (PEER, 0)),
            "probe": (message, 0x810, (PEER, 0)),
            "no route": (message, socket.MSG_DONTROUTE, (FAR, 0))}.items():
        call = one.sock.send if len(arguments) == 1 else one.sock.sendto
        said.append((name, isinstance(verdict(call, *arguments), int) or
                     verdict(call, *arguments)))
    for size in (0, 2, 15, 16, 17, 128):
        address = sockaddr(PEER).ljust(128, b"\0")
        said.append((f"address of {size}", raw.libc(
            "sendto", one.fileno(), message, ctypes.c_size_t(len(message)), 0,
            address, size)))
    for family in (0, 1, 10):
        said.append((f"family {family}", raw.libc(
            "sendto", one.fileno(), message, ctypes.c_size_t(len(message)), 0,
            sockaddr(PEER, family), 16)))
    for readable in (0, 1, 7, 8, 11):
        edge = raw.Edge(message[:readable])
        said.append((f"{readable} readable", raw.libc(
            "sendto", one.fileno(), ctypes.c_void_p(edge.address),
            ctypes.c_size_t(len(message)), 0, sockaddr(PEER), 16)))
    for cuts in ((0, 1), (1, 2), (7, 8), (8, 9)):
        said.append((f"cut at {cuts}", isinstance(verdict(
            one.sock.sendmsg, [message[:cuts[0]], message[cuts[0]:cuts[1]],
                               message[cuts[1]:]], [], 0, (PEER, 0)), int)))
    for name, control in {
            "TTL": (SOL_IP, 2, 9), "TTL 0": (SOL_IP, 2, 0),
            "TTL 256": (SOL_IP, 2, 256), "TOS": (SOL_IP, 1, 0x2c),
            "unknown": (SOL_IP, 99, 1), "other level": (254, 1, 1)}.items():
        done = verdict(one.sock.sendmsg, [message], [
            (*control[:2], struct.pack("=i", control[2]))], 0, (PEER, 0))
        said.append((name, isinstance(done, int) or done))
    said.append(("error", one.error()))
    one.close()
    return said


def as_echo(host):
    """In all else they are sent, or refused, as an echo request is."""
    judge = Judge()
    lab.insmod()
    for far in (None, PEER):
        for options in ((), (RECVERR,), ((SOL_IP, 2, 7), (SOL_IP, 1, 0x28)),
                        ((SOL_IP, 10, 0),), ((SOL_IP, 4, b"\1" * 8),),
                        ((SOL_SOCKET, socket.SO_BROADCAST, 1),),
                        ((SOL_SOCKET, 25, b"h0\0"),),
                        ((SOL_SOCKET, 25, b"lo\0"),)):
            outcomes = {}
            for kind in (ECHO, TIMESTAMP, MASK):
                said = say(kind, *options, far=far)
                heads = [(got.ttl, got.tos, got.frag, got.src, got.dst,
                          got.head[20:]) for got in sent(host)
                         if got.body[0] == kind]
                outcomes[kind] = said + [("packets", heads)]
            for kind in ADDED:
                for wanted, got in zip(outcomes[ECHO], outcomes[kind]):
                    judge.equal(f"{options}, {far}, {kind}", got, wanted)
    unload(judge)
    return judge


def full_queue(host):
    """A full queue refuses them, and who has IP_RECVERR is told."""
    judge = Judge()
    lab.insmod()
    for options in ((), (RECVERR,)):
        one = Pinger(*options, ident=ID)
        host.exchange([])
        lab.run("tc", "qdisc", "add", "dev", "h0", "root", "pfifo", "limit",
                "0")
        said = {kind: verdict(one.sock.sendto, request(kind), (PEER, 0))
                for kind in (ECHO, TIMESTAMP, MASK)}
        lab.run("tc", "qdisc", "del", "dev", "h0", "root")
        # They leave by the operation of raw sockets, which tell nobody else.
        judge.equal(f"{options}", said, dict.fromkeys(said, "ENOBUFS")
                    if options else {ECHO: "ENOBUFS", TIMESTAMP: 20, MASK: 12})
        one.close()
    unload(judge)
    return judge


def full_buffer(host):
    """A full SO_SNDBUF refuses them as it does an echo request."""
    judge = Judge()
    lab.sysctl("neigh/h0/retrans_time_ms", 600000)
    lab.insmod()
    said = {}
    for kind in (ECHO, *ADDED):
        one = Pinger((SOL_SOCKET, socket.SO_SNDBUF, 5000), ident=ID)
        said[kind] = [isinstance(done, int) or done for done in (
            verdict(one.sock.sendto, request(kind), ("192.0.2.77", 0))
            for _ in range(30))] + [one.poll()]
        one.close()
        lab.ip("neigh replace 192.0.2.77 dev h0 lladdr "
               f"{lab.mac(packet.PEER_MAC)}")
        judge.equal(f"{kind}: sent", {got.body[0] for got in sent(host)},
                    {kind})
        lab.ip("neigh del 192.0.2.77 dev h0")
    judge.equal("refused", "EAGAIN" in said[ECHO], True)
    judge.equal("said", said, dict.fromkeys(said, said[ECHO]))
    unload(judge)
    return judge


def ended(host):
    """Who may not send any more may not send them either."""
    judge = Judge()
    lab.insmod()
    for how in range(3):
        for far in (None, PEER):
            said = {}
            for kind in (ECHO, *ADDED):
                one = Pinger(ident=ID, far=far)
                said[kind] = [
                    verdict(one.sock.shutdown, how), *(
                        isinstance(done, int) or done for done in (
                            verdict(one.sock.send, request(kind)),
                            verdict(one.sock.sendto, request(kind),
                                    (PEER, 0)))), one.error()]
                one.close()
            judge.equal(f"{how}, {far}", said,
                        dict.fromkeys(said, said[ECHO]))
    unload(judge)
    return judge


def chosen(host):
    """Who has no identifier gets one, and it is his."""
    judge = Judge()
    lab.insmod()
    for kind in (ECHO, *ADDED, PROBE):
        for far in (None, PEER):
            one = Pinger(far=far)
            judge.equal("before", number(one.sock) > 0, far is not None)
            one.sock.sendto(request(kind), (PEER, 0))
            (got,) = sent(host)
            ident = number(one.sock)
            judge.equal(f"{kind}, {far}", (ident > 0, got.body), (
                True, dgram.filled(request(kind), ident)))
            judge.hear(f"{kind}, {far}", host, [
                reply(dgram.REPLIES[kind], ident)], {one: 1}, InAnswers=1)
            # What it did not ask for by number it loses with its peer.
            unconnect(one)
            judge.equal("disconnected", number(one.sock), 0)
            judge.hear(f"{kind}, {far}, disconnected", host, [
                reply(PROBE_REPLY, ident)], {one: 0}, InNoSocket=1)
            one.close()
    unload(judge)
    return judge


class Asking(Ping):
    """One that sends a kind of request."""

    def __init__(self, kind, *options, **known):
        self.asks = kind
        super().__init__(*options, **known)

    def data(self):
        return request(self.asks)


ERRORS = [(3, 0), (3, 1), (3, 2), (3, 3), (3, 4), (3, 9), (3, 13), (5, 1),
          (11, 0), (12, 0)]


ORDERS = ("poll recv queue option poll mtu", "poll again again queue option")


def told(host, kind, what, options, connected, order):
    """What a socket and another one say of an error about a request."""
    one = Asking(kind, *options, connected=connected)
    other = Pinger(RECVERR, far=FAR, ident=ID)
    quoted = one.start(host)
    rest = {(3, 4): struct.pack("!HH", 0, 1000),
            5: packet.addr("192.0.2.3")}.get(
                what if what == (3, 4) else what[0], b"\5\0\0\0")
    host.exchange([packet.frame(packet.icmp(*what, rest, quoted),
                                src=PEER if what[0] == 5 else "10.77.0.1")])
    said = one.tell(order, quoted)
    said["other"] = other.take(2000, socket.MSG_ERRQUEUE)
    close(one, other)
    lab.ip("route flush cache")
    return said


def errors(host):
    """Errors about each request are told as those about an echo request."""
    judge = Judge()
    lab.insmod()
    heard = 0
    for options in ((), (RECVERR,), (RECVERR, (SOL_IP, 8, 1))):
        for connected in (False, True):
            for what, order in [(what, order) for what in ERRORS
                                for order in ORDERS]:
                said = {kind: told(host, kind, what, options, connected, order)
                        for kind in (ECHO, *ADDED, PROBE)}
                for kind in (*ADDED, PROBE):
                    judge.equal(f"{what} {options} {connected} {kind}",
                                said[kind], said[ECHO])
                heard += "error" in said[ECHO]["poll"]
                judge.equal(f"{what}: the other", said[ECHO]["other"],
                            "EAGAIN")
    # All with IP_RECVERR; without it, the hard ones of who is connected.
    judge.equal("told", heard,
                len(ORDERS) * (4 * len(ERRORS) + 6))
    unload(judge)
    return judge


# Whose it is.

def owners(host):
    """A reply goes to who has its identifier, and to nobody else."""
    judge = Judge()
    lab.insmod()
    first, second = Pinger(ident=ID), Pinger(ident=ID + 1)
    swapped = Pinger(ident=int.from_bytes(ID.to_bytes(2, "big"), "little"))
    unbound = Pinger()
    for kind in ALL_REPLIES:
        judge.hear(f"{kind}", host, [reply(kind)],
                   {first: 1, second: 0, swapped: 0, unbound: 0}, InAnswers=1)
        judge.hear(f"{kind} next", host, [reply(kind, ID + 1)],
                   {first: 0, second: 1, swapped: 0, unbound: 0}, InAnswers=1)
        nobody = ("InNoSocket" if kind in (ECHO_REPLY, PROBE_REPLY) else
                  "InNoAction")
        for ident in (ID + 2, 0, 0xffff):
            judge.hear(f"{kind}, {ident}", host, [reply(kind, ident)],
                       {first: 0, second: 0, unbound: 0}, **{nobody: 1})
    others = [packet.frame(packet.icmp(kind, 0, struct.pack("!HH", ID, 1),
                                       bytes(64)))
              for kind in range(256) if kind not in ALL_REPLIES]
    judge.hear("other types", host, others, {first: 0, second: 0})
    close(first, second, swapped, unbound)
    judge.hear("closed", host, [reply()], {}, InNoSocket=1)
    unload(judge)
    return judge


def spoilt(host):
    """Replies that are not as they should be are nobody's."""
    judge = Judge()
    lab.insmod()
    one = Pinger(ident=ID)
    for kind, short, exact in ((TIMESTAMP_REPLY, 11, 12), (MASK_REPLY, 3, 4)):
        # No error: the built-in ignores them all.
        judge.hear(f"{kind} short", host, [reply(kind, size=short)], {one: 0},
                   InNoAction=1)
        judge.hear(f"{kind} long", host, [reply(kind, size=exact + 9)],
                   {one: 1}, InAnswers=1)
        whole = packet.Ip(reply(kind)[14:]).body
        bad = packet.frame(whole[:3] + bytes([whole[3] ^ 1]) + whole[4:])
        judge.hear(f"{kind} bad sum", host, [bad], {one: 0}, InCsum=1)
    whole = packet.Ip(reply(TIMESTAMP_REPLY)[14:]).body
    begin = lab.mib()
    judge.hear("14 to many", host, [many(whole)], {one: 0})
    judge.equal("14 to many", lab.mib().since(begin).get("Icmp.InErrors"), 1)
    whole = packet.Ip(reply(MASK_REPLY)[14:]).body
    judge.hear("18 to many", host, [many(whole), many(whole, "224.0.0.1")],
               {one: 2}, InAnswers=2)
    one.close()
    unload(judge)
    return judge


def addresses(host):
    """Bound to an address, it hears what comes to that address."""
    judge = Judge()
    lab.insmod()
    for kind in ALL_REPLIES:
        own, other = Pinger(local=HOST, ident=ID), Pinger(local=OTHER,
                                                          ident=ID)
        any_ = Pinger(ident=ID + 1)
        judge.hear("own", host, [reply(kind)], {own: 1, other: 0, any_: 0})
        judge.hear("other", host, [reply(kind, dst=OTHER)],
                   {own: 0, other: 1, any_: 0})
        judge.hear("neither", host, [reply(kind, dst="198.51.100.1")],
                   {own: 0, other: 0, any_: 0})
        for dst in (HOST, OTHER, "198.51.100.1", "203.0.113.1"):
            judge.hear(f"any, {dst}", host, [reply(kind, ID + 1, dst=dst)],
                       {own: 0, other: 0, any_: 1})
        # A peer is nobody's filter, as with the kernel's.
        any_.sock.connect((PEER, 0))
        judge.hear("connected", host, [reply(kind, ID + 1, src=FAR)],
                   {any_: 1})
        close(own, other, any_)
    unload(judge)
    return judge


def shared(host):
    """Of those who share an identifier the last one bound gets it all."""
    judge = Judge()
    lab.insmod()
    for order in ((2, 1, 0), (0, 1, 2), (1, 0, 2), (1, 2, 0)):
        socks = [Pinger(ident=ID) for _ in range(3)]
        left = list(range(3))
        for going in order:
            judge.hear(f"{order}, {left}", host, [
                reply(kind) for kind in ALL_REPLIES], {
                    one: 4 if place == left[-1] else 0
                    for place, one in enumerate(socks) if place in left})
            left.remove(going)
            socks[going].close()
        judge.hear("none", host, [reply()], {}, InNoSocket=1)
    one = Pinger(ALONE, ident=ID)
    judge.equal("not shared", identified(ID), "EADDRINUSE")
    judge.equal("nor by it", identified(ID, ALONE), "EADDRINUSE")
    one.close()
    unload(judge)
    return judge


def all_taken(host):
    """65535 identifiers, each of them once, and no more."""
    judge = Judge()
    lab.insmod()
    resource.setrlimit(resource.RLIMIT_NOFILE, (70000, 70000))
    socks, idents = [], set()
    try:
        for _ in range(65535):
            socks.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM,
                                       ICMP))
            socks[-1].bind(("0.0.0.0", 0))
            idents.add(number(socks[-1]))
        judge.equal("identifiers", len(idents), len(socks))
        judge.equal("0 is none", 0 in idents, False)
        judge.equal("one more", identified(0), "EADDRINUSE")
        free = number(socks[1234])
        socks[1234].close()
        socks[1234] = Pinger(ident=0)
        judge.equal("the free one", number(socks[1234].sock), free)
    finally:
        close(*socks)
    judge.equal("rows", dgram.rows(), [])
    unload(judge)
    return judge


def two_users(host):
    """Two users do not see each other's replies."""
    judge = Judge()
    lab.insmod()
    pipes = {uid: (os.pipe(), os.pipe()) for uid in (1000, 1001)}
    children = []
    for uid, (go, back) in pipes.items():
        child = os.fork()
        if not child:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            one = Pinger(ALONE, ident=0)
            os.write(back[1], struct.pack("=H", number(one.sock)))
            while order := os.read(go[0], 2):
                ident = struct.unpack("=H", order)[0]
                bodies = one.bodies()
                stolen = identified(ident)
                os.write(back[1], f"{len(bodies)} {stolen}".encode())
            os._exit(0)
        children.append(child)
    ids = {uid: struct.unpack("=H", os.read(back[0], 2))[0]
           for uid, (_, back) in pipes.items()}
    judge.rows("both", [row(uid=uid, ident=ident)
                        for uid, ident in ids.items()])
    host.exchange([reply(kind, ids[1000]) for kind in ALL_REPLIES] +
                  [reply(ident=ids[1001])])
    for uid, count, of in ((1000, 4, 1001), (1001, 1, 1000)):
        go, back = pipes[uid]
        os.write(go[1], struct.pack("=H", ids[of]))
        judge.equal(f"{uid}", os.read(back[0], 100).decode(),
                    f"{count} EADDRINUSE")
    for go, back in pipes.values():
        for end in (*go, *back):
            os.close(end)
    for child in children:
        os.kill(child, 9)
        os.waitpid(child, 0)
    unload(judge)
    return judge


# Of before.

def of_before(host):
    """One from before the module hears what is its, in, out and in again."""
    judge = Judge()
    old, late = Pinger(ident=ID), Pinger()
    judge.hear("before", host, [reply()], {old: 1})
    for turn in range(2):
        lab.insmod()
        judge.used(f"{turn}: old alone", 0)
        judge.equal("rows", dgram.rows(), [])
        judge.hear(f"{turn}: in", host, [reply(), reply(PROBE_REPLY)],
                   {old: 2, late: 0}, InPassed=2)
        judge.hear(f"{turn}: nobody's", host, [reply(ident=ID + 9)],
                   {old: 0, late: 0}, InPassed=1)
        # It is still the kernel's, which knows no such requests.
        judge.equal("mask", verdict(old.sock.sendto, request(MASK),
                                    (PEER, 0)), "EINVAL")
        judge.equal("echo", verdict(old.sock.sendto, request(), (PEER, 0)),
                    20)
        judge.hear(f"{turn}: mask reply", host, [reply(MASK_REPLY)],
                   {old: 0}, InNoAction=1)
        new = Pinger(ident=ID)
        judge.used(f"{turn}: with a new one", 1)
        judge.hear(f"{turn}: both", host, [reply(), reply(PROBE_REPLY)],
                   {old: 0, new: 2}, InAnswers=2)
        new.close()
        new = Pinger(local=OTHER, ident=ID)
        judge.hear(f"{turn}: by address", host, [reply(), reply(dst=OTHER)],
                   {old: 1, new: 1}, InAnswers=1, InPassed=1)
        new.close()
        if not turn:
            late.sock.bind(("0.0.0.0", ID + 1))
        judge.hear(f"{turn}: late", host, [reply(ident=ID + 1), reply()],
                   {late: 1, old: 1}, InPassed=2)
        judge.used(f"{turn}: late", 0)
        unload(judge)
        judge.hear(f"{turn}: out", host, [reply(), reply(ident=ID + 1)],
                   {old: 1, late: 1})
    lab.insmod()
    close(old, late)
    judge.hear("closed", host, [reply()], {}, InNoSocket=1)
    unload(judge)
    return judge


def error_of_before(host):
    """One from before is told of errors, unless a new one sent as it does."""
    judge = Judge()
    olds = {ECHO: Pinger(RECVERR, ident=ID),
            PROBE: Pinger(RECVERR, ident=ID + 1)}

    def error(kind, ident):
        return packet.frame(packet.icmp(3, 1, data=packet.ip(
            packet.echo(8, ident, kind=kind), HOST, FAR)), src="10.77.0.1")

    def queue(one):
        return one.take(2000, socket.MSG_ERRQUEUE) != "EAGAIN"
    for when in ("out", "in", "in, with new ones", "in", "out"):
        if when == "in" and not os.path.exists(test_raw_life.LOADED):
            lab.insmod()
        if when == "out" and os.path.exists(test_raw_life.LOADED):
            unload(judge)
        new = []
        if "new" in when:
            new = [Pinger(RECVERR, ident=ID), Pinger(RECVERR, ident=ID + 1)]
        host.exchange([error(ECHO, ID), error(PROBE, ID + 1)])
        judge.equal(f"{when}: old", [queue(old) for old in olds.values()],
                    [not new] * 2)
        judge.equal(f"{when}: new", [queue(one) for one in new],
                    [True] * len(new))
        for old in olds.values():
            old.error()
        close(*new)
    lab.insmod()
    close(*olds.values())
    unload(judge)
    return judge


def proc_kernel():
    """Identifiers in /proc/net/icmp, and how many /proc/net/protocols has."""
    with open("/proc/net/icmp", encoding="ascii") as file:
        idents = [int(line.split()[1].split(":")[1], 16)
                  for line in file.readlines()[1:]]
    with open("/proc/net/protocols", encoding="ascii") as file:
        count = [int(line.split()[2]) for line in file
                 if line.startswith("PING ")]
    return sorted(idents), count


def listed(host):
    """Files of the kernel list the kernel's, the module's file the others."""
    judge = Judge()
    old = Pinger(ident=ID)
    lab.insmod()
    some = {
        "any": Pinger(), "own": Pinger(local=HOST, ident=1),
        "both": Pinger(local=HOST, far=PEER, ident=65535),
        "device": Pinger((SOL_SOCKET, 25, b"h0\0"), far=PEER, ident=77),
        "small": Pinger((SOL_SOCKET, socket.SO_RCVBUF, 0), ident=78)}
    os.fchown(some["device"].fileno(), 1000, 1000)
    judge.equal("kernel", proc_kernel(), ([ID], [1]))
    host.exchange([reply(ident=77), *[reply(ident=78, size=1000)] * 9])
    wanted = [row(), row(HOST, ident=1), row(HOST, PEER, ident=65535),
              row(HOST, PEER, "h0", 1000, some["device"].memory(), 0, 77),
              row(queue=some["small"].memory(), ident=78,
                  drops=some["small"].drops())]
    judge.rows("all", wanted)
    judge.equal("waits", some["device"].memory() > 0, True)
    judge.equal("drops", 0 < some["small"].drops() < 9, True)
    judge.equal("inodes", sorted(row_[4] for row_ in dgram.rows()), sorted(
        str(os.fstat(one.fileno()).st_ino) for one in some.values()))
    with open(dgram.PROC, encoding="ascii") as file:
        judge.equal("head", file.readline().split(), [
            "local", "remote", "device", "uid", "inode", "rx_queue", "drops",
            "id", "way"])
    close(*some.values(), old)
    judge.equal("kernel then", proc_kernel(), ([], [0]))
    judge.equal("rows then", dgram.rows(), [])
    unload(judge)
    return judge


# Separation.

def in_vrf(host):
    """By the device that it is bound to, or its VRF."""
    judge = Judge()
    lab.ip("link add blue type vrf table 10", "link set blue up",
           "link set h0 master blue", *lab.NEIGHBOURS,
           "route add default via 192.0.2.2 table 10",
           "link add d0 type dummy", "link set d0 up")
    lab.insmod()
    for kind in ALL_REPLIES:
        for device, hears in (("h0", 1), ("blue", 1), ("d0", 0), ("lo", 0),
                              (None, 1)):
            options = [(SOL_SOCKET, 25, device.encode())] if device else []
            one = Pinger(*options, ident=ID)
            judge.hear(f"{kind}, {device}", host, [reply(kind)], {one: hears})
            one.close()
    for device in ("blue", "h0", "d0"):
        one = Pinger((SOL_SOCKET, 25, device.encode()), ident=ID)
        judge.equal(f"send by {device}", [
            verdict(one.sock.sendto, request(kind), (PEER, 0))
            for kind in (ECHO, TIMESTAMP)], [20] * 2)
        one.close()
    judge.equal("sent", [got.body[0] for got in sent(host)],
                [ECHO, TIMESTAMP] * 2)
    one = Pinger((SOL_SOCKET, 25, b"blue"))
    judge.equal("bind", verdict(one.sock.bind, (HOST, 0)), None)
    other = Pinger()
    judge.equal("bind elsewhere", verdict(other.sock.bind, (HOST, 0)),
                "EADDRNOTAVAIL")
    close(one, other)
    lab.ip("link del d0", "link del blue")
    unload(judge)
    return judge


def namespaces(host):
    """The same identifier in another namespace is another one."""
    judge = Judge()
    lab.ip("netns add other")
    lab.insmod()
    one = Pinger(ALONE, ident=ID)
    lab.enter("other")
    lab.ip("link set lo up")
    judge.equal("not allowed there", verdict(Pinger), "EACCES")
    lab.sysctl("ping_group_range", "0 2147483647")
    there = Pinger(ALONE, ident=ID)
    judge.rows("there", [row(ident=ID)])
    # Both the request and its reply come by the loopback device.
    there.sock.sendto(request(), ("127.0.0.1", 0))
    end = time.monotonic() + PATIENCE_S
    bodies = []
    while not bodies and time.monotonic() < end:
        bodies = there.bodies()
    judge.equal("there", bodies, [packet.echo(packet.payload(12), ID, 7,
                                              kind=0)])
    lab.enter("host")
    judge.rows("here", [row(ident=ID)])
    judge.hear("here", host, [reply()], {one: 1, there: 0}, InAnswers=1)
    judge.used("both", 2)
    lab.ip("netns del other")
    judge.used("gone", 2)
    there.sock.sendto(request(), ("127.0.0.1", 0))
    end = time.monotonic() + PATIENCE_S
    while len(bodies) < 2 and time.monotonic() < end:
        bodies += there.bodies()
    judge.equal("gone", len(bodies), 2)
    there.close()
    judge.used("one", 1)
    one.close()
    unload(judge)
    return judge


def ping6(sock, far="::1"):
    """An echo of ICMPv6, and its reply."""
    message = struct.pack("!BBHHH", 128, 0, 0, 0, 7) + b"data"
    sock.settimeout(30)
    sock.sendto(message, (far, 0))
    return sock.recv(100)


def ipv6(host):
    """Those of IPv6 are the kernel's, no users; with our identifier, too."""
    judge = Judge()
    lab.write("/proc/sys/net/ipv6/conf/lo/disable_ipv6", 0)
    kind = socket.AF_INET6, socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6
    old = socket.socket(*kind)
    old.bind(("::", ID))
    wanted = struct.pack("!BB", 129, 0)
    judge.equal("before", ping6(old)[:2], wanted)
    lab.insmod()
    new = socket.socket(*kind)
    judge.used("open", 0)
    new.bind(("::", ID + 1))
    one = Pinger(ALONE, ident=ID)
    for name, sock, ident in (("old", old, ID), ("new", new, ID + 1)):
        got = ping6(sock)
        judge.equal(f"{name}: in", (got[:2], got[4:6]),
                    (wanted, struct.pack("!H", ident)))
    judge.equal("rows", len(dgram.rows()), 1)
    judge.hear("ours", host, [reply()], {one: 1}, InAnswers=1)
    # A table that is shared no longer: the identifier is free for both.
    other = socket.socket(*kind)
    judge.equal("bind", verdict(other.bind, ("::", ID)), None)
    judge.used("ours", 1)
    close(one, other)
    unload(judge)
    for sock in (old, new):
        judge.equal("out", ping6(sock)[:2], wanted)
    for mixed in ((socket.AF_INET6, socket.SOCK_DGRAM, ICMP),
                  (socket.AF_INET, socket.SOCK_DGRAM,
                   socket.IPPROTO_ICMPV6)):
        judge.equal(f"{mixed}", verdict(socket.socket, *mixed),
                    "EPROTONOSUPPORT")
    close(old, new)
    return judge


# How long it stays.

def pinned(host):
    """An open one keeps the module, whatever happens to it; closed, none."""
    judge = Judge()
    lab.insmod()
    judge.used("none", 0)
    first = Pinger()
    judge.used("one, without an identifier", 1)
    second = Pinger(ident=ID)
    judge.used("two", 2)
    first.close()
    judge.used("one closed", 1)
    unconnect(second)
    judge.used("disconnected", 1)
    copy = os.dup(second.fileno())
    second.close()
    judge.used("a copy left", 1)
    os.close(copy)
    lab.sysctl("ping_group_range", "1 0")
    for _ in range(5):
        judge.equal("refused", verdict(Pinger), "EACCES")
    lab.sysctl("ping_group_range", "0 2147483647")
    judge.used("refused", 0)
    one = Pinger(RECVERR, ident=ID)
    host.exchange([reply()] * 5)
    one.sock.sendto(request(), (PEER, 0))
    host.exchange([packet.frame(packet.icmp(3, 1, data=packet.ip(
        packet.echo(8, ID), HOST, PEER)))])
    judge.equal("waits", one.memory() > 0, True)
    one.close()
    unload(judge)
    return judge


def passed_on(host):
    """One in a message of a local socket keeps the module as well."""
    judge = Judge()
    lab.insmod()
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one = Pinger(ident=ID)
    socket.send_fds(left, [b"x"], [one.fileno()])
    one.close()
    judge.used("on its way", 1)
    host.exchange([reply(kind) for kind in ALL_REPLIES])
    _, (fd,), _, _ = socket.recv_fds(right, 1, 1)
    other = socket.socket(fileno=fd)
    other.setblocking(False)
    judge.equal("waiting", len(lab.drain(other)), 4)
    judge.equal("sends", other.sendto(request(MASK), (PEER, 0)), 12)
    socket.send_fds(left, [b"x"], [other.fileno()])
    other.close()
    judge.used("on its way again", 1)
    right.close()
    left.close()
    unload(judge)
    return judge


def inherited(host):
    """One that a child has keeps the module until the child ends."""
    judge = Judge()
    lab.insmod()
    one = Pinger(ident=ID)
    inherit(judge, host, one, one.bodies, reply())
    unload(judge)
    return judge


def still_sending(host):
    """Closed while what it sent waits for a MAC; the module goes before it."""
    judge = Judge()
    lab.sysctl("neigh/h0/retrans_time_ms", 600000)
    lab.insmod()
    one = Pinger(ident=ID)
    for kind in (ECHO, TIMESTAMP, MASK):
        one.sock.sendto(request(kind), ("192.0.2.77", 0))
    host.exchange([])
    one.close()
    unload(judge)
    lab.ip("neigh replace 192.0.2.77 dev h0 lladdr "
           f"{lab.mac(packet.PEER_MAC)}")
    judge.equal("sent", [got.body[0] for got in sent(host)],
                [ECHO, TIMESTAMP, MASK])
    return judge


def left_out(host):
    """dgram=0 or receive=0: all are the kernel's, and no users."""
    judge = Judge()
    for parameter in ("dgram=0", "receive=0"):
        lab.insmod(parameter)
        one = Pinger(ident=ID)
        judge.used(parameter, 0)
        judge.equal(f"{parameter}: mask", verdict(
            one.sock.sendto, request(MASK), (PEER, 0)), "EINVAL")
        judge.hear(parameter, host, [reply(), reply(MASK_REPLY)], {one: 1})
        judge.equal(f"{parameter}: rows", dgram.rows() or [], [])
        unload(judge)
        judge.hear(f"{parameter}: out", host, [reply()], {one: 1})
        one.close()
    return judge


# Programs.

USER = ("setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups",
        "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs")


def go_pinger():
    """What programs in Go do that need no rights: bound to any, an identifier
    of their own, which the kernel replaces, wait by epoll, tell by data.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM |
                         socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, ICMP)
    sock.setsockopt(SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.setsockopt(SOL_IP, 12, 1)
    sock.bind(("0.0.0.0", 0))
    ident = number(sock)
    epoll = raw.select.epoll()
    epoll.register(sock, raw.select.EPOLLIN | raw.select.EPOLLET)
    right = 0
    for seq in range(5):
        data = struct.pack("=d", time.time()) + os.urandom(16)
        sock.sendto(packet.echo(data, 0x1111, seq), (HOST, 0))
        while True:
            if not epoll.poll(30):
                return "no answer"
            got, control, flags, source = sock.recvmsg(1500, 100)
            if got[8:] == data:
                break
        right += (got == packet.echo(data, ident, seq, kind=0) and
                  control == [(SOL_IP, 2, struct.pack("=i", 64))] and
                  not flags and source == (HOST, 0))
    return f"{right} right"


COMMANDS = {
    ("ping", "-n", "-c", "3", "-i", "0.2", HOST): "3 received",
    ("ping", "-n", "-c", "2", "-i", "0.2", "-s", "1000", "127.0.0.1"):
        "2 received",
    ("ping", "-n", "-c", "1", "-I", HOST, OTHER): "1 received",
    # Of a user, not all of its versions know their replies.
    ("fping", "-c", "2", "-p", "100", HOST, OTHER): "xmt/rcv/%loss"}


def say_all():
    """What the programs say to a user, but for times."""
    return {command: re.sub(r"[0-9.]+ ?ms|[0-9.]+/[0-9./]+ ms|[0-9.]+/[0-9./]*"
                            r"[0-9]$|\([0-9.]+ avg", "T", lab.output(
                                "timeout", "60", *USER, *command), flags=re.M)
            for command in COMMANDS}


def programs(host):
    """ping and fping of a user, and a program as those in Go."""
    judge = Judge()
    host.settle()
    builtin = say_all()
    lab.insmod()
    begin = lab.stat()
    for command, said in say_all().items():
        if COMMANDS[command] not in said or said != builtin[command]:
            judge.append(f"{command}: {said}, not {builtin[command]}")
    counted = lab.stat().since(begin)
    judge.equal("answers", counted.get("Icmp4.InAnswers"), 10)
    judge.equal("raw", counted.get("Icmp4.RawDelivered"), None)
    judge.equal("go", dgram.as_user(go_pinger), "5 right")
    judge.used("ended", 0)
    holder = subprocess.Popen((*USER, "ping", "-n", "-i", "0.2", HOST),
                              stdout=subprocess.PIPE, text=True)
    try:
        while not re.search("icmp_seq=2", holder.stdout.readline() or
                            "icmp_seq=2"):
            pass
        judge.used("ping", 1)
        judge.equal("whose", [row_[3] for row_ in dgram.rows()], ["1000"])
    finally:
        holder.terminate()
        holder.wait()
        holder.stdout.close()
    unload(judge)
    return judge


TESTS = [round_trips, lengths, as_echo, full_queue, full_buffer, chosen,
         ended, errors, owners, spoilt, addresses, shared, all_taken,
         two_users, of_before, error_of_before, listed, in_vrf, namespaces,
         ipv6, pinned, passed_on, inherited, still_sending, left_out,
         programs]


class Lab(lab.Lab):
    """A host in which everybody may open such a socket."""

    def __init__(self):
        super().__init__()
        lab.sysctl("ping_group_range", "0 2147483647")


def main():
    test_raw_life.ktap.print_header()
    test_raw_life.ktap.set_plan(len(TESTS))
    for test in TESTS:
        test_raw_life.run(test, Lab)
    test_raw_life.ktap.finished()


if __name__ == "__main__":
    main()
