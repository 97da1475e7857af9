// SPDX-License-Identifier: GPL-2.0
/* The units under test, compiled a second time: kbuild allows an object in one
 * module only, and a module of their own lets the suites run without taking
 * ICMP over.
 */

#include <linux/module.h>

#include "../src/types.c"
#include "../src/rules.c"
#include "../src/options.c"
#include "../src/probe.c"
#include "../src/filter.c"
#include "../src/quote.c"
#include "../src/dgram_rules.c"
#include "../src/extension.c"
#include "../src/bucket.c"
#include "../src/window.c"
#include "../src/rates.c"

MODULE_DESCRIPTION("KUnit suites of icmp4");
MODULE_LICENSE("GPL");
