#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# [KERNEL=NAME] shell.sh: a shell in a guest with icmp4 loaded.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

here=$(dirname "$0")

"$here/deps.sh" build guest
exec "$here/vm/guest.sh" --kernel "${KERNEL:-6.1}" --interactive \
	--add "$here/vm/shell-rc:/icmp4/shell-rc" -- bash --rcfile shell-rc -i
