"""Everything of one customer that could be taken back now, by kind of object."""

from __future__ import annotations

from collections.abc import Callable

from graphmail.put_back import access, application
from graphmail.put_back.group import group
from graphmail.put_back.undo import Undo
from graphmail.resource import Values
from graphmail.start_state import Recorded, StartState
from graphmail.tenant import Tenant

# In the order in which they are put back: what confines comes before consent, which comes before who is in the group.
KINDS: dict[str, Callable[[Tenant, Recorded, Values], list[Undo]]] = {
    "entra_application": application.application,
    "entra_service_principal": application.enterprise_application,
    "exo_service_principal": application.pointer,
    "exo_application_access_policy": access.policy,
    "entra_app_role_assignment": access.consent,
    "exo_management_role_assignment": access.roles,
    "exo_distribution_group": group,
}


def undos_of(tenant: Tenant, params: Values) -> list[tuple[Recorded, list[Undo]]]:
    """Of each object with an open record. `params` name the customer's app and group as modules take them."""
    open_ = [record for record in StartState(tenant).objects() if not record.closed]
    open_.sort(key=lambda record: list(KINDS).index(record.kind))
    return [(record, KINDS[record.kind](tenant, record, params)) for record in open_]
