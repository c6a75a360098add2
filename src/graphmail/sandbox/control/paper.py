"""HTML for people, from the templates beside this file: everything that comes from outside is escaped."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from graphmail.sandbox.well_known import DIRECTORY_ROLES, EXCHANGE_APP_ROLES, GRAPH_APP_ROLES

_KIB = 1024


def paper(template: str, status: int = 200, **values: Any) -> Response:
    text = _ENVIRONMENT.get_template(template).render(values)
    # A JSON client can put half a surrogate pair into a subject; a page has no such character.
    return Response(text.encode("utf-8", "replace"), status, media_type="text/html")


def _moment(value: datetime | str | None) -> str:
    """Seconds are enough to read, and the time is UTC everywhere."""
    if value is None:
        return "–"
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return text[:19].replace("T", " ")


def _size(value: int) -> str:
    size, units = float(value), ["bytes", "KiB", "MiB", "GiB"]
    while size >= _KIB and len(units) > 1:
        size, units = size / _KIB, units[1:]
    return f"{size:.0f} {units[0]}" if units[0] == "bytes" else f"{size:.1f} {units[0]}"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {"moment": _moment, "size": _size, "compact": _compact}
_ENVIRONMENT.globals |= {
    "app_roles": {role_id: name for name, role_id in (GRAPH_APP_ROLES | EXCHANGE_APP_ROLES).items()},
    "directory_roles": {role_id: name for name, role_id in DIRECTORY_ROLES.items()},
}
