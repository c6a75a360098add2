"""What every test may ask for: a running sandbox, put back to its tenants file before each test that uses it."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.killed import ALL
from tests.nothing_leaked import SAID
from tests.sandbox_process import EXAMPLE, Sandbox, running
from tests.sweep import SWEEP

# How fast inputs are made says more of the machine than of the test.
settings.register_profile("machines differ", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("machines differ")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files with playbooks first: begun last, one of them keeps a worker busy long after the others are done."""
    long = [item for item in items if item.get_closest_marker("long")]
    if long and not (SWEEP or ALL):
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
    slow = {item.path for item in items if item.get_closest_marker("playbook")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what the test said, for `nothing_leaked`."""
    report = yield
    if report.when == "call":
        item.stash[SAID] = "\n".join((report.capstdout, report.capstderr, report.caplog))
    return report


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One process for each test worker, on ports of its own."""
    with running(tmp_path_factory.mktemp("sandbox"), EXAMPLE, "--in-memory") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_process: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """All tenants as in sandbox.example.yml, and `GRAPHMAIL_SANDBOX` set."""
    sandbox_process.reset()
    monkeypatch.setenv("GRAPHMAIL_SANDBOX", str(sandbox_process.path))
    return sandbox_process
