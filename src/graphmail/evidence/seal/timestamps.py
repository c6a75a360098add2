"""RFC 3161 timestamps: asked of the authority that the inventory names, checked by its certificates at its own time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import requests
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from rfc3161_client import TimestampRequestBuilder, VerificationError, VerifierBuilder, decode_timestamp_response

from graphmail.evidence.files import EvidenceError

_TIMEOUT = (10, 20)  # seconds to connect, seconds to answer
_LARGEST = 64 * 1024


class NotReached(EvidenceError):
    """The authority gave no timestamp; the run is not sealed yet."""


class TimestampAuthority(Protocol):
    """Who can say when something was there."""

    @property
    def roots(self) -> bytes:
        """The PEM certificates that its answers are checked with."""

    def stamp(self, message: bytes) -> bytes:
        """A TimeStampResp over `message`, checked. Raises NotReached."""


@dataclass(frozen=True, slots=True)
class HttpAuthority:
    """An authority at a URL; its answers never come from a session that holds a token."""

    url: str
    roots: bytes
    verify: str | bool = True  # as requests takes it

    def stamp(self, message: bytes) -> bytes:
        remedy = "the run is closed; `python -m graphmail.evidence seal` seals it later"
        query = TimestampRequestBuilder().data(message).cert_request(cert_request=True).build()
        headers = {"Content-Type": "application/timestamp-query"}
        try:
            with requests.Session() as session:
                session.trust_env, session.verify = False, self.verify
                answer = session.post(
                    self.url, query.as_bytes(), headers=headers, timeout=_TIMEOUT, allow_redirects=False, stream=True
                )
                body = answer.raw.read(_LARGEST, decode_content=True)
        except (requests.RequestException, OSError) as error:
            raise NotReached(
                "The timestamp authority was not reached", found=type(error).__name__, remedy=remedy
            ) from None
        if answer.status_code != 200:
            raise NotReached("The timestamp authority gave no timestamp", found=str(answer.status_code), remedy=remedy)
        try:
            answered = decode_timestamp_response(body).tst_info.nonce
            check(body, message, self.roots)
        except (EvidenceError, ValueError) as error:
            raise NotReached("The timestamp authority's answer is no good", found=str(error), remedy=remedy) from None
        if answered != query.nonce:
            raise NotReached("The timestamp authority answered another question", remedy=remedy)
        return bytes(body)


def check(response: bytes, message: bytes, roots: bytes) -> datetime:
    """When `message` was there, says the response. Certificates must have been valid then, whatever the time is now.

    Raises EvidenceError.
    """
    try:
        decoded = decode_timestamp_response(response)
        builder = VerifierBuilder(roots=list(_certificates(roots)))
        builder.build().verify_message(decoded, message)
        return decoded.tst_info.gen_time.astimezone(UTC)
    except (VerificationError, ValueError, TypeError) as error:
        raise EvidenceError(f"the timestamp does not verify: {error}") from None
    except BaseException as error:
        # What the library's Rust raises when it panics is no Exception, and there is nothing to import.
        if not type(error).__name__.startswith("Panic"):
            raise
        raise EvidenceError("the timestamp cannot be read") from None


def fingerprints(roots: bytes) -> list[str]:
    """Of each certificate, as openssl writes it and authorities publish it. ValueError for what holds none."""
    return [certificate.fingerprint(SHA256()).hex(":").upper() for certificate in _certificates(roots)]


def _certificates(pem: bytes) -> Sequence[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem)
