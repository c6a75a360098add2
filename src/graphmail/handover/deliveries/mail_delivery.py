"""By mail from the customer's own new mailbox, sent by the very app and credential that are handed over.

https://learn.microsoft.com/graph/api/user-sendmail
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any, ClassVar

from graphmail.errors import OutcomeUnknown, TenantError
from graphmail.graph import Graph
from graphmail.handover.deliveries.delivery import Delivery, Sealed
from graphmail.keyed_create import find_again
from graphmail.mailflow.mailbox import user
from graphmail.retry import Operation
from graphmail.tenant import Tenant

SUBJECT = "Kundo Mail: access to the mailboxes of {customer} [{mark}]"


class MailDelivery(Delivery):
    """One mail with the note as text and the sealed file attached; its copy stays in Sent Items."""

    name: ClassVar[str] = "mail"

    def way(self, address: str) -> str:
        """A mail that went to a mistyped address says nothing of the right one."""
        return f"{self.name} {address.lower()}"

    def deliver(self, tenant: Tenant, sealed: Sealed) -> str:
        if not (sealed.address and sealed.sender):
            raise TenantError("There is no address to send the sealed file to", remedy="give handover.address")
        app = tenant.as_mail_app(sealed.credential)
        # An earlier run may have sent it and died before it could say so.
        if not (sealed.again and _seen(tenant, app, sealed)):
            self._send(tenant, app, sealed)
        return f"mail from {sealed.sender} to {sealed.address}"

    def _send(self, tenant: Tenant, app: Graph, sealed: Sealed) -> None:
        """Once. After a lost answer its mark is looked for in Sent Items, and it is never sent again here."""
        try:
            reply = app.call(Operation.SEND, "POST", f"{user(sealed.sender)}/sendMail", json=_mail(tenant, sealed))
        except OutcomeUnknown as unknown:
            tenant.clock.sleep(unknown.retry_after)
            if _seen(tenant, app, sealed):
                return
            raise
        if reply.status != 202:
            raise OutcomeUnknown(
                "Graph answered sendMail with another status than 202, so the mail may not have gone",
                found=f"HTTP {reply.status}",
                remedy="run handover.yml again: it looks for the mail before it sends another",
                request_id=reply.request_id,
            )


def _seen(tenant: Tenant, app: Graph, sealed: Sealed) -> bool:
    """Whether it is in Sent Items; that it is not there takes several looks, since the copy comes late."""
    query = f"$filter=contains(subject,'{_mark(sealed)}')&$select=id".replace(" ", "%20")
    path = f"{user(sealed.sender)}/mailFolders/sentitems/messages?{query}"
    return find_again(tenant.clock, lambda: app.get(path).get("value") or None) is not None


def _mark(sealed: Sealed) -> str:
    """What the mail is known by in its subject: of this credential to these recipients at this address."""
    return hashlib.sha256(sealed.marker.encode()).hexdigest()[:16]


def _mail(tenant: Tenant, sealed: Sealed) -> dict[str, Any]:
    attachment = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": sealed.path.name,
        "contentType": "application/age-encryption",
        "contentBytes": base64.b64encode(sealed.path.read_bytes()).decode(),
    }
    return {
        "message": {
            "subject": SUBJECT.format(customer=tenant.customer, mark=_mark(sealed)),
            "body": {"contentType": "Text", "content": sealed.note.read_text(encoding="utf-8")},
            "toRecipients": [{"emailAddress": {"address": sealed.address}}],
            "attachments": [attachment],
        },
        "saveToSentItems": True,
    }
