// SPDX-License-Identifier: GPL-2.0
/* ICMP_FILTER: the 4 bytes that Linux has, for the types 0 to 31, and 32 bytes for all
 * types. Their first word is the same.
 */

#include <linux/icmp.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "filter.h"

/**
 * icmp4_filter_set() - change which types are hidden
 * @mask: of the socket, read by others meanwhile, who may find some types changed
 *	already and others not yet
 * @from: what was written
 * @len: how many bytes of it there are, up to 32
 *
 * Less than 32 bytes are the 4 of Linux, and what is missing of these stays as it is;
 * types from 32 on pass. No bytes change nothing.
 */
void icmp4_filter_set(struct icmp4_filter_mask *mask,
		      const struct icmp4_filter *from, unsigned int len)
{
	struct icmp4_filter_mask to;
	struct icmp4_filter words;
	unsigned int i;

	if (!len)
		return;
	bitmap_to_arr32(words.data, mask->hidden, ICMP4_FILTER_TYPES);
	if (len < sizeof(words)) {
		len = min_t(unsigned int, len, sizeof(struct icmp_filter));
		memset(&words.data[1], 0, sizeof(words) - sizeof(words.data[0]));
	}
	memcpy(&words, from, len);
	bitmap_from_arr32(to.hidden, words.data, ICMP4_FILTER_TYPES);
	for (i = 0; i < ARRAY_SIZE(to.hidden); i++)
		WRITE_ONCE(mask->hidden[i], to.hidden[i]);
}

/**
 * icmp4_filter_get() - which types are hidden
 * @mask: of the socket
 * @to: the answer
 * @len: how many bytes of it are asked for
 *
 * Return: how many bytes of @to are the answer: 32 if they are asked for, else up to
 *	the 4 that Linux has.
 */
unsigned int icmp4_filter_get(const struct icmp4_filter_mask *mask,
			      struct icmp4_filter *to, unsigned int len)
{
	bitmap_to_arr32(to->data, mask->hidden, ICMP4_FILTER_TYPES);
	if (len >= sizeof(*to))
		return sizeof(*to);
	return min_t(unsigned int, len, sizeof(struct icmp_filter));
}
