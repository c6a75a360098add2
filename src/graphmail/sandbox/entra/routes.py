"""What Entra answers."""

from __future__ import annotations

from graphmail.sandbox.call import Route
from graphmail.sandbox.entra import admin_consent, authorize, device_code, device_page
from graphmail.sandbox.entra.discovery import configuration, instance, keys
from graphmail.sandbox.entra.token_endpoint import token

_PAGES = "https://learn.microsoft.com/entra/identity-platform/"
_DISCOVERY = _PAGES + "v2-protocols-oidc"
_DEVICE = _PAGES + "v2-oauth2-device-code"
_CODE = _PAGES + "v2-oauth2-auth-code-flow"
_ADMIN = _PAGES + "v2-admin-consent"
_INSTANCE = "https://learn.microsoft.com/entra/msal/python/advanced/instance-discovery"

ROUTES = [
    Route("POST", "/{tenant}/oauth2/v2.0/token", token, source=_PAGES + "v2-oauth2-client-creds-grant-flow"),
    Route("POST", "/{tenant}/oauth2/v2.0/devicecode", device_code.devicecode, source=_DEVICE),
    Route("GET", "/{tenant}/oauth2/deviceauth", device_page.show, source=_DEVICE),
    Route("POST", "/{tenant}/oauth2/deviceauth", device_page.decide, source=_DEVICE, from_page=True),
    Route("GET", "/{tenant}/oauth2/v2.0/authorize", authorize.show, source=_CODE),
    Route("POST", "/{tenant}/oauth2/v2.0/authorize", authorize.decide, source=_CODE, from_page=True),
    Route("GET", "/{tenant}/adminconsent", admin_consent.show, source=_ADMIN),
    Route("POST", "/{tenant}/adminconsent", admin_consent.decide, source=_ADMIN, from_page=True),
    Route("GET", "/{tenant}/v2.0/.well-known/openid-configuration", configuration, source=_DISCOVERY),
    Route("GET", "/{tenant}/discovery/v2.0/keys", keys, source=_DISCOVERY),
    Route("GET", "/common/discovery/instance", instance, source=_INSTANCE),
]
