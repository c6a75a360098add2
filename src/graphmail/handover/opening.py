"""The receiver's side: open what was handed over, get a token with it, and sign that it was so."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from graphmail.credentials import FederatedIdentity
from graphmail.errors import TenantError
from graphmail.handover import ssh_signature
from graphmail.handover.parcel import Parcel
from graphmail.handover.receipt import Receipt, receipt_path
from graphmail.tenant import RunContext, Tenant


@dataclass(frozen=True, slots=True)
class Opening:
    """A sealed file, opened with the receiver's own private key."""

    path: Path
    identity: Path
    parcel: Parcel

    @classmethod
    def of(cls, path: Path, identity: Path) -> Opening:
        """TenantError when it does not open."""
        return cls(path, identity, Parcel.read(path, identity))

    def with_assertion(self, path: Path | None) -> Opening:
        """A federated credential signs in with a token that only the receiver's identity provider makes."""
        credential = self.parcel.credential
        if path is None or not isinstance(credential, FederatedIdentity):
            return self
        return replace(self, parcel=replace(self.parcel, credential=replace(credential, assertion_file=str(path))))

    def prove(self) -> datetime:
        """Get a token as the app, from the pinned tenant alone; when that was. Raises TokenError where it is refused.

        Nothing but the token endpoint is contacted, and the token is forgotten.
        """
        credential = self.parcel.credential
        tenant = Tenant.connect(
            {
                "customer": self.parcel.customer,
                "tenant_id": credential.tenant_id,
                "initial_domain": "",
                "cloud": self.parcel.cloud,
                "admin": {},
                "operators": [],
                "known_mailbox": "",
            },
            RunContext(),
        )
        token = tenant.wait_for_sign_in(credential)
        if str(token.claims.get("tid", "")).lower() != credential.tenant_id.lower():
            raise TenantError("The token is of another tenant", expected=credential.tenant_id)
        return tenant.clock.now()

    def acknowledge(self, proved: datetime, received: datetime) -> Path | None:
        """Write the signed receipt beside the sealed file; None where the private key opens, and cannot sign."""
        key = ssh_signature.signing_key(self.identity)
        if key is None:
            return None
        credential = self.parcel.credential
        path = receipt_path(self.path)
        Receipt(
            customer=self.parcel.customer,
            tenant_id=credential.tenant_id,
            client_id=credential.client_id,
            key_id=credential.key_id,
            sha256=hashlib.sha256(self.path.read_bytes()).hexdigest(),
            proved=proved,
            received=received,
            recipient=ssh_signature.public_line(key),
        ).write(key, path)
        return path
