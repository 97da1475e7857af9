# SPDX-License-Identifier: GPL-2.0
"""What programs do with raw sockets, as fast as they can; each is an action of a
Worker, in a host of lab.py.
"""

import ctypes
import errno
import os
import random
import select
import socket
import struct
import subprocess

import packet
from churn import Sharing

SOL_RAW, ICMP_FILTER = 255, 1
SO_BINDTODEVICE = 25
ICMP = socket.IPPROTO_ICMP
# Protocols of other raw sockets; 253 is nobody's.
OTHERS = (packet.UDP, packet.TCP, 253, socket.IPPROTO_RAW)
RAW_FILE = "/proc/net/icmp4/raw"
PATIENCE_S = 20

# struct sockaddr of AF_UNSPEC: connect() ends a connection.
_NOWHERE = b"\0" * 16


def raw_socket(proto=ICMP):
    return socket.socket(socket.AF_INET, socket.SOCK_RAW, proto)


def only(*kinds):
    """An ICMP_FILTER of 32 bytes that lets these types pass."""
    bits = (1 << 256) - 1
    for kind in kinds:
        bits &= ~(1 << kind)
    return struct.pack("=8I", *(bits >> 32 * i & 0xffffffff for i in range(8)))


def message(kind, number):
    return packet.icmp(kind, 0, struct.pack("!I", number))


def seen(sock):
    """[(type, number), ...] of the messages that a socket has."""
    messages = []
    while True:
        try:
            data = sock.recv(2048, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return messages
        at = (data[0] & 15) * 4
        messages.append((data[at], *struct.unpack("!I", data[at + 4:at + 8])))


class Churn(Sharing):
    """Sockets that are opened, used in any order and closed at any time."""

    # The number in its messages, and in no others.
    mine = 0
    # What a socket that ss -K has killed, or one without a peer, says.
    allowed = (errno.ECONNABORTED, errno.EDESTADDRREQ, errno.ENOTCONN,
               errno.EAGAIN)

    def __init__(self, seed, libc):
        self.random = random.Random(seed)
        self.libc = libc
        self.pool = []

    def __call__(self):
        if len(self.pool) >= 50:
            self.pool.pop(self.random.randrange(len(self.pool))).close()
        proto = self.random.choice((ICMP,) * 8 + OTHERS)
        sock = raw_socket(proto)
        actions = self.random.sample((
            self.filter, self.filter_all, self.read_filter, self.bind,
            self.bind_device, self.connect, self.disconnect, self.send,
            self.receive, self.join, self.small, self.hand_over,
            self.inherit), 5)
        problems = []
        for action in actions:
            try:
                action(sock)
            except OSError as error:
                if not self.may(proto, action, error.errno):
                    problems.append(f"protocol {proto}, {action.__name__}: "
                                    f"{error}")
        if self.random.random() < 0.5:
            self.pool.append(sock)
        else:
            sock.close()
        return problems

    def may(self, proto, action, number):
        """May this fail like that?"""
        if action in (self.filter, self.filter_all, self.read_filter):
            return proto != ICMP and number == errno.EOPNOTSUPP
        if action == self.bind:
            # It is connected already.
            return number in (errno.EINVAL, *self.allowed)
        if action in (self.connect, self.send):
            # From where it is bound no way leads there.
            return number in (errno.EINVAL, errno.ENETUNREACH,
                              errno.EHOSTUNREACH, *self.allowed)
        return number in self.allowed

    def filter(self, sock):
        sock.setsockopt(SOL_RAW, ICMP_FILTER,
                        os.urandom(self.random.randrange(32)))

    def filter_all(self, sock):
        sock.setsockopt(SOL_RAW, ICMP_FILTER, os.urandom(32))

    def read_filter(self, sock):
        sock.getsockopt(SOL_RAW, ICMP_FILTER, self.random.randrange(1, 40))

    def bind(self, sock):
        sock.bind((self.random.choice(("0.0.0.0", "127.0.0.1", packet.HOST,
                                       "192.0.2.9")), 0))

    def bind_device(self, sock):
        sock.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE,
                        self.random.choice((b"lo", b"h0", b"")))

    def connect(self, sock):
        sock.connect((self.random.choice(("127.0.0.1", packet.PEER,
                                          "10.1.2.3")), 0))

    def disconnect(self, sock):
        if self.libc.connect(sock.fileno(), _NOWHERE, len(_NOWHERE)):
            raise OSError(ctypes.get_errno(), "connect to nobody")

    def send(self, sock):
        if sock.proto != socket.IPPROTO_RAW:
            sock.sendto(message(packet.ECHO, self.mine), ("127.0.0.1", 0))

    def receive(self, sock):
        sock.recv(2048, socket.MSG_DONTWAIT)

    def join(self, sock):
        sock.setsockopt(socket.SOL_IP, socket.IP_ADD_MEMBERSHIP,
                        packet.addr("224.0.0.9") + packet.addr(packet.HOST))

    def small(self, sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)


class Look:
    """Who lists raw sockets while they come and go, and kills some."""

    def __call__(self):
        problems = []
        for path, fields in ((RAW_FILE, 9), ("/proc/net/raw", 13)):
            with open(path, encoding="ascii") as file:
                for line in file.read().splitlines()[1:]:
                    if len(line.split()) != fields:
                        problems.append(f"{path}: {line}")
        for command in (["ss", "-Hwan"], ["ss", "-Hwanemp"],
                        ["ss", "-KHwn", "src", "192.0.2.9"]):
            done = subprocess.run(command, capture_output=True, check=False,
                                  text=True)
            # A kernel need not be able to kill.
            if done.returncode and "-KHwn" not in command:
                problems.append(f"{command}: {done.stderr}")
        return problems


class Own:
    """A raw ICMP socket gets what is sent right after it was opened, whoever's it
    is by then, and closes.
    """

    def __init__(self, address):
        self.address = address
        # Others count from elsewhere.
        self.number = packet.addr(address)[3] << 24

    def __call__(self):
        self.number += 1
        wanted = (packet.ECHO, self.number)
        got = []
        with raw_socket() as sock:
            # Until it is bound it gets what anybody sends, if there is room.
            sock.bind((self.address, 0))
            seen(sock)
            sock.sendto(message(*wanted), (self.address, 0))
            while wanted not in got:
                if not select.select([sock], [], [], PATIENCE_S)[0]:
                    break
                got += seen(sock)
        if got.count(wanted) == 1:
            return []
        return [f"got {got.count(wanted)} of {wanted}, {len(got)} in all"]


class Other:
    """Other raw sockets, and those that there are not."""

    def __call__(self):
        problems = []
        for proto in OTHERS:
            raw_socket(proto).close()
        try:
            raw_socket(0).close()
            problems.append("there is a raw socket of protocol 0")
        except OSError as error:
            if error.errno != errno.EPROTONOSUPPORT:
                problems.append(f"protocol 0: {error}")
        return problems


class Kept:
    """A socket that stays open all the time gets every message once."""

    number = 0

    def __init__(self, sock, address):
        self.sock = sock
        self.address = address
        self.sender = raw_socket(packet.UDP)
        # What the IP header says, it says itself.
        self.sender.setsockopt(socket.SOL_IP, socket.IP_HDRINCL, 1)

    def __call__(self):
        self.number += 1
        kind = self.number % 256
        if kind == packet.ECHO_REPLY:
            kind = packet.ECHO
        self.sender.sendto(packet.ip(message(kind, self.number),
                                     src=self.address, dst=self.address),
                           (self.address, 0))
        want = [(kind, self.number)]
        if kind == packet.ECHO:
            want.append((packet.ECHO_REPLY, self.number))
        got = []
        while len(got) < len(want):
            if not select.select([self.sock], [], [], PATIENCE_S)[0]:
                break
            got += seen(self.sock)
        return [] if got == want else [f"got {got}, not {want}"]
