"""An archive of a fleet, and one big one that is made once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.fleet.archive import FleetArchive, grown

CUSTOMERS = int(os.environ.get("GRAPHMAIL_FLEET", "40"))


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FleetArchive:
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "")  # put back when the test ends, whatever the archive sets
    return FleetArchive(tmp_path)


@pytest.fixture(scope="session")
def big(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, str]]]:
    """The archive's root, and what is true of each customer's newest proofs."""
    kept = {name: os.environ.get(name) for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY")}
    made = FleetArchive(tmp_path_factory.mktemp("fleet"))
    truth = grown(made, CUSTOMERS)
    for name, value in kept.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    return made.root, truth
