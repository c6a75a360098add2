"""That a credential which was taken back opens nothing any more: tried with its own sealed copy."""

from __future__ import annotations

from graphmail.errors import DeadlineExceeded, TenantError
from graphmail.evidence import Check, Verdict
from graphmail.refused_sign_in import Attempts
from graphmail.tenant import Tenant

CLAIM = "The credential that was replaced gets no token any more"
EXPECTED = "refused twice, 60 s apart, as a wrong one, one that ended, or of no app"


def tried(tenant: Tenant, key_id: str, seconds: float) -> Check:
    """The check; failed where it still gets a token when the time is over, unknown where it cannot be tried."""
    began, attempts = tenant.clock.now(), Attempts(tenant)
    verdict: Verdict
    try:
        verdict, observed = "passed", f"{attempts.refused_twice(tenant.state.retired(key_id), seconds)}, twice"
    except DeadlineExceeded:
        verdict, observed = "failed", "it still gets a token"
    except TenantError as error:
        verdict, observed = "unknown", str(error)
    waited = (tenant.clock.now() - began).total_seconds()
    return Check(
        name="removed",
        claim=CLAIM,
        expected=EXPECTED,
        observed=f"credential {key_id}: {observed[:3800]}; after {waited:.0f} s",
        verdict=verdict,
        seconds=waited,
        attempts=attempts.made,
    )
