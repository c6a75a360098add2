"""Who is meant by an id, for people who do not know ids by heart."""

from __future__ import annotations

from graphmail.sandbox.directory_records import Application, ServicePrincipal
from graphmail.sandbox.store import Tenant


class Names(dict[str, str]):
    """Object ids and client ids to names; of what it does not know, the id itself."""

    def __missing__(self, unknown: str) -> str:
        return unknown


def names_in(tenant: Tenant) -> Names:
    names = Names({"": "–", "by-hand": "by hand", "smtp": "SMTP"})
    names |= {u.id: u.name for u in tenant.exchange.administrative_units.values()}
    names |= {s.guid: s.name for s in tenant.exchange.scopes}
    apps: list[Application | ServicePrincipal] = [*tenant.service_principals.values(), *tenant.applications.values()]
    for app in apps:
        names[app.id] = names[app.app_id] = str(app.properties.get("displayName") or app.app_id)
    names |= {r.id: r.display_name for r in tenant.recipients.values()}
    return names
