#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""raw.py HERE ELSEWHERE: open so many raw ICMP sockets in this network namespace and
in another one, say so, and keep them until a line is read. Then print, a line each,
how many messages those here got, and how many all of those elsewhere did.
"""

import ctypes
import os
import resource
import socket
import sys

CLONE_NEWNET = 0x40000000
SO_RCVBUFFORCE = 33
# Enough for all messages of a run, most of it not for their bytes.
ROOM = 64 << 20

_libc = ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    if function(*arguments):
        raise OSError(ctypes.get_errno(), function.__name__)


def raw_sockets(number):
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_RAW,
                             socket.IPPROTO_ICMP) for _ in range(number)]
    for sock in sockets:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
    return sockets


def received(sock):
    number = 0
    while True:
        try:
            sock.recv(1, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return number
        number += 1


def main():
    here, elsewhere = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (here + elsewhere + 100, here + elsewhere + 100))
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    call(_libc.unshare, CLONE_NEWNET)
    others = raw_sockets(elsewhere)
    call(_libc.setns, home, CLONE_NEWNET)
    sockets = raw_sockets(here)
    print("open", flush=True)
    sys.stdin.readline()
    for sock in sockets:
        print("here", received(sock))
    print("elsewhere", sum(map(received, others)))


if __name__ == "__main__":
    main()
