"""Ops' own multi-tenant public client, registered in a tenant of ops', and the people who sign in with it."""

from __future__ import annotations

import html
import re
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.sandbox.signed_in import ADMIN, appoint, post
from tests.sandbox_process import CONTOSO, LITWARE, Sandbox

BACK = "http://localhost"
GLOBAL = "62e90394-69f5-4237-9190-012177145e10"
GRAPH, EXCHANGE = "00000003-0000-0000-c000-000000000000", "00000002-0000-0ff1-ce00-000000000000"
GRAPH_SCOPES = (
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "RoleManagement.ReadWrite.Directory",
    "User.Read.All",
)
EXCHANGE_SCOPES = ("Exchange.Manage",)


class OpsClient:
    """Registered in litware, which stands for ops' own tenant; `tell` does what a message asks a person for."""

    def __init__(
        self, sandbox: Sandbox, graph: tuple[str, ...] = GRAPH_SCOPES, exchange: Any = EXCHANGE_SCOPES
    ) -> None:
        self.sandbox = sandbox
        self.username, self.decision = ADMIN, "approve"
        self.told: list[str] = []
        self.pages: list[int] = []
        declared = [self._declared(GRAPH, graph), self._declared(EXCHANGE, exchange)]
        body = {
            "displayName": "Helpdesk operations",
            "signInAudience": "AzureADMultipleOrgs",
            "isFallbackPublicClient": True,
            "publicClient": {"redirectUris": [BACK]},
            "requiredResourceAccess": [api for api in declared if api["resourceAccess"]],
        }
        self.app = sandbox.by_hand(LITWARE, "POST", "/applications", body)
        self.client_id = str(self.app["appId"])
        sandbox.by_hand(LITWARE, "POST", "/servicePrincipals", {"appId": self.client_id})
        sandbox.settle(LITWARE)

    def consent(self, tenant: str = CONTOSO, username: str = ADMIN) -> None:
        """An administrator of that tenant accepts all that the client declares."""
        appoint(self.sandbox, tenant, username, GLOBAL)
        form = {"client_id": self.client_id, "redirect_uri": BACK, "username": username, "decision": "approve"}
        answer = post(self.sandbox, f"{tenant}/adminconsent", form)
        assert "admin_consent=True" in answer.headers["Location"], answer.text

    def tell(self, text: str) -> None:
        """Read the message, and decide on the page that it names."""
        self.told.append(text)
        if code := re.search(r"enter the code (\S+)", text):
            page = re.search(r"open (\S+)", text)[1].partition("/common")[2]
            form = {"user_code": code[1], "username": self.username, "decision": self.decision}
            self.pages.append(post(self.sandbox, f"common{page}", form).status_code)
        elif link := re.search(r"https://\S+/authorize\?\S+", text):
            threading.Thread(target=self._in_browser, args=(link[0],)).start()

    def _in_browser(self, link: str) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
        path = urlsplit(link).path.lstrip("/")
        answer = post(self.sandbox, path, asked | {"username": self.username, "decision": self.decision})
        self.pages.append(answer.status_code)
        if answer.status_code == 200:
            action = re.search(r'action="([^"]+)"', answer.text)[1].replace("localhost", "127.0.0.1")
            fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', answer.text))
            back = self.sandbox.http.post(action, data={n: html.unescape(v) for n, v in fields.items()}, timeout=30)
            self.pages.append(back.status_code)

    def _declared(self, resource: str, names: tuple[str, ...]) -> dict[str, Any]:
        offered = self.sandbox.by_hand(LITWARE, "GET", f"/servicePrincipals(appId='{resource}')")
        ids = {scope["value"]: scope["id"] for scope in offered["oauth2PermissionScopes"]}
        return {"resourceAppId": resource, "resourceAccess": [{"id": ids[name], "type": "Scope"} for name in names]}
