"""The messages of RFC 3161 and of CMS (RFC 5652) that a timestamp is made of, as cryptography's ASN.1 types."""

from __future__ import annotations

from typing import Annotated

from cryptography import x509
from cryptography.hazmat import asn1

Oid = x509.ObjectIdentifier


@asn1.sequence
class AlgorithmIdentifier:
    algorithm: Oid
    parameters: asn1.Null | None


@asn1.sequence
class MessageImprint:
    hash_algorithm: AlgorithmIdentifier
    hashed_message: bytes


@asn1.sequence
class TimeStampReq:
    version: int
    message_imprint: MessageImprint
    req_policy: Oid | None
    nonce: int | None
    cert_req: Annotated[bool, asn1.Default(False)]


@asn1.sequence
class TSTInfo:
    version: int
    policy: Oid
    message_imprint: MessageImprint
    serial_number: int
    gen_time: asn1.GeneralizedTime
    nonce: int | None


@asn1.sequence
class PKIStatusInfo:
    status: int


@asn1.sequence
class Refusal:
    """A TimeStampResp without a token."""

    status: PKIStatusInfo


@asn1.sequence
class EncapsulatedContentInfo:
    content_type: Oid
    content: Annotated[bytes, asn1.Explicit(0)]


@asn1.sequence
class Attribute:
    attr_type: Oid
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class EssCertIdV2:
    """The hash is SHA-256, which is the default and so left out."""

    cert_hash: bytes


@asn1.sequence
class SigningCertificateV2:
    certs: list[EssCertIdV2]


@asn1.sequence
class IssuerAndSerialNumber:
    issuer: asn1.TLV
    serial_number: int


@asn1.sequence
class SignerInfo:
    version: int
    sid: IssuerAndSerialNumber
    digest_algorithm: AlgorithmIdentifier
    signed_attrs: Annotated[asn1.SetOf[Attribute], asn1.Implicit(0)]
    signature_algorithm: AlgorithmIdentifier
    signature: bytes


@asn1.sequence
class SignedData:
    version: int
    digest_algorithms: asn1.SetOf[AlgorithmIdentifier]
    encap_content_info: EncapsulatedContentInfo
    certificates: Annotated[asn1.SetOf[x509.Certificate] | None, asn1.Implicit(0)]
    signer_infos: asn1.SetOf[SignerInfo]


@asn1.sequence
class ContentInfo:
    content_type: Oid
    content: Annotated[SignedData, asn1.Explicit(0)]


@asn1.sequence
class TimeStampResp:
    status: PKIStatusInfo
    token: ContentInfo
