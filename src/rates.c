// SPDX-License-Identifier: GPL-2.0
/* Rates of types as text, "unreach:1000:6 timex:100:20": the name of a type, the
 * interval between two messages in ms, and how many may go at once.
 */

#include <linux/bitmap.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "rates.h"

/* The type that a word of this length names, if this host sends it. */
static int rates_type(const char *name, size_t len)
{
	unsigned int type;

	for (type = 0; type < ICMP4_RATES_TYPES; type++)
		if (icmp4_types[type].sent &&
		    strlen(icmp4_types[type].name) == len &&
		    !memcmp(icmp4_types[type].name, name, len))
			return type;
	return -EINVAL;
}

/* Decimal digits and nothing else, up to @max. */
static int rates_number(const char *text, size_t len, u32 max, u32 *number)
{
	u64 sum = 0;
	size_t i;

	if (!len)
		return -EINVAL;
	for (i = 0; i < len; i++) {
		if (!isdigit(text[i]))
			return -EINVAL;
		sum = sum * 10 + text[i] - '0';
		if (sum > max)
			return -EINVAL;
	}
	*number = sum;
	return 0;
}

/* Cut off what is in front of the next colon. */
static const char *rates_field(const char **text, size_t *left, size_t *len)
{
	const char *field = *text;
	const char *colon = memchr(field, ':', *left);

	*len = colon ? colon - field : *left;
	*text += *len + !!colon;
	*left -= *len + !!colon;
	return field;
}

/**
 * icmp4_rates_set() - change the rate of one type
 * @rates: the rates
 * @type: the type, below %ICMP4_RATES_TYPES
 * @interval: between two messages, in ms; 0 for no rate
 * @burst: at once
 */
void icmp4_rates_set(struct icmp4_rates *rates, u8 type, u32 interval,
		     u16 burst)
{
	rates->interval[type] = interval;
	rates->burst[type] = interval ? burst : 0;
}

/* One word: NAME:INTERVAL[:BURST]. */
static int rates_word(struct icmp4_rates *rates, unsigned long *named,
		      const char *word, size_t left)
{
	u32 interval, burst = ICMP4_RATES_BURST;
	const char *end = word + left, *field;
	size_t len;
	int type;

	field = rates_field(&word, &left, &len);
	type = rates_type(field, len);
	if (type < 0 || test_bit(type, named))
		return -EINVAL;
	field = rates_field(&word, &left, &len);
	if (rates_number(field, len, ICMP4_RATES_MS_MAX, &interval))
		return -EINVAL;
	/* A colon has to be followed by something. */
	if (field + len < end &&
	    (rates_number(word, left, ICMP4_RATES_BURST_MAX, &burst) || !burst))
		return -EINVAL;

	__set_bit(type, named);
	icmp4_rates_set(rates, type, interval, burst);
	return 0;
}

/**
 * icmp4_rates_parse() - change what a text names
 * @rates: the rates so far; when the text is refused, some of them may have
 *	changed
 * @text: words like "unreach:1000:6" or "timex:100", separated by white space. An
 *	interval of 0 removes a rate; the burst is %ICMP4_RATES_BURST unless given
 * @len: bytes of it
 *
 * Return: 0, or -EINVAL for a name that is unknown, of a type that is never sent
 *	or twice there, a number that is missing, signed, too large or followed
 *	by something, a burst of 0.
 */
int icmp4_rates_parse(struct icmp4_rates *rates, const char *text, size_t len)
{
	DECLARE_BITMAP(named, ICMP4_RATES_TYPES) = {};
	size_t i = 0, begin;

	for (;;) {
		while (i < len && isspace(text[i]))
			i++;
		if (i == len)
			return 0;
		begin = i;
		while (i < len && !isspace(text[i]))
			i++;
		if (rates_word(rates, named, text + begin, i - begin))
			return -EINVAL;
	}
}

/**
 * icmp4_rates_print() - the rates as text
 * @rates: the rates
 * @to: filled in, ended by a NUL: as icmp4_rates_parse() takes it, in the order of
 *	types
 * @size: room there; %ICMP4_RATES_TEXT is enough for all
 *
 * Return: bytes written, without the NUL.
 */
size_t icmp4_rates_print(const struct icmp4_rates *rates, char *to,
			 size_t size)
{
	unsigned int type;
	size_t len = 0;

	*to = '\0';
	for (type = 0; type < ICMP4_RATES_TYPES; type++)
		if (rates->interval[type])
			len += scnprintf(to + len, size - len, "%s%s:%u:%u",
					 len ? " " : "", icmp4_types[type].name,
					 rates->interval[type],
					 rates->burst[type]);
	return len;
}

/**
 * icmp4_rates_any() - is there any at all?
 * @rates: the rates
 *
 * Return: true if a type has one.
 */
bool icmp4_rates_any(const struct icmp4_rates *rates)
{
	return memchr_inv(rates->interval, 0, sizeof(rates->interval));
}
