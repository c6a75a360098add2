"""onboard.yml under a handful of drills at once: it goes on by itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modules.tenant_by_hand import TenantByHand
from tests.roles.conftest import Operations, ops
from tests.sandbox_process import FABRIKAM

__all__ = ["ops"]
pytestmark = pytest.mark.playbook

DRILLS: tuple[dict[str, Any], ...] = (
    {"name": "entra_unavailable"},
    {"name": "throttled_fractional", "service": "graph", "nth": 12},
    {"name": "http_503_after", "service": "graph", "method": "POST", "path": "/servicePrincipals"},
    {"name": "dc_write_committed", "cmdlet": "New-DistributionGroup"},
    {"name": "reset_after_the_commit", "cmdlet": "New-ApplicationAccessPolicy"},
    {"name": "http_504_after", "service": "graph", "path": "*/appRoleAssignedTo"},
    {"name": "reads_go_backwards", "seed": 5, "probability": 0.3},
    {"name": "html_error_page", "service": "graph", "method": "GET", "nth": 30},
)


def test_a_customer_is_onboarded_through_eight_drills_and_the_next_run_changes_nothing(ops: Operations) -> None:
    ops.change(lambda entries: None, "fabrikam")
    for drill in DRILLS:
        ops.sandbox.control("POST", f"/tenants/{FABRIKAM}/drills", drill)

    run = ops.play("onboard.yml")

    assert run.succeeded, run.output
    planned = ops.sandbox.control("GET", f"/tenants/{FABRIKAM}/drills")["drills"]
    assert [p["name"] for p in planned if not p["struck"]] == []
    ops.sandbox.control("DELETE", f"/tenants/{FABRIKAM}/drills")
    ops.sandbox.settle(FABRIKAM)
    by_hand = TenantByHand(ops.sandbox, FABRIKAM)
    assert [len(found) for found in (by_hand.apps(), by_hand.principals(), by_hand.groups(), by_hand.policies())] == [
        1,
        1,
        1,
        1,
    ]
    assert by_hand.consents() == ["Mail.ReadWrite", "Mail.Send"]
    assert len(by_hand.secrets()) == 1
    ops.sandbox.mark()
    again = ops.play("onboard.yml")
    assert again.succeeded, again.output
    assert again.changed("fabrikam") == []
    assert ops.sandbox.writes == []
