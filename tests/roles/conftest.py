"""Operations: an operator's machine with an inventory, an identity and sealed admin credentials, beside a sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from graphmail.credentials import ClientSecret
from graphmail.rehearsal import Rehearsal
from graphmail_ansible.playbook_run import PlaybookRun, run_playbook
from tests.nothing_leaked import nothing_leaked
from tests.readable import readable
from tests.sandbox_process import CONTOSO, EXAMPLE, ROOT, Sandbox

__all__ = ["nothing_leaked"]

EXAMPLE_INVENTORY = ROOT / "inventory.example.yml"


class Operations:
    """Runs playbooks as an operator does; everything lies in one folder."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.inventory = folder / "inventory.yml"
        self.evidence = folder / "evidence"
        self.change(lambda entries: None)
        self.rehearsal = Rehearsal(folder, EXAMPLE, self.inventory, running=sandbox.path)
        self.rehearsal.__enter__()

    @property
    def environment(self) -> dict[str, str]:
        return self.rehearsal.environment | {
            "GRAPHMAIL_EVIDENCE": str(self.evidence),
            # A leftover of a customer's text that would be executed as a template is an error here.
            "_ANSIBLE_TEMPLAR_UNTRUSTED_TEMPLATE_BEHAVIOR": "error",
        }

    def change(self, edit: Callable[[dict[str, Any]], None], *keep: str) -> None:
        """Write the example inventory with `edit` applied to it; only the customers in `keep`, if any are named."""
        text = yaml.safe_load(EXAMPLE_INVENTORY.read_text())
        text["customers"]["fabrikam"]["app"]["logo"] = str(ROOT / "files" / "placeholder-logo.png")
        if keep:
            text["customers"] = {name: text["customers"][name] for name in keep}
        edit(text["customers"])
        self.inventory.write_text(yaml.safe_dump(text))

    def seal_admin(self, customer: str, tenant_id: str = CONTOSO, **fields: str) -> None:
        """Replace how ops signs in to that customer's tenant."""
        admin = self.sandbox.json["admins"][tenant_id] | {"tenant_id": tenant_id, "key_id": "other"} | fields
        path = self.folder / "state" / customer / "admin.age"
        path.unlink(missing_ok=True)
        ClientSecret(**admin).write(path, [])

    def play(self, playbook: str, *arguments: str, **environment: str) -> PlaybookRun:
        return run_playbook(playbook, self.inventory, self.environment | environment, "--diff", *arguments)

    def state(self, customer: str) -> Path:
        return self.folder / "state" / customer

    def record(self, customer: str, notebook: str) -> dict[str, Any]:
        """The newest record of that notebook."""
        found = sorted(self.evidence.glob(f"{customer}/*/bag/data/records/{notebook}*.json"))
        return dict(json.loads(readable(found[-1])))


@pytest.fixture
def ops(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operations]:
    """With the three customers of the example inventory; nothing onboarded."""
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(tmp_path / "identity"))
    monkeypatch.setenv("GRAPHMAIL_STATE", str(tmp_path / "state"))
    yield Operations(sandbox, tmp_path)
    sandbox.reset()
