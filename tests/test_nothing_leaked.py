"""The search that follows every test of a run finds what is left behind: a control for `nothing_leaked`."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from graphmail.sealed import new_identity
from tests import telling_sandbox
from tests.nothing_leaked import KeptFolder, issued, leaks, private_keys
from tests.sandbox_process import CONTOSO, Sandbox


def test_what_the_sandbox_issued_is_known_and_found(sandbox: Sandbox, tmp_path: Path) -> None:
    start = (sandbox.path.parent / telling_sandbox.NAME).stat().st_size
    token = sandbox.token(CONTOSO)
    app = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "x"})
    made = sandbox.by_hand(CONTOSO, "POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": {}})
    new_identity(tmp_path / "identity")
    secrets = [*issued(sandbox, start), *private_keys(tmp_path)]
    assert leaks(tmp_path, secrets) == []

    planted = {
        "token": token.rpartition(".")[2][5:17],
        "client secret": base64.b64encode(made["secretText"].encode()).decode(),
        "admin's secret": sandbox.json["admins"][CONTOSO]["client_secret"],
        "age identity": (tmp_path / "identity").read_text().splitlines()[1].lower(),
    }
    for kind, text in planted.items():
        (tmp_path / "left.log").write_text(text)
        assert {found.kind for found in leaks(tmp_path, secrets)} == {kind}
        (tmp_path / "left.log").unlink()
        assert {found.where for found in leaks(tmp_path, secrets, text)} == {"the terminal"}


def test_what_a_temporary_folder_held_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KeptFolder, "keep", tmp_path, raising=False)
    with KeptFolder() as folder:
        (Path(folder) / "inner").mkdir()
        (Path(folder) / "inner" / "log").write_text("said")
    assert [path.read_text() for path in tmp_path.rglob("log")] == ["said"]
    assert not Path(folder).exists()
