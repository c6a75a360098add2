"""What a receiver answers: which credential was received, by whom, when, and that a token was got with it.

Two files, so that others can check it: the JSON text, and its SSH signature. Without this project:

    ssh-keygen -Y verify -f allowed_signers -I vendor -n graphmail-receipt -s FILE.receipt.json.sig < FILE.receipt.json
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from graphmail.errors import TenantError
from graphmail.evidence.files import write_over
from graphmail.handover import ssh_signature

NAMESPACE = "graphmail-receipt"
SUFFIX = ".receipt.json"
LONGEST = 20_000  # bytes of either file; a receipt comes by mail


class Receipt(BaseModel):
    """All times are aware. `sha256` is of the sealed file that was opened; `proved` is when a token was got."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)

    schema_: Literal[1] = Field(1, alias="schema")
    customer: str
    tenant_id: str
    client_id: str
    key_id: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    proved: AwareDatetime
    received: AwareDatetime
    recipient: str  # the public key, as in a .pub file

    def write(self, key: Ed25519PrivateKey, path: Path) -> None:
        """Both files: `path`, and beside it `<path>.sig`. Over older ones: the newest receipt counts."""
        text = self.model_dump_json(indent=2).encode() + b"\n"
        write_over(signature_of(path), ssh_signature.sign(text, key, NAMESPACE).encode())
        write_over(path, text)

    @classmethod
    def read(cls, path: Path, recipients: Sequence[str]) -> Self:
        """The receipt in `path`, if one of these recipients signed it. Raises TenantError otherwise."""
        try:
            text, signature = _small(path), _small(signature_of(path)).decode("ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise TenantError(
                "A receipt cannot be read",
                expected=f"{path} and {signature_of(path).name} beside it, as the receiver got both",
                found=getattr(error, "strerror", None) or "no text",
                remedy="ask for both files once more",
            ) from None
        signed_by = ssh_signature.signer(text, signature, recipients, NAMESPACE)
        try:
            receipt = cls.model_validate_json(text)
        except ValidationError as error:
            raise TenantError(f"{path} is no receipt", found=f"{error.error_count()} fields are wrong") from None
        if receipt.recipient.split()[:2] != signed_by.split()[:2]:
            raise TenantError("The receipt names another receiver than the one who signed it", found=str(path))
        return receipt


def receipt_path(sealed_file: Path) -> Path:
    """Where the receipt of a sealed file lies: beside it."""
    return sealed_file.with_name(f"{sealed_file.stem}{SUFFIX}")


def signature_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.sig")


def _small(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise OSError(27, "File too large")
    return content
