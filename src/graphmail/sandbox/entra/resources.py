"""The resources tokens are minted for, and their audiences.

Access tokens of Graph and Exchange are of version 1.0, and their audience is the resource's URI as it was asked for:
learn.microsoft.com/entra/identity-platform/access-token-claims-reference.
"""

from __future__ import annotations

from graphmail.sandbox.front_door.hosts import CLOUDS, GLOBAL
from graphmail.sandbox.well_known import EXCHANGE_APP_ID, GRAPH_APP_ID

AUDIENCES = {
    "https://graph.microsoft.com": GRAPH_APP_ID,
    GRAPH_APP_ID: GRAPH_APP_ID,
    "https://outlook.office365.com": EXCHANGE_APP_ID,
    "https://outlook.office.com": EXCHANGE_APP_ID,
    EXCHANGE_APP_ID: EXCHANGE_APP_ID,
    **{f"https://{cloud.graph}": GRAPH_APP_ID for cloud in CLOUDS},
    **{f"https://{cloud.exchange}": EXCHANGE_APP_ID for cloud in CLOUDS},
}
_CLOUDS = {f"https://{host}": cloud.name for cloud in CLOUDS for host in (cloud.graph, cloud.exchange)}
_CLOUDS["https://outlook.office.com"] = GLOBAL


def of_cloud(audience: str, cloud: str) -> bool:
    """Whether tokens for it are minted in that cloud; an app id is the same in all of them."""
    return _CLOUDS.get(audience, cloud) == cloud


def audiences_of(app_id: str) -> frozenset[str]:
    return frozenset(audience for audience, resource in AUDIENCES.items() if resource == app_id)
