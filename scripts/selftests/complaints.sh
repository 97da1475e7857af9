# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# What a kernel may not say while tests run, an extended regular expression.
#
# "memory allocation failure, unreliable refcount tracker" is no complaint: a tracker of
# references got no memory to note one, which test_faults sees to. What then is wrong is
# still told by the count of the device or namespace itself.

complaints='WARNING: |BUG: |kernel BUG|BUG [^:]*\(|Oops|KASAN|UBSAN'
complaints+='|kmemleak:.*(new suspected|disabled|pool empty)|suspicious RCU'
complaints+='|INFO: (task|trying|rcu_)|turning off the locking|general protection'
complaints+='|unregister_netdevice: waiting|leaked reference'
complaints+='|list_(add|del).*corruption|cannot create duplicate|Attempt to release'
