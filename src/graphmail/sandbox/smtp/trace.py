"""The message trace: one line for each mail and recipient, in the tenant of either end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from graphmail.sandbox.exchange_records import MessageTrace
from graphmail.sandbox.store import Tenant

DELIVERED = "Delivered"
FAILED = "Failed"
QUARANTINED = "Quarantined"
SPAM = "FilteredAsSpam"  # delivered, to the junk folder


def note_trace(
    tenant: Tenant, properties: Mapping[str, Any], recipient: str, size: int, at: datetime, status: str = DELIVERED,
) -> None:  # fmt: skip
    """Write the line; `properties` are the message's, `at` is when it is traced as received."""
    sender = ((properties.get("from") or {}).get("emailAddress") or {}).get("address") or "<>"
    tenant.exchange_traffic.traces.append(
        MessageTrace(
            str(uuid4()),
            properties.get("internetMessageId") or "",
            at.replace(microsecond=at.microsecond // 1000 * 1000),
            sender,
            recipient,
            properties.get("subject") or "",
            status,
            size,
        ),
    )
