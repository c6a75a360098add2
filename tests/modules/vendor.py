"""The vendor's software, as it goes on while somebody migrates its customer: what it gets, all along virtual time."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread
from typing import Any

import pytest

from graphmail.clock import SandboxClock
from tests.modules.tenant_by_hand import TenantByHand

EVERY = 240.0  # seconds between two looks


@dataclass(frozen=True)
class Look:
    at: datetime
    address: str
    read: int
    send: int


class Vendor:
    """Signs in with a secret of its own and keeps each token for as long as it lives, as msal does.

    No client of ours: plain requests. Between two looks no more than EVERY passes, however long somebody sleeps.
    """

    def __init__(self, contoso: TenantByHand, member: str, outside: str) -> None:
        self._contoso = contoso
        self._addresses = (member, outside)
        self.member, self.outside = member, outside
        app = contoso.app()
        made = contoso.graph("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": {}})
        self._form = {"client_id": app["appId"], "client_secret": made["secretText"]}
        self._token = ""
        self._busy = False
        self.looks: list[Look] = []

    def along(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Look at every step of the virtual time that our client's sleeping makes pass."""
        slept = SandboxClock.sleep

        def sleep(clock: SandboxClock, seconds: float) -> None:
            while seconds > 0:
                slept(clock, min(seconds, EVERY))
                seconds -= EVERY
                self.look()

        monkeypatch.setattr(SandboxClock, "sleep", sleep)

    def look(self) -> None:
        sandbox, tenant = self._contoso.sandbox, self._contoso.tenant
        now = datetime.fromisoformat(sandbox.now(tenant))
        if not self._token or _expires(self._token) - now.timestamp() < 300:
            self._token = sandbox.token(tenant, **self._form)
        for address in self._addresses:
            read = self._call("GET", f"/users/{address}/mailFolders/inbox?$select=id")
            message = {"message": {"subject": "x", "toRecipients": []}, "saveToSentItems": False}
            send = self._call("POST", f"/users/{address}/sendMail", message)
            if 401 in (read, send):
                # Somebody else let hours pass since the token was looked at.
                self._token = ""
                continue
            self.looks.append(Look(now, address, read, send))

    def of(self, address: str) -> set[tuple[int, int]]:
        """What it got there: reading, and sending to nobody (400 where it may send)."""
        return {(look.read, look.send) for look in self.looks if look.address == address}

    def _call(self, method: str, path: str, body: Any = None) -> int:
        sandbox = self._contoso.sandbox
        url = f"{sandbox.json['graph']}/v1.0{path}"
        headers = {"Authorization": f"Bearer {self._token}"}
        return sandbox.http.request(method, url, headers=headers, json=body, timeout=30).status_code


def _expires(token: str) -> float:
    claims = token.split(".")[1]
    return float(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"])


class Watching(Thread):
    """The vendor's software beside a run in another process: looks again and again until `end`.

    `sandbox` must be its own: a session of requests is no two threads'.
    """

    def __init__(self, vendor: Vendor) -> None:
        super().__init__(daemon=True)
        self.vendor = vendor
        self._over = Event()

    def run(self) -> None:
        while not self._over.wait(0.1):
            self.vendor.look()

    def end(self) -> None:
        self._over.set()
        self.join(30)
