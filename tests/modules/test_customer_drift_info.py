"""Each kind of difference is found by one glance, and nothing is written for it."""

from __future__ import annotations

from datetime import datetime

import pytest

from graphmail.expiry.kept import Kept
from graphmail.state import StateFolder
from tests.modules.tenant_by_hand import EXCHANGE_ONLINE, GROUP

NAME = "customer_drift_info"
SUPPORT, SALES = "support@contoso.example", "sales@contoso.example"


def entry(task, **changed):
    """Contoso's entry of the inventory; sections are merged."""
    made = task.customers["contoso"].variables()
    for field, value in changed.items():
        made[field] = {**made[field], **value} if isinstance(value, dict) else value
    if "access" in changed:
        made["consented"] = []
    return made


def onboard(task, access="application_access_policy"):
    """As onboard.yml does it."""
    app, roles = {"application": "kundo-mail"}, ["Mail.Send", "Mail.ReadWrite"]
    consented = [] if access == "rbac" else roles
    named = {"unique_name": "kundo-mail", "display_name": "Kundo Mail", "required_permissions": consented}
    task("entra_application", **named)
    task("entra_service_principal", **app)
    people = {"owners": ["admin@contoso.example"], "members": [SUPPORT]}
    task("exo_distribution_group", name=GROUP, address="kundo-mailboxes@contoso.example", **people)
    if access == "rbac":
        task("exo_service_principal", **app)
        task("exo_management_role_assignment", **app, group=GROUP, roles=roles)
    else:
        task("exo_application_access_policy", **app, group=GROUP)
    task("entra_app_role_assignment", **app, roles=consented)
    task("entra_application_password", **app)


@pytest.fixture
def onboarded(task, contoso):
    onboard(task)
    contoso.settled()
    return contoso


def found(task, **changed):
    """What is found, as `area: what`."""
    result = task(NAME, entry=entry(task, **changed))
    assert result["status"] == ("drift" if result["differences"] else "none"), result["msg"]
    return [f"{difference['area']}: {difference['what']}" for difference in result["differences"]]


@pytest.mark.parametrize("access", ["application_access_policy", "rbac"])
def test_what_an_onboarding_left_is_no_drift_and_costs_few_requests(task, contoso, sandbox, access):
    onboard(task, access)
    contoso.settled()
    changed = {"access": "rbac"} if access == "rbac" else {}
    seen = len(sandbox.requests(contoso.tenant))
    task.run._cache = None  # another run: its tokens count too
    task.run.open_cache()
    result = task(NAME, entry=entry(task, **changed))
    assert (result["status"], result["differences"]) == ("none", [])
    sent = [r for r in sandbox.requests(contoso.tenant)[seen:] if not r["batch"]]
    assert result["requests"] == len(sent) <= 12
    assert sandbox.writes == []


def test_what_somebody_did_to_the_app(task, onboarded, sandbox):
    app = onboarded.app()["id"]
    onboarded.graph("PATCH", f"/applications/{app}", {"displayName": "Mail"})
    onboarded.graph("PATCH", f"/servicePrincipals/{onboarded.principal()['id']}", {"accountEnabled": False})
    onboarded.settled()
    assert found(task) == [
        "application: app registration: display_name",
        "enterprise_application: enterprise application: account_enabled",
    ]
    assert sandbox.writes == []


def test_consent_that_is_missing_and_consent_beside(task, onboarded):
    onboarded.grant("Mail.Read")
    onboarded.grant("full_access_as_app", EXCHANGE_ONLINE)
    onboarded.settled()
    told = found(task)
    assert "consent: admin consent: roles has Mail.Read beside" in told
    assert any(what.startswith("consent: ") and "full_access_as_app" in what for what in told)
    assert any(what.startswith("reach: ") and "full_access_as_app" in what for what in told)


def test_what_somebody_did_to_the_group(task, onboarded):
    onboarded.cmdlet("Add-DistributionGroupMember", Identity=GROUP, Member=SALES)
    onboarded.cmdlet("Remove-DistributionGroupMember", Identity=GROUP, Member=SUPPORT, Confirm=False)
    onboarded.cmdlet("Set-DistributionGroup", Identity=GROUP, ManagedBy=[SALES])
    onboarded.settled()
    assert found(task) == [
        f"group: group '{GROUP}': owners lacks admin@contoso.example",
        f"group: group '{GROUP}': owners has {SALES} beside",
        f"group: group '{GROUP}': members lacks {SUPPORT}",
        f"group: group '{GROUP}': members has {SALES} beside",
    ]


def test_a_policy_that_is_gone_and_one_of_another_group(task, onboarded):
    (policy,) = onboarded.policies()
    onboarded.cmdlet("Remove-ApplicationAccessPolicy", Identity=policy["Identity"], Confirm=False)
    onboarded.settled()
    told = found(task)
    assert "access: There is no access policy" in told
    assert any(what.startswith("reach: Entra consents to mail, and no access policy") for what in told)


def test_role_assignments_beside_a_policy_and_a_policy_beside_role_assignments(task, onboarded):
    task("exo_service_principal", application="kundo-mail")
    task("exo_management_role_assignment", application="kundo-mail", group=GROUP, roles=["Mail.Send"])
    onboarded.settled()
    assert found(task) == ["access: The inventory wants no role assignment"]
    told = found(task, access="rbac")
    assert "access: The inventory wants no access policy" in told
    assert any(what.startswith("access: role assignment") for what in told)


def test_a_credential_that_nobody_here_made(task, onboarded):
    added = {"passwordCredential": {"displayName": "by hand"}}
    onboarded.graph("POST", f"/applications/{onboarded.app()['id']}/addPassword", added)
    onboarded.settled()
    assert found(task) == ["credential: A credential that nobody here made is on the app"]
    (key_id,) = [s["keyId"] for s in onboarded.secrets() if s["displayName"] == "by hand"]
    assert found(task, app={"known_credentials": [key_id]}) == []


def test_a_secret_that_is_gone_is_found_without_waiting(task, onboarded, sandbox):
    (secret,) = onboarded.secrets()
    onboarded.graph("POST", f"/applications/{onboarded.app()['id']}/removePassword", {"keyId": secret["keyId"]})
    onboarded.settled()
    before = sandbox.now(onboarded.tenant)[:15]
    assert "credential: A client secret made here is gone" in found(task)
    assert sandbox.now(onboarded.tenant)[:15] == before
    assert (task.state / "contoso" / "journal.jsonl").read_text().count("gone") == 0


def test_a_secret_near_its_end(task, onboarded):
    result = task(NAME, entry=entry(task), expires_within="3 years")
    (near,) = result["differences"]
    assert near["what"] == "The client secret is near its end"
    assert found(task) == []


def test_a_tenant_that_cannot_be_read_is_unknown(task, onboarded, sandbox):
    sandbox.fault(onboarded.tenant, "graph", method="GET", path="/applications*", status=403, times=9)
    result = task(NAME, entry=entry(task))
    assert (result["status"], result["differences"]) == ("unknown", [])
    assert "403" in result["msg"]


def test_the_wrong_tenant_is_unknown(task, onboarded):
    connection = task.connection() | {"initial_domain": "elsewhere.onmicrosoft.example"}
    result = task(NAME, tenant=connection, entry=entry(task))
    assert result["status"] == "unknown"
    assert "another initial domain" in result["msg"]


def test_what_the_vendor_keeps_is_remembered_with_its_end(task, onboarded):
    app = onboarded.graph("GET", "/applications(uniqueName='kundo-mail')")
    made = onboarded.graph("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": {}})
    onboarded.settled()
    keeping = {"app": {"known_credentials": [made["keyId"]]}, "credential": {"keep": True}}
    state = StateFolder(task.state, "contoso")

    task(NAME, entry=entry(task, **keeping), check=True)
    assert Kept(state).read() is None

    found(task, **keeping)
    (kept,) = Kept(state).read()
    assert (kept.key_id, kept.end) == (made["keyId"], datetime.fromisoformat(made["endDateTime"]))
