"""A whole onboarding in this process, and a judge of what it left behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.drills.onboarding import Onboarding
from tests.modules.conftest import Task, task
from tests.nothing_leaked import nothing_leaked
from tests.sandbox_process import Sandbox


@pytest.fixture
def onboarding(task: Task, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Onboarding]:
    """Of contoso, where nobody has done anything yet."""
    onboarding = Onboarding(task, sandbox, monkeypatch)
    yield onboarding
    onboarding.close()


__all__ = ["nothing_leaked", "task"]
