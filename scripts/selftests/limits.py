# SPDX-License-Identifier: GPL-2.0
"""Cases of limits: traffic, which of its probes are answered, and what counts
the others; with the built-in ICMP and with the module.
"""

import time

import ktap
import lab
import pace
from pace import differ
from router import Router

COUNTERS = ("LimitClass", "LimitType", "LimitHost", "LimitGlobal")
MIB = {"Icmp.OutRateLimitHost": ("LimitType", "LimitHost"),
       "Icmp.OutRateLimitGlobal": ("LimitClass", "LimitGlobal")}
NO_RATES = " ".join(f"{name}:0" for name in pace.NAMES.values())


class Case:
    """Traffic, and what the limits have to make of it.

    answered: the probes that are answered
    sysctls: {name below net.ipv4: value} while it goes
    limit: the module's counter of the others, or {counter: number}
    lost: of them, those that it is not for a limit to refuse
    alone: the built-in knows no such limit
    builtin: the probes that the built-in answers, where these are others
    commands: lines for ip(8) before it, undone by those in undo
    turns: (ms, function) of what is done meanwhile
    """

    def __init__(self, name, probes, answered, sysctls, limit="LimitHost",
                 lost=(), alone=False, builtin=None, commands=(), undo=(),
                 turns=()):
        self.name = f"{name} ({len(probes)} probes, {len(answered)} answered)"
        self.probes = probes
        self.answered = answered
        self.sysctls = sysctls
        self.limit = limit
        self.lost = lost
        self.alone = alone
        self.builtin = builtin
        self.commands = commands
        self.undo = undo
        self.turns = turns

    def run(self, host):
        if self.commands:
            lab.ip(*self.commands)
        old = {name: lab.sysctl(name, value)
               for name, value in self.sysctls.items()}
        # What others took of the global credit comes anew meanwhile.
        time.sleep(1.1)
        run = pace.Run(host, self.probes, self.turns)
        for name, value in old.items():
            lab.sysctl(name, value or NO_RATES)
        if self.undo:
            lab.ip(*self.undo)
        return run

    def judge(self, builtin, module):
        problems = [f"module: {text}"
                    for text in module.judge(self.answered)]
        problems += self.judge_counters(module)
        if self.alone:
            return problems
        answered = self.builtin or self.answered
        problems += [f"built-in: {text}" for text in builtin.judge(answered)]
        for name in () if self.builtin else MIB:
            problems += differ(f"{name} of the module", module.mib.get(name),
                               builtin.mib.get(name))
        return problems

    def account(self, module):
        """What is not answered is counted, whatever came late."""
        limited = sum(module.stat.get("Icmp4." + name, 0) for name in COUNTERS)
        return [] if self.lost else differ(
            "limited", limited, len(self.probes) - len(module.seen))

    def judge_counters(self, module):
        """What is refused counts where the limit is, and where its type is."""
        refused = [pace.NAMES[probe.kind.answer] for probe in
                   set(self.probes) - set(self.answered) - set(self.lost)]
        wanted = self.limit
        if isinstance(wanted, str):
            wanted = {wanted: len(refused)}
        problems = []
        for name in COUNTERS:
            problems += differ(name, module.stat.get("Icmp4." + name, 0),
                               wanted.get(name, 0))
        for name, counters in MIB.items():
            problems += differ(name, module.mib.get(name, 0), sum(
                wanted.get(counter, 0) for counter in counters))
        return problems + differ("limited", module.limited, {
            name: refused.count(name) for name in refused})


    def report(self, builtin, module):
        if pace.SLOW and any(run.is_late() for run in (builtin, module)
                             if run):
            problems = self.account(module)
            if not problems:
                ktap.test_skip(self.name, "this kernel is too slow for it")
                return
        else:
            problems = self.judge(builtin, module)
        ktap.test_result(self.name, problems)


def run_pass(cases, module):
    """{case: what came of it}."""
    host = Router()
    if module:
        lab.insmod()
    try:
        return {case: case.run(host) for case in cases
                if module or not case.alone}
    finally:
        if module:
            lab.rmmod()
        host.close()
