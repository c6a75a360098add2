"""What the modules' documentation says, as Ansible's own tool reads it, and its examples, run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from graphmail.rehearsal import Rehearsal
from graphmail.resources import CLASSES
from graphmail_ansible.playbook_run import PlaybookRun, run_playbook
from tests.ops_client import OpsClient
from tests.sandbox_process import CONTOSO, EXAMPLE, ROOT, Sandbox

INVENTORY = ROOT / "inventory.example.yml"

# As an onboarding goes; what the examples remove is removed in the opposite order.
ORDER = (
    "tenant_info",
    "access_migration",  # before anything is there: nothing to migrate
    "entra_application",
    "entra_service_principal",
    "exo_distribution_group",
    "exo_application_access_policy",
    "exo_service_principal",
    "exo_management_role_assignment",
    "exo_application_access_info",
    "entra_app_role_assignment",
    "entra_federated_identity_credential",  # before those that the proofs below sign in with: the newest counts
    "entra_application_password",
    "entra_application_key",
    "propagation_probe",
    "verification_notebook",
    "credential_handover",
    "credential_rotation",
    "customer_drift_info",
    "customer_state_info",
    "customer_discovery_info",
    "customer_start_state",
    "customer_absence_info",
    "retired_proof_info",
    "admin_sign_in",  # by an administrator from here on
    "entra_directory_role_assignment",
    "admin_credential",
)


def ansible_doc(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this Python's ansible-doc with the repository's configuration, from another folder."""
    command = [str(Path(sys.executable).parent / "ansible-doc"), *arguments]
    environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "NO_COLOR": "1"}
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=120)


def documented_modules() -> dict[str, Any]:
    """Module -> `doc` (fragments merged in), `examples` (text), `return`."""
    done = ansible_doc("-t", "module", "--json", *sorted(CLASSES))
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="session")
def documentation() -> dict[str, Any]:
    return documented_modules()


def examples(documentation: dict[str, Any]) -> list[dict[str, Any]]:
    """All example tasks, in an order in which they make sense."""
    tasks = [(module, task) for module in ORDER for task in yaml.safe_load(documentation[module]["examples"])]
    removes = [task for module, task in reversed(tasks) if task.get(module, {}).get("state") == "absent"]
    return [task for _module, task in tasks if task not in removes] + removes


class Examples:
    """The check and the run of all examples over contoso, on which nothing had been done; `written` by the check."""

    def __init__(self, sandbox: Sandbox, folder: Path, tasks: list[dict[str, Any]]) -> None:
        self.tasks = tasks
        playbook = folder / "playbooks" / "examples.yml"
        playbook.parent.mkdir()
        for name in ("notebooks", "files"):
            (folder / name).symlink_to(ROOT / name)
        self.client = OpsClient(sandbox)
        self.client.consent(CONTOSO)
        self.inventory = folder / "inventory.yml"
        described = yaml.safe_load(INVENTORY.read_text(encoding="utf-8"))
        described["defaults"]["admin"] = {"client_id": self.client.client_id}
        self.inventory.write_text(yaml.safe_dump(described, sort_keys=False))
        play = {"name": "Examples", "hosts": "customers", "gather_facts": False, "tasks": tasks}
        playbook.write_text(yaml.safe_dump([play], sort_keys=False, width=1000))
        with Rehearsal(folder, EXAMPLE, INVENTORY, running=sandbox.path) as rehearsal:
            environment = rehearsal.environment | {"GRAPHMAIL_EVIDENCE": str(folder / "evidence")}
            sandbox.mark()
            self.check = self._play(playbook, environment, "--check")
            self.written = sandbox.writes
            self.run = self._play(playbook, environment)

    def _play(self, playbook: Path, environment: dict[str, str], *arguments: str) -> PlaybookRun:
        limited = ("--diff", "--limit=contoso", *arguments)
        return run_playbook(playbook, self.inventory, environment, *limited, show=self.client.tell)


@pytest.fixture(scope="session")
def played(
    sandbox_process: Sandbox, documentation: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Examples]:
    sandbox_process.reset()
    yield Examples(sandbox_process, tmp_path_factory.mktemp("examples"), examples(documentation))
    sandbox_process.reset(CONTOSO)
