# SPDX-License-Identifier: GPL-2.0
"""UDP datagrams to a closed port of the host by the kernel's packet generator:
as many and as fast as can be made.
"""

import lab
import packet

DIRECTORY = "/proc/net/pktgen/"


def generate(number, first, last="126.255.255.255"):
    """So many, each from the next source; returns when all have been sent. For
    a process in the host.
    """
    lab.run("modprobe", "pktgen")
    lab.enter("peer")
    try:
        write("kpktgend_0", "rem_device_all", "add_device p0")
        write("p0", f"count {number}", "pkt_size 60", "delay 0",
              f"dst_mac {lab.mac(packet.HOST_MAC)}", f"dst {packet.HOST}",
              f"src_min {first}", f"src_max {last}",
              "udp_dst_min 9", "udp_dst_max 9")
        write("pgctrl", "start")
    finally:
        lab.enter("host")
        lab.run("rmmod", "pktgen")


def write(name, *lines):
    for line in lines:
        lab.write(DIRECTORY + name, line + "\n")
