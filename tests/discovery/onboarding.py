"""onboard.yml with a discovered entry, by the tasks of its roles in this process; and what of it was announced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from graphmail.customers import Customer
from graphmail.resources import resource
from graphmail_ansible import perform
from graphmail_ansible.ansible_run import AnsibleRun, Opened
from tests.states.playbook import Failed, Playbook

# As the entry's comments call what a module looks after.
NOUNS = {
    "entra_application": "app registration",
    "entra_service_principal": "enterprise application",
    "exo_distribution_group": "group ",
    "exo_application_access_policy": "access policy",
    "exo_management_role_assignment": "role assignment",
    "exo_service_principal": "Exchange service principal",
    "entra_app_role_assignment": "admin consent",
    "entra_application_password": "live client secret made here",
}


@dataclass
class Onboarding:
    """`changed` has (module, before, after); `stops` the problems that ended it."""

    changed: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)

    @property
    def modules(self) -> list[str]:
        return [module for module, _, _ in self.changed]

    def made(self, module: str) -> bool:
        return any(name == module and not before for name, before, _ in self.changed)


def onboard(customer: Customer, path: Path, monkeypatch: pytest.MonkeyPatch, *, check: bool) -> Onboarding:
    done = Onboarding()
    connection = customer.connection(path)
    run = AnsibleRun()
    run.open_cache()
    monkeypatch.setattr(perform, "RUN", run)
    run.open(connection, {})

    def task(module: str, params: dict[str, Any]) -> dict[str, Any]:
        checked = ArgumentSpecValidator(resource(module).argument_spec()).validate(params)
        assert not checked.error_messages, checked.error_messages
        result = perform.perform(module, checked.validated_parameters, check_mode=check, diff=True)
        if result.get("failed"):
            told = [obstacle["problem"] for obstacle in result.get("obstacles", ()) if obstacle["stops"] == "yes"]
            done.stops += told or [result["msg"]]
        elif result.get("changed"):
            diff = result.get("diff", {})
            done.changed.append((module, dict(diff.get("before", {})), dict(diff.get("after", {}))))
        return result

    variables = {"tenant": connection, "customer": customer.variables(), "ansible_check_mode": check}
    try:
        Playbook(task, variables | {"inventory_hostname": customer.name}).play("onboard.yml")
    except Failed:
        assert done.stops
    finally:
        for found in run._customers.values():
            if isinstance(found, Opened):
                found.lock.close()
    return done


def announced(text: str, access: str) -> tuple[list[str], str]:
    """What the entry's comments say that onboard.yml would change, line by line, and what would stop it.

    Of what is told for one access model, only that of the model that was decided on.
    """
    section, lines = "", {"change": list[str](), "stop": list[str]()}
    for line in (line[1:].rstrip() for line in text.splitlines() if line.startswith("#")):
        if match := re.match(r" onboard\.yml would (change|stop)\b.*:$", line):
            section = match[1]
        elif not line.startswith("   "):
            section = ""
        elif section:
            model = re.match(r"   with access (\w+): ", line)
            if model is None or model[1] == access:
                lines[section].append(line.strip())
    return lines["change"], "\n".join(lines["stop"])


def surprises(done: Onboarding, text: str, access: str) -> Iterator[str]:
    """A change or a stop that the comments of the entry do not announce."""
    told, stop = announced(text, access)
    for problem in done.stops:
        if problem not in stop:
            yield f"stop: {problem}"
    for module, before, after in done.changed:
        about = [line for line in told if NOUNS[module] in line]
        if any("There is no " in line for line in about):
            continue
        if not before:
            yield f"{module} makes {after}"
        for option, wanted in after.items() if before else ():
            for change in _changes(option, before.get(option), wanted):
                if not any(change in line for line in about):
                    yield f"{module}: {change}"


def _changes(option: str, before: Any, after: Any) -> Iterator[str]:
    """Each as a comment has it."""
    if not isinstance(after, list):
        yield f"{option}: "
        return
    there, wanted = ({str(item).lower(): str(item) for item in items or ()} for items in (before, after))
    yield from (f"{option} lacks {item}" for low, item in wanted.items() if low not in there)
    yield from (f"{option} has {item} beside" for low, item in there.items() if low not in wanted)
