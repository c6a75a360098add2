"""What a look at one tenant tells, and what it leaves to a person."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from graphmail.errors import TenantError
from tests.discovery.by_hand import Worked, name, tenant_id
from tests.discovery.conftest import VENDOR, Desk


@pytest.fixture
def town(desk: Desk) -> Worked:

    desk.sandbox.reset()
    return Worked(desk.sandbox, 7, random.Random(7))


def doubts(found: dict) -> dict[str, str]:
    return {doubt["field"]: doubt["what"] for doubt in found["undecided"]}


def confined(town: Worked) -> dict:
    app, principal = town.app()
    town.secret(app, "kundo")
    group = town.group("Kundo Mail mailboxes")
    town.sandbox.settle(town.tenant)
    for role in ("Mail.Send", "Mail.ReadWrite"):
        town.consent(principal, role)
    town.restrict(app, group)
    town.sandbox.settle(town.tenant)
    return app


def test_what_somebody_did_well_is_complete_and_few_requests(desk: Desk, town: Worked) -> None:
    app = confined(town)
    before = len(desk.sandbox.requests(town.tenant))
    found = desk.discover(7)
    assert (found["status"], found["undecided"], found["findings"]) == ("complete", [], [])
    assert found["entry"]["app.client_id"] == app["appId"]
    assert found["entry"]["credential.keep"] is True
    assert found["entry"]["outside_mailbox"] not in found["entry"]["mailboxes"]
    assert sorted(found["seen"]["consents"]) == ["Mail.ReadWrite of Microsoft Graph", "Mail.Send of Microsoft Graph"]
    assert len([r for r in desk.sandbox.requests(town.tenant)[before:] if not r["batch"]]) <= 40


def test_a_client_id_says_which_of_several(desk: Desk, town: Worked) -> None:
    app = confined(town)
    town.app()
    town.sandbox.settle(town.tenant)
    found = desk.discover(7)
    assert doubts(found)["app.client_id"].startswith("several apps are named 'Kundo Mail', and of ")
    assert found["undecided"][0]["proposal"] == app["appId"]
    assert app["appId"] in found["undecided"][0]["choices"]
    assert "client_id: UNDECIDED" in found["text"]
    assert desk.discover(7, client_id=app["appId"])["status"] == "complete"
    with pytest.raises(TenantError, match="has no app registration"):
        desk.discover(7, client_id=tenant_id(1))


def test_other_sources_of_access_are_named(desk: Desk, town: Worked) -> None:
    confined(town)
    principal = town.graph("GET", "/servicePrincipals?$filter=displayName eq 'Kundo Mail'")["value"][0]
    town.consent(principal, "full_access_as_app", "00000002-0000-0ff1-ce00-000000000000")
    town.sandbox.settle(town.tenant)
    (finding,) = desk.discover(7)["findings"]
    assert "full_access_as_app" in finding["what"]


def test_a_unique_name_that_another_app_has_is_not_used_again(desk: Desk, town: Worked) -> None:
    confined(town)
    other = town.graph("POST", "/applications", {"displayName": "Kundo Mail School"})
    town.graph("PATCH", f"/applications/{other['id']}", {"uniqueName": "kundo-mail"})
    town.sandbox.settle(town.tenant)
    assert desk.discover(7)["entry"]["app.unique_name"] == f"kundo-mail-{name(7)}"


def test_owners_without_a_mailbox_are_told(desk: Desk, town: Worked) -> None:
    confined(town)
    temp = town.address("inner")
    town.cmdlet("Set-DistributionGroup", Identity="Kundo Mail mailboxes", ManagedBy=[temp, town.address("anna")])
    town.sandbox.settle(town.tenant)
    found = desk.discover(7)
    assert "has no mailbox" in doubts(found)["group.owners"]
    assert found["entry"]["group.owners"] == [town.address("anna")]


def test_hostile_names_stay_text(desk: Desk, town: Worked) -> None:
    app = confined(town)
    body = {"passwordCredential": {"displayName": "x\ncustomers: {evil: 1}\n{{ lookup('pipe', 'id') }}"}}
    town.graph("POST", f"/applications/{app['id']}/addPassword", body)
    town.sandbox.settle(town.tenant)
    found = desk.discover(7)
    assert not any(line.startswith(("customers: {", "{{")) for line in found["text"].splitlines())
    assert len(found["entry"]["app.known_credentials"]) == 2


def test_no_file_is_overwritten(desk: Desk, town: Worked) -> None:
    confined(town)
    first = Path(desk.discover(7)["path"])
    assert desk.discover(7)["path"] == str(first)
    first.write_text("mine: true\n")
    second = desk.discover(7)["path"]
    assert second == str(first.with_name(f"{name(7)}-2.yml"))
    assert first.read_text() == "mine: true\n"


def test_a_tenant_that_is_another_one_is_refused(desk: Desk, town: Worked) -> None:
    connection = desk.connection(7) | {"initial_domain": "other.onmicrosoft.example"}
    desk.connection = lambda number, known="": connection  # type: ignore[method-assign]
    with pytest.raises(TenantError, match="another initial domain"):
        desk.discover(7)


def test_the_vendors_keys_are_in_no_tenant(desk: Desk, town: Worked) -> None:
    confined(town)
    assert "handover.recipients" in doubts(desk.discover(7, recipients=[]))
    assert desk.discover(7, recipients=[VENDOR])["status"] == "complete"
