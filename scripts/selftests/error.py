# SPDX-License-Identifier: GPL-2.0
"""Errors about what a socket of the host sent, and what comes of them."""

import re
import struct
import time

import lab
import packet
import routes
import versus
from sender import FAR

# An error in the answers of a socket, an exception in those of routing.
TOLD = re.compile("E(?!AGAIN|NOTCONN)[A-Z]{3}")
REROUTED = re.compile("mtu|redirected")
# Who may tell of an error: the gateway, and somebody farther on.
GATEWAY, ROUTER = packet.PEER, "10.77.0.1"
BETTER_GATEWAY = "192.0.2.3"
NEEDFRAG = 4


class Settled(lab.Lab):
    """A host whose link has come up. Up to a second after it was set up the
    kernel says so, and forgets all routes that it or a socket had kept.
    """

    def __init__(self):
        super().__init__()
        end = time.monotonic() + 30
        while "state UP" not in lab.output("ip", "link", "show", "h0"):
            if time.monotonic() > end:
                raise RuntimeError("the link does not come up")
            time.sleep(0.05)


class Error:
    """An ICMP error about a packet. rest is the second word of its header,
    which has the MTU, the gateway or the pointer if nothing else is said;
    quote(packet) what it quotes.
    """

    def __init__(self, kind, code=0, rest=None, src=None, quote=None):
        self.kind = kind
        self.code = code
        self.rest = self.word() if rest is None else rest
        self.src = src or (GATEWAY if kind == packet.REDIRECT else ROUTER)
        self.quote = quote or bytes

    def word(self):
        if (self.kind, self.code) == (packet.UNREACH, NEEDFRAG):
            return mtu(1000)
        if self.kind == packet.REDIRECT:
            return packet.addr(BETTER_GATEWAY)
        # Of which only parameter problem has a byte to tell.
        return b"\1\2\3\4"

    def __str__(self):
        return f"{self.kind}/{self.code}"

    def message(self, quoted):
        return packet.icmp(self.kind, self.code, self.rest, quoted)

    def frames(self, quoted):
        return [packet.frame(self.message(quoted), src=self.src)]

    def end(self):
        """The module's counter of what becomes of it."""
        if self.kind == packet.QUENCH:
            return "InQuench"
        if (self.kind == packet.UNREACH and self.code > 15 or
                self.kind == packet.REDIRECT and self.code > 3 or
                (self.kind, self.code) == (packet.TIME_EXCEEDED, 1)):
            return "InCode"
        return "InDelivered"

    def ends(self):
        return {"InTaken": 1, self.end(): 1}


def mtu(number, words=0):
    """The second word of "fragmentation needed"."""
    return struct.pack("!BBH", 0, words, number)


class About(versus.Stimulus):
    """An error about what a socket sent, and what this one and others say.

    make: functions that make a Sender, by name; the first one's sends
    error: an Error
    order: the questions
    asked: of which routes to tell afterwards: arguments of routes.get()
    meanwhile: lines for ip(8) between the packet and the error, undone by
        those in undo
    """

    ORDER = "poll recv option queue poll mtu state"

    def __init__(self, name, make, error, order=ORDER, asked=({"dst": FAR},),
                 meanwhile=(), undo=(), **known):
        known.setdefault("ends", error.ends())
        super().__init__(name, **known)
        self.make = make
        self.error = error
        self.order = order
        self.asked = asked
        self.meanwhile = meanwhile
        self.undo = undo

    def play(self, host):
        routes.forget()
        senders = {name: make() for name, make in self.make.items()}
        try:
            outcome = self.observe(host, senders)
            if any(sender.late() for sender in senders.values()):
                raise versus.Late
            return outcome
        finally:
            for sender in senders.values():
                sender.close()
            # A reset is none of what comes next.
            host.exchange([])

    def observe(self, host, senders):
        quoted = self.error.quote(next(iter(senders.values())).start(host))
        if self.meanwhile:
            lab.ip(*self.meanwhile)
        frames = host.exchange(self.error.frames(quoted))
        if self.undo:
            lab.ip(*self.undo)
        notes = self.tell(senders, quoted)
        return frames + host.exchange([]), notes

    def tell(self, senders, quoted):
        notes = {f"{name}, {question}": answer
                 for name, sender in senders.items()
                 for question, answer in sender.tell(
                     self.order, quoted).items()}
        if any(TOLD.search(answer) for answer in notes.values()):
            notes["told"] = "yes"
        for known in self.asked:
            notes[f"route {known}"] = routes.get(**known)
        if any(name.startswith("route") and REROUTED.search(answer)
               for name, answer in notes.items()):
            notes["rerouted"] = "yes"
        return notes
