"""The real host names that the sandbox answers as, and what is behind each.

learn.microsoft.com/graph/deployments, learn.microsoft.com/entra/identity-platform/authentication-national-cloud,
learn.microsoft.com/microsoft-365/enterprise/urls-and-ip-address-ranges (Outlook hosts of the national clouds),
learn.microsoft.com/entra/msal/python/advanced/instance-discovery (the login hosts that are one authority, in the order
that the public instance discovery tells them in)
"""

from __future__ import annotations

from dataclasses import dataclass

GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class NationalCloud:
    """Host names of one cloud; the first of each kind is the one that answers name others by."""

    name: str
    login: tuple[str, ...]
    graph: str
    exchange: str
    upload: str  # where pre-authenticated upload URLs lie


_AMERICAN = ("login.microsoftonline.us", "login.usgovcloudapi.net")
CLOUDS = (
    NationalCloud(
        GLOBAL,
        ("login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"),
        "graph.microsoft.com",
        "outlook.office365.com",
        "outlook.office.com",
    ),
    NationalCloud(
        "gcc_high",
        _AMERICAN,
        "graph.microsoft.us",
        "outlook.office365.us",
        "outlook.office365.us",
    ),
    NationalCloud(
        "dod",
        _AMERICAN,
        "dod-graph.microsoft.us",
        "outlook-dod.office365.us",
        "outlook-dod.office365.us",
    ),
    NationalCloud(
        "china",
        ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
        "microsoftgraph.chinacloudapi.cn",
        "outlook.office365.cn",
        "partner.outlook.cn",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """What a host name leads to: `service` is login, graph, exchange or upload; `clouds` are those it serves."""

    service: str
    clouds: frozenset[str]


def _places() -> dict[str, Place]:
    found: dict[str, Place] = {}
    for cloud in CLOUDS:
        named = [(host, "login") for host in cloud.login]
        named += [(cloud.graph, "graph"), (cloud.upload, "upload"), (cloud.exchange, "exchange")]
        for host, service in named:
            known = found.get(host)
            found[host] = Place(service, (known.clouds if known else frozenset()) | {cloud.name})
    return found


PLACES = _places()
LOGIN_HOSTS = {cloud.name: cloud.login for cloud in CLOUDS}
# Exchange sends callers on to hosts of their region, such as eurprd01.outlook.office365.com.
_REGIONAL = {f".{cloud.exchange}": PLACES[cloud.exchange] for cloud in CLOUDS}
_UPLOAD = {f"https://{cloud.graph}": f"https://{cloud.upload}" for cloud in CLOUDS}

# What the certificate is made out to, beside loopback.
CERTIFIED = (*PLACES, *(f"*{suffix}" for suffix in _REGIONAL))


def place_of(host: str) -> Place | None:
    """What answers at this host name (`name` or `name:443`), None where it is none of the services'."""
    name, _, port = host.lower().partition(":")
    if port not in ("", "443"):
        return None
    if name in PLACES:
        return PLACES[name]
    label, _, rest = name.partition(".")
    return _REGIONAL.get(f".{rest}") if label else None


def upload_root(graph_root: str) -> str:
    """Where the upload URLs lie that Graph at this root hands out: Outlook's host, or the sandbox's own port."""
    return _UPLOAD.get(graph_root, graph_root)
