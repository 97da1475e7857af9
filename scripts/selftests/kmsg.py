# SPDX-License-Identifier: GPL-2.0
"""What the kernel says, in its log."""

import os


class Log:
    """All of it from now on."""

    def __init__(self):
        self.file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.file, 0, os.SEEK_END)

    def close(self):
        os.close(self.file)

    def lines(self, begin=""):
        """Those that begin so, since the last call."""
        lines = []
        while True:
            try:
                record = os.read(self.file, 8192).decode()
            except BlockingIOError:
                return [line for line in lines if line.startswith(begin)]
            lines.append(record.split(";", 1)[1].splitlines()[0])
