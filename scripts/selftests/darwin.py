# SPDX-License-Identifier: GPL-2.0
"""Datagram sockets of Darwin's way: how they are opened, what they are given
to send and what comes of it on the wire.

The host of lab.py opens them; what they send arrives at its peer.
"""

import contextlib
import errno
import os
import signal
import socket
import struct

import lab
import packet
from packet import HOST, PEER
from pace import differ

# As in icmp4.h.
IP_RECVDSTADDR, IP_MULTICAST_VIF, IP_PORTRANGE = 0x4407, 0x440e, 0x4413
IP_RECVIF, IP_STRIPHDR, IP_BOUND_IF = 0x4414, 0x4417, 0x4419
# As in linux/in.h.
IP_TOS, IP_TTL, IP_HDRINCL, IP_OPTIONS = 1, 2, 3, 4
IP_RECVOPTS, IP_RETOPTS, IP_PKTINFO, IP_RECVTTL = 6, 7, 8, 12
IP_FREEBIND, IP_IPSEC_POLICY, IP_TRANSPARENT = 15, 16, 19
IP_MULTICAST_IF, IP_MULTICAST_TTL, IP_MULTICAST_LOOP = 32, 33, 34
IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP = 35, 36

OTHER = "192.0.2.9"
GROUP = "224.0.0.77"
NOBODY = "10.9.8.7"
USER = 1000


def mask(extra=b"\0" * 4, **fields):
    """An address mask request."""
    return packet.icmp(packet.MASK, rest=b"\x12\x34\0\1", data=extra, **fields)


def begin(host):
    """Sockets that are opened from now on are Darwin's, whoever opens them."""
    lab.sysctl("ping_group_range", f"0\t{2 ** 31 - 2}")
    lab.sysctl("icmp_dgram_darwin", 1)
    # With a header nothing is fragmented.
    lab.ip("link set h0 mtu 65535")
    host.exchange([])


def ping():
    """A datagram socket, of the way that is set."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM,
                         socket.IPPROTO_ICMP)
    sock.settimeout(0)
    return sock


@contextlib.contextmanager
def opened(*options, bind=None, connect=None):
    """One with options for setsockopt(2), at level SOL_IP if they are two."""
    with ping() as sock:
        for option in options:
            sock.setsockopt(*((socket.SOL_IP,) if len(option) == 2 else ()),
                            *option)
        if bind:
            sock.bind((bind, 0))
        if connect:
            sock.connect((connect, 0))
        yield sock


def attempt(call, *arguments):
    """The name of its errno, or "" if it succeeds."""
    try:
        call(*arguments)
    except OSError as error:
        return name_of(error.errno)
    return ""


def name_of(number):
    """Of the two that 95 has, the one that sockets use."""
    if number == errno.EOPNOTSUPP:
        return "EOPNOTSUPP"
    return errno.errorcode[number]


def header(message=None, version=4, ihl=None, tos=0, total=None, ident=0,
           frag=0, ttl=64, proto=1, csum=0, src=HOST, dst=PEER, options=b""):
    """What is sent with IP_HDRINCL; nothing of it is made right."""
    if message is None:
        message = packet.echo(32)
    if ihl is None:
        ihl = 5 + len(options) // 4
    if total is None:
        total = 20 + len(options) + len(message)
    return struct.pack("!BBHHHBBH4s4s", version << 4 | ihl, tos, total, ident,
                       frag, ttl, proto, csum, packet.addr(src),
                       packet.addr(dst)) + options + message


def sent(host):
    """The IP packets that have left the host since the last call."""
    return [frame[14:] for frame in host.exchange([])]


def silent(host, what, got, wanted):
    """Problems, unless a call had this outcome and nothing has left."""
    return differ(what, [got, [one.hex() for one in sent(host)]], [wanted, []])


def left(host, what, expected):
    """Problems, unless one packet has left and is that one, but for the
    identification and the checksum, which has to be good.
    """
    packets = sent(host)
    if len(packets) != 1:
        return [f"{what}: {len(packets)} packets have left"]
    got = packets[0]
    problems = differ(f"{what}: sum of the header",
                      packet.checksum(got[:(got[0] & 15) * 4]), 0)
    return problems + differ(what, (got[:4] + got[6:10] + got[12:]).hex(),
                             (expected[:4] + expected[6:10] +
                              expected[12:]).hex())


def as_user(test, *arguments):
    """What a test returns when somebody without any rights runs it."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setgid(USER)
            os.setuid(USER)
            text = "\n".join(test(*arguments))
        except BaseException as error:  # pylint: disable=broad-except
            text = f"it raised {error!r}"
        os.write(write, text.encode()[:60000])
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        text = file.read()
    os.waitpid(child, 0)
    return text.splitlines()


@contextlib.contextmanager
def meanwhile(action):
    """Another process does it without a pause, on another CPU."""
    child = os.fork()
    if not child:
        try:
            os.sched_setaffinity(0, {0})
            while True:
                action()
        finally:
            os._exit(1)
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        if status != signal.SIGKILL:
            raise RuntimeError(f"it ended by itself: {status:#x}")
