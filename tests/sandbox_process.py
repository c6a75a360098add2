"""A sandbox in a process of its own, and what tests do to it through its control pages.

Speaks plain requests: a test of the emulator through our own client would not notice a mistake they share.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "sandbox.example.yml"
CONTOSO = "5a4d0000-0000-4000-8000-000000000001"
FABRIKAM = "5a4d0000-0000-4000-8000-000000000002"
LITWARE = "5a4d0000-0000-4000-8000-000000000003"
GRAPH_SCOPE = "https://graph.microsoft.com/.default"
EXCHANGE_SCOPE = "https://outlook.office365.com/.default"
START_TIMEOUT = 60  # seconds; a shared machine can be slow

# Delays of about an hour and more: caches of Exchange rights, the audit log, a tenant being customized.
OUTLIVE_TOKENS = ("rbac_idle", "rbac_busy", "audit", "hydration", "customization")


class Sandbox:
    """`json` is the parsed sandbox.json, `path` its file."""

    def __init__(self, path: Path, process: subprocess.Popen[str] | None = None) -> None:
        self.path = path
        self.json: dict[str, Any] = json.loads(path.read_text())
        self.process = process
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = self.json["ca"]
        self._seen: dict[str, int] = {}

    @property
    def tenants(self) -> list[str]:
        return list(self.json["admins"])

    def control(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        """Ask a control page; raises for a refusal, unless it is the `status` expected."""
        answer = self.http.request(method, f"{self.json['control']}/_sandbox{path}", json=body, timeout=30)
        if status is None:
            assert answer.ok, answer.text
        else:
            assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def reset(self, tenant: str | None = None) -> None:
        """Back to the tenants file; tokens minted before are refused."""
        self.control("POST", "/reset", {"tenant": tenant} if tenant else {})
        self._seen = {}

    # What happened

    def ledger(self, tenant: str) -> list[dict[str, Any]]:
        """All committed changes of a tenant."""
        return list(self.control("GET", f"/tenants/{tenant}/ledger")["ledger"])

    @property
    def writes(self) -> list[dict[str, Any]]:
        """All tenants' committed changes since the test began, or since `mark`; by-hand ones too."""
        return [entry for t in self.tenants for entry in self.ledger(t)[self._seen.get(t, 0) :]]

    def mark(self) -> None:
        """Forget what was written: `writes` begins here."""
        self._seen = {t: len(self.ledger(t)) for t in self.tenants}

    def requests(self, tenant: str) -> list[dict[str, Any]]:
        return list(self.control("GET", f"/tenants/{tenant}/requests")["requests"])

    def mailbox(self, tenant: str, address: str) -> dict[str, Any]:
        return dict(self.control("GET", f"/tenants/{tenant}/mailboxes/{address}"))

    # What tests do

    def by_hand(
        self,
        tenant: str,
        method: str = "",
        path: str = "",
        body: Any = None,
        *,
        cmdlet: str = "",
        parameters: dict[str, Any] | None = None,
        ok: bool = True,
    ) -> Any:
        """What a person with all rights does: `by_hand(t, "GET", "/users")` or `by_hand(t, cmdlet="Get-Mailbox")`.

        Answers the body; with `ok=False` the whole `{"status", "body"}`, whatever the status.
        """
        wanted = (
            {"service": "exchange", "cmdlet": cmdlet, "parameters": parameters or {}}
            if cmdlet
            else {"service": "graph", "method": method, "path": path, "body": body}
        )
        answer = self.control("POST", f"/tenants/{tenant}/by-hand", wanted)
        if not ok:
            return answer
        assert answer["status"] < 400, answer
        return answer["body"]

    def now(self, tenant: str) -> str:
        return str(self.control("GET", f"/tenants/{tenant}/clock")["now"])

    def advance(self, tenant: str, seconds: float) -> None:
        self.control("POST", f"/tenants/{tenant}/clock", {"advance": seconds})

    def settle(self, tenant: str) -> None:
        """Let every lag of the tenant pass but those that outlive a token."""
        lags = self.control("GET", f"/tenants/{tenant}/delays")
        self.advance(tenant, max(s for name, s in lags.items() if name not in OUTLIVE_TOKENS) + 1)

    def delays(self, tenant: str, **seconds: float) -> None:
        self.control("PATCH", f"/tenants/{tenant}/delays", seconds)

    def limits(self, tenant: str, **sizes: int) -> None:
        self.control("PATCH", f"/tenants/{tenant}/limits", sizes)

    def fault(self, tenant: str, service: str, method: str = "*", path: str = "*", **plan: Any) -> None:
        """Plan one misbehaviour; `plan`: cmdlet, times, status, headers, body, when, hang."""
        self.control("POST", f"/tenants/{tenant}/faults", {"service": service, "method": method, "path": path, **plan})

    # Signing in without our client

    def token_answer(self, tenant: str, scope: str = GRAPH_SCOPE, **form: str | None) -> requests.Response:
        """Ask the token endpoint as the tenant's admin app; `form` replaces fields, None leaves one out."""
        fields = {"grant_type": "client_credentials", "scope": scope, **self.json["admins"].get(tenant, {}), **form}
        wanted = {name: value for name, value in fields.items() if value is not None}
        return self.http.post(f"{self.json['login']}/{tenant}/oauth2/v2.0/token", data=wanted, timeout=30)

    def token(self, tenant: str, scope: str = GRAPH_SCOPE, **form: str | None) -> str:
        answer = self.token_answer(tenant, scope, **form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


@contextmanager
def running(folder: Path, tenants: Path = EXAMPLE, *arguments: str) -> Iterator[Sandbox]:
    """Start `python -m graphmail.sandbox`, which tells what it issues, and stop it."""
    program = str(ROOT / "tests" / "telling_sandbox.py")
    command = [sys.executable, "-P", program, "--tenants", str(tenants), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--state", str(folder), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith("ready"):
                break
        else:
            raise AssertionError(f"the sandbox ended with {process.wait(START_TIMEOUT)}")
        yield Sandbox(folder / "sandbox.json", process)
    finally:
        process.terminate()
        process.wait(START_TIMEOUT)
        process.stdout.close()
