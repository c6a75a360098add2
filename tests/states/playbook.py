"""Runs the tasks of a playbook's roles in this process, as the YAML says them: a tenth of a second instead of several.

Only what the playbooks that write use: include_role, include_tasks, block with always, when, assert, debug (which says
nothing here), and this project's modules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import yaml
from jinja2 import StrictUndefined
from jinja2.nativetypes import NativeEnvironment

from tests.sandbox_process import ROOT

OMIT = object()
LONGEST = 400  # rounds of a role that waits
Perform = Callable[[str, dict[str, Any]], dict[str, Any]]


class Failed(Exception):
    """A task failed; the text is what it said."""


@cache
def _parsed(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text()) or {}


class Playbook:
    """`perform` runs one module; `variables` are the host's, as the inventory plugin gives them.

    `instead` says what is done for a role that cannot be run here: role -> a call without parameters.
    """

    def __init__(
        self, perform: Perform, variables: dict[str, Any], instead: Mapping[str, Callable[[], None]] | None = None
    ) -> None:
        self._perform = perform
        self._variables = dict(variables)
        self._instead = instead or {}
        self._registered: dict[str, Any] = {}
        self._jinja = NativeEnvironment(undefined=StrictUndefined)
        self._jinja.filters["split"] = lambda text, separator: text.split(separator)

    def play(self, name: str, **extra: Any) -> None:
        """Raises Failed by the first task that fails."""
        for play in _parsed(f"playbooks/{name}"):
            if imported := play.get("ansible.builtin.import_playbook"):
                self.play(imported, **extra)
            # What is asked once of all hosts together is no customer's.
            for task in (task for task in play.get("tasks", ()) if not task.get("run_once")):
                self._role(task, self._variables | extra)

    def _role(self, task: dict[str, Any], variables: dict[str, Any]) -> None:
        if not self._wanted(task, variables):
            return
        role = task["ansible.builtin.include_role"]["name"]
        if role in self._instead:
            self._instead[role]()
            return
        given = {name: self._rendered(value, variables) for name, value in task.get("vars", {}).items()}
        scope = variables | {"ansible_check_mode": False} | _parsed(f"roles/{role}/defaults/main.yml") | given
        self._included(role, "main.yml", scope)

    def _included(self, role: str, name: str, scope: dict[str, Any]) -> None:
        """A file of tasks, again and again while its last task includes the file itself."""
        for _ in range(LONGEST):
            if not self._tasks(role, name, _parsed(f"roles/{role}/tasks/{name}"), scope):
                return
        raise AssertionError(f"{role} never ends")

    def _tasks(self, role: str, name: str, tasks: list[dict[str, Any]], scope: dict[str, Any]) -> bool:
        """Whether the file includes itself once more."""
        for task in (task for task in tasks if self._wanted(task, scope)):
            if "block" in task:
                try:
                    self._tasks(role, name, task["block"], scope)
                finally:
                    self._tasks(role, name, task.get("always", []), scope)
            elif "ansible.builtin.include_role" in task:
                self._role(task, scope)
                scope |= self._registered
            elif written := task.get("ansible.builtin.include_tasks"):
                included = self._file(written, scope)
                if included == name:
                    return True
                self._included(role, included, scope)
            else:
                self._task(task, scope)
        return False

    def _task(self, task: dict[str, Any], scope: dict[str, Any]) -> None:
        module = next(key for key in task if key not in ("name", "when", "register"))
        if module == "ansible.builtin.debug":
            return
        if module == "ansible.builtin.assert":
            self._assert(task[module], scope)
            return
        assert "." not in module, f"{module} is not understood here"
        params = {name: self._rendered(value, scope) for name, value in task[module].items()}
        result = self._perform(module, {name: value for name, value in params.items() if value is not OMIT})
        if result.get("failed"):
            raise Failed(f"{module}: {result['msg']}")
        if "register" in task:
            # The host's, from then on: another role may go by it.
            name = task["register"]
            scope[name] = self._registered[name] = self._variables[name] = result

    def _assert(self, said: dict[str, Any], scope: dict[str, Any]) -> None:
        if not self._true(said["that"], scope):
            raise Failed(self._jinja.from_string(said["fail_msg"]).render(**scope))

    def _file(self, written: str, scope: dict[str, Any]) -> str:
        """The name of a file of tasks, of which an expression may be the first part."""
        expression, end, rest = written.removeprefix("{{").partition("}}")
        return f"{self._rendered(f'{{{{{expression}}}}}', scope)}{rest}" if end else written

    def _wanted(self, task: dict[str, Any], scope: dict[str, Any]) -> bool:
        conditions = task.get("when", [])
        return all(self._true(c, scope) for c in (conditions if isinstance(conditions, list) else [conditions]))

    def _true(self, condition: str, scope: dict[str, Any]) -> bool:
        return bool(self._jinja.compile_expression(condition, undefined_to_none=False)(**scope))

    def _rendered(self, value: Any, scope: dict[str, Any]) -> Any:
        if isinstance(value, list):
            return [self._rendered(item, scope) for item in value]
        if isinstance(value, str) and value.startswith("{{") and value.endswith("}}") and value.count("{{") == 1:
            # An expression alone keeps its type; a text of digits must not become a number.
            return self._jinja.compile_expression(value[2:-2], undefined_to_none=False)(omit=OMIT, **scope)
        assert not isinstance(value, str) or "{{" not in value or "Say" in value, value
        return value
