"""Over fifty hand-made tenants: the entry is one that an onboarding has no surprise for, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphmail.access_models import MAIL_ROLES
from graphmail.customers import Customer, InventoryError, load
from graphmail.errors import TenantError
from graphmail.resources import resource
from tests.discovery.by_hand import NUMBERS, Worked, name, work
from tests.discovery.conftest import Desk

# What no look at a tenant can tell, or what a person must see first, by what somebody did.
NEEDS_A_PERSON = {"another app of the name", "a second policy", "a distribution list", "unscoped", "consent beside"}

KNOWN_GROUP = {"the usual name", "a policy", "rbac", "no app"}


def onboarding(desk: Desk, number: int, customer: Customer) -> dict[str, dict]:
    """Every task of onboard.yml in check mode: module -> what it would change. Raises what would stop it."""
    tenant = desk.tenant(number, customer.mailboxes[0], check=True)
    entry = customer.variables()
    app, group = entry["app"], entry["group"]
    of_app = {"application": app["unique_name"], "client_id": app["client_id"]}
    scope = of_app | {"group": group["name"]}
    named = {n: app[n] for n in ("unique_name", "client_id", "display_name")}
    known = {"known_credentials": app["known_credentials"]}
    people = {"owners": group["owners"], "mailboxes": entry["mailboxes"], "outside_mailbox": entry["outside_mailbox"]}
    tasks = {
        "tenant_info": of_app
        | known
        | people
        | {"display_name": app["display_name"], "group": group["name"], "group_address": group["address"]}
        | {"access": entry["access"], "credential_kind": "secret", "keep_credential": entry["credential"]["keep"]}
        | {"lifetime": "2 days"},
        "entra_application": named
        | {"sign_in_audience": "AzureADMyOrg", "required_permissions": entry["consented"], "state": "present"},
        "entra_service_principal": of_app | {"state": "present", "account_enabled": True},
        "exo_distribution_group": {n: group[n] for n in ("name", "address", "owners")}
        | {"members": entry["mailboxes"], "extra_members": "report", "state": "present"},
    }
    if entry["access"] == "rbac":
        tasks["exo_service_principal"] = of_app | {"state": "present"}
        tasks["exo_management_role_assignment"] = scope | {"roles": sorted(MAIL_ROLES), "state": "present"}
    else:
        tasks["exo_application_access_policy"] = scope | {"access_right": "RestrictAccess", "state": "present"}
    tasks["entra_app_role_assignment"] = of_app | known | {"roles": entry["consented"]}
    results = {module: resource(module).run(tenant, params) for module, params in tasks.items()}
    return {module: result["diff"]["after"] for module, result in results.items() if result["changed"]}


def loaded(found: dict, number: int) -> Customer | None:
    """The written file as an operator checks it."""
    try:
        return load(found["path"]).customers[name(number)]
    except InventoryError:
        return None


def vendor_works(worked: Worked) -> bool:
    answers = [
        worked.sandbox.token_answer(worked.tenant, client_id=client_id, client_secret=text)
        for client_id, text in worked.secrets
    ]
    return all(answer.status_code == 200 for answer in answers)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_entry_has_no_surprise(desk: Desk, number: int) -> None:
    worked = work(desk.sandbox, number)
    desk.sandbox.mark()

    found = desk.discover(number)

    assert desk.sandbox.writes == []
    assert Path(found["path"]).read_text() == found["text"]
    customer = loaded(found, number)
    told = {doubt["what"] for doubt in found["undecided"]}
    if not NEEDS_A_PERSON & set(worked.done) and KNOWN_GROUP & set(worked.done):
        assert customer, found["undecided"]
        assert worked.secrets == [] or found["entry"]["credential.keep"]
    assert (customer is None) == ("UNDECIDED" in found["text"].partition("customers:")[2])
    if NEEDS_A_PERSON & set(worked.done):
        assert told, worked.done
    if "a group in the group" in worked.done and "no app" not in worked.done and customer:
        assert any("inner@" in what for what in told)
    if customer:
        no_surprise(desk, worked, customer, found)
    assert desk.sandbox.writes == []
    assert vendor_works(worked)


def no_surprise(desk: Desk, worked: Worked, customer: Customer, found: dict) -> None:
    """What the check changes was told; where somebody did the whole job, that is the app's own name alone."""
    try:
        changes = onboarding(desk, worked.number, customer)
    except TenantError as error:
        stopped = str(error)
    else:
        stopped = ""
    if stopped:
        # Whatever stops it stands in the file.
        assert found["undecided"] or found["findings"], stopped
        return
    nouns = {
        "entra_application": "app registration",
        "entra_service_principal": "enterprise application",
        "exo_distribution_group": "group",
        "exo_application_access_policy": "access policy",
        "exo_management_role_assignment": "role assignment",
        "exo_service_principal": "Exchange service principal",
        "entra_app_role_assignment": "admin consent",
    }
    if "no app" in worked.done:
        assert found["changes"][0].startswith("There is no app registration")
        return
    for module, after in changes.items():
        told = [change for change in found["changes"] if nouns[module] in change]
        made = any(change.startswith("There is no ") for change in told)
        assert made or all(any(f": {option}" in change for change in told) for option in after), (after, told)
    assert customer.credential.keep == bool(worked.secrets)
    assert len(customer.app.known_credentials) == len(worked.secrets)
