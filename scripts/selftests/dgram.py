# SPDX-License-Identifier: GPL-2.0
"""Datagram ICMP sockets of the host, what they ask and are answered.

  peer p0 ------ h0 host
    |<- request -|        sockets, each with an identifier
    |-- reply -->|        to whom it belongs
"""

import ctypes
import os
import socket
import struct
import zlib

import lab
import packet
import raw
from packet import HOST, MASK, MASK_REPLY

ICMP = socket.IPPROTO_ICMP
EVERYBODY = {"ping_group_range": "0 2147483647"}
REPLIES = {packet.ECHO: packet.ECHO_REPLY,
           packet.TIMESTAMP: packet.TIMESTAMP_REPLY, MASK: MASK_REPLY,
           packet.PROBE: packet.PROBE_REPLY}
# Of which each has the length that the module wants.
LENGTHS = {packet.ECHO: 20, packet.TIMESTAMP: 20, MASK: 12, packet.PROBE: 12}
ID = 0x3344
PROC = "/proc/net/icmp4/dgram"
CLONE_NEWUSER = 0x10000000
PR_SET_DUMPABLE = 4


def request(kind=packet.ECHO, size=None, code=0, ident=0xdead, seq=7):
    """A message of so many bytes; its checksum and identifier are wrong."""
    size = LENGTHS.get(kind, 20) if size is None else size
    return (struct.pack("!BBHHH", kind, code, 0xbad, ident, seq) +
            packet.payload(max(0, size - 8)))[:size]


def filled(message, ident=ID):
    """The same with what the kernel writes into it."""
    return packet.icmp(message[0], message[1], struct.pack("!H", ident) +
                       message[6:8], message[8:])


def reply(kind=packet.ECHO_REPLY, ident=ID, seq=7, size=None, code=0,
          **fields):
    """A frame with a reply."""
    if size is None:
        size = {MASK_REPLY: 4, packet.TIMESTAMP_REPLY: 12}.get(kind, 24)
    message = packet.icmp(kind, code, struct.pack("!HH", ident, seq),
                          packet.payload(size))
    return packet.frame(message, **fields)


def number(sock):
    """The identifier of a socket."""
    return sock.getsockname()[1]


def rows():
    """The lines of /proc/net/icmp4/dgram, in fields; None without it."""
    if not os.path.exists(PROC):
        return None
    with open(PROC, encoding="ascii") as file:
        return [line.split() for line in file.read().splitlines()[1:]]


def words(data, flags, name):
    """A message that a socket received."""
    said = [f"{len(data)} bytes {zlib.crc32(data):08x} {data[:12].hex()}"]
    if flags:
        said.append(f"flags {flags:#x}")
    said.append(f"from {name[0]}:{name[1]}" if name else "from nobody")
    return " ".join(said)


class Pinger(raw.Listener):
    """A datagram socket with options for setsockopt(2); ident: its identifier,
    which it has only if it has an address, or is bound to any.
    """

    def __init__(self, *options, local=None, far=None, ident=None):
        self.proto = ICMP
        self.got = 0
        self.begin = raw.time.time()
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, ICMP)
        self.sock.setblocking(False)
        for option in options:
            self.sock.setsockopt(*option)
        if local is not None or ident is not None:
            self.sock.bind((local or "0.0.0.0", ident or 0))
        if far is not None:
            self.sock.connect((far, 0))

    def describe(self, data, control, flags, name):
        return " ".join([words(data, flags, name),
                         *(self.control(*one) for one in control)])

    def bodies(self):
        bodies = []
        while True:
            try:
                bodies.append(self.sock.recv(1 << 17))
            except BlockingIOError:
                return bodies
            self.got += 1


class Play(raw.Play):
    """One whose sockets are of this kind."""

    got = lost = 0

    def open(self, *options, name="socket", kind=Pinger, **known):
        return super().open(*options, name=name, kind=kind, **known)

    def drop(self, name):
        """Close one; what it has got stays counted."""
        one = self.sockets.pop(name)
        one.messages()
        self.got += one.got
        self.lost += one.drops()
        one.close()

    def close(self):
        got, lost = super().close()
        return got + self.got, lost + self.lost


class Scene(raw.Scene):
    """What a function does with a Play.

    refused: messages that sockets do not get and do not count as drops
    """

    kind = Play

    def __init__(self, name, function, *arguments, refused=0, **known):
        super().__init__(name, function, *arguments, **known)
        self.refused = refused

    def judge(self, play, stat, got, lost):
        if rows() is None:
            return
        if rows():
            play.note("left open", rows())
        counted = [stat.get("Icmp4." + name, 0)
                   for name in ("InAnswers", "InRefused", "InPassed")]
        if self.exact and counted != [got, lost + self.refused, 0]:
            play.note("miscounted", f"{counted}, not {got} got, {lost} lost")


class Group(raw.Group):
    """Scenes in which everybody may open such a socket."""

    def __init__(self, name, stimuli, answered=0, sysctls=None, **known):
        super().__init__(name, stimuli, answered=answered,
                         sysctls={**EVERYBODY, **(sysctls or {})}, **known)


def as_user(function, uid=1000, gid=1000, groups=()):
    """What a function says in a child that is somebody else, in text."""
    ends = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgroups(groups)
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            said = str(raw.verdict(function))
        except BaseException as error:  # pylint: disable=broad-except
            said = repr(error)
        os.write(ends[1], said.encode())
        os._exit(0)
    os.close(ends[1])
    said = b""
    while part := os.read(ends[0], 65536):
        said += part
    os.close(ends[0])
    os.waitpid(child, 0)
    return said.decode()


def enter_user_namespace(network):
    """Go to a new namespace of users as its root, also to a network of its own.
    For who has become user 1000.
    """
    flags = CLONE_NEWUSER | (lab.CLONE_NEWNET if network else 0)
    libc = ctypes.CDLL(None)
    # It has changed its user, and may not write its own files before.
    if libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) or libc.unshare(flags):
        raise RuntimeError("unshare fails")
    lab.write("/proc/self/setgroups", "deny")
    lab.write("/proc/self/uid_map", "0 1000 1")
    lab.write("/proc/self/gid_map", "0 1000 1")


def talk(far=HOST):
    """Open a socket, ask, and hear the answer; in words. Waits for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, ICMP) as sock:
        sock.settimeout(30)
        sock.sendto(request(), (far, 0))
        data, source = sock.recvfrom(1 << 16)
        right = data == packet.echo(
            packet.payload(12), number(sock), 7, kind=packet.ECHO_REPLY)
        return f"{source} {'right' if right else data.hex()}"
