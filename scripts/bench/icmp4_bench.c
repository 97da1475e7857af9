// SPDX-License-Identifier: GPL-2.0
/* What a request costs the host, in instructions: from the driver's
 * netif_receive_skb() to the end of the answer in the dummy device bench0, all
 * freeing included. A UDP datagram that nobody awaits is a request, too, and the
 * error about it the answer. Of "raise" the same datagram is the packet an error
 * is about, but IP's part is over when time begins: it is what icmp_send() costs.
 *
 * Writing "REQUEST BYTES SOURCES" to <debugfs>/icmp4_bench injects many of these
 * requests, each from the next of so many addresses and at least one from each;
 * reading shows what came of it, one "key value" a line:
 *
 *   instructions  per request, the median of all batches
 *   requests      injected
 *   frames        sent by bench0 meanwhile
 *   bytes         in these
 *   answers       of a few requests that were not timed, correct in every byte
 *
 * The machine is QEMU with -icount shift=0: its clocks advance by 1 ns, and its
 * time stamp counter by one, with each instruction that is executed. A string
 * instruction counts as often as it repeats: clearing or copying by "rep stosb"
 * costs one for each byte, much more than on real hardware. What an interrupt
 * costs a batch now and then does not move the median.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/etherdevice.h>
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/sort.h>
#include <linux/timex.h>
#include <linux/udp.h>
#include <net/dst.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/net_namespace.h>

#define BENCH_DEVICE	"bench0"
#define BENCH_HOST	htonl(0x0a090001)	/* 10.9.0.1, its address */
#define BENCH_PEER	htonl(0x0a090002)	/* 10.9.0.2, who asks */
#define BENCH_PEERS	0x0a400000		/* 10.64.0.0, others who do */

/* As many as a NAPI poll may hand over. Their buffers spread over several
 * slabs, so the price of freeing them is a typical one. Batches are many
 * enough for the slabs to settle.
 */
#define BENCH_BATCH	64
#define BENCH_BATCHES	101
#define BENCH_SAMPLES	4
#define BENCH_BATCHES_MAX	2048
#define BENCH_SOURCES_MAX	(BENCH_BATCHES_MAX * BENCH_BATCH)

/* Those of UDP are as long as those of ICMP. */
#define BENCH_HEADERS	(ETH_HLEN + sizeof(struct iphdr) + sizeof(struct icmphdr))
#define BENCH_FRAME_MAX	1514

/**
 * struct bench_request - a kind of request
 * @name: as it is written to the file
 * @protocol: of its IP packet
 * @type: of the message, if it is an ICMP one
 * @answer: type of the message that answers it
 * @code: code of that
 * @least: bytes behind the ICMP header it needs
 * @kept: how many of the bytes behind the ICMP header the answer repeats;
 *	0 for all
 * @raise: only raise the error, about a packet that IP has looked after
 */
struct bench_request {
	const char *name;
	u8 protocol;
	u8 type;
	u8 answer;
	u8 code;
	unsigned int least;
	unsigned int kept;
	bool raise;
};

static const struct bench_request bench_requests[] = {
	{
		.name = "echo",
		.protocol = IPPROTO_ICMP,
		.type = ICMP_ECHO,
		.answer = ICMP_ECHOREPLY,
	}, {
		.name = "timestamp",
		.protocol = IPPROTO_ICMP,
		.type = ICMP_TIMESTAMP,
		.answer = ICMP_TIMESTAMPREPLY,
		.least = 12,
		.kept = 4,
	}, {
		.name = "unreach",
		.protocol = IPPROTO_UDP,
		.answer = ICMP_DEST_UNREACH,
		.code = ICMP_PORT_UNREACH,
	}, {
		.name = "raise",
		.protocol = IPPROTO_UDP,
		.answer = ICMP_DEST_UNREACH,
		.code = ICMP_PORT_UNREACH,
		.raise = true,
	},
};

/* What is written, what is read; under the lock. */
static DEFINE_MUTEX(bench_lock);
static u8 bench_frame[BENCH_FRAME_MAX];
static unsigned int bench_len;
static struct {
	u64 instructions;
	unsigned int requests;
	u64 frames;
	u64 bytes;
	unsigned int answers;
} bench_result;

/* Who looks at the samples, and what they are compared with. */
static const struct bench_request *bench_sampled;
static unsigned int bench_answers;

static struct sk_buff *bench_batch[BENCH_BATCH];
static unsigned int bench_stolen;
static unsigned int bench_source;
static u64 bench_took[BENCH_BATCHES_MAX];

static void bench_write_icmp(void *to, const struct bench_request *request,
			     unsigned int bytes)
{
	struct icmphdr *icmph = to;

	icmph->type = request->type;
	icmph->un.echo.id = htons(0x1234);
	icmph->un.echo.sequence = htons(1);
	icmph->checksum = ip_compute_csum(icmph, sizeof(*icmph) + bytes);
}

/* To a port where nobody listens; without a checksum, so that the cost of this
 * one does not stand beside that of the answer's.
 */
static void bench_write_udp(void *to, unsigned int bytes)
{
	struct udphdr *uh = to;

	uh->source = htons(40000);
	uh->dest = htons(9);
	uh->len = htons(sizeof(*uh) + bytes);
}

static void bench_write_frame(const struct net_device *dev,
			      const struct bench_request *request,
			      unsigned int bytes)
{
	struct ethhdr *eth = (struct ethhdr *)bench_frame;
	struct iphdr *iph = (struct iphdr *)(eth + 1);
	u8 *data = bench_frame + BENCH_HEADERS;
	unsigned int i;

	bench_len = BENCH_HEADERS + bytes;
	memset(bench_frame, 0, BENCH_HEADERS);
	ether_addr_copy(eth->h_dest, dev->dev_addr);
	eth->h_source[0] = 0x02;
	eth->h_proto = htons(ETH_P_IP);

	iph->version = IPVERSION;
	iph->ihl = 5;
	iph->tot_len = htons(bench_len - ETH_HLEN);
	iph->frag_off = htons(IP_DF);
	iph->ttl = IPDEFTTL;
	iph->protocol = request->protocol;
	iph->saddr = BENCH_PEER;
	iph->daddr = BENCH_HOST;
	ip_send_check(iph);

	for (i = 0; i < bytes; i++)
		data[i] = i;
	if (request->protocol == IPPROTO_ICMP)
		bench_write_icmp(iph + 1, request, bytes);
	else
		bench_write_udp(iph + 1, bytes);
}

/* The first source is the peer, whose frame is there already. */
static void bench_write_source(struct iphdr *iph, unsigned int source)
{
	if (!source)
		return;
	iph->saddr = htonl(BENCH_PEERS + source);
	ip_send_check(iph);
}

/* As a driver hands it over: fresh, linear, nobody else's, in a page fragment.
 * No checksum: devices check TCP and UDP, but ICMP only those that sum up the
 * whole frame.
 */
static struct sk_buff *bench_skb(struct net_device *dev, unsigned int source)
{
	struct sk_buff *skb = netdev_alloc_skb_ip_align(dev, bench_len);

	if (!skb)
		return NULL;
	skb_put_data(skb, bench_frame, bench_len);
	bench_write_source((struct iphdr *)(skb->data + ETH_HLEN), source);
	skb->ip_summed = CHECKSUM_NONE;
	skb->protocol = eth_type_trans(skb, dev);
	return skb;
}

static int bench_build(struct net_device *dev, unsigned int count,
		       unsigned int sources)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		bench_batch[i] = bench_skb(dev, bench_source++ % sources);
		if (!bench_batch[i])
			goto err_skb;
	}
	return 0;

err_skb:
	while (i--)
		kfree_skb(bench_batch[i]);
	return -ENOMEM;
}

static u64 bench_receive(unsigned int count)
{
	unsigned int i;
	u64 start, end;

	local_bh_disable();
	start = get_cycles();
	for (i = 0; i < count; i++)
		netif_receive_skb(bench_batch[i]);
	end = get_cycles();
	local_bh_enable();
	return end - start;
}

/* As UDP does, in the same context; the packets are ours again in the end. */
static u64 bench_raise(unsigned int count)
{
	unsigned int i;
	u64 start, end;

	local_bh_disable();
	rcu_read_lock();
	start = get_cycles();
	for (i = 0; i < count; i++)
		icmp_send(bench_batch[i], ICMP_DEST_UNREACH, ICMP_PORT_UNREACH,
			  0);
	end = get_cycles();
	rcu_read_unlock();
	local_bh_enable();

	while (count--)
		kfree_skb(bench_batch[count]);
	return end - start;
}

/* IP is done with the packet and would hand it to UDP, which finds its own header
 * at the data.
 */
static unsigned int bench_steal(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	if (state->in != priv)
		return NF_ACCEPT;
	skb_dst_force(skb);
	__skb_pull(skb, skb_network_header_len(skb));
	bench_batch[bench_stolen++] = skb;
	return NF_STOLEN;
}

/* Behind bench_receive(), which has read a place before it is written anew. */
static int bench_have_stolen(unsigned int count)
{
	bench_stolen = 0;
	bench_receive(count);
	if (bench_stolen == count)
		return 0;
	while (bench_stolen)
		kfree_skb(bench_batch[--bench_stolen]);
	return -EPROTO;
}

static int bench_inject(struct net_device *dev,
			const struct bench_request *request,
			unsigned int count, unsigned int sources, u64 *took)
{
	int err;

	err = bench_build(dev, count, sources);
	if (err)
		return err;
	if (request->raise) {
		err = bench_have_stolen(count);
		if (err)
			return err;
		*took = bench_raise(count);
	} else {
		*took = bench_receive(count);
	}
	bench_result.requests += count;
	return 0;
}

static int bench_compare(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int bench_time(struct net_device *dev,
		      const struct bench_request *request, unsigned int sources)
{
	unsigned int batches = DIV_ROUND_UP(sources, BENCH_BATCH);
	unsigned int i;
	int err;

	batches = max_t(unsigned int, batches, BENCH_BATCHES);
	for (i = 0; i < batches; i++) {
		err = bench_inject(dev, request, BENCH_BATCH, sources,
				   &bench_took[i]);
		if (err)
			return err;
		cond_resched();
	}
	sort(bench_took, batches, sizeof(*bench_took), bench_compare, NULL);
	bench_result.instructions =
		DIV_ROUND_CLOSEST_ULL(bench_took[batches / 2], BENCH_BATCH);
	return 0;
}

/* Do identifier, sequence number and what follows return, in one piece? */
static bool bench_is_reply(const struct icmphdr *icmph, unsigned int len)
{
	const u8 *asked = bench_frame + ETH_HLEN + sizeof(struct iphdr);
	unsigned int same = bench_sampled->kept ?: len - sizeof(*icmph);

	return len == bench_len - ETH_HLEN - sizeof(struct iphdr) &&
	       !memcmp(&icmph->un, &((struct icmphdr *)asked)->un,
		       sizeof(icmph->un) + same);
}

/* Does it quote all of the packet, as it came? */
static bool bench_is_error(const struct icmphdr *icmph, unsigned int len)
{
	return len == sizeof(*icmph) + bench_len - ETH_HLEN &&
	       !icmph->un.gateway &&
	       !memcmp(icmph + 1, bench_frame + ETH_HLEN,
		       bench_len - ETH_HLEN);
}

/* Is this linear packet, from its IP header on, the answer to the request? */
static bool bench_is_answer(const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct icmphdr *icmph = (struct icmphdr *)(iph + 1);
	unsigned int len = skb_tail_pointer(skb) - skb_network_header(skb);

	if (len < sizeof(*iph) + sizeof(*icmph) ||
	    iph->version != IPVERSION || iph->ihl != 5 ||
	    ntohs(iph->tot_len) != len || ip_fast_csum(iph, iph->ihl) ||
	    iph->ttl != IPDEFTTL || iph->protocol != IPPROTO_ICMP ||
	    iph->saddr != BENCH_HOST || iph->daddr != BENCH_PEER)
		return false;
	len -= sizeof(*iph);
	if (icmph->type != bench_sampled->answer ||
	    icmph->code != bench_sampled->code || ip_compute_csum(icmph, len))
		return false;
	return bench_sampled->protocol == IPPROTO_ICMP ?
	       bench_is_reply(icmph, len) : bench_is_error(icmph, len);
}

static int bench_look(struct sk_buff *skb, struct net_device *dev,
		      struct packet_type *tap, struct net_device *orig)
{
	struct sk_buff *copy;

	if (skb->pkt_type == PACKET_OUTGOING) {
		copy = skb_copy(skb, GFP_ATOMIC);
		if (copy && bench_is_answer(copy))
			bench_answers++;
		kfree_skb(copy);
	}
	kfree_skb(skb);
	return 0;
}

/* A tap would cost instructions, so it is there for these few only. All are of
 * the first source, with whose frame they are compared.
 */
static int bench_sample(struct net_device *dev,
			const struct bench_request *request)
{
	struct packet_type tap = {
		.type = htons(ETH_P_ALL),
		.dev = dev,
		.func = bench_look,
	};
	u64 took;
	int err;

	bench_sampled = request;
	bench_answers = 0;
	dev_add_pack(&tap);
	err = bench_inject(dev, request, BENCH_SAMPLES, 1, &took);
	dev_remove_pack(&tap);
	bench_result.answers = bench_answers;
	return err;
}

static int bench_run(struct net_device *dev,
		     const struct bench_request *request, unsigned int bytes,
		     unsigned int sources)
{
	const struct nf_hook_ops thief = {
		.hook = bench_steal,
		.priv = dev,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP_PRI_LAST,
	};
	struct rtnl_link_stats64 before, after;
	int err;

	memset(&bench_result, 0, sizeof(bench_result));
	bench_source = 0;
	bench_write_frame(dev, request, bytes);
	if (request->raise) {
		err = nf_register_net_hook(dev_net(dev), &thief);
		if (err)
			return err;
	}
	dev_get_stats(dev, &before);
	err = bench_sample(dev, request);
	if (!err)
		err = bench_time(dev, request, sources);
	dev_get_stats(dev, &after);
	if (request->raise)
		nf_unregister_net_hook(dev_net(dev), &thief);
	bench_result.frames = after.tx_packets - before.tx_packets;
	bench_result.bytes = after.tx_bytes - before.tx_bytes;
	return err;
}

static const struct bench_request *bench_find(const char *name,
					      unsigned int bytes)
{
	unsigned int i;

	if (bytes > BENCH_FRAME_MAX - BENCH_HEADERS)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(bench_requests); i++)
		if (!strcmp(name, bench_requests[i].name) &&
		    bytes >= bench_requests[i].least)
			return &bench_requests[i];
	return NULL;
}

static ssize_t bench_write(struct file *file, const char __user *from,
			   size_t count, loff_t *pos)
{
	const struct bench_request *request;
	struct net_device *dev;
	unsigned int bytes, sources;
	char text[32], name[16];
	ssize_t err;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, count))
		return -EFAULT;
	text[count] = '\0';
	if (sscanf(text, "%15s %u %u", name, &bytes, &sources) != 3)
		return -EINVAL;
	request = bench_find(name, bytes);
	if (!request || !sources || sources > BENCH_SOURCES_MAX)
		return -EINVAL;
	dev = dev_get_by_name(current->nsproxy->net_ns, BENCH_DEVICE);
	if (!dev)
		return -ENODEV;

	mutex_lock(&bench_lock);
	err = bench_run(dev, request, bytes, sources);
	mutex_unlock(&bench_lock);
	dev_put(dev);
	return err ?: count;
}

static int bench_show(struct seq_file *seq, void *v)
{
	mutex_lock(&bench_lock);
	seq_printf(seq, "instructions %llu\n", bench_result.instructions);
	seq_printf(seq, "requests %u\n", bench_result.requests);
	seq_printf(seq, "frames %llu\n", bench_result.frames);
	seq_printf(seq, "bytes %llu\n", bench_result.bytes);
	seq_printf(seq, "answers %u of %u\n", bench_result.answers,
		   BENCH_SAMPLES);
	mutex_unlock(&bench_lock);
	return 0;
}

static int bench_open(struct inode *inode, struct file *file)
{
	return single_open(file, bench_show, NULL);
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.open = bench_open,
	.read = seq_read,
	.write = bench_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* Two instructions a turn, and a handful around them. */
static u64 bench_loop(unsigned long turns)
{
	u64 start = get_cycles();

	asm volatile("1:	dec %0\n"
		     "	jnz 1b" : "+r" (turns));
	return get_cycles() - start;
}

/* Does the counter count instructions? Several tries, for interrupts. */
static bool bench_counter_works(void)
{
	unsigned int i;
	u64 took;

	for (i = 0; i < 5; i++) {
		took = bench_loop(10000);
		if (took >= 20000 && took < 20010)
			return true;
	}
	pr_err("a loop of 20000 instructions took %llu\n", took);
	return false;
}

static struct dentry *bench_file;

static int __init bench_init(void)
{
	if (!bench_counter_works())
		return -ENODEV;
	bench_file = debugfs_create_file("icmp4_bench", 0600, NULL, NULL,
					 &bench_fops);
	return PTR_ERR_OR_ZERO(bench_file);
}

static void __exit bench_exit(void)
{
	debugfs_remove(bench_file);
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("Instructions per ICMP request, under QEMU -icount");
MODULE_AUTHOR("the icmp4 authors");
MODULE_LICENSE("GPL");
