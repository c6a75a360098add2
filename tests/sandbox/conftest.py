"""Driving the emulated services with plain requests and msal."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox.published.check import verified
from tests.sandbox_in_process import contoso, fabrikam, sockets, tenancies
from tests.sandbox_process import CONTOSO, EXCHANGE_SCOPE, GRAPH_SCOPE, Sandbox


class Graph:
    """Graph as one app of one tenant, with one token."""

    def __init__(self, sandbox: Sandbox, tenant: str, token: str) -> None:
        self.sandbox = sandbox
        self.tenant = tenant
        self.token = token

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        url = path if path.startswith("https://") else f"{self.sandbox.json['graph']}/v1.0{path}"
        return verified(self.sandbox.http.request(method, url, json=body, headers=headers, timeout=30, **options))

    def ok(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Answer the parsed body of a success."""
        answer = self(method, path, body, **options)
        assert answer.ok, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def refused(
        self, status: int, code: str, method: str, path: str, body: Any = None, **options: Any
    ) -> dict[str, Any]:
        """Answer the error of a refusal with this status and code."""
        answer = self(method, path, body, **options)
        assert answer.status_code == status, (answer.status_code, answer.text)
        error = answer.json()["error"]
        assert error["code"] == code, error
        return dict(error)

    def settle(self) -> None:
        self.sandbox.settle(self.tenant)


@pytest.fixture
def graph(sandbox: Sandbox) -> Graph:
    """Graph as the admin app of contoso, where nobody has done anything yet."""
    return Graph(sandbox, CONTOSO, sandbox.token(CONTOSO))


@pytest.fixture
def graph_of(sandbox: Sandbox) -> Any:
    """Make a Graph of another tenant or app: `graph_of(LITWARE)`."""

    def make(tenant: str, **form: str | None) -> Graph:
        return Graph(sandbox, tenant, sandbox.token(tenant, GRAPH_SCOPE, **form))

    return make


@pytest.fixture
def new_app(sandbox: Sandbox) -> dict[str, str]:
    """A new app of contoso with a service principal and a secret, all lags over."""
    registered = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "app"})
    principal = sandbox.by_hand(CONTOSO, "POST", "/servicePrincipals", {"appId": registered["appId"]})
    secret = sandbox.by_hand(CONTOSO, "POST", f"/applications/{registered['id']}/addPassword", {})
    sandbox.settle(CONTOSO)
    return {
        "id": registered["id"],
        "principal": principal["id"],
        "client_id": registered["appId"],
        "client_secret": secret["secretText"],
        "key_id": secret["keyId"],
    }


__all__ = ["EXCHANGE_SCOPE", "Graph", "contoso", "fabrikam", "sockets", "tenancies"]
