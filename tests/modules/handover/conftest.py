"""Contoso with a sealed secret, a vendor, and access proofs as they are wanted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from graphmail.credentials import read
from graphmail.evidence import Check, Record, Run
from graphmail.evidence.record import Subject
from graphmail.evidence.seal.sealing import Sealing
from graphmail.sealed import new_identity, public_key
from graphmail_ansible.ansible_run import Opened
from tests.sandbox_process import CONTOSO

NAME = "credential_handover"
SUPPORT, CEO = "support@contoso.example", "ceo@contoso.example"


@pytest.fixture
def vendor(tmp_path):
    """The file of the vendor's private key."""
    return tmp_path / "vendor"


@pytest.fixture
def handover(vendor):
    """The parameters of a hand-over to that vendor."""
    return {
        "application": "kundo-mail",
        "mailboxes": [SUPPORT],
        "outside_mailbox": CEO,
        "recipients": [new_identity(vendor)],
        "address": "onboarding@kundo.example",
    }


@pytest.fixture
def credential(task):
    """A sealed secret of contoso; nothing is proved."""
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    made = task("entra_application_password", application="kundo-mail")
    return read(Path(made["sealed"]))


@pytest.fixture
def prove(task, credential, sandbox):
    """Leave an access proof in a sealed run: `prove()`, or one that differs."""
    numbers = iter(range(9))

    def record(age=timedelta(), verdict="passed", environment="sandbox", tenant_id=CONTOSO, sealed=True, **subject):
        run = Run(task.run.evidence, "contoso", f"20260101T00000{next(numbers)}Z-verify-abcdef")
        finished = datetime.fromisoformat(sandbox.now(CONTOSO)) - age
        check = Check(name="access", claim="c", expected="e", observed=f"{CEO} IS REACHABLE", verdict=verdict)
        about = {
            "client_id": credential.client_id,
            "key_id": credential.key_id,
            "mailboxes": [SUPPORT],
            "outside_mailbox": CEO,
        }
        now, operators = datetime.now(UTC), task.connection()["operators"]
        run.sealer = Sealing(task.run.evidence).sealer("sandbox", {"operators": operators}, now)
        run.sealer.opened(run, CONTOSO, now)
        run.begin(tenant_id=CONTOSO, environment="sandbox", at=finished, plan={})
        run.write_record(
            Record(
                customer="contoso",
                tenant_id=tenant_id,
                environment=environment,
                run_id=run.run_id,
                notebook="verify_access",
                started=finished,
                finished=finished,
                subject=Subject(**about | subject),
                checks=[check],
            )
        )
        if sealed:
            run.close("succeeded", now)
            assert not run.not_sealed
        return run

    return record


@pytest.fixture
def ssh_key(tmp_path):
    """The file of a vendor's OpenSSH key, which opens and signs; its public line ends with a comment."""
    path = tmp_path / "id_ed25519"
    path.touch(mode=0o600)
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    return path


@pytest.fixture
def to_ssh(handover, ssh_key):
    """The parameters of a hand-over to the OpenSSH key."""
    return handover | {"recipients": [f"{public_key(ssh_key)} vendor@example.com"]}


@pytest.fixture
def released(task):
    """Call it when the run is over: it lets the customer's lock go."""

    def release():
        for found in task.run._customers.values():
            if isinstance(found, Opened):
                found.lock.close()

    return release
