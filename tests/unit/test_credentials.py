import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from graphmail import sealed
from graphmail.credentials import ClientSecret, from_json, read
from graphmail.errors import TenantError

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
