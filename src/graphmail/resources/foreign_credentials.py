"""Credentials on an app that this project did not make; whoever holds them gets whatever the app is granted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graphmail.errors import TenantError
from graphmail.journal import Journal
from graphmail.resources.credential_journal import EVERY
from graphmail.resources.federated_credentials import federated_credentials
from graphmail.resources.key_credentials import thumbprint
from graphmail.tenant import Tenant


@dataclass(frozen=True, slots=True)
class OnApp:
    """One of any kind, as the app has it. A federated credential's key id is its object id."""

    key_id: str
    name: str
    thumbprint: str = ""


def foreign_credentials(tenant: Tenant, application: dict[str, Any], known: list[str]) -> list[str]:
    """`name (key id)` of each secret, certificate and federated credential that inventory and journal do not know.

    Anybody may give a credential any name, so a name counts only while this journal waits for exactly that one.
    """
    return [f"{one.name or 'unnamed'} ({one.key_id})" for one in _foreign(tenant, application, known)]


def refuse_widening_for(foreign: Sequence[str], application: str, what: str) -> None:
    """Raise TenantError where there are any: nothing, such as `consent`, is widened for people whom nobody knows."""
    if foreign:
        raise TenantError(
            f"App {application!r} holds credentials that nobody here made, "
            f"and its {what} would be widened for whoever has them",
            expected="none, or each listed as app.known_credentials",
            found=", ".join(foreign),
            remedy="list the key ids that the vendor shall keep, or remove them in Entra, then run again",
        )


def foreign_credential_ids(tenant: Tenant, application: dict[str, Any], known: Sequence[str] = ()) -> set[str]:
    """Their key ids, in small letters."""
    return {one.key_id.lower() for one in _foreign(tenant, application, known)}


def _foreign(tenant: Tenant, application: dict[str, Any], known: Sequence[str]) -> list[OnApp]:
    journal = Journal(tenant.state.journal)
    entries = journal.entries()
    key_ids = {str(entry.facts["key_id"]).lower() for entry in entries if entry.facts.get("key_id")}
    key_ids |= {key_id.lower() for key_id in known}
    thumbprints = {str(entry.facts["thumbprint"]) for entry in entries if entry.facts.get("thumbprint")}
    open_ = [entry for entry in journal.open_intents() if entry.action in EVERY]
    awaited = {entry.marker for entry in open_} | {str(entry.facts.get("display_name") or "") for entry in open_} - {""}
    return [
        one
        for one in _all(tenant, application)
        if one.key_id.lower() not in key_ids and one.name not in awaited and one.thumbprint not in thumbprints
    ]


def _all(tenant: Tenant, application: dict[str, Any]) -> Iterator[OnApp]:
    for secret in application.get("passwordCredentials") or ():
        yield OnApp(secret["keyId"], secret.get("displayName") or "")
    for key in application.get("keyCredentials") or ():
        yield OnApp(key["keyId"], key.get("displayName") or "", thumbprint(key))
    for federated in federated_credentials(tenant, application):
        yield OnApp(str(federated["id"]), str(federated.get("name") or ""))
