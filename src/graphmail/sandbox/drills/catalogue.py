"""All drills by name, and what a page or a document tells of them."""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.drills.body import BODY
from graphmail.sandbox.drills.connection import CONNECTION
from graphmail.sandbox.drills.drill import Drill
from graphmail.sandbox.drills.entra import ENTRA
from graphmail.sandbox.drills.exchange import EXCHANGE
from graphmail.sandbox.drills.lag import LAG
from graphmail.sandbox.drills.mail import MAIL
from graphmail.sandbox.drills.outage import OUTAGE
from graphmail.sandbox.drills.pages import PAGES
from graphmail.sandbox.drills.redirect import REDIRECT
from graphmail.sandbox.drills.replicas import REPLICAS
from graphmail.sandbox.drills.throttling import THROTTLING

DRILLS: dict[str, Drill] = {
    drill.name: drill
    for drill in (
        *THROTTLING, *OUTAGE, *MAIL, *CONNECTION, *BODY, *PAGES, *REPLICAS, *LAG, *EXCHANGE, *ENTRA, *REDIRECT,
    )
}  # fmt: skip


def catalogue() -> list[dict[str, Any]]:
    """Return `name`, `imitates`, `source` (an address), `services`, `parameters` (defaults), `times` (None: always)."""
    return [
        {
            "name": drill.name,
            "imitates": drill.imitates,
            "source": f"https://{drill.source}",
            "services": list(drill.services),
            "parameters": drill.parameters,
            "times": drill.times,
            "standing": drill.moment == "standing",
        }
        for drill in DRILLS.values()
    ]
