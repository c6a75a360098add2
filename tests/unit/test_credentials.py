import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.x509 import load_pem_x509_certificate

from graphmail import sealed
from graphmail.credentials import ClientSecret, from_json, read
from graphmail.credentials.__main__ import main
from graphmail.errors import TenantError
from tests.sandbox.signed_in import KeyPair

from .inventory_samples import entry, inventory

SECRET = "canary-8Hq~Zt41Wv"
ANSWERS = {"client_id": "11111111-2222-4333-8444-555555555555", "client_secret": SECRET, "key_id": "k1"}


@pytest.fixture
def identity(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "identity"
    sealed.new_identity(path)
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(path))
    monkeypatch.setenv("GRAPHMAIL_STATE", str(tmp_path / "state"))
    return path


def seal(folder: Path, *arguments: object, stdin: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graphmail.credentials", "seal", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, cwd=folder, env=dict(os.environ))


def test_credential_comes_back_from_its_file(tmp_path, identity):
    credential = ClientSecret("t", "c", "k", SECRET, expires=datetime(2028, 1, 1, tzinfo=UTC))

    credential.write(tmp_path / "k.age", [sealed.public_key(identity)])

    assert read(tmp_path / "k.age") == credential


def test_plaintext_is_the_documented_json_object():
    assert json.loads(ClientSecret("t", "c", "k", "s").to_json()) == {
        "kind": "client_secret",
        "tenant_id": "t",
        "client_id": "c",
        "key_id": "k",
        "client_secret": "s",
        "expires": None,
    }


def test_secret_is_not_in_the_text_of_a_credential():
    assert SECRET not in f"{ClientSecret('t', 'c', 'k', SECRET)!r} {ClientSecret('t', 'c', 'k', SECRET)}"


@pytest.mark.parametrize(
    "text",
    [
        b"canary",
        b'["canary"]',
        b'{"client_secret": "canary"}',
        b'{"tenant_id": "t", "client_id": "c", "client_secret": 5}',
        b'{"tenant_id": "t", "client_id": "c", "client_secret": "canary", "expires": "2028-01-01"}',
        b"\xff",
    ],
)
def test_what_is_no_credential_is_refused_and_not_shown(text):
    with pytest.raises(TenantError, match="no credential") as caught:
        from_json(text)

    assert "canary" not in str(caught.value)


def test_admin_is_sealed_into_the_state_folder_and_only_the_path_is_printed(tmp_path, identity):
    path = inventory(tmp_path, {"contoso": entry()})

    result = seal(tmp_path, "contoso", "--inventory", path, "--stdin", stdin=json.dumps(ANSWERS))

    assert result.stdout == f"{tmp_path}/state/contoso/admin.age\n"
    assert result.stderr == ""
    admin = read(tmp_path / "state/contoso/admin.age")
    assert (admin.tenant_id, admin.client_secret) == ("5a4d0000-0000-4000-8000-000000000001", SECRET)


def test_admin_is_sealed_to_the_operators_of_the_inventory(tmp_path, identity):
    colleague = tmp_path / "colleague"
    keys = [sealed.new_identity(colleague), sealed.public_key(identity)]
    path = inventory(tmp_path, {"contoso": entry(admin={"sealed": "keys/contoso.age"})}, operators=keys)

    seal(tmp_path, "contoso", "--inventory", path, "--stdin", stdin=json.dumps(ANSWERS))

    for who in (colleague, identity):
        assert read(tmp_path / "keys/contoso.age", who).client_secret == SECRET


@pytest.mark.parametrize(
    ("customer", "answers", "problem"),
    [
        ("fabrikam", ANSWERS, "no customer fabrikam"),
        ("contoso", {**ANSWERS, "tenant_id": "5a4d0000-0000-4000-8000-000000000002"}, "another tenant"),
        ("contoso", {**ANSWERS, "tenant_id": SECRET}, "another tenant"),
        ("contoso", {**ANSWERS, "client_id": ""}, "is no GUID"),
        ("contoso", {**ANSWERS, "client_id": "abc"}, "is no GUID"),
        ("contoso", {**ANSWERS, "client_secret": ""}, "is empty"),
        ("contoso", {"client_secret": SECRET}, "no credential"),
        ("contoso", [SECRET], "no credential"),
    ],
)
def test_wrong_answers_are_refused_and_no_secret_is_printed(tmp_path, identity, customer, answers, problem):
    path = inventory(tmp_path, {"contoso": entry()})

    result = seal(tmp_path, customer, "--inventory", path, "--stdin", stdin=json.dumps(answers))

    assert result.returncode == 1
    assert problem in result.stderr
    assert SECRET not in result.stdout + result.stderr
    assert not (tmp_path / "state").exists()


def test_another_admin_credential_says_that_it_replaces_one(tmp_path, identity):
    path = inventory(tmp_path, {"contoso": entry()})
    seal(tmp_path, "contoso", "--inventory", path, "--stdin", stdin=json.dumps(ANSWERS))

    again = seal(tmp_path, "contoso", "--inventory", path, "--stdin", stdin=json.dumps(ANSWERS))

    assert again.returncode == 0
    assert "replaced the credential that was sealed there" in again.stderr


def test_an_input_that_ends_is_told_without_a_trace(tmp_path, identity):
    path = inventory(tmp_path, {"contoso": entry()})

    result = seal(tmp_path, "contoso", "--inventory", path, stdin="")

    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "To do: " in result.stderr
    assert not (tmp_path / "state").exists()


def sealed_kind(folder: Path, kind: str, answers: object) -> subprocess.CompletedProcess[str]:
    client = {"client_id": ANSWERS["client_id"]} if kind in ("device_code", "authorization_code") else {}
    path = inventory(folder, {"contoso": entry(admin={"kind": kind, **client})})
    return seal(folder, "contoso", "--inventory", path, "--stdin", stdin=json.dumps(answers))


def of_kind(kind: str) -> dict[str, str]:
    pair = KeyPair()
    own = {
        "client_secret": {"client_secret": SECRET},
        "certificate": {"certificate": pair.public_pem, "private_key": pair.private_pem},
        "federated": {"assertion_file": "/run/token"},
    }
    return {"client_id": ANSWERS["client_id"], "key_id": "k1", **own[kind]}


@pytest.mark.parametrize("kind", ["client_secret", "certificate", "federated"])
def test_what_an_app_signs_in_with_is_sealed_as_the_inventory_says(tmp_path, identity, kind):
    answers = of_kind(kind)

    result = sealed_kind(tmp_path, kind, answers)

    kept = read(tmp_path / "state/contoso/admin.age")
    assert (result.returncode, kept.kind) == (0, kind)
    assert not any(secret in result.stdout + result.stderr for secret in kept.secrets())


def test_another_kind_than_the_inventorys_is_refused(tmp_path, identity):
    result = sealed_kind(tmp_path, "certificate", {"kind": "client_secret", **of_kind("client_secret")})

    assert result.returncode == 1
    assert "of another kind than the inventory says" in result.stderr
    assert "admin.kind certificate" in result.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("kind", ["device_code", "authorization_code"])
def test_where_a_person_signs_in_there_is_nothing_to_seal(tmp_path, identity, kind):
    result = sealed_kind(tmp_path, kind, ANSWERS)

    assert result.returncode == 1
    assert "python -m graphmail.credentials sign-in contoso" in result.stderr


def test_keys_are_read_from_the_files_that_are_named(tmp_path, identity):
    answers = of_kind("certificate")
    for name in ("certificate", "private_key"):
        (tmp_path / name).write_text(answers[name])
    path = inventory(tmp_path, {"contoso": entry(admin={"kind": "certificate"})})
    typed = f"{answers['client_id']}\nk1\n{tmp_path}/certificate\n{tmp_path}/private_key\n"

    result = seal(tmp_path, "contoso", "--inventory", path, stdin=typed)

    assert result.returncode == 0, result.stderr
    kept = read(tmp_path / "state/contoso/admin.age")
    assert kept.certificate == answers["certificate"]
    assert kept.expires == load_pem_x509_certificate(answers["certificate"].encode()).not_valid_after_utc


def test_who_types_a_secret_is_asked_when_it_ends(tmp_path, identity, monkeypatch):
    typed = iter([ANSWERS["client_id"], "", "2027-06-01"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(typed))
    monkeypatch.setattr("getpass.getpass", lambda prompt: SECRET)
    path = inventory(tmp_path, {"contoso": entry()})

    assert main(["seal", "contoso", "--inventory", str(path)]) == 0
    assert read(tmp_path / "state/contoso/admin.age").expires == datetime(2027, 6, 1, tzinfo=UTC)

    typed = iter([ANSWERS["client_id"], "", "next June"])
    assert main(["seal", "contoso", "--inventory", str(path)]) == 1
