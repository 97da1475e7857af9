/* SPDX-License-Identifier: GPL-2.0 */
/* The files that the module adds below /proc/sys/net/ipv4, one row each:
 *
 *   ICMP4_KNOB(name, kind, argument, default, min, max, "what it is for")
 *
 * sysctl.c makes the files and the module's description of them out of it, by including
 * it with different meanings of ICMP4_KNOB(); documentation and scripts/icmp4 read that
 * description. Numbers are shown as they stand here, or as a macro has them.
 *
 * boolean, integer: the argument is a member of &struct icmp4_knobs
 * inverse: 1 minus a knob of the kernel's, a member of &struct netns_ipv4
 * ticks: the rate of an ICMP type
 * mask: a member of &struct icmp4_knobs, in host order
 * interface: a member of &struct icmp4_net, the name of an interface
 * rates: icmp_rates
 */

ICMP4_KNOB(icmp_bmcastecho, inverse, sysctl_icmp_echo_ignore_broadcasts,
	   0, 0, 1,
	   "1: answer broadcast requests; inverse of icmp_echo_ignore_broadcasts")
ICMP4_KNOB(icmp_destunreach_rate, ticks, ICMP_DEST_UNREACH, 0, 0, 8640000,
	   "1/100 s between unreachables to a destination; 0: no rate of their own")
ICMP4_KNOB(icmp_dgram_darwin, boolean, dgram_darwin, 0, 0, 1,
	   "1: datagram sockets opened from now on behave as Darwin's")
ICMP4_KNOB(icmp_drop_redirect, boolean, drop_redirect, 0, 0, 1,
	   "1: received redirects change no route; raw sockets still see them")
ICMP4_KNOB(icmp_echoreply_rate, ticks, ICMP_ECHOREPLY, 0, 0, 8640000,
	   "1/100 s between echo replies to a destination; 0: no rate of their own")
#ifdef ICMP4_ADDS_ERRORS_EXTENSION_MASK
ICMP4_KNOB(icmp_errors_extension_mask, integer, errors_extension_mask, 0, 0, 1,
	   "1: errors name the interface the packet came in by (RFC 5837)")
#endif
ICMP4_KNOB(icmp_icmplim, integer, icmplim, 200, 0, 10000000,
	   "messages a second of each class while icmp_icmplim_output is 1; 0: any")
ICMP4_KNOB(icmp_icmplim_jitter, integer, icmplim_jitter, 16, 0, 1000000,
	   "random offset of icmp_icmplim, up or down, new each second")
ICMP4_KNOB(icmp_icmplim_output, boolean, icmplim_output, 0, 0, 1,
	   "1: limit port unreachables, echo and timestamp replies to icmp_icmplim")
ICMP4_KNOB(icmp_log_redirect, boolean, log_redirect, 0, 0, 1,
	   "1: log received redirects, also those that are dropped")
ICMP4_KNOB(icmp_maskfake, mask, maskfake, 0, 0, 0xffffffff,
	   "mask in address mask replies; 0: that of the receiving interface")
ICMP4_KNOB(icmp_maskrepl, boolean, maskrepl, 0, 0, 1,
	   "1: answer address mask requests (RFC 950)")
ICMP4_KNOB(icmp_paramprob_rate, ticks, ICMP_PARAMETERPROB, 0, 0, 8640000,
	   "1/100 s between parameter problems to a destination; 0: no rate of their own")
ICMP4_KNOB(icmp_quotelen, integer, quotelen, ICMP4_QUOTELEN, 0, 65535,
	   "bytes that errors quote after the original IP header, at least 8")
ICMP4_KNOB(icmp_rates, rates, -, empty, -, -,
	   "limits of single types, words NAME:MILLISECONDS[:BURST]")
ICMP4_KNOB(icmp_reply_from_interface, boolean, reply_from_interface, 0, 0, 1,
	   "1: replies to multicast come from the receiving interface's address")
ICMP4_KNOB(icmp_reply_src, interface, reply_src, empty, -, -,
	   "interface whose address answers what was not sent to one of ours")
ICMP4_KNOB(icmp_timeexceed_rate, ticks, ICMP_TIME_EXCEEDED, 0, 0, 8640000,
	   "1/100 s between time exceeded to a destination; 0: no rate of their own")
ICMP4_KNOB(icmp_tstamprepl, boolean, tstamprepl, 1, 0, 1,
	   "1: answer timestamp requests")
ICMP4_KNOB(raw_maxdgram, integer, raw_maxdgram, 8192, 8,
	   ICMP4_DARWIN_LONGEST,
	   "longest message of Darwin-way datagram sockets, read when they open")
ICMP4_KNOB(raw_recvspace, integer, raw_recvspace, 8192, 1, 212992,
	   "receive buffer of Darwin-way datagram sockets, read when they open")
