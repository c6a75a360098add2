"""A customer as an onboarding leaves it, for the notebooks and for what they call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.notebooks.world import Onboarded
from tests.nothing_leaked import nothing_leaked
from tests.sandbox_process import Sandbox

__all__ = ["nothing_leaked"]


@pytest.fixture
def onboarded(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Onboarded]:
    """Make one: `onboarded("contoso")`."""
    monkeypatch.setenv("GRAPHMAIL_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(tmp_path / "identity"))
    return lambda name: Onboarded(sandbox, tmp_path, name)


@pytest.fixture
def contoso(onboarded: Callable[[str], Onboarded]) -> Onboarded:
    """One mailbox, support@; outside is ceo@."""
    return onboarded("contoso")
