"""What is on the app to sign in with, and what to do about each; the vendor works with one of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from graphmail.discovery.draft import Draft
from graphmail.resources.application_reference import service_principal_path
from graphmail.resources.federated_credentials import federated_credentials
from graphmail.resources.foreign_credentials import foreign_credential_ids
from graphmail.resources.kept_credentials import KeptCredential, credentials_on
from graphmail.tenant import Tenant

# As drift.yml has it: what ends sooner is named.
SOON = timedelta(days=30)
FIELD = "app.known_credentials"


def draft_credentials(draft: Draft, tenant: Tenant, application: dict[str, Any]) -> None:
    """What nobody here made is listed, so that it stays; one that lives is the vendor's, and is kept."""
    now = tenant.clock.now()
    foreign = foreign_credential_ids(tenant, application)
    federated = federated_credentials(tenant, application)
    there = [c for c in credentials_on(application, federated) if c.key_id in foreign]
    if there:
        draft.decide(FIELD, [credential.key_id for credential in there])
    for credential in there:
        draft.comments[FIELD, credential.key_id] = f"{credential}{_advice(credential, now)}"
    live = [credential for credential in there if credential.lives(now)]
    if live:
        draft.decide("credential.keep", True, "the vendor goes on with what it has")
    if len(live) > 1:
        what = "several credentials live, and the tenant does not say which of them the vendor uses; all are kept"
        todo = "ask the vendor, and remove in Entra and here what it does not use: " + "; ".join(map(str, live))
        draft.doubt(FIELD, what, todo)
    if there and not live:
        draft.remark(
            FIELD,
            "None of them lives, so the vendor cannot sign in: onboard.yml makes a secret, handover.yml delivers it; "
            "then remove the old ones in Entra and here",
        )
    if live and not any(credential.lives(now + SOON) for credential in live):
        draft.remark(
            "credential.keep",
            f"What lives ends within {SOON.days} days, and the vendor stops then: agree on a new one; "
            "without credential.keep site.yml makes one and hands it over, and this one works until its end",
        )
    _others(draft, tenant, application)


def _advice(credential: KeptCredential, now: datetime) -> str:
    if not credential.lives(now):
        return ", over: remove it in Entra when nobody misses it"
    if credential.end and not credential.lives(now + SOON):
        return f", ends in {(credential.end - now).days} days: agree with the vendor on a new one"
    if credential.kind in ("certificate", "federated"):
        return ", kept as it is, and not renewed from here"
    return ""


def _others(draft: Draft, tenant: Tenant, application: dict[str, Any]) -> None:
    """Ways to sign in as the app that no list of its credentials shows."""
    todo = "left alone; see whose it is, and remove it in Entra if the vendor does not need it: "
    federated = f"/applications/{application['id']}/federatedIdentityCredentials"
    trusted = [str(one.get("name")) for one in tenant.graph.list_all(federated)]
    if trusted:
        what = "the app trusts tokens of others (federated credentials)"
        draft.doubt("credential", what, todo + ", ".join(trusted))
    principal = tenant.graph.find(service_principal_path(application["appId"])) or {}
    if own := credentials_on(principal):
        what = "the enterprise application holds credentials of its own, which nothing here looks after"
        draft.doubt("credential", what, todo + "; ".join(map(str, own)))
