#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""flood.py ADDRESS [COUNT]: echo requests as fast as replies come, eight on
their way at a time, until COUNT or a signal (TERM). Then it waits for the last
reply and prints how many were sent, lost, doubled or wrong. Exit status 0 if
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
        message = packet.echo(data, self.ident, self.sent & 0xffff)
        self.sock.sendto(message, (self.address, 0))
        self.waiting[self.sent] = data
        self.sent += 1

    def receive(self):
        message = packet.Ip(self.sock.recv(1 << 16)).body
        kind, _, _, ident = struct.unpack("!BBHH", message[:6])
        if kind != packet.ECHO_REPLY or ident != self.ident:
            return
        number = struct.unpack("!I", message[8:12])[0]
        data = self.waiting.pop(number, None)
        if data is None:
            self.doubled += 1
        elif data != message[8:] or packet.checksum(message):
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


if __name__ == "__main__":
    sys.exit(Flood(sys.argv[1], int(sys.argv[2]) if sys.argv[2:]
                   else 1 << 32).run())
