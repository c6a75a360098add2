"""Get-, Set-AdminAuditLogConfig and Search-UnifiedAuditLog, which reads this tenant's ledger.

learn.microsoft.com/powershell/module/exchangepowershell/search-unifiedauditlog
"""

from __future__ import annotations

import json

from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import not_emulated
from graphmail.sandbox.exchange.moment import REQUIRED_MOMENT
from graphmail.sandbox.exchange.parameter import BOOLEAN, STRING, STRINGS, Parameter, whole_number
from graphmail.sandbox.store import Commit

DEFAULT_ROWS = 100
MOST_ROWS = 5000
_MOST_OF_SESSION = 50_000
_RECORD_TYPES = {"exchange": "ExchangeAdmin", "graph": "AzureActiveDirectory"}


def _get_config(call: Invocation) -> list[Row]:
    return [
        {
            "Name": "Admin Audit Log Settings",
            "Identity": "Admin Audit Log Settings",
            "AdminAuditLogEnabled": True,
            "UnifiedAuditLogIngestionEnabled": call.tenant.exchange.audit_enabled,
        },
    ]


def _set_config(call: Invocation) -> list[Row]:
    wanted = call.get("UnifiedAuditLogIngestionEnabled")
    if wanted in (None, call.tenant.exchange.audit_enabled):
        call.unchanged("Admin Audit Log Settings")
        return []
    call.tenant.exchange.audit_enabled = wanted
    call.commit("Admin Audit Log Settings", enabled=wanted)
    return []


def _search(call: Invocation) -> list[Row]:
    """Administrators' changes, newest first; those of mail are not in it. Entries come an hour late."""
    found = [_row(call, entry) for entry in reversed(call.tenant.ledger) if _wanted(call, entry)]
    size = min(call.get("ResultSize", DEFAULT_ROWS), MOST_ROWS)
    start = _continued(call, size) if call.get("SessionId") else 0
    shown = found[start : min(start + size, _MOST_OF_SESSION)]
    counted = [{"ResultIndex": start + i, "ResultCount": len(found)} for i in range(1, len(shown) + 1)]
    return [row | count for row, count in zip(shown, counted, strict=True)]


def _continued(call: Invocation, size: int) -> int:
    """Where this page of the session begins; the same session asked again goes on."""
    if (call.get("SessionCommand") or "ReturnLargeSet").lower() != "returnlargeset":
        raise not_emulated(f"Search-UnifiedAuditLog with SessionCommand {call.get('SessionCommand')}")
    sessions, key = call.tenant.exchange_traffic.audit_sessions, f"{call.caller.client_id} {call.get('SessionId')}"
    start = sessions.get(key, 0)
    sessions[key] = start + size
    return start


def _wanted(call: Invocation, entry: Commit) -> bool:
    record = _RECORD_TYPES.get(entry.service)
    if record is None or "mailbox" in entry.detail or not call.tenant.exchange.audit_enabled:
        return False
    if entry.at > call.tenant.clock.now() - call.lag("audit"):
        return False
    chosen = (
        (call.get("RecordType"), record),
        (call.get("ObjectIds"), entry.target),
        (call.get("Operations"), entry.request),
        (call.get("UserIds"), entry.actor),
    )
    for given, held in chosen:
        values = (given,) if isinstance(given, str) else given
        if values and held.lower() not in (v.lower() for v in values):
            return False
    return bool(call.get("StartDate") <= entry.at <= call.get("EndDate"))


def _row(call: Invocation, entry: Commit) -> Row:
    record = _RECORD_TYPES[entry.service]
    data = {
        "CreationTime": entry.at.strftime("%Y-%m-%dT%H:%M:%S"),
        "Id": f"{call.tenant.id[:24]}{entry.number:012d}",
        "Operation": entry.request,
        "OrganizationId": call.tenant.id,
        "RecordType": 1 if record == "ExchangeAdmin" else 8,
        "UserId": entry.actor,
        "ObjectId": entry.target,
        "Parameters": [{"Name": n, "Value": str(v)} for n, v in entry.detail.items()],
    }
    return {
        "RecordType": record,
        "CreationDate": entry.at,
        "UserIds": entry.actor,
        "Operations": entry.request,
        "AuditData": json.dumps(data, default=str),
        "Identity": data["Id"],
        "IsValid": True,
        "ObjectState": "Unchanged",
    }


CMDLETS = [
    Cmdlet("Get-AdminAuditLogConfig", _get_config, {}),
    Cmdlet(
        "Set-AdminAuditLogConfig", _set_config, {"UnifiedAuditLogIngestionEnabled": BOOLEAN}, customizes=True,
    ),
    Cmdlet(
        "Search-UnifiedAuditLog",
        _search,
        {
            "StartDate": REQUIRED_MOMENT,
            "EndDate": REQUIRED_MOMENT,
            "RecordType": STRING,
            "Operations": STRINGS,
            "ObjectIds": STRINGS,
            "UserIds": STRINGS,
            "ResultSize": Parameter(whole_number, "System.Int32"),
            "SessionId": STRING,
            "SessionCommand": STRING,
        },
    ),
]  # fmt: skip
