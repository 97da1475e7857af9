// SPDX-License-Identifier: GPL-2.0
/* darwin_ping ADDRESS: a program as there are for macOS. It writes its own IP header,
 * reads everything and finds out itself what was meant for it.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <icmp4.h>

#define IDENT	0x6d61
#define TRIES	100

struct probe {
	struct ip ip;
	struct icmp icmp;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static unsigned short checksum(const void *data, size_t len)
{
	const unsigned char *byte = data;
	unsigned int sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? byte[i] : byte[i] << 8;
	sum = (sum >> 16) + (sum & 0xffff);
	return htons(~(sum + (sum >> 16)));
}

static void switch_on(int fd, int option)
{
	int on = 1;

	if (setsockopt(fd, IPPROTO_IP, option, &on, sizeof(on)))
		die("setsockopt");
}

static int open_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct timeval wait = { .tv_sec = 5 };

	if (fd < 0)
		die("socket");
	switch_on(fd, IP_HDRINCL);
	switch_on(fd, IP_RECVTTL);
	switch_on(fd, IP_RECVDSTADDR);
	switch_on(fd, IP_RECVIF);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)))
		die("SO_RCVTIMEO");
	return fd;
}

/* As the page has it: protocol IPPROTO_IP, and source, identification and checksum are
 * the system's. But ip_len is in network order.
 */
static void send_probe(int fd, const struct sockaddr_in *to)
{
	struct probe probe = {
		.ip.ip_v = IPVERSION,
		.ip.ip_hl = sizeof(struct ip) / 4,
		.ip.ip_tos = 0x20,
		.ip.ip_len = htons(sizeof(probe)),
		.ip.ip_ttl = 55,
		.ip.ip_p = IPPROTO_IP,
		.ip.ip_src.s_addr = INADDR_ANY,
		.ip.ip_dst = to->sin_addr,
		.icmp.icmp_type = ICMP_ECHO,
		.icmp.icmp_id = htons(IDENT),
		.icmp.icmp_seq = htons(1),
	};

	probe.icmp.icmp_cksum = checksum(&probe.icmp, sizeof(probe.icmp));
	if (sendto(fd, &probe, sizeof(probe), 0, (const struct sockaddr *)to,
		   sizeof(*to)) != sizeof(probe))
		die("sendto");
}

static void show(struct msghdr *msg)
{
	struct sockaddr_dl *device;
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != IPPROTO_IP)
			continue;
		switch (cmsg->cmsg_type) {
		case IP_RECVTTL:
			printf(" ttl %u", *CMSG_DATA(cmsg));
			break;
		case IP_RECVDSTADDR:
			printf(" to %s",
			       inet_ntoa(*(struct in_addr *)CMSG_DATA(cmsg)));
			break;
		case IP_RECVIF:
			device = (struct sockaddr_dl *)CMSG_DATA(cmsg);
			printf(" by %.*s", device->sdl_nlen, device->sdl_data);
			break;
		}
	}
	printf("\n");
}

/* Is it the reply, or about what was sent? */
static int is_ours(const struct icmp *icmp, size_t len)
{
	if (len < ICMP_MINLEN)
		return 0;
	if (icmp->icmp_type == ICMP_ECHOREPLY)
		return icmp->icmp_id == htons(IDENT);
	if (icmp->icmp_type != ICMP_UNREACH && icmp->icmp_type != ICMP_TIMXCEED)
		return 0;
	if (len < ICMP_ADVLENMIN || len < (size_t)ICMP_ADVLEN(icmp))
		return 0;
	icmp = (const void *)((const char *)&icmp->icmp_ip +
			      icmp->icmp_ip.ip_hl * 4);
	return icmp->icmp_type == ICMP_ECHO && icmp->icmp_id == htons(IDENT);
}

static int receive(int fd)
{
	char data[1500], control[200];
	struct sockaddr_in from;
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	const struct ip *ip = (const struct ip *)data;
	const struct icmp *icmp;
	ssize_t got;

	got = recvmsg(fd, &msg, 0);
	if (got < 0)
		die("no answer");
	icmp = (const struct icmp *)(data + ip->ip_hl * 4);
	if (!is_ours(icmp, got - ip->ip_hl * 4))
		return 0;
	printf("type %u code %u from %s", icmp->icmp_type, icmp->icmp_code,
	       inet_ntoa(from.sin_addr));
	show(&msg);
	return 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd, tries;

	if (argc != 2 || !inet_aton(argv[1], &to.sin_addr))
		return 2;
	fd = open_socket();
	send_probe(fd, &to);
	for (tries = 0; tries < TRIES; tries++)
		if (receive(fd))
			return 0;
	return 1;
}
