#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""reload.py NUMBER [COUNTER [PARAMETER]]: load the module, wait until it has taken a message
in this network namespace (InTaken, or another counter of its own moves), unload
it, again and again. Without insmod and rmmod, which take longer than all the rest.
"""

import ctypes
import os
import sys
import time

MODULE = os.environ.get("ICMP4_KO", "/icmp4/icmp4.ko")
PATIENCE_S = 10

_libc = ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    if function(*arguments):
        error = ctypes.get_errno()
        raise OSError(error, f"{function.__name__}: {os.strerror(error)}")


def wait_for_message(counter):
    end = time.monotonic() + PATIENCE_S
    with open("/proc/net/icmp4/stat", encoding="ascii") as file:
        while time.monotonic() < end:
            file.seek(0)
            names, values = (line.split() for line in file)
            if int(values[names.index(counter)]):
                return
    raise TimeoutError(f"{counter} stays 0")


def main():
    with open(MODULE, "rb") as file:
        image = file.read()
    counter = sys.argv[2] if sys.argv[2:] else "InTaken"
    parameter = sys.argv[3].encode() if sys.argv[3:] else b""
    for _ in range(int(sys.argv[1])):
        call(_libc.init_module, image, ctypes.c_ulong(len(image)), parameter)
        try:
            wait_for_message(counter)
        finally:
            call(_libc.delete_module, b"icmp4", os.O_NONBLOCK)


if __name__ == "__main__":
    main()
