"""A test for each known cause about app, secret and sign-in: the sandbox is broken so, and it is named first."""

from __future__ import annotations

from typing import Any

import pytest

from tests.notebooks.diagnosed import diagnosed, names
from tests.notebooks.world import Onboarded

SYMPTOMS = ["cannot send", "cannot read", "only large mail fails", "suddenly stopped"]
TOKEN = "*/oauth2/v2.0/token"
DAY = 86400


def patch_app(customer: Onboarded, **properties: Any) -> None:
    customer.graph("PATCH", f"/applications/{customer.app['id']}", properties)
    customer.sandbox.settle(customer.tenant)


def remove_secret(customer: Onboarded) -> None:
    customer.graph("POST", f"/applications/{customer.app['id']}/removePassword", {"keyId": customer.key_id})
    customer.sandbox.settle(customer.tenant)


def refused(customer: Onboarded, code: int, times: int | None = 1) -> None:
    """Entra refuses the next sign-in, which is the app's."""
    told = f"AADSTS{code}: refused.\r\nTrace ID: 1"
    body = {"error": "invalid_grant", "error_description": told, "error_codes": [code], "trace_id": "1"}
    customer.sandbox.fault(customer.tenant, "entra", "POST", "*/token", status=400, body=body, times=times)


@pytest.mark.parametrize("symptom", SYMPTOMS)
def test_where_nothing_is_broken_it_is_none_of_the_known_causes(contoso, symptom):
    contoso.sandbox.advance(contoso.tenant, 2 * DAY)  # no consent is young
    answer = diagnosed(contoso, symptom)
    assert (names(answer), [str(j.unread) for j in answer.undecided]) == ([], [])
    assert answer.says == "None of the known causes holds"
    assert "verify_send" in answer.next_step


def test_an_expired_secret(contoso):
    contoso.sandbox.advance(contoso.tenant, 3 * 366 * DAY)
    answer = diagnosed(contoso)
    assert (answer.cause, "AADSTS7000222" in str(answer.found[0].proof)) == ("secret_expired", True)
    assert "Replacing a credential" in answer.next_step


def test_a_removed_secret(contoso):
    remove_secret(contoso)
    answer = diagnosed(contoso)
    assert (answer.cause, "somebody removed it" in answer.says) == ("secret_wrong", True)


def test_a_secret_that_is_too_new(contoso):
    contoso.sandbox.delays(contoso.tenant, secret=1800)
    contoso.seal_secret()
    answer = diagnosed(contoso)
    assert (answer.cause, answer.says.startswith("The app's secret or certificate is wrong")) == ("secret_wrong", True)
    assert answer.next_step.startswith("wait some minutes")


def test_a_certificate_that_is_not_on_the_app_any_more(contoso):
    refused(contoso, 700027)
    remove_secret(contoso)
    answer = diagnosed(contoso)
    assert (answer.cause, f"no certificate {contoso.key_id} any more" in answer.says) == ("secret_wrong", True)


def test_another_value_than_that_of_the_secret(contoso):
    refused(contoso, 7000215)
    contoso.sandbox.advance(contoso.tenant, DAY)
    answer = diagnosed(contoso)
    assert (answer.cause, "its value is another one" in answer.says) == ("secret_wrong", True)


def test_a_tenant_that_forbids_new_secrets_is_told_beside_the_ended_one(contoso):
    rule = {"restrictionType": "passwordAddition", "state": "enabled", "maxLifetime": None}
    policy = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [rule]}}
    remove_secret(contoso)
    contoso.graph("PATCH", "/policies/defaultAppManagementPolicy", policy)
    assert names(diagnosed(contoso))[:2] == ["secret_wrong", "new_secret_forbidden"]


def test_a_deleted_app(contoso):
    contoso.graph("DELETE", f"/applications/{contoso.app['id']}")
    contoso.sandbox.settle(contoso.tenant)
    answer = diagnosed(contoso)
    assert (names(answer), "can be restored" in answer.says) == (["app_gone"], True)
    assert "restores it" in answer.next_step


def test_a_deleted_enterprise_application(contoso):
    contoso.graph("DELETE", f"/servicePrincipals/{contoso.principal['id']}")
    contoso.sandbox.settle(contoso.tenant)
    answer = diagnosed(contoso)
    assert (answer.cause, "no enterprise application" in answer.says) == ("app_gone", True)


def test_an_enterprise_application_that_is_disabled(contoso):
    contoso.graph("PATCH", f"/servicePrincipals/{contoso.principal['id']}", {"accountEnabled": False})
    contoso.sandbox.settle(contoso.tenant)
    assert diagnosed(contoso).cause == "app_disabled"


def test_an_app_registration_that_is_disabled(contoso):
    patch_app(contoso, isDisabled=True)
    answer = diagnosed(contoso)
    assert (answer.cause, "isDisabled" in answer.says) == ("app_disabled", True)


def test_a_sign_in_that_conditional_access_blocks(contoso):
    refused(contoso, 53003)
    answer = diagnosed(contoso)
    assert (answer.cause, "AADSTS53003" in answer.says) == ("sign_in_blocked", True)


def test_a_tenant_that_this_cloud_does_not_have(contoso):
    refused(contoso, 90002)
    assert diagnosed(contoso).cause == "tenant_mistaken"


def test_a_mistaken_tenant(contoso):
    contoso.changed_inventory(initial_domain="fabrikam.onmicrosoft.example")
    answer = diagnosed(contoso)
    assert (answer.cause, "initial domain" in answer.says) == ("tenant_mistaken", True)


def test_a_service_that_does_not_answer(contoso):
    contoso.sandbox.fault(contoso.tenant, "graph", times=10_000, status=503)
    contoso.sandbox.control("DELETE", f"/tenants/{contoso.tenant}/requests")
    answer = diagnosed(contoso)
    asked = {r["path"].rpartition("/")[2] for r in contoso.sandbox.requests(contoso.tenant)}
    # One that does not answer is not asked for all the rest.
    assert ("inbox" in asked, "sendMail" in asked, "appRoleAssignments" in asked) == (True, False, False)
    assert (answer.cause, "503" in answer.says) == ("unreachable", True)
    # What the others said still counts.
    assert {"secret_expired", "group_missing", "mailbox_full"}.isdisjoint(j.cause.name for j in answer.undecided)


def test_throttling_that_lasts(contoso):
    contoso.sandbox.fault(contoso.tenant, "graph", "POST", "*/sendMail", times=10_000, status=429)
    answer = diagnosed(contoso)
    assert (answer.cause, "still so" in answer.says) == ("throttled", True)


def test_throttling_that_passes(contoso):
    contoso.sandbox.fault(contoso.tenant, "graph", "GET", "*/inbox", times=1, status=429, headers={"Retry-After": "2"})
    answer = diagnosed(contoso)
    assert (answer.cause, "asked again, it answered" in answer.says) == ("throttled", True)
