/* SPDX-License-Identifier: GPL-2.0 */
/* Up to 6.11 these helpers are in asm/. */
#include <asm/unaligned.h>
