#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
"""The filter of raw ICMP sockets: its two forms, and what it hides.

  peer p0 ------ h0 host
    | 0 ... 255 ->|      messages of every type, to sockets with all masks
"""

import os
import random
import socket
import struct
import subprocess
import sys
import time

import lab
import packet
import raw
import versus
from differences import FILTER_FAULT, FILTER_WIDE
from raw import (ICMP_FILTER, SOL_RAW, Edge, Group, Scene, get_filter,
                 get_option, mask, set_filter, set_option)

ALL = range(256)
UPPER = range(32, 256)
# One of each type. That of a timestamp request is in no order, so that there is
# nothing to answer.
EVERY = [packet.frame(packet.icmp(
    kind, rest=b"\0\1\0\2", csum=0x1234 if kind == packet.TIMESTAMP else None))
         for kind in ALL]
SO_RCVBUFFORCE = 33
ROOM = (socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
BEFORE, NEW = b"\x5a\xa5\x0f\xf0", bytes(range(0xb3, 0xb3 + 64))
BUFFER = 64


def listed(types):
    """Types as a row of /proc/net/icmp4/raw has them."""
    words, types = [], sorted(types)
    while types:
        last = types[0]
        while last + 1 in types:
            last += 1
        words.append(str(types[0]) if last == types[0] else
                     f"{types[0]}-{last}")
        types = [kind for kind in types if kind > last]
    return ",".join(words) or "-"


def rows():
    """The rows of /proc/net/icmp4/raw, by inode."""
    with open("/proc/net/icmp4/raw", encoding="ascii") as file:
        names, *lines = [line.split() for line in file]
    return {int(row["inode"]): row for row in
            (dict(zip(names, line)) for line in lines)}


def row(sock):
    return rows().get(os.fstat(sock.fileno()).st_ino)


def hear_every(play):
    """Messages of every type; notes the types that each socket hears."""
    play.send(*EVERY)
    for name, one in play.sockets.items():
        types = one.types()
        play.note(f"{name} hears", listed(types))
        if types != sorted(set(types)):
            play.note(f"{name} hears in another order", types)
        if types:
            play.notes["heard"] = "yes"


# The same with the built-in: 4 bytes, of types 0 to 31.

def write_some(play, size):
    one = play.open(ROOM)
    play.note("before", set_filter(one, BEFORE))
    play.note("write", set_filter(one, NEW, size))
    play.note("read", get_filter(one, 4))
    hear_every(play)


def read_some(play, size):
    one = play.open()
    set_filter(one, NEW[:4])
    play.note("read", get_filter(one, size))


def all_single(play, types, hide):
    """A socket for each of these types, that hides or passes it alone."""
    for kind in types:
        hidden = {kind} if hide else set(range(32)) - {kind}
        one = play.open(ROOM, name=f"{kind}")
        play.note(f"{kind} set", set_filter(one, mask(hidden, 4)))
    hear_every(play)


def patterns(play):
    """Sockets of many masks at once."""
    luck = random.Random(4)
    for number in (0, 0xffffffff, 0x55555555, 0xaaaaaaaa,
                   *(luck.getrandbits(32) for _ in range(28))):
        one = play.open(ROOM, name=f"{number:#x}")
        set_filter(one, struct.pack("=I", number))
    hear_every(play)


def refused_calls(play):
    """Options that there are not, and sockets that have no filter."""
    one = play.open()
    other = play.open(proto=253, name="other")
    header = play.open(proto=socket.IPPROTO_RAW, name="header")
    for name, sock in (("ICMP", one), ("253", other), ("RAW", header)):
        for level, option in ((SOL_RAW, 0), (SOL_RAW, ICMP_FILTER),
                              (SOL_RAW, 2), (SOL_RAW, 255), (SOL_RAW, -1),
                              (254, 1), (256, 1), (41, 1)):
            for size in (0, 4, 31):
                play.note(f"{name}, set {level}:{option}, {size}",
                          set_option(sock, level, option, NEW[:size]))
                play.note(f"{name}, get {level}:{option}, {size}",
                          get_option(sock, level, option, size))
        for size in (-1, -(1 << 31)):
            play.note(f"{name}, set {size}", set_filter(sock, NEW, size))
            play.note(f"{name}, get {size}", get_filter(sock, size))


def unwritable(play):
    """Buffers and lengths that are none, for getsockopt(2)."""
    one = play.open()
    set_filter(one, BEFORE)
    for size in (0, 1, 4, 31):
        length = raw.ctypes.c_int(size)
        play.note(f"no buffer, {size}", raw.libc(
            "getsockopt", one.fileno(), SOL_RAW, ICMP_FILTER, None,
            raw.ctypes.byref(length)))
        edge = Edge(b"\xee\xee")
        play.note(f"half a buffer, {size}", raw.libc(
            "getsockopt", one.fileno(), SOL_RAW, ICMP_FILTER,
            raw.ctypes.c_void_p(edge.address), raw.ctypes.byref(length)))
    play.note("no length", raw.libc(
        "getsockopt", one.fileno(), SOL_RAW, ICMP_FILTER,
        raw.ctypes.create_string_buffer(64), None))
    play.note("read", get_filter(one, 4))


def unreadable(play, size, readable):
    """A filter that cannot be read, or not all of it."""
    one = play.open(ROOM)
    set_filter(one, BEFORE)
    edge = Edge(NEW[:readable])
    play.note("write", set_option(one, SOL_RAW, ICMP_FILTER, edge.address,
                                  size))
    play.note("read", get_filter(one, 4))
    hear_every(play)


def short(play, size):
    """Less than the 8 bytes of a header."""
    for name, hidden in (("none", ()), ("8", (8,)), ("all", range(32))):
        set_filter(play.open(ROOM, name=name), mask(hidden, 4))
    play.hear(*(packet.frame(packet.icmp(kind, rest=b"\0\1\0\2")[:size])
                for kind in (0, 3, 8, 13, 31, 32, 42, 255)))


def in_pages(play, linear):
    """A type that is not where the IP header is."""
    for name, hidden in (("none", ()), ("8", (8,)), ("others", set(
            range(32)) - {8})):
        set_filter(play.open(ROOM, name=name), mask(hidden, 4))
    play.hear(*(lab.paged(packet.frame(packet.echo(4200, kind=kind)), linear)
                for kind in (8, 9)))


def in_fragments(play, kind):
    for name, hidden in (("none", ()), ("8", (8,)), ("others", set(
            range(32)) - {8})):
        set_filter(play.open(ROOM, name=name), mask(hidden, 4))
    whole = packet.ip(packet.echo(400, kind=kind), ident=0x7000 + kind)
    play.hear(*packet.fragments(whole, 28))


def bad_messages(play, kind):
    """Hidden or not, before anybody looks whether it is in order."""
    for name, hidden in (("none", ()), ("hidden", (kind,))):
        set_filter(play.open(ROOM, name=name), mask(hidden, 4))
    play.hear(packet.frame(packet.icmp(kind, csum=0x1234)),
              packet.frame(packet.icmp(kind, 255)))


def scenes(function, *sets, name="{}", **known):
    for one in sets:
        arguments = one if isinstance(one, tuple) else (one,)
        yield Scene(name.format(*arguments), function, *arguments, **known)


def unreadable_scenes():
    for size, readable in ((1, 0), (4, 0), (4, 1), (4, 2), (4, 3), (8, 3),
                           (31, 0), (31, 2)):
        yield Scene(f"{readable} of {size}", unreadable, size, readable,
                    differs=FILTER_FAULT)
    # More than 4 need not be there, if less than 32 are said to be.
    for size in (5, 31):
        yield Scene(f"4 of {size}", unreadable, size, 4)


# The module alone: 32 bytes, of all types.

def masks():
    """(name, hidden types) of all that is tried."""
    luck = random.Random(256)
    for kind in ALL:
        yield f"{kind} hidden", {kind}
    for kind in ALL:
        yield f"{kind} passed", set(ALL) - {kind}
    yield "none", set()
    yield "all", set(ALL)
    yield "even", set(ALL[::2])
    yield "odd", set(ALL[1::2])
    yield "lower", set(range(128))
    yield "upper", set(range(128, 256))
    for number in range(26):
        yield f"random {number}", set(luck.sample(ALL, luck.randrange(256)))


def judge(one, name, hidden, heard, filtered=None):
    """What is wrong with what a socket heard of EVERY message, once, with the
    mask that it says it has and with its row.
    """
    expected = [kind for kind in ALL if kind not in hidden]
    problems = []
    if heard != expected:
        problems.append(f"{name}: hears {heard}")
    said = get_filter(one, 32)
    if said[:2] != ("0", 32) or said[2][:32] != mask(hidden):
        problems.append(f"{name}: says {said}")
    now = row(one) or {}
    wanted = {"hidden": listed(hidden), "drops": "0", "filtered": str(
        len(hidden) if filtered is None else filtered)}
    for column, value in wanted.items():
        if now.get(column) != value:
            problems.append(f"{name}: {column} {now.get(column)}, "
                            f"not {value}")
    return problems


def every_type(host):
    """256 types, a socket that hides or passes each alone, and other masks."""
    problems = []
    cases = list(masks())
    for at in range(0, len(cases), 68):
        some = [(raw.Listener(ROOM), *case) for case in cases[at:at + 68]]
        for one, name, hidden in some:
            if set_filter(one, mask(hidden)) != "0":
                problems.append(f"{name}: not taken")
        begin = lab.stat()
        host.exchange(EVERY)
        stat = lab.stat().since(begin)
        hiding = sum(len(hidden) for _, _, hidden in some)
        wanted = 256 * len(some) - hiding, hiding
        counted = tuple(stat.get("Icmp4.Raw" + name, 0)
                        for name in ("Delivered", "Filtered"))
        if counted != wanted:
            problems.append(f"counts {counted}, not {wanted}")
        for one, name, hidden in some:
            problems += judge(one, name, hidden, one.types())
            one.close()
    if rows():
        problems.append(f"left: {rows()}")
    return problems


def one_after_the_other(host):
    """Either form after the other: 1 to 31 bytes pass all upper types."""
    problems = []
    one = raw.Listener(ROOM)
    filtered = 0
    wide = set(ALL[::3])
    # What is written, its length, and what is hidden then.
    turns = [(mask(wide), 32, wide)]
    for size in (*range(32), 32, 33, 63, 64):
        turns.append((mask(wide), 32, wide))
        low = mask(wide)[:4]
        new = NEW[:min(size, 4)] + low[min(size, 4):]
        hidden = {kind for kind in range(32)
                  if new[kind // 8] >> kind % 8 & 1}
        if size == 0:
            hidden = wide
        elif size >= 32:
            hidden = {kind for kind in ALL if NEW[kind // 8] >> kind % 8 & 1}
        turns.append((NEW, size, hidden))
    for data, size, hidden in turns:
        name = f"{size} bytes"
        said = set_option(one, SOL_RAW, ICMP_FILTER, data, size)
        if said != "0":
            problems.append(f"{name}: {said}")
        host.exchange(EVERY)
        filtered += len(hidden)
        problems += judge(one, name, hidden, one.types(), filtered)
    one.close()
    return problems


def reading(host):
    """Every length of buffer, -1 to 64: 4 bytes or 32, and no byte beyond."""
    problems = []
    one = raw.Listener()
    set_filter(one, NEW[:32])
    for size in (*range(-2, 65), 1 << 20, -(1 << 31)):
        said, length, value = get_filter(one, size)
        if size < 0:
            wanted = "EINVAL", size, 0
        else:
            count = 32 if size >= 32 else min(size, 4)
            wanted = "0", count, count
        if (said, length) != wanted[:2] or value != (
                NEW[:wanted[2]].ljust(BUFFER, b"\xee")):
            problems.append(f"{size}: {said}, {length}, {value.hex()}")
    one.close()
    host.settle()
    return problems


def unreadable_wide(host):
    """Of 32 bytes that cannot all be read or written nothing is changed."""
    problems = []
    one = raw.Listener(ROOM)
    hidden = set(ALL[1::5])
    set_filter(one, mask(hidden))
    attempts = [(size, readable) for size in (32, 33, 64, 4096)
                for readable in (0, 1, 4, 8, 31)]
    attempts += [(4, 0), (4, 3), (31, 3)]
    for size, readable in attempts:
        edge = Edge(NEW[:readable])
        said = set_option(one, SOL_RAW, ICMP_FILTER, edge.address, size)
        if said != "EFAULT" or get_filter(one, 32)[2][:32] != mask(hidden):
            problems.append(f"{readable} of {size}: {said}, "
                            f"{get_filter(one, 32)}")
    for size in (32, 40):
        edge = Edge(b"\xee" * 31)
        said = raw.libc("getsockopt", one.fileno(), SOL_RAW, ICMP_FILTER,
                        raw.ctypes.c_void_p(edge.address),
                        raw.ctypes.byref(raw.ctypes.c_int(size)))
        if said != "EFAULT":
            problems.append(f"31 bytes for {size}: {said}")
    # Beyond 32 nobody looks.
    for size in (33, 4096):
        edge = Edge(mask(hidden))
        said = set_option(one, SOL_RAW, ICMP_FILTER, edge.address, size)
        if said != "0":
            problems.append(f"32 of {size}: {said}")
    host.exchange(EVERY)
    problems += judge(one, "in the end", hidden, one.types())
    one.close()
    return problems


def too_short(host):
    """No message of less than 8 bytes is heard, nor counted as hidden."""
    problems = []
    hidden = {8, 42, 200}
    one, other = raw.Listener(ROOM), raw.Listener(ROOM)
    set_filter(one, mask(hidden))
    begin = lab.stat()
    host.exchange([packet.frame(packet.icmp(kind)[:size])
                   for kind in ALL for size in range(8)])
    if one.types() or other.types():
        problems.append("one is heard")
    stat = lab.stat().since(begin)
    if stat.get("Icmp4.RawDelivered"):
        problems.append(f"counts {stat}")
    host.exchange(EVERY)
    problems += judge(one, "then", hidden, one.types())
    problems += judge(other, "then", set(), other.types())
    one.close()
    other.close()
    return problems


def own_masks(host):
    """A filter is its socket's own, new ones have none, and copies share."""
    problems = []
    first, second = raw.Listener(ROOM), raw.Listener(ROOM)
    hidden = set(ALL[::7])
    set_filter(first, mask(hidden))
    copy = socket.fromfd(first.fileno(), socket.AF_INET, socket.SOCK_RAW)
    if get_filter(copy, 32)[2][:32] != mask(hidden):
        problems.append("a copy has another filter")
    third = raw.Listener(ROOM)
    host.exchange(EVERY)
    problems += judge(first, "first", hidden, first.types())
    problems += judge(second, "second", set(), second.types())
    problems += judge(third, "third", set(), third.types())
    first.close()
    # The place of what is gone, with nothing of it.
    fourth = raw.Listener(ROOM)
    if get_filter(copy, 32)[2][:32] != mask(hidden):
        problems.append("closing another copy changes the filter")
    copy.close()
    fifth = raw.Listener(ROOM)
    host.exchange(EVERY)
    problems += judge(fourth, "fourth", set(), fourth.types())
    problems += judge(fifth, "fifth", set(), fifth.types())
    for one in (second, third, fourth, fifth):
        one.close()
    return problems


# Messages of random types, as fast as they go, until the input ends.
SENDER = """
import random, select, socket, sys
import packet
luck = random.Random(7)
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind(("p0", 0))
sent = [0] * 256
while not select.select([sys.stdin], [], [], 0)[0]:
    for _ in range(32):
        kind = luck.randrange(256)
        sock.send(packet.frame(packet.icmp(kind)))
        sent[kind] += 1
print(*sent)
"""


def under_flood(host):
    """Turned in a flood: what both masks hide never comes, what both pass does.

    And nothing is lost in between.
    """
    problems = []
    both, either = set(range(0, 64)), set(range(64, 160))
    masks_ = [mask(both | set(range(64, 112))),
              mask(both | set(range(112, 160)))]
    one = raw.Listener((socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20))
    set_filter(one, masks_[0])
    lab.enter("peer")
    with subprocess.Popen([sys.executable, "-c", SENDER], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          ) as flood:
        lab.enter("host")
        heard = [0] * 256
        turns = 0
        end = time.monotonic() + 60
        while turns < 2000 or sum(heard) < 2000:
            if time.monotonic() > end:
                problems.append(f"only {turns} turns, {sum(heard)} heard")
                break
            turns += 1
            if set_filter(one, masks_[turns % 2]) != "0":
                problems.append("not taken")
            for kind in one.types():
                heard[kind] += 1
        sent = [int(word) for word in flood.communicate()[0].split()]
    host.exchange([])
    for kind in one.types():
        heard[kind] += 1
    for kind in ALL:
        if kind in both and heard[kind]:
            problems.append(f"{kind} is heard {heard[kind]} times")
        if kind not in both | either and heard[kind] != sent[kind]:
            problems.append(f"{kind} is heard {heard[kind]} times, "
                            f"not {sent[kind]}")
    if not any(0 < heard[kind] < sent[kind] for kind in either):
        problems.append("no turn shows")
    now = row(one)
    if int(now["filtered"]) != sum(sent) - sum(heard) or now["drops"] != "0":
        problems.append(f"{sum(sent)} sent, {sum(heard)} heard: {now}")
    one.close()
    return problems


def older(host):
    """A socket from before the module has the kernel's filter, and no row."""
    problems = []
    lab.rmmod()
    one = raw.Listener(ROOM)
    set_filter(one, mask({8, 13}, 4))
    lab.insmod()
    begin = lab.stat()
    try:
        for data, hidden in ((None, {8, 13}), (mask(ALL), set(range(32))),
                             (mask({0, 200}), {0})):
            if data and set_filter(one, data) != "0":
                problems.append("not taken")
            host.exchange(EVERY)
            heard = one.types()
            if heard != [kind for kind in ALL if kind not in hidden]:
                problems.append(f"{listed(hidden)} hidden: hears {heard}")
            said = get_filter(one, 40)
            if said[1] != 4 or said[2][:4] != mask(hidden, 4)[:4]:
                problems.append(f"says {said}")
        if rows():
            problems.append(f"listed: {rows()}")
        stat = lab.stat().since(begin)
        moved = [name for name in stat if name.startswith("Icmp4.Raw")]
        if moved or not stat:
            problems.append(f"counts {stat}")
    finally:
        one.close()
    return problems


GROUPS = [
    Group("writing 0 to 31 bytes", scenes(
        write_some, *range(32), name="{} bytes"), noted={"heard": 32},
        answered=32),
    Group("reading into 0 to 31 bytes, and fewer than none", scenes(
        read_some, *range(-2, 32), -(1 << 31), name="{} bytes"), answered=0),
    Group("reading into 32 bytes and more", scenes(
        read_some, *range(32, 41), 4096, name="{} bytes",
        differs=FILTER_WIDE), answered=0),
    Group("every type of the kernel's alone", scenes(
        all_single, (range(32), True), (range(32), False), name="{1}"),
        noted={"heard": 2}, answered=2),
    Group("many masks", scenes(patterns, (), name="all at once"),
          noted={"heard": 1}, answered=1),
    Group("no such option, no such socket", scenes(
        refused_calls, (), name="all"), answered=0),
    Group("no buffer to read into", scenes(unwritable, (), name="all"),
          answered=0),
    Group("a filter that cannot be read", unreadable_scenes(),
          noted={"heard": 10}, answered=10),
    Group("short messages", scenes(short, *range(9), name="{} bytes"),
          noted={"heard": 1}, answered=1),
    Group("in pages", scenes(in_pages, 34, 35, 38, 41, 42, 100,
                             name="{} linear"),
          noted={"heard": 6}, answered=6,
          commands=["link set h0 mtu 65535"],
          undo=["link set h0 mtu 1500"]),
    Group("in fragments", scenes(in_fragments, 8, 9, name="type {}"),
          noted={"heard": 2}, answered=1),
    Group("messages that are not in order", scenes(
        bad_messages, 0, 3, 8, 11, 13, 31, name="type {}"),
        noted={"heard": 6}, answered=1),
]
ALONE = [every_type, one_after_the_other, reading, unreadable_wide, too_short,
         own_masks, under_flood, older]

if __name__ == "__main__":
    versus.main(GROUPS, ALONE)
