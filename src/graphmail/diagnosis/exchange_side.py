"""What Exchange says: policies, roles, the group, and each mailbox with its own test of the app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphmail.access_models import MODELS, AccessModel, Tested
from graphmail.customers import Customer
from graphmail.diagnosis.looks import Looks, then
from graphmail.diagnosis.sayings import count, first, names, policies, sizes
from graphmail.diagnosis.seen import Seen
from graphmail.errors import TenantError
from graphmail.exchange import Cmdlet, CmdletAnswer, Row
from graphmail.resources.access_policies import POLICIES
from graphmail.resources.exo_distribution_group import group_reads
from graphmail.resources.exo_management_role_assignment import application_assignments
from graphmail.resources.exo_service_principal import POINTERS
from graphmail.resources.recipients import addressed, recipient_read
from graphmail.tenant import Tenant

EVERY_APP = "*"


class ExchangeSide:
    """As the admin, who may read alone; `client_id` may be empty, when nobody knows the app's."""

    def __init__(self, looks: Looks, admin: Tenant, customer: Customer, client_id: str) -> None:
        self._looks = looks
        self._admin = admin
        self._customer = customer
        self._client_id = client_id
        self._model: AccessModel = MODELS[customer.access]

    def of_app(self) -> dict[str, Seen[Any]]:
        """Everything that is not of one mailbox, by the facts' names."""
        group, members = group_reads(self._customer.group.name, None)[:2]
        asked = [
            (POLICIES, count),
            (POINTERS, count),
            (group, count),
            (members, lambda rows: names(rows, "PrimarySmtpAddress")),
            (Cmdlet("Get-BlockedSenderAddress", {}), lambda rows: names(rows, "SenderAddress")),
        ]
        listed, pointers, found, inside, blocked = self._looks.exchange(self._admin.exchange, asked)
        pointer = then(pointers, self._own_pointer, lambda row: "there" if row else "there is none of this app")
        return {
            "policies": then(listed, self._own_policies, policies),
            "pointer": pointer,
            "assignments": self._assignments(pointer),
            "group": then(found, lambda rows: first(rows, "Name", self._customer.group.name)),
            "members": inside,
            "blocked": blocked,
        }

    def of_mailboxes(self) -> dict[str, dict[str, Seen[Any]]]:
        """By address, and by the facts' names."""
        boxes = self._customer.mailboxes
        asked = [
            call
            for box in boxes
            for call in (
                (recipient_read(box), lambda rows: names(rows, "RecipientTypeDetails")),
                (Cmdlet("Get-Mailbox", {"Identity": box}), sizes),
                (Cmdlet("Get-MailboxStatistics", {"Identity": box}), lambda rows: names(rows, "TotalItemSize")),
            )
        ]
        seen, tested = self._looks.exchange(self._admin.exchange, asked), self._tested()
        found = {}
        for number, box in enumerate(boxes):
            recipient, mailbox, statistics = seen[3 * number : 3 * number + 3]
            there = then(mailbox, self._addressed(box))
            found[box] = {
                "recipient": then(recipient, self._addressed(box)),
                "mailbox": there,
                "removed": self._removed(box, there),
                "statistics": then(statistics, lambda rows: rows[0] if rows else None),
                "tested": tested[box],
            }
        return found

    def _tested(self) -> dict[str, Seen[Tested]]:
        """Exchange's own test of the app and each mailbox."""
        boxes = self._customer.mailboxes
        if not self._client_id:
            error = TenantError("Not asked, since the app's client id is not known")
            return {box: Seen(f"Exchange's test of {box}", error.problem, error=error) for box in boxes}
        cmdlets = [(self._model.test(self._client_id, box), self._said) for box in boxes]
        seen = self._looks.exchange(self._admin.exchange, cmdlets)
        return {box: then(one, self._judged) for box, one in zip(boxes, seen, strict=True)}

    def _judged(self, rows: list[Row]) -> Tested:
        return self._model.tested(CmdletAnswer(rows)) if rows else Tested("undecided", "no answer")

    def _said(self, rows: list[Row]) -> str:
        return str(self._judged(rows).plane)

    @staticmethod
    def _addressed(box: str) -> Callable[[list[Row]], Row | None]:
        return lambda rows: addressed(CmdletAnswer(rows), box) or None

    def _own_pointer(self, rows: list[Row]) -> Row | None:
        return first(rows, "AppId", self._client_id)

    def _own_policies(self, rows: list[Row]) -> list[Row]:
        own = (self._client_id.lower(), EVERY_APP)
        return [row for row in rows if str(row.get("AppId", "")).lower() in own]

    def _assignments(self, pointer: Seen[Row | None]) -> Seen[list[Row]]:
        asked = "Get-ManagementRoleAssignment"
        if not pointer.read:
            return Seen(asked, pointer.answer, error=pointer.error)
        if pointer.got is None:
            return Seen(asked, "not asked: the app has no service principal in Exchange", [])
        object_id = str(pointer.got["ObjectId"])
        return self._looks.at(
            "exchange", f"{asked} {object_id}", lambda: application_assignments(self._admin, object_id), count
        )

    def _removed(self, address: str, mailbox: Seen[Row | None]) -> Seen[list[Row]]:
        """Look, only where there is no mailbox, whether it was removed."""
        cmdlet = Cmdlet("Get-Mailbox", {"Identity": address, "SoftDeletedMailbox": True})
        if not mailbox.read or mailbox.got:
            return Seen(f"Get-Mailbox -SoftDeletedMailbox {address}", mailbox.answer, [], mailbox.error)
        (seen,) = self._looks.exchange(self._admin.exchange, [(cmdlet, count)])
        return seen
