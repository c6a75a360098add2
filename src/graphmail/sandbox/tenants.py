"""All tenants of a world by id, each made when somebody first asks for it: most of many tenants are never met."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping

from graphmail.sandbox.store import Tenant


class LazyTenants(MutableMapping[str, Tenant]):
    """`make` builds the tenant of an id; ids keep their order and are known without building anything."""

    def __init__(self, ids: list[str], make: Callable[[str], Tenant]) -> None:
        self._ids = dict.fromkeys(ids)
        self._make = make
        self.built: dict[str, Tenant] = {}

    def __getitem__(self, tenant_id: str) -> Tenant:
        tenant = self.built.get(tenant_id)
        if tenant is None:
            if tenant_id not in self._ids:
                raise KeyError(tenant_id)
            tenant = self.built[tenant_id] = self._make(tenant_id)
        return tenant

    def __setitem__(self, tenant_id: str, tenant: Tenant) -> None:
        self._ids.setdefault(tenant_id)
        self.built[tenant_id] = tenant

    def __delitem__(self, tenant_id: str) -> None:
        """Forget what was built; the tenant stays known, and is made anew when asked for."""
        self.built.pop(tenant_id, None)

    def __contains__(self, tenant_id: object) -> bool:
        return tenant_id in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)
