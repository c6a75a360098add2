"""The onboarding app's own credential as how ops signs in: sealed in its place, and waited for until it can do all.

Or taken back, and shown to open nothing any more.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from graphmail.auth import Token, TokenStore
from graphmail.clock import poll
from graphmail.credentials import SealedCredential, read
from graphmail.errors import DeadlineExceeded, ExchangeError, TenantError, TokenError
from graphmail.exchange import Exchange
from graphmail.journal import Entry, Journal
from graphmail.live_credential import live_credential, made_here
from graphmail.refused_sign_in import REFUSED
from graphmail.resource import Found, Option, Plan, Resource, State, Values
from graphmail.resources.application_reference import REFERENCE
from graphmail.resources.awaited_consent import no_longer_awaited
from graphmail.resources.preflight_rights import CMDLETS
from graphmail.rights import RIGHTS, ROLES, audience
from graphmail.tenant import NOT_YET, Tenant

REPLACED = "admin.replaced.age"


class AdminCredential(Resource):
    """https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference: `roles` and `wids`."""

    name = "admin_credential"
    options: ClassVar = REFERENCE | {
        "sealed": Option("", {"type": "path", "required": True}, managed=False),
        "permissions": Option("roles", {"type": "list", "elements": "str", "choices": [*RIGHTS], "required": True}),
        "directory_roles": Option("wids", {"type": "list", "elements": "str", "choices": [*ROLES], "default": []}),
        "max_wait": Option("", {"type": "int", "default": 3600}, managed=False),
    }

    def run(self, tenant: Tenant, params: Values) -> Values:
        result = super().run(tenant, params)
        if tenant.run.check_mode:
            return result | {"seconds": 0, "token": ""}
        began = tenant.clock.now()
        said = self._proved_gone(tenant, params) if params["state"] == "absent" else self._proved(tenant, params)
        # Every right is there, or none shall be.
        no_longer_awaited(tenant)
        return result | {"seconds": round((tenant.clock.now() - began).total_seconds()), "token": said}

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        path = Path(desired["sealed"])
        there = read(path) if path.exists() else None
        if desired.get("state") == "absent":
            ours = {str(entry.facts["key_id"]) for entry in _made(tenant, "retired", "gone", "sealed")}
            return Found({"sealed": path.name}) if there and there.key_id in ours else None
        made = live_credential(tenant) if not tenant.run.check_mode or _made(tenant, "sealed") else None
        return Found({"sealed": path.name}) if there and made and there == made else None

    def plan(self, found: Found | None, desired: Values, state: State) -> Plan:
        if state == "absent":
            return Plan("delete", before=found.values) if found else Plan(None)
        return Plan(None) if found else Plan("create", after={"sealed": Path(desired["sealed"]).name})

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        path = Path(desired["sealed"])
        if plan.action == "delete":
            # Its copy lies with the retired ones.
            path.unlink()
            return
        if path.exists():
            # Whatever ops signed in with before is for a person to take back or to throw away.
            kept = _free(path)
            path.replace(kept)
            tenant.warn(f"What ops signed in with before lies in {kept}.")
        live_credential(tenant).write(path, tenant.connection["operators"])

    def _proved(self, tenant: Tenant, desired: Values) -> str:
        """Sealed first, waited for later: until a new token has every right, and Exchange lets it in."""
        credential = live_credential(tenant)
        seen = "no token yet"

        def probe() -> str | None:
            nonlocal seen
            try:
                lacking = self._lacking(tenant, credential, desired)
            except TokenError as error:
                if not NOT_YET & set(error.codes):
                    raise
                lacking = error.why
            seen = lacking
            return None if lacking else "all"

        try:
            poll(tenant.clock, probe, desired["max_wait"], "the rights to be in the onboarding app's new tokens")
        except DeadlineExceeded as late:
            raise late.with_remedy(f"what it lacked last: {seen}; run the same playbook again, it goes on") from None
        return "every right"

    def _lacking(self, tenant: Tenant, credential: SealedCredential, desired: Values) -> str:
        tokens = TokenStore(tenant.cloud, tenant.clock, tenant.transport)
        roles: set[str] = set()
        for service in dict.fromkeys(RIGHTS[name].service for name in desired["permissions"]):
            token = tokens.token(credential, audience(tenant.cloud, service), fresh=True)
            roles |= token.roles | {name for name, template in ROLES.items() if template in token.directory_roles}
        lacking = [name for name in (*desired["permissions"], *desired["directory_roles"]) if name not in roles]
        if lacking or not desired["directory_roles"]:
            return ", ".join(lacking)
        return ", ".join(sorted(set(CMDLETS) - _cmdlets(tenant, credential, tokens)))

    def _proved_gone(self, tenant: Tenant, desired: Values) -> str:
        """What a new token still has, by the credential that was taken back: nothing, or there is no token."""
        made = _made(tenant, "retired", "gone")
        path = tenant.state.retired(str(made[0].facts["key_id"])) if made else None
        if not made:
            return "no credential was made here"
        if path is None or not path.exists():
            raise TenantError(
                f"Credential {made[0].facts['key_id']} was taken back and cannot be tried: its sealed copy is gone",
                expected=f"a copy at {path}",
                remedy="see in Entra that it is no longer on the onboarding app",
            )
        credential = read(path)

        def probe() -> str | None:
            try:
                token = TokenStore(tenant.cloud, tenant.clock, tenant.transport).token(
                    credential, tenant.cloud.graph_audience, fresh=True
                )
            except TokenError as error:
                if REFUSED & set(error.codes):
                    return f"none: {error.why}"
                raise
            return "one without rights" if not _has(token, desired) else None

        return poll(tenant.clock, probe, desired["max_wait"], "the onboarding app's rights to be gone from new tokens")


def _free(path: Path) -> Path:
    """A name that nothing has yet: the only copy of a credential made by hand is never written over."""
    names = [REPLACED, *(REPLACED.replace(".age", f"-{number}.age") for number in range(2, 100))]
    return next(path.with_name(name) for name in names if not path.with_name(name).exists())


def _made(tenant: Tenant, *results: str) -> list[Entry]:
    return made_here(Journal(tenant.state.journal), *results)


def _has(token: Token, desired: Values) -> bool:
    roles = {ROLES[name] for name in desired["directory_roles"]}
    return bool(token.roles & set(desired["permissions"]) or token.directory_roles & roles)


def _cmdlets(tenant: Tenant, credential: SealedCredential, tokens: TokenStore) -> frozenset[str]:
    """Those that Exchange lets the app run; none while it does not know the role yet."""
    exchange = Exchange(
        tenant.transport,
        lambda fresh: tokens.token(credential, tenant.cloud.exchange_audience, fresh=fresh),
        tenant.tenant_id,
        tenant.initial_domain,
    )
    try:
        return exchange.cmdlets()
    except ExchangeError as error:
        if error.status != 403:
            raise
        return frozenset()
