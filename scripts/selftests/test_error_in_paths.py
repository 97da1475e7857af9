#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""Paths that errors change: MTUs, true and forged, and redirects; compared with
the built-in ICMP. Then transfers through a narrow link, and the knobs that only
the module has.

  far beyond               peer p0 ---- veth ---- h0 host
  10.9.8.7     gateways 192.0.2.2                 192.0.2.1
                   .3   .4    |<- packet ------------| socket
     |                        |- smaller! other way! | its MTU, the route, the
     |                        |   ------------------>| gateway of the next one

  far            router           host
  f0 ------ n1          n0 ------ h1
  10.6.0.2  10.6.0.1    10.5.0.1  10.5.0.2
       1280 bytes from here on
"""

import functools
import hashlib
import socket
import threading
import time

import kmsg
import lab
import packet
import routes
import sender
import versus
from error import NEEDFRAG, About, Error, Settled, mtu
from packet import IP_DF, REDIRECT, UNREACH, addr
from sender import (FAR, IP_MTU, IP_MTU_DISCOVER, RECVERR, SOL_IP, Established,
                    Ping, Raw, RawHeader, RawIcmp, RawUdp, Sender, Syn)
from versus import Group

partial = functools.partial
SENDERS = {
    "UDP": partial(Sender, RECVERR),
    "UDP, not connected": partial(Sender, RECVERR, connected=False),
    "datagram": partial(Ping, RECVERR),
    "raw": partial(Raw, RECVERR),
    "raw, not connected": partial(Raw, RECVERR, connected=False),
    "raw UDP": partial(RawUdp, RECVERR),
    "TCP, SYN sent": partial(Syn),
    "TCP, established": partial(Established),
}
STRICT = ("TCP, SYN sent", "TCP, established")
PMTUDISC_DO = 2
MTUS = (0, 1, 67, 68, 296, 551, 552, 553, 575, 576, 1000, 1006, 1280, 1492,
        1499, 1500, 1501, 9000, 65535)


def need_frag(size, end=None, **known):
    return Told(UNREACH, NEEDFRAG, mtu(size), end=end, **known)


class Told(Error):
    """An error whose end is not what is usual."""

    def __init__(self, *arguments, end=None, **known):
        super().__init__(*arguments, **known)
        self.told_end = end

    def end(self):
        return self.told_end or super().end()


class Row(Error):
    """Errors one after the other."""

    def __init__(self, *errors):
        super().__init__(errors[-1].kind, errors[-1].code)
        self.errors = errors

    def frames(self, quoted):
        return [frame for error in self.errors
                for frame in error.frames(quoted)]

    def ends(self):
        ends = {"InTaken": len(self.errors)}
        for error in self.errors:
            ends[error.end()] = ends.get(error.end(), 0) + 1
        return ends


def forged():
    """C180, C181, C182, C184, C186: whatever MTU is told."""
    for name, make in SENDERS.items():
        for size in MTUS:
            yield About(f"{name}, {size}", {"socket": make}, need_frag(size))


def disciplines():
    """ip_no_pmtu_disc, for sockets that leave it to that and for those that
    do not. 3 lets none but TCP hear of it.
    """
    for value in (0, 1, 2, 3, 4, 255):
        for name, make in SENDERS.items():
            for size in (1000, 100):
                for options in ((), (PMTUDISC_DO,)):
                    ignored = value == 2 or value == 3 and name not in STRICT
                    error = need_frag(size, "InPmtuIgnored" if ignored
                                      else None)
                    yield About(
                        f"{value}: {name}, {size}, {options}",
                        {"socket": partial(
                            make.func, *discover(options), *make.args,
                            **make.keywords)},
                        error, sysctls={"ip_no_pmtu_disc": value})
    # Codes of which the built-in looks at four bits first.
    for value in (0, 2, 3):
        for code in (20, 36, 244):
            yield About(f"{value}: code {code}", {"socket": SENDERS["UDP"]},
                        Error(UNREACH, code),
                        sysctls={"ip_no_pmtu_disc": value})


def discover(values):
    return [(SOL_IP, IP_MTU_DISCOVER, value) for value in values]


def sequences():
    """C181: each step of a path that gets narrower, and is said to be wider."""
    sizes = (1400, 1200, 1300, 1200, 1000, 9000, 576, 300, 1000, 200, 552)
    for name, make in SENDERS.items():
        for number in range(1, len(sizes) + 1):
            yield About(f"{name}, {sizes[:number]}", {"socket": make}, Row(
                *map(need_frag, sizes[:number])))


def together():
    """Both on one exception, in either order, and who else uses it."""
    both = {"MTU": need_frag(1000), "gateway": Error(REDIRECT, 1),
            "smaller MTU": need_frag(800),
            "next gateway": Error(REDIRECT, 1, addr("192.0.2.4"),
                                  "192.0.2.3"),
            "old gateway": Error(REDIRECT, 1, addr("192.0.2.4"))}
    rows = (("MTU", "gateway"), ("gateway", "MTU"),
            ("MTU", "gateway", "smaller MTU"), ("gateway", "gateway"),
            ("gateway", "next gateway"), ("gateway", "old gateway"),
            ("gateway", "next gateway", "MTU"))
    for row in rows:
        for first in (Sender, Ping, Raw, RawUdp):
            sockets = {"first": partial(first, RECVERR),
                       "raw UDP": RawUdp, "raw ICMP": RawIcmp, "raw": Raw}
            if first is not Sender:
                sockets["UDP"] = Sender
            yield About(f"{first.__name__}: {', '.join(row)}", sockets, Row(
                *(both[word] for word in row)), order="mtu recv queue mtu")


def metrics():
    """Routes that know an MTU of their own, and have it locked."""
    for route in ("mtu 1200", "mtu 800", "mtu lock 1200", "mtu lock 400"):
        for size in (1400, 1000, 500):
            for name in ("UDP", "raw", "raw, not connected",
                         "TCP, established"):
                yield About(f"{route}: {name}, {size}", {
                    "socket": SENDERS[name]}, need_frag(size), commands=[
                        f"route replace {FAR}/32 via 192.0.2.2 {route}"])


def many_hops(*errors):
    """An exception for each next hop of a multipath route, or, of a redirect,
    for one. Which one is taken is as random as the kernel's secret.
    """
    for name, make in SENDERS.items():
        for error in errors:
            yield About(f"{name}, {error} by {error.src}", {"socket": make},
                        error, asked=({"dst": FAR, "src": packet.HOST},))


MULTIPATH = {"commands": [
    "route replace default nexthop via 192.0.2.4 nexthop via 192.0.2.2"],
    "undo": ["route replace default via 192.0.2.2"]}
GATEWAYS = ("192.0.2.3", "192.0.2.4", "192.0.2.77", "198.51.100.2",
            "10.5.5.5", "192.0.2.1", "192.0.2.2", "192.0.2.255", "224.0.0.1",
            "0.0.0.0", "0.0.0.1", "255.255.255.255", "240.0.0.1",
            "127.0.0.1", FAR)


def gateways():
    """C093-C097: to whom a redirect may lead, and who may send it."""
    for gateway in GATEWAYS:
        yield About(f"to {gateway}", {"UDP": SENDERS["UDP"]}, Error(
            REDIRECT, 1, addr(gateway)))
    for src in ("192.0.2.2", "192.0.2.3", "192.0.2.4", "198.51.100.2", FAR,
                "10.77.0.1"):
        for name, make in SENDERS.items():
            yield About(f"{name}, by {src}", {"socket": make}, Error(
                REDIRECT, 1, src=src))
    for code in range(4):
        for name, make in SENDERS.items():
            yield About(f"{name}, code {code}", {"socket": make}, Error(
                REDIRECT, code))


def followed():
    """The next packet takes the other way: its frame shows it."""
    for name in ("UDP", "UDP, not connected", "datagram", "raw",
                 "raw, not connected"):
        for code in range(4):
            yield About(f"{name}, code {code}", {"socket": SENDERS[name]},
                        Error(REDIRECT, code), order="recv recv again mtu")


def acceptance():
    """accept_redirects, shared_media and secure_redirects, each of which is
    looked up for all devices and for this one.
    """
    for everywhere in (0, 1):
        for here in (0, 1):
            for knob in ("accept_redirects", "shared_media",
                         "secure_redirects"):
                for gateway in ("192.0.2.3", "192.0.2.4", "198.51.100.2",
                                "10.5.5.5"):
                    rest = {"accept_redirects": 1,
                            "shared_media": int(knob == "accept_redirects"),
                            "secure_redirects": 1}
                    knobs = {f"conf/{device}/{name}": value
                             for device in ("all", "h0")
                             for name, value in rest.items()}
                    knobs[f"conf/all/{knob}"] = everywhere
                    knobs[f"conf/h0/{knob}"] = here
                    yield About(f"{knob} {everywhere} {here}, {gateway}", {
                        "UDP": SENDERS["UDP"], "raw": Raw}, Error(
                            REDIRECT, 1, addr(gateway)), sysctls=knobs)


ACCEPTANCE = {"commands": ["route add 10.66.0.0/16 via 192.0.2.4"],
              "undo": ["route del 10.66.0.0/16"],
              "sysctls": {f"conf/{device}/{knob}": 1
                          for device in ("all", "h0")
                          for knob in ("accept_redirects", "shared_media",
                                       "secure_redirects")}}


def routers():
    """C099: a router follows none, unless it is told to, everywhere."""
    for value in (0, 1):
        knobs = {f"conf/{device}/accept_redirects": value
                 for device in ("all", "h0")}
        for name, make in SENDERS.items():
            yield About(f"accept_redirects {value}, {name}",
                        {"socket": make}, Error(REDIRECT, 1), sysctls=knobs)
    yield About("accept_redirects for one device", {"UDP": SENDERS["UDP"]},
                Error(REDIRECT, 1), sysctls={"conf/all/accept_redirects": 0})


def group(name, stimuli, told, rerouted, sysctls=None, answered=0, **known):
    """A Group whose sockets may be of any kind; rerouted None: as it comes."""
    noted = {"told": told}
    if rerouted is not None:
        noted["rerouted"] = rerouted
    return Group(name, stimuli, answered, noted=noted,
                 sysctls={"ping_group_range": "0 2147483647",
                          **(sysctls or {})}, **known)


REDIRECTED = {"undo": [
    f"neigh replace 192.0.2.3 dev h0 lladdr {lab.mac(packet.PEER_MAC)}"],
    "commands": ["neigh replace 192.0.2.3 dev h0 lladdr 02:00:00:00:00:33"]}
GROUPS = [
    group("forged MTUs", forged(), 114, 128),
    group("ip_no_pmtu_disc", disciplines(), 94, 136,
          sysctls={"ip_no_pmtu_disc": 0}),
    group("MTUs in a row", sequences(), 66, 88),
    group("MTUs and gateways", together(), 19, 28),
    group("routes with an MTU", metrics(), 36, 48,
          undo=[f"route del {FAR}/32"]),
    group("an MTU of a multipath route", many_hops(need_frag(1000)), 6, 8,
          **MULTIPATH),
    group("a gateway of a multipath route", many_hops(
        Error(REDIRECT, 1), Error(REDIRECT, 1, src="192.0.2.4")), 2, None,
          **MULTIPATH),
    group("gateways", gateways(), 10, 43),
    group("redirects followed", followed(), 4, 20, answered=20, **REDIRECTED),
    group("redirects accepted", acceptance(), 0, 24, **ACCEPTANCE),
    group("redirects of routers", routers(), 2, 8,
          sysctls={"ip_forward": 1}),
]


def drop_redirect(host):
    """icmp_drop_redirect: routes stay, raw sockets see the message.

    C100.
    """
    problems = []
    for value, end in ((0, "InDelivered"), (1, "InRedirectIgnored"),
                       (0, "InDelivered")):
        lab.sysctl("icmp_drop_redirect", value)
        for name, make in SENDERS.items():
            if name == "datagram":
                continue
            error = Told(REDIRECT, 1, end=end)
            stat = lab.fates()
            _, notes = About(name, {"socket": make, "raw ICMP": partial(
                RawIcmp, connected=False)}, error).play(host)
            changed = lab.fates().since(stat)
            if changed != {f"Icmp4.{word}": number
                           for word, number in error.ends().items()}:
                problems.append(f"{value}: {name}: counts {changed}")
            if ("rerouted" in notes) != (not value):
                problems.append(f"{value}: {name}: {notes}")
            if " 0501 " not in notes["raw ICMP, recv"]:
                problems.append(f"{value}: {name}: raw socket: {notes}")
    return problems


def other_errors_remain(host):
    """icmp_drop_redirect ignores nothing else."""
    lab.sysctl("icmp_drop_redirect", 1)
    problems = []
    for error in (need_frag(1000), Error(UNREACH, 1), Error(11), Error(12)):
        stat = lab.fates()
        _, notes = About("UDP", {"socket": SENDERS["UDP"]}, error).play(host)
        if "told" not in notes or lab.fates().since(stat) != {
                "Icmp4.InTaken": 1, "Icmp4.InDelivered": 1}:
            problems.append(f"{error}: {notes}")
    return problems


def quoted(size=40, ihl=5):
    """A packet of which there is no socket."""
    whole = packet.ip(packet.udp(32), packet.HOST, FAR, packet.UDP)
    return (bytes([0x40 | ihl]) + whole[1:])[:size]


@kmsg.unlimited
def log_redirect(host):
    """icmp_log_redirect: a line for each, whoever sends it, dropped or not.

    But for those that are too short to say what they are about.
    """
    problems = []
    said = "icmp4: redirect from {}: 10.9.8.7 => {}".format
    log = kmsg.Log()
    for value, drop, error, expected in (
            (0, 0, Error(REDIRECT, 1), []),
            (1, 0, Error(REDIRECT, 1), [said("192.0.2.2", "192.0.2.3")]),
            (1, 1, Error(REDIRECT, 0), [said("192.0.2.2", "192.0.2.3")]),
            (1, 0, Error(REDIRECT, 1, addr("10.5.5.5"), "10.77.0.1"),
             [said("10.77.0.1", "10.5.5.5")]),
            (1, 0, Error(REDIRECT, 4), [said("192.0.2.2", "192.0.2.3")]),
            (1, 1, Error(REDIRECT, 255), [said("192.0.2.2", "192.0.2.3")]),
            (1, 0, Error(UNREACH, 1), []), (1, 0, Error(4), []),
            (0, 1, Error(REDIRECT, 1), [])):
        lab.sysctl("icmp_log_redirect", value)
        lab.sysctl("icmp_drop_redirect", drop)
        host.exchange(error.frames(quoted()))
        if log.lines("icmp4:") != expected:
            problems.append(f"{value}, {drop}, {error}: not {expected}")
    lab.sysctl("icmp_log_redirect", 1)
    for size in range(41):
        for ihl in (0, 4, 5, 15):
            host.exchange(Error(REDIRECT, 1).frames(quoted(size, ihl)))
            lines = log.lines("icmp4:")
            if bool(lines) != (ihl == 5 and size >= 28):
                problems.append(f"{size} bytes, {ihl} words: {lines}")
    log.close()
    return problems


def log_limit(host):
    """What icmp_log_redirect says is limited by the kernel's own limit."""
    lab.sysctl("icmp_log_redirect", 1)
    log = kmsg.Log()
    host.exchange(Error(REDIRECT, 1).frames(quoted()) * 200)
    lines = log.lines("icmp4:")
    log.close()
    return [] if len(lines) <= 20 else [f"{len(lines)} lines of 200"]


@kmsg.unlimited
def log_bogus(host):
    """Errors about broadcasts are logged, if they are not ignored."""
    problems, log = [], kmsg.Log()
    about = packet.ip(packet.udp(32), packet.HOST, "192.0.2.255", packet.UDP)
    for value, error, number in ((1, Error(UNREACH, 1), 0),
                                 (0, Error(UNREACH, 1), 1),
                                 (0, Error(11), 1), (0, Error(REDIRECT, 1), 0),
                                 (0, Error(UNREACH, 16), 0)):
        lab.sysctl("icmp_ignore_bogus_error_responses", value)
        host.exchange(error.frames(about))
        lines = log.lines("icmp4:")
        expected = [f"icmp4: 10.77.0.1 sent an invalid type {error.kind}, code "
                    f"{error.code} error about a broadcast: 192.0.2.255 on h0"]
        if lines != expected * number:
            problems.append(f"{value}, {error}: {lines}")
    log.close()
    return problems


def wait_until(condition):
    """At most 10 s; returns whether it came true."""
    end = time.monotonic() + 10
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def expiry(host):
    """C098, C183: what was learnt is forgotten: paths by mtu_expires."""
    problems = []
    lab.sysctl("route/mtu_expires", 2)
    for make in (Sender, Raw):
        routes.forget()
        one = make(RECVERR)
        begin = time.monotonic()
        host.exchange(need_frag(1000).frames(one.start(host)))
        one.close()
        if "mtu 1000" not in routes.get(FAR):
            problems.append(f"{make.__name__}: {routes.get(FAR)}")
        gone = wait_until(lambda: "mtu" not in routes.get(FAR))
        passed = time.monotonic() - begin
        if not gone or passed < 1.9:
            problems.append(f"{make.__name__}: {routes.get(FAR)} after "
                            f"{passed:.1f} s")
    host.exchange(Error(REDIRECT, 1).frames(quoted()))
    if not 290 < routes.expires(FAR) <= 301:
        problems.append(f"a redirect is for {routes.expires(FAR)} s")
    return problems


class Narrow:
    """A far host behind a router behind which links are narrow."""

    FAR = "10.6.0.2"

    def __enter__(self):
        lab.enter()
        lab.ip("netns add router", "netns add far")
        lab.enter("host")
        lab.ip("link add h1 type veth peer name n0 netns router",
               "link set h1 up", "address add 10.5.0.2/24 dev h1",
               "route add 10.6.0.0/24 via 10.5.0.1")
        lab.enter("router")
        lab.ip("link set n0 up", "address add 10.5.0.1/24 dev n0",
               "link add n1 type veth peer name f0 netns far",
               "link set n1 mtu 1280 up", "address add 10.6.0.1/24 dev n1")
        lab.sysctl("ip_forward", 1)
        lab.sysctl("icmp_ratemask", 0)
        lab.enter("far")
        lab.ip("link set f0 up", "address add 10.6.0.2/24 dev f0",
               "route add default via 10.6.0.1")
        lab.enter("host")
        return self

    def __exit__(self, *_):
        lab.enter()
        lab.ip("netns del router", "netns del far")
        lab.enter("host")

    def listener(self, kind):
        """A socket of the far host."""
        lab.enter("far")
        sock = socket.socket(socket.AF_INET, kind)
        sock.settimeout(30)
        sock.bind((self.FAR, 9))
        lab.enter("host")
        return sock


def receive(listener, digests):
    """What comes by one connection."""
    digest = hashlib.sha256()
    with listener.accept()[0] as sock:
        sock.settimeout(30)
        while data := sock.recv(1 << 16):
            digest.update(data)
    digests.append(digest.digest())


def transfer(narrow, discipline):
    """4 MB by TCP; returns whether they came as they were, and the MTU."""
    data = packet.payload(65536) * 64
    digests = []
    with narrow.listener(socket.SOCK_STREAM) as listener, socket.socket(
            socket.AF_INET, socket.SOCK_STREAM) as sock:
        listener.listen()
        reader = threading.Thread(target=receive, args=(listener, digests))
        reader.start()
        if discipline is not None:
            sock.setsockopt(SOL_IP, IP_MTU_DISCOVER, discipline)
        sock.settimeout(30)
        sock.connect((narrow.FAR, 9))
        sock.sendall(data)
        size = sock.getsockopt(SOL_IP, IP_MTU)
        sock.shutdown(socket.SHUT_WR)
        reader.join(60)
    return digests == [hashlib.sha256(data).digest()], size


def narrow_tcp(_):
    """A TCP transfer through a link of 1280 bytes arrives, in one piece.

    C180: in each mode of ip_no_pmtu_disc that has path MTU discovery.
    """
    problems = []
    with Narrow() as narrow:
        for mode, discipline, size, told in (
                (0, None, 1280, True), (0, PMTUDISC_DO, 1280, True),
                (1, None, 1500, False), (1, PMTUDISC_DO, 552, True),
                (2, None, 1500, False), (3, PMTUDISC_DO, 1280, True)):
            routes.forget()
            lab.sysctl("ip_no_pmtu_disc", mode)
            mib, stat = lab.mib(), lab.fates()
            found = transfer(narrow, discipline)
            mib, stat = lab.mib().since(mib), lab.fates().since(stat)
            word = f"mode {mode}, {discipline}: "
            if found != (True, size):
                problems.append(f"{word}{found}, not MTU {size}")
            if bool(mib.get("Icmp.InDestUnreachs")) != told:
                problems.append(f"{word}{mib}")
            if stat.get("Icmp4.InDelivered") != mib.get(
                    "Icmp.InDestUnreachs"):
                problems.append(f"{word}{stat}")
            if mib.get("Ip.FragCreates"):
                problems.append(f"{word}the host fragmented")
    return problems


def narrow_datagrams(_):
    """Datagrams and raw packets find the same path, and keep to it."""
    problems = []
    lab.sysctl("ping_group_range", "0 2147483647")
    with Narrow() as narrow:
        lab.enter("far")
        arrived = lab.frame_socket("f0", lab.ETH_P_IP)
        lab.enter("host")
        for make in (Sender, Ping, Raw, RawUdp, RawHeader):
            routes.forget()
            problems += [f"{make.__name__}: {problem}"
                         for problem in explore(make, narrow, arrived)]
        arrived.close()
    return problems


# What the far host says to what fits.
ANSWERS = {Sender: "ECONNREFUSED", RawUdp: "ECONNREFUSED",
           Raw: "ENOPROTOOPT", RawHeader: "ENOPROTOOPT",
           Ping: f"1260 bytes {packet.payload(1252)[12:14].hex()}"}


def explore(make, narrow, arrived):
    """Send too much, hear of it, and send what fits."""
    one = make(*discover([PMTUDISC_DO]), local="10.5.0.2", far=narrow.FAR)
    answers = [send(make, one, 1400)]
    wait_until(lambda: one.poll() != "out")
    answers += [one.recv(), one.mtu(), send(make, one, 1400),
                send(make, one, 1281), send(make, one, 1280)]
    wait_until(lambda: one.poll() != "out")
    answers += [one.recv(), one.mtu()]
    answers += [str(len(frame) - 14) for frame in lab.drain(arrived)]
    one.close()
    expected = ["sent", "EMSGSIZE EAGAIN", "1280", "EMSGSIZE", "EMSGSIZE",
                "sent", ANSWERS[make] + " EAGAIN", "1280", "1280"]
    return [] if answers == expected else [f"{answers}, not {expected}"]


def send(make, one, size):
    one.data = partial(sized, make, one, size)
    return one.again()


def sized(make, one, size):
    """Data of an IP packet of this size in all."""
    if make is RawHeader:
        return packet.ip(packet.payload(size - 20), one.local, one.far,
                         sender.OTHER, frag=IP_DF)
    if make is Ping:
        return packet.echo(size - 28)
    if make is RawUdp:
        return packet.udp(size - 28, sender.PORT, sender.FAR_PORT)
    return packet.payload(size - (28 if make is Sender else 20))


ALONE = [drop_redirect, other_errors_remain, log_redirect, log_limit,
         log_bogus, expiry, narrow_tcp, narrow_datagrams]

if __name__ == "__main__":
    versus.main(GROUPS, ALONE, topology=Settled)
