from __future__ import annotations

DOCUMENTATION = r"""
name: cpu
type: aggregate
short_description: CPU seconds of each play
description: Writes one JSON line for each play with the CPU seconds of this process and its workers. For benchmarks.
"""

import json
import os
import resource
import time
from pathlib import Path

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "cpu"
    CALLBACK_NEEDS_ENABLED = False

    def __init__(self):
        super().__init__()
        self._play = None
        self._tasks = 0

    def v2_playbook_on_play_start(self, play):
        self._end()
        self._play, self._tasks, self._began = play.get_name(), 0, self._now()

    def v2_runner_on_ok(self, result):
        self._tasks += 1

    def v2_runner_on_skipped(self, result):
        self._tasks += 1

    def v2_playbook_on_stats(self, stats):
        self._end()

    def _end(self):
        if self._play is None:
            return
        cpu, wall = (now - then for now, then in zip(self._now(), self._began, strict=True))
        line = {"play": self._play, "tasks": self._tasks, "cpu": cpu, "wall": wall}
        with Path(os.environ["BENCHMARK_CPU"]).open("a") as file:
            file.write(json.dumps(line) + "\n")

    @staticmethod
    def _now():
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(u.ru_utime + u.ru_stime for u in used), time.monotonic()
