"""The names that a tenant's authority goes by: this sandbox's own root and the login hosts of the tenant's cloud.

learn.microsoft.com/entra/identity-platform/authentication-national-cloud
"""

from __future__ import annotations

from graphmail.sandbox.call import Call
from graphmail.sandbox.front_door.hosts import LOGIN_HOSTS


def own_authorities(call: Call) -> list[str]:
    """Return each URL that means the authority of the call's tenant, without a slash at its end."""
    roots = [call.root, *(f"https://{host}" for host in LOGIN_HOSTS[call.tenant.cloud])]
    return [f"{root}/{name}" for root in roots for name in (call.tenant.id, *call.tenant.domains)]
