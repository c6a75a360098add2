"""The credential that the inventory asks for, by kind, in one look: nothing is done because of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphmail.resource import Found, Resource, Values
from graphmail.resources.credential_journal import ADD_FEDERATED, KINDS, CredentialJournal, kind_made_here
from graphmail.resources.entra_application_key import ApplicationKey
from graphmail.resources.entra_application_password import ApplicationPassword
from graphmail.resources.entra_federated_identity_credential import NAME, FederatedIdentityCredential
from graphmail.resources.federated_credentials import federated_credentials
from graphmail.tenant import Tenant


class GlancedPassword(ApplicationPassword):
    """One look, so it need not be agreed upon by several."""

    agreeing = ()


class GlancedKey(ApplicationKey):
    """One look, so it need not be agreed upon by several."""

    agreeing = ()


class GlancedFederated(FederatedIdentityCredential):
    """One look, so it need not be agreed upon by several."""

    agreeing = ()


@dataclass(frozen=True, slots=True)
class Glance:
    """`title` for a person; `wanted` is what the inventory says of it."""

    title: str
    resource: Resource
    wanted: Values

    @classmethod
    def of(cls, tenant: Tenant, client_id: str, credential: dict[str, Any]) -> Glance:
        kind = credential["kind"]
        if kind == "secret" and credential["on_policy"] == "certificate":
            # Where the tenant forbade a secret, a certificate is as the inventory says.
            kind = kind_made_here(tenant, client_id) or kind
        if kind == "federated":
            return cls("federated credential", GlancedFederated(), {"name": NAME, **credential["federated"]})
        if kind == "certificate":
            return cls("certificate", GlancedKey(), {"lifetime": credential["lifetime"]})
        return cls("client secret", GlancedPassword(), {"lifetime": credential["lifetime"]})

    def of_another_kind(self, tenant: Tenant, application: dict[str, Any]) -> list[str]:
        """What was made here before the inventory asked for this kind, and stayed."""
        there = {
            str(one["keyId"]): kind
            for kind, collection in (("secret", "passwordCredentials"), ("certificate", "keyCredentials"))
            for one in application.get(collection) or ()
        }
        federated = CredentialJournal(tenant, str(application["appId"]), ADD_FEDERATED).sealed()
        if federated and not isinstance(self.resource, FederatedIdentityCredential):
            there |= {str(one["id"]): "federated" for one in federated_credentials(tenant, application)}
        made = [
            f"{kind} {one['key_id']}"
            for action, kind in KINDS.items()
            if action != getattr(self.resource, "action", ADD_FEDERATED)
            for one in CredentialJournal(tenant, str(application["appId"]), action).sealed()
            if there.get(one["key_id"]) == kind
        ]
        return sorted(made)


def live_of(found: Found | None) -> dict[str, str] | None:
    """Key id and end of the one that a glance found; of a federated one there is no end."""
    if found is None:
        return None
    entry = found.object.get("entry")
    live: dict[str, str] | None = {"key_id": str(entry["id"]), "expires": ""} if entry else found.object.get("live")
    return live
