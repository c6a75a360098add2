"""What speaks against an access proof that passed: tests that it lacks, and a reading of the tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from graphmail.evidence.personal.placeholders import PLACEHOLDER
from graphmail.evidence.record import Record, Subject

RETIRED = "proof_retired"


def lacking(record: Record) -> Iterator[str]:
    """Mailboxes that an access proof is about and has no passed test of; that one outside is among them."""
    subject = record.subject
    if not subject.outside_mailbox:
        yield "the access proof names no mailbox outside the group"
    passed = {check.name for check in record.checks if check.verdict == "passed"}
    for mailbox in (*subject.mailboxes, *filter(None, [subject.outside_mailbox])):
        if f"access {mailbox}" not in passed:
            yield f"the access proof has no passed test of {mailbox}"


def contradictions(
    subject: Subject, state: Mapping[str, Any], retired: set[str], at: datetime | None = None
) -> Iterator[str]:
    """What a reading of the tenant that found the app holds against a proof about that subject.

    Where the vendor keeps a credential of its own, the proof has had one, and took it back: it is in `retired`.
    """
    if other := of_another_app(subject, state):
        yield other
    if "enterprise_application" in (state.get("not_read") or {}):
        return  # nor are the credentials known then
    principal = state.get("enterprise_application")
    if not principal:
        yield "the enterprise app was not found when the tenant was looked at, so the app cannot work in it"
    elif principal.get("account_enabled") is False:
        yield "the enterprise app was switched off when the tenant was looked at, so the app cannot sign in"
    held = {str(one.get("key_id")).lower(): one.get("ends") for one in state.get("credentials") or ()}
    tested = (subject.key_id or subject.signed_in_with).lower()
    if not tested:
        yield "the access proof names no credential"
    elif not held:
        yield "the app had no credential when the tenant was looked at"
    elif tested not in held.keys() | retired:
        yield f"the credential that was tested, {tested}, is not among those that the app has now"
    elif tested not in retired and _past(held[tested], state, at):
        yield f"the credential that was tested, {tested}, ended on {str(held[tested])[:10]}"


def of_another_app(subject: Subject, state: Mapping[str, Any]) -> str:
    """How the proof is about another app than the reading found."""
    same = subject.client_id.lower() == str((state.get("application") or {}).get("client_id")).lower()
    return "" if same else f"the newest access proof is about another app, {subject.client_id}"


def _past(ends: str | None, state: Mapping[str, Any], at: datetime | None) -> bool:
    """Whether a credential had ended when the tenant was looked at, by its own clock, or has by now."""
    if not ends:
        return False
    looked = datetime.fromisoformat(str(state["read"]["to"]))
    return datetime.fromisoformat(ends) <= max(looked, at or looked)


def addresses(written: Iterable[str]) -> set[str]:
    """Addresses to be compared, in whatever case. Of a placeholder what comes from the address itself is enough.

    The rest of it is what the address was to one run, and how it was written there.
    """
    return {one[1:-1].partition("-")[2][:8] if PLACEHOLDER.fullmatch(one) else one.lower() for one in written}


def retired(records: Iterable[Record]) -> set[str]:
    """Key ids of credentials that were made for a proof alone, and are proved to be gone."""
    checks = (check for record in records if record.notebook == RETIRED for check in record.checks)
    named = (check.name for check in checks if check.verdict == "passed" and check.name.startswith("listed "))
    return {name.removeprefix("listed ").lower() for name in named}
