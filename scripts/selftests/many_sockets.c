// SPDX-License-Identifier: GPL-2.0
/* many_sockets PROCESSOR NUMBER RAW: so many ICMP sockets, one after the other, open, bind,
 * connect, ask, and close, on one processor. RAW is 1 for raw sockets. Nothing may fail.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/icmp.h>

static void die(const char *what, long number)
{
	fprintf(stderr, "socket %ld: ", number);
	perror(what);
	exit(1);
}

static void use(int type, long number)
{
	struct icmphdr request = {
		.type = ICMP_ECHO,
		.un.echo.sequence = number,
	};
	struct sockaddr_in address = {
		.sin_family = AF_INET,
	};
	int fd = socket(AF_INET, type, IPPROTO_ICMP);

	if (fd < 0)
		die("socket", number);
	/* Every other one leaves its identifier to connect(). */
	if (number % 2 && bind(fd, (void *)&address, sizeof(address)))
		die("bind", number);
	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	if (connect(fd, (void *)&address, sizeof(address)))
		die("connect", number);
	/* One in sixteen has replies under way when it is closed. */
	if (number % 16 == 0 &&
	    send(fd, &request, sizeof(request), 0) != sizeof(request))
		die("send", number);
	close(fd);
}

int main(int argc, char **argv)
{
	long number;
	cpu_set_t set;

	if (argc != 4)
		return 2;
	CPU_ZERO(&set);
	CPU_SET(atoi(argv[1]), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity", 0);
	for (number = 0; number < atol(argv[2]); number++)
		use(atoi(argv[3]) ? SOCK_RAW : SOCK_DGRAM, number);
	printf("%ld\n", number);
	return 0;
}
