"""An operator's machine: identity, state folder and sealed admin credentials, beside the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from graphmail.auth import Token
from graphmail.clock import Clock
from graphmail.clouds import Cloud
from graphmail.credentials import ClientSecret
from graphmail.customers import load
from graphmail.exchange import Exchange
from graphmail.graph import Graph
from graphmail.rehearsal import Rehearsal
from graphmail.run_cache import RunCache
from graphmail.tenant import RunContext, Tenant
from graphmail.transport import Transport
from tests.sandbox_process import CONTOSO, EXAMPLE, ROOT, Sandbox
from tests.tls_server import TlsServer, authority_file, listening

INVENTORY = ROOT / "inventory.example.yml"


class Operator:
    """Signs in to the example's tenants; everything lies in `folder`."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.customers = load(INVENTORY).customers

    def connection(self, customer: str = "contoso", **changed: Any) -> dict[str, Any]:
        return self.customers[customer].connection(INVENTORY, self.folder / "state") | changed

    def tenant(self, customer: str = "contoso", run: RunContext | None = None, **changed: Any) -> Tenant:
        """A tenant as one task sees it; `changed` replaces fields of its connection."""
        return Tenant.connect(self.connection(customer, **changed), run)

    def admin(self, customer: str = "contoso", tenant_id: str = CONTOSO, **fields: str) -> ClientSecret:
        """How ops signs in, with `fields` replaced."""
        admin = self.sandbox.json["admins"][tenant_id]
        return ClientSecret(**{"tenant_id": tenant_id, "key_id": "", **admin, **fields})

    def seal_admin(self, customer: str = "contoso", **fields: str) -> None:
        """Replace the sealed file of how ops signs in to that customer's tenant."""
        path = self.folder / "state" / customer / "admin.age"
        path.unlink(missing_ok=True)
        self.admin(customer, self.customers[customer].tenant_id, **fields).write(path, [])


@pytest.fixture
def operator(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    rehearsal = Rehearsal(tmp_path, EXAMPLE, INVENTORY, running=sandbox.path)
    for name, value in rehearsal.environment.items():
        monkeypatch.setenv(name, value)
    rehearsal.__enter__()
    return Operator(sandbox, tmp_path)


@pytest.fixture
def contoso(operator: Operator) -> Tenant:
    return operator.tenant()


@pytest.fixture
def run_cache(tmp_path: Path) -> Iterator[RunCache]:
    cache = RunCache.beside(tmp_path / "state")
    yield cache
    cache.close()


@dataclass(slots=True)
class HandClock(Clock):
    """Time that passes only by sleeping; `slept` are the sleeps."""

    time: datetime
    slept: list[float]

    @classmethod
    def new(cls) -> HandClock:
        return cls(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), [])

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=max(0.0, seconds))


class Service:
    """The client's whole stack but the token endpoint, in front of one scripted server.

    `minted` counts the tokens that were asked for; each is `token-1`, `token-2`, …
    """

    def __init__(self, server: TlsServer, cloud: Cloud) -> None:
        self.server = server
        self.cloud = cloud
        self.clock = HandClock.new()
        self.observed: list[dict[str, Any]] = []
        self.minted = 0

    @property
    def transport(self) -> Transport:
        return Transport(self.cloud, self.clock, observe=self.observed.append)

    @property
    def graph(self) -> Graph:
        return Graph(self.transport, self._token)

    @property
    def exchange(self) -> Exchange:
        return Exchange(self.transport, self._token, CONTOSO, "contoso.onmicrosoft.example")

    def moved(self, **fields: Any) -> Service:
        """The same with other endpoints."""
        return Service(self.server, replace(self.cloud, **fields))

    def _token(self, fresh: bool) -> Token:
        if fresh or not self.minted:
            self.minted += 1
        return Token(f"token-{self.minted}", self.clock.now() + timedelta(hours=1))


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def service(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Answers nothing by itself: `service.server.then(...)` plans the answers."""
    monkeypatch.setenv("GRAPHMAIL_TIMEOUT", "0.3")
    with listening(authority) as server:
        cloud = Cloud(
            name="sandbox",
            login=server.url,
            graph=server.url,
            exchange=server.url,
            graph_audience="https://graph.microsoft.com",
            exchange_audience="https://outlook.office365.com",
            ca=authority_file(authority, tmp_path),
        )
        yield Service(server, cloud)
