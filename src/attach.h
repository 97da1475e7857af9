/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_ATTACH_H
#define ICMP4_ATTACH_H

#include <net/protocol.h>

const struct net_protocol *icmp4_saved(void);

int icmp4_attach_receive(void);
void icmp4_detach_receive(void);

int icmp4_attach_errors(void);
void icmp4_detach_errors(void);

int icmp4_attach_raw(void);
void icmp4_detach_raw(void);

#endif
