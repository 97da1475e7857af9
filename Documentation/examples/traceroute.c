// SPDX-License-Identifier: GPL-2.0
/* traceroute ADDRESS [HOPS]: who is on the way there, without any privilege.
 *
 * It needs a socket of Linux's way: errors come by IP_RECVERR, and only those about what
 * this socket has sent. A kernel without icmp4 has such sockets, too.
 *
 *	cc -o traceroute -I/usr/local/include traceroute.c
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h>
#include <linux/icmp.h>

#include <icmp4.h>

#define HOPS		30
#define WAIT_MS		1000

/* What became of a probe. */
enum answer {
	SILENCE,
	HOP,
	REFUSED,
	ARRIVED,
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* A socket that errors are told to, one for the whole of the way. */
static int open_socket(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	socklen_t len = sizeof(int);
	int on = 1, strip;

	/* EACCES: the user's group is not in net.ipv4.ping_group_range. */
	if (fd < 0)
		die("socket");
	/* An option that only Darwin's way has. */
	if (!getsockopt(fd, IPPROTO_IP, IP_STRIPHDR, &strip, &len)) {
		fprintf(stderr, "net.ipv4.icmp_dgram_darwin has to be 0\n");
		exit(1);
	}
	if (setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)))
		die("IP_RECVERR");
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		die("connect");
	return fd;
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* Identifier and checksum are the kernel's to write. */
static void send_probe(int fd, int ttl)
{
	struct icmphdr probe = {
		.type = ICMP_ECHO,
		.un.echo.sequence = htons(ttl),
	};

	if (setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)))
		die("IP_TTL");
	/* An error that came late is told here as well, and is in the queue. */
	if (send(fd, &probe, sizeof(probe), 0) < 0 &&
	    send(fd, &probe, sizeof(probe), 0) < 0)
		die("send");
}

/* The next of the queue of errors: what was sent, and who complains of what. */
static enum answer read_error(int fd, int ttl, struct in_addr *from)
{
	char control[CMSG_SPACE(sizeof(struct sock_extended_err) +
				sizeof(struct sockaddr_in))];
	struct sock_extended_err *error;
	struct icmphdr probe = { };
	struct iovec iov = { &probe, sizeof(probe) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;

	if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0 ||
	    probe.un.echo.sequence != htons(ttl))
		return SILENCE;
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		if (cmsg->cmsg_level != IPPROTO_IP ||
		    cmsg->cmsg_type != IP_RECVERR)
			continue;
		error = (struct sock_extended_err *)CMSG_DATA(cmsg);
		if (error->ee_origin != SO_EE_ORIGIN_ICMP)
			continue;
		*from = ((struct sockaddr_in *)SO_EE_OFFENDER(error))->sin_addr;
		return error->ee_type == ICMP_TIME_EXCEEDED ? HOP : REFUSED;
	}
	return SILENCE;
}

static enum answer read_reply(int fd, int ttl)
{
	struct icmphdr reply;

	if (recv(fd, &reply, sizeof(reply), MSG_DONTWAIT) < 0 ||
	    reply.un.echo.sequence != htons(ttl))
		return SILENCE;
	return ARRIVED;
}

/* What comes until the time is up; of earlier probes nothing is of interest any more. */
static enum answer wait_for(int fd, int ttl, double end, struct in_addr *from)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	enum answer answer = SILENCE;
	double left;

	while (answer == SILENCE && (left = end - now_ms()) > 0) {
		if (poll(&ready, 1, (int)left + 1) < 1)
			continue;
		if (ready.revents & POLLERR)
			answer = read_error(fd, ttl, from);
		else
			answer = read_reply(fd, ttl);
	}
	return answer;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	enum answer answer = SILENCE;
	int fd, ttl, hops = HOPS;
	struct in_addr from;
	double begin;

	if (argc < 2 || argc > 3 || !inet_aton(argv[1], &to.sin_addr)) {
		fprintf(stderr, "usage: traceroute ADDRESS [HOPS]\n");
		return 2;
	}
	if (argc == 3)
		hops = atoi(argv[2]);
	fd = open_socket(&to);
	for (ttl = 1; ttl <= hops && answer <= HOP; ttl++) {
		from = to.sin_addr;
		begin = now_ms();
		send_probe(fd, ttl);
		answer = wait_for(fd, ttl, begin + WAIT_MS, &from);
		if (answer == SILENCE)
			printf("%2d  *\n", ttl);
		else
			printf("%2d  %s  %.3f ms%s\n", ttl, inet_ntoa(from),
			       now_ms() - begin, answer == REFUSED ? "  !" : "");
	}
	close(fd);
	return answer != ARRIVED;
}
