"""Who a bearer speaks for: tokens minted here, for the right service, still valid by the tenant's clock."""

from __future__ import annotations

from collections.abc import Callable

from graphmail.sandbox.call import Answer, Caller
from graphmail.sandbox.delegated_rights import delegated_rights
from graphmail.sandbox.entra.resources import of_cloud
from graphmail.sandbox.entra.tokens import digest
from graphmail.sandbox.front_door.hosts import place_of
from graphmail.sandbox.shell import Gate, RefusedError
from graphmail.sandbox.store import Tenant, World

EMPTY = "Access token is empty."
FOREIGN = "Signing key is invalid."
AUDIENCE = "Access token validation failure. Invalid audience."
EXPIRED = "Lifetime validation failed, the token is expired."
TENANT = "Access token validation failure. Invalid tenant."


class BearerGate(Gate):
    """`unauthorized` words the 401; a path that names a tenant must name the token's."""

    def __init__(self, world: World, audiences: frozenset[str], unauthorized: Callable[[str], Answer]) -> None:
        self.world = world
        self.audiences = audiences
        self.unauthorized = unauthorized

    def admit(self, headers: dict[str, str], params: dict[str, str], path: str) -> tuple[Tenant, Caller]:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not bearer.strip():
            raise self._refused(EMPTY)
        token = self.world.issued.get(digest(bearer.strip()))
        if token is None:
            ours = self.world.signing_key.signed(bearer.strip())  # its entry was dropped: expired long ago, or a reset
            raise self._refused(EXPIRED if ours else FOREIGN)
        tenant = self.world.tenants[token.tenant_id]
        if token.audience not in self.audiences or not self._of_host(token.audience, headers):
            raise self._refused(AUDIENCE, tenant.id)
        if tenant.clock.now() >= token.expires:
            raise self._refused(EXPIRED, tenant.id)
        if not self._path_fits(path, tenant):
            raise self._refused(TENANT, tenant.id)
        roles = delegated_rights(token.scopes, token.directory_roles) if token.user_id else token.roles
        caller = Caller(token.client_id, token.service_principal_id, roles, token.directory_roles)
        caller.user_id = token.user_id
        return tenant, caller

    def _of_host(self, audience: str, headers: dict[str, str]) -> bool:
        """Whether a token of that audience is for this host's cloud; loopback is every cloud's."""
        place = place_of(headers.get("host", ""))
        return place is None or any(of_cloud(audience, cloud) for cloud in place.clouds)

    def _path_fits(self, path: str, tenant: Tenant) -> bool:
        """Exchange's paths name the tenant after /adminapi/{version}/; Graph's name none."""
        parts = path.lower().split("/")
        if len(parts) < 4 or parts[1] != "adminapi":
            return True
        return parts[3] == tenant.id or parts[3] in tenant.domains

    def _refused(self, problem: str, tenant_id: str = "") -> RefusedError:
        return RefusedError(self.unauthorized(problem), problem, tenant_id)
