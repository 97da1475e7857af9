/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_FILTER_H
#define ICMP4_FILTER_H

#include <linux/bitmap.h>
#include <linux/types.h>

#include "icmp4.h"

#define ICMP4_FILTER_TYPES	256

/**
 * struct icmp4_filter_mask - which types a socket does not want
 * @hidden: a bit for each type
 */
struct icmp4_filter_mask {
	DECLARE_BITMAP(hidden, ICMP4_FILTER_TYPES);
};

/**
 * icmp4_filter_hides() - is a type hidden from the socket?
 * @mask: the socket's, which may change meanwhile
 * @type: ICMP type
 *
 * Return: whether it is.
 */
static inline bool icmp4_filter_hides(const struct icmp4_filter_mask *mask,
				      u8 type)
{
	return READ_ONCE(mask->hidden[BIT_WORD(type)]) & BIT_MASK(type);
}

void icmp4_filter_set(struct icmp4_filter_mask *mask,
		      const struct icmp4_filter *from, unsigned int len);
unsigned int icmp4_filter_get(const struct icmp4_filter_mask *mask,
			      struct icmp4_filter *to, unsigned int len);

#endif
