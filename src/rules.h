/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_RULES_H
#define ICMP4_RULES_H

#include <linux/types.h>

#include "drop.h"
#include "types.h"

enum icmp4_drop icmp4_rule_receive(const struct icmp4_type *type,
				   unsigned int len, bool broadcast,
				   bool ignore_broadcasts);

#endif
