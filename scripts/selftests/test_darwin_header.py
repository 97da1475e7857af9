#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""IP_HDRINCL on sockets of Darwin's way, rule by rule of its icmp(4): a header
that is wrong in one thing alone is refused and nothing leaves; one that is right
leaves as it is, but for what the system fills in.

  host                              peer
  socket -- sendto(header, ...) --- p0
"""

import select
import socket

import lab
import packet
import versus
from darwin import (IP_HDRINCL, IP_OPTIONS, GROUP, NOBODY, OTHER, as_user,
                    attempt, begin, differ, header, left, mask, opened, sent,
                    silent)
from packet import HOST, PEER, echo, timestamp

HDRINCL = (IP_HDRINCL, 1)
NOPS = b"\1" * 20
RECORD = b"\7\7\4\0\0\0\0\0"
STAMPS = b"\x44\x08\x05\0\0\0\0\0"


def refused(host, cases, wanted="EINVAL"):
    """Each of {what: bytes} is refused."""
    problems = []
    with opened(HDRINCL) as sock:
        for what, data in cases.items():
            problems += silent(host, what, attempt(sock.sendto, data,
                                                   (PEER, 0)), wanted)
        # Or nothing at all could be sent.
        sock.sendto(header(), (PEER, 0))
        return problems + left(host, "a good one", header())


def field_cases():
    size = len(header())
    cases = {f"version {one}": header(version=one)
             for one in range(16) if one != 4}
    cases |= {f"ip_hl {one}": header(ihl=one) for one in range(5)}
    cases |= {f"ip_hl {one} in earnest": header(options=b"\1" * (one * 4 - 20))
              for one in range(11, 16)}
    cases |= {f"ip_hl {one} beyond the end": header(b"", ihl=one)
              for one in range(6, 16)}
    cases |= {f"ip_len {one}": header(total=one)
              for one in (0, 1, 20, size - 20, size - 1, size + 1, 65535,
                          socket.htons(size))}
    cases |= {f"ip_id {one:#x}": header(ident=one)
              for one in (*(1 << bit for bit in range(16)), 0xffff)}
    cases |= {f"ip_off {one:#x}": header(frag=one)
              for one in (*(1 << bit for bit in range(16)), 0x4001)}
    return cases | {f"ip_p {one}": header(proto=one)
                    for one in range(2, 256)}


def fields(host):
    """A header that is wrong in one field."""
    begin(host)
    return refused(host, field_cases())


def source_cases():
    return {f"source {one}": header(src=one) for one in (
        PEER, NOBODY, "198.51.100.2", "192.0.2.255", "192.0.2.0",
        "255.255.255.255", "224.0.0.1", GROUP, "240.0.0.1", "0.0.0.1",
        "1.2.0.192", "203.0.113.2")}


def sources(host):
    """A source that is not the host's."""
    begin(host)
    return refused(host, source_cases())


def lengths(host):
    """What is too short or too long."""
    begin(host)
    whole = header(b"")
    cases = {f"{size} bytes": header(b"\x08" + b"\0" * 7)[:size]
             for size in range(28)}
    # The same, and ip_len is what it should be.
    cases |= {f"a message of {size} bytes": header(echo(0)[:size])
              for size in range(8)}
    cases |= {f"with options, of {size} bytes": header(echo(0)[:size],
                                                       options=NOPS)
              for size in range(8)}
    problems = refused(host, cases)
    with opened(HDRINCL) as sock:
        for size, wanted in ((8192, ""), (8193, "EMSGSIZE")):
            data = header(echo(size - len(whole) - 8))
            got = attempt(sock.sendto, data, (PEER, 0))
            problems += differ(f"raw_maxdgram, {size} bytes", got, wanted)
            problems += (silent(host, "too long", got, wanted) if wanted else
                         left(host, "as long as may be", data))
        # Nothing is fragmented, and no error stays in a queue that nobody reads.
        lab.ip("link set h0 mtu 1500")
        for size, wanted in ((1500, ""), (1501, "EMSGSIZE")):
            data = header(echo(size - 28))
            got = attempt(sock.sendto, data, (PEER, 0))
            problems += (silent(host, "beyond the MTU", got, wanted) if wanted
                         else left(host, "as long as the MTU", data))
        poll = select.poll()
        poll.register(sock)
        problems += differ("poll", poll.poll(0), [(sock.fileno(),
                                                   select.POLLOUT)])
    return problems


def messages(host):
    """A message that may not be sent without a header, either."""
    begin(host)
    cases = {f"type {kind}": header(packet.icmp(kind, data=b"\0" * size))
             for kind in range(256) for size in (4, 12)
             if (kind, size) not in ((13, 12), (17, 4)) and kind != 8}
    for code in range(1, 256):
        cases |= {f"echo, code {code}": header(echo(code=code)),
                  f"timestamp, code {code}": header(timestamp(code=code)),
                  f"mask, code {code}": header(mask(code=code))}
    cases |= {"timestamp, 19 bytes": header(timestamp()[:19]),
              "timestamp, 21 bytes": header(timestamp(b"\0")),
              "mask, 11 bytes": header(mask()[:11]),
              "mask, 13 bytes": header(mask(b"\0" * 5))}
    return refused(host, cases)


# By type, length and what follows; all are padded.
BAD_OPTIONS = {
    "length 0": b"\7\0\4\0", "length 1": b"\7\1\4\0",
    "no length": b"\1\1\1\7", "beyond the end": b"\7\7\4\0",
    "pointer 3": b"\7\7\3\0\0\0\0\0", "record route too short": b"\7\2\1\1",
    "pointer across the end": b"\7\7\5\0\0\0\0\0",
    "two record routes": b"\7\7\4\0\0\0\0\1\7\7\4\0\0\0\0\0",
    "two source routes": (b"\x83\7\4\xc0\0\2\2\1\x83\7\4\xc0\0\2\3\0"),
    "timestamps too short": b"\x44\3\5\0",
    "timestamps, pointer 4": b"\x44\x08\4\0\0\0\0\0",
    "two timestamps": STAMPS + STAMPS,
}
# Such as only a router or a guard may have.
PRIVILEGED = {"security": b"\x82\x0b" + b"\0" * 10,
              "stream": b"\x88\4\0\0", "CIPSO": b"\x86\x0a" + b"\0" * 10,
              "unknown": b"\x9f\4\0\0"}


def options(host):
    """Options that are not well formed."""
    begin(host)
    return refused(host, {what: header(options=one)
                          for what, one in BAD_OPTIONS.items()})


def ip_options(host):
    """A header, and IP_OPTIONS besides."""
    begin(host)
    problems = []
    with opened(HDRINCL, (IP_OPTIONS, b"\1\1\1\0")) as sock:
        for what, data in (("", header()), (" with options",
                                            header(options=b"\1\1\1\0"))):
            problems += silent(host, "a header" + what, attempt(
                sock.sendto, data, (PEER, 0)), "EINVAL")
        sock.setsockopt(socket.SOL_IP, IP_OPTIONS, b"")
        sock.sendto(header(), (PEER, 0))
        return problems + left(host, "without", header())


def right(host):
    """All that is right leaves as it is, with identification and checksum."""
    begin(host)
    cases = {f"TOS {one}": {"tos": one} for one in range(256)}
    cases |= {f"TTL {one}": {"ttl": one} for one in range(256)}
    cases |= {f"sum {one:#x}": {"csum": one} for one in (1, 0x1234, 0xffff)}
    cases |= {f"source {one}": {"src": one}
              for one in (HOST, OTHER, "198.51.100.1", "203.0.113.1")}
    cases |= {f"to {one}": {"dst": one}
              for one in (PEER, "192.0.2.3", NOBODY)}
    cases |= {"echo of 8 bytes": {"message": echo(0)},
              "echo of 9 bytes": {"message": echo(1)},
              "echo with a wrong sum": {"message": echo(csum=0x4321)},
              "timestamp": {"message": timestamp()},
              "mask": {"message": mask()}}
    cases |= {f"options {one.hex()}": {"options": one} for one in (
        b"\0\0\0\0", b"\1\1\1\1", NOPS, RECORD, STAMPS,
        b"\x83\7\4\xc0\0\2\3\0", b"\x94\4\0\0")}
    problems = []
    idents = set()
    with opened(HDRINCL) as sock:
        for what, case in cases.items():
            data = header(**case)
            # Where it goes is in the header.
            problems += differ(what, attempt(sock.sendto, data,
                                             ("192.0.2.4", 0)), "")
            problems += left(host, what, data)
        for _ in range(8):
            sock.sendto(header(), (PEER, 0))
        idents = {one[4:6] for one in sent(host)}
    return problems + differ("identifications", len(idents), 8)


def filled_in(host):
    """No source and protocol 0 are filled in."""
    begin(host)
    lab.ip("route add 10.1.0.0/16 via 192.0.2.3 src 192.0.2.9")
    problems = []
    for what, bound, case, source in (
            ("by the route", None, {}, HOST),
            ("by another one", None, {"dst": "198.51.100.2"}, "198.51.100.1"),
            ("as the route prefers", None, {"dst": "10.1.2.3"}, OTHER),
            ("what it is bound to", OTHER, {}, OTHER)):
        with opened(HDRINCL, bind=bound) as sock:
            for proto in (1, 0):
                sock.sendto(header(src="0.0.0.0", proto=proto, **case),
                            (PEER, 0))
                problems += left(host, f"{what}, protocol {proto}",
                                 header(src=source, **case))
    # The header is more than a socket is bound to.
    with opened(HDRINCL, bind=OTHER) as sock:
        sock.sendto(header(), (PEER, 0))
        problems += left(host, "bound to one, from another", header())
    with opened(HDRINCL, connect=PEER) as sock:
        sock.send(header(src="0.0.0.0", dst=NOBODY))
        return problems + left(host, "connected", header(dst=NOBODY))


def on_and_off(host):
    """The option is what decides, and can be taken back."""
    begin(host)
    problems = []
    with opened() as sock:
        for value in (0, 1, 0, 2, -1, 0):
            sock.setsockopt(socket.SOL_IP, IP_HDRINCL, value)
            problems += differ(f"{value}", sock.getsockopt(
                socket.SOL_IP, IP_HDRINCL), bool(value))
            good, bad = header(), echo(32)
            if not value:
                good, bad = bad, good
            problems += silent(host, f"{value}, the wrong one", attempt(
                sock.sendto, bad, (PEER, 0)), "EINVAL")
            sock.sendto(good, (PEER, 0))
            packets = sent(host)
            problems += differ(f"{value}, messages", [one[20:] for one in
                                                      packets], [echo(32)])
    return problems


def users(host):
    """All of that a user without any rights may do, and no more."""
    begin(host)

    def test():
        with opened(HDRINCL) as sock:
            sock.sendto(header(src="0.0.0.0", proto=0), (PEER, 0))
            problems = left(host, "without source and protocol", header())
        return problems + refused(host, field_cases() | source_cases() | {
            f"options: {what}": header(options=one)
            for what, one in {**BAD_OPTIONS, **PRIVILEGED}.items()})

    return as_user(test)


if __name__ == "__main__":
    versus.main([], (fields, sources, lengths, messages, options,
                     ip_options, right, filled_in, on_and_off,
                     users))
