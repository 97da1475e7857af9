# SPDX-License-Identifier: GPL-2.0
#
# What people type. The module itself is described in Kbuild, every target
# below is a script of that name in scripts/.

export KERNEL T V

q := $(if $(filter 1,$(V)),,@)
build = $(if $(KDIR),$(MAKE) --no-print-directory -C "$(KDIR)", \
	scripts/vm/kernel.sh $(or $(KERNEL),6.1) make --no-print-directory)

.DEFAULT_GOAL := all
.PHONY: all modules check kunit guest-test test test-all docs bench demo shell \
	install uninstall clean distclean help

all: modules ## build icmp4.ko for KERNEL=6.1, 6.12, 7.3 or debug, or for KDIR=<a kernel's build directory>

modules:
	$(q)$(if $(KDIR),:,scripts/deps.sh build)
	$(q)$(build) M="$(CURDIR)" modules

check: ## static checks: warnings, sparse, checkpatch, kernel-doc, shellcheck
	$(q)scripts/check.sh

kunit: ## KUnit suites in a user-mode kernel
	$(q)scripts/kunit.sh

guest-test: ## suites in a guest: KERNEL=6.1|6.12|7.3|debug T="name ..."
	$(q)scripts/guest-test.sh

test: ## check, kunit and guest-test
	$(q)scripts/test.sh

test-all: ## the same, guest-test on all kernels
	$(q)scripts/test.sh --all

docs: all ## fill in what the documentation has of the table of knobs
	$(q)scripts/docs.sh icmp4.ko

bench: ## instructions per packet against the kernel's own ICMP
	$(q)scripts/bench.sh

demo: ## see it work: a guest, ping and traceroute from outside
	$(q)scripts/demo.sh

shell: ## a shell in a guest with icmp4 loaded and somebody to ping
	$(q)scripts/shell.sh

install: ## build and install for the running kernel (or KDIR)
	$(q)KDIR="$(KDIR)" scripts/install.sh

uninstall: ## undo that
	$(q)KDIR="$(KDIR)" scripts/install.sh --undo

clean: ## remove what was built here
	$(q)scripts/clean.sh

distclean: ## also remove the cache of downloads and kernels
	$(q)scripts/clean.sh --cache

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | \
		expand -t 24
