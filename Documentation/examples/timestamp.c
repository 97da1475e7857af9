// SPDX-License-Identifier: GPL-2.0
/* timestamp ADDRESS: by how much another host's clock differs from this one's, without
 * any privilege.
 *
 * It needs a socket of Linux's way, which is given only the reply to its own request. A
 * kernel without icmp4 does not send what is no echo request.
 *
 *	cc -o timestamp -I/usr/local/include timestamp.c
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <linux/icmp.h>

#include <icmp4.h>

#define DAY_MS		86400000
/* Set in what is no time since midnight UT (RFC 792). */
#define NOT_STANDARD	0x80000000

/* RFC 792: 20 bytes, and no other number of them. */
struct timestamp {
	struct icmphdr head;
	__u32 originate;
	__u32 receive;
	__u32 transmit;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int open_socket(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct timeval second = { .tv_sec = 1 };
	socklen_t len = sizeof(int);
	int strip;

	/* EACCES: the user's group is not in net.ipv4.ping_group_range. */
	if (fd < 0)
		die("socket");
	/* An option that only Darwin's way has. */
	if (!getsockopt(fd, IPPROTO_IP, IP_STRIPHDR, &strip, &len)) {
		fprintf(stderr, "net.ipv4.icmp_dgram_darwin has to be 0\n");
		exit(1);
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)))
		die("SO_RCVTIMEO");
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		die("connect");
	return fd;
}

/* Milliseconds since midnight UT. */
static unsigned int clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec % 86400 * 1000 + now.tv_nsec / 1000000;
}

/* From one to the other, the shorter way round the day. */
static int apart(unsigned int from, unsigned int to)
{
	int ms = (int)to - (int)from;

	if (ms > DAY_MS / 2)
		ms -= DAY_MS;
	if (ms < -DAY_MS / 2)
		ms += DAY_MS;
	return ms;
}

/* Identifier and checksum are the kernel's to write. */
static void ask(int fd, struct timestamp *message)
{
	memset(message, 0, sizeof(*message));
	message->head.type = ICMP_TIMESTAMP;
	message->head.un.echo.sequence = htons(1);
	message->originate = htonl(clock_ms());
	if (send(fd, message, sizeof(*message), 0) == sizeof(*message))
		return;
	if (errno == EINVAL)
		fprintf(stderr, "the kernel needs icmp4 for that\n");
	die("send");
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	unsigned int originate, receive, transmit, back;
	struct timestamp message;
	int fd, there, return_way;

	if (argc != 2 || !inet_aton(argv[1], &to.sin_addr)) {
		fprintf(stderr, "usage: timestamp ADDRESS\n");
		return 2;
	}
	fd = open_socket(&to);
	ask(fd, &message);
	if (recv(fd, &message, sizeof(message), 0) != sizeof(message))
		die("no answer");
	back = clock_ms();
	close(fd);

	originate = ntohl(message.originate);
	receive = ntohl(message.receive);
	transmit = ntohl(message.transmit);
	if ((receive | transmit) & NOT_STANDARD) {
		printf("%s has no standard time\n", argv[1]);
		return 1;
	}
	/* Both ways are as long, as far as anybody can tell. */
	there = apart(originate, receive);
	return_way = apart(transmit, back);
	printf("%s: %+d ms, round trip %d ms\n", argv[1],
	       (there - return_way) / 2, there + return_way);
	return 0;
}
