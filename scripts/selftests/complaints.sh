# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# What a kernel may not say while tests run, an extended regular expression.

complaints='WARNING: |BUG: |kernel BUG|BUG [^:]*\(|Oops|KASAN|UBSAN'
complaints+='|kmemleak:.*(new suspected|disabled|pool empty)|suspicious RCU'
complaints+='|INFO: (task|trying|rcu_)|turning off the locking|general protection'
complaints+='|unregister_netdevice: waiting|leaked reference|unreliable refcount'
complaints+='|list_(add|del).*corruption|cannot create duplicate|Attempt to release'
