"""The answer of a cmdlet that ran: rows with their annotations, warnings, pages."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.exchange.cmdlet import Invocation, Row
from graphmail.sandbox.exchange.errors import CmdletError

_LIFETIME = timedelta(minutes=5)  # of a nextLink
_LARGEST_PAGE = 1000


def expired_link() -> CmdletError:
    return CmdletError("Microsoft.Exchange.Admin.OData.Core.ODataServiceException", "The continuation is not valid.")


def answer(call: Call, run: Invocation, rows: list[Row], *, pages: bool = False) -> Answer:
    """Return one page of the rows.

    With `pages` and without a ResultSize only the first row comes at once, with a warning and a link to the
    rest; with a number no more rows than that; with Unlimited all, in pages of `Prefer: odata.maxpagesize`.
    """
    start = _start(call)
    limit = run.get("ResultSize")
    if limit and len(rows) > limit:
        run.warnings.append(f"There are more results available than are currently displayed ({limit}).")
        rows = rows[:limit]
    size = _page_size(call)
    if pages and "ResultSize" not in run.parameters and start == 0 and len(rows) > 1:
        run.warnings.append("By default, only the first result is returned. Use the ResultSize parameter to get more.")
        size = 1
    body: dict[str, Any] = {
        "@odata.context": f"{call.root}/adminapi/beta/{run.tenant.id}/$metadata#Collection(Exchange.GenericHashTable)",
        "adminapi.warnings@odata.type": "#Collection(String)",
        "@adminapi.warnings": run.warnings,
        "value": [_annotated(row, _selected(call)) for row in rows[start : start + size]],
    }
    if pages and call.tenant.exchange.settings.null_rows:
        body["value"].append(None)
    if len(rows) > start + size:
        body["@odata.nextLink"] = _link(call, start + size)
    return Answer(200, body)


def confirmation(call: Call, run: Invocation) -> Answer:
    """Say what would be asked; nothing is done."""
    message = f"Are you sure you want to perform this action? {run.cmdlet} on '{run.identity}'."
    return Answer(200, {"@adminapi.confirmationmessage": message, "@adminapi.warnings": [], "value": []})


def _annotated(row: Row, selected: frozenset[str]) -> Row:
    shown: Row = {}
    for name, value in row.items():
        if selected and name.lower() not in selected:
            continue
        if isinstance(value, UUID):
            shown |= {f"{name}@data.type": "System.Guid", f"{name}@odata.type": "#Guid", name: str(value)}
        elif isinstance(value, datetime):
            shown |= {f"{name}@data.type": "System.DateTime", name: value.strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00")}
        elif isinstance(value, list):
            shown |= {f"{name}@odata.type": "#Collection(String)", name: value}
        else:
            shown[name] = value
    return shown


def _selected(call: Call) -> frozenset[str]:
    return frozenset(n.strip().lower() for n in call.query.get("$select", "").split(",") if n.strip())


def _page_size(call: Call) -> int:
    match = re.search(r"odata\.maxpagesize=(\d+)", call.headers.get("prefer", ""))
    return max(1, min(_LARGEST_PAGE, int(match.group(1)))) if match else _LARGEST_PAGE


def _digest(call: Call) -> str:
    """Return what is the same for the same body, however spaced: a link is followed with the body it came from."""
    return hashlib.sha256(json.dumps(call.json(), sort_keys=True).encode()).hexdigest()[:16]


def _link(call: Call, start: int) -> str:
    until = (call.tenant.clock.now() + _LIFETIME).timestamp()
    token = base64.urlsafe_b64encode(json.dumps([start, until, _digest(call)]).encode()).decode()
    kept = [f"$select={quote(call.query['$select'])}"] if "$select" in call.query else []
    return f"{call.root}{call.path}?{'&'.join([*kept, f'$skiptoken={quote(token)}'])}"


def _start(call: Call) -> int:
    """Where the page begins. Raises CmdletError for a link that is too old or comes with another body."""
    if (token := call.query.get("$skiptoken")) is None:
        return 0
    try:
        start, until, digest = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        raise expired_link() from None
    if digest != _digest(call) or call.tenant.clock.now().timestamp() > until:
        raise expired_link()
    return int(start)
