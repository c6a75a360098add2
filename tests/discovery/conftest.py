"""One sandbox with a tenant for each number, in each of which somebody works by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from graphmail.credentials import ClientSecret
from graphmail.resources import resource
from graphmail.run_cache import RunCache
from graphmail.sealed import new_identity
from graphmail.state import StateFolder
from graphmail.tenant import RunContext, Tenant
from tests.discovery.by_hand import NUMBERS, name, spec, tenant_id
from tests.sandbox_process import Sandbox, running

VENDOR = "age1h0z87vjsf7u6cqsev2pvva9h3aw5vl3e75uc8nfmw9grkyku3dyqlcnlv0"


class Desk:
    """An operator's machine beside that sandbox; `run` is one task, as a playbook's."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.evidence = folder / "evidence"

    def connection(self, number: int, known: str = "") -> dict:
        admin = self.sandbox.json["admins"][tenant_id(number)]
        path = StateFolder(self.folder / "state", name(number)).make().admin
        if not path.exists():
            credential = ClientSecret(tenant_id(number), admin["client_id"], "x", admin["client_secret"])
            credential.write(path, [])
        return {
            "customer": name(number),
            "tenant_id": tenant_id(number),
            "initial_domain": f"{name(number)}.onmicrosoft.example",
            "cloud": "sandbox",
            "admin": {"kind": "client_secret", "sealed": str(path)},
            "operators": [],
            "known_mailbox": known,
        }

    def tenant(self, number: int, known: str = "", *, check: bool = False) -> Tenant:
        cache = RunCache.beside(self.folder / "state")
        run = RunContext(run_id="20260101T000000Z-adhoc-abcdef", check_mode=check, cache=cache, evidence=self.evidence)
        return Tenant.connect(self.connection(number, known), run)

    def discover(self, number: int, **options: object) -> dict:
        given = {"display_name": "Kundo Mail", "unique_name": "kundo-mail", "client_id": None}
        given |= {"group": "Kundo Mail mailboxes", "recipients": [VENDOR], "folder": None} | options
        return resource("customer_discovery_info").run(self.tenant(number), given)


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("towns")
    (folder / "tenants.yml").write_text(
        yaml.safe_dump({"tenants": [spec(number) for number in sorted({*NUMBERS, 1, 7})]})
    )
    with running(folder, folder / "tenants.yml", "--in-memory") as sandbox:
        yield sandbox


@pytest.fixture
def desk(towns: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    new_identity(tmp_path / "identity")
    monkeypatch.setenv("GRAPHMAIL_SANDBOX", str(towns.path))
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(tmp_path / "identity"))
    monkeypatch.setenv("GRAPHMAIL_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("GRAPHMAIL_EVIDENCE", str(tmp_path / "evidence"))
    return Desk(towns, tmp_path)
