/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* For programs: what icmp4.ko adds to the sockets of Linux. */
#ifndef ICMP4_H
#define ICMP4_H

#include <linux/types.h>

/**
 * struct icmp4_filter - ICMP_FILTER for all types
 * @data: bit T % 32 of word T / 32 is set: messages of type T are not received
 *
 * With setsockopt(fd, SOL_RAW, ICMP_FILTER, ...). The 4 bytes of linux/icmp.h's
 * struct icmp_filter are the first word alone; they let all types from 32 on pass. The
 * macros are those of RFC 3542 3.2.
 */
struct icmp4_filter {
	__u32 data[8];
};

#define ICMP4_FILTER_WILLBLOCK(type, filter) \
	(((filter)->data[(type) / 32] >> (type) % 32) & 1)
#define ICMP4_FILTER_WILLPASS(type, filter) \
	(!ICMP4_FILTER_WILLBLOCK(type, filter))
#define ICMP4_FILTER_SETBLOCK(type, filter) \
	((filter)->data[(type) / 32] |= 1U << (type) % 32)
#define ICMP4_FILTER_SETPASS(type, filter) \
	((filter)->data[(type) / 32] &= ~(1U << (type) % 32))
#define ICMP4_FILTER_SETBLOCKALL(filter) \
	__builtin_memset(filter, 0xff, sizeof(struct icmp4_filter))
#define ICMP4_FILTER_SETPASSALL(filter) \
	__builtin_memset(filter, 0, sizeof(struct icmp4_filter))

/* Options of datagram sockets while icmp_dgram_darwin is set, besides those of
 * linux/in.h that Darwin has, too. Level IPPROTO_IP, an int each. The numbers are not
 * Darwin's, which mean something else on Linux.
 */
#define IP_RECVDSTADDR		0x4407	/* control message: struct in_addr */
#define IP_MULTICAST_VIF	0x440e	/* EOPNOTSUPP */
#define IP_PORTRANGE		0x4413	/* one of IP_PORTRANGE_..., no effect */
#define IP_RECVIF		0x4414	/* control message: struct sockaddr_dl */
#define IP_STRIPHDR		0x4417	/* receive without the IP header */
#define IP_BOUND_IF		0x4419	/* index of an interface, 0 for any */

#define IP_PORTRANGE_DEFAULT	0
#define IP_PORTRANGE_HIGH	1
#define IP_PORTRANGE_LOW	2

/* IP_RECVTTL of linux/in.h gives a control message IP_RECVTTL of one byte. */

#define ICMP4_AF_LINK		18

/**
 * struct sockaddr_dl - an interface, as in the BSDs
 * @sdl_len: length of the structure, bytes
 * @sdl_family: ICMP4_AF_LINK
 * @sdl_index: index of the interface
 * @sdl_type: 0
 * @sdl_nlen: length of its name, bytes
 * @sdl_alen: 0
 * @sdl_slen: 0
 * @sdl_data: its name
 */
struct sockaddr_dl {
	__u8 sdl_len;
	__u8 sdl_family;
	__u16 sdl_index;
	__u8 sdl_type;
	__u8 sdl_nlen;
	__u8 sdl_alen;
	__u8 sdl_slen;
	char sdl_data[16];
};

#endif
