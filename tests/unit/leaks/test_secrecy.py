"""No evidence is closed that holds a secret of the run, or of which nobody knows whether it does."""

from __future__ import annotations

import base64
import multiprocessing
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from graphmail.credentials import ClientSecret
from graphmail.errors import TenantError
from graphmail.evidence import Run, runs
from graphmail.evidence.secrecy import SecretsFound
from graphmail.leaks import NotSearched
from graphmail.leaks.letterbox import Letterbox, secrets_told, slot
from graphmail.sealed import new_identity, public_key, seal
from graphmail.state import StateFolder

from ..evidence_samples import NOON, RUN_ID, begun
from .planted import KEYS, SECRETS

ADMIN, APP, RETIRED = (f"aB1{middle * 8}.xY" for middle in ("q7Zw", "Kp3~", "m-N5"))


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    """A customer with an admin's secret, an app's, and one that was taken back."""
    monkeypatch.setenv("GRAPHMAIL_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(tmp_path / "identity"))
    new_identity(tmp_path / "identity")
    state = StateFolder(tmp_path / "state", "contoso").make()
    for path, secret in ((state.admin, ADMIN), (state.credential("k1"), APP), (state.retired("k0"), RETIRED)):
        ClientSecret("t", "c", "k", secret).write(path, [])
    return state


@pytest.fixture
def run(tmp_path: Path, state: StateFolder) -> Run:
    run = begun(tmp_path / "evidence")
    run.letterbox = Letterbox(state, RUN_ID)
    return run


def _leak(run: Run, name: str, content: bytes) -> Path:
    path = run.data / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def _refused(run: Run) -> str:
    with pytest.raises(SecretsFound) as caught:
        run.close("succeeded", datetime.now(UTC))
    assert not run.closed
    return str(caught.value)


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        (ADMIN, "the admin's client secret"),
        (APP, "the app's client secret"),
        (RETIRED, "the app's client secret"),
        ("", "the operator's private key"),
    ],
)
def test_a_bag_that_holds_what_the_customers_sealed_files_hold_is_not_closed(
    run: Run, tmp_path: Path, secret: str, kind: str
) -> None:
    secret = secret or (tmp_path / "identity").read_text().splitlines()[1].removeprefix("AGE-SECRET-KEY-1")
    path = _leak(run, "notebooks/x.ipynb", b'{"a": "' + base64.b64encode(b"a" + secret.encode()) + b'"}')

    told = _refused(run)

    assert f"notebooks/x.ipynb: {kind}, base64 at 1" in told
    assert "To do: give it to nobody" in told
    assert secret[3:13] not in told
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    # What its report says by now is that the run failed, and why.
    assert kind in (run.data / "report.html").read_text().replace("&#39;", "'")
    path.unlink()
    run.close("failed", NOON)
    assert run.closed


@pytest.mark.parametrize("kind", [*SECRETS, *KEYS])
def test_a_bag_that_holds_what_another_process_of_the_run_minted_is_not_closed(
    run: Run, state: StateFolder, kind: str
) -> None:
    text = SECRETS[kind][0] if kind in SECRETS else KEYS[kind]

    def mint() -> None:
        slot(state, RUN_ID).put(kind, text)

    worker = multiprocessing.get_context("fork").Process(target=mint)
    worker.start()
    worker.join()
    _leak(run, "kernel.json", b'{"message": "' + text.replace("\n", "\\n").encode() + b'"}\n')

    assert f"kernel.json: {kind}, {'base64' if kind in KEYS else 'plain'}" in _refused(run)


def test_a_reason_that_holds_a_secret_does_not_become_a_tag(run: Run) -> None:
    with pytest.raises(SecretsFound, match=r"bag-info\.txt"):
        run.close("waiting", NOON, f"waits for {APP}")


def test_what_lies_on_disk_of_a_letterbox_tells_nobody_anything_and_goes_with_the_run(
    run: Run, state: StateFolder
) -> None:
    token = SECRETS["access token"][0]
    slot(state, RUN_ID).put("access token", token)
    letters = [path.read_bytes() for path in (state.path / "letterbox").rglob("*") if path.is_file()]

    assert len(letters) == 2
    assert token.rpartition(".")[2].encode() not in b"".join(letters)
    run.close("succeeded", NOON)
    assert not (state.path / "letterbox").exists()


def test_of_a_dead_run_the_next_one_takes_the_letterbox_away(state: StateFolder) -> None:
    Letterbox(state, RUN_ID).put("access token", "x" * 40)
    Letterbox(state, RUN_ID.replace("site", "verify"))
    assert len(list((state.path / "letterbox").iterdir())) == 1


def test_a_secret_that_could_not_be_put_in_is_unknown_and_nothing_is_raised_where_it_was_learned(
    run: Run, state: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", full)
        slot(state, RUN_ID).put("client secret", APP)
    with pytest.raises(NotSearched, match="Not every token"):
        run.close("succeeded", NOON)
    assert not run.closed


@pytest.mark.parametrize("identity", ["", "nowhere"])
def test_without_the_identity_nobody_knows_and_it_is_not_closed(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, identity: str
) -> None:
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(tmp_path / identity) if identity else "")
    with pytest.raises(NotSearched, match=r"are not known to this process.*To do: set GRAPHMAIL_IDENTITY"):
        run.close("succeeded", NOON)
    assert [found.closed for found in runs(tmp_path / "evidence")] == [False]


def test_where_nothing_is_sealed_no_identity_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHMAIL_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("GRAPHMAIL_IDENTITY", raising=False)
    run = begun(tmp_path / "evidence")
    run.close("failed", NOON)
    assert run.closed


def test_what_is_sealed_to_others_does_not_hinder(run: Run, state: StateFolder, tmp_path: Path) -> None:
    sealed = seal(b"whatever", [new_identity(tmp_path / "other")])
    state.credential("k9").write_bytes(sealed)
    run.close("succeeded", NOON)


def test_what_is_sealed_and_no_credential_is_unknown(run: Run, state: StateFolder, tmp_path: Path) -> None:
    state.credential("k9").write_bytes(seal(b"whatever", [public_key(tmp_path / "identity")]))
    with pytest.raises(NotSearched, match="no credential"):
        run.close("succeeded", NOON)


def test_a_packed_file_that_cannot_be_looked_into_is_unknown(run: Run) -> None:
    _leak(run, "x.gz", b"\x1f\x8b\x08 and no more")
    with pytest.raises(TenantError, match="cannot be looked into"):
        run.close("succeeded", NOON)


def test_what_an_exchange_tells_is_known_by_its_fields() -> None:
    form = {"client_secret": "a", "client_assertion": "b", "scope": "c"}
    assert dict(secrets_told(form, b'{"access_token": "d", "expires_in": 1}')) == {
        "client secret": "a",
        "client assertion": "b",
        "access token": "d",
    }
    assert list(secrets_told("client_secret=a%7Eb&x=1", b"<html>")) == [("client secret", "a~b")]
    assert dict(secrets_told("code=a&code_verifier=b&state=c", b'{"error": {"code": "itemNotFound"}}')) == {
        "authorization code": "a",
        "code verifier": "b",
    }
    assert list(secrets_told(None, b'{"value": [{"UploadUrl": "https://x/"}, {"secretText": "s"}]}')) == [
        ("upload URL", "https://x/"),
        ("client secret", "s"),
    ]
