from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from graphmail.credentials import ClientCertificate, SealedCredential, read
from graphmail.errors import TenantError
from graphmail.resources.credential_journal import CredentialJournal
from graphmail.resources.key_credentials import KeyCredentials
from graphmail.tenant import RunContext, Tenant
from tests.sandbox.signed_in import KeyPair
from tests.sandbox_process import CONTOSO

NAME = "entra_application_key"
WANTED = {"application": "kundo-mail"}
VENDORS, ANOTHER = KeyPair(days=4000), KeyPair(days=4000)


@pytest.fixture
def app(task, sandbox):
    """An app that can sign in, with two certificates that other people uploaded."""
    made = task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", application="kundo-mail")
    theirs = {**VENDORS.credential, "displayName": "the vendor's", "startDateTime": "2027-01-01T00:00:00Z"}
    upload(sandbox, made, [theirs, ANOTHER.credential])
    return made


def upload(sandbox, app, entries):
    sandbox.by_hand(CONTOSO, "PATCH", f"/applications/{app['object_id']}", {"keyCredentials": entries})
    sandbox.settle(CONTOSO)
    sandbox.mark()


@pytest.fixture
def certificates(sandbox, app):
    """`certificates()`: what is on the app, whole."""
    path = f"/applications/{app['object_id']}?$select=id,keyCredentials"
    return lambda: sandbox.by_hand(CONTOSO, "GET", path)["keyCredentials"]


@pytest.fixture
def journal(task):
    path = task.state / "contoso" / "journal.jsonl"

    def entries():
        read_ = [json.loads(line) for line in path.read_text().splitlines()]
        return [entry for entry in read_ if not entry["marker"].startswith("entra_")]

    return entries


def everything_below(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def test_makes_one_that_signs_in_and_seals_it(task, app, certificates, sandbox, contoso):
    theirs = certificates()
    result = task(NAME, lifetime="12 months", **WANTED)
    assert result["changed"]
    assert result["diff"] == {"before": {}, "after": {"lifetime": "12 months"}}
    *others, own = certificates()
    sealed = read(Path(result["sealed"]))
    assert others == theirs
    assert isinstance(sealed, ClientCertificate)
    assert (own["keyId"], own["customKeyIdentifier"]) == (result["key_id"], sealed.thumbprint)
    assert (sealed.client_id, sealed.key_id) == (app["client_id"], result["key_id"])
    assert base64.b64decode(own["key"]) == sealed.der
    tenant = connected(task)
    assert tenant.wait_for_sign_in(sealed).claims["appidacr"] == "2"


def connected(task):
    return Tenant.connect(task.connection(), RunContext(run_id="r"))


def test_it_lives_as_long_as_asked(task, app, sandbox, certificates):
    result = task(NAME, lifetime="12 months", **WANTED)
    own = certificates()[-1]
    left = datetime.fromisoformat(result["expires"]) - datetime.fromisoformat(sandbox.now(CONTOSO))
    assert timedelta(days=364) < left < timedelta(days=367)
    assert datetime.fromisoformat(own["endDateTime"]) == datetime.fromisoformat(result["expires"])
    assert datetime.fromisoformat(own["startDateTime"]) < datetime.fromisoformat(sandbox.now(CONTOSO))


def test_the_key_stands_nowhere_but_in_the_sealed_file(task, app, tmp_path):
    result = task(NAME, **WANTED)
    lines = read(Path(result["sealed"])).private_key.splitlines()[1:-1]
    everything = json.dumps(result).encode() + everything_below(tmp_path)
    assert len(lines) > 30
    assert not [line for line in lines if line.encode() in everything]


def test_second_run_makes_nothing_also_for_another_lifetime(task, app, sandbox):
    first = task(NAME, **WANTED)
    sandbox.mark()
    again = task(NAME, lifetime="6 months", **WANTED)
    assert not again["changed"]
    assert (again["key_id"], again["sealed"]) == (first["key_id"], first["sealed"])
    assert sandbox.writes == []


def test_intent_and_seal_are_on_disk_before_anything_is_sent(task, app, sandbox, journal):
    sandbox.fault(CONTOSO, "graph", "PATCH", "/applications/*", status=403, body=refusal("Authorization_RequestDenied"))
    seen: list[str] = []
    real = KeyCredentials.add

    def add(self, entry):
        sealed = list((task.state / "contoso" / "credentials").glob("*.age"))
        seen.extend([*(e["kind"] for e in journal()), read(sealed[0]).key_id, entry["keyId"]])
        real(self, entry)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KeyCredentials, "add", add)
        task.failed(NAME, **WANTED)

    kind, sealed, sent = seen
    assert (kind, sealed) == ("intent", sent)


def refusal(code):
    return {"error": {"code": code, "message": "As per assigned policy."}}


def test_removes_exactly_its_own_and_removing_again_writes_nothing(task, app, certificates, sandbox):
    theirs = certificates()
    made = task(NAME, **WANTED)
    assert task(NAME, state="absent", **WANTED)["changed"]
    assert certificates() == theirs
    sealed = Path(made["sealed"])
    assert not sealed.exists()
    assert (sealed.parent / "retired" / sealed.name).exists()
    sandbox.mark()
    assert not task(NAME, state="absent", **WANTED)["changed"]
    assert sandbox.writes == []


def test_its_own_is_known_by_its_thumbprint_also_under_another_key_id(task, app, certificates, sandbox):
    theirs = certificates()
    made = task(NAME, **WANTED)
    again = {name: value for name, value in certificates()[-1].items() if name != "keyId"}
    upload(sandbox, app, [*theirs, again])
    assert made["key_id"] not in [entry["keyId"] for entry in certificates()]
    assert not task(NAME, **WANTED)["changed"]
    task(NAME, state="absent", **WANTED)
    assert certificates() == theirs


@pytest.mark.parametrize("state", ["present", "absent"])
def test_what_only_some_replicas_show_is_never_dropped(task, app, certificates, sandbox, state):
    """Somebody adds a certificate while reads come from replicas that know of it and from others that do not."""
    if state == "absent":
        task(NAME, **WANTED)
    sandbox.settle(CONTOSO)
    drill = {"name": "reads_go_backwards", "seed": 7}
    sandbox.control("POST", f"/tenants/{CONTOSO}/drills", drill)
    newcomer = KeyPair(days=4000)
    now = certificates()
    sandbox.by_hand(
        CONTOSO, "PATCH", f"/applications/{app['object_id']}", {"keyCredentials": [*now, newcomer.credential]}
    )
    task(NAME, state=state, **WANTED)
    sandbox.control("DELETE", f"/tenants/{CONTOSO}/drills")
    assert newcomer.thumbprint in [entry["customKeyIdentifier"] for entry in certificates()]
    assert len(certificates()) == (4 if state == "present" else 3)


@pytest.mark.parametrize("stale", [1, 2, 4])
def test_a_replica_that_is_behind_is_not_believed(task, app, certificates, sandbox, monkeypatch, stale):
    """The first answers know nothing of a certificate that somebody has just added."""
    newcomer, there = KeyPair(days=4000), certificates()
    upload(sandbox, app, [*there, newcomer.credential])
    real, answers = KeyCredentials._read, iter([there] * stale)
    monkeypatch.setattr(KeyCredentials, "_read", lambda self: next(answers, None) or real(self))
    task(NAME, **WANTED)
    assert newcomer.thumbprint in [entry["customKeyIdentifier"] for entry in certificates()]


def test_answers_that_never_agree_stop_it_before_a_write(task, app, sandbox, monkeypatch):
    real, turn = KeyCredentials._read, iter(range(10**6))
    monkeypatch.setattr(KeyCredentials, "_read", lambda self: real(self)[: next(turn) % 2])
    assert "do not agree" in task.failed(NAME, **WANTED)
    assert sandbox.writes == []


def test_check_predicts_making_and_removing_and_writes_nothing(task, app, sandbox):
    for wanted in ({"lifetime": "12 months"}, {"state": "absent"}):
        sandbox.mark()
        before = everything_below(task.state / "contoso")
        check = task(NAME, check=True, **wanted, **WANTED)
        assert sandbox.writes == []
        assert everything_below(task.state / "contoso") == before
        run = task(NAME, **wanted, **WANTED)
        assert check["changed"]
        assert (check["changed"], check["diff"]) == (run["changed"], run["diff"])


def test_check_predicts_the_certificate_of_an_app_that_the_same_check_would_make(task, sandbox):
    task("entra_application", check=True, unique_name="kundo-mail", display_name="Kundo Mail")
    result = task(NAME, check=True, **WANTED)
    assert (result["changed"], result["key_id"], result["sealed"]) == (True, "(assigned by Microsoft)", "")
    assert sandbox.writes == []


@pytest.mark.parametrize("lifetime", ["soon", "0 days", "-1 months", "24"])
def test_a_wrong_lifetime_names_what_is_allowed(task, app, sandbox, lifetime):
    assert "days, weeks, months or years" in task.failed(NAME, lifetime=lifetime, **WANTED)
    assert sandbox.writes == []


def test_a_refused_request_names_the_right_and_the_request(task, contoso, sandbox):
    made = contoso.graph("POST", "/applications", {"displayName": "Kundo Mail"})
    contoso.withdraw("Application.ReadWrite.All")
    message = task.failed(NAME, client_id=made["appId"], **WANTED)
    assert "Application.ReadWrite.All" in message
    refused = {r["request_id"] for r in sandbox.requests(CONTOSO) if r["status"] == 403}
    assert any(request_id in message for request_id in refused)
    assert sandbox.writes == []


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("CredentialTypeNotAllowedAsPerAppPolicy", "trusted authority"),
        ("CredentialInvalidLifetimeAsPerAppPolicy", "shorten credential.lifetime"),
    ],
)
def test_a_tenant_that_forbids_it_is_told_with_the_way_out(task, app, sandbox, journal, code, told):
    sandbox.fault(CONTOSO, "graph", "PATCH", "/applications/*", status=400, body=refusal(code))
    assert told in task.failed(NAME, **WANTED)
    assert [entry.get("result") for entry in journal()] == [None, "refused"]
    assert not list((task.state / "contoso" / "credentials").glob("*.age"))


@pytest.mark.parametrize("status", [0, 503, 404, 409])
def test_an_answer_that_got_lost_leaves_one_certificate(task, app, certificates, sandbox, status):
    sandbox.fault(CONTOSO, "graph", "PATCH", "/applications/*", when="after", **({"status": status} if status else {}))
    result = task(NAME, **WANTED)
    assert [entry["keyId"] for entry in certificates()][2:] == [result["key_id"]]


def test_a_request_that_got_lost_is_made_again_with_the_same_certificate(task, app, certificates, sandbox, journal):
    sandbox.fault(CONTOSO, "graph", "PATCH", "/applications/*", status=503)
    result = task(NAME, **WANTED)
    assert [entry["keyId"] for entry in certificates()][2:] == [result["key_id"]]
    assert len(journal()) == 2


class Died(BaseException):
    """As a SIGKILL at that place: nothing that follows is run."""


def die(*arguments, **named):
    raise Died


@pytest.mark.parametrize("where", ["between the seal and the upload", "between the upload and the outcome"])
def test_a_dead_run_is_gone_on_with(task, app, certificates, sandbox, journal, where):
    with pytest.MonkeyPatch.context() as patch:
        if "seal" in where:
            patch.setattr(KeyCredentials, "add", die)
        else:
            patch.setattr(CredentialJournal, "came", die)
        with pytest.raises(Died):
            task(NAME, **WANTED)
    (intent,) = journal()
    on_app = "upload and" in where
    assert len(certificates()) == (3 if on_app else 2)
    sandbox.mark()

    check = task(NAME, check=True, **WANTED)
    result = task(NAME, **WANTED)

    assert (check["changed"], check["diff"]) == (result["changed"], result["diff"])
    assert result["changed"] == (not on_app)
    assert result["key_id"] == intent["facts"]["key_id"]
    assert [entry["keyId"] for entry in certificates()][2:] == [result["key_id"]]
    assert [entry.get("result") for entry in journal()] == [None, "sealed"]
    assert not task(NAME, **WANTED)["changed"]


def test_what_a_dead_run_sealed_is_shown_in_the_diff(task, app, sandbox, journal):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KeyCredentials, "add", die)
        with pytest.raises(Died):
            task(NAME, **WANTED)
    result = task(NAME, **WANTED)
    assert result["diff"]["before"] == {"sealed_and_not_on_the_app": [journal()[0]["marker"]]}


def test_a_run_that_died_before_the_seal_left_nothing_to_wait_for(task, app, certificates, sandbox, journal):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SealedCredential, "write", die)
        with pytest.raises(Died):
            task(NAME, **WANTED)
    result = task(NAME, **WANTED)
    assert "warnings" not in result
    assert result["key_id"] != journal()[0]["facts"]["key_id"]
    assert [entry["keyId"] for entry in certificates()][2:] == [result["key_id"]]


@pytest.mark.parametrize("place", [(KeyCredentials, "add"), (CredentialJournal, "came")])
def test_what_a_dead_run_left_is_taken_back(task, app, certificates, sandbox, journal, place):
    theirs = certificates()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(*place, die)
        with pytest.raises(Died):
            task(NAME, **WANTED)
    assert task(NAME, state="absent", **WANTED)["changed"]
    assert certificates() == theirs
    assert not list((task.state / "contoso" / "credentials").glob("*.age"))
    assert not task(NAME, state="absent", **WANTED)["changed"]


def test_a_certificate_made_from_another_state_folder_is_never_touched(task, app, sandbox):
    made = task(NAME, **WANTED)
    (task.state / "contoso" / "journal.jsonl").unlink()
    sandbox.mark()
    for state in ("present", "absent"):
        message = task.failed(NAME, state=state, **WANTED)
        assert made["key_id"] in message
        assert "docs/operators.md" in message
    assert sandbox.writes == []


def test_a_missing_sealed_file_stops_it(task, app, sandbox):
    made = task(NAME, **WANTED)
    Path(made["sealed"]).unlink()
    sandbox.mark()
    assert made["sealed"] in task.failed(NAME, **WANTED)
    assert sandbox.writes == []


def test_an_expired_certificate_stops_it_and_names_where_the_steps_stand(task, app, sandbox):
    task(NAME, lifetime="30 days", **WANTED)
    sandbox.advance(CONTOSO, 31 * 86400)
    sandbox.mark()
    assert "docs/operators.md" in task.failed(NAME, **WANTED)
    assert sandbox.writes == []


def test_a_certificate_removed_by_hand_is_made_anew_with_a_warning(task, app, certificates, sandbox):
    theirs = certificates()
    made = task(NAME, **WANTED)
    upload(sandbox, app, theirs)
    result = task(NAME, **WANTED)
    assert result["changed"]
    assert any(made["key_id"] in warning for warning in result["warnings"])
    assert [entry["keyId"] for entry in certificates()][2:] == [result["key_id"]]


def test_without_anybody_to_seal_to_no_certificate_is_made(task, app, sandbox, monkeypatch):
    monkeypatch.delenv("GRAPHMAIL_IDENTITY")
    task.failed(NAME, **WANTED)
    assert sandbox.writes == []


def test_a_certificate_that_cannot_be_sealed_is_never_sent(task, app, sandbox, journal, monkeypatch):
    def full(*arguments):
        raise TenantError("The disk is full")

    monkeypatch.setattr(SealedCredential, "write", full)
    assert "The disk is full" in task.failed(NAME, **WANTED)
    assert sandbox.writes == []
    assert [entry.get("result") for entry in journal()] == [None, "refused"]


def test_the_secrets_of_the_app_are_none_of_its_business(task, app, contoso):
    secret = task("entra_application_password", **WANTED)
    task(NAME, **WANTED)
    task(NAME, state="absent", **WANTED)
    assert [one["keyId"] for one in contoso.secrets()] == [secret["key_id"]]
    assert not task("entra_application_password", **WANTED)["changed"]


def test_one_for_a_proof_is_told_apart(task, app, certificates):
    kept = task(NAME, **WANTED)
    proof = task(NAME, proof=True, lifetime="2 days", **WANTED)
    assert [entry["keyId"] for entry in certificates()][2:] == [kept["key_id"], proof["key_id"]]
    task(NAME, proof=True, state="absent", **WANTED)
    assert [entry["keyId"] for entry in certificates()][2:] == [kept["key_id"]]


@pytest.mark.parametrize("answer", [{}, {"status": 503, "when": "after"}])
def test_reads_that_are_refused_after_the_write_do_not_make_it_look_undone(
    task, app, certificates, sandbox, journal, answer
):
    """Whether the write's own answer came or got lost: the certificate is on the app."""
    real = KeyCredentials._write

    def write(self, entries):
        if answer:
            sandbox.fault(CONTOSO, "graph", "PATCH", "/applications/*", **answer)
        try:
            real(self, entries)
        finally:
            denied = refusal("Authorization_RequestDenied")
            sandbox.fault(CONTOSO, "graph", "GET", "/applications/*", status=403, body=denied)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KeyCredentials, "_write", write)
        assert "what came of it is unknown" in task.failed(NAME, **WANTED)
    (intent,) = journal()
    assert len(certificates()) == 3

    result = task(NAME, **WANTED)

    assert (result["key_id"], len(certificates())) == (intent["facts"]["key_id"], 3)
