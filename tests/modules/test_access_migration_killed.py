"""Killed at every request, before it is sent or after it was answered: the next run goes on, and nobody notices."""

from __future__ import annotations

import pytest

from tests.killed import Killer
from tests.modules.migrated import AFTER, ASKED, BEFORE, CEO, LONGEST, NAME, OVER, SUPPORT, Migration, onboard, standing
from tests.modules.vendor import Vendor


@pytest.fixture
def migration(task, contoso, sandbox):
    onboard(task, sandbox)
    migration = Migration(task, contoso)
    migration.vendor = Vendor(contoso, SUPPORT, CEO)
    contoso.settled()
    migration.vendor.look()
    return migration


def unnoticed(migration):
    return migration.vendor.of(SUPPORT) == {(200, 400)} and migration.vendor.of(CEO) == {(403, 403)}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_on_the_way_forward(migration, contoso, monkeypatch, after):
    migration.vendor.along(monkeypatch)
    killer = Killer(monkeypatch)
    for _ in range(LONGEST):
        if killer.survived(migration.step, after=after)["status"] in OVER:
            break
    assert killer.kills > 50
    assert standing(contoso) == AFTER
    assert migration.stored is None
    assert sorted(migration.writes) == sorted(
        [
            "New-ServicePrincipal",
            *["New-ManagementRoleAssignment"] * 2,
            *["DELETE appRoleAssignments"] * 2,
            "Remove-ApplicationAccessPolicy",
        ]
    )
    assert unnoticed(migration)


def test_on_the_way_back(migration, contoso, monkeypatch):
    migration.until("prove_again")
    migration.vendor.along(monkeypatch)
    killer = Killer(monkeypatch)

    def step():
        return migration.task._perform(NAME, ASKED | {"back": True}, check=False, customer="contoso")

    for _ in range(LONGEST):
        result = killer.survived(step, after=True)
        if result.get("failed"):
            break
    assert "is rolled back" in result["msg"]
    assert killer.kills > 50
    assert standing(contoso) == BEFORE
    assert unnoticed(migration)
