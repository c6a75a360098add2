"""That a credential which was taken back opens nothing any more: tried with its own sealed copy."""

from __future__ import annotations

from graphmail.clock import poll
from graphmail.credentials import SealedCredential, read
from graphmail.errors import DeadlineExceeded, TenantError, TokenError
from graphmail.evidence import Check
from graphmail.tenant import Tenant

CLAIM = "The credential that was replaced gets no token any more"
EXPECTED = "Entra refuses it at sign-in"


def tried(tenant: Tenant, key_id: str, seconds: float) -> Check:
    """The check; failed where it still gets a token when the time is over, unknown where it cannot be tried."""
    began = tenant.clock.now()
    try:
        refusal = _refusal(tenant, read(tenant.state.retired(key_id)), seconds)
    except TenantError as error:
        return _check("unknown", f"credential {key_id}: {error}", 0.0)
    waited = (tenant.clock.now() - began).total_seconds()
    if refusal is None:
        return _check("failed", f"credential {key_id} still gets a token after {waited:.0f} s", waited)
    return _check("passed", f"credential {key_id}: {refusal}, after {waited:.0f} s", waited)


def _refusal(tenant: Tenant, credential: SealedCredential, seconds: float) -> str | None:
    graph = tenant.as_mail_app(credential)

    def refused() -> str | None:
        try:
            graph.token(True)
        except TokenError as error:
            return ", ".join(f"AADSTS{code}" for code in error.codes) if error.status in (400, 401) else None
        return None

    try:
        return poll(tenant.clock, refused, seconds, "the credential to be refused")
    except DeadlineExceeded:
        return None


def _check(verdict: str, observed: str, seconds: float) -> Check:
    return Check.model_validate(
        {
            "name": "removed",
            "claim": CLAIM,
            "expected": EXPECTED,
            "observed": observed[:3900],
            "verdict": verdict,
            "seconds": seconds,
        }
    )
