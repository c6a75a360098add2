"""The examples of all modules, run one after the other on an empty tenant, and what they return."""

from __future__ import annotations

from typing import Any

import pytest

from graphmail.resources import CLASSES
from tests.docs.conftest import Examples

pytestmark = [pytest.mark.playbook, pytest.mark.notebook]

# What Ansible itself, or every module alike, puts into a result.
COMMON = {
    "changed",
    "failed",
    "diff",
    "msg",
    "warnings",
    "deprecations",
    "invocation",
    "attempts",
    "exception",
}

# What a check skips, since there would be nothing to look at; a skipped task's event holds no result.
SKIPPED = {"customer_absence_info", "propagation_probe", "retired_proof_info", "verification_notebook"}


def returned(run: Any, module: str) -> set[str]:
    """Keys of all results of that module's tasks."""
    results = [event.result for event in run.of("contoso", "ok", "changed") if event.module == module]
    assert results, f"no task of {module} was run"
    return {key for result in results for key in result if not key.startswith("_ansible")} - COMMON


def documented(returns: dict[str, Any] | None, *, check: bool) -> set[str]:
    """Keys that a task returns when it succeeds, without or with `--check`."""
    absent = ("failure", *(("not in check mode", "not for what a check") if check else ()))
    told = {key: str(about["returned"]) for key, about in (returns or {}).items()}
    return {key for key, when in told.items() if not any(word in when for word in absent)} - COMMON


def test_every_example_succeeds(played: Examples) -> None:
    assert played.run.failures() == {}, played.run.output
    names = [event.task for event in played.run.of("contoso", "ok", "changed", "skipped")]
    assert [task["name"] for task in played.tasks if task["name"] not in names] == []
    assert played.run.succeeded


def test_every_example_can_be_checked_and_a_check_writes_nothing(played: Examples) -> None:
    assert played.check.failures() == {}, played.check.output
    assert played.check.succeeded
    assert played.written == []


@pytest.mark.parametrize("module", sorted(CLASSES))
def test_a_task_returns_what_is_documented(module: str, played: Examples, documentation: dict[str, Any]) -> None:
    assert returned(played.run, module) == documented(documentation[module]["return"], check=False)


@pytest.mark.parametrize("module", sorted(SKIPPED))
def test_a_check_skips_what_it_cannot_know(module: str, played: Examples) -> None:
    assert {event.outcome for event in played.check.of("contoso") if event.module == module} == {"skipped"}


@pytest.mark.parametrize("module", sorted(set(CLASSES) - SKIPPED))
def test_a_check_returns_what_is_documented(module: str, played: Examples, documentation: dict[str, Any]) -> None:
    assert returned(played.check, module) == documented(documentation[module]["return"], check=True)
