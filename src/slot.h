/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_SLOT_H
#define ICMP4_SLOT_H

int icmp4_slot_take(void **slot, void *old, void *mine);
void icmp4_slot_give_back(void **slot, void *mine, void *old, const char *what);

#endif
