"""At most two credentials live: while one takes another's place no more are made, of whatever kind."""

from __future__ import annotations

from typing import Any

from graphmail.errors import TenantError
from graphmail.journal import Journal
from graphmail.keyed_create import AGREEING
from graphmail.resources.application_reference import application_path
from graphmail.resources.credential_journal import ADD_CERTIFICATE, CredentialJournal
from graphmail.resources.key_credentials import thumbprint
from graphmail.rotation.standing import Credential, Standing
from graphmail.tenant import Tenant


def refuse_third(tenant: Tenant, application: dict[str, Any]) -> None:
    """Raises TenantError where two that were made here are on the app and have not ended."""
    live = Standing.of(Journal(tenant.state.journal), client_id=str(application["appId"])).live
    if len(live) < 2:
        return
    acting = _acting(tenant, application, live)
    # One replica may be behind: what several reads miss was removed by hand.
    for pause in AGREEING:
        if len(acting) > 1:
            break
        tenant.clock.sleep(pause)
        tenant.reads.drop()
        acting = _acting(tenant, tenant.graph.get(application_path("", application["appId"])), live)
    if len(acting) > 1:
        newest, old = acting[0].key_id, acting[-1].key_id
        raise TenantError(
            f"No further credential is made for customer {tenant.customer} while two live",
            expected=f"credential {newest} to have taken the place of {old}",
            found="a rotation that is under way, and an inventory that asks for a credential of another kind",
            remedy="put credential.kind back and run rotate.yml until it has nothing to do; then say the other kind",
        )


def _acting(tenant: Tenant, application: dict[str, Any], live: list[Credential]) -> list[Credential]:
    certificates = application.get("keyCredentials") or []
    there = {entry["keyId"] for entry in [*(application.get("passwordCredentials") or []), *certificates]}
    # A certificate is the same one under whatever key id.
    prints = {thumbprint(entry) for entry in certificates}
    known = CredentialJournal(tenant, application["appId"], ADD_CERTIFICATE).thumbprints()
    now = tenant.clock.now()
    return [one for one in live if (one.key_id in there or known.get(one.key_id) in prints) and not one.ended(now)]
