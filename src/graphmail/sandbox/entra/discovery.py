"""What a client library asks before it asks for a token: OpenID Connect discovery and the signing keys."""

from __future__ import annotations

from urllib.parse import urlsplit

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.entra.errors import entra_error
from graphmail.sandbox.entra.user_grant import is_common
from graphmail.sandbox.front_door.hosts import CLOUDS, LOGIN_HOSTS

_AUTHORITIES = list(dict.fromkeys(LOGIN_HOSTS.values()))  # two clouds share one
_CACHES = {"login.microsoftonline.com": "login.windows.net"}  # preferred network -> what caches name it by


async def configuration(call: Call) -> Answer:
    authority = f"{call.root}/{call.tenant.id}"
    issuer = f"{call.root}/{{tenantid}}/v2.0" if is_common(call.tenant) else f"{authority}/v2.0"
    cloud = next(c for c in CLOUDS if c.name == call.tenant.cloud)
    return Answer(
        body={
            "token_endpoint": f"{authority}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{authority}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer,
            "request_uri_parameter_supported": False,
            "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{authority}/oauth2/v2.0/devicecode",
            "tenant_region_scope": "EU",
            "cloud_instance_name": cloud.login[0].removeprefix("login."),
            "msgraph_host": cloud.graph,
        },
    )


async def instance(call: Call) -> Answer:
    """Say which hosts are one cloud, as client libraries ask before they trust an authority."""
    wanted = call.query.get("authorization_endpoint", "")
    host, _, rest = wanted.removeprefix("https://").partition("/")
    tenant = rest.partition("/")[0]
    microsofts = any(host in hosts for hosts in _AUTHORITIES)
    known = microsofts or host == urlsplit(call.root).netloc
    if not wanted.startswith("https://") or not tenant or not known:
        text = f"Unable to match the authority {host} with a known one."
        raise entra_error(50049, "invalid_instance", text, call.tenant.clock.now())
    body = {
        "tenant_discovery_endpoint": f"https://{host}/{tenant}/v2.0/.well-known/openid-configuration",
        "api-version": call.query.get("api-version", "1.1"),
        "metadata": [
            {"preferred_network": hosts[0], "preferred_cache": _CACHES.get(hosts[0], hosts[0]), "aliases": list(hosts)}
            for hosts in (*_AUTHORITIES, *([] if microsofts else [(host,)]))
        ],
    }
    return Answer(body=body)


async def keys(call: Call) -> Answer:
    key = call.world.signing_key.published(f"{call.root}/{call.tenant.id}/v2.0")
    return Answer(body={"keys": [key]})
