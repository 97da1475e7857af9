#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""What sockets of Darwin's way may send, where to, how long it may be, and what
errno says so. The header is the system's here, see test_darwin_header.py for
those of programs.

  host                               peer
  socket -- sendto(message, ...) --- p0
"""

import socket
import struct

import lab
import packet
import versus
from darwin import (IP_HDRINCL, OTHER, attempt, begin, differ, header, left,
                    mask, name_of, opened, sent, silent)
from packet import HOST, PEER, echo, timestamp


def types(host):
    """What may be sent: types, codes and lengths."""
    begin(host)
    problems = []
    good = {"echo": echo(32), "no data": echo(0), "a byte": echo(1),
            "a wrong sum": echo(32, csum=0x1234), "timestamp": timestamp(),
            "mask": mask(), "identifier 0": echo(0, ident=0),
            "sequence": echo(7, seq=65535)}
    bad = {f"type {kind}": packet.icmp(kind, data=b"\0" * size)
           for kind in range(256) for size in (4, 12) if kind != 8 and
           (kind, size) not in ((13, 12), (17, 4))}
    for code in range(1, 256):
        bad |= {f"echo {code}": echo(code=code),
                f"timestamp {code}": timestamp(code=code),
                f"mask {code}": mask(code=code)}
    bad |= {f"{size} bytes": echo(0)[:size] for size in range(8)}
    bad |= {f"timestamp, {size} bytes": timestamp(b"\0" * 12)[:size]
            for size in range(8, 33) if size != 20}
    bad |= {f"mask, {size} bytes": mask(b"\0" * 12)[:size]
            for size in range(8, 21) if size != 12}
    for connected in None, PEER:
        with opened(connect=connected) as sock:
            address = [] if connected else [(PEER, 0)]
            for what, data in bad.items():
                problems += silent(host, what, attempt(
                    sock.sendto if address else sock.send, data, *address),
                    "EINVAL")
            for what, data in good.items():
                problems += differ(what, attempt(
                    sock.sendto if address else sock.send, data, *address), "")
                problems += left(host, what, packet.ip(
                    data, src=HOST, dst=PEER, frag=0x4000))
    return problems


def names(host):
    """Where to: addresses, and what has to be said about them."""
    begin(host)
    problems = []
    to = (PEER, 0)
    with opened() as sock:
        problems += silent(host, "not connected", attempt(
            sock.send, echo(32)), "ENOTCONN")
        problems += silent(host, "not connected, too short", attempt(
            sock.send, b""), "ENOTCONN")
        problems += silent(host, "broadcast", attempt(
            sock.sendto, echo(32), ("192.0.2.255", 0)), "EACCES")
        problems += silent(host, "MSG_OOB", attempt(
            sock.sendto, echo(32), socket.MSG_OOB, to), "EOPNOTSUPP")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        problems += differ("broadcast", attempt(
            sock.sendto, echo(32), ("192.0.2.255", 0)), "")
        problems += differ("broadcast", len(sent(host)), 1)
        # MSG_MORE holds nothing back.
        sock.sendto(echo(32), socket.MSG_MORE, to)
        problems += differ("MSG_MORE", len(sent(host)), 1)
        sock.connect(to)
        for address in to, (OTHER, 0):
            problems += differ("twice", attempt(sock.connect, address),
                               "EISCONN")
            problems += silent(host, "with a name", attempt(
                sock.sendto, echo(32), address), "EISCONN")
        sock.send(echo(32))
        problems += differ("connected", len(sent(host)), 1)
        libc("connect", sock, struct.pack("=H14x", socket.AF_UNSPEC))
        problems += silent(host, "no longer", attempt(sock.send, echo(32)),
                           "ENOTCONN")
        sock.connect(to)
        sock.send(echo(32))
        problems += differ("connected again", len(sent(host)), 1)
    unknown = struct.pack("!H2x4s8x", 0, packet.addr(PEER))
    with opened() as sock:
        for call in "connect", "bind", "sendto":
            for what, address, wanted in (
                    ("short", b"\2\0\0\0", "EINVAL"),
                    ("of 15 bytes", struct.pack("=H2x4s7x", 2, packet.addr(
                        HOST)), "EINVAL"),
                    ("of family 10", struct.pack("=H2x4s20x", 10, packet.addr(
                        HOST)), "EAFNOSUPPORT"),
                    ("of family 1", struct.pack("=H2x4s8x", 1, packet.addr(
                        HOST)), "EAFNOSUPPORT"),
                    ("of no family", unknown, "EAFNOSUPPORT")):
                if (call, what) == ("connect", "of no family"):
                    continue
                problems += silent(host, f"{call}, {what}", libc(
                    call, sock, address), wanted)
        problems += differ("bind", attempt(sock.bind, (OTHER, 0)), "")
        problems += differ("name", sock.getsockname()[0], OTHER)
        sock.sendto(echo(32), to)
        return problems + left(host, "bound", packet.ip(
            echo(32), src=OTHER, dst=PEER, frag=0x4000))


def libc(call, sock, address):
    """A call with an address that Python would not make."""
    more = (echo(32), 40, 0) if call == "sendto" else ()
    lab.ctypes.set_errno(0)
    function = getattr(lab.ctypes.CDLL(None, use_errno=True), call)
    if function(sock.fileno(), *more, address, len(address)) >= 0:
        return ""
    return name_of(lab.ctypes.get_errno())


def queue_full(host):
    """A queue that is full is an error, and nothing stays behind."""
    begin(host)
    problems = []
    lab.run("tc", "qdisc", "add", "dev", "h0", "root", "pfifo", "limit", "0")
    for connected in None, PEER:
        for options in [], [(IP_HDRINCL, 1)]:
            with opened(*options, connect=connected) as sock:
                data = header() if options else echo(32)
                for _ in range(100):
                    problems += differ("sendto", attempt(
                        *(sock.send, data) if connected else
                        (sock.sendto, data, (PEER, 0))), "ENOBUFS")
                # No queue of errors, nor room for more, is taken by them.
                problems += differ("SO_ERROR", sock.getsockopt(
                    socket.SOL_SOCKET, socket.SO_ERROR), 0)
                problems += differ("recv", attempt(sock.recv, 1), "EAGAIN")
    lab.run("tc", "qdisc", "del", "dev", "h0", "root")
    with opened() as sock:
        sock.sendto(echo(32), (PEER, 0))
        return problems + differ("in the end", len(sent(host)), 1)


# More than that is never allowed, see src/darwin.h.
LONGEST = 15000


def longest(host):
    """raw_maxdgram and SO_SNDBUF say how long a message may be."""
    begin(host)
    problems = []

    def most(sock, size):
        """The longest has so many bytes, all of which arrive."""
        bad = []
        for number, wanted in ((size, ""), (size + 1, "EMSGSIZE"),
                               (65536, "EMSGSIZE")):
            got = attempt(sock.sendto, echo(number - 8), (PEER, 0))
            bad += differ(f"{number} bytes", got, wanted)
            bad += differ(f"{number} bytes: length", [
                one[2:4] for one in sent(host)],
                [] if wanted else [struct.pack("!H", 20 + number)])
        return bad

    with opened() as old:
        problems += most(old, 8192)
        for size in 8, 100, 8191, LONGEST:
            lab.sysctl("raw_maxdgram", size)
            with opened() as sock:
                problems += most(sock, size)
        # When it was opened is what counts.
        problems += most(old, 8192)
        lab.sysctl("raw_maxdgram", 8192)
        for size in 20000, 5000, 60000:
            old.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
            problems += most(old, min(size, LONGEST))
    return problems


if __name__ == "__main__":
    versus.main([], (types, names, queue_full, longest))
