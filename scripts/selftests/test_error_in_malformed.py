#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""Errors that are cut short, lie about lengths, or are about errors; compared
with the built-in ICMP, and the module's counter for each.

  far beyond               peer p0 ---- veth ---- h0 host
  10.9.8.7                                        192.0.2.1
     |                        |<- packet ------------| socket
     |                        |- error with a part   | may or may not be told,
     |                        |  of it, or worse --->| whatever is counted
"""

import functools
import random
import struct

import ktap
import lab
import packet
import versus
from differences import (QUENCH_COUNT, REDIRECT_CODE_COUNT, REDIRECT_HEADER,
                         SHORT_CODE)
from error import NEEDFRAG, About, Error, Settled
from packet import (BROADCAST_MAC, HOST, PARAMETER_PROBLEM, QUENCH, REDIRECT,
                    TIME_EXCEEDED, UNREACH, ether, fragments, icmp, ip,
                    payload)
from sender import (FAR, RECVERR, RFC4884, Established, Ping, Raw, RawAny,
                    RawHeader, RawIcmp, RawUdp, Sender)
from versus import Group

partial = functools.partial
# One error of each way through the rules.
WAYS = ((UNREACH, 1), (UNREACH, NEEDFRAG), (UNREACH, 16), (QUENCH, 0),
        (REDIRECT, 1), (REDIRECT, 4), (TIME_EXCEEDED, 0), (TIME_EXCEEDED, 1),
        (PARAMETER_PROBLEM, 0))
UDP = {"UDP": partial(Sender, RECVERR, RFC4884, connected=False),
       "raw UDP": partial(RawUdp, RECVERR, RFC4884, connected=False)}
ICMP = {"datagram": partial(Ping, RECVERR),
        "raw ICMP": partial(RawIcmp, RECVERR, connected=False)}
OTHER = {"raw": partial(Raw, RECVERR, connected=False),
         "raw, IP_HDRINCL": partial(RawHeader, RECVERR, connected=False)}


class Broken(Error):
    """An error whose message is changed at last."""

    def __init__(self, kind, code, change, end=None, **known):
        super().__init__(kind, code, **known)
        self.change = change
        self.known_end = end

    def end(self):
        return self.known_end or super().end()

    def message(self, quoted):
        return signed(self.change(super().message(quoted)))


def signed(message):
    """The checksum, where there is room for one."""
    if len(message) < 4:
        return message
    message = message[:2] + b"\0\0" + message[4:]
    return (message[:2] + struct.pack("!H", packet.checksum(message)) +
            message[4:])


def end_of(kind, code, size):
    """The counter for a message of this size, whose header is 20 bytes."""
    if size < 4:
        return "InCsum"
    if size < 8:
        return "InShort"
    return "InLength" if size < 36 else Error(kind, code).end()


def cut():
    """C002, C010: every length, up to what sockets need and some more."""
    for kind, code in WAYS:
        for size in range(73):
            error = Broken(kind, code, lambda message, size=size:
                           message[:size], end_of(kind, code, size))
            differs = None
            if 28 <= size < 36 and Error(kind, code).end() == "InCode" and (
                    kind != REDIRECT):
                differs = SHORT_CODE
            yield About(f"{error}, {size} bytes", UDP, error, differs=differs)


def header_lengths():
    """C010: what the quoted header says of its own length, with all of it
    there, 8 bytes more, and one less than these.
    """
    for kind, code in WAYS:
        for words in range(16):
            for size in sorted({28, words * 4 + 7, words * 4 + 8, 68}):
                if size < 28:
                    continue
                error = Broken(kind, code, bytes, end_of_header(
                    kind, code, words, size), quote=partial(
                        lengthened, words, size))
                yield About(f"{error}, {words} words, {size} bytes", OTHER,
                            error, differs=difference_of_header(kind, words))


def lengthened(words, size, sent):
    """A packet, with another header length, of this size."""
    return (bytes([0x40 | words]) + sent[1:size]).ljust(size, b"\1")


def end_of_header(kind, code, words, size):
    end = Error(kind, code).end()
    if words < 5:
        return "InQuoteHeader"
    if size < words * 4 + 8 and (end != "InCode" or kind == REDIRECT):
        return "InQuoteShort"
    return end


def difference_of_header(kind, words):
    """The built-in does not look at the length that a redirect quotes."""
    return REDIRECT_HEADER if kind == REDIRECT and words < 5 else None


def lies():
    """C010: what the quoted header says of all else is not looked at."""
    fields = {f"total length {total}": struct.pack("!H", total)
              for total in (0, 1, 19, 20, 27, 28, 59, 61, 1500, 65535)}
    for kind, code in WAYS:
        for name, field in fields.items():
            yield changed(kind, code, name, 2, field)
        for version in (0, 1, 6, 15):
            yield changed(kind, code, f"version {version}", 0,
                          bytes([version << 4 | 5]))
        for offset in (0x2000, 0x2001, 0x1fff, 0xffff):
            yield changed(kind, code, f"fragment {offset:#x}", 6,
                          struct.pack("!H", offset))
        yield changed(kind, code, "checksum", 10, b"\xde\xad")
        yield changed(kind, code, "TTL 0", 8, b"\0")


def changed(kind, code, name, at, field):
    """An error that quotes other bytes there."""
    def quote(sent):
        return sent[:at] + field + sent[at + len(field):]
    error = Error(kind, code, quote=quote)
    return About(f"{error}, {name}", UDP, error)


def addresses():
    """About packets from or to whom there can be none."""
    for kind, code in WAYS:
        for at, word in ((12, "from"), (16, "to")):
            for address in ("0.0.0.0", "127.0.0.1", HOST, "192.0.2.9",
                            "224.0.0.1", "240.0.0.1", "255.255.255.255",
                            "192.0.2.255", "10.1.2.3"):
                stimulus = changed(kind, code, f"{word} {address}", at,
                                   packet.addr(address))
                # A socket of that address takes what is from anywhere.
                if word == "from" and address != HOST:
                    stimulus.differs = difference_of_nobody(kind, code)
                yield stimulus


def difference_of_nobody(kind, code):
    """No UDP socket is meant, and UDP counts what it is told."""
    if kind == QUENCH:
        return QUENCH_COUNT
    if kind == REDIRECT and code > 3:
        return REDIRECT_CODE_COUNT
    return None


def protocols():
    """C007, C008: about every protocol, none of which was sent."""
    for kind, code in ((UNREACH, 2), (UNREACH, NEEDFRAG), (REDIRECT, 1)):
        for proto in range(256):
            error = Broken(kind, code, bytes, "InQuoteRaw" if proto == 255
                           else None, quote=lambda _, proto=proto: ip(
                               payload(40), HOST, FAR, proto))
            yield About(f"{error}, protocol {proto}", {
                **OTHER, "raw, protocol 255": partial(
                    RawAny, RECVERR, connected=False)}, error)


def about_errors():
    """C011, C020: about ICMP messages of every type, errors among them."""
    for kind, code in ((UNREACH, 1), (UNREACH, NEEDFRAG), (REDIRECT, 1),
                       (TIME_EXCEEDED, 0), (PARAMETER_PROBLEM, 0)):
        for inner in (*range(20), 30, 41, 42, 43, 255):
            # Of requests that sockets of the module alone can have sent, with an
            # identifier that nobody has; test_dgram_demux is about the others.
            other = 0x55 if inner in (13, 17) else 0

            def quote(sent, inner=inner, other=other):
                return (sent[:20] + bytes([inner]) + sent[21:24] +
                        bytes([sent[24] ^ other]) + sent[25:])
            error = Error(kind, code, quote=quote)
            yield About(f"{error}, type {inner}", ICMP, error)
    for depth in range(1, 10):
        error = Error(UNREACH, 1, quote=partial(nested, depth))
        yield About(f"{depth} errors deep", {**ICMP, **UDP}, error)


def nested(depth, sent):
    """An error about an error about ..."""
    for _ in range(depth):
        sent = ip(icmp(UNREACH, 3, data=sent), HOST, FAR)
    return sent


class Many(Error):
    """An error that comes to a broadcast or multicast address."""

    def __init__(self, kind, code, dst):
        super().__init__(kind, code)
        self.dst = dst

    def end(self):
        return "InBroadcastType"

    def frames(self, quoted):
        return [ether(ip(self.message(quoted), src=self.src, dst=self.dst),
                      BROADCAST_MAC)]


def to_many():
    """RFC 1122 3.2.2: an error goes to who sent the packet, to nobody else."""
    for dst in ("192.0.2.255", "255.255.255.255", "224.0.0.1"):
        for kind, code in WAYS:
            error = Many(kind, code, dst)
            yield About(f"{error} to {dst}", UDP, error)


class Spread(Broken):
    """An error whose parts are apart: in pages behind so many bytes, and with
    so many bytes in all; or in fragments of a size.
    """

    def __init__(self, kind, code, linear=0, size=0, **known):
        super().__init__(kind, code, bytes, **known)
        self.linear = linear
        self.size = size

    def frames(self, quoted):
        if self.linear:
            frame, = super().frames(quoted)
            return [lab.paged(frame, self.linear)]
        return fragments(ip(self.message(quoted), src=self.src), self.size)


def in_pages():
    """Headers of which nothing, or a part, is in the linear part."""
    for kind, code in WAYS:
        for linear in (34, 36, 42, 45, 62, 66, 70, 90):
            for words in (4, 5, 15):
                error = Spread(kind, code, linear,
                               end=end_of_header(kind, code, words, 5000),
                               quote=partial(lengthened, words, 5000))
                yield About(f"{error}, {words} words, {linear} linear",
                            OTHER, error,
                            differs=difference_of_header(kind, words))


def in_fragments():
    """The same in fragments, the first of which may end anywhere."""
    for kind, code in WAYS:
        for size in (28, 36, 44, 52, 84):
            for words, length in ((4, 68), (5, 28), (5, 68), (15, 67),
                                  (15, 68)):
                error = Spread(kind, code, size=size, end=end_of_header(
                    kind, code, words, length), quote=partial(
                        lengthened, words, length))
                yield About(f"{error}, {words} words, {length} bytes in "
                            f"fragments of {size}", OTHER, error,
                            differs=difference_of_header(kind, words))


def group(name, stimuli, told, rerouted, **known):
    """A Group whose sockets may be of any kind."""
    return Group(name, stimuli, 0, noted={"told": told,
                                          "rerouted": rerouted},
                 sysctls={"ping_group_range": "0 2147483647"}, **known)


GROUPS = [
    group("cut short", cut(), 148, 74),
    group("header lengths", header_lengths(), 84, 52),
    group("lies", lies(), 80, 40),
    group("addresses", addresses(), 40, 6),
    group("protocols", protocols(), 2, 6),
    group("errors about errors", about_errors(), 111, 50),
    group("errors to many", to_many(), 0, 0),
    group("in pages", in_pages(), 64, 40,
          commands=["link set h0 mtu 65535"], undo=["link set h0 mtu 1500"]),
    group("in fragments", in_fragments(), 60, 35),
]

NUMBER = 5000
# What a message of the module's own counts besides the end that it comes to.
NO_ENDS = ("InTaken", "OutCopied", "OutDiscarded")
ENDS = {"InCsum", "InShort", "InLength", "InUnknownType", "InNoAction",
        "InQuoteHeader", "InQuoteShort", "InQuoteRaw", "InCode", "InQuench",
        "InDelivered", "InPmtuIgnored", "InRedirectIgnored", "OutReplies"}


def damaged(luck, quotes):
    """A message with some bytes of any value, most often with a good sum."""
    kind = luck.choice((3, 3, 4, 5, 11, 12, 12, luck.randrange(256)))
    message = bytearray(packet.icmp(
        kind, luck.choice((0, 1, 3, 4, 4, 15, 16)),
        luck.randbytes(2) + b"\x03\xe8", luck.choice(quotes)))
    for _ in range(luck.randrange(4)):
        message[luck.randrange(len(message))] = luck.randrange(256)
    if luck.randrange(8) == 0:
        message[8] = 0x40 | luck.randrange(16)
    if luck.randrange(8) == 0:
        # The protocol that nobody can have sent.
        message[17] = 255
    if luck.randrange(4) == 0:
        message = message[:luck.randrange(len(message))]
    return bytes(message) if luck.randrange(8) == 0 else signed(bytes(message))


def counted_once(host):
    """Whatever comes is taken, and ends in exactly one way.

    With sockets that may be told.
    """
    luck = random.Random(1)
    lab.sysctl("ping_group_range", "0 2147483647")
    senders, quotes = [], []
    for make in (*UDP.values(), *ICMP.values(), *OTHER.values(), Established):
        senders.append(make())
        quotes.append(senders[-1].start(host) + payload(100))
    stat, mib = lab.fates(), lab.mib()
    for number in range(NUMBER):
        if number % 500 == 0:
            lab.sysctl("ip_no_pmtu_disc", luck.randrange(4))
            lab.sysctl("icmp_drop_redirect", luck.randrange(2))
        # What replies are about is the kernel's: not these two.
        message = damaged(luck, quotes)
        if message[:1] in (b"\0", b"\x2b"):
            continue
        host.exchange([packet.frame(message, src=packet.PEER)])
    stat, mib = lab.fates().since(stat), lab.mib().since(mib)
    for one in senders:
        one.close()
    ktap.print_msg(stat)
    ends = {name[len("Icmp4."):]: count for name, count in stat.items()
            if name[len("Icmp4."):] not in NO_ENDS}
    problems = [f"nothing ended in {name}"
                for name in sorted(ENDS - ends.keys())]
    if sum(ends.values()) != stat["Icmp4.InTaken"]:
        problems.append(f"{stat['Icmp4.InTaken']} taken, "
                        f"{sum(ends.values())} ended")
    if mib["Icmp.InMsgs"] != stat["Icmp4.InTaken"]:
        problems.append(f"{mib['Icmp.InMsgs']} messages came")
    return problems


if __name__ == "__main__":
    versus.main(GROUPS, [counted_once], topology=Settled)
