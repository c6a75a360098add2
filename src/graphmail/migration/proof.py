"""Proofs of a migration's steps: Exchange's own test alone, or both planes, with a record in the run's evidence.

Imported where a proof is made only: drawing notebooks' pictures comes with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from graphmail.access_models import MODELS
from graphmail.auth import Token
from graphmail.errors import TenantError
from graphmail.live_credential import live_credential
from graphmail.mailflow.access import AccessProof, claims, expectation
from graphmail.mailflow.checks import Checks
from graphmail.mailflow.confinement import SCOPE
from graphmail.mailflow.observation import NotTried, Observation
from graphmail.reach import Sources, detect
from graphmail.resource import Values
from graphmail.task_record import keep, record_of, subject
from graphmail.tenant import Tenant

# How long the proof's own credential, which was made a moment ago, may be refused.
SIGN_IN = 180.0


@dataclass(frozen=True, slots=True)
class _Confined:
    access: str
    mailboxes: list[str]
    outside_mailbox: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look saw; `missing` is what is not as it must be, in words, empty where all is.

    `answered` says whether Graph did answer: silence decides nothing.
    """

    missing: str
    answered: bool
    checks: Checks
    client_id: str
    key_id: str
    started: datetime


def mail_roles(token: Token) -> list[str]:
    return sorted(role for role in token.roles if role.startswith("Mail."))


def look(tenant: Tenant, params: Values, model: str, client_id: str, *, alone: bool = False) -> Seen:
    """Look once at both planes, and once more a minute later where all is right; mints a new token.

    In the model `rbac` a token with a Mail.* role proves nothing, since consent masks Exchange's own roles. `alone`:
    there must be no other source of access either. Raises what the tenant's refusal raises.
    """
    try:
        credential = live_credential(tenant, proof=params["proof"])
    except TenantError as error:
        # Says nothing of the tenant, and no way back could be proved either.
        raise NotTried(error.problem, expected=error.expected, found=error.found, remedy=error.remedy) from None
    customer = _Confined(model, list(params["mailboxes"]), params["outside_mailbox"])
    started = tenant.clock.now()
    app, checks = tenant.as_mail_app(credential), Checks(tenant.clock)
    token = tenant.wait_for_sign_in(credential, SIGN_IN) if params["proof"] else app.token(True)
    carried = mail_roles(token)
    wanted = MODELS[model].consented
    right = not carried if not wanted else wanted <= set(carried)
    seen = Observation("passed" if right else "failed", f"Mail.* roles in it: {', '.join(carried) or 'none'}")
    expected = f"Mail.* roles in it: {', '.join(sorted(wanted)) or 'none'}"
    checks.add("token", "A token minted now carries what Entra consents to in this model", expected, seen, started)
    proof = AccessProof(app, tenant.exchange, tenant.clock, customer, client_id)
    last = proof.run(0)
    for address, claim, member in claims(customer):
        checks.add(f"access {address}", claim, expectation(member=member), proof.judge(address, last), started)
    if alone:
        checks.add("scope", SCOPE, "no other source of access", _scope(tenant, params, model, client_id), started)
    wrong = [f"{check.claim}: {check.observed}" for check in checks if check.verdict != "passed"]
    missing = "; ".join(wrong) or ("" if proof.confirmed else "the two looks to be with one token")
    answers = [answer for sight in last.sights.values() for answer in (sight.read, sight.send)]
    answered = all(answer.status not in (0, 429) and answer.status < 500 for answer in answers)
    return Seen(missing, answered, checks, client_id, credential.key_id, started)


def _scope(tenant: Tenant, params: Values, model: str, client_id: str) -> Observation:
    found = detect(MODELS[model], Sources.of(tenant, client_id, params["group"]))
    return Observation("failed", "; ".join(map(str, found))) if found else Observation("passed", "none")


def record(tenant: Tenant, params: Values, step: str, seen: Seen) -> None:
    """Keep what was seen in the run's evidence."""
    about = subject(seen.client_id, seen.key_id, params["mailboxes"], params["outside_mailbox"])
    keep(tenant, record_of(tenant, f"migration_{step}", about, seen.checks, seen.started))
