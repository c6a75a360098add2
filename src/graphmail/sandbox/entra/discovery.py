"""What a client library asks before it asks for a token: OpenID Connect discovery and the signing keys."""

from __future__ import annotations

from graphmail.sandbox.call import Answer, Call


async def configuration(call: Call) -> Answer:
    authority = f"{call.root}/{call.tenant.id}"
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
            "issuer": f"{authority}/v2.0",
            "request_uri_parameter_supported": False,
            "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{authority}/oauth2/v2.0/devicecode",
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
            "msgraph_host": "graph.microsoft.com",
        },
    )


async def keys(call: Call) -> Answer:
    key = call.world.signing_key.published(f"{call.root}/{call.tenant.id}/v2.0")
    return Answer(body={"keys": [key]})
