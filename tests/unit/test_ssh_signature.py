"""Receipts are signed as OpenSSH signs: its own program accepts them, and ours accepts what it signed."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from graphmail.errors import TenantError
from graphmail.handover.ssh_signature import fingerprint, public_line, sign, signer, signing_key
from graphmail.sealed import new_identity

MESSAGE, NAMESPACE = b'{"key_id": "k"}\n', "graphmail-receipt"
needs_openssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen is installed")


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "id_ed25519"
    path.touch(mode=0o600)
    private = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    path.write_bytes(private)
    return path


@pytest.fixture
def key(key_file):
    return signing_key(key_file)


def keygen(*arguments, **options):
    return subprocess.run(["ssh-keygen", *map(str, arguments)], capture_output=True, check=False, **options)


def test_what_was_signed_is_accepted_and_says_by_whom(key):
    line = f"{public_line(key)} vendor@example.com"

    assert signer(MESSAGE, sign(MESSAGE, key, NAMESPACE), ["age1abc", line], NAMESPACE) == line


@needs_openssh
def test_openssh_accepts_our_signature(key, tmp_path):
    (tmp_path / "allowed").write_text(f"vendor {public_line(key)}\n")
    (tmp_path / "sig").write_text(sign(MESSAGE, key, NAMESPACE))
    verify = ("-Y", "verify", "-f", tmp_path / "allowed", "-I", "vendor", "-n", NAMESPACE, "-s", tmp_path / "sig")

    assert keygen(*verify, input=MESSAGE).returncode == 0
    assert keygen(*verify, input=MESSAGE + b" ").returncode != 0


@needs_openssh
def test_we_accept_openssh_s_signature_and_its_fingerprint(key, key_file, tmp_path):
    (tmp_path / "message").write_bytes(MESSAGE)
    keygen("-Y", "sign", "-f", key_file, "-n", NAMESPACE, tmp_path / "message")

    assert signer(MESSAGE, (tmp_path / "message.sig").read_text(), [public_line(key)], NAMESPACE) == public_line(key)
    assert fingerprint(public_line(key)) in keygen("-l", "-f", key_file).stdout.decode()


def test_every_other_byte_of_message_or_signature_is_refused(key):
    signature = sign(MESSAGE, key, NAMESPACE)
    body = signature.splitlines(keepends=True)
    wrong = [(MESSAGE[:n] + bytes([MESSAGE[n] ^ 1]) + MESSAGE[n + 1 :], signature) for n in range(len(MESSAGE))]
    wrong += [(MESSAGE, "".join(body[:1] + body[2:])), (MESSAGE, ""), (MESSAGE, "-----BEGIN SSH SIGNATURE-----\n")]
    for message, signed in wrong:
        with pytest.raises(TenantError, match="not by any of the expected keys"):
            signer(message, signed, [public_line(key)], NAMESPACE)


@pytest.mark.parametrize("allowed", [[], ["age1abc"], [public_line(Ed25519PrivateKey.generate())]])
def test_nobody_else_s_signature_counts(key, allowed):
    with pytest.raises(TenantError, match="not by any of the expected keys"):
        signer(MESSAGE, sign(MESSAGE, key, NAMESPACE), allowed, NAMESPACE)


def test_a_signature_for_another_purpose_does_not_count(key):
    with pytest.raises(TenantError, match="not by any of the expected keys"):
        signer(MESSAGE, sign(MESSAGE, key, "git"), [public_line(key)], NAMESPACE)


def test_an_age_identity_cannot_sign(tmp_path):
    new_identity(tmp_path / "identity")

    assert signing_key(tmp_path / "identity") is None
    assert signing_key(tmp_path / "nothing") is None
