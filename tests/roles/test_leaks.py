"""A run whose evidence would hold a secret ends red, and its evidence stays open."""

from __future__ import annotations

import shutil

import pytest

from graphmail.evidence import runs
from graphmail.sealed import public_key, seal
from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO

pytestmark = pytest.mark.playbook


def test_a_secret_that_a_service_echoes_does_not_get_into_the_archive(ops: Operations) -> None:
    ops.change(lambda entries: None, "contoso")
    admin = ops.sandbox.json["admins"][CONTOSO]["client_secret"]
    echo = {"error": {"code": "Authorization_RequestDenied", "message": f"{admin} may not"}}
    ops.sandbox.fault(CONTOSO, "graph", "GET", "/organization*", status=403, body=echo, times=99)
    ops.sandbox.fault(CONTOSO, "graph", "POST", "/$batch", status=403, body=echo, times=99)

    run = ops.play("onboard.yml")

    assert run.rc == 2
    assert "The evidence of customer contoso could not be closed" in run.output
    assert "steps.jsonl: the admin's client secret, plain" in " ".join(run.output.split())
    assert [found.closed for found in runs(ops.evidence)] == [False]
    # Planted on purpose: in the evidence, which is told, and in the terminal of whoever holds the secret anyway.
    for planted in ("evidence", "reports", "kept"):
        shutil.rmtree(ops.folder / planted)


def test_without_the_operators_identity_nothing_begins(ops: Operations) -> None:
    ops.change(lambda entries: None, "contoso")

    run = ops.play("onboard.yml", GRAPHMAIL_IDENTITY="")

    assert run.rc == 2
    assert "GRAPHMAIL_IDENTITY is not set" in run.failures()["contoso"]
    assert list(runs(ops.evidence)) == []  # nobody could sign that it was opened


def test_a_run_that_would_have_been_green_is_not_when_its_evidence_stays_open(ops: Operations) -> None:
    ops.change(lambda entries: None, "contoso")
    # What is sealed and no credential: nobody knows what in it is secret.
    alien = ops.state("contoso") / "credentials" / "alien.age"
    alien.write_bytes(seal(b"whatever", [public_key(ops.folder / "identity")]))

    run = ops.play("onboard.yml")

    assert run.failures() == {}
    assert run.rc == 2
    assert str(alien) in "".join(run.output.split())
    alien.unlink()
    again = ops.play("onboard.yml")
    assert again.succeeded, again.output
