# SPDX-License-Identifier: GPL-2.0
"""Enough of NetLabel to make IP accept CIPSO options of one domain. It knows
only one network namespace, the first.
"""

import socket
import struct

NETLINK_GENERIC, NLM_F_REQUEST, NLM_F_ACK, NLMSG_ERROR = 16, 1, 4, 2
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 1, 2
CMD_ADD, CMD_REMOVE = 1, 2
ATTR_DOI, ATTR_MTYPE, ATTR_TAG, ATTR_TAGLST = 1, 2, 3, 4
MAP_PASS, TAG_BITMAP = 2, 1


def attribute(kind, data):
    return (struct.pack("=HH", len(data) + 4, kind) + data +
            b"\0" * (-len(data) % 4))


def ask(sock, family, command, *attributes):
    """A generic netlink request; returns the first message of the answer."""
    body = struct.pack("=BBH", command, 1, 0) + b"".join(attributes)
    sock.send(struct.pack("=IHHII", 16 + len(body), family,
                          NLM_F_REQUEST | NLM_F_ACK, 1, 0) + body)
    answer = sock.recv(8192)
    if struct.unpack("=H", answer[4:6])[0] == NLMSG_ERROR:
        error = -struct.unpack("=i", answer[16:20])[0]
        if error:
            raise OSError(error, "NetLabel")
    return answer


def family_id(sock, name):
    answer = ask(sock, GENL_ID_CTRL, CTRL_CMD_GETFAMILY,
                 attribute(CTRL_ATTR_FAMILY_NAME, name + b"\0"))
    sock.recv(8192)
    at = 20
    while at < len(answer):
        size, kind = struct.unpack("=HH", answer[at:at + 4])
        if kind == CTRL_ATTR_FAMILY_ID:
            return struct.unpack("=H", answer[at + 4:at + 6])[0]
        at += size + 3 & ~3
    raise KeyError(name)


def cipso(command, doi):
    """CMD_ADD or CMD_REMOVE a domain that passes bitmap tags through."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                       NETLINK_GENERIC) as sock:
        attributes = [attribute(ATTR_DOI, struct.pack("=I", doi))]
        if command == CMD_ADD:
            attributes += [
                attribute(ATTR_MTYPE, struct.pack("=I", MAP_PASS)),
                attribute(ATTR_TAGLST, attribute(ATTR_TAG,
                                                 bytes([TAG_BITMAP])))]
        ask(sock, family_id(sock, b"NLBL_CIPSOv4"), command, *attributes)
