# SPDX-License-Identifier: GPL-2.0
"""The table of the files that the module adds below /proc/sys/net/ipv4, as the
module itself carries it, and by the kind of a file what it takes, what it
refuses and what it shows. Who adds a row of a known kind adds nothing here.
"""

import os

import lab

PAGE = os.sysconf("SC_PAGE_SIZE")
# More than the kernel hands to any file here.
HUGE = 1 << 20


class Knob:
    """A row.

    default: what the file shows in a new namespace
    values: what it can show, three or so of which the first two differ, and
        the first is not the default
    takes: {what is written: what is shown then}
    refuses: what is written in vain, all of it with a value in it that is not
        values[0], where there is one
    """

    # Can it be read in pieces? Else what does not fit is lost.
    pieces = True
    # Is it the only file that shows its value?
    alone = True
    # Does the value outlive the module?
    kept = False
    # What whitespace alone does: None: it is refused; or the value then
    blank = None

    def __init__(self, name, kind, default, least, most, doc):
        self.name = name
        self.kind = kind
        self.range = least, most
        self.doc = doc
        self.values = []
        self.takes = {}
        self.refuses = []
        self.fill(default, least, most)
        if len(set(self.values[:2])) < 2 or self.values[0] == self.default:
            raise ValueError(f"{name}: no two values to test with")

    def __str__(self):
        return f"{self.name} ({self.kind})"

    def fill(self, default, least, most):
        raise NotImplementedError

    def writes(self, value):
        """What to write to have that shown, whatever is shown now."""
        return value

    def everywhere(self, texts):
        """Refuse these, and what is too long or has a NUL in it."""
        other = self.writes(self.values[1]).strip()
        self.refuses += [
            *texts, "\0", f"\0{other}", f"{other}\0", f"{other}\0\n",
            f"{other}\n\0", f"{other}\0{other}", f"{other} \0 {other}",
            # Of a page the kernel's parser of numbers does not see the last.
            other.ljust(PAGE), other.rjust(PAGE), other.ljust(PAGE - 1) + "x",
            other + " " * PAGE, other + "\n" * HUGE, " " * PAGE + other,
            " " * (PAGE + 1), other * PAGE]


class Number(Knob):
    """What the kernel's proc_dointvec_minmax() parses."""

    pieces = False
    # Of what is not a number the kernel's is stricter than others.
    strict = ("{0}\v", "{0}\r\n", "0" * 29 + "1")

    def fill(self, default, least, most):
        default, least, most = (int(text, 0)
                                for text in (default, least, most))
        if not least <= default <= most:
            raise ValueError(f"{self.name}: {default} is not from {least} "
                             f"to {most}")
        self.default = self.show(default)
        some = (most, (least + most) // 2, least, least + 1, most - 1)
        numbers = [number for number in dict.fromkeys(some)
                   if number != default and least <= number <= most]
        numbers.append(default)
        if len(numbers) < 2:
            raise ValueError(f"{self.name}: {default} and nothing else")
        self.values = [self.show(number) for number in numbers]
        for number in numbers:
            for form in self.forms(number):
                self.takes[form] = self.show(number)
        other = numbers[1]
        beyond = [bits + number for number in (other, default, least)
                  for bits in (1 << 8, 1 << 16, 1 << 31, 1 << 32, 1 << 63,
                               1 << 64)]
        texts = [str(number) for number in dict.fromkeys((
            least - 1, most + 1, -most - 1, *beyond,
            *(-number for number in beyond)))
            if not least <= number <= most]
        texts += [hex(most + 1), f"0{most + 1:o}", f"{most + 1}\n",
                  "9" * 30, f"{'9' * 30} {other}"]
        texts += [form.format(other) for form in (
            *self.strict,
            "{0}x", "x{0}", "{0} {0}", "{0} x", "{0}\n{0}", "{0}\n{0}\n",
            "{0},{0}", "{0};", "{0}.5", "{0}:{0}", "+{0}", "--{0}", "- {0}",
            "{0}-", "{0}\x7f", "{0}\u0661", "'{0}'",
            "0x", "-0x1", "0xg", "x", "-", ".", "true", "0b1", "08", "1e1",
            "\u0661", "\n{0}\nx")]
        self.everywhere(texts)

    def show(self, number):
        return f"{number}\n"

    def forms(self, number):
        return (f"{number}", f"{number}\n", f" {number}", f"\t{number} \n",
                f"\n{number}\n\n", f"{number:#x}", f"0{number:o}",
                f"{number}" + " " * 1000)


class Boolean(Number):
    """0 or 1."""

    def fill(self, default, least, most):
        if (least, most) != ("0", "1"):
            raise ValueError(f"{self.name}: from {least} to {most}")
        super().fill(default, least, most)


class Inverse(Boolean):
    """1 where a file of the kernel's is 0."""

    alone = False
    kept = True


class Ticks(Number):
    """The interval of one type in the list of rates, in hundredths of a
    second.
    """

    alone = False


class Mask(Number):
    """An address mask as a number, or in four parts."""

    pieces = True
    strict = ()

    def fill(self, default, least, most):
        super().fill(default, least, most)
        if self.range[1] != "0xffffffff":
            raise ValueError(f"{self.name}: up to {most}")
        # No byte of this one is as in the first.
        self.values.insert(1, self.show(0x01020304))
        for number in (0, 1, 0xff, 0xffffff00, 0xfffffffe, 0x80000000,
                       0x7fffffff, 0x01020304):
            for form in self.forms(number):
                self.takes[form] = self.show(number)
        self.refuses += [
            "255.255.0", "255.255.255.0.0", "256.255.255.0",
            "255.255.255.256", "255.255.255.", ".255.255.255",
            "255..255.0", "255.255.255.-1", "255. 255.255.0",
            "255.255.255.0 0", "255.255.255.0 255.255.255.0",
            "255.255.255.0x", "255.255.255.0/24", "/24", "0xff.0.0.0",
            "0x1ffffffff", "0x-1", "255.255.255.0\0", "255,255,255,0",
            "255.255.255.99999999999999999999", "255.255.255.+0",
            "255.255.0." + "0" * PAGE]

    def show(self, number):
        return f"{number:#010x}\n" if number else "0\n"

    def forms(self, number):
        dotted = ".".join(str(byte) for byte in number.to_bytes(4, "big"))
        return (*super().forms(number), f"{number:#010x}", f"{number:#X}",
                dotted, f"{dotted}\n", f" \t{dotted} \n")


class Text(Knob):
    """It is empty by default, and has no range."""

    def fill(self, default, least, most):
        if (default, least, most) != ("empty", "-", "-"):
            raise ValueError(f"{self.name}: {default}, {least} to {most}")
        self.default = "\n"


class Interface(Text):
    """The name of an interface, which need not exist."""

    blank = "\n"

    def fill(self, default, least, most):
        super().fill(default, least, most)
        names = ("x" * 15, "a", "lo", "h0", "eth0.100", "no-such_device", "0",
                 "...", ".a", "-1", "\u00e9t\u00e9", "0x10", "#", "a=b")
        self.values = [name + "\n" for name in names] + [self.default]
        for name in names:
            for form in (name, f"{name}\n", f" {name}", f"\t {name} \n\n",
                         name + " " * 1000):
                self.takes[form] = name + "\n"
        self.takes.update({"\n": "\n", " \t\n": "\n"})
        self.everywhere([
            "x" * 16, "x" * 16 + "\n", " " + "y" * 16, "y" * 17, "y" * 255,
            "y" * 256, "y" * 271, ".", "..", ".\n", " .. ", "/", "a/b", "/a",
            "a/", "../a", ":", "a:", ":a", "eth0:1", "h 0", "h\t0", "h\n0",
            "h0 h0", "h0\nh0\n", "h\v0", "h\r0",
            # Its last byte is a space as well, to the kernel.
            "h\u00a00"])


class Rates(Text):
    """A list, of which a write changes only what it names."""

    alone = False
    blank = "same"
    none = "unreach:0 timex:0"

    def fill(self, default, least, most):
        super().fill(default, least, most)
        self.values = ["unreach:1000:6 timex:100:20\n",
                       "unreach:2011:7 timex:27:3\n",
                       "unreach:86400000:65535 timex:10:1\n"]
        for text in self.values:
            for form in (text, text.strip(), f" \t{text}\n",
                         text.strip() + " " * 1000,
                         " ".join(reversed(text.split()))):
                self.takes[form] = text
        self.takes["timex:7 unreach:9"] = "unreach:9:6 timex:7:6\n"
        self.everywhere([
            "unreach", "unreach:", "unreach:x", "unreach:-1", "unreach:1:0",
            "unreach:86400001", "unreach:1:65536", "unreach:4294967296",
            "unreach:" + "9" * 30, "unreach:1:" + "9" * 30, "unreach:1 x",
            "x:1", "unreach:1 unreach:2", "unreach:1 timex:1:0", "1", "0",
            "unreach:1,timex:1"])

    def writes(self, value):
        return self.none if value == self.default else value


KINDS = {"boolean": Boolean, "integer": Number, "inverse": Inverse,
         "ticks": Ticks, "mask": Mask, "interface": Interface, "rates": Rates}


def row(text):
    """Of what "modinfo -F knob" prints in a line."""
    name, kind, default, least, most, doc = text.split(":", 5)
    if kind not in KINDS:
        raise ValueError(f"{name}: nobody knows how to test kind {kind!r}")
    return KINDS[kind](name, kind, default, least, most, doc)


def lines():
    """The table, a text each, out of the module's file: "knob=..." is one of
    its strings that end with a NUL.
    """
    with open(lab.MODULE, "rb") as file:
        strings = file.read().split(b"\0")
    return [text[len(b"knob="):].decode() for text in strings
            if text.startswith(b"knob=")]


def table():
    """All rows, by name: compilers differ in how they order strings."""
    rows = [row(text) for text in lines()]
    if not rows:
        raise ValueError(f"{lab.MODULE} has no knobs")
    return sorted(rows, key=lambda one: one.name)
