"""Workload identity federation: an external identity provider says who the client is, and nothing secret is kept."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from graphmail.auth import MsalHttp, as_confidential_client
from graphmail.credentials.sealed_credential import SealedCredential
from graphmail.errors import TenantError


@dataclass(frozen=True, slots=True)
class FederatedAssertion(SealedCredential):
    """https://learn.microsoft.com/entra/workload-id/workload-identity-federation.

    `assertion_file` is where the provider keeps putting a fresh token, such as the one that Kubernetes projects into a
    pod. It is read anew at each sign-in, since such tokens live for minutes.
    """

    kind: ClassVar[str] = "federated"
    title: ClassVar[str] = "federated credential"

    assertion_file: str

    def fetch(self, authority: str, audience: str, http: MsalHttp) -> dict[str, Any]:
        return as_confidential_client(self.client_id, {"client_assertion": self._assertion}, authority, audience, http)

    def secrets(self) -> tuple[str, ...]:
        """The assertion of this moment: whoever has it can sign in while it lives."""
        with suppress(TenantError):
            return (self._assertion(),)
        return ()

    @property
    def fingerprint(self) -> str:
        """Of the file's place, since its content is another every few minutes."""
        return f"{self.kind} {self.assertion_file}"

    def _assertion(self) -> str:
        try:
            text = Path(self.assertion_file).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise TenantError(
                "The assertion of the external identity provider cannot be read",
                expected=f"a signed JWT in {self.assertion_file}",
                found=type(error).__name__,
                remedy="see whether the provider writes it there and this user may read it",
            ) from None
        if text.count(".") != 2:
            raise TenantError("This is no assertion", expected=f"a signed JWT in {self.assertion_file}")
        return text
