/* SPDX-License-Identifier: GPL-2.0 */
/* Up to 6.11 these helpers are in asm/; 6.12 moved them. */
#include <asm/unaligned.h>
