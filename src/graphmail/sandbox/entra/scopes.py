"""What a token is asked for: the `scope` of a request, and the resource it is on."""

from __future__ import annotations

from graphmail.sandbox.call import Call
from graphmail.sandbox.directory_records import ServicePrincipal
from graphmail.sandbox.entra.client import principal_of
from graphmail.sandbox.entra.form import refuse
from graphmail.sandbox.entra.resources import AUDIENCES, of_cloud


def app_resource(call: Call, scope: str) -> tuple[ServicePrincipal, str]:
    """The resource's service principal and the audience; `scope` is exactly one `<resource>/.default`."""
    scopes = scope.split()
    if len(scopes) > 1 and len({s.rpartition("/")[0] for s in scopes}) > 1:
        text = (
            f"Provided value for the input parameter scope '{scope}' is not valid when requesting an access token. "
            "Please specify a valid scope."
        )
        refuse(call, 28002, "invalid_scope", text)
    audience, _, suffix = scope.rpartition("/")
    if len(scopes) != 1 or suffix != ".default" or not audience:
        text = (
            f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
            "/.default suffixed to the resource identifier (application ID URI)."
        )
        refuse(call, 1002012, "invalid_scope", text)
    return resource_of(call, audience), audience.rstrip("/").lower()


def resource_of(call: Call, audience: str) -> ServicePrincipal:
    """ServiceError 500011 when the tenant knows no such resource."""
    app_id = AUDIENCES.get(audience.rstrip("/").lower())
    known = app_id and of_cloud(audience.rstrip("/").lower(), call.tenant.cloud)
    principal = principal_of(call.tenant, app_id) if app_id and known else None
    if principal is None:
        text = (
            f"The resource principal named {audience} was not found in the tenant named {call.tenant.display_name}. "
            "This can happen if the application has not been installed by the administrator of the tenant or consented "
            "to by any user in the tenant. You might have sent your authentication request to the wrong tenant."
        )
        refuse(call, 500011, "invalid_resource", text)
    return principal
