"""Endpoints of Microsoft's national clouds and of the sandbox, as data.

Hosts: https://learn.microsoft.com/graph/deployments and the Exchange Online admin API's own tables.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from graphmail.errors import TenantError


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where a cloud's services are. `*_audience` is the resource of the token, without `/.default`.

    Beside the fixed hosts, Exchange may redirect its bearer to `bearer_suffixes` only, and pre-authenticated upload
    URLs may lie under `upload_suffixes` only. A suffix begins with a dot; anything else is a whole host name.
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

    def takes_graph_token(self, url: str) -> bool:
        """Whether a request that carries a token for Graph may go to `url`."""
        return self._within(url, self.graph)

    def takes_exchange_token(self, url: str) -> bool:
        """Whether a request that carries a token for Exchange may go to `url`; it is sent to regional hosts too."""
        return self._within(url, self.exchange, self.bearer_suffixes)

    def takes_upload(self, url: str) -> bool:
        """Whether an upload session's URL lies where this cloud keeps them."""
        return self._within(url, self.graph, self.upload_suffixes) or self._within(url, self.exchange)

    @staticmethod
    def _within(url: str, root: str, suffixes: tuple[str, ...] = ()) -> bool:
        origin = _origin(url)
        if origin is None:
            return False
        return origin == _origin(root) or any(origin.endswith(s) if s[0] == "." else origin == s for s in suffixes)


# Only plain host names: where one parser ends a host at a backslash, an `@` or a tab and another does not, there are
# two hosts in one URL.
_URL = re.compile(r"https://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?(?:[/?#].*)?", re.DOTALL)


def _origin(url: str) -> str | None:
    """`host`, or `host:port` of another port than 443, in lower case; None for what is no plain https URL."""
    parts = _URL.fullmatch(url)
    if parts is None:
        return None
    return parts[1].lower() + (parts[2] if parts[2] and parts[2] != ":443" else "")


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


NEEDED = ("login", "graph", "exchange", "control", "ca")  # of sandbox.json


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
        running: Any = json.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        running = None
    if not isinstance(running, dict) or not all(isinstance(running.get(field), str) for field in NEEDED):
        raise TenantError(
            "Cloud `sandbox` needs a running sandbox", found=f"{name} is not a readable sandbox.json", remedy=remedy
        )
    return running
