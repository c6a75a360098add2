"""A connected mailbox: removed, without licence, elsewhere, full, or too small for large mail."""

from __future__ import annotations

import math

from graphmail.diagnosis.cause import NO_LARGE, Cause, Certainty, Proof
from graphmail.diagnosis.facts import Facts, MailboxFacts
from graphmail.diagnosis.symptom import Symptom
from graphmail.mail_size import bytes_of, encoded_size
from graphmail.mailflow.limits import RECEIVE, SEND
from graphmail.resources.preflight import MAILBOXES

NO_REST, QUOTA = "MailboxNotEnabledForRESTAPI", "ErrorQuotaExceeded"
NEARLY = 0.98  # of the quota


def _missing(facts: Facts) -> list[MailboxFacts]:
    return [box for box in facts.mailboxes if box.mailbox.value is None and not _elsewhere(box)]


def _elsewhere(box: MailboxFacts) -> str:
    """The type of a recipient that is there and no mailbox of this Exchange."""
    kind = str((box.recipient.value or {}).get("RecipientTypeDetails", ""))
    return "" if kind in ("", "User", *MAILBOXES) else kind


def _removed(facts: Facts) -> Proof | None:
    gone = [box for box in _missing(facts) if box.removed.value or not box.users.value]
    if not gone:
        return None
    how = [
        f"{b.address}: {'removed, and can be restored' if b.removed.value else 'no such user or mailbox'}" for b in gone
    ]
    calls = tuple(call for box in gone for call in (box.mailbox, box.removed, box.users, box.read))
    return Proof(Certainty.CERTAIN, "; ".join(how), calls)


def _unlicensed(facts: Facts) -> Proof | None:
    without = [box for box in _missing(facts) if box.users.value and not box.removed.value]
    if not without:
        return None
    names = ", ".join(box.address for box in without)
    calls = tuple(call for box in without for call in (box.users, box.mailbox, box.read))
    return Proof(Certainty.CERTAIN, f"{names}: a user without a mailbox in Exchange Online", calls)


def _on_premises(facts: Facts) -> Proof | None:
    boxes = [(box, _elsewhere(box)) for box in facts.mailboxes]
    found = "; ".join(f"{box.address} is a {kind}" for box, kind in boxes if kind)
    calls = tuple(call for box, kind in boxes if kind for call in (box.recipient, box.read))
    return Proof(Certainty.CERTAIN, found, calls) if found else None


def _too_small(facts: Facts) -> Proof | None:
    attachment = facts.customer.probe.large_mail_size
    needed = encoded_size(attachment)
    small = [
        (box, name, box.mailbox.value[name])
        for box in facts.mailboxes
        for name in (SEND, RECEIVE)
        if box.mailbox.value and (size := bytes_of(box.mailbox.value.get(name))) is not None and size < needed
    ]
    if not small:
        return None
    megabytes = math.ceil(needed / 2**20)
    found = "; ".join(f"{box.address}: {name} {value}" for box, name, value in small)
    cmdlets = "; ".join(f"Set-Mailbox {box.address} -{name} {megabytes}MB" for box, name, _value in small)
    return Proof(
        Certainty.CERTAIN,
        f"{found}; a mail with an attachment of {attachment / 2**20:.0f} MiB needs {megabytes} MB",
        tuple(box.mailbox for box in facts.mailboxes if any(box is one for one, _name, _value in small)),
        f"the customer's administrator runs {cmdlets}",
    )


def _full(facts: Facts) -> Proof | None:
    refused = [box for box in facts.mailboxes if box.answered(QUOTA)]
    if refused:
        calls = tuple(call for box in refused for call in box.answered(QUOTA))
        return Proof(Certainty.CERTAIN, f"Graph says so of {', '.join(b.address for b in refused)}", calls)
    worst: Proof | None = None
    for box in facts.mailboxes:
        held = bytes_of((box.statistics.value or {}).get("TotalItemSize"))
        quota = bytes_of((box.mailbox.value or {}).get("ProhibitSendQuota"))
        if held is None or not quota or held < NEARLY * quota:
            continue
        certainty = Certainty.CERTAIN if held >= quota else Certainty.LIKELY
        found = f"{box.address} holds {held:,} bytes; from {quota:,} on it may not send"
        if worst is None or certainty > worst.certainty:
            worst = Proof(certainty, found, (box.statistics, box.mailbox))
    return worst


MAILBOX_REMOVED = Cause(
    name="mailbox_removed",
    title="A connected mailbox was removed or renamed",
    healthy="Every connected mailbox is there",
    signs="Exchange's mailboxes and removed mailboxes, Entra's users; Graph's 404",
    next_step="the customer restores it, or operations correct `mailboxes` in the inventory and run onboard.yml",
    explains=NO_LARGE,
    judge=_removed,
)
MAILBOX_UNLICENSED = Cause(
    name="mailbox_unlicensed",
    title="A connected mailbox has no licence",
    healthy="Every connected user has a mailbox",
    signs="the user is in Entra, and Exchange has no mailbox for it; Graph's 404 `MailboxNotEnabledForRESTAPI`",
    next_step="the customer gives the user a licence with Exchange Online, or makes it a shared mailbox",
    explains=NO_LARGE,
    judge=_unlicensed,
)
MAILBOX_ON_PREMISES = Cause(
    name="mailbox_on_premises",
    title="A connected mailbox is not in Exchange Online",
    healthy="Every connected mailbox is in Exchange Online",
    signs="its `RecipientTypeDetails`, such as MailUser; Graph's 404 `MailboxNotEnabledForRESTAPI`",
    next_step="the customer moves the mailbox to Exchange Online: Graph does not reach one on premises",
    explains=NO_LARGE,
    judge=_on_premises,
)
MAILBOX_TOO_SMALL = Cause(
    name="mailbox_too_small",
    title="Large mail is over a mailbox's size limit",
    healthy="Every connected mailbox sends and takes mail as large as the inventory says",
    signs="`MaxSendSize` and `MaxReceiveSize` against the inventory's `probe.large_mail_size`, encoded",
    next_step="the customer's administrator raises the limit with Set-Mailbox",
    explains=frozenset({Symptom.LARGE}),
    judge=_too_small,
)
MAILBOX_FULL = Cause(
    name="mailbox_full",
    title="A connected mailbox is full",
    healthy="No connected mailbox is full",
    signs="Get-MailboxStatistics against `ProhibitSendQuota`; Graph's `ErrorQuotaExceeded`",
    next_step="the customer empties the mailbox, Deleted Items too, or gives it a larger plan or an archive",
    explains=frozenset(Symptom),
    judge=_full,
)
