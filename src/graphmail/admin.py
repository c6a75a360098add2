"""How ops signs in to a customer's tenant: opened from its sealed file, or begun by a person where it says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from graphmail.credentials import (
    ClientCertificate,
    ClientSecret,
    FederatedAssertion,
    RefreshToken,
    SealedCredential,
    from_json,
    read,
)
from graphmail.errors import TenantError, TokenError, WrongTenant
from graphmail.person import FLOWS, sign_in
from graphmail.person.refusals import OVER

if TYPE_CHECKING:
    from graphmail.tenant import Tenant

# The inventory's word -> what the sealed file must hold.
KINDS: dict[str, type[SealedCredential]] = {
    kind.kind: kind for kind in (ClientSecret, ClientCertificate, FederatedAssertion)
} | dict.fromkeys(FLOWS, RefreshToken)


def admin_of(tenant: Tenant) -> SealedCredential:
    """How ops signs in. Where `admin.kind` is a person's sign-in and none is kept, an administrator signs in now.

    Raises TenantError, WrongTenant, or TokenError where that is refused; nothing else is contacted.
    """
    admin = tenant.connection["admin"]
    kind = admin.get("kind") or ClientSecret.kind
    path = Path(admin["sealed"])
    credential = _in_this_run(tenant, path) or (read(path) if path.exists() else None)
    if credential is None and kind in FLOWS and tenant.run.tell:
        credential = sign_in(tenant)
        keep(tenant, credential)
    if credential is None:
        raise TenantError(
            f"The sealed admin credential of customer {tenant.customer} is missing",
            expected=f"an age file at {path}",
            found="no such file",
            remedy=to_do(tenant, kind),
        )
    _compare(tenant, credential, kind)
    if tenant.run.witness and path != tenant.state.admin:
        # Whoever closes the evidence knows the customer's own folder, and not what lies elsewhere.
        tenant.run.witness(None, credential.to_json())
    return credential


def signed_in_again(tenant: Tenant, error: TokenError) -> SealedCredential | None:
    """The sign-in that takes the place of one that is over; None where that is not why, or nobody is there to do it."""
    kind = tenant.connection["admin"].get("kind")
    if kind not in FLOWS or not OVER & set(error.codes) or tenant.run.tell is None:
        return None
    credential = sign_in(tenant)
    keep(tenant, credential)
    return credential


def keep(tenant: Tenant, credential: SealedCredential) -> None:
    """Seal it in its place; a dry run writes nothing and keeps it for itself."""
    path = Path(tenant.connection["admin"]["sealed"])
    if not tenant.run.check_mode:
        credential.write(path, tenant.connection["operators"])
    elif tenant.run.cache:
        tenant.run.cache.put(_name(path), credential.to_json())


def to_do(tenant: Tenant, kind: str) -> str:
    """The command that makes what is missing."""
    verb = "sign-in" if kind in FLOWS else "seal"
    return f"python -m graphmail.credentials {verb} {tenant.customer} --inventory <your inventory>"


def _in_this_run(tenant: Tenant, path: Path) -> SealedCredential | None:
    kept = tenant.run.cache.get(_name(path)) if tenant.run.cache and tenant.run.check_mode else None
    return from_json(kept) if kept else None


def _name(path: Path) -> str:
    return f"signed in|{path}"


def _compare(tenant: Tenant, credential: SealedCredential, kind: str) -> None:
    if credential.tenant_id.lower() != tenant.tenant_id:
        raise WrongTenant(
            f"The sealed admin credential of customer {tenant.customer} is of another tenant",
            expected=tenant.tenant_id,
            found=credential.tenant_id,
            remedy="correct tenant_id in the inventory, or seal that tenant's credential; nothing was contacted",
        )
    if type(credential) is not KINDS[kind]:
        raise TenantError(
            f"The sealed admin credential of customer {tenant.customer} is of another kind than the inventory says",
            expected=f"admin.kind {kind}: a {KINDS[kind].title}",
            found=f"a {credential.title}",
            remedy=f"correct admin.kind, or {to_do(tenant, kind)}; nothing was contacted",
        )
    client_id = tenant.connection["admin"].get("client_id")
    if kind in FLOWS and client_id and credential.client_id.lower() != client_id.lower():
        raise TenantError(
            f"Somebody signed in for customer {tenant.customer} with another client than the inventory names",
            expected=f"admin.client_id {client_id}",
            found=credential.client_id,
            remedy=f"correct admin.client_id, or {to_do(tenant, kind)}; nothing was contacted",
        )
