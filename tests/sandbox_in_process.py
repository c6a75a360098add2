"""The whole sandbox on its sockets, in this process, so that a test can set its world and advance its clocks.

Tokens are put into the world, with any roles: who gets which is the token endpoint's business and tested there.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import uvloop

from graphmail.sandbox.entra.tokens import digest
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.server import start
from graphmail.sandbox.sign_in_records import IssuedToken
from graphmail.sandbox.store import Commit, Tenant, World
from graphmail.sandbox.tenants_file import load
from graphmail.sandbox.world import Blueprint
from tests.sandbox.published.check import verified

EXAMPLE = Path(__file__).parent.parent / "sandbox.example.yml"
APP = "11111111-2222-4333-8444-555555555555"
EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"
MAIL = ("Mail.Send", "Mail.ReadWrite")


class _Seen(Blueprint):
    world: World

    def build(self) -> World:
        self.world = super().build()
        return self.world


class Sockets:
    """The running sandbox and its world."""

    def __init__(self, state: Path, tenants: Path = EXAMPLE) -> None:
        self.blueprint = _Seen(load(tenants))
        self.http = requests.Session()
        self.http.trust_env = False
        started = threading.Event()

        async def serve() -> None:
            self.addresses = (await start(self.blueprint, 0, state, keep=False)).addresses
            started.set()
            await asyncio.Event().wait()

        threading.Thread(target=uvloop.run, args=(serve(),), daemon=True).start()
        assert started.wait(30)
        self.http.verify = self.addresses["ca"]

    @property
    def world(self) -> World:
        return self.blueprint.world


class Tenancy:
    """One tenant, and a client with whatever token a test wants."""

    def __init__(self, sockets: Sockets, number: int) -> None:
        self.sockets = sockets
        self.id = f"5a4d0000-0000-4000-8000-00000000000{number}"

    @property
    def tenant(self) -> Tenant:
        return self.sockets.world.tenants[self.id]

    @property
    def ledger(self) -> list[Commit]:
        return self.tenant.ledger

    def advance(self, seconds: float) -> None:
        self.tenant.clock.advance(seconds)

    def recipient(self, address: str) -> Recipient:
        found = self.tenant.recipient_with(address)
        assert found is not None
        return found

    def bearer(self, roles: tuple[str, ...], directory_roles: tuple[str, ...], audience: str, client_id: str) -> str:
        token = f"{self.id} {roles} {directory_roles} {audience} {client_id}"
        expires = self.tenant.clock.now() + timedelta(days=999)
        self.sockets.world.issued[digest(token)] = IssuedToken(
            self.id,
            audience,
            client_id,
            client_id,
            frozenset(roles),
            frozenset(directory_roles),
            expires,
        )
        return f"Bearer {token}"

    def graph(
        self,
        method: str,
        path: str,
        roles: tuple[str, ...] = MAIL,
        client_id: str = APP,
        **options: Any,
    ) -> requests.Response:
        bearer = self.bearer(roles, (), "https://graph.microsoft.com", client_id)
        headers = {"Authorization": bearer, **options.pop("headers", {})}
        url = path if path.startswith("https://") else f"{self.sockets.addresses['graph']}/v1.0{path}"
        return verified(self.sockets.http.request(method, url, headers=headers, timeout=30, **options))

    def got(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        """Answer the parsed body of an answer with this status."""
        answer = self.graph(method, path, **options)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def refused(self, status: int, code: str, method: str, path: str, **options: Any) -> str:
        """Answer the message of a refusal with this status and code."""
        answer = self.graph(method, path, **options)
        assert answer.status_code == status, (answer.status_code, answer.text)
        assert answer.json()["error"]["code"] == code
        return str(answer.json()["error"]["message"])

    def admin(
        self,
        method: str,
        path: str,
        roles: tuple[str, ...] = ("Exchange.ManageAsApp",),
        directory_roles: tuple[str, ...] = (EXCHANGE_ADMINISTRATOR,),
        **options: Any,
    ) -> requests.Response:
        bearer = self.bearer(roles, directory_roles, "https://outlook.office365.com", APP)
        headers = {"Authorization": bearer, **options.pop("headers", {})}
        url = path if path.startswith("https://") else f"{self.sockets.addresses['exchange']}/adminapi{path}"
        return self.sockets.http.request(method, url, headers=headers, timeout=30, **options)

    def cmdlet(self, name: str, **parameters: Any) -> requests.Response:
        body = {"CmdletInput": {"CmdletName": name, "Parameters": parameters}}
        return self.admin("POST", f"/beta/{self.id}/InvokeCommand", json=body)

    def rows(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        """Answer the rows of a cmdlet that succeeds."""
        answer = self.cmdlet(name, **parameters)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["value"])

    def failure(self, name: str, **parameters: Any) -> str:
        """Answer the detail of a cmdlet that fails with 400; nothing is committed."""
        before = len(self.ledger)
        answer = self.cmdlet(name, **parameters)
        assert answer.status_code == 400, (answer.status_code, answer.text)
        assert len(self.ledger) == before
        return str(answer.json()["error"]["details"][0]["message"])

    def arrived(self, address: str, folder: str = "inbox") -> list[dict[str, Any]]:
        """Answer what lies in the folder when every mail under way is there; newest first, with headers and bytes."""
        self.advance(self.tenant.delays.delivery + 1)
        fields = "subject,from,toRecipients,bccRecipients,body,isRead,isDraft,internetMessageId,internetMessageHeaders"
        path = f"/users/{address}/mailFolders/{folder}/messages?$top=100&$select={fields}&$expand=attachments"
        return list(self.got("GET", path)["value"])


def to(*addresses: str) -> list[dict[str, Any]]:
    return [{"emailAddress": {"address": address}} for address in addresses]


def mail(*addresses: str, **properties: Any) -> dict[str, Any]:
    """Make the body of sendMail."""
    message = {"subject": "hello", "body": {"contentType": "text", "content": "text"}, "toRecipients": to(*addresses)}
    return {"message": message | properties}


@pytest.fixture(scope="session")
def sockets(tmp_path_factory: pytest.TempPathFactory) -> Sockets:
    return Sockets(tmp_path_factory.mktemp("sandbox"))


@pytest.fixture
def tenancies(sockets: Sockets) -> Iterator[dict[str, Tenancy]]:
    """All tenants as the example file has them."""
    sockets.blueprint.reset(sockets.world)
    for tenant in sockets.world.tenants.values():
        tenant.limits.mailbox_milliseconds = 0  # one call after the other
    yield {name: Tenancy(sockets, i) for i, name in enumerate(("contoso", "fabrikam", "litware"), 1)}
    sockets.world.issued.clear()


@pytest.fixture
def contoso(tenancies: dict[str, Tenancy]) -> Tenancy:
    return tenancies["contoso"]


@pytest.fixture
def fabrikam(tenancies: dict[str, Tenancy]) -> Tenancy:
    return tenancies["fabrikam"]
