"""What every module does with `tenant`."""

from __future__ import annotations

import pytest

from graphmail.state import StateFolder
from graphmail_ansible.perform import perform

NAME = "entra_application"
APP = {"unique_name": "kundo-mail", "display_name": "Kundo Mail"}


@pytest.mark.parametrize("field", ["customer", "tenant_id", "initial_domain", "cloud", "admin", "operators"])
def test_a_field_that_is_missing_is_named(task, sandbox, field):
    tenant = task.connection()
    del tenant[field]
    message = task.failed(NAME, tenant=tenant, **APP)
    assert field in message
    assert "nobody foresaw" not in message
    assert sandbox.writes == []


def test_a_wrong_cloud_names_the_choices(task, sandbox):
    message = task.failed(NAME, tenant=task.connection() | {"cloud": "globe"}, **APP)
    assert "gcc_high" in message
    assert sandbox.writes == []


@pytest.mark.parametrize("name", ["", "../fabrikam", "Contoso", "a b", "-a", "a" * 64])
def test_a_name_that_is_no_customers_makes_no_folder(task, sandbox, name):
    before = sorted(task.state.parent.rglob("*"))
    task.failed(NAME, tenant=task.connection() | {"customer": name}, **APP)
    assert sorted(task.state.parent.rglob("*")) == before
    assert sandbox.writes == []


def test_a_tenant_that_is_not_the_admins_gets_nothing_written(task, sandbox):
    fabrikam = task.connection("fabrikam")
    wrong = task.connection() | {"tenant_id": fabrikam["tenant_id"], "initial_domain": fabrikam["initial_domain"]}
    message = task.failed(NAME, tenant=wrong, **APP)
    assert fabrikam["tenant_id"] in message
    assert sandbox.writes == []


def test_a_token_that_reads_another_organisation_gets_nothing_written(task, sandbox):
    contoso, fabrikam = task.connection(), task.connection("fabrikam")
    domain = {"name": contoso["initial_domain"], "isInitial": True}
    other = {"value": [{"id": fabrikam["tenant_id"], "displayName": "Fabrikam", "verifiedDomains": [domain]}]}
    sandbox.fault(contoso["tenant_id"], "graph", "GET", "/organization", status=200, body=other)
    message = task.failed(NAME, **APP)
    assert contoso["tenant_id"] in message
    assert fabrikam["tenant_id"] in message
    assert sandbox.writes == []


def test_another_initial_domain_gets_nothing_written(task, sandbox):
    message = task.failed(NAME, tenant=task.connection() | {"initial_domain": "other.onmicrosoft.example"}, **APP)
    assert "other.onmicrosoft.example" in message
    assert "contoso.onmicrosoft.example" in message
    assert sandbox.writes == []


def test_a_missing_admin_credential_says_how_to_make_one(task, sandbox):
    tenant = task.connection() | {"admin": {"kind": "client_secret", "sealed": "/nowhere/admin.age"}}
    message = task.failed(NAME, tenant=tenant, **APP)
    assert "/nowhere/admin.age" in message
    assert "graphmail.credentials seal contoso" in message


def test_another_run_of_the_same_customer_is_named_and_nothing_is_written(task, sandbox):
    with StateFolder(task.state, "contoso").lock("20260101T000000Z-onboard-abcdef"):
        message = task.failed(NAME, **APP)
    assert "20260101T000000Z-onboard-abcdef" in message
    assert sandbox.writes == []


def test_what_nobody_foresaw_shows_nothing_of_itself(task, monkeypatch):
    secret = "https://upload.example/?token=CANARY"

    def explode(*arguments, **named):
        raise RuntimeError(secret)

    monkeypatch.setattr("graphmail.resources.entra_application.Application.read", explode)
    message = task.failed(NAME, **APP)
    assert "CANARY" not in message
    assert "RuntimeError" in message
    log = task.state / "contoso" / "unexpected.log"
    assert str(log) in message
    assert "CANARY" not in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


def test_without_diff_the_result_has_none(task):
    params = {"tenant": task.connection(), "state": "present"} | APP
    assert "diff" not in perform(NAME, params, check_mode=True, diff=False)
    assert "diff" in perform(NAME, params, check_mode=True, diff=True)


def test_an_option_that_a_module_does_not_have_is_named(task, sandbox):
    assert "no_such_option" in task.failed(NAME, no_such_option=1, **APP)
    assert sandbox.writes == []
