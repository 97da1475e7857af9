# SPDX-License-Identifier: GPL-2.0
"""Raw sockets of the host, and all that a program can tell of them.

  peer p0 ------ h0 host
    | messages ->|        sockets, and what each hears, says and is told
    |<- messages |        /proc/net/raw, ss, counters
"""

import array
import ctypes
import errno
import fcntl
import mmap
import os
import select
import socket
import struct
import termios
import time
import zlib

import lab
import packet
import versus
from packet import HOST, PEER
from sender import EVENTS

ICMP = socket.IPPROTO_ICMP
SOL_IP, SOL_SOCKET = socket.SOL_IP, socket.SOL_SOCKET
SOL_RAW, ICMP_FILTER = 255, 1
IP_PKTINFO = 8
SO_TIMESTAMP, SO_TIMESTAMPNS = 29, 35
SO_RXQ_OVFL, SO_MEMINFO = 40, 55
FOREIGN = "10.1.1.1"
OWN = {packet.addr(own) for own in (HOST, "192.0.2.9", "198.51.100.1",
                                    "203.0.113.1", "127.0.0.1",
                                    "10.77.0.1")}

_libc = ctypes.CDLL(None, use_errno=True)


def verdict(function, *arguments):
    """What a call says: an errno's name, or what it returns."""
    try:
        return function(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]


def libc(function, *arguments):
    """The same of a function of the C library; "0" where it succeeds."""
    if getattr(_libc, function)(*arguments) < 0:
        return errno.errorcode[ctypes.get_errno()]
    return "0"


class Edge:
    """Memory of which only the first bytes may be read or written."""

    def __init__(self, data=b""):
        size = mmap.PAGESIZE
        self.memory = mmap.mmap(-1, 2 * size)
        start = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        self.address = start + size - len(data)
        ctypes.memmove(self.address, data, len(data))
        if _libc.mprotect(ctypes.c_void_p(start + size),
                          ctypes.c_size_t(size), 0):
            raise OSError(ctypes.get_errno(), "mprotect")


def set_option(sock, level, name, data, size=None):
    """setsockopt(2), whatever the size says; data may be an address."""
    pointer = (ctypes.c_void_p(data) if isinstance(data, int) else
               ctypes.create_string_buffer(data, len(data)))
    return libc("setsockopt", sock.fileno(), level, name, pointer,
                ctypes.c_int(len(data) if size is None else size))


def get_option(sock, level, name, size, room=64):
    """getsockopt(2): its verdict, the size it says, and the bytes of a buffer
    that was all 0xee.
    """
    value = ctypes.create_string_buffer(b"\xee" * room, room)
    length = ctypes.c_int(size)
    said = libc("getsockopt", sock.fileno(), level, name, value,
                ctypes.byref(length))
    return said, length.value, value.raw


def mask(types, size=32):
    """The bits of a filter that hides these."""
    number = sum(1 << kind for kind in types)
    return b"".join(struct.pack("=I", number >> at & 0xffffffff)
                    for at in range(0, 8 * size, 32))


def set_filter(sock, data, size=None):
    return set_option(sock, SOL_RAW, ICMP_FILTER, data, size)


def get_filter(sock, size):
    return get_option(sock, SOL_RAW, ICMP_FILTER, size)


class Listener:
    """A raw socket with options for setsockopt(2)."""

    def __init__(self, *options, local=None, far=None, proto=ICMP):
        self.proto = proto
        self.got = 0
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, proto)
        self.sock.setblocking(False)
        self.begin = time.time()
        for option in options:
            self.sock.setsockopt(*option)
        if local is not None:
            self.sock.bind((local, 0))
        if far is not None:
            self.sock.connect((far, 0))

    def fileno(self):
        return self.sock.fileno()

    def info(self):
        return struct.unpack("=9I", self.sock.getsockopt(
            SOL_SOCKET, SO_MEMINFO, 36))

    def memory(self):
        """How much waits to be read."""
        return self.info()[0]

    def drops(self):
        """What the socket itself counts."""
        return self.info()[8]

    def close(self):
        self.sock.close()

    def take(self, size=1 << 17, flags=0):
        """One message in words, or an errno."""
        try:
            message = self.sock.recvmsg(size, 1024, flags)
        except OSError as error:
            return errno.errorcode[error.errno]
        if not flags & (socket.MSG_PEEK | socket.MSG_ERRQUEUE):
            self.got += 1
        return self.describe(*message)

    def messages(self):
        """All there is, in words."""
        words = []
        while words[-1:] != ["EAGAIN"] and len(words) < 5000:
            words.append(self.take())
        return words[:-1]

    def bodies(self):
        """All there is: what stands behind the IP headers."""
        bodies = []
        while True:
            try:
                data = self.sock.recv(1 << 17)
            except BlockingIOError:
                return bodies
            self.got += 1
            bodies.append(data[(data[0] & 15) * 4:])

    def types(self):
        return [body[0] for body in self.bodies()]

    def describe(self, data, control, flags, name):
        words = [seen(data)]
        if flags:
            words.append(f"flags {flags:#x}")
        words.append(f"from {name[0]}:{name[1]}" if name else "from nobody")
        words += (self.control(*one) for one in control)
        return " ".join(words)

    def control(self, level, kind, value):
        """A control message: devices by name, clocks as far as they are
        right.
        """
        if (level, kind) == (SOL_IP, IP_PKTINFO):
            number = struct.unpack("=i", value[:4])[0]
            name = socket.if_indextoname(number) if number else "none"
            return (f"on {name} at {socket.inet_ntoa(value[4:8])} to "
                    f"{socket.inet_ntoa(value[8:12])}")
        if level == SOL_SOCKET and kind in (SO_TIMESTAMP, SO_TIMESTAMPNS):
            seconds, part = struct.unpack("=qq", value)
            unit = 10**6 if kind == SO_TIMESTAMP else 10**9
            now = seconds + part / unit
            right = self.begin - 1 <= now <= time.time() + 1
            return f"clock {kind} {'right' if right else now}"
        return f"{level}:{kind} {value.hex()}"

    def poll(self):
        poll = select.poll()
        poll.register(self.sock, sum(EVENTS))
        events = dict(poll.poll(0)).get(self.sock.fileno(), 0)
        return " ".join(name for event, name in EVENTS.items()
                        if events & event)

    def queued(self, request):
        """SIOCINQ or SIOCOUTQ."""
        value = array.array("i", [-1])
        fcntl.ioctl(self.sock, request, value)
        return value[0]

    def incoming(self):
        return self.queued(termios.FIONREAD)

    def option(self, level, name, size=0):
        return str(verdict(self.sock.getsockopt, level, name, size))

    def error(self):
        number = self.sock.getsockopt(SOL_SOCKET, socket.SO_ERROR)
        return errno.errorcode[number] if number else "0"


def seen(data):
    """A message with its IP header, in words. What the host sends itself has
    an identification of its own choice.
    """
    if len(data) < 20:
        return f"{len(data)} bytes {data.hex()}"
    if data[12:16] in OWN:
        data = data[:4] + b"\0\0" + data[6:10] + b"\0\0" + data[12:]
    return (f"{len(data)} bytes {zlib.crc32(data):08x} of "
            f"{socket.inet_ntoa(data[12:16])} {data[20:36].hex()}")


class Play:
    """What is done in a scene, and what is told of it."""

    def __init__(self, host):
        self.host = host
        self.sockets = {}
        self.notes = {}
        self.frames = []

    def open(self, *options, name="socket", kind=Listener, **known):
        while name in self.sockets:
            name += "'"
        self.sockets[name] = kind(*options, **known)
        return self.sockets[name]

    def note(self, name, value):
        while name in self.notes:
            name += "'"
        self.notes[name] = str(value)

    def send(self, *frames):
        self.frames += self.host.exchange(frames)

    def hear(self, *frames):
        """Send frames, and note what each socket hears of them."""
        self.send(*frames)
        for name, one in self.sockets.items():
            messages = one.messages()
            self.note(f"{name} hears", "; ".join(messages))
            if any("bytes" in message for message in messages):
                self.notes["heard"] = "yes"

    def close(self):
        """Close all; returns how many messages came and were lost."""
        self.host.exchange([])
        got = lost = 0
        for one in self.sockets.values():
            if one.proto == ICMP and one.fileno() >= 0:
                one.messages()
                lost += one.drops()
            got += one.got if one.proto == ICMP else 0
            one.close()
        return got, lost


class Scene(versus.Stimulus):
    """What a function does with a Play; compared is what it notes.

    counted: every message that its sockets get is one that the module has
        given them, and every one that they lose is one that it counts
    """

    kind = Play

    def __init__(self, name, function, *arguments, exact=True, **known):
        super().__init__(name, **known)
        self.function = function
        self.arguments = arguments
        self.exact = exact

    def play(self, host):
        begin = lab.stat()
        play = self.kind(host)
        try:
            self.function(play, *self.arguments)
        finally:
            got, lost = play.close()
        self.judge(play, lab.stat().since(begin), got, lost)
        return play.frames + host.received(), play.notes

    def judge(self, play, stat, got, lost):
        """Without the module there is nothing to count."""
        if not os.path.exists("/proc/net/icmp4/raw") or not self.exact:
            return
        counted = {name: stat.get("Icmp4.Raw" + name, 0)
                   for name in ("Delivered", "Full", "Policy")}
        if (counted["Delivered"] != got or
                counted["Full"] + counted["Policy"] != lost):
            play.note("miscounted", f"{counted}, not {got} got, {lost} lost")


class Group(versus.Group):
    """Scenes; how the module answers what raw sockets got as well is no matter
    of theirs.
    """

    watched = ()


def echo(data=8, **fields):
    return packet.frame(packet.echo(data), **fields)


def many(message=None, dst="192.0.2.255", src=PEER, **fields):
    """A message to a broadcast or multicast address."""
    address = packet.addr(dst)
    mac = packet.BROADCAST_MAC
    if address[0] & 0xf0 == 0xe0:
        mac = b"\1\0\x5e" + bytes([address[1] & 0x7f]) + address[2:]
    return packet.ether(packet.ip(message or packet.echo(8), src=src, dst=dst,
                                  **fields), mac)
