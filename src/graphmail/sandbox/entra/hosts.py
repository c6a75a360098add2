"""The names that a tenant's authority goes by: this sandbox's own root and the national clouds' login hosts.

learn.microsoft.com/entra/identity-platform/authentication-national-cloud
"""

from __future__ import annotations

from graphmail.sandbox.call import Call

LOGIN_HOSTS = (
    "login.microsoftonline.com",
    "login.windows.net",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
)


def own_authorities(call: Call) -> list[str]:
    """Return each URL that means the authority of the call's tenant, without a slash at its end."""
    roots = [call.root, *(f"https://{host}" for host in LOGIN_HOSTS)]
    return [f"{root}/{name}" for root in roots for name in (call.tenant.id, *call.tenant.domains)]
