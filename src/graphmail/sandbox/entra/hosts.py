"""The names that a tenant's authority goes by: this sandbox's own root and the national clouds' login hosts.

learn.microsoft.com/entra/identity-platform/authentication-national-cloud
"""

from __future__ import annotations

from graphmail.sandbox.call import Call

# The hosts of each cloud; the first is asked for tokens, the last names it in caches.
CLOUDS = (
    ("login.microsoftonline.com", "login.microsoft.com", "sts.windows.net", "login.windows.net"),
    ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
    ("login.microsoftonline.us", "login.usgovcloudapi.net"),
)
LOGIN_HOSTS = tuple(host for cloud in CLOUDS for host in cloud)


def own_authorities(call: Call) -> list[str]:
    """Return each URL that means the authority of the call's tenant, without a slash at its end."""
    roots = [call.root, *(f"https://{host}" for host in LOGIN_HOSTS)]
    return [f"{root}/{name}" for root in roots for name in (call.tenant.id, *call.tenant.domains)]
