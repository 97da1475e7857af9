# SPDX-License-Identifier: GPL-2.0
"""In what kernels differ from each other, found out by trying and not by their
version. In the first namespace, and without the module.
"""

import socket
import sys

import lab
import packet
import router


def firewall_may_spoil():
    """Does nft write what IP has already looked at? Where it no longer does,
    it leaves the rule before the counter.
    """
    lab.nft("""
        table ip attempt {
            counter seen { }
            counter written { }
            chain out {
                type filter hook output priority 0
                udp dport 9 counter name seen
                udp dport 9 @nh,176,8 set 0 counter name written
            }
        }""")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"", ("127.0.0.1", 9))
    counters = lab.nft_counters()
    lab.nft("delete table ip attempt")
    if not counters["seen"]:
        raise RuntimeError("the packet to try with did not come by")
    return counters["written"] > 0


def checksum_of_zeros():
    """Which of the two zeros is the checksum of a reply that is all zero? It
    depends on how the processor's own code adds up what it copies, which a
    kernel with KASAN does not use.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_RAW,
                       socket.IPPROTO_ICMP) as sock:
        sock.settimeout(10)
        sock.sendto(packet.echo(b"", ident=0, seq=0), ("127.0.0.1", 0))
        while True:
            message = packet.Ip(sock.recv(1 << 16)).body
            if message[0] == packet.ECHO_REPLY:
                return int.from_bytes(message[2:4], "big")


def builtin_counts(frames):
    """What a host without the module counts of frames."""
    host = lab.Lab()
    try:
        before = lab.mib()
        host.exchange(frames)
        return lab.mib().since(before)
    finally:
        host.close()


def builtin_answers(frames, commands=(), sysctls=()):
    """What a router without the module sends in return."""
    host = router.Router()
    try:
        lab.ip(*commands)
        for name, value in sysctls:
            lab.sysctl(name, value)
        return host.exchange(frames)
    finally:
        host.close()


def full_before_filter():
    """Does a raw socket whose buffer is full lose a message that it would not
    have heard anyway? Older kernels look at the filter first.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_RAW,
                       socket.IPPROTO_ICMP) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        # Echo requests, not their replies.
        sock.setsockopt(255, 1, (1).to_bytes(4, "little"))
        for _ in range(9):
            sock.sendto(packet.echo(1400), ("127.0.0.1", 0))
        before = drops(sock)
        # With all of them hidden.
        sock.setsockopt(255, 1, (0xffff).to_bytes(4, "little"))
        sock.sendto(packet.echo(8), ("127.0.0.1", 0))
        if not before:
            raise RuntimeError("the buffer is not full")
        return drops(sock) > before


def drops(sock):
    """SO_MEMINFO: the last of its nine numbers."""
    value = sock.getsockopt(socket.SOL_SOCKET, 55, 36)
    return int.from_bytes(value[32:], sys.byteorder)
