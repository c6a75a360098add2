"""A workload of ops' that an identity provider vouches for, trusted by contoso's admin app."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from graphmail.credentials import FederatedAssertion
from tests.sandbox.signed_in import KeyPair
from tests.sandbox_process import CONTOSO, Sandbox

ISSUER, SUBJECT, FOR_ENTRA = "https://tokens.ops.example", "onboarding", "api://AzureADTokenExchange"
DAY = 86400  # seconds


def trust_workload(sandbox: Sandbox, assertion: Path, pair: KeyPair) -> FederatedAssertion:
    """What ops seals; the provider's token, good for a day, is in `assertion`."""
    client_id = sandbox.json["admins"][CONTOSO]["client_id"]
    sandbox.control("POST", "/issuers", {"issuer": ISSUER, "jwks": pair.jwks("k1")})
    trusted = {"name": "ops", "issuer": ISSUER, "subject": SUBJECT, "audiences": [FOR_ENTRA]}
    sandbox.by_hand(CONTOSO, "POST", f"/applications(appId='{client_id}')/federatedIdentityCredentials", trusted)
    sandbox.settle(CONTOSO)
    now = int(datetime.fromisoformat(sandbox.now(CONTOSO)).timestamp())
    claims = {"iss": ISSUER, "sub": SUBJECT, "aud": FOR_ENTRA, "nbf": now - DAY, "exp": now + DAY}
    assertion.write_text(pair.sign(claims, "RS256", kid="k1"))
    return FederatedAssertion(CONTOSO, client_id, "k", str(assertion))
