/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_CTL_H
#define ICMP4_CTL_H

#include <net/sock.h>

struct sock *icmp4_ctl_lock(struct net *net);
void icmp4_ctl_unlock(struct sock *sk);
bool icmp4_ctl_full(const struct sock *sk);

struct proto *icmp4_ctl_prot(void);

int icmp4_ctl_init(void);
void icmp4_ctl_uninit(void);

#endif
