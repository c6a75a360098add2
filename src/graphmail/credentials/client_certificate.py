"""A certificate with its private key: the key is made here and never leaves; Entra gets the certificate alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from graphmail.auth import MsalHttp, as_confidential_client
from graphmail.credentials.sealed_credential import SealedCredential
from graphmail.errors import TenantError


@dataclass(frozen=True, slots=True)
class ClientCertificate(SealedCredential):
    """https://learn.microsoft.com/entra/identity-platform/certificate-credentials. Both fields are PEM.

    msal signs each assertion with PS256 and names the certificate by `x5t#S256`.
    """

    kind: ClassVar[str] = "certificate"
    title: ClassVar[str] = "certificate"

    certificate: str
    private_key: str = field(repr=False)

    def fetch(self, authority: str, audience: str, http: MsalHttp) -> dict[str, Any]:
        signer = {"private_key": self.private_key, "public_certificate": self.certificate}
        return as_confidential_client(self.client_id, signer, authority, audience, http)

    def check(self) -> None:
        SealedCredential.check(self)
        try:
            key = load_pem_private_key(self.private_key.encode(), password=None)
            certified = load_pem_x509_certificate(self.certificate.encode()).public_key()
        except (ValueError, TypeError):
            raise TenantError(
                "This is no certificate with its private key",
                expected="both as PEM, the key without a passphrase",
                remedy="give both; nothing was sealed",
            ) from None
        if key.public_key() != certified:
            raise TenantError("The private key is not that of the certificate", remedy="nothing was sealed")
