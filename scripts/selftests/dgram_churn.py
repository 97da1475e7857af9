# SPDX-License-Identifier: GPL-2.0
"""What programs do with datagram ICMP sockets, as fast as they can; each class is an
action of a Worker, in a host of lab.py.
"""

import ctypes
import errno
import random
import select
import socket
import struct

import packet
from churn import Sharing

ICMP = socket.IPPROTO_ICMP
IP_RECVERR, IP_RECVTTL, IP_STRIPHDR, IP_BOUND_IF = 11, 12, 0x4417, 0x4419
DGRAM_FILE = "/proc/net/icmp4/dgram"
DARWIN = "/proc/sys/net/ipv4/icmp_dgram_darwin"
PATIENCE_S = 20
# Those of who is in a hurry; whoever stays has another one.
HURRIED = range(1, 30000)

# struct sockaddr of AF_UNSPEC: connect() ends a connection.
_NOWHERE = b"\0" * 16


def dgram_socket():
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM, ICMP)


def is_darwin(sock):
    """Its way is what the knob said when it was opened."""
    try:
        sock.getsockopt(socket.SOL_IP, IP_STRIPHDR)
    except OSError:
        return False
    return True


def message(kind, ident, number):
    return packet.icmp(kind, 0, struct.pack("!HH", ident, 1),
                       struct.pack("!III", number, 0, 0))


def take(sock, *flags):
    """What recvmsg() says; None if there is nothing. An error that is pending is not
    waited for, it was in the queue of errors.
    """
    while True:
        try:
            return sock.recvmsg(2048, 512, socket.MSG_DONTWAIT, *flags)
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno not in (errno.EHOSTUNREACH, errno.ECONNREFUSED):
                raise


def seen(sock):
    """[(type, identifier, number), ...] of the messages that a socket has, whichever
    way it goes.
    """
    messages = []
    while (got := take(sock)) is not None:
        data = got[0]
        if data[0] >> 4 == 4:
            data = data[(data[0] & 15) * 4:]
        if data[0] == packet.UNREACH:
            # What it is about stands behind the header that it quotes.
            kind, data = data[0], data[28:]
        else:
            kind = data[0]
        messages.append((kind, *struct.unpack("!H", data[4:6]),
                         *struct.unpack("!I", data[8:12])))
    return messages


def told(sock):
    """The numbers of the requests that its queue of errors is about."""
    numbers = []
    while True:
        try:
            data = sock.recvmsg(2048, 512, socket.MSG_DONTWAIT |
                                socket.MSG_ERRQUEUE)[0]
        except BlockingIOError:
            return numbers
        numbers += struct.unpack("!I", data[8:12])


class Hurry(Sharing):
    """Sockets of both ways that are opened, used in any order and closed at any
    time.
    """

    forks = 0.02
    # What may be wrong with an address, a connection or a message in this order.
    allowed = (errno.EINVAL, errno.EADDRINUSE, errno.EADDRNOTAVAIL,
               errno.EAGAIN, errno.EDESTADDRREQ, errno.EISCONN,
               errno.ENOTCONN, errno.ENETUNREACH, errno.EHOSTUNREACH,
               errno.ECONNREFUSED, errno.ENOBUFS, errno.EOPNOTSUPP,
               errno.ENOPROTOOPT, errno.EMSGSIZE)

    def __init__(self, seed, libc):
        self.random = random.Random(seed)
        self.libc = libc
        self.pool = []
        self.darwin = False

    def __call__(self):
        if len(self.pool) >= 30:
            self.pool.pop(self.random.randrange(len(self.pool))).close()
        # That one can be opened is not for chance to say.
        sock = dgram_socket()
        problems = []
        for action in self.random.sample(
                (self.bind, self.connect, self.disconnect, self.echo,
                 self.timestamp, self.receive, self.errors, self.options,
                 self.device, self.small, self.hand_over, self.inherit,
                 self.turn), 4):
            try:
                action(sock)
            except OSError as error:
                if error.errno not in self.allowed:
                    problems.append(f"{action.__name__}: {error}")
        if self.random.random() < 0.4:
            self.pool.append(sock)
        else:
            sock.close()
        return problems

    def bind(self, sock):
        sock.bind((self.random.choice(("0.0.0.0", "127.0.0.1", packet.HOST,
                                       "192.0.2.9")),
                   self.random.choice((0, self.random.choice(HURRIED)))))

    def connect(self, sock):
        sock.connect((self.random.choice(("127.0.0.1", packet.PEER)), 0))

    def disconnect(self, sock):
        if self.libc.connect(sock.fileno(), _NOWHERE, len(_NOWHERE)):
            raise OSError(ctypes.get_errno(), "connect to nobody")

    def echo(self, sock):
        sock.sendto(message(packet.ECHO, self.random.choice(HURRIED), 0),
                    ("127.0.0.1", 0))

    def timestamp(self, sock):
        sock.sendto(message(packet.TIMESTAMP, self.random.choice(HURRIED), 0),
                    ("127.0.0.1", 0))

    def receive(self, sock):
        sock.recv(2048, socket.MSG_DONTWAIT)

    def errors(self, sock):
        sock.setsockopt(socket.SOL_IP, IP_RECVERR, 1)
        sock.recvmsg(2048, 512, socket.MSG_DONTWAIT | socket.MSG_ERRQUEUE)

    def options(self, sock):
        for option in (IP_STRIPHDR, socket.IP_HDRINCL, IP_RECVTTL):
            sock.setsockopt(socket.SOL_IP, option, self.random.randrange(2))

    def device(self, sock):
        sock.setsockopt(socket.SOL_IP, IP_BOUND_IF, self.random.randrange(3))

    def small(self, sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)

    def turn(self, _):
        """The next ones go the other way, and all that others open."""
        self.darwin = not self.darwin
        with open(DARWIN, "w", encoding="ascii") as file:
            file.write(str(int(self.darwin)))


class Look:
    """Who lists datagram sockets while they come and go."""

    def __call__(self):
        problems = []
        for path, fields in ((DGRAM_FILE, 9), ("/proc/net/icmp", 13)):
            with open(path, encoding="ascii") as file:
                lines = file.read().splitlines()[1:]
            problems += [f"{path}: {line}" for line in lines
                         if len(line.split()) != fields]
        return problems


class Own:
    """A socket gets the reply to what it sends right after it was opened, whosever
    it is by then, and whichever way it goes, and closes.
    """

    def __init__(self, address):
        self.address = address
        self.number = packet.addr(address)[3] << 24

    def __call__(self):
        self.number += 1
        got = []
        with dgram_socket() as sock:
            # Until it is bound it gets what is for others, if it is Darwin's.
            sock.bind((self.address, 0))
            seen(sock)
            sock.sendto(message(packet.ECHO, 1, self.number),
                        (self.address, 0))
            while not got:
                if not select.select([sock], [], [], PATIENCE_S)[0]:
                    break
                got = seen(sock)
            got += seen(sock)
        good = [one for one in got if one[0] == packet.ECHO_REPLY and
                one[2] == self.number]
        return [] if len(good) == len(got) == 1 else [f"got {got}"]


class Kept:
    """A socket that stays open all the time gets the reply to each request once."""

    number = 0

    def __init__(self, sock, address):
        self.sock = sock
        self.address = address

    def __call__(self):
        self.number += 1
        self.sock.sendto(message(packet.ECHO, 1, self.number),
                         (self.address, 0))
        got = []
        if select.select([self.sock], [], [], PATIENCE_S)[0]:
            got = [(one[0], one[2]) for one in seen(self.sock)]
        want = [(packet.ECHO_REPLY, self.number)]
        return [] if got == want else [f"got {got}, not {want}"]
