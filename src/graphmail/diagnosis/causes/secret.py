"""The app's secret or certificate: expired, wrong or removed; and that a new secret may not be made."""

from __future__ import annotations

from datetime import datetime, timedelta

from graphmail.diagnosis.cause import NO_LARGE, Cause, Certainty, Proof
from graphmail.diagnosis.facts import Facts
from graphmail.live_credential import REPLACE

# Of a secret; 700027 is said of a certificate whether it has ended or is not on the app.
EXPIRED, WRONG, UNKNOWN_CERTIFICATE = 7000222, 7000215, 700027
# How long a secret that was just made may be refused (design: minutes; an hour is generous).
NEW = timedelta(hours=1)


def _expired(facts: Facts) -> Proof | None:
    stored = facts.stored.got
    over = bool(stored and stored.expires and stored.expires <= facts.now)
    ended = f"; its end was {stored.expires:%Y-%m-%d}" if stored and stored.expires and over else ""
    if over and UNKNOWN_CERTIFICATE in facts.codes:
        return Proof(Certainty.CERTAIN, f"Entra refuses the certificate{ended}", (facts.token, facts.stored))
    if over and not facts.token.read and EXPIRED not in getattr(facts.token.error, "codes", ()):
        return Proof(Certainty.LIKELY, f"the sealed credential is over{ended}", (facts.stored, facts.token))
    if stored is None and facts.application.got:
        return _all_expired(facts)
    if EXPIRED in facts.codes:
        return Proof(Certainty.CERTAIN, f"Entra refuses it as expired{ended}", (facts.token, facts.stored))
    return None


def _all_expired(facts: Facts) -> Proof | None:
    """What the app says of its secrets, where the vendor's is not held here, as with `credential.keep`."""
    application = facts.application.value or {}
    ends = [_time(str(s["endDateTime"])) for s in application.get("passwordCredentials") or () if s.get("endDateTime")]
    if ends and max(ends) <= facts.now and not application.get("keyCredentials"):
        found = f"the app's last secret ended on {max(ends):%Y-%m-%d}"
        return Proof(Certainty.LIKELY, found, (facts.application,))
    _signed_in = facts.token.value
    return None


def _wrong(facts: Facts) -> Proof | None:
    if not facts.codes & {WRONG, UNKNOWN_CERTIFICATE}:
        return None
    application = facts.application.got
    key_id = facts.stored.value.key_id
    if application is None:
        return Proof(Certainty.LIKELY, "Entra refuses it as wrong; why could not be seen", (facts.token,))
    certified = UNKNOWN_CERTIFICATE in facts.codes
    what, collection = ("certificate", "keyCredentials") if certified else ("secret", "passwordCredentials")
    there = {str(s["keyId"]).lower(): s for s in application.get(collection) or ()}
    calls = (facts.token, facts.application, facts.stored)
    if (own := there.get(key_id.lower())) is None:
        return Proof(Certainty.CERTAIN, f"the app has no {what} {key_id} any more: somebody removed it", calls)
    if facts.now - _time(str(own.get("startDateTime"))) < NEW:
        later = f"wait some minutes, and run this again; a new {what} is not known everywhere at once"
        return Proof(Certainty.LIKELY, f"{what} {key_id} is on the app, and less than an hour old", calls, later)
    other = "it has ended, or its key is another one" if certified else "its value is another one"
    return Proof(Certainty.CERTAIN, f"{what} {key_id} is on the app, and {other}", calls)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _forbidden(facts: Facts) -> Proof | None:
    if not facts.codes & {EXPIRED, WRONG}:
        return None
    policy = facts.secrets_policy.value
    rules = (policy.get("applicationRestrictions") or {}).get("passwordCredentials") or ()
    added = [r for r in rules if r.get("restrictionType") == "passwordAddition" and r.get("state") != "disabled"]
    if not policy.get("isEnabled") or not added:
        return None
    found = "the tenant's app management policy forbids new client secrets, so the old one cannot be replaced"
    return Proof(Certainty.CERTAIN, found, (facts.secrets_policy, facts.token))


SECRET_EXPIRED = Cause(
    name="secret_expired",
    title="The app's secret or certificate has expired",
    healthy="The app's secret or certificate has not expired",
    signs="AADSTS7000222, or of a certificate 700027, at the app's own sign-in; the sealed credential's end",
    next_step=f"operations {REPLACE}, and hand it over to the vendor",
    explains=NO_LARGE,
    judge=_expired,
)
SECRET_WRONG = Cause(
    name="secret_wrong",
    title="The app's secret or certificate is wrong or was removed",
    healthy="Entra knows the app's secret or certificate",
    signs="AADSTS7000215, or of a certificate 700027; whether the app still has one with that key id",
    next_step=f"ask the customer who removed it; then operations {REPLACE}",
    explains=NO_LARGE,
    judge=_wrong,
)
NEW_SECRET_FORBIDDEN = Cause(
    name="new_secret_forbidden",
    title="The tenant forbids new secrets",
    healthy="A new secret may be made where one is needed",
    signs="the secret has ended, and the tenant's app management policy has `passwordAddition`",
    next_step="the customer's administrator exempts the app, or operations choose `credential.kind: certificate`",
    explains=frozenset(),
    judge=_forbidden,
)
