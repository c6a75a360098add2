"""Builds the tenants from the tenants file, and again on every reset."""

from __future__ import annotations

import hashlib

from graphmail.sandbox import tenants_file as spec
from graphmail.sandbox.origin import Origin
from graphmail.sandbox.state.kept import KeptState
from graphmail.sandbox.store import Tenant, World
from graphmail.sandbox.tenant_builder import TenantBuilder, admin_client_id, shown_secret
from graphmail.sandbox.tenants import LazyTenants


class Blueprint:
    """The tenants file and an origin: enough to make the same world again, each tenant when it is first asked for."""

    def __init__(self, content: spec.TenantsFile) -> None:
        self._content = content
        self._specs = {tenant.id: tenant for tenant in content.tenants}
        self._issuers = {issuer.issuer: issuer.jwks for issuer in content.trusted_issuers}
        self._origin: Origin | None = None
        self._state: KeptState | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what the file says; comments and order of keys do not matter."""
        return hashlib.sha256(self._content.model_dump_json().encode()).hexdigest()

    @property
    def file(self) -> tuple[spec.TenantSpec, ...]:
        """What the tenants file says of each tenant; nothing is built for it."""
        return self._content.tenants

    @property
    def origin(self) -> Origin:
        self._origin = self._origin or Origin()
        return self._origin

    def go_on(self, state: KeptState) -> None:
        """Build what is in `state`, and keep there what changes."""
        self._state, self._origin = state, state.origin

    def build(self) -> World:
        world = World(signing_key=self.origin.signing_key)
        world.tenants = LazyTenants(list(self._specs), lambda tenant_id: self._tenant(world, tenant_id))
        world.domains = {d: t.id for t in self._content.tenants for d in (t.initial_domain, *t.domains)}
        world.trusted_issuers = dict(self._issuers)
        world.shared_applications = self._shared_applications()
        if self._state:
            self._state.attach(world)
        return world

    def reset(self, world: World, tenant_id: str | None = None) -> None:
        """Put one tenant, or all, back to what the file says; its tokens are forgotten. KeyError: no such tenant."""
        if tenant_id is not None and tenant_id not in self._specs:
            raise KeyError(tenant_id)
        names = [tenant_id] if tenant_id else list(self._specs)
        if self._state:
            self._state.begin_anew(names)
        for name in names:
            del world.tenants[name]
            world.clocks.pop(name, None)
            world.changes.begun_anew.add(name)
            world.changes.tenants.discard(name)
            world.sign_ins = {k: s for k, s in world.sign_ins.items() if s.tenant_id != name}
        world.issued.keep(lambda token: tenant_id not in (None, token.tenant_id))
        if tenant_id is None:
            world.requests.clear()
            world.sign_ins.clear()
            world.trusted_issuers = dict(self._issuers)
            world.shared_applications = self._shared_applications()

    def _shared_applications(self) -> dict[str, str]:
        """Return the multi-tenant applications of the file, without building a tenant."""
        return {
            app.client_id: tenant.id
            for tenant in self._content.tenants
            for app in tenant.applications
            if app.sign_in_audience != "AzureADMyOrg"
        }

    def admins(self) -> dict[str, dict[str, str]]:
        """Return how ops signs in, by tenant id."""
        return {
            name: {"client_id": admin_client_id(tenant), "client_secret": self.origin.secret(f"{name}/admin")}
            for name, tenant in self._specs.items()
        }

    def applications(self) -> dict[str, list[dict[str, str]]]:
        """Return the applications whose secrets the file wants shown, by tenant id."""
        return {
            name: [
                {
                    "display_name": app.display_name,
                    "client_id": app.client_id,
                    "client_secret": self.origin.secret(shown_secret(tenant, app)),
                }
                for app in shown
            ]
            for name, tenant in self._specs.items()
            if (shown := [app for app in tenant.applications if app.secret])
        }

    def _tenant(self, world: World, tenant_id: str) -> Tenant:
        kept = self._state.load(world, tenant_id) if self._state else None
        tenant = kept or TenantBuilder(self._specs[tenant_id], self.origin).build()
        clock = world.clocks.setdefault(tenant_id, tenant.clock)
        clock.offset, tenant.clock = tenant.clock.offset, clock
        tenant.changed = world.changes.tenants.add
        return tenant
