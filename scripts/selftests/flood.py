#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""flood.py [--errors] ADDRESS [COUNT]: echo requests as fast as replies come,
eight on their way at a time, until COUNT or a signal (TERM). With --errors: UDP
datagrams to a closed port, and the errors about them. Then it waits for the last
answer and prints how many were sent, lost, doubled or wrong. Exit status 0 if
none was; its priority is low, so that others can do what it disturbs.
"""

import os
import select
import signal
import socket
import struct
import sys

import packet

WINDOW = 8
PATIENCE_S = 5


class Flood:
    """One flood; what is sent and not yet answered is in waiting."""

    def __init__(self, address, count):
        self.address = address
        self.count = count
        self.ident = os.getpid() & 0xffff
        self.sent = self.doubled = self.wrong = 0
        self.waiting = {}
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                                  socket.IPPROTO_ICMP)
        signal.signal(signal.SIGTERM, self.stop)

    def stop(self, *_):
        self.count = 0

    def send(self):
        data = struct.pack("!I", self.sent) + packet.payload(56)[4:]
        self.ask(data)
        self.waiting[self.sent] = data
        self.sent += 1

    def ask(self, data):
        message = packet.echo(data, self.ident, self.sent & 0xffff)
        self.sock.sendto(message, (self.address, 0))

    def answer(self, message):
        """The data that a message brings back; None if it is not for us."""
        kind, _, _, ident = struct.unpack("!BBHH", message[:6])
        if kind != packet.ECHO_REPLY or ident != self.ident:
            return None
        return message[8:]

    def receive(self):
        message = packet.Ip(self.sock.recv(1 << 16)).body
        back = self.answer(message)
        if back is None:
            return
        data = self.waiting.pop(struct.unpack("!I", back[:4])[0], None)
        if data is None:
            self.doubled += 1
        elif data != back or packet.checksum(message):
            self.wrong += 1

    def run(self):
        os.nice(5)
        while self.sent < self.count or self.waiting:
            while self.sent < self.count and len(self.waiting) < WINDOW:
                self.send()
            if not select.select([self.sock], [], [], PATIENCE_S)[0]:
                break
            self.receive()
        print(f"sent {self.sent} lost {len(self.waiting)} "
              f"doubled {self.doubled} wrong {self.wrong}")
        return bool(self.waiting or self.doubled or self.wrong or
                    not self.sent)


class Errors(Flood):
    """What comes back is an error, and quotes what was sent."""

    def __init__(self, address, count):
        super().__init__(address, count)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("0.0.0.0", 0))
        self.port = self.udp.getsockname()[1]

    def ask(self, data):
        self.udp.sendto(data, (self.address, 9))

    def answer(self, message):
        if message[:2] != bytes([packet.UNREACH, 3]):
            return None
        quoted = packet.Ip(message[8:])
        if struct.unpack("!HH", quoted.body[:4]) != (self.port, 9):
            return None
        return quoted.body[8:]


def main():
    kind, arguments = Flood, sys.argv[1:]
    if arguments[0] == "--errors":
        kind = Errors
        del arguments[0]
    count = int(arguments[1]) if arguments[1:] else 1 << 32
    return kind(arguments[0], count).run()


if __name__ == "__main__":
    sys.exit(main())
