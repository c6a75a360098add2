"""migrate.yml where the vendor keeps a secret: it works all the time, and no proof's secret is left in the end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graphmail_ansible.playbook_run import PlaybookRun, TaskEvent, run_playbook
from tests.modules.migrated import AFTER, standing
from tests.modules.tenant_by_hand import TenantByHand
from tests.roles.conftest import Operations
from tests.roles.keeping import APP, DEAD, MEMBER, OUTSIDE, Vendor, keeping, secrets
from tests.sandbox_process import LITWARE

pytestmark = pytest.mark.playbook
REFUSED = {"error": {"code": "BadRequest", "message": "no"}}


class Watched:
    """Runs migrate.yml, and has the vendor sign in and read after each of its tasks."""

    def __init__(self, ops: Operations) -> None:
        self.ops = ops
        self.vendor: Vendor = keeping(ops)
        run = ops.play("onboard.yml")
        assert run.failures() == {}, run.output
        ops.change(lambda entries: entries["litware"].update(self.entry | {"access": "rbac"}), "litware")
        ops.sandbox.advance(LITWARE, 3600)
        ops.sandbox.mark()
        self.reads: set[tuple[int, int]] = set()
        self.most = 0

    @property
    def entry(self) -> dict[str, Any]:
        client_id = APP.split("'")[1]
        app = {"client_id": client_id, "known_credentials": [DEAD, self.vendor.key_id]}
        return {"app": app, "credential": {"keep": True}}

    def look(self, event: TaskEvent) -> None:
        self.most = max(self.most, len(secrets(self.ops)) - 1)  # one of them is nobody's
        self.reads.add((self.vendor.reads(MEMBER), self.vendor.reads(OUTSIDE)))

    def play(self, *arguments: str) -> PlaybookRun:
        return run_playbook(
            "migrate.yml", self.ops.inventory, self.ops.environment, "--diff", *arguments, tell=self.look
        )

    def left_alone(self) -> None:
        """Now, and after each task until now."""
        assert secrets(self.ops) == [DEAD, self.vendor.key_id]
        assert self.reads == {(200, 403)}
        assert self.most == 2


@pytest.fixture
def watched(ops: Operations) -> Watched:
    return Watched(ops)


def records(ops: Operations, name: str) -> list[dict[str, Any]]:
    found = ops.evidence.glob(f"litware/*-migrate-*/bag/data/records/{name}*.json")
    return [json.loads(path.read_text()) for path in found]


@pytest.mark.long  # of the module, and of the playbook without such a vendor, the same is run each time
def test_a_run_ends_in_the_hold_and_the_next_goes_on(ops: Operations, watched: Watched) -> None:
    held = watched.play("-e access_migration_stay=false")
    assert held.failures() == {}, held.output
    assert "held  litware" in held.output
    assert secrets(ops) == [DEAD, watched.vendor.key_id]

    run = watched.play()

    assert run.failures() == {}, run.output
    assert standing(TenantByHand(ops.sandbox, LITWARE)) == AFTER
    watched.left_alone()
    tried = records(ops, "proof_retired")
    assert [record["verdict"] for record in tried] == ["passed"] * 3
    proved = records(ops, "migration_")
    assert {r["subject"]["key_id"] for r in proved} == {r["subject"]["key_id"] for r in tried}
    assert ops.play("migrate.yml").changed("litware") == []


def test_a_red_step_is_rolled_back_and_leaves_no_secret(ops: Operations, watched: Watched) -> None:
    before = standing(TenantByHand(ops.sandbox, LITWARE))
    ops.sandbox.fault(LITWARE, "exchange", cmdlet="New-ManagementRoleAssignment", status=400, body=REFUSED)

    run = watched.play()

    assert "is rolled back; the state before is back, and proved" in run.failures()["litware"]
    assert standing(TenantByHand(ops.sandbox, LITWARE)) == before
    watched.left_alone()


def test_what_a_run_could_not_take_back_the_next_does(ops: Operations, watched: Watched) -> None:
    forbidden = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}}
    ops.sandbox.fault(LITWARE, "graph", "POST", "*/removePassword", status=403, body=forbidden, times=9)
    assert "removePassword" in watched.play().failures()["litware"]
    assert len(secrets(ops)) == 3
    ops.sandbox.control("DELETE", f"/tenants/{LITWARE}/faults")

    run = watched.play("-e access_migration_stay=false")

    assert run.failures() == {}, run.output
    assert "held  litware" in run.output
    watched.left_alone()
    assert [record["verdict"] for record in records(ops, "proof_retired")] == ["passed"]
