"""Endpoints of Microsoft's national clouds and of the sandbox, as data.

Hosts: https://learn.microsoft.com/graph/deployments and the Exchange Online admin API's own tables.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from graphmail.errors import TenantError


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where a cloud's services are. `*_audience` is the resource of the token, without `/.default`.

    Beside the fixed hosts, Exchange may redirect a bearer to `bearer_suffixes` only, and pre-authenticated upload URLs
    may lie under `upload_suffixes` only. A suffix begins with a dot; anything else is a whole host name.
    """

    name: str
    login: str
    graph: str
    exchange: str
    graph_audience: str
    exchange_audience: str
    bearer_suffixes: tuple[str, ...] = ()
    upload_suffixes: tuple[str, ...] = ()
    ca: str | None = None
    control: str | None = None
    smtp: str | None = None

    def takes_bearer(self, url: str) -> bool:
        """Whether a request that carries a bearer may go to `url`."""
        return self._origin(url) in {self._origin(self.graph), self._origin(self.exchange)} or self._has_suffix(
            url, self.bearer_suffixes
        )

    def takes_upload(self, url: str) -> bool:
        """Whether an upload session's URL lies where this cloud keeps them."""
        return self._origin(url) in {self._origin(self.graph), self._origin(self.exchange)} or self._has_suffix(
            url, self.upload_suffixes
        )

    @staticmethod
    def _origin(url: str) -> tuple[str, str]:
        parts = urlsplit(url)
        return parts.scheme, parts.netloc.lower()

    @staticmethod
    def _has_suffix(url: str, suffixes: tuple[str, ...]) -> bool:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        if parts.scheme != "https" or parts.port not in (None, 443):
            return False
        return any(host.endswith(s) if s.startswith(".") else host == s for s in suffixes)


def _national(name: str, login: str, graph: str, exchange: str, *suffixes: str) -> Cloud:
    return Cloud(
        name=name,
        login=f"https://{login}",
        graph=f"https://{graph}",
        exchange=f"https://{exchange}",
        graph_audience=f"https://{graph}",
        exchange_audience=f"https://{exchange}",
        bearer_suffixes=suffixes[:1],
        upload_suffixes=suffixes,
    )


NATIONAL = {
    cloud.name: cloud
    for cloud in (
        _national(
            "global",
            "login.microsoftonline.com",
            "graph.microsoft.com",
            "outlook.office365.com",
            ".outlook.office365.com",
            "outlook.office.com",
        ),
        _national(
            "gcc_high",
            "login.microsoftonline.us",
            "graph.microsoft.us",
            "outlook.office365.us",
            ".outlook.office365.us",
        ),
        _national(
            "dod",
            "login.microsoftonline.us",
            "dod-graph.microsoft.us",
            "outlook-dod.office365.us",
            ".outlook-dod.office365.us",
        ),
        _national(
            "china",
            "login.chinacloudapi.cn",
            "microsoftgraph.chinacloudapi.cn",
            "outlook.office365.cn",
            ".outlook.office365.cn",
            ".partner.outlook.cn",
        ),
    )
}


def cloud(name: str) -> Cloud:
    """The cloud of that name; `sandbox` is read from the file that GRAPHMAIL_SANDBOX names.

    Raises TenantError when no sandbox is running or its file is not readable.
    """
    if name in NATIONAL:
        return NATIONAL[name]
    if name != "sandbox":
        raise TenantError(f"There is no cloud {name!r}", expected=", ".join((*NATIONAL, "sandbox")))
    return _sandbox(sandbox_description())


def _sandbox(running: dict[str, Any]) -> Cloud:
    for service in ("login", "graph", "exchange", "control"):
        # Sandbox bearers and secrets never leave the machine, whatever the file says.
        if urlsplit(running[service]).hostname not in ("127.0.0.1", "localhost", "::1"):
            raise TenantError(f"The sandbox's {service} endpoint is not on loopback", found=running[service])
    return Cloud(
        name="sandbox",
        login=running["login"],
        graph=running["graph"],
        exchange=running["exchange"],
        graph_audience=NATIONAL["global"].graph_audience,
        exchange_audience=NATIONAL["global"].exchange_audience,
        ca=running["ca"],
        control=running["control"],
        smtp=running.get("smtp"),
    )


def sandbox_description() -> dict[str, Any]:
    """The running sandbox's `sandbox.json`."""
    name = os.environ.get("GRAPHMAIL_SANDBOX", "")
    remedy = "start it with `make sandbox` and set GRAPHMAIL_SANDBOX to the sandbox.json that it names"
    if not name:
        raise TenantError(
            "Cloud `sandbox` needs a running sandbox", found="GRAPHMAIL_SANDBOX is not set", remedy=remedy
        )
    try:
        running: dict[str, Any] = json.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise TenantError(
            "Cloud `sandbox` needs a running sandbox", found=f"{name} is not a readable sandbox.json", remedy=remedy
        ) from None
    return running
