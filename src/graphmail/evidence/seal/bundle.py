"""A run's seal as a Sigstore bundle v0.3: an in-toto statement in a DSSE envelope, and a timestamp over its signature.

It is always packed the same way; what differs by one byte from what packing its parts gives is no bundle.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Self

from securesystemslib.dsse import Envelope

from graphmail.evidence.files import EvidenceError
from graphmail.evidence.seal import canonical
from graphmail.evidence.seal.keys import PublicKey, SigningKey

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


@dataclass(frozen=True, slots=True)
class Bundle:
    payload: bytes
    signature: bytes
    key_id: str
    timestamp: bytes

    @classmethod
    def sign(cls, statement: dict[str, Any], key: SigningKey) -> Self:
        """Without a timestamp yet."""
        envelope = Envelope(canonical.encode(statement), PAYLOAD_TYPE, {})
        signature = bytes.fromhex(envelope.sign(key.signer).signature)
        return cls(envelope.payload, signature, key.public.id, b"")

    def pack(self) -> bytes:
        return canonical.encode(
            {
                "mediaType": MEDIA_TYPE,
                "verificationMaterial": {
                    "publicKey": {"hint": self.key_id},
                    "timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": _b64(self.timestamp)}]},
                },
                "dsseEnvelope": {
                    "payload": _b64(self.payload),
                    "payloadType": PAYLOAD_TYPE,
                    "signatures": [{"keyid": "", "sig": _b64(self.signature)}],
                },
            }
        )

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """The parts. Raises EvidenceError unless `pack` makes the very same of them."""
        fields = canonical.decode(packed, "It")
        try:
            material, envelope = fields["verificationMaterial"], fields["dsseEnvelope"]
            found = cls(
                base64.b64decode(envelope["payload"]),
                base64.b64decode(envelope["signatures"][0]["sig"]),
                str(material["publicKey"]["hint"]),
                base64.b64decode(material["timestampVerificationData"]["rfc3161Timestamps"][0]["signedTimestamp"]),
            )
        except (KeyError, IndexError, TypeError, ValueError):
            raise EvidenceError("is no bundle of this kind") from None
        if found.pack() != packed:
            raise EvidenceError("is not in the one form that a bundle has here")
        return found

    def signed_by(self, key: PublicKey) -> bool:
        return key.verifies(self.signature, Envelope(self.payload, PAYLOAD_TYPE, {}).pae())

    def statement(self) -> dict[str, Any]:
        return canonical.decode(self.payload, "Its statement")
