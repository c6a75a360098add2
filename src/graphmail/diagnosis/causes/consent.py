"""Admin consent: missing, in part, or not in the app's tokens yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from graphmail.diagnosis.cause import ALL, Cause, Certainty, Proof
from graphmail.diagnosis.facts import Facts
from graphmail.diagnosis.symptom import Symptom
from graphmail.resources.permissions import GRAPH

SEND, READ_WRITE = "Mail.Send", "Mail.ReadWrite"
ONBOARD = "operations run onboard.yml for this customer: it consents again"
# A token may be as old as this where access is evaluated all the time; else it lives for about an hour.
OLDEST_TOKEN = timedelta(hours=24)


def _granted(facts: Facts) -> frozenset[str]:
    return frozenset(c.role for c in facts.consents.value if c.resource == GRAPH)


def _missing(facts: Facts, role: str, *, alone: bool) -> Proof | None:
    """Whether that permission is missing; `alone`: only where the other one is there."""
    if role not in facts.model.consented or (facts.principal.read and facts.principal.got is None):
        return None
    if not facts.consents.read:
        lacking = facts.model.consented - facts.token.value.roles
        if role not in lacking or (alone and len(lacking) > 1):
            return None
        return Proof(Certainty.LIKELY, f"the app's new token carries no {role}", (facts.token,))
    lacking = facts.model.consented - _granted(facts)
    if role not in lacking or (alone and len(lacking) > 1):
        return None
    found = f"Entra grants the app {', '.join(sorted(_granted(facts))) or 'nothing'}, and not {role}"
    if len(lacking) > 1:
        found = "Entra grants the app no permission for mail"
    return Proof(Certainty.CERTAIN, found, (facts.consents, facts.token))


def _not_yet(facts: Facts) -> Proof | None:
    granted = _granted(facts) & facts.model.consented
    lacking = sorted(granted - facts.token.value.roles)
    calls = (facts.consents, facts.token)
    if lacking:
        found = f"Entra has granted {', '.join(lacking)}, and a new token does not carry it yet"
        return Proof(Certainty.CERTAIN, found, calls)
    young = [c for c in facts.consents.value if c.role in granted and _age(facts, c.since) < OLDEST_TOKEN]
    refused = any(probe.read and probe.value.plane != "Granted" for box in facts.mailboxes for probe in box.probes)
    if young and not refused:
        found = f"consent to {', '.join(sorted(c.role for c in young))} is younger than a day, and new tokens carry it"
        anew = "the vendor's program asks for a new token, or is restarted: an older one keeps what it was issued with"
        return Proof(Certainty.POSSIBLE, found, calls, anew)
    return None


def _age(facts: Facts, since: str) -> timedelta:
    try:
        return facts.now - datetime.fromisoformat(since.replace("Z", "+00:00"))
    except ValueError:
        return OLDEST_TOKEN


CONSENT_MISSING = Cause(
    name="consent_missing",
    title="Consent to Mail.Send is missing",
    healthy="Entra consents to Mail.Send where the access model needs it",
    signs="the app's grants in Entra; the permissions in its new token",
    next_step=ONBOARD,
    explains=frozenset({Symptom.SEND, Symptom.READ, Symptom.STOPPED}),
    judge=lambda facts: _missing(facts, SEND, alone=False),
)
READ_WRITE_MISSING = Cause(
    name="read_write_missing",
    title="Consent to Mail.ReadWrite is missing",
    healthy="Entra consents to Mail.ReadWrite where the access model needs it",
    signs="the app's grants in Entra: reading needs it, and a mail over 3 MB needs it for its draft",
    next_step=ONBOARD,
    explains=frozenset({Symptom.LARGE, Symptom.READ, Symptom.STOPPED}),
    judge=lambda facts: _missing(facts, READ_WRITE, alone=True),
)
CONSENT_NOT_YET = Cause(
    name="consent_not_yet",
    title="Consent is given, and not in the app's token yet",
    healthy="The app's tokens carry what Entra has granted",
    signs="a grant in Entra that a new token lacks, or one younger than the oldest token",
    next_step="wait some minutes and run this again; then the vendor's program asks for a new token",
    explains=ALL,
    judge=_not_yet,
    passing=True,
)
