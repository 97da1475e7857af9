/* SPDX-License-Identifier: GPL-2.0 */
/* Up to 6.18 addresses that a socket is given were struct sockaddr, and who reads from it was
 * told the length of an address by an argument of its own.
 */
#include_next <net/sock.h>

#ifndef ICMP4_COMPAT_RECVMSG_H
#define ICMP4_COMPAT_RECVMSG_H

#define sockaddr_unsized	sockaddr
#define PROTO_RECVMSG_ADDR_LEN

#endif
