#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
"""Nobody can make a socket of Darwin's way send from an address that is not
the host's, or send what it may not, however it is done.

  host                                      peer
  socket, with all that has a say about --- p0, which looks at all that
  the source of a packet                    leaves
"""

import mmap
import os
import socket
import struct

import lab
import packet
import versus
from darwin import (GROUP, IP_BOUND_IF, IP_FREEBIND, IP_HDRINCL,
                    IP_MULTICAST_IF, IP_OPTIONS, IP_PKTINFO, IP_RETOPTS,
                    IP_TOS, IP_TRANSPARENT, IP_TTL, NOBODY, OTHER, attempt,
                    begin, differ, header, left, meanwhile, opened, ping,
                    sent, silent)
from packet import HOST, PEER, echo

HDRINCL = (IP_HDRINCL, 1)
OWN = [packet.addr(one) for one in (HOST, OTHER, "198.51.100.1",
                                    "203.0.113.1", "127.0.0.1")]
# Too much is on its way, or somebody else has to come to an end.
BUSY = {"EAGAIN"}
ROUNDS = 3000 if os.path.exists("/sys/kernel/debug/kmemleak") else 20000


def honest(what, packets):
    """Problems, unless all of them are echo requests from this host."""
    bad = [one.hex() for one in packets if one[0] >> 4 != 4 or
           one[9] != 1 or one[12:16] not in OWN or
           one[(one[0] & 15) * 4:][:2] != b"\x08\0"]
    return [f"{what}: {one[:80]}" for one in bad]


def mreqn(address, device="h0"):
    return struct.pack("=4s4si", b"\0" * 4, packet.addr(address),
                       socket.if_nametoindex(device))


def binds(host):
    """To bind to what is not the host's, whatever the namespace allows."""
    begin(host)
    problems = []
    for nonlocal_bind in 0, 1:
        lab.sysctl("ip_nonlocal_bind", nonlocal_bind)
        for address in (NOBODY, PEER, "192.0.2.255", "255.255.255.255",
                        GROUP, "240.0.0.1", "0.0.0.1"):
            for option in None, IP_FREEBIND, IP_TRANSPARENT:
                with opened() as sock:
                    if option:
                        problems += differ(f"option {option}", attempt(
                            sock.setsockopt, socket.SOL_IP, option, 1),
                            "EINVAL")
                    problems += differ(
                        f"{address}, {nonlocal_bind}", attempt(
                            sock.bind, (address, 0)), "EADDRNOTAVAIL")
                    # And it is bound to nothing.
                    sock.sendto(echo(32), (PEER, 0))
                    problems += left(host, address, packet.ip(echo(32),
                                                              frag=0x4000,
                                                              src=HOST,
                                                              dst=PEER))
        with opened(HDRINCL) as sock:
            for address in NOBODY, PEER:
                problems += silent(host, f"header, {nonlocal_bind}", attempt(
                    sock.sendto, header(src=address), (PEER, 0)), "EINVAL")
    return problems


def control(host):
    """Control messages at sending say nothing."""
    begin(host)
    lab.sysctl("ip_nonlocal_bind", 1)
    messages = [
        (socket.SOL_IP, IP_PKTINFO, struct.pack(
            "=i4s4s", index, packet.addr(address), packet.addr(address)))
        for index in (0, socket.if_nametoindex("h0"),
                      socket.if_nametoindex("lo"), 9999)
        for address in (NOBODY, OTHER, "0.0.0.0")] + [
        (socket.SOL_IP, IP_TTL, struct.pack("=i", 7)),
        (socket.SOL_IP, IP_TTL, b"\7"),
        (socket.SOL_IP, IP_TOS, struct.pack("=i", 8)),
        (socket.SOL_IP, IP_RETOPTS, b"\x83\7\4\xc0\0\2\3\0"),
        (socket.SOL_IP, 5, b"what is this"),
        (socket.SOL_SOCKET, 36, struct.pack("=i", 5)),
        (socket.SOL_SOCKET, 9999, b""), (9999, 1, b"")]
    problems = []
    for option, data, expected in (
            ((IP_HDRINCL, 0), echo(32), packet.ip(
                echo(32), src=HOST, dst=PEER, frag=0x4000)),
            (HDRINCL, header(src="0.0.0.0"), header())):
        with opened(option) as sock:
            for message in messages:
                problems += differ(f"{message}", attempt(
                    sock.sendmsg, [data], [message], 0, (PEER, 0)), "")
                problems += left(host, f"{option} {message}", expected)
    return problems


def gone(host):
    """An address that is no longer the host's when something is sent."""
    begin(host)
    problems = []
    for number, (nonlocal_bind, connect, own_header) in enumerate(
            (one, two, three) for one in (0, 1) for two in (0, 1)
            for three in (None, "0.0.0.0", NOBODY, "given")):
        address = f"192.0.2.{100 + number}"
        lab.sysctl("ip_nonlocal_bind", nonlocal_bind)
        lab.ip(f"address add {address}/24 dev h0")
        options = [HDRINCL] if own_header else []
        with opened(*options, bind=address,
                    connect=PEER if connect else None) as sock:
            def send():
                source = address if own_header == "given" else own_header
                data = header(src=source) if own_header else echo(32)
                if connect:
                    sock.send(data)
                else:
                    sock.sendto(data, (PEER, 0))
            what = f"{nonlocal_bind} {connect} {own_header}"
            if own_header != NOBODY:
                send()
                problems += differ(what, [one[12:16] for one in sent(host)],
                                   [packet.addr(address)])
            lab.ip(f"address del {address}/24 dev h0")
            got = attempt(send)
            if not own_header and got == "ENETUNREACH":
                # What routes say without a header depends on the kernel.
                got = "EINVAL"
            problems += silent(host, f"{what}, gone", got, "EINVAL")
    return problems


def multicast(host):
    """What IP_MULTICAST_IF names is no source unless it is the host's."""
    begin(host)
    lab.ip("route add 224.0.0.0/4 dev h0")
    problems = []
    for nonlocal_bind in 0, 1:
        lab.sysctl("ip_nonlocal_bind", nonlocal_bind)
        for address in NOBODY, PEER:
            for device in "h0", "lo":
                for option in (IP_HDRINCL, 0), HDRINCL:
                    with opened(option) as sock:
                        attempt(sock.setsockopt, socket.SOL_IP,
                                IP_MULTICAST_IF, mreqn(address, device))
                        data = (header(src="0.0.0.0", dst=GROUP)
                                if option == HDRINCL else echo(32))
                        attempt(sock.sendto, data, (GROUP, 0))
                        attempt(sock.sendto, data, (PEER, 0))
                        problems += honest(
                            f"{address} on {device}, {option}", sent(host))
    for option in (IP_HDRINCL, 0), HDRINCL:
        with opened(option, (IP_MULTICAST_IF, mreqn(OTHER))) as sock:
            data = (header(src="0.0.0.0", dst=GROUP, ttl=1)
                    if option == HDRINCL else echo(32))
            sock.sendto(data, (GROUP, 0))
            problems += differ(f"{option}", [one[12:20] for one in sent(host)],
                               [packet.addr(OTHER) + packet.addr(GROUP)])
    return problems


def multicast_gone(host):
    """Nor is it one when the host has lost it."""
    begin(host)
    lab.ip("route add 224.0.0.0/4 dev h0")
    problems = []
    for number, option in enumerate(((IP_HDRINCL, 0), HDRINCL)):
        address = f"192.0.2.{150 + number}"
        lab.ip(f"address add {address}/24 dev h0")
        data = (header(src="0.0.0.0", dst=GROUP) if option == HDRINCL else
                echo(32))
        with opened(option, (IP_MULTICAST_IF, mreqn(address))) as sock:
            sock.sendto(data, (GROUP, 0))
            problems += differ(f"{option}", [one[12:16] for one in sent(host)],
                               [packet.addr(address)])
            lab.ip(f"address del {address}/24 dev h0")
            attempt(sock.sendto, data, (GROUP, 0))
            problems += honest(f"{option}, gone", sent(host))
            # The way to anybody else is another matter.
            if option == HDRINCL:
                data = header(src="0.0.0.0")
            sock.sendto(data, (PEER, 0))
            problems += differ(f"{option}, to one", [
                one[12:16] for one in sent(host)], [packet.addr(HOST)])
    return problems


def source_routes(host):
    """A source route changes the way, not the source."""
    begin(host)
    problems = []
    route = struct.pack("!BBB4s4sx", 0x83, 11, 4, packet.addr("192.0.2.3"),
                        packet.addr(NOBODY))
    for bound in None, OTHER:
        for kind in 0x83, 0x89:
            with opened((IP_OPTIONS, bytes([kind]) + route[1:]),
                        bind=bound) as sock:
                got = attempt(sock.sendto, echo(32), (PEER, 0))
                packets = sent(host)
                problems += differ(f"{kind:#x}", [
                    got, [one[12:20] for one in packets]],
                    ["", [packet.addr(bound or HOST) +
                          packet.addr("192.0.2.3")]])
                problems += honest(f"{kind:#x}", packets)
    with opened(HDRINCL) as sock:
        for source in NOBODY, PEER:
            problems += silent(host, "header with a source route", attempt(
                sock.sendto, header(src=source, options=route), (PEER, 0)),
                "EINVAL")
    return problems


def devices(host):
    """Nor does a device change it."""
    begin(host)
    lab.ip("link add d0 type dummy", "link set d0 up",
           "address add 10.6.0.1/24 dev d0")
    OWN.append(packet.addr("10.6.0.1"))
    problems = []
    device = socket.if_nametoindex("h0")
    for option in (IP_BOUND_IF, device), (socket.SOL_SOCKET, 25, b"h0\0"):
        with opened(option, HDRINCL) as sock:
            for source in NOBODY, PEER, "10.6.0.2":
                problems += silent(host, f"{option}, {source}", attempt(
                    sock.sendto, header(src=source), (PEER, 0)), "EINVAL")
            sock.sendto(header(src="0.0.0.0", dst="10.6.0.9"), (PEER, 0))
            sock.sendto(header(src="10.6.0.1"), (PEER, 0))
        with opened(option, bind="10.6.0.1") as sock:
            sock.sendto(echo(32), (PEER, 0))
        packets = sent(host)
        problems += differ(f"{option}: packets", len(packets), 3)
        problems += honest(f"{option}", packets)
    return problems


def toggled(host):
    """IP_HDRINCL changes while messages are being sent."""
    begin(host)
    # As a header it has version 0, and a source that is not the host's.
    message = packet.icmp(8, rest=b"\0\0\0\0", data=b"\x40\1\0\0" +
                          packet.addr(NOBODY) + packet.addr(PEER) +
                          packet.payload(16))
    problems = []
    counts = {}
    with opened() as sock:
        value = [0]

        def toggle():
            value[0] ^= 1
            sock.setsockopt(socket.SOL_IP, IP_HDRINCL, value[0])

        with meanwhile(toggle):
            for number in range(ROUNDS):
                for data in message, header():
                    got = attempt(sock.sendto, data, (PEER, 0))
                    counts[got] = counts.get(got, 0) + 1
                if number % 32 == 0:
                    problems += honest("toggled", sent(host))
    problems += honest("toggled", sent(host))
    # Both, or it was not toggled at all.
    return problems + differ("errors", sorted(
        counts.keys() - BUSY), ["", "EINVAL"])


def multicast_toggled(host):
    """IP_MULTICAST_IF changes while messages are being sent."""
    begin(host)
    lab.ip("route add 224.0.0.0/4 dev h0")
    problems = []
    with opened(HDRINCL) as sock:
        values = [mreqn(NOBODY), mreqn("0.0.0.0")]

        def toggle():
            values.reverse()
            attempt(sock.setsockopt, socket.SOL_IP, IP_MULTICAST_IF,
                    values[0])

        sources = set()
        with meanwhile(toggle):
            for _ in range(ROUNDS // 32):
                for _ in range(32):
                    attempt(sock.sendto, header(src="0.0.0.0", dst=GROUP),
                            (GROUP, 0))
                packets = sent(host)
                sources.update(one[12:16] for one in packets)
                problems += honest("toggled", packets)
    return problems + differ("sources", sources, {packet.addr(HOST)})


def rewritten(host):
    """The message changes while it is being sent."""
    begin(host)
    good = header(message=echo(2000), csum=0)
    problems = []
    counts = {}
    with opened(HDRINCL) as sock, mmap.mmap(-1, 4096) as memory:
        memory[:len(good)] = good
        view = memoryview(memory)[:len(good)]
        sources = [packet.addr(NOBODY), packet.addr(HOST)]

        def rewrite():
            sources.reverse()
            memory[12:16] = sources[0]

        with meanwhile(rewrite):
            for number in range(ROUNDS):
                got = attempt(sock.sendto, view, (PEER, 0))
                counts[got] = counts.get(got, 0) + 1
                if number % 32 == 0:
                    problems += honest("rewritten", sent(host))
        view.release()
    problems += honest("rewritten", sent(host))
    return problems + differ("errors", sorted(
        counts.keys() - BUSY), ["", "EINVAL"])


def inherited(host):
    """A socket of Linux's way has no header of its own, whatever comes later."""
    begin(host)
    lab.sysctl("icmp_dgram_darwin", 0)
    with ping() as sock:
        problems = differ("before", attempt(
            sock.setsockopt, socket.SOL_IP, IP_HDRINCL, 1), "ENOPROTOOPT")
        lab.sysctl("icmp_dgram_darwin", 1)
        problems += differ("after", attempt(
            sock.setsockopt, socket.SOL_IP, IP_HDRINCL, 1), "ENOPROTOOPT")
        return problems + silent(host, "header", attempt(
            sock.sendto, header(src=NOBODY), (PEER, 0)), "EINVAL")


if __name__ == "__main__":
    versus.main([], (binds, control, gone, multicast, multicast_gone,
                     source_routes, devices, toggled, multicast_toggled,
                     rewritten, inherited))
