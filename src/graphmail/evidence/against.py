"""What speaks against an access proof that passed: tests that it lacks, and a reading of the tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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


def contradictions(subject: Subject, state: Mapping[str, Any], retired: set[str]) -> Iterator[str]:
    """What a reading of the tenant that found the app holds against a proof about that subject.

    Where the vendor keeps a credential of its own, the proof has had one, and took it back: it is in `retired`.
    """
    if subject.client_id.lower() != str(state["application"]["client_id"]).lower():
        yield f"the newest access proof is about another app, {subject.client_id}"
    if "enterprise_application" in (state.get("not_read") or {}):
        yield "the enterprise app and the credentials could not be read when the tenant was looked at"
        return
    if not state.get("enterprise_application"):
        yield "the enterprise app was not found when the tenant was looked at, so the app cannot work in it"
    held = {str(one.get("key_id")).lower() for one in state.get("credentials") or ()}
    tested = (subject.key_id or subject.signed_in_with).lower()
    if not tested:
        yield "the access proof names no credential"
    elif not held:
        yield "the app had no credential when the tenant was looked at"
    elif tested not in held | retired:
        yield f"the credential that was tested, {tested}, is not among those that the app has now"


def retired(records: Iterable[Record]) -> set[str]:
    """Key ids of credentials that were made for a proof alone, and are proved to be gone."""
    checks = (check for record in records if record.notebook == RETIRED for check in record.checks)
    named = (check.name for check in checks if check.verdict == "passed" and check.name.startswith("listed "))
    return {name.removeprefix("listed ").lower() for name in named}
