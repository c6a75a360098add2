"""The schema of the tenants file: the world before anybody runs anything. Strict, and all mistakes at once."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from graphmail.sandbox.issuers import check_jwks
from graphmail.sandbox.tenant_settings import Delays, Limits
from graphmail.sandbox.well_known import DIRECTORY_ROLES, EXCHANGE_APP_ROLES, GRAPH_APP_ROLES

_GUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_MIB = 1024 * 1024
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML was built with libyaml


class TenantsFileError(Exception):
    """The file cannot be used; `problems` has one line for each mistake."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))
        self.problems = problems


def _one_of(known: dict[str, str]) -> AfterValidator:
    def check(name: str) -> str:
        if name not in known:
            raise ValueError(f"{name!r} is unknown; known: {', '.join(sorted(known))}")
        return name

    return AfterValidator(check)


def _size(value: Any) -> Any:
    """Bytes, or a text such as `35 MiB`."""
    return int(value[:-3]) * _MIB if isinstance(value, str) and re.fullmatch(r"\d+ ?MiB", value) else value


Size = Annotated[int, BeforeValidator(_size), Field(gt=0)]
Guid = Annotated[str, Field(pattern=_GUID)]
Domain = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*\.example$")]
Address = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._+-]*@[a-z0-9.-]+\.example$")]
# A name that both Graph and Exchange have is Graph's; `exchange/Mail.Send` is Office 365 Exchange Online's.
EXCHANGE_PREFIX = "exchange/"
AppRole = Annotated[
    str, _one_of(GRAPH_APP_ROLES | EXCHANGE_APP_ROLES | {EXCHANGE_PREFIX + n: i for n, i in EXCHANGE_APP_ROLES.items()})
]
DirectoryRole = Annotated[str, _one_of(DIRECTORY_ROLES)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Admin(Strict):
    """The app registration that ops signs in with; its secret is random for each start."""

    display_name: str = "Kundo Onboarding"
    client_id: Guid | None = None  # default: derived from the tenant's id
    roles: tuple[AppRole, ...] = (
        "Application.ReadWrite.All",
        "AppRoleAssignment.ReadWrite.All",
        "Organization.Read.All",
        "User.Read.All",
        "Policy.Read.All",
        "Exchange.ManageAsApp",
    )
    directory_roles: tuple[DirectoryRole, ...] = ("Exchange Administrator",)


class User(Strict):
    """Somebody, or a shared mailbox. Sizes as `35 MiB` or bytes."""

    address: Address
    name: str
    aliases: tuple[Address, ...] = ()
    id: Guid | None = None
    licensed: bool = True  # False: a user without a mailbox
    enabled: bool = True
    directory_roles: tuple[DirectoryRole, ...] = ()
    max_send_size: Size = 35 * _MIB
    max_receive_size: Size = 36 * _MIB
    synced: bool = False  # mastered on premises
    quota: Size | None = None


class Group(Strict):
    name: str
    address: Address
    kind: Literal["mail_enabled_security", "distribution", "microsoft_365"] = "mail_enabled_security"
    description: str = ""
    id: Guid | None = None
    members: tuple[Address, ...] = ()
    owners: tuple[Address, ...] = ()
    synced: bool = False  # mastered on premises


class Contact(Strict):
    """A mail contact: an address of somebody elsewhere."""

    name: str
    address: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._+-]*@[a-z0-9.-]+\.example$")]


class AdministrativeUnit(Strict):
    name: str
    id: Guid | None = None
    members: tuple[Address, ...] = ()


class Exchange(Strict):
    """How the tenant's Exchange behaves where tenants differ; `exchange_records` says what each means."""

    nested_groups_in_policies: bool = True
    implicit_delegation: bool = True
    anchor_by_guid: Literal["refused", "committed", "ok"] = "refused"
    redirect: bool = False
    forbidden_body: Literal["empty", "nul", "nul_gzip"] = "empty"
    silent_body: Literal["value", "empty"] = "value"
    null_rows: bool = False
    in_scope_as_text: bool = False
    audit_enabled: bool = True  # the unified audit log takes entries
    stripped_roles: tuple[str, ...] = ()  # management roles that somebody took from Organization Management


class Secret(Strict):
    """A secret that somebody made in the portal; nobody knows its text any more."""

    key_id: Guid
    display_name: str | None = None
    days_old: float = 200
    lifetime_days: float = 730


class App(Strict):
    """An app registration with its enterprise application, made by hand in the past."""

    display_name: str
    client_id: Guid
    id: Guid | None = None
    unique_name: str | None = None
    notes: str | None = None
    roles: tuple[AppRole, ...] = ()  # consented
    secrets: tuple[Secret, ...] = ()
    service_principal: bool = True
    sign_in_audience: Literal["AzureADMyOrg", "AzureADMultipleOrgs"] = "AzureADMyOrg"
    secret: Literal["shown"] | None = None  # one more secret, whose text stands in sandbox.json


class Sku(Strict):
    sku_part_number: str
    service_plans: tuple[str, ...]
    enabled: int = 25
    consumed: int | None = None  # default: one for each licensed user


class PasswordRestriction(Strict):
    restriction_type: Literal["passwordAddition", "passwordLifetime", "customPasswordAddition"]
    state: Literal["enabled", "disabled"] = "enabled"
    max_lifetime: str | None = None  # ISO 8601: P180D
    restrict_for_apps_created_after: str | None = None


class KeyRestriction(Strict):
    restriction_type: Literal["asymmetricKeyLifetime", "trustedCertificateAuthority"]
    state: Literal["enabled", "disabled"] = "enabled"
    max_lifetime: str | None = None  # ISO 8601: P365D
    restrict_for_apps_created_after: str | None = None


class AppManagementPolicy(Strict):
    is_enabled: bool = False
    password_credentials: tuple[PasswordRestriction, ...] = ()
    key_credentials: tuple[KeyRestriction, ...] = ()


class TrustedIssuer(Strict):
    """An external identity provider, for federated credentials: its public keys, since nothing is fetched."""

    issuer: str
    jwks: Annotated[dict[str, Any], AfterValidator(check_jwks)]


class MailRules(Strict):
    """How mail is treated: senders as addresses or as `@domain`, `blocked` own mailboxes."""

    junk: tuple[str, ...] = ()
    quarantine: tuple[str, ...] = ()
    blocked: tuple[Address, ...] = ()
    received_edits: Literal["tolerant", "by_date", "enforced"] = "tolerant"


class TenantSpec(Strict):
    id: Annotated[str, Field(pattern=r"^5a4d0000-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
    display_name: str
    initial_domain: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.onmicrosoft\.example$")]
    domains: tuple[Domain, ...]  # verified ones beside the initial domain; the first is the default
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "SE"
    cloud: Literal["global", "gcc_high", "dod", "china"] = "global"
    admin: Admin = Admin()
    users: tuple[User, ...] = ()
    shared_mailboxes: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    contacts: tuple[Contact, ...] = ()
    administrative_units: tuple[AdministrativeUnit, ...] = ()
    applications: tuple[App, ...] = ()
    skus: tuple[Sku, ...] = (Sku(sku_part_number="O365_BUSINESS_PREMIUM", service_plans=("EXCHANGE_S_STANDARD",)),)
    delays: dict[str, float] = {}
    limits: dict[str, int] = {}
    app_management_policy: AppManagementPolicy = AppManagementPolicy()
    device_code_flow: bool = True  # False: a Conditional Access policy blocks it
    dehydrated: bool = False
    exchange: Exchange = Exchange()
    mail_rules: MailRules = MailRules()


class TenantsFile(Strict):
    tenants: Annotated[tuple[TenantSpec, ...], Field(min_length=1)]
    trusted_issuers: tuple[TrustedIssuer, ...] = ()


def load(path: Path) -> TenantsFile:
    """Read and check the file; raises TenantsFileError with every mistake."""
    try:
        content: Any = yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 - a safe loader
    except (OSError, yaml.YAMLError) as error:
        raise TenantsFileError(path, [str(error)]) from None
    return check(content, path)


def check(content: Any, path: Path) -> TenantsFile:
    """Check parsed content; `path` is for the messages."""
    try:
        parsed = TenantsFile.model_validate_json(_as_json(content))
    except ValidationError as error:
        raise TenantsFileError(path, [f"{_where(e['loc'])}: {e['msg']}" for e in error.errors()]) from None
    problems = [p for tenant in parsed.tenants for p in _contradictions(tenant)]
    problems += _twice("tenant id", [t.id for t in parsed.tenants])
    problems += _twice("domain", [d for t in parsed.tenants for d in (t.initial_domain, *t.domains)])
    if problems:
        raise TenantsFileError(path, problems)
    return parsed


def _as_json(content: Any) -> str:
    """YAML has lists where the schema has tuples; strict JSON mode takes them, and nothing else is coerced."""
    return json.dumps(content, default=str)


def _where(loc: tuple[int | str, ...]) -> str:
    return re.sub(r"\.(\d+)", r"[\1]", ".".join(str(part) for part in loc))


def _twice(what: str, values: list[str]) -> list[str]:
    return [f"{what} {value!r} stands there twice" for value, times in Counter(values).items() if times > 1]


def _contradictions(tenant: TenantSpec) -> list[str]:
    """What only the whole tenant shows: unknown members, addresses of foreign domains, ids used twice."""
    where = f"tenant {tenant.display_name}"
    people = [*tenant.users, *tenant.shared_mailboxes]
    own = {tenant.initial_domain, *tenant.domains}
    addresses = [a for p in people for a in (p.address, *p.aliases)] + [g.address for g in tenant.groups]
    problems = [f"{where}: {p}" for p in _twice("address", addresses)]
    problems += [
        f"{where}: {a!r} is in none of its domains {', '.join(sorted(own))}"
        for a in addresses
        if a.partition("@")[2] not in own
    ]
    problems += [
        f"{where}: group {g.name!r} names {a!r}, who is not in the tenant"
        for g in tenant.groups
        for a in (*g.members, *g.owners)
        if a not in addresses
    ]
    problems += [
        f"{where}: administrative unit {u.name!r} names {a!r}, who is not in the tenant"
        for u in tenant.administrative_units
        for a in u.members
        if a not in addresses
    ]
    problems += [
        f"{where}: app {a.display_name!r} has roles and no service principal to hold them"
        for a in tenant.applications
        if a.roles and not a.service_principal
    ]
    problems += [f"{where}: {p}" for p in _twice("client id", [a.client_id for a in tenant.applications])]
    for what, given, known in (("delay", tenant.delays, Delays), ("limit", tenant.limits, Limits)):
        names = list(known.__dataclass_fields__)
        problems += [f"{where}: no {what} {n!r}; there are {', '.join(names)}" for n in given if n not in names]
    return problems
