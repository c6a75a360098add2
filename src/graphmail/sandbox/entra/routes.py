"""What Entra answers."""

from __future__ import annotations

from graphmail.sandbox.call import Route
from graphmail.sandbox.entra.discovery import configuration, keys
from graphmail.sandbox.entra.token_endpoint import token

_FLOW = "https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow"
_DISCOVERY = "https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc"

ROUTES = [
    Route("POST", "/{tenant}/oauth2/v2.0/token", token, source=_FLOW),
    Route("GET", "/{tenant}/v2.0/.well-known/openid-configuration", configuration, source=_DISCOVERY),
    Route("GET", "/{tenant}/discovery/v2.0/keys", keys, source=_DISCOVERY),
]
