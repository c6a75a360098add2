"""What the command line said, as far as it is about one customer and may stand in its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import context

# What our playbooks take with -e, which holds no secret; of any other variable only the name is kept. A test compares
# this with what the playbooks and the documentation say.
INPUTS = frozenset(
    {
        "access_migration_back",
        "access_migration_stay",
        "discover_report",
        "drift_expires_within",
        "drift_report",
        "offboard",
        "offboard_adopted",
        "preflight_report",
        "rotate_report",
        "rotation_acknowledged",
        "rotation_grace",
        "rotation_replace",
    }
)
# Names customers, of whom only one is this evidence's business.
_CUSTOMERS = "offboard"


def invocation(customer: str, extra_vars: Mapping[str, Any]) -> dict[str, Any]:
    """Without `--limit`, which names other customers; that this one was meant its evidence says by itself."""
    arguments = [str(one) for one in context.CLIARGS.get("args") or ()]
    return {
        "playbooks": [Path(one).name for one in arguments if one.endswith((".yml", ".yaml"))],
        "tags": list(context.CLIARGS.get("tags") or ()),
        "skip_tags": list(context.CLIARGS.get("skip_tags") or ()),
        "extra_vars": {str(name): _kept(customer, str(name), value) for name, value in sorted(extra_vars.items())},
    }


def _kept(customer: str, name: str, value: Any) -> Any:
    if name == _CUSTOMERS:
        return customer if customer in str(value).split(",") else "(others)"
    if name in INPUTS and isinstance(value, str | bool | int | float):
        return str(value) if isinstance(value, str) else value
    return "(not kept)"
