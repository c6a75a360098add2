from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from graphmail.credentials import FederatedIdentity, read
from graphmail.resources.credential_journal import CredentialJournal
from graphmail.resources.entra_federated_identity_credential import FederatedIdentityCredential
from graphmail.tenant import RunContext, Tenant
from tests.sandbox.signed_in import KeyPair
from tests.sandbox_process import CONTOSO

NAME = "entra_federated_identity_credential"
ISSUER, SUBJECT, AUDIENCE = "https://tokens.vendor.example", "helpdesk", "api://AzureADTokenExchange"
APP = {"application": "kundo-mail"}
WANTED = APP | {"issuer": ISSUER, "subject": SUBJECT}
PROVIDER = KeyPair()


@pytest.fixture
def app(task, sandbox):
    """An app that can sign in, with a federated credential that somebody else made."""
    made = task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", application="kundo-mail")
    theirs = {"name": "theirs", "issuer": "https://other.example", "subject": "job", "audiences": [AUDIENCE]}
    sandbox.by_hand(CONTOSO, "POST", f"/applications/{made['object_id']}/federatedIdentityCredentials", theirs)
    sandbox.settle(CONTOSO)
    sandbox.mark()
    return made


@pytest.fixture
def federated(sandbox, app):
    path = f"/applications/{app['object_id']}/federatedIdentityCredentials"
    return lambda: sandbox.by_hand(CONTOSO, "GET", path)["value"]


@pytest.fixture
def journal(task):
    path = task.state / "contoso" / "journal.jsonl"

    def entries():
        read_ = [json.loads(line) for line in path.read_text().splitlines()]
        return [entry for entry in read_ if not entry["marker"].startswith("entra_")]

    return entries


def assertion():
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "nbf": now, "exp": now + 300}
    return PROVIDER.sign(claims, "RS256", kid="k1")


def test_makes_one_that_signs_in_and_keeps_what_is_handed_over(task, app, federated, sandbox, tmp_path):
    sandbox.control("POST", "/issuers", {"issuer": ISSUER, "jwks": PROVIDER.jwks("k1")})
    (tmp_path / "assertion").write_text(assertion())
    result = task(NAME, assertion=str(tmp_path / "assertion"), **WANTED)
    assert result["changed"]
    assert result["diff"]["after"] == {"issuer": ISSUER, "subject": SUBJECT, "audience": AUDIENCE}
    theirs, own = federated()
    assert (theirs["name"], own["name"], own["id"]) == ("theirs", "graphmail", result["key_id"])
    sealed = read(task.state / "contoso" / "credentials" / f"{own['id']}.age")
    assert isinstance(sealed, FederatedIdentity)
    assert (sealed.issuer, sealed.subject, sealed.audience) == (ISSUER, SUBJECT, AUDIENCE)
    tenant = Tenant.connect(task.connection(), RunContext(run_id="r"))
    assert tenant.wait_for_sign_in(sealed).claims["appid"] == app["client_id"]
    (tmp_path / "assertion").unlink()  # the provider's own file: what was produced holds none of it


def test_second_run_writes_nothing(task, app, sandbox):
    task(NAME, **WANTED)
    sandbox.mark()
    assert not task(NAME, **WANTED)["changed"]
    assert sandbox.writes == []


def test_where_the_assertion_lies_is_no_change_of_the_tenant(task, app, sandbox, tmp_path):
    made = task(NAME, **WANTED)
    path = task.state / "contoso" / "credentials" / f"{made['key_id']}.age"
    sandbox.mark()
    assert not task(NAME, assertion=str(tmp_path / "a"), **WANTED)["changed"]
    assert read(path).assertion_file == str(tmp_path / "a")
    assert sandbox.writes == []


@pytest.mark.parametrize(
    "changed", [{"subject": "another"}, {"issuer": "https://new.example"}, {"audience": "api://x"}]
)
def test_a_change_makes_another_and_removes_the_old_one(task, app, federated, changed):
    old = task(NAME, **WANTED)
    wanted = WANTED | changed
    check = task(NAME, check=True, **wanted)
    result = task(NAME, **wanted)
    assert check["diff"] == result["diff"]
    assert result["diff"]["after"] == changed
    (own,) = [entry for entry in federated() if entry["name"] == "graphmail"]
    assert own["id"] == result["key_id"] != old["key_id"]
    assert len(federated()) == 2
    assert not (task.state / "contoso" / "credentials" / f"{old['key_id']}.age").exists()
    assert not task(NAME, **wanted)["changed"]


def test_removes_exactly_its_own_and_removing_again_writes_nothing(task, app, federated, sandbox):
    theirs = federated()
    task(NAME, **WANTED)
    check = task(NAME, check=True, state="absent", **APP)
    result = task(NAME, state="absent", **APP)
    assert (check["changed"], check["diff"]) == (True, result["diff"])
    assert federated() == theirs
    sandbox.mark()
    assert not task(NAME, state="absent", **APP)["changed"]
    assert sandbox.writes == []


def test_check_writes_nothing(task, app, sandbox):
    check = task(NAME, check=True, **WANTED)
    assert (check["changed"], check["key_id"]) == (True, "(assigned by Microsoft)")
    assert sandbox.writes == []
    assert not (task.state / "contoso" / "credentials").exists() or not list(
        (task.state / "contoso" / "credentials").glob("*.age")
    )


@pytest.mark.parametrize("same", [{"name": "theirs"}, {"issuer": "https://other.example", "subject": "job"}])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_what_somebody_else_made_is_never_touched(task, app, federated, sandbox, same, state):
    before = federated()
    sandbox.mark()
    if state == "present":
        assert "theirs" in task.failed(NAME, **WANTED | same)
    else:
        assert not task(NAME, state="absent", **WANTED | same)["changed"]
    assert sandbox.writes == []
    assert federated() == before


def test_a_twenty_first_is_refused_before_it_is_asked_for(task, app, sandbox):
    path = f"/applications/{app['object_id']}/federatedIdentityCredentials"
    for number in range(19):
        body = {"name": f"job-{number}", "issuer": ISSUER, "subject": f"job-{number}", "audiences": [AUDIENCE]}
        sandbox.by_hand(CONTOSO, "POST", path, body)
    sandbox.settle(CONTOSO)
    sandbox.mark()
    message = task.failed(NAME, **WANTED)
    assert "at most 20" in message
    assert "job-7" in message
    assert sandbox.writes == []


@pytest.mark.parametrize("missing", ["issuer", "subject"])
def test_what_is_missing_is_named(task, app, sandbox, missing):
    wanted = {name: value for name, value in WANTED.items() if name != missing}
    assert f"needs its {missing}" in task.failed(NAME, **wanted)
    assert sandbox.writes == []


def test_a_refused_request_names_the_right(task, contoso, sandbox):
    made = contoso.graph("POST", "/applications", {"displayName": "Kundo Mail"})
    contoso.withdraw("Application.ReadWrite.All")
    assert "Application.ReadWrite.All" in task.failed(NAME, client_id=made["appId"], **WANTED)
    assert sandbox.writes == []


@pytest.mark.parametrize("status", [0, 503, 409])
def test_an_answer_that_got_lost_leaves_one(task, app, federated, sandbox, status):
    fault = {"status": status} if status else {}
    sandbox.fault(CONTOSO, "graph", "POST", "*/federatedIdentityCredentials", when="after", **fault)
    result = task(NAME, **WANTED)
    assert [entry["id"] for entry in federated()][1:] == [result["key_id"]]


class Died(BaseException):
    """As a SIGKILL at that place: nothing that follows is run."""


def die(*arguments, **named):
    raise Died


@pytest.mark.parametrize("then", ["present", "absent"])
def test_a_run_that_died_after_making_it_is_gone_on_with(task, app, federated, journal, sandbox, then):
    theirs = federated()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FederatedIdentityCredential, "_keep", staticmethod(die))
        with pytest.raises(Died):
            task(NAME, **WANTED)
    assert [entry["kind"] for entry in journal()] == ["intent"]
    own = federated()[1]
    sandbox.mark()
    result = task(NAME, state=then, **WANTED)
    if then == "present":
        assert not result["changed"]
        assert (result["key_id"], sandbox.writes) == (own["id"], [])
        assert journal()[-1]["result"] == "sealed"
        assert (task.state / "contoso" / "credentials" / f"{own['id']}.age").exists()
    else:
        assert federated() == theirs
        assert journal()[-1]["result"] == "removed"


def test_a_run_that_died_before_its_outcome_is_gone_on_with(task, app, federated, journal):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CredentialJournal, "came", die)
        with pytest.raises(Died):
            task(NAME, **WANTED)
    result = task(NAME, **WANTED)
    assert not result["changed"]
    assert [entry.get("result") for entry in journal()] == [None, "sealed"]
    assert len(federated()) == 2


def test_one_removed_by_hand_is_made_anew_with_a_warning(task, app, federated, sandbox):
    made = task(NAME, **WANTED)
    path = f"/applications/{app['object_id']}/federatedIdentityCredentials/{made['key_id']}"
    sandbox.by_hand(CONTOSO, "DELETE", path)
    sandbox.settle(CONTOSO)
    result = task(NAME, **WANTED)
    assert result["changed"]
    assert any(made["key_id"] in warning for warning in result["warnings"])


def test_the_file_holds_names_alone(task, app, tmp_path):
    made = task(NAME, **WANTED)
    sealed = read(Path(task.state / "contoso" / "credentials" / f"{made['key_id']}.age"))
    assert sealed.secrets() == ()
    assert not sealed.can_sign_in
