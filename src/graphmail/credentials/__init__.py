"""Credentials in sealed files: how ops signs in to a tenant, and what the mail app signs in with.

`python -m graphmail.credentials seal CUSTOMER --inventory FILE` makes an admin's.
"""

from __future__ import annotations

import json
from pathlib import Path

from graphmail import sealed
from graphmail.credentials.client_certificate import ClientCertificate
from graphmail.credentials.client_secret import ClientSecret
from graphmail.credentials.federated_assertion import FederatedAssertion
from graphmail.credentials.federated_identity import FederatedIdentity
from graphmail.credentials.refresh_token import RefreshToken
from graphmail.credentials.sealed_credential import SealedCredential
from graphmail.errors import TenantError

KINDS: dict[str, type[SealedCredential]] = {
    kind.kind: kind for kind in (ClientSecret, ClientCertificate, FederatedAssertion, FederatedIdentity, RefreshToken)
}

__all__ = [
    "KINDS",
    "ClientCertificate",
    "ClientSecret",
    "FederatedAssertion",
    "FederatedIdentity",
    "RefreshToken",
    "SealedCredential",
    "from_json",
    "no_credential",
    "read",
]


def read(path: Path, identity: Path | None = None) -> SealedCredential:
    """The credential in a sealed file. TenantError when it is not there, does not open, or holds something else."""
    return from_json(sealed.open_sealed(path, identity))


def from_json(text: bytes) -> SealedCredential:
    """What `SealedCredential.to_json` made; without a kind, as files were before there were several, a client secret.

    Raises TenantError, without the text, for anything else.
    """
    try:
        fields = json.loads(text)
        return KINDS[fields.get("kind") or ClientSecret.kind].of(fields)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise no_credential() from None


def no_credential() -> TenantError:
    """Says what a credential looks like, and nothing of what was found."""
    return TenantError(
        "This is no credential",
        expected="a JSON object with tenant_id, client_id, key_id, expires (ISO 8601 or null), and client_secret, or "
        f"with kind ({', '.join(KINDS)}) and what that kind has",
    )
