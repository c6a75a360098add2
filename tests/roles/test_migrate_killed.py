"""migrate.yml killed with SIGKILL, workers and all: the next run goes on, and nobody whom it connects notices.

At some points in turn, at more of them with GRAPHMAIL_KILLS=all. tests/modules kill at every request, in-process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.killed import ALL
from tests.killed_process import Request, killed
from tests.modules.migrated import AFTER, BEFORE, CEO, SUPPORT, standing
from tests.modules.tenant_by_hand import TenantByHand
from tests.modules.vendor import Vendor, Watching
from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO, Sandbox

pytestmark = pytest.mark.playbook
BACK = "--extra-vars=access_migration_back=true"

# Where it dies: at a request, or in the step that is stored as the next.
FORWARD: dict[str, Request | str] = {
    "grant": Request("exchange", cmdlet="New-ManagementRoleAssignment"),
    "hold": "hold",
    "revoke": Request("graph", "DELETE", "*/appRoleAssignments/*"),
    "prove": "prove",
    "unrestrict": Request("exchange", cmdlet="Remove-ApplicationAccessPolicy"),
    "prove again": "prove_again",
}
BACKWARD: dict[str, Request | str] = {
    "restrict": Request("exchange", cmdlet="New-ApplicationAccessPolicy", when="before"),
    "act": "act",
    "consent": Request("graph", "POST", "*/appRoleAssignedTo"),
    "withdraw": Request("exchange", cmdlet="Remove-ManagementRoleAssignment"),
    "prove before": "prove_before",
}
SAMPLE = ("revoke", "consent")


def chosen(points: dict[str, Request | str]) -> dict[str, Request | str]:
    return {name: at for name, at in points.items() if ALL or name in SAMPLE}


@pytest.fixture
def watched(ops: Operations, sandbox: Sandbox) -> Iterator[Watching]:
    """Contoso works by consent and policy, its inventory says rbac from now on, and the vendor's software runs on."""
    ops.change(lambda customers: None, "contoso")
    run = ops.play("onboard.yml")
    assert run.failures() == {}, run.output
    ops.change(lambda customers: customers["contoso"].update(access="rbac"), "contoso")
    sandbox.advance(CONTOSO, 3600)
    vendor = Vendor(TenantByHand(Sandbox(sandbox.path)), SUPPORT, CEO)
    sandbox.advance(CONTOSO, 600)
    sandbox.mark()
    watching = Watching(vendor)
    watching.start()
    yield watching
    watching.end()


def die(ops: Operations, at: Request | str, *arguments: str) -> None:
    stored = ops.state("contoso") / "migration.json"

    def step() -> str:
        return str(json.loads(stored.read_text())["name"]) if stored.exists() else ""

    reached: Callable[[], bool] = lambda: step() == at  # noqa: E731
    killed(ops, "migrate.yml", at if isinstance(at, Request) else reached, *arguments)
    assert stored.exists()
    assert isinstance(at, Request) or step() == at


def unnoticed(watching: Watching) -> None:
    watching.end()
    assert len(watching.vendor.looks) > 20
    assert watching.vendor.of(SUPPORT) == {(200, 400)}
    assert watching.vendor.of(CEO) == {(403, 403)}


def test_forward_it_ends_as_an_uninterrupted_one(ops: Operations, sandbox: Sandbox, watched: Watching) -> None:
    for at in chosen(FORWARD).values():
        die(ops, at)

    run = ops.play("migrate.yml")

    assert run.failures() == {}, run.output
    assert standing(TenantByHand(sandbox)) == AFTER
    assert not (ops.state("contoso") / "migration.json").exists()
    assert sorted(entry["request"] for entry in sandbox.writes) == sorted(
        [
            "New-ServicePrincipal",
            *["New-ManagementRoleAssignment"] * 2,
            *["DELETE appRoleAssignments"] * 2,
            "Remove-ApplicationAccessPolicy",
        ]
    )
    assert ops.record("contoso", "migration_prove_again")["verdict"] == "passed"
    unnoticed(watched)


@pytest.mark.long
def test_on_the_way_back_too(ops: Operations, sandbox: Sandbox, watched: Watching) -> None:
    # The longest way back takes the longest to come to.
    die(ops, FORWARD["unrestrict" if ALL else "revoke"])
    for at in chosen(BACKWARD).values():
        die(ops, at, BACK)

    run = ops.play("migrate.yml", BACK)

    assert "is rolled back; the state before is back, and proved" in run.failures()["contoso"]
    assert standing(TenantByHand(sandbox)) == BEFORE
    assert ops.record("contoso", "migration_prove_before")["verdict"] == "passed"
    unnoticed(watched)
