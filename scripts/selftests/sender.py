# SPDX-License-Identifier: GPL-2.0
"""Sockets of the host that send something, and all that they have to say of an
error about it.

  far beyond               peer p0 ---- veth ---- h0 host
  10.9.8.7      gateway 192.0.2.2                 192.0.2.1
     |                        |<- what it sends -----| socket
     |                        |- error ------------->| poll, recv, SO_ERROR,
     |                        |                      | error queue, IP_MTU
"""

import errno
import select
import socket
import struct
import time

import packet
from packet import HOST

FAR = "10.9.8.7"
PORT, FAR_PORT = 40000, 9
# A protocol that nobody handles.
OTHER = 253

SOL_IP = socket.SOL_IP
IP_PKTINFO = 8
IP_MTU_DISCOVER, IP_RECVERR, IP_MTU = 10, 11, 14
IP_RECVERR_RFC4884 = 26
RECVERR = (SOL_IP, IP_RECVERR, 1)
RFC4884 = (SOL_IP, IP_RECVERR_RFC4884, 1)
HDRINCL = (SOL_IP, socket.IP_HDRINCL, 1)
# IP_PKTINFO, IP_RECVTTL, IP_RECVTOS, IP_RECVOPTS, IP_RECVORIGDSTADDR
ALL_ABOUT = [(SOL_IP, option, 1) for option in (IP_PKTINFO, 12, 13, 6, 20)]

EVENTS = {select.POLLIN: "in", select.POLLOUT: "out", select.POLLERR: "error",
          select.POLLHUP: "hangup", select.POLLRDHUP: "half",
          select.POLLPRI: "urgent"}
# What a socket that knows of no error says.
SILENT = {"poll": "out", "recv": "EAGAIN", "option": "0", "queue": "EAGAIN",
          "poll again": "out"}


def address(sockaddr):
    """A struct sockaddr_in, in words."""
    family = struct.unpack("=H", sockaddr[:2])[0]
    port = struct.unpack("!H", sockaddr[2:4])[0]
    rest = sockaddr[8:] if any(sockaddr[8:]) else b""
    return (f"{socket.inet_ntoa(sockaddr[4:8])}:{port} family {family}"
            f"{rest.hex()}")


class Sender:
    """A UDP socket. The options are for setsockopt(2)."""

    kind, proto = socket.SOCK_DGRAM, 0
    wire_proto = packet.UDP

    def __init__(self, *options, connected=True, local=HOST, far=FAR):
        self.connected = connected
        self.far = far
        self.local = local
        self.sock = socket.socket(socket.AF_INET, self.kind, self.proto)
        self.sock.setblocking(False)
        for option in options:
            self.sock.setsockopt(*option)
        self.sock.bind((local, PORT))
        if connected:
            self.connect()

    def connect(self):
        self.sock.connect((self.far, FAR_PORT))

    def close(self):
        self.sock.close()

    def data(self):
        return packet.payload(32)

    def send(self):
        if self.connected:
            return self.sock.send(self.data())
        return self.sock.sendto(self.data(), (self.far, FAR_PORT))

    def start(self, host):
        """Send; returns the IP packet as the peer got it."""
        self.send()
        return self.sent(host)

    def late(self):
        """Has it begun to send again on its own?"""
        return False

    def sent(self, host):
        for frame in host.exchange([]):
            if frame[23] == self.wire_proto:
                return frame[14:]
        raise RuntimeError("nothing was sent")

    # What it has to say, by the name of the question.

    def poll(self):
        poll = select.poll()
        poll.register(self.sock, sum(EVENTS))
        events = dict(poll.poll(0)).get(self.sock.fileno(), 0)
        return " ".join(name for event, name in EVENTS.items()
                        if events & event)

    def option(self):
        error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return errno.errorcode[error] if error else "0"

    def recv(self):
        """What recv(2) says until there is nothing more."""
        words = []
        while len(words) < 10 and words[-1:] != ["EAGAIN"]:
            try:
                data = self.sock.recv(1 << 16)
            except OSError as error:
                words.append(errno.errorcode[error.errno])
            else:
                words.append(f"{len(data)} bytes {data[20:22].hex()}")
                if not data:
                    break
        return " ".join(words)

    def again(self):
        """What sending once more says."""
        try:
            self.send()
        except OSError as error:
            return errno.errorcode[error.errno]
        return "sent"

    def mtu(self):
        try:
            return str(self.sock.getsockopt(SOL_IP, IP_MTU))
        except OSError as error:
            return errno.errorcode[error.errno]

    def state(self):
        """Of the connection, if there is one."""
        return ""

    def queue(self, quoted=b""):
        """All of the error queue. The data is told by where in the quotation
        it begins.
        """
        words = []
        while len(words) < 10 and words[-1:] != ["EAGAIN"]:
            try:
                words.append(queued(*self.sock.recvmsg(
                    1 << 16, 1024, socket.MSG_ERRQUEUE), quoted))
            except OSError as error:
                words.append(errno.errorcode[error.errno])
        return "; ".join(words)

    def tell(self, order, quoted):
        """{question: answer}, asked in this order."""
        notes = {}
        for question in order.split():
            answer = (self.queue(quoted) if question == "queue" else
                      getattr(self, question)())
            notes[question + " again" if question in notes else question] = (
                answer)
        return notes


def queued(data, control, flags, name, quoted):
    """A message of an error queue, in words."""
    at = len(quoted) - len(data)
    place = f"quoted[{at}:]" if at >= 0 and data == quoted[at:] else data.hex()
    words = [f"from {name[0]}:{name[1]}" if name else "from nobody",
             f"data {place} flags {flags:#x}"]
    for level, kind, value in control:
        if (level, kind) == (SOL_IP, IP_RECVERR):
            (number, origin, what, code, pad, info, at, invalid,
             reserved) = struct.unpack("=IBBBBIHBB", value[:16])
            words.append(f"{errno.errorcode.get(number, number)} origin "
                         f"{origin} {what}/{code} info {info} extension {at} "
                         f"{invalid} rest {pad}{reserved} by "
                         f"{address(value[16:])}")
        elif (level, kind) == (SOL_IP, IP_PKTINFO):
            # Of other kernels, or later, a device has another number.
            number = struct.unpack("=i", value[:4])[0]
            words.append(f"on {socket.if_indextoname(number)} "
                         f"{value[4:].hex()}")
        else:
            words.append(f"{level}:{kind} {value.hex()}")
    return " ".join(words)


class Ping(Sender):
    """A datagram socket of ICMP."""

    proto = wire_proto = socket.IPPROTO_ICMP

    def data(self):
        return packet.echo(32)


class Raw(Sender):
    """A raw socket of a protocol that nobody handles."""

    kind = socket.SOCK_RAW
    proto = wire_proto = OTHER


class RawIcmp(Raw):
    proto = wire_proto = socket.IPPROTO_ICMP

    def data(self):
        return packet.echo(32)


class RawReply(RawIcmp):
    """It sends what is otherwise the kernel's to send."""

    def data(self):
        return packet.echo(32, kind=packet.ECHO_REPLY)


class RawUdp(Raw):
    proto = wire_proto = packet.UDP

    def data(self):
        return packet.udp(32, PORT, FAR_PORT)


class RawHeader(Raw):
    """It writes the IP header itself; options, in it, too."""

    def __init__(self, *options, header=b"", source=HOST, **known):
        self.header = header
        self.source = source
        super().__init__(HDRINCL, *options, **known)

    def data(self):
        return packet.ip(packet.payload(32), self.source, self.far,
                         self.wire_proto, options=self.header)


class RawAny(RawHeader):
    """It may send any protocol, and is told of none."""

    proto = socket.IPPROTO_RAW


def segment(flags, seq, ack=0, options=b"", data=b"", ports=(FAR_PORT, PORT),
            src=FAR, dst=HOST):
    """A TCP segment of the far host in a frame."""
    head = struct.pack("!HHIIBBHHH", *ports, seq, ack,
                       (20 + len(options)) << 2, flags, 65535, 0, 0)
    body = head + options + data
    pseudo = packet.addr(src) + packet.addr(dst) + struct.pack(
        "!HH", packet.TCP, len(body))
    csum = struct.pack("!H", packet.checksum(pseudo + body))
    return packet.frame(body[:16] + csum + body[18:], src=src, dst=dst,
                        proto=packet.TCP)


FIN, SYN, RST, ACK = 1, 2, 4, 16
MSS_1460 = b"\2\4\5\xb4"


class Syn(Sender):
    """A TCP socket that waits for an answer to its SYN."""

    kind, wire_proto = socket.SOCK_STREAM, packet.TCP

    def __init__(self, *options, **known):
        self.end = 0
        # Without a FIN that would have to be acknowledged.
        super().__init__((socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("=II", 1, 0)), *options,
                         (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1), **known)

    def connect(self):
        # RFC 6298 2: the first retransmission is a second later.
        self.end = time.monotonic() + 0.9
        if self.sock.connect_ex((self.far, FAR_PORT)) != errno.EINPROGRESS:
            raise RuntimeError("connect did not wait")

    def late(self):
        return time.monotonic() > self.end

    def start(self, host):
        return self.sent(host)

    def send(self):
        self.sock.send(packet.payload(32))

    def state(self):
        return str(self.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO,
                                        1)[0])


class Established(Syn):
    """One that is connected; what it sent is the last of the handshake."""

    was_late = False

    def start(self, host):
        seq = struct.unpack("!I", self.sent(host)[24:28])[0]
        host.answers.send(segment(
            SYN | ACK, 1000, seq + 1 & 0xffffffff, MSS_1460, src=self.far,
            dst=self.local))
        ack = self.sent(host)
        self.was_late = super().late()
        return ack

    def late(self):
        return self.was_late
