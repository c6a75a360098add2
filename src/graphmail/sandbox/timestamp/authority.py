"""A timestamp authority for rehearsing seals: RFC 3161 over HTTP, signed under the sandbox's own throw-away CA.

It tells real time, not a tenant's: a seal is the vendor's, covers runs of many tenants, and is verified by programs
that know no virtual clock. Its key and the CA's are new at each start: what it signed is verified with the `ca.pem` of
that start and no other, so whoever keeps a seal keeps that file beside it.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

import trustme
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from starlette.requests import Request
from starlette.responses import Response

from graphmail.sandbox.timestamp import messages as m

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
POLICY = m.Oid("1.3.6.1.4.1.13762.3")  # what public authorities for tests answer with
_HASHES = {"2.16.840.1.101.3.4.2.1": 32, "2.16.840.1.101.3.4.2.2": 48, "2.16.840.1.101.3.4.2.3": 64}
_SHA256 = m.AlgorithmIdentifier(algorithm=m.Oid("2.16.840.1.101.3.4.2.1"), parameters=None)
_ECDSA_SHA256 = m.AlgorithmIdentifier(algorithm=m.Oid("1.2.840.10045.4.3.2"), parameters=None)
_SIGNED_DATA, _TST_INFO = m.Oid("1.2.840.113549.1.7.2"), m.Oid("1.2.840.113549.1.9.16.1.4")
_CONTENT_TYPE, _MESSAGE_DIGEST = m.Oid("1.2.840.113549.1.9.3"), m.Oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE = m.Oid("1.2.840.113549.1.9.16.2.47")
_REJECTED = asn1.encode_der(m.Refusal(status=m.PKIStatusInfo(status=2)))


@asn1.sequence
class _SetOfAttributes:
    """Only to encode the attributes as the set that is signed."""

    attributes: asn1.SetOf[m.Attribute]


class TimestampAuthority:
    """One key and certificate, made from the CA."""

    def __init__(self, authority: trustme.CA) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = _certificate(self._key, authority)

    async def answer(self, request: Request) -> Response:
        """POST of a query; 415 for another content type, and a rejection as RFC 3161 has it for what is no query."""
        if request.headers.get("content-type", "").partition(";")[0].strip() != QUERY:
            return Response(status_code=415)
        return Response(self.reply(await request.body()), media_type=REPLY)

    def reply(self, query: bytes) -> bytes:
        """Return the TimeStampResp for a DER TimeStampReq."""
        try:
            asked = asn1.decode_der(m.TimeStampReq, query)
        except ValueError:
            return _REJECTED
        imprint = asked.message_imprint
        wanted = _HASHES.get(imprint.hash_algorithm.algorithm.dotted_string)
        if asked.version != 1 or wanted != len(imprint.hashed_message) or asked.req_policy not in (None, POLICY):
            return _REJECTED
        now = asn1.GeneralizedTime(datetime.now(UTC).replace(microsecond=0))
        info = m.TSTInfo(
            version=1, policy=POLICY, message_imprint=imprint, serial_number=secrets.randbits(63), gen_time=now,
            nonce=asked.nonce,
        )  # fmt: skip
        signed = self._signed(asn1.encode_der(info), with_certificate=asked.cert_req)
        token = m.ContentInfo(content_type=_SIGNED_DATA, content=signed)
        return asn1.encode_der(m.TimeStampResp(status=m.PKIStatusInfo(status=0), token=token))

    def _signed(self, content: bytes, *, with_certificate: bool) -> m.SignedData:
        certificate = self.certificate
        identity = m.EssCertIdV2(cert_hash=certificate.fingerprint(hashes.SHA256()))
        attributes = asn1.SetOf(
            [
                _attribute(_CONTENT_TYPE, asn1.encode_der(_TST_INFO)),
                _attribute(_MESSAGE_DIGEST, asn1.encode_der(hashlib.sha256(content).digest())),
                _attribute(_SIGNING_CERTIFICATE, asn1.encode_der(m.SigningCertificateV2(certs=[identity]))),
            ],
        )
        signature = self._key.sign(_set_of(attributes), ec.ECDSA(hashes.SHA256()))
        issuer = asn1.decode_der(asn1.TLV, certificate.issuer.public_bytes())
        signer = m.SignerInfo(
            version=1, sid=m.IssuerAndSerialNumber(issuer=issuer, serial_number=certificate.serial_number),
            digest_algorithm=_SHA256, signed_attrs=attributes, signature_algorithm=_ECDSA_SHA256, signature=signature,
        )  # fmt: skip
        certificates = asn1.SetOf([certificate]) if with_certificate else None
        encapsulated = m.EncapsulatedContentInfo(content_type=_TST_INFO, content=content)
        return m.SignedData(
            version=3, digest_algorithms=asn1.SetOf([_SHA256]), encap_content_info=encapsulated,
            certificates=certificates, signer_infos=asn1.SetOf([signer]),
        )  # fmt: skip


def _attribute(kind: m.Oid, value: bytes) -> m.Attribute:
    return m.Attribute(attr_type=kind, values=asn1.SetOf([asn1.decode_der(asn1.TLV, value)]))


def _set_of(attributes: asn1.SetOf[m.Attribute]) -> bytes:
    """Return the attributes with the tag of a SET, which is what the signature is over (RFC 5652, 5.4)."""
    sequence = asn1.encode_der(_SetOfAttributes(attributes=attributes))
    header = 2 if sequence[1] < 0x80 else 2 + (sequence[1] & 0x7F)
    return sequence[header:]


def _certificate(key: ec.EllipticCurvePrivateKey, authority: trustme.CA) -> x509.Certificate:
    """Issue the authority's certificate: extended key usage timeStamping, critical and alone (RFC 3161, 2.3)."""
    signer = load_pem_private_key(authority.private_key_pem.bytes(), None)
    issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError("the sandbox's CA has an elliptic curve key")
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "graphmail sandbox timestamp authority")])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    sign_only = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(sign_only, critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
