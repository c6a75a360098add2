"""What the vendor opens: the credential, and where it is used."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from graphmail import sealed
from graphmail.credentials import ClientCertificate, ClientSecret, FederatedIdentity, SealedCredential, from_json
from graphmail.errors import TenantError

# Anybody can seal to a receiver's public key. What ops signs in with is in no parcel, and would make the receiver's
# machine send a file or a person's token that the sender names.
DELIVERED = (ClientSecret, ClientCertificate, FederatedIdentity)


@dataclass(frozen=True, slots=True)
class Parcel:
    """`customer` and `cloud` as in the operator's inventory."""

    customer: str
    cloud: str
    credential: SealedCredential

    def write(self, path: Path, recipients: Sequence[str]) -> str:
        """Seal into `path`; the ciphertext's SHA-256. The credential's own fields stand at the top of the JSON."""
        content = json.loads(self.credential.to_json()) | {"customer": self.customer, "cloud": self.cloud}
        return sealed.write_sealed(path, json.dumps(content).encode(), recipients)

    @classmethod
    def read(cls, path: Path, identity: Path | None = None) -> Self:
        """TenantError when the file is not there, does not open with that private key, or holds something else."""
        text = sealed.open_sealed(path, identity)
        credential, fields = from_json(text), json.loads(text)
        customer, cloud = fields.get("customer"), fields.get("cloud")
        if not isinstance(customer, str) or not isinstance(cloud, str) or type(credential) not in DELIVERED:
            raise TenantError(
                "This sealed file was not handed over", expected="one that handover.yml made", found=str(path)
            )
        return cls(customer, cloud, credential.for_vendor())
