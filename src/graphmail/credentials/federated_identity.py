"""The mail app's federated credential: whose tokens stand for the app. Nothing of it is secret."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from graphmail.auth import MsalHttp
from graphmail.credentials.federated_assertion import FederatedAssertion
from graphmail.errors import TenantError


@dataclass(frozen=True, slots=True)
class FederatedIdentity(FederatedAssertion):
    """`key_id` is the id of the federatedIdentityCredential. `assertion_file` is empty where no assertion is at hand.

    The vendor's identity provider signs the tokens, so as a rule nobody here can sign in with it.
    """

    kind: ClassVar[str] = "federated_identity"
    title: ClassVar[str] = "federated identity credential"

    issuer: str
    subject: str
    audience: str

    @property
    def can_sign_in(self) -> bool:
        return bool(self.assertion_file)

    def for_vendor(self) -> Self:
        """Where an assertion lies here is of no use there."""
        return replace(self, assertion_file="")

    def fetch(self, authority: str, audience: str, http: MsalHttp) -> dict[str, Any]:
        if not self.can_sign_in:
            raise TenantError(
                "Nobody here can sign in with a federated identity credential",
                expected=f"an assertion by {self.issuer} for {self.subject}",
                remedy="name credential.federated.assertion, or let the proof make a short-lived secret",
            )
        return FederatedAssertion.fetch(self, authority, audience, http)
