#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# clean.sh [--cache]: remove what was built in this tree; with --cache also
# downloads and kernels, which other clones use, too.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$(repo_root)"
rm -rf .build
find . -path ./.git -prune -o -type f \( -name '*.o' -o -name '*.ko' \
	-o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' -o -name '.*.d' \
	-o -name Module.symvers -o -name modules.order \) -exec rm -f {} +
find . -name __pycache__ -prune -exec rm -rf {} +
if [ "${1:-}" = --cache ]; then
	dir=$(cache_dir)
	say "removing $dir ($(du -sh "$dir" | cut -f1))"
	rm -rf "$dir"
fi
