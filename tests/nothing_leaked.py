"""After a test: no secret that existed in it stands in anything that it produced.

For tests in which a customer's run works with secrets: import `nothing_leaked` into their conftest.py. Not for every
test: what speaks to the sandbox alone holds what it got in variables, and unit tests plant secrets on purpose.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphmail.errors import TenantError
from graphmail.leaks import Finding, Search, Secret
from graphmail.leaks.known import sealed_secrets
from graphmail.state import StateFolder
from tests import telling_sandbox
from tests.nobody_named import named
from tests.sandbox_process import Sandbox

# What a test's call said on stdout, stderr and in logs, from the hook in tests/conftest.py.
SAID = pytest.StashKey[str]()
IDENTITY = b"# public key: age1"


def issued(sandbox: Sandbox, start: int = 0) -> list[Secret]:
    """What the sandbox made since its file had that length, and the admins' secrets."""
    told = (sandbox.path.parent / telling_sandbox.NAME).read_bytes()[start:].splitlines()
    texts = [tuple(json.loads(line)) for line in told]
    texts += [("admin's secret", admin["client_secret"]) for admin in sandbox.json["admins"].values()]
    return [part for kind, text in texts for part in Secret.all_of(kind, text)]


def private_keys(folder: Path) -> list[Secret]:
    """Those in identity files, which lie there for whoever opens sealed files."""
    files = [path for path in _files(folder) if _is_identity(path)]
    return [part for path in files for part in Secret.all_of("age identity", path.read_text())]


def sealed_texts(folder: Path) -> list[Secret]:
    """What every customer's sealed files hold that the identity of the environment opens, private keys among it."""
    found: list[Secret] = []
    for state in sorted((folder / "state").glob("*/")):
        try:
            found += sealed_secrets(StateFolder(folder / "state", state.name))
        except TenantError:
            continue  # a test may have taken the identity away, or have sealed what is no credential
    return found


def leaks(folder: Path, secrets: list[Secret], said: str = "") -> list[Finding]:
    """Traces in all files below the folder but identities and sandbox.json, where they belong, and in what was said."""
    search = Search(secrets)
    found = search.in_bytes(said.encode(), "the terminal")
    for path in _files(folder):
        found += search.in_bytes(os.fsencode(path.name), f"the name of {path}")
        try:
            if not _is_identity(path) and not _is_description(path):
                found += search.in_bytes(path.read_bytes(), str(path))
        except FileNotFoundError:
            continue  # of a process that has not quite ended
    return found


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _is_identity(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(IDENTITY)) == IDENTITY


def _is_description(path: Path) -> bool:
    """Whether it is a sandbox.json, which tells the admins' secrets to whoever starts a sandbox, or a test's copy."""
    if path.suffix != ".json" or path.stat().st_size > 100_000:
        return False
    try:
        told = json.loads(path.read_bytes())
    except ValueError:
        return False
    return isinstance(told, dict) and {"admins", "login", "control"} <= told.keys()


class KeptFolder(tempfile.TemporaryDirectory[str]):
    """A temporary folder whose content is looked at before it goes: what ansible-runner writes, and kernels' files."""

    keep: Path

    def cleanup(self) -> None:
        target = Path(tempfile.mkdtemp(prefix="kept-", dir=self.keep))
        for path in _files(Path(self.name)):
            copy = target / path.relative_to(self.name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        super().cleanup()


@pytest.fixture(autouse=True)
def nothing_leaked(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails the test that leaves a secret anywhere: files, names, archives, what ansible-runner kept, the terminal.

    And the one that leaves somebody's address or name in evidence that is closed.
    """
    if "sandbox" not in request.fixturenames:
        yield
        return
    sandbox: Sandbox = request.getfixturevalue("sandbox")
    start = (sandbox.path.parent / telling_sandbox.NAME).stat().st_size
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setattr(KeptFolder, "keep", kept, raising=False)
    monkeypatch.setattr(tempfile, "TemporaryDirectory", KeptFolder)
    # What ansible and a kernel keep of their own accord is looked at too.
    for name in ("ANSIBLE_HOME", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(kept / name.lower()))
    yield
    secrets = [*issued(sandbox, start), *private_keys(tmp_path), *sealed_texts(tmp_path)]
    found = leaks(tmp_path, secrets, request.node.stash.get(SAID, ""))
    if found:
        pytest.fail("\n".join(["Secrets are left in what this test produced:", *map(str, found)]), pytrace=False)
    if told := named(tmp_path):
        pytest.fail("\n".join(["Evidence that is closed names people:", *told[:20]]), pytrace=False)
