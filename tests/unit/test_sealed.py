import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

from graphmail import sealed
from graphmail.errors import TenantError

SECRET = b"canary-7Qm2xV9tLr4"


@pytest.fixture
def identity(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "identity"
    sealed.new_identity(path)
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(path))
    return path


@pytest.fixture
def ssh_key(tmp_path) -> Path:
    path = tmp_path / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


def test_sealed_file_opens_again_with_its_identity_only(tmp_path, identity):
    path = tmp_path / "a.age"
    sealed.write_sealed(path, SECRET, [sealed.public_key(identity)])
    stranger = tmp_path / "stranger"
    sealed.new_identity(stranger)

    assert sealed.open_sealed(path) == SECRET
    with pytest.raises(TenantError, match="does not open with this identity"):
        sealed.open_sealed(path, stranger)


def test_every_recipient_opens_it(tmp_path, identity):
    other = tmp_path / "other"
    path = tmp_path / "a.age"
    sealed.write_sealed(path, SECRET, [sealed.new_identity(other), sealed.public_key(identity)])

    assert sealed.open_sealed(path, other) == sealed.open_sealed(path, identity) == SECRET


def test_ssh_key_is_an_identity_too(tmp_path, ssh_key):
    path = tmp_path / "a.age"
    public = Path(f"{ssh_key}.pub").read_text()

    sealed.write_sealed(path, SECRET, [public])

    assert sealed.open_sealed(path, ssh_key) == SECRET
    assert sealed.public_key(ssh_key).split() == public.split()[:2]


def test_ssh_recipient_with_a_comment_is_known_as_the_own_one(tmp_path, ssh_key, monkeypatch):
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(ssh_key))
    monkeypatch.setattr(pyrage, "decrypt", lambda *_: b"something else")

    with pytest.raises(TenantError, match="does not open to the same bytes"):
        sealed.write_sealed(tmp_path / "a.age", SECRET, [Path(f"{ssh_key}.pub").read_text()])


def test_digest_is_that_of_the_file_and_no_plaintext_is_in_it(tmp_path, identity):
    path = tmp_path / "folder/a.age"

    digest = sealed.write_sealed(path, SECRET, [sealed.public_key(identity)])

    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    assert SECRET not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_does_not_open_to_the_same_bytes_is_not_written(tmp_path, identity, monkeypatch):
    path = tmp_path / "a.age"
    sealed.write_sealed(path, SECRET, [sealed.public_key(identity)])
    before = path.read_bytes()
    monkeypatch.setattr(pyrage, "decrypt", lambda *_: b"something else")

    with pytest.raises(TenantError, match="does not open to the same bytes"):
        sealed.write_sealed(path, b"new", [sealed.public_key(identity)])

    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.age", "identity"]


def test_failed_write_leaves_the_old_file_and_no_other(tmp_path, identity, monkeypatch):
    path = tmp_path / "a.age"
    sealed.write_sealed(path, SECRET, [sealed.public_key(identity)])
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TenantError, match="No space left"):
        sealed.write_sealed(path, b"new", [sealed.public_key(identity)])

    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.age", "identity"]


def test_sealing_to_others_needs_no_private_key(tmp_path, monkeypatch):
    monkeypatch.delenv("GRAPHMAIL_IDENTITY", raising=False)
    other = tmp_path / "other"

    sealed.write_sealed(tmp_path / "a.age", SECRET, [sealed.new_identity(other)])

    assert sealed.open_sealed(tmp_path / "a.age", other) == SECRET


def test_without_recipients_it_is_sealed_to_the_own_identity(tmp_path, identity):
    sealed.write_sealed(tmp_path / "a.age", SECRET, [])

    assert sealed.open_sealed(tmp_path / "a.age", identity) == SECRET
    assert sealed.readers([]) == [sealed.public_key(identity)]
    assert sealed.readers(["age1x"]) == ["age1x"]


@pytest.mark.parametrize("name", ["", "no-such-file"])
def test_who_has_not_named_a_private_key_is_told_to_name_it_and_only_then_to_make_one(tmp_path, monkeypatch, name):
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", name and str(tmp_path / name))

    with pytest.raises(TenantError) as told:
        sealed.write_sealed(tmp_path / "a.age", SECRET, [])

    remedy = str(told.value).partition("To do: ")[2]
    assert remedy.index("set GRAPHMAIL_IDENTITY to") < remedy.index("only if you have none") < remedy.index("new-ident")


def test_without_recipients_and_identity_nothing_is_sealed(tmp_path, monkeypatch):
    monkeypatch.delenv("GRAPHMAIL_IDENTITY", raising=False)

    with pytest.raises(TenantError, match="GRAPHMAIL_IDENTITY is not set"):
        sealed.write_sealed(tmp_path / "a.age", SECRET, [])
    with pytest.raises(TenantError, match="nobody to seal to"):
        sealed.seal(SECRET, [])


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_identity_that_others_can_read_is_refused(tmp_path, identity, mode):
    sealed.write_sealed(tmp_path / "a.age", SECRET, [sealed.public_key(identity)])
    identity.chmod(mode)

    with pytest.raises(TenantError) as caught:
        sealed.open_sealed(tmp_path / "a.age")

    assert f"mode {mode:04o}" in str(caught.value)
    assert f"chmod 600 {identity}" in str(caught.value)


def test_identity_file_of_age_keygen_is_read(tmp_path, identity):
    key = identity.read_text().splitlines()[-1]
    identity.write_text(f"# created: 2026-01-01T00:00:00Z\n# public key: age1…\n\n{key}\n")

    assert sealed.public_key(identity).startswith("age1")


@pytest.mark.parametrize(
    "text", [b"", b"# nothing\n", b"AGE-SECRET-KEY-1CANARY\n", b"\xff\xfe", b"-----BEGIN OPENSSH PRIVATE KEY-----\n"]
)
def test_file_without_a_private_key_is_refused_and_not_shown(tmp_path, text):
    path = tmp_path / "identity"
    path.write_bytes(text)
    path.chmod(0o600)

    with pytest.raises(TenantError, match="holds no private key") as caught:
        sealed.public_key(path)

    assert "CANARY" not in str(caught.value)


def test_every_changed_bit_is_noticed(tmp_path, identity):
    path = tmp_path / "a.age"
    sealed.write_sealed(path, SECRET, [sealed.public_key(identity)])
    whole = path.read_bytes()

    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(TenantError):
            sealed.open_sealed(path)


def test_errors_hold_no_plaintext(tmp_path, identity):
    with pytest.raises(TenantError) as caught:
        sealed.write_sealed(tmp_path / "a.age", SECRET, ["age1nonsense"])

    assert SECRET.decode() not in str(caught.value)
    assert caught.value.__cause__ is None


def test_identity_is_made_once_and_readable_to_nobody_else(tmp_path):
    path = tmp_path / "identity"
    command = [sys.executable, "-m", "graphmail.sealed", "new-identity", path]
    first = subprocess.run(command, capture_output=True, text=True)
    before = path.read_bytes()
    second = subprocess.run(command, capture_output=True, text=True)

    assert (first.returncode, second.returncode) == (0, 1)
    assert first.stdout.strip() == sealed.public_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == before
    assert "AGE-SECRET-KEY" not in first.stdout + first.stderr + second.stdout + second.stderr
