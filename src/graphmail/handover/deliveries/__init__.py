"""How a sealed file travels to the vendor; one small class for each way that an inventory may name."""

from __future__ import annotations

from graphmail.handover.deliveries.delivery import Delivery, Sealed
from graphmail.handover.deliveries.file_delivery import FileDelivery
from graphmail.handover.deliveries.mail_delivery import MailDelivery

DELIVERIES: dict[str, Delivery] = {delivery.name: delivery for delivery in (FileDelivery(), MailDelivery())}
DEFAULT = FileDelivery.name

__all__ = ["DEFAULT", "DELIVERIES", "Delivery", "Sealed"]
