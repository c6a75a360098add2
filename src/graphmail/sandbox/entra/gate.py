"""Which tenant a sign-in is for: the path's first segment, a GUID or a verified domain."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from graphmail.sandbox.call import Caller, ServiceError
from graphmail.sandbox.entra.errors import entra_error
from graphmail.sandbox.front_door.hosts import place_of
from graphmail.sandbox.shell import Gate, RefusedError
from graphmail.sandbox.store import Tenant, World

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}", re.IGNORECASE)

COMMON = ("common", "organizations")


class EntraGate(Gate):
    def __init__(self, world: World) -> None:
        self.world = world

    def admit(self, headers: dict[str, str], params: dict[str, str], path: str) -> tuple[Tenant, Caller]:
        name = path.split("/")[1] if path.count("/") > 1 else ""
        tenant = self.world.tenants.get(name.lower()) or self.world.tenant_of_domain(name)
        if tenant:
            self._same_cloud(tenant, headers)
            return tenant, Caller.nobody()
        if name.lower() in COMMON:
            return self._everybody(name), Caller.nobody()
        error = self._error(name, path, headers.get("client-request-id"))
        raise RefusedError(error.answer, "unknown tenant")

    def _same_cloud(self, tenant: Tenant, headers: dict[str, str]) -> None:
        """Refuse a tenant of another national cloud than the host's; loopback is every cloud's."""
        place = place_of(headers.get("host", ""))
        if place is None or tenant.cloud in place.clouds:
            return
        text = (
            f"Confidential Client is not supported in Cross Cloud request. The tenant '{tenant.id}' lives in another "
            "cloud instance, which this one does not redirect to."
        )
        error = entra_error(900382, "invalid_request", text, datetime.now(UTC), 400, headers.get("client-request-id"))
        raise RefusedError(error.answer, "tenant of another cloud", tenant.id)

    def _everybody(self, name: str) -> Tenant:
        """Stand in for the tenant that only the person who signs in will tell; its requests are logged as nobody's."""
        return Tenant(name.lower(), "organizations", "", [], requests=self.world.requests)

    def _error(self, name: str, path: str, correlation: str | None) -> ServiceError:
        now = datetime.now(UTC)
        discovery = path.lower().endswith("openid-configuration")
        invalid = "invalid_tenant" if discovery else "invalid_request"
        if name.lower() == "consumers":
            text = (
                "The grant type is not supported over the /common or /consumers endpoints. "
                "Please use the /organizations or tenant-specific endpoint."
            )
            return entra_error(9001023, "invalid_request", text, now, correlation_id=correlation)
        if not _GUID.fullmatch(name) and not _DOMAIN.fullmatch(name):
            text = f"Specified tenant identifier '{name}' is neither a valid DNS name, nor a valid external domain."
            return entra_error(900023, invalid, text, now, correlation_id=correlation)
        text = (
            f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the "
            "correct cloud. Check with your subscription administrator, this may happen if there are no active "
            "subscriptions for the tenant."
        )
        return entra_error(90002, invalid, text, now, correlation_id=correlation)
