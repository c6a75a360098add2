"""A client secret: a text that Entra made and told once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from graphmail.auth import MsalHttp, as_confidential_client
from graphmail.credentials.sealed_credential import SealedCredential


@dataclass(frozen=True, slots=True)
class ClientSecret(SealedCredential):
    """https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow."""

    kind: ClassVar[str] = "client_secret"
    title: ClassVar[str] = "client secret"

    client_secret: str = field(repr=False)

    def fetch(self, authority: str, audience: str, http: MsalHttp) -> dict[str, Any]:
        return as_confidential_client(self.client_id, self.client_secret, authority, audience, http)
