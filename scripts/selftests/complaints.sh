# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# What a kernel may not say while tests run, an extended regular expression.

complaints='WARNING: |BUG: |Oops|KASAN|UBSAN|kmemleak:.*new suspected'
complaints+='|suspicious RCU|INFO: task|general protection'
