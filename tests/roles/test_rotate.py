"""rotate.yml from a secret that is due to its successor, with a vendor who tries what it has all the time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from graphmail.credentials import read
from graphmail.handover.__main__ import receive
from graphmail.handover.opening import Opening
from graphmail.sealed import public_key
from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO

pytestmark = [pytest.mark.playbook, pytest.mark.notebook]
DAY = 86400


class Vendor:
    """Opens what is handed over with an OpenSSH key, and answers."""

    def __init__(self, ops: Operations, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ops = ops
        self.key = ops.folder / "id_ed25519"
        self.key.touch(mode=0o600)
        made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        self.key.write_bytes(made)
        monkeypatch.setenv("GRAPHMAIL_STATE", str(ops.folder / "state"))
        monkeypatch.setenv("GRAPHMAIL_SANDBOX", str(ops.sandbox.path))

    def file(self) -> Path:
        (path,) = (self.ops.state("contoso") / "handover").glob("*.age")
        return path

    def answers(self) -> str:
        """Key id of what was opened, tried and acknowledged."""
        opening = Opening.of(self.file(), self.key)
        receive(opening.acknowledge(opening.prove(), datetime.now(UTC)), self.ops.inventory)
        return opening.parcel.credential.key_id


@pytest.fixture
def vendor(ops: Operations, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    vendor = Vendor(ops, monkeypatch)

    def edit(entries: dict) -> None:
        entries["contoso"]["credential"] = {"lifetime": "90 days"}
        entries["contoso"]["handover"] = {"recipients": [public_key(vendor.key)]}

    ops.change(edit, "contoso")
    return vendor


def works(ops: Operations) -> set[str]:
    ops.sandbox.settle(CONTOSO)
    found = [read(path) for path in ops.state("contoso").glob("credentials/**/*.age")]
    form = [{"client_id": c.client_id, "client_secret": c.client_secret} for c in found]
    answers = [ops.sandbox.token_answer(CONTOSO, **fields).status_code for fields in form]
    return {c.key_id for c, status in zip(found, answers, strict=True) if status == 200}


def status(run) -> str:
    told = [event for event in run.events if event.module == "credential_rotation" and event.outcome != "skipped"]
    return str(told[-1].result["status"])


def test_a_due_secret_is_replaced_and_the_vendor_always_has_one_that_works(ops: Operations, vendor: Vendor) -> None:
    site = ops.play("site.yml")
    assert site.failures() == {}, site.output
    old = vendor.answers()
    assert status(nothing := ops.play("rotate.yml")) == "nothing"
    assert nothing.changed("contoso") == []
    ops.sandbox.advance(CONTOSO, 40 * DAY)

    dry = ops.play("rotate.yml", "--check")
    assert (dry.failures(), status(dry), works(ops)) == ({}, "add", {old})

    run = ops.play("rotate.yml")
    assert (run.failures(), status(run)) == ({}, "awaiting_receipt"), run.output
    again = ops.play("rotate.yml")
    assert (status(again), again.changed("contoso")) == ("awaiting_receipt", [])
    new = vendor.answers()
    assert works(ops) == {old, new}

    assert status(ops.play("rotate.yml")) == "grace"
    assert works(ops) == {old, new}
    ops.sandbox.advance(CONTOSO, 7 * DAY)
    done = ops.play("rotate.yml")

    assert (done.failures(), status(done)) == ({}, "nothing"), done.output
    assert works(ops) == {new}
    assert ops.record("contoso", "rotation")["verdict"] == "passed"
    app = ops.sandbox.by_hand(CONTOSO, "GET", "/applications(uniqueName='kundo-mail')")
    assert [secret["keyId"] for secret in app["passwordCredentials"]] == [new]
    assert [w["request"].rpartition("/")[2] for w in ops.sandbox.ledger(CONTOSO) if "assword" in w["request"]] == [
        "addPassword",
        "addPassword",
        "removePassword",
    ]
    assert ops.play("onboard.yml").changed("contoso") == []


def test_a_mistyped_key_id_is_not_taken_for_done(ops: Operations, vendor: Vendor) -> None:
    assert ops.play("onboard.yml").failures() == {}
    (made,) = (ops.state("contoso") / "credentials").glob("*.age")

    run = ops.play("rotate.yml", "--check", f"-e rotation_replace={made.stem},5ac19478-e4d1-4de2-89de-ea82c0e7a2d6")

    assert run.rc != 0
    assert "Credential 5ac19478-e4d1-4de2-89de-ea82c0e7a2d6 was not replaced" in run.failures()["contoso"]
    assert ops.play("rotate.yml", "--check", f"-e rotation_replace={made.stem}").failures() == {}
