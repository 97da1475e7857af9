// SPDX-License-Identifier: GPL-2.0
/* Test vectors as text, and inputs that show when they are read past their end. */

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <asm/byteorder.h>

#include "bytes.h"

static const struct {
	const char *word;
	u32 value;
} words[] = {
	{ "us", BYTES_US },
	{ "req", BYTES_REQ },
	{ "dst", BYTES_DST },
	{ "now", BYTES_NOW },
};

static bool find_word(u32 *value, const char *token, unsigned int len)
{
	unsigned int i;

	if (len == 2 && token[0] == 'h' && token[1] >= '1' && token[1] <= '9') {
		*value = BYTES_HOP + token[1] - '0';
		return true;
	}
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (strlen(words[i].word) == len &&
		    !strncmp(words[i].word, token, len)) {
			*value = words[i].value;
			return true;
		}
	}
	return false;
}

/* Its own, since the kernel's moved between headers. */
static int digit(char c)
{
	if (isdigit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int put_hex(u8 *to, unsigned int size, const char *token,
		   unsigned int len)
{
	unsigned int i;

	if (len % 2 || len / 2 > size)
		return -1;
	for (i = 0; i < len; i += 2) {
		if (digit(token[i]) < 0 || digit(token[i + 1]) < 0)
			return -1;
		*to++ = digit(token[i]) << 4 | digit(token[i + 1]);
	}
	return len / 2;
}

/* Bytes that a token stands for; -1 if it stands for none. */
static int put_token(u8 *to, unsigned int size, const char *token,
		     unsigned int len)
{
	__be32 wire;
	u32 value;

	if (*token == '\'') {
		if (len < 2 || token[len - 1] != '\'' || len - 2 > size)
			return -1;
		memcpy(to, token + 1, len - 2);
		return len - 2;
	}
	if (!find_word(&value, token, len))
		return put_hex(to, size, token, len);
	if (size < 4)
		return -1;
	wire = htonl(value);
	memcpy(to, &wire, 4);
	return 4;
}

/**
 * icmp4_bytes() - make bytes from a vector's text
 * @test: fails if @text is not well-formed or too long
 * @to: where the bytes go
 * @size: how many fit, at least one
 * @text: tokens between spaces: hexadecimal digits, 'characters' in single
 *	quotes, or one of the words above. NULL stands for nothing
 *
 * Return: how many bytes it makes.
 */
unsigned int icmp4_bytes(struct kunit *test, u8 *to, unsigned int size,
			 const char *text)
{
	unsigned int at = 0, len;
	int made;

	for (text = skip_spaces(text ?: ""); *text;
	     text = skip_spaces(text + len)) {
		len = strcspn(text, " ");
		made = put_token(to + at, size - at, text, len);
		KUNIT_ASSERT_GE_MSG(test, made, 0, "bad vector at \"%s\"", text);
		at += made;
	}
	return at;
}

static u8 guards[BYTES_GUARDS][2 * BYTES_GUARD];

/* Mostly small numbers, which pass for types, lengths and pointers. */
static u8 guard_byte(u64 *state)
{
	u32 random = icmp4_random(state);

	return random & 0x300 ? random & 0x0f : random;
}

/**
 * icmp4_bytes_init() - make what inputs are surrounded by; a suite's init
 * @test: its priv is taken, for a page with nothing after it
 *
 * Return: 0, or -ENOMEM.
 */
int icmp4_bytes_init(struct kunit *test)
{
	unsigned int guard, i;
	u64 state = 792;

	for (guard = 0; guard < BYTES_GUARDS; guard++)
		for (i = 0; i < sizeof(guards[guard]); i++)
			guards[guard][i] = guard_byte(&state);
	test->priv = vmalloc(PAGE_SIZE);
	return test->priv ? 0 : -ENOMEM;
}

/**
 * icmp4_bytes_exit() - give the page back; a suite's exit
 * @test: from icmp4_bytes_init()
 */
void icmp4_bytes_exit(struct kunit *test)
{
	vfree(test->priv);
}

/**
 * icmp4_guard() - put an input between guards
 * @g: where
 * @data: the input
 * @len: its length, at most BYTES_MAX bytes
 * @guard: which guards; a reader whose result depends on it has read them
 *
 * Return: where the input now is.
 */
const u8 *icmp4_guard(struct icmp4_guarded *g, const u8 *data,
		      unsigned int len, unsigned int guard)
{
	u8 *at = g->room + BYTES_GUARD;

	g->len = len;
	g->guard = guard;
	memcpy(g->room, guards[guard], BYTES_GUARD);
	memcpy(at, data, len);
	memcpy(at + len, guards[guard] + BYTES_GUARD, BYTES_GUARD);
	return at;
}

/**
 * icmp4_guard_intact() - was nothing written to a guarded input?
 * @g: from icmp4_guard()
 * @data: the same input
 *
 * Return: true if input and guards are as they were.
 */
bool icmp4_guard_intact(const struct icmp4_guarded *g, const u8 *data)
{
	const u8 *at = g->room + BYTES_GUARD;

	return !memcmp(g->room, guards[g->guard], BYTES_GUARD) &&
	       !memcmp(at, data, g->len) &&
	       !memcmp(at + g->len, guards[g->guard] + BYTES_GUARD, BYTES_GUARD);
}

/**
 * icmp4_edge() - put an input at the very end of the page
 * @test: from icmp4_bytes_init()
 * @data: the input
 * @len: its length in bytes
 *
 * To read past its end is a fault, even if nothing comes of what is read. In
 * user-mode Linux that fault is retried for ever, so let an input be read at the
 * edge last, when the same from between guards came out right.
 *
 * Return: where it is, until the next.
 */
const u8 *icmp4_edge(struct kunit *test, const u8 *data, unsigned int len)
{
	u8 *page = test->priv;

	return memcpy(page + PAGE_SIZE - len, data, len);
}
