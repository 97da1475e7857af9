# SPDX-License-Identifier: GPL-2.0
"""In what kernels differ from each other, found out by trying and not by their
version. In the first namespace, and without the module.
"""

import socket

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
