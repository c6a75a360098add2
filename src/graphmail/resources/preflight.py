"""What preflight finds, each with what was expected, found and is to be done; told all at once.

What stops a run is an obstacle; what only spoils a part of it is a note, told and no reason to stop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphmail.errors import NotReady, ServiceFailure, TenantError
from graphmail.exchange import CmdletAnswer
from graphmail.expiry.kept import Kept
from graphmail.migration.progress import Progresses
from graphmail.resources.credential_policy import Choice
from graphmail.resources.federated_credentials import federated_credentials
from graphmail.resources.kept_credentials import kept_credentials
from graphmail.resources.recipients import addressed
from graphmail.tenant import Tenant

SKUS = "/subscribedSkus?$select=skuPartNumber,capabilityStatus,servicePlans"
MAILBOXES = ("UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox")


class Findings:
    """Collects obstacles; `raise_all` ends the customer's run with all of them."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._obstacles: list[dict[str, str]] = []
        self.notes: list[dict[str, str]] = []
        self._elsewhere: set[str] = set()
        self.roles: set[str] = set()

    def add(self, area: str, problem: str, *, expected: str, found: str, remedy: str) -> None:
        self._obstacles.append(_obstacle(area, problem, expected, found, remedy))

    def note(self, area: str, problem: str, *, expected: str, found: str, remedy: str) -> None:
        self.notes.append(_obstacle(area, problem, expected, found, remedy) | {"stops": "no"})
        self._tenant.warn(_sentence(self.notes[-1]))

    def take(self, area: str, look: Callable[[], object]) -> None:
        """Look at a resource as its own task will; its refusal is an obstacle like any other."""
        try:
            look()
        except ServiceFailure:
            raise
        except TenantError as error:
            self._obstacles.append(_obstacle(area, error.problem, error.expected, error.found, error.remedy))

    def domains(self, organization: dict[str, Any], addresses: list[str]) -> None:
        verified = [d["name"].lower() for o in organization["value"] for d in o.get("verifiedDomains", ())]
        for address in dict.fromkeys(addresses):
            if address.lower().rpartition("@")[2] not in verified:
                self._elsewhere.add(address.lower())
                self.add(
                    "mailbox",
                    f"{address} is not in a domain of this tenant",
                    expected=f"an address in {', '.join(verified)}",
                    found=address.rpartition("@")[2],
                    remedy="correct the address or the tenant_id",
                )

    def role_assignments(self, settings: dict[str, Any], consented: frozenset[str], acting: set[str]) -> None:
        """What stands in the way of RBAC for Applications; `acting` are the roles that every cache knows."""
        if settings.get("IsDehydrated") in (True, "True"):
            self.add(
                "access",
                "The organization was never customized, so Exchange refuses role assignments",
                expected="IsDehydrated False",
                found="IsDehydrated True",
                remedy="run Enable-OrganizationCustomization once in Exchange and wait an hour; it cannot be undone",
            )
        if consented and not consented <= acting:
            self.add(
                "access",
                "The app works by consent in Entra; removing that before Exchange's own roles act would cut it off",
                expected="no Mail.* consent, or the same roles for the group, two hours old",
                found=f"consented: {', '.join(sorted(consented))}; such roles: {', '.join(sorted(acting)) or 'none'}",
                remedy="run migrate.yml for this customer",
            )

    def migration(self) -> None:
        """In the middle of a migration nothing else puts a customer right: the order of the steps keeps it safe."""
        under_way = Progresses(self._tenant.state).read()
        if under_way:
            self.add(
                "access",
                "A migration of this customer is under way",
                expected="none, or one that is over",
                found=under_way.text(),
                remedy="run migrate.yml until it is over, with access: rbac, or -e access_migration_back=true",
            )

    def kept(self, application: dict[str, Any], known: list[str]) -> None:
        """That the vendor has a live credential, where the inventory says that it keeps one."""
        there = kept_credentials(application, known, federated_credentials(self._tenant, application))
        if not self._tenant.run.check_mode:
            Kept(self._tenant.state).seen(there)
        if any(credential.lives(self._tenant.clock.now()) for credential in there):
            return
        self.add(
            "credential",
            "The inventory keeps a credential that the vendor has, and none of them lives",
            expected=f"one of app.known_credentials on the app: {', '.join(known) or 'none is listed'}",
            found="; ".join(map(str, there)) or "none of them",
            remedy="correct app.known_credentials, or leave out credential.keep to have one made and handed over",
        )

    def credential(self, choice: Choice, kind: str, *, standing: bool, remedy: str) -> None:
        """What the tenant's policies have against the credential that would be made.

        Where one made here stands it goes on working, and where some administrators are exempt this one may be: then
        it is told, and stops nothing.
        """
        if choice.against is None:
            if choice.why:
                self._tenant.warn(f"Made because of the tenant's app management policy: {choice.why}.")
            return
        words = {"secret": "client secrets", "certificate": "certificates of our own"}[choice.kind]
        shorter = bool(choice.against.longest)
        problem = f"allows a shorter life of {words} only" if shorter else f"forbids {words}"
        told = self.note if standing or choice.against.some_exempt else self.add
        told(
            "credential",
            f"The tenant's app management policy {problem}",
            expected=f"{choice.lifetime} allowed" if shorter else f"credential.kind {kind} allowed",
            found=str(choice.against),
            remedy=remedy,
        )

    def mailboxes(self, users: dict[str, list[dict[str, Any]]], recipients: dict[str, CmdletAnswer]) -> None:
        for address, answer in recipients.items():
            row = addressed(answer, address)
            kind = str(row.get("RecipientTypeDetails", ""))
            if kind in MAILBOXES or address in self._elsewhere:
                continue
            exists = bool(users[address])
            self.add(
                "mailbox",
                f"{address} has no mailbox in Exchange Online" if exists or kind else f"{address} does not exist",
                expected="a user or shared mailbox in the cloud",
                found=_homeless(kind)
                or ("a user without mailbox: no licence" if exists else "no recipient and no user"),
                remedy=_home(kind) if kind or exists else "correct the address",
            )

    def raise_all(self) -> None:
        if self._obstacles:
            found, self._obstacles = self._obstacles, []
            problem = f"Customer {self._tenant.customer} cannot be onboarded yet; nothing was written:\n"
            raise NotReady(problem + "\n".join(map(_sentence, found)), found + self.notes)


def _homeless(kind: str) -> str:
    return f"{kind}, whose mailbox is elsewhere, such as on premises" if kind == "MailUser" else kind


def _home(kind: str) -> str:
    moved = "move the mailbox to Exchange Online, or leave it out"
    return moved if kind == "MailUser" else "license the user or make it a shared mailbox"


def active(sku: dict[str, Any]) -> bool:
    return sku.get("capabilityStatus", "Enabled") in ("Enabled", "Warning")


def _obstacle(area: str, problem: str, expected: str, found: str, remedy: str) -> dict[str, str]:
    told = {"problem": problem, "expected": expected, "found": found, "remedy": remedy}
    return {"area": area, "stops": "yes"} | {name: text.rstrip(".") for name, text in told.items()}


def _sentence(obstacle: dict[str, str]) -> str:
    words = {"expected": "Expected: ", "found": "Found: ", "remedy": "To do: "}
    parts = [obstacle["problem"], *(f"{word}{obstacle[name]}" for name, word in words.items() if obstacle[name])]
    return " ".join(f"{part}." for part in parts)
