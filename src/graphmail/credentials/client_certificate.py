"""A certificate with its private key: the key is made here and never leaves; Entra gets the certificate alone."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from cryptography.x509.oid import NameOID

from graphmail.auth import MsalHttp, as_confidential_client
from graphmail.credentials.sealed_credential import SealedCredential
from graphmail.errors import TenantError

# Entra takes RSA keys alone. 3072 bits have the strength of 128, which NIST SP 800-57 part 1 allows beyond 2030; a
# certificate made today may live until then, and 2048 bits have 112.
KEY_SIZE = 3072


@dataclass(frozen=True, slots=True)
class ClientCertificate(SealedCredential):
    """https://learn.microsoft.com/entra/identity-platform/certificate-credentials. Both fields are PEM.

    msal signs each assertion with PS256 and names the certificate by `x5t#S256`.
    """

    kind: ClassVar[str] = "certificate"
    title: ClassVar[str] = "certificate"

    certificate: str
    private_key: str = field(repr=False)

    @classmethod
    def self_signed(
        cls, tenant_id: str, client_id: str, key_id: str, name: str, start: datetime, end: datetime
    ) -> Self:
        """A new key with its own certificate, valid from `start` to `end`; made in memory, and nowhere else."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_SIZE)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(start).not_valid_after(end)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_SIGNS, critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        certificate = builder.sign(key, SHA256())
        return cls(
            tenant_id,
            client_id,
            key_id,
            certificate.public_bytes(Encoding.PEM).decode(),
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            expires=certificate.not_valid_after_utc,
        )

    def with_end(self) -> Self:
        """A certificate says itself when it ends, so nobody has to. Raises ValueError where it is none."""
        return replace(self, expires=load_pem_x509_certificate(self.certificate.encode()).not_valid_after_utc)

    @property
    def der(self) -> bytes:
        return load_pem_x509_certificate(self.certificate.encode()).public_bytes(Encoding.DER)

    @property
    def thumbprint(self) -> str:
        """SHA-1 in hex, upper case, as Entra and its portals name a certificate."""
        return hashlib.sha1(self.der, usedforsecurity=False).hexdigest().upper()

    @property
    def key_credential(self) -> dict[str, str]:
        """As Graph takes it. The key id is chosen here, so that what is sealed is known by it before it is sent.

        https://learn.microsoft.com/graph/api/resources/keycredential; the Azure CLI's `az ad app credential reset`
        chooses it too.
        """
        parsed = load_pem_x509_certificate(self.certificate.encode())
        (name,) = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return {
            "keyId": self.key_id,
            "displayName": str(name.value),
            "type": "AsymmetricX509Cert",
            "usage": "Verify",
            "key": base64.b64encode(self.der).decode(),
        }

    def fetch(self, authority: str, audience: str, http: MsalHttp) -> dict[str, Any]:
        # Read here, since msal would have its primes tested for each token: 140 ms, for a key that `check` has seen.
        key = load_pem_private_key(self.private_key.encode(), None, unsafe_skip_rsa_key_validation=True)
        signer = {"private_key": key, "public_certificate": self.certificate}
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


_SIGNS = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
