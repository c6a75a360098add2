"""What is handed over opens with the reference `age` program: the vendor needs nothing of this project."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_der_x509_certificate

from graphmail.credentials import read
from graphmail.sealed import new_identity
from tests.modules.handover.conftest import NAME
from tests.sandbox_process import CONTOSO

MODULES = {"secret": "entra_application_password", "certificate": "entra_application_key"}


@pytest.fixture
def age():
    """Runs it; left out where it is not installed, unless GRAPHMAIL_TESTS=all says that nothing may be."""
    program = shutil.which("age")
    if program is None and os.environ.get("GRAPHMAIL_TESTS") == "all":
        pytest.fail("age is not installed, and GRAPHMAIL_TESTS=all leaves nothing out")
    if program is None:
        pytest.skip("the program age is not installed (Debian package age)")

    def opened(path, identity):
        return subprocess.run([program, "--decrypt", "-i", identity, path], capture_output=True, timeout=60)

    return opened


@pytest.fixture(params=["age key", "ssh-ed25519 key"])
def receiver(request, handover, to_ssh, vendor, ssh_key):
    """The parameters of a hand-over, and the file of the private key that opens it."""
    return (handover, vendor) if request.param == "age key" else (to_ssh, ssh_key)


@pytest.fixture(params=list(MODULES))
def kind(request):
    return request.param


@pytest.fixture
def handed_over(task, kind, credential, prove, receiver):
    """The file, what it holds as its operator knows it, and the private key that opens it."""
    made = task(MODULES[kind], application="kundo-mail")
    prove(key_id=made["key_id"])
    wanted, key = receiver
    return Path(task(NAME, **wanted)["path"]), read(Path(made["sealed"])), key


def test_opens_to_the_credential_that_was_made(handed_over, age, kind, sandbox):
    path, made, key = handed_over

    opened = age(path, key)

    assert (opened.returncode, opened.stderr) == (0, b"")
    found = json.loads(opened.stdout)
    assert {name: found[name] for name in ("kind", "tenant_id", "client_id", "key_id")} == {
        "kind": made.kind,
        "tenant_id": CONTOSO,
        "client_id": made.client_id,
        "key_id": made.key_id,
    }
    app = sandbox.by_hand(CONTOSO, "GET", "/applications(uniqueName='kundo-mail')?$select=id,keyCredentials")
    if kind == "secret":
        sandbox.by_hand(CONTOSO, "POST", "/servicePrincipals", {"appId": made.client_id})
        sandbox.settle(CONTOSO)
        form = {"client_id": made.client_id, "client_secret": found["client_secret"]}
        assert sandbox.token_answer(CONTOSO, **form).status_code == 200
    else:
        (uploaded,) = (entry for entry in app["keyCredentials"] if entry["keyId"] == made.key_id)
        certificate = load_der_x509_certificate(base64.b64decode(uploaded["key"]))
        private = load_pem_private_key(found["private_key"].encode(), password=None)
        assert private.public_key() == certificate.public_key()
        assert certificate.fingerprint(SHA1()).hex().upper() == made.thumbprint


def test_does_not_open_for_anybody_else_nor_when_changed(handed_over, age, tmp_path):
    path, _made, key = handed_over
    stranger = tmp_path / "stranger"
    new_identity(stranger)

    assert age(path, stranger).returncode != 0
    changed = tmp_path / "changed.age"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    changed.write_bytes(content)
    assert (age(changed, key).returncode, age(changed, key).stdout) == (1, b"")
