"""Litware, whose vendor has a live secret already, which the inventory keeps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.roles.conftest import Operations
from tests.sandbox_process import LITWARE

CLIENT = "5a4d0000-0003-4000-8000-00000000a001"
APP = f"/applications(appId='{CLIENT}')"
DEAD = "5a4d0000-0003-4000-8000-00000000b001"  # nobody knows its text any more
MEMBER, OUTSIDE = "registrator@litware.example", "mayor@litware.example"


class Vendor:
    """Who holds the secret that somebody made in the portal."""

    def __init__(self, ops: Operations) -> None:
        self.sandbox = ops.sandbox
        app = self.sandbox.by_hand(LITWARE, "GET", APP)
        body = {"passwordCredential": {"displayName": "vendor"}}
        made = self.sandbox.by_hand(LITWARE, "POST", f"/applications/{app['id']}/addPassword", body)
        self.key_id, self._text = made["keyId"], made["secretText"]
        self.sandbox.settle(LITWARE)

    def signs_in(self) -> bool:
        answer = self.sandbox.token_answer(LITWARE, client_id=CLIENT, client_secret=self._text)
        return bool(answer.status_code == 200)

    def reads(self, address: str) -> int:
        """What Graph answers it there, with a token got now."""
        token = self.sandbox.token(LITWARE, client_id=CLIENT, client_secret=self._text)
        url = f"{self.sandbox.json['graph']}/v1.0/users/{address}/mailFolders/inbox?$select=id"
        answer = self.sandbox.http.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        return int(answer.status_code)


@pytest.fixture
def vendor(ops: Operations) -> Vendor:
    return keeping(ops)


def keeping(ops: Operations, **fields: Any) -> Vendor:
    """Its entry keeps what the vendor has; `fields` replace others of the entry."""
    vendor = Vendor(ops)

    def edit(entries: dict) -> None:
        entries["litware"]["app"]["known_credentials"] = [DEAD, vendor.key_id]
        entries["litware"]["credential"] = {"keep": True}
        entries["litware"] |= fields

    ops.change(edit, "litware")
    ops.sandbox.mark()
    return vendor


def secrets(ops: Operations) -> list[str]:
    return [s["keyId"] for s in ops.sandbox.by_hand(LITWARE, "GET", APP)["passwordCredentials"]]
