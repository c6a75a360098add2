"""The inventory's fields. What each kind of value allows stands in `values`, rules across fields in `rules`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from graphmail.access_models import MODELS
from graphmail.customers.groups import label_group
from graphmail.customers.values import (
    Address,
    AssertionFile,
    Claim,
    CustomerName,
    Domain,
    FilePath,
    Guid,
    HostAndPort,
    Issuer,
    Label,
    LargeMailSize,
    Lifetime,
    Logo,
    LongText,
    Name,
    PublicKey,
    Seconds,
    UniqueName,
    Url,
    resolved,
)
from graphmail.rights import ADMIN, RIGHTS, as_granted
from graphmail.state import StateFolder, state_root

# The onboarding app's folder below the customer's state.
ONBOARDING = "onboarding"

CloudName = Literal["global", "gcc_high", "dod", "china", "sandbox"]
AccessModel = Literal["application_access_policy", "rbac"]


class Section(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, validate_default=True)


class Admin(Section):
    kind: Literal["client_secret", "certificate", "federated", "device_code", "authorization_code"] = Field(
        "client_secret",
        description="how ops signs in to the tenant: as an app with a secret, a certificate or a workload identity, or "
        "as an administrator who signs in with a code or in a browser",
    )
    client_id: Guid | None = Field(
        None,
        description="ops' own multi-tenant public client, which administrators sign in with; needed by `device_code` "
        "and `authorization_code`, and by bootstrap.yml",
    )
    sealed: FilePath | None = Field(
        None,
        description="the sealed file with how ops signs in; if left out, `admin.age` in the customer's state folder",
    )

    def connection(self, sealed: Path) -> dict[str, Any]:
        """The part `admin` of the `tenant` option."""
        client = {"client_id": self.client_id} if self.client_id else {}
        return {"kind": self.kind, "sealed": str(sealed.absolute())} | client


class Bootstrap(Section):
    """The onboarding app: what ops works with in the tenant, where bootstrap.yml makes it."""

    sign_in: Literal["device_code", "authorization_code"] = Field(
        "device_code", description="how a customer's administrator signs in to bootstrap.yml, with `admin.client_id`"
    )
    display_name: Name = Field("Kundo Onboarding", description="name of the app that bootstrap.yml makes for ops")
    unique_name: UniqueName = Field("kundo-onboarding", description="what that app is found by")
    lifetime: Lifetime = Field("90 days", description="how long its secret or certificate lives")  # type: ignore[assignment]


class App(Section):
    display_name: Name = Field("Kundo Mail", description="what the customer's people see")
    unique_name: UniqueName = Field(
        "kundo-mail", description="what the app is found by; with the tenant it makes a customer"
    )
    client_id: Guid | None = Field(
        None, description="adopts this app, made by hand; without it an app of the same name stops the run"
    )
    logo: Logo | None = Field(None, description="the picture shown with the app")
    notes: LongText | None = Field(None, description="a note to whoever looks at the app registration")
    on_offboard: Literal["keep_deleted", "purge"] = Field(
        "keep_deleted",
        description="what becomes of the app when offboard.yml has deleted it: Entra keeps it for 30 days, and a new "
        "onboarding restores it; or it goes for good at once, and a new onboarding makes another",
    )
    known_credentials: list[Guid] = Field(
        [],
        description="key ids of credentials made by hand that stay; any other one stops a run that would give the app "
        "more consent, or more roles in Exchange",
    )


class Group(Section):
    name: Name = Field(description="name of the mail-enabled security group")
    address: Address = Field(description="its address, in a domain that the tenant accepts")
    description: LongText | None = Field(None, description="what its owners read about it")
    owners: list[Address] = Field(min_length=1, description="who may change its members in Outlook")
    extra_members: Literal["report", "remove"] = Field(
        "report", description="members that the inventory does not name: shown, and not green; or taken out"
    )


class Federated(Section):
    issuer: Issuer = Field(description="the vendor's identity provider, as `iss` of its tokens says it")
    subject: Claim = Field(description="whom its tokens are about, as `sub` says it")
    audience: Claim = Field("api://AzureADTokenExchange", description="for whom its tokens are made, as `aud` says it")
    assertion: AssertionFile | None = Field(
        None,
        description="a file in which the provider keeps a fresh token, to prove with; without it the proof makes a "
        "short-lived secret and removes it afterwards",
    )


class Credential(Section):
    kind: Literal["secret", "certificate", "federated"] = Field("secret", description="what the vendor signs in with")
    on_policy: Literal["stop", "shorten", "certificate"] = Field(
        "stop",
        description="what happens where the tenant's app management policy forbids it or allows a shorter life only: "
        "preflight stops, it lives as long as is allowed, or a certificate is made instead of a secret",
    )
    federated: Federated | None = Field(None, description="whose tokens stand for the app; only with kind `federated`")
    lifetime: Lifetime = Field("24 months", description="how long it lives")  # type: ignore[assignment]
    keep: bool = Field(
        False, description="leave a live one that the vendor already has, and prove with a short-lived second one"
    )
    rotate_before: Lifetime = Field(  # type: ignore[assignment]
        "60 days", description="how long before its end it is due for rotate.yml, and told by the report"
    )
    grace: Lifetime = Field(  # type: ignore[assignment]
        "7 days", description="how long the vendor has to change over to a new one, from its receipt on"
    )
    critical_before: Lifetime = Field(  # type: ignore[assignment]
        "14 days", description="how long before its end the report calls it critical"
    )
    proof_lifetime: Lifetime = Field(  # type: ignore[assignment]
        "2 days", description="how long that second one lives at most; it is removed after the proof"
    )


class Probe(Section):
    relay: HostAndPort | None = Field(
        None, description="SMTP relay that sends the mail from outside; in the sandbox, its own unless given"
    )
    sender: Address | None = Field(None, description="sender of that mail, outside the tenant")
    receiver: Address | None = Field(
        None, description="who gets the mail sent from inside, one of `mailboxes`; else the first of them"
    )
    large_mail_size: LargeMailSize = Field("10 MiB", description="size of the attachment in the large-mail check")  # type: ignore[assignment]
    max_wait: Seconds = Field("2 hours", description="longest wait until a change acts")  # type: ignore[assignment]


class Handover(Section):
    recipients: list[PublicKey] = Field(
        min_length=1, description="the vendor's public keys; with an ssh-ed25519 one the vendor can sign a receipt"
    )
    address: Address | None = Field(None, description="where the vendor expects to be told")
    delivery: Literal["file", "mail"] = Field(
        "file",
        description="`file`: the sealed file is put into the state folder, and you send it; `mail`: it is sent to "
        "`address` from the customer's first mailbox, by the new app itself",
    )


class Customer(Section):
    """One customer: an app in a tenant, and the mailboxes it may use. `name` and `operators` come from around it."""

    name: str = Field(exclude=True)
    operators: list[str] = Field(exclude=True)

    tenant_id: Guid = Field(description="the tenant; domains move between tenants, this does not")
    initial_domain: Domain = Field(description="its first domain, which it always keeps")
    cloud: CloudName = Field(description="where the tenant lives")
    labels: list[Label] = Field([], description="groups of customers for `--limit`; a dash becomes an underscore")
    admin: Admin = Field(default_factory=Admin, description="how ops signs in; never holds a secret")
    bootstrap: Bootstrap = Field(default_factory=Bootstrap, description="how ops gets its own app into the tenant")
    app: App = Field(default_factory=App, description="the app registration")
    group: Group = Field(description="the mail-enabled security group that the app is confined to")
    mailboxes: list[Address] = Field(min_length=1, description="exactly the mailboxes that the app may use")
    outside_mailbox: Address = Field(description="a mailbox of the tenant that must stay unreachable")
    access: AccessModel = Field("application_access_policy", description="what confines the app to the group")
    credential: Credential = Field(default_factory=Credential, description="what the vendor gets")
    probe: Probe = Field(default_factory=Probe, description="how the mail flow is proved")
    handover: Handover = Field(description="to whom the credential goes")

    @property
    def proof_credential(self) -> bool:
        """Whether a proof signs in with a short-lived credential of its own: nobody here holds the vendor's."""
        federated = self.credential.kind == "federated"
        assertion = self.credential.federated and self.credential.federated.assertion
        return self.credential.keep or (federated and not assertion)

    @property
    def groups(self) -> list[str]:
        """The Ansible groups of this customer, beside `customers`."""
        return [self.cloud, self.access, *map(label_group, self.labels)]

    def admin_file(self, inventory_path: Path, state: Path | None = None) -> Path:
        """The sealed file with which ops signs in; absolute. `state` is the root of local state."""
        if self.admin.sealed:
            return resolved(self.admin.sealed, inventory_path).absolute()
        return StateFolder(state or state_root(), self.name).admin.absolute()

    def connection(self, inventory_path: Path, state: Path | None = None) -> dict[str, Any]:
        """The `tenant` option of every module (docs/architecture.md): names things, holds no secret.

        `state` is the root of local state, GRAPHMAIL_STATE by default. The admin's sealed file need not exist yet.
        """
        return {
            "customer": self.name,
            "tenant_id": self.tenant_id,
            "initial_domain": self.initial_domain,
            "cloud": self.cloud,
            "admin": self.admin.connection(self.admin_file(inventory_path, state)),
            "operators": list(self.operators),
            # Exchange and Graph must agree about it before anything is written: see `Tenant.pin_exchange`.
            "known_mailbox": self.mailboxes[0],
        }

    def by_administrator(self, inventory_path: Path, state: Path | None = None) -> dict[str, Any]:
        """The `tenant` option for bootstrap.yml, in which an administrator of the customer's signs in.

        The onboarding app has a state folder of its own, below the customer's.
        """
        folder = StateFolder(state or state_root(), self.name).path / ONBOARDING
        signed_in = Admin(kind=self.bootstrap.sign_in, client_id=self.admin.client_id)
        connection = self.connection(inventory_path, state)
        return connection | {"admin": signed_in.connection(folder / "administrator.age"), "part": ONBOARDING}

    def variables(self) -> dict[str, Any]:
        """The entry as plain, JSON-able data with the defaults filled in: sizes in bytes, waits in seconds.

        Beside it `consented`: the application permissions that Entra grants in the customer's access model;
        `proof_credential`; and in `bootstrap` what the onboarding app needs.
        """
        told = self.model_dump(mode="json") | {
            "consented": sorted(MODELS[self.access].consented),
            "proof_credential": self.proof_credential,
        }
        told["bootstrap"] |= {"permissions": [*ADMIN], "consented": [as_granted(RIGHTS[name]) for name in ADMIN]}
        return told


class Evidence(Section):
    """How runs are sealed; the same for all customers."""

    timestamp_authority: Url | None = Field(
        None, description="RFC 3161 authority that says when a run was sealed; in the sandbox, its own unless given"
    )
    timestamp_roots: FilePath | None = Field(
        None, description="PEM file with the root certificate of that authority, and those between it and the root"
    )
    signing_key: FilePath | None = Field(
        None, description="the sealed signing key; if left out, `.signing/<environment>.age` in the state folder"
    )


class Inventory(Section):
    """What `load` returns. `customers` is keyed by name, in the file's order."""

    path: Path = Field(exclude=True)
    operators: list[PublicKey] = Field(
        [], description="public keys that everything made here is sealed to; in the sandbox, the own key if empty"
    )
    evidence: Evidence = Field(default_factory=Evidence, description="how runs are sealed and timestamped")
    customers: dict[CustomerName, Customer] = Field(min_length=1, description="customers by name")

    def sealing(self) -> dict[str, Any]:
        """How its runs are sealed, as the host variable `sealing`: names things, holds no secret; paths absolute."""
        roots, key = self.evidence.timestamp_roots, self.evidence.signing_key
        return {
            "timestamp_authority": self.evidence.timestamp_authority,
            "timestamp_roots": str(resolved(roots, self.path).absolute()) if roots else None,
            "signing_key": str(resolved(key, self.path).absolute()) if key else None,
            "operators": list(self.operators),
        }


# What belongs to one customer alone; everything else may stand in `defaults`.
IDENTITY = (
    ("tenant_id",),
    ("initial_domain",),
    ("admin", "sealed"),
    ("app", "client_id"),
    ("app", "known_credentials"),
    ("group", "address"),
    ("group", "owners"),
    ("mailboxes",),
    ("outside_mailbox",),
    ("probe", "receiver"),
)
