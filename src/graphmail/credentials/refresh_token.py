"""What a person's sign-in leaves behind: with it a client gets that person's tokens until it is not used for long."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import msal

from graphmail.auth import MsalHttp
from graphmail.credentials.sealed_credential import SealedCredential


@dataclass(frozen=True, slots=True)
class RefreshToken(SealedCredential):
    """https://learn.microsoft.com/entra/identity-platform/refresh-tokens.

    `username` is who signed in, and `key_id` the object id of that user. Each answer brings another refresh token,
    which is sealed in place of this one; the older ones stay good for as long as they would have been.
    """

    kind: ClassVar[str] = "refresh_token"
    title: ClassVar[str] = "sign-in of a person"

    username: str
    refresh_token: str = field(repr=False)

    def fetch(self, authority: str, audience: str, http: MsalHttp) -> dict[str, Any]:
        client = msal.PublicClientApplication(
            self.client_id,
            authority=authority,
            instance_discovery=False,
            token_cache=msal.TokenCache(),
            http_client=http,
            http_cache={},
        )
        return dict(client.acquire_token_by_refresh_token(self.refresh_token, scopes=[f"{audience}/.default"]))

    def renewed(self, answer: Mapping[str, Any]) -> Self | None:
        token = answer.get("refresh_token")
        return replace(self, refresh_token=token) if isinstance(token, str) and token else None

    @property
    def fingerprint(self) -> str:
        """Of the person: the token is another after each use, and what it opens is the same."""
        return hashlib.sha256(f"{self.kind}|{self.key_id}|{self.username}".encode()).hexdigest()
