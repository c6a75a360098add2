"""The small file for discover.yml: the least there is to say, and as strict as the inventory."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml

from graphmail.customers import InventoryError, NoInventory
from graphmail.customers.to_discover import load_to_discover, says_discover

TOWN = {
    "tenant_id": "5a4d0000-0000-4000-8000-000000000001",
    "initial_domain": "contoso.onmicrosoft.example",
    "cloud": "sandbox",
}


def written(folder, **content):
    path = folder / "tenants.yml"
    path.write_text(yaml.safe_dump(content))
    return path


def places(path):
    with pytest.raises(InventoryError) as raised:
        load_to_discover(path)
    return [(mistake.field, mistake.problem) for mistake in raised.value.mistakes]


def test_three_fields_are_enough(tmp_path):
    found = load_to_discover(written(tmp_path, discover={"contoso": TOWN}))
    assert found.connection("contoso")["tenant_id"] == TOWN["tenant_id"]
    assert found.variables("contoso")["app"] == {
        "display_name": "Kundo Mail",
        "client_id": None,
        "unique_name": "kundo-mail",
    }


def test_every_mistake_is_told(tmp_path):
    wrong = TOWN | {"tenant_id": "11111111-2222-4333-8444-555555555555", "cloud": "sandbox", "mailboxes": []}
    path = written(tmp_path, discover={"contoso": wrong, "rbac": TOWN, "Big Town": TOWN, "town": {"cloud": "x"}})
    assert set(places(path)) == {
        ("discover.contoso.tenant_id", "is not a sandbox's tenant id"),
        ("discover.contoso.mailboxes", "there is no such field"),
        ("discover.rbac", "has the name of a group"),
        ("discover.Big Town", "is no name for a customer"),
        ("discover.town.tenant_id", "is missing"),
        ("discover.town.initial_domain", "is missing"),
        ("discover.town.cloud", "is none of the allowed values"),
    }


@pytest.mark.parametrize("content", [{}, {"discover": {}}, {"discover": [1]}, {"discover": {"a": TOWN}, "path": "x"}])
def test_what_is_none_is_refused(tmp_path, content):
    assert places(written(tmp_path, **content))


def test_an_inventory_is_none_and_a_missing_file_says_so(tmp_path):
    assert not says_discover(written(tmp_path, customers={"contoso": TOWN}))
    assert says_discover(written(tmp_path, discover={}))
    with pytest.raises(NoInventory):
        load_to_discover(tmp_path / "nowhere.yml")


def test_the_admins_credential_is_sealed_for_it_too(tmp_path, monkeypatch):
    path = written(tmp_path, discover={"contoso": TOWN})
    identity = tmp_path / "identity"
    subprocess.run([sys.executable, "-m", "graphmail.sealed", "new-identity", str(identity)], check=True)
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(identity))
    monkeypatch.setenv("GRAPHMAIL_STATE", str(tmp_path / "state"))
    answers = {"client_id": TOWN["tenant_id"], "client_secret": "x", "key_id": "k"}
    command = [sys.executable, "-m", "graphmail.credentials", "seal", "contoso", "--inventory", str(path), "--stdin"]
    told = subprocess.run(command, input=json.dumps(answers), capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert (tmp_path / "state" / "contoso" / "admin.age").exists()
