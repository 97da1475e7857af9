# SPDX-License-Identifier: GPL-2.0
"""A host to send frames to, and all that can be seen of what it does.

  peer, which has no IP                     host, which runs the ICMP tested
 +-----------------------+                 +---------------------------------+
 | p0  02:00:00:00:00:02 |----- veth ------| h0  02:00:00:00:00:01           |
 | sends and keeps exact |                 |     192.0.2.1/24 192.0.2.9/24   |
 | frames                |                 |     198.51.100.1/24             |
 +-----------------------+                 | lo  127.0.0.1/8 203.0.113.1/32  |
                                           | default via 192.0.2.2 (h0)      |
                                           +---------------------------------+

The host never has to ask where p0 is. This process moves into the host, so
that /proc and sysctls are the host's; its sockets stay with the peer.
"""

import ctypes
import os
import select
import socket
import struct
import subprocess
import time

import packet

MODULE = os.environ.get("ICMP4_KO", "/icmp4/icmp4.ko")
CLONE_NEWNET = 0x40000000
SO_RCVBUFFORCE = 33
SOL_PACKET, PACKET_VNET_HDR = 263, 15
ETH_P_IP, ETH_P_ARP, ETH_P_ALL = 0x0800, 0x0806, 3
PREFIXES = ("Ip:", "Icmp:", "IcmpMsg:", "Icmp4:")
PEERS = ("192.0.2.2", "192.0.2.3", "192.0.2.4", "198.51.100.2")
QUESTION = packet.BROADCAST_MAC + packet.PEER_MAC + struct.pack(
    "!HHHBBH6s4s6s4s", ETH_P_ARP, 1, ETH_P_IP, 6, 4, 1, packet.PEER_MAC,
    packet.addr("192.0.2.250"), b"\0" * 6, packet.addr(packet.HOST))

_libc = ctypes.CDLL(None, use_errno=True)
_home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def run(*command, text=None):
    """A command that has to succeed; returns what it printed."""
    done = subprocess.run(command, input=text, text=True,
                          capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def output(*command):
    """What a command printed, whether it succeeded or not."""
    return subprocess.run(command, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False).stdout


def ip(*lines):
    """Lines for ip(8), in this process's namespace."""
    run("ip", "-batch", "-", text="\n".join(lines) + "\n")


def enter(ns=None):
    """Move to a namespace by name, or home."""
    fd = _home
    if ns:
        fd = os.open(f"/run/netns/{ns}", os.O_RDONLY | os.O_CLOEXEC)
    if _libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
    if ns:
        os.close(fd)


def insmod(*parameters):
    run("insmod", MODULE, *parameters)


def rmmod():
    run("rmmod", "icmp4")


def nft(rules):
    run("nft", "-f", "-", text=rules)


def nft_counters():
    """{name: packets} of all named counters."""
    words = run("nft", "list", "counters").replace("{", " ").split()
    return {words[at + 1]: int(words[at + 3])
            for at, word in enumerate(words) if word == "counter"}


def write(path, value):
    with open(path, "w", encoding="ascii") as file:
        file.write(str(value))


def sysctl(name, value=None):
    """Set one below net.ipv4; returns the old value."""
    path = "/proc/sys/net/ipv4/" + name
    with open(path, encoding="ascii") as file:
        old = file.read().strip()
    if value is not None:
        write(path, value)
    return old


def mac(raw):
    return ":".join(f"{byte:02x}" for byte in raw)


NEIGHBOURS = [f"neigh replace {peer} dev h0 lladdr {mac(packet.PEER_MAC)}"
              for peer in PEERS]


class Counters:
    """A reading of files in the two-line form of /proc/net/snmp."""

    def __init__(self, *paths):
        self.pairs = set()
        for path in paths:
            with open(path, encoding="ascii") as file:
                lines = file.read().splitlines()
            self.pairs.update(zip(lines[::2], lines[1::2]))

    def since(self, before):
        """{"Icmp.InMsgs": 1, ...}: what changed, and by how much. Lines are
        read only where they differ, since that takes most of the time.
        """
        was, now = before.read(self), self.read(before)
        return {name: now.get(name, 0) - was.get(name, 0)
                for name in was.keys() | now.keys()
                if now.get(name, 0) != was.get(name, 0)}

    def read(self, other=None):
        """All counters, but for those of lines that the other has, too."""
        table = {}
        for names, values in self.pairs - (other.pairs if other else set()):
            prefix, *names = names.split()
            if prefix in PREFIXES:
                table.update(zip((prefix[:-1] + "." + name for name in names),
                                 map(int, values.split()[1:])))
        return table


class Fates(Counters):
    """Those of the module's counters that tell what became of a message, not what
    raw sockets, of which tests have many, got of it besides.
    """

    def read(self, other=None):
        return {name: value for name, value in super().read(other).items()
                if not name.startswith(("Icmp4.Raw", "Icmp4.Darwin"))}


def mib():
    return Counters("/proc/net/snmp")


def stat(kind=Counters):
    """The module's own counters; none without it."""
    if not os.path.exists("/proc/net/icmp4/stat"):
        return kind()
    return kind("/proc/net/icmp4/stat")


def fates():
    return stat(Fates)


def frame_socket(device, proto):
    """All frames of a protocol; ETH_P_ALL: those sent as well."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                         socket.htons(proto))
    sock.bind((device, proto))
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
    return sock


def drain(sock):
    """All that a socket has now."""
    frames = []
    while True:
        try:
            frames.append(sock.recv(1 << 17, socket.MSG_DONTWAIT))
        except BlockingIOError:
            return frames


def wait_for_carrier(*devices):
    """A device that was just set up loses what it is given until the kernel has
    looked at its carrier, some time later.
    """
    for device in devices:
        deadline = time.monotonic() + 30
        while " state UP " not in run("ip", "-o", "link", "show", device):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{device} has no carrier")
            time.sleep(0.01)


class Lab:
    """Both namespaces, made by and for one pass; with other names there may be
    two at a time.
    """

    # Through how many queues, one behind the other, an answer may have to go.
    hops = 1

    def __init__(self, peer="peer", host="host"):
        # What arrives waits in one CPU's queue: first in, first out.
        os.sched_setaffinity(0, {1 % os.cpu_count()})
        self.namespaces = peer, host
        ip(f"netns add {peer}", f"netns add {host}",
           f"link add p0 mtu 65535 netns {peer} "
           f"address {mac(packet.PEER_MAC)} type veth "
           f"peer name h0 netns {host} address {mac(packet.HOST_MAC)}")
        enter(peer)
        sysctl("../ipv6/conf/p0/disable_ipv6", 1)
        ip("link set p0 up")
        self.frames = frame_socket("p0", ETH_P_IP)
        self.answers = frame_socket("p0", ETH_P_ARP)
        self.offload = frame_socket("p0", 0)
        self.offload.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        enter(host)
        # IPv6 addresses come when asked for, not some time later.
        sysctl("../ipv6/conf/default/addr_gen_mode", 1)
        sysctl("../ipv6/conf/h0/addr_gen_mode", 1)
        ip("link set lo up", "link set h0 up",
           "address add 192.0.2.1/24 brd + dev h0",
           "address add 192.0.2.9/24 brd + dev h0",
           "address add 198.51.100.1/24 brd + dev h0",
           "address add 203.0.113.1/32 dev lo",
           *NEIGHBOURS, "route add default via 192.0.2.2")
        sysctl("icmp_ratemask", 0)
        sysctl("ipfrag_time", 600)
        wait_for_carrier("h0")
        enter(peer)
        wait_for_carrier("p0")
        enter(host)

    def close(self):
        for sock in (self.frames, self.answers, self.offload):
            sock.close()
        enter()
        ip(*(f"netns del {name}" for name in self.namespaces))

    def settle(self):
        """Wait until all that was sent so far has been looked after: an ARP
        question takes the same way behind it, and has no part in any counter.
        """
        self.answers.send(QUESTION)
        while True:
            if not select.select([self.answers], [], [], 10)[0]:
                raise RuntimeError("the host does not answer ARP")
            if self.answers.recv(2048)[20:22] == b"\0\2":
                return

    def received(self):
        """Frames that came since the last call."""
        return drain(self.frames)

    def exchange(self, frames, wait=0):
        """Send frames one after the other; returns what came back, in so many
        seconds if it takes time.
        """
        for number, frame in enumerate(frames, 1):
            if isinstance(frame, Offload):
                self.offload.send(frame)
            else:
                self.answers.send(frame)
            # No more at a time than a send buffer has room to answer.
            if number % 64 == 0:
                self.settle()
        time.sleep(wait)
        for _ in range(self.hops):
            self.settle()
        return self.received()


class Offload(bytes):
    """A frame with a struct virtio_net_hdr in front."""


def paged(frame, linear):
    """A frame (4096 bytes or more) of which only so much is linear."""
    return Offload(struct.pack("=BBHHHH", 0, 0, linear, 0, 0, 0) + frame)


def partial(frame, start=34, offset=2):
    """A frame whose checksum at start + offset is left to the device."""
    return Offload(struct.pack("=BBHHHH", 1, 0, 0, 0, start, offset) + frame)
