# SPDX-License-Identifier: GPL-2.0
"""A host that is a router, and the packets that make it send errors."""

import itertools

import lab
from packet import UDP, frame, udp

SERVER = "10.1.0.2"
NEIGHBOUR = f"neigh replace {SERVER} dev h1 lladdr 02:00:00:00:00:04"
idents = itertools.count(0x5000)


class Router(lab.Lab):
    """The host forwards to a third namespace, which has an IP of its own and
    runs the ICMP tested, too.

      peer p0 ---- veth ---- h0 host h1 ---- veth ---- s0 server
                   192.0.2.1     10.1.0.1    10.1.0.2
    """

    hops = 4

    def __init__(self):
        super().__init__()
        lab.enter()
        lab.ip("netns add server")
        lab.enter("host")
        lab.ip("link add h1 address 02:00:00:00:00:03 type veth "
               "peer name s0 netns server address 02:00:00:00:00:04",
               "link set h1 up", "address add 10.1.0.1/24 dev h1")
        lab.sysctl("ip_forward", 1)
        for knob in ("all", "h0", "h1"):
            lab.sysctl(f"conf/{knob}/send_redirects", 0)
        lab.enter("server")
        lab.ip("link set lo up", "link set s0 up",
               "address add 10.1.0.2/24 dev s0",
               "route add default via 10.1.0.1")
        lab.sysctl("icmp_ratemask", 0)
        lab.sysctl("../ipv6/conf/s0/disable_ipv6", 1)
        lab.ip("neigh add 10.1.0.1 dev s0 lladdr 02:00:00:00:00:03")
        lab.wait_for_carrier("s0")
        lab.enter("host")
        lab.wait_for_carrier("h1")
        lab.sysctl("../ipv6/conf/h1/disable_ipv6", 1)
        lab.ip(NEIGHBOUR)

    def close(self):
        lab.enter()
        lab.ip("netns del server")
        super().close()


def probe(data=32, dst=SERVER, **fields):
    """A UDP datagram to a closed port, in a frame to the host."""
    return frame(udp(data), proto=UDP, dst=dst, ident=next(idents), **fields)
