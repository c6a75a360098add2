"""Task workers are forks of ansible-playbook: what is made before the fork is shared, and a worker's texts are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.canary import traced_files, traces
from tests.sandbox_process import CONTOSO, FABRIKAM, LITWARE
from tests.unit.traps.conftest import Plays

pytestmark = pytest.mark.playbook

TENANT = {"tenant": "{{ tenant }}"}
APPLICATION = {"entra_application": TENANT | {"unique_name": "few-lines", "display_name": "Few lines"}}
PRINCIPAL = {"entra_service_principal": TENANT | {"application": "few-lines"}}
TASKS = [
    {"name": "Alone", **APPLICATION, "notify": "Handled"},
    {"name": "In a loop", **PRINCIPAL, "loop": [1, 2], "loop_control": {"loop_var": "__number"}},
    {
        "name": "In a block",
        "block": [{"name": "Fails", "ansible.builtin.fail": {"msg": "on purpose"}}],
        "rescue": [{"name": "In its rescue", **PRINCIPAL}],
    },
]
HANDLERS = [{"name": "Handled", **PRINCIPAL}]


@pytest.mark.parametrize("strategy", ["linear", "free", "host_pinned"])
def test_all_tasks_of_a_run_share_run_id_and_tokens_in_a_sealed_folder_that_goes_with_it(plays: Plays, strategy: str):
    folders: set[Path] = set()
    sealed: list[bytes] = []

    def look() -> None:
        for folder in (plays.folder / "state").glob(".run-*"):
            folders.add(folder)
            sealed.extend(file.read_bytes() for file in folder.iterdir())

    run = plays.run(TASKS, look=look, play={"strategy": strategy, "handlers": HANDLERS})

    assert run.succeeded, run.failures()
    assert {event.task for event in run.events} >= {"Alone", "In a loop", "In its rescue", "Handled"}
    for tenant in (CONTOSO, FABRIKAM, LITWARE):
        asked = [r["path"] for r in plays.sandbox.requests(tenant)]
        # One for Graph, and one for Exchange, whose state is read ahead of the first write.
        assert len([path for path in asked if path.endswith("/token")]) == 2
        assert len([path for path in asked if path.endswith("openid-configuration")]) == 1
        assert len([path for path in asked if path == "/organization"]) == 1  # pinned once
    ids = {path.name for path in plays.evidence.glob("*/*") if path.is_dir()}
    assert len(ids) == 1
    assert len(list(plays.evidence.glob("*/*/bag/bagit.txt"))) == 3
    assert len(folders) == 1
    assert sealed
    assert not [content for content in sealed if b"eyJ0eXAi" in content or b'"value"' in content]
    assert not folders.pop().exists()


# An action plugin as ours are, with a resource that meets a library's exception.
PLUGIN = """
from pathlib import Path
from graphmail import resources
from graphmail_ansible.action import TenantAction

resources.__path__.append(str(Path(__file__).parents[1] / "resources"))
resources.CLASSES["leaky"] = "Leaky"


class ActionModule(TenantAction):
    pass
"""
RESOURCE = """
from pathlib import Path
import requests
from graphmail.resource import Info


class Leaky(Info):
    name = "leaky"
    options = {}

    def look(self, tenant, params):
        key = Path(__file__).with_name("key.txt").read_text()
        try:
            requests.put(f"https://127.0.0.1:1/AttachmentSessions('x')?authtoken={key}", timeout=5)
        except requests.ConnectionError as error:
            raise RuntimeError(f"upload failed: {error}") from error
"""
KEY = "Zq3vN8xK1mB6yR0tW5pL"


@pytest.fixture
def leaky(plays: Plays, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where action plugins are found then."""
    folder = tmp_path_factory.mktemp("leaky")
    for name, content in (("action/leaky.py", PLUGIN), ("resources/leaky.py", RESOURCE), ("resources/key.txt", KEY)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    return f"{folder / 'action'}:{Path(__file__).parents[3] / 'plugins' / 'action'}"


def test_an_exception_that_nobody_foresaw_shows_no_upload_url_anywhere(plays: Plays, leaky: str):
    tasks = [
        {"name": "Leak", "leaky": TENANT, "ignore_errors": True},
        {"name": "Leak unlogged", "leaky": TENANT, "no_log": True},
    ]
    found: list[object] = []

    def look() -> None:
        found.append(traced_files([KEY], plays.folder))

    run = plays.run(tasks, "-vvvvv", "--limit=contoso", look=look, ANSIBLE_ACTION_PLUGINS=leaky)

    assert run.rc != 0
    assert [event.outcome for event in run.of("contoso")] == ["ok", "failed"]
    assert "leaky failed in a way nobody foresaw (RuntimeError)" in run.output
    assert found == [{}, {}]
    assert traced_files([KEY], plays.folder) == {}
    assert traces(KEY, run.output.encode()) == []
    assert "authtoken" not in run.output
    assert "leaky.py" in (plays.state("contoso") / "unexpected.log").read_text()


def test_no_secret_of_a_run_is_shown_at_the_highest_verbosity(plays: Plays):
    run = plays.run(TASKS[:2], "-vvvvv", "--diff", play={"handlers": HANDLERS})

    assert run.succeeded
    for admin in plays.sandbox.json["admins"].values():
        assert traces(admin["client_secret"], run.output.encode()) == []
    assert "eyJ" not in run.output
    secrets = [admin["client_secret"] for admin in plays.sandbox.json["admins"].values()]
    assert traced_files(secrets, plays.folder) == {}


def test_a_bundle_that_cannot_be_read_stops_no_customer_of_the_sandbox(plays: Plays):
    rubbish = plays.folder / "rubbish.pem"
    rubbish.write_text("no certificate")

    run = plays.run(TASKS[:1], play={"handlers": HANDLERS}, REQUESTS_CA_BUNDLE=str(rubbish))

    assert run.succeeded, run.failures()


def test_where_no_sandbox_runs_every_customer_of_it_is_told(plays: Plays):
    described = plays.folder / "none.json"
    described.write_text(json.dumps({"login": "https://127.0.0.1:1"}))

    run = plays.run(TASKS[:1], play={"handlers": HANDLERS}, GRAPHMAIL_SANDBOX=str(described))

    assert run.rc != 0
    assert set(run.failures()) == {"contoso", "fabrikam", "litware"}
    for customer, message in run.failures().items():
        assert message.startswith(f"Customer {customer}: Cloud `sandbox` needs a running sandbox. Found: {described}")
