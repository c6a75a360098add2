"""The file stays where it was sealed; how it travels on is the operator's choice."""

from __future__ import annotations

from typing import ClassVar

from graphmail.handover.deliveries.delivery import Delivery, Sealed
from graphmail.tenant import Tenant


class FileDelivery(Delivery):
    name: ClassVar[str] = "file"

    def deliver(self, tenant: Tenant, sealed: Sealed) -> str:
        return f"{sealed.path} and {sealed.note}"
