/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM icmp4

#if !defined(ICMP4_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ICMP4_TRACE_H

#include <linux/ip.h>
#include <linux/tracepoint.h>

#include "drop.h"
#include "types.h"

#ifndef ICMP4_TRACE_KERNEL
#define ICMP4_TRACE_KERNEL
void icmp4_trace_init(void);
void icmp4_trace_kernel(const struct sk_buff *skb, u8 type, u8 code);
#endif

TRACE_EVENT(icmp4_drop,

	TP_PROTO(const struct sk_buff *skb, u8 type, enum icmp4_drop why),

	TP_ARGS(skb, type, why),

	TP_STRUCT__entry(
		__field(const void *, skbaddr)
		__array(__u8, saddr, 4)
		__array(__u8, daddr, 4)
		__field(unsigned int, len)
		__field(__u8, type)
		__field(__u8, code)
		__array(char, type_name, 16)
		__array(char, code_name, 16)
		__array(char, why, 24)
	),

	TP_fast_assign(
		const struct iphdr *iph = ip_hdr(skb);

		__entry->skbaddr = skb;
		memcpy(__entry->saddr, &iph->saddr, 4);
		memcpy(__entry->daddr, &iph->daddr, 4);
		__entry->len = skb->len;
		__entry->type = type;
		__entry->code = skb_headlen(skb) > 1 ? skb->data[1] : 0;
		strscpy(__entry->type_name, icmp4_type_name(type), 16);
		strscpy(__entry->code_name,
			icmp4_code_name(type, __entry->code), 16);
		strscpy(__entry->why, icmp4_drop_infos[why].name, 24);
	),

	TP_printk("saddr=%pI4 daddr=%pI4 type=%u (%s) code=%u (%s) len=%u why=%s skbaddr=%p",
		  __entry->saddr, __entry->daddr,
		  __entry->type, __entry->type_name,
		  __entry->code, __entry->code_name,
		  __entry->len, __entry->why, __entry->skbaddr)
);

/* Every error that something in the kernel asked for, and what became of it. Of
 * the offending packet only an IP header that is surely there is read.
 */
TRACE_EVENT(icmp4_error,

	TP_PROTO(const struct sk_buff *skb, u8 type, u8 code,
		 enum icmp4_drop why),

	TP_ARGS(skb, type, code, why),

	TP_STRUCT__entry(
		__field(const void *, skbaddr)
		__array(__u8, saddr, 4)
		__array(__u8, daddr, 4)
		__field(__u8, protocol)
		__field(__u8, type)
		__field(__u8, code)
		__array(char, type_name, 16)
		__array(char, code_name, 16)
		__array(char, why, 24)
	),

	TP_fast_assign(
		const struct iphdr *iph = ip_hdr(skb);
		bool there = why != ICMP4_DROP_ERR_HEADER;

		__entry->skbaddr = skb;
		memset(__entry->saddr, 0, 4);
		memset(__entry->daddr, 0, 4);
		if (there) {
			memcpy(__entry->saddr, &iph->saddr, 4);
			memcpy(__entry->daddr, &iph->daddr, 4);
		}
		__entry->protocol = there ? iph->protocol : 0;
		__entry->type = type;
		__entry->code = code;
		strscpy(__entry->type_name, icmp4_type_name(type), 16);
		strscpy(__entry->code_name, icmp4_code_name(type, code), 16);
		strscpy(__entry->why,
			why ? icmp4_drop_infos[why].name : "sent", 24);
	),

	TP_printk("type=%u (%s) code=%u (%s) about saddr=%pI4 daddr=%pI4 protocol=%u why=%s skbaddr=%p",
		  __entry->type, __entry->type_name,
		  __entry->code, __entry->code_name,
		  __entry->saddr, __entry->daddr, __entry->protocol,
		  __entry->why, __entry->skbaddr)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
