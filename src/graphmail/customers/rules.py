"""Rules that join fields and customers.

They look at the entries as written, with the defaults merged in, so that they speak up beside mistakes in single
fields; what is not of the right kind is left to the schema.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphmail.customers.errors import Place
from graphmail.customers.groups import RESERVED, label_group
from graphmail.customers.schema import App

SANDBOX_TENANTS = "5a4d0000-"
SANDBOX_DOMAIN = ".onmicrosoft.example"
# https://learn.microsoft.com/microsoft-365/admin/setup/domains-faq and the national clouds' own pages
INITIAL_DOMAINS = {
    "global": ".onmicrosoft.com",
    "gcc_high": ".onmicrosoft.us",
    "dod": ".onmicrosoft.us",
    "china": ".partner.onmschina.cn",
    "sandbox": SANDBOX_DOMAIN,
}
REAL_CLOUDS = tuple(name for name in INITIAL_DOMAINS if name != "sandbox")


# Ways of signing in in which a person does.
PERSONS = ("device_code", "authorization_code")


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule; `place` is below the customer's entry."""

    customer: str
    place: Place
    problem: str
    allowed: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A customer's entry as written; looks that find something else than text find nothing."""

    name: str
    fields: dict[str, Any]

    def text(self, *place: str) -> str:
        """Small letters: GUIDs, domains, addresses and names are compared without regard to case."""
        found: Any = self.fields
        for step in place:
            found = found.get(step) if isinstance(found, dict) else None
        return found.lower() if isinstance(found, str) else ""

    def texts(self, name: str) -> list[tuple[Place, str]]:
        found = self.fields.get(name)
        items = found if isinstance(found, list) else []
        return [((name, number), item.lower()) for number, item in enumerate(items) if isinstance(item, str)]

    def addresses(self) -> Iterator[tuple[Place, str]]:
        """Every address, the vendor's and the probe's too."""
        yield from self.texts("mailboxes")
        group = self.fields.get("group")
        owners = Entry(self.name, group).texts("owners") if isinstance(group, dict) else []
        yield from ((("group", *place), address) for place, address in owners)
        for place in (
            ("outside_mailbox",),
            ("group", "address"),
            ("probe", "sender"),
            ("probe", "receiver"),
            ("handover", "address"),
        ):
            if address := self.text(*place):
                yield place, address


def mailboxes(entry: Entry) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for place, address in entry.texts("mailboxes"):
        if address in first:
            yield Finding(entry.name, place, f"stands twice, first as number {first[address]}", "each mailbox once")
        first.setdefault(address, int(place[1]) + 1)
    outside, group, receiver = (
        entry.text(*place) for place in (("outside_mailbox",), ("group", "address"), ("probe", "receiver"))
    )
    if outside and outside in first:
        yield Finding(
            entry.name, ("outside_mailbox",), "is one of the mailboxes", "a mailbox that must stay unreachable"
        )
    if group and (group in first or group == outside):
        yield Finding(entry.name, ("group", "address"), "is the address of a mailbox", "an address of its own")
    if receiver and receiver not in first:
        yield Finding(entry.name, ("probe", "receiver"), "is none of the mailboxes", "one of `mailboxes`")


def handover(entry: Entry) -> Iterator[Finding]:
    if entry.text("handover", "delivery") == "mail" and not entry.text("handover", "address"):
        problem = "is `mail`, and there is no address to send it to"
        yield Finding(entry.name, ("handover", "delivery"), problem, "`handover.address` beside it, or `file`")


def cloud(entry: Entry) -> Iterator[Finding]:
    """The sandbox and the real clouds never mix."""
    name, tenant, domain = entry.text("cloud"), entry.text("tenant_id"), entry.text("initial_domain")
    if name not in INITIAL_DOMAINS:
        return
    sandbox = name == "sandbox"
    if tenant and tenant.startswith(SANDBOX_TENANTS) != sandbox:
        problem = "is not a sandbox's tenant id" if sandbox else "is a sandbox's tenant id"
        allowed = (
            f"begins with {SANDBOX_TENANTS}"
            if sandbox
            else f"the tenant's own; with {SANDBOX_TENANTS} the cloud is `sandbox`"
        )
        yield Finding(entry.name, ("tenant_id",), problem, allowed)
    if domain and not (domain.endswith(INITIAL_DOMAINS[name]) and len(domain) > len(INITIAL_DOMAINS[name])):
        problem = f"is no initial domain of the cloud `{name}`"
        yield Finding(entry.name, ("initial_domain",), problem, f"<name>{INITIAL_DOMAINS[name]}")
    for place, address in entry.addresses():
        if address.endswith(".example") != sandbox:
            allowed = "an address that ends in .example" if sandbox else "an address of a real domain"
            yield Finding(entry.name, place, f"does not belong to the cloud `{name}`", allowed)
    relay = entry.text("probe", "relay").rpartition(":")[0].strip("[]")
    if sandbox and relay and not _is_loopback(relay):
        yield Finding(entry.name, ("probe", "relay"), "leaves the machine", "a relay on loopback, such as 127.0.0.1:25")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def admin(entry: Entry) -> Iterator[Finding]:
    """A person signs in with a client, and it is ops' own: Microsoft's are each made for one resource alone."""
    if entry.text("admin", "kind") in PERSONS and not entry.text("admin", "client_id"):
        allowed = f"ops' own multi-tenant public client, with `kind: {entry.text('admin', 'kind')}`"
        yield Finding(entry.name, ("admin", "client_id"), "is missing", allowed)


def credential(entry: Entry) -> Iterator[Finding]:
    kept = entry.fields.get("credential")
    app = entry.fields.get("app")
    known = app.get("known_credentials") if isinstance(app, dict) else None
    if isinstance(kept, dict) and kept.get("keep") is True and not known:
        allowed = "only beside app.known_credentials, which lists the key ids that the vendor keeps"
        yield Finding(entry.name, ("credential", "keep"), "keeps nothing", allowed)
    if not isinstance(kept, dict):
        return
    kind, federated = entry.text("credential", "kind"), kept.get("federated")
    if kind == "federated" and not federated:
        allowed = "credential.federated beside it: whose tokens stand for the app (issuer, subject)"
        yield Finding(entry.name, ("credential", "kind"), "says nobody's tokens", allowed)


def names(entries: list[Entry]) -> Iterator[Finding]:
    """Hosts and groups of Ansible share one space of names."""
    customers = {entry.name for entry in entries}
    for entry in entries:
        if entry.name in RESERVED:
            yield Finding(entry.name, (), "has the name of a group", f"any name but {', '.join(RESERVED)}")
        for place, label in entry.texts("labels"):
            if label in customers or label_group(label) in customers:
                yield Finding(entry.name, place, "is the name of a customer", "a label of its own")
            if label_group(label) in RESERVED:
                yield Finding(entry.name, place, "is the name of another group", f"any label but {', '.join(RESERVED)}")


def tenants(entries: list[Entry]) -> Iterator[tuple[Finding, str]]:
    """Two customers may share a tenant, with an app and a group each. With each finding, the other customer."""
    seen: dict[str, list[Entry]] = {}
    for entry in entries:
        if tenant := entry.text("tenant_id"):
            for other in seen.setdefault(tenant, []):
                yield from _shared(entry, other)
            seen[tenant].append(entry)


def _shared(entry: Entry, other: Entry) -> Iterator[tuple[Finding, str]]:
    default = App.model_fields["unique_name"].default
    if (entry.text("app", "unique_name") or default) == (other.text("app", "unique_name") or default):
        allowed = "each tenant once, or another app.unique_name, app.display_name, group.name and group.address"
        yield Finding(entry.name, ("tenant_id",), "is a duplicate tenant", allowed), other.name
        return
    # People who look at the tenant, and Exchange's own names of service principals, must tell the two apps apart.
    shown = [
        one.text("app", "display_name") or App.model_fields["display_name"].default.lower() for one in (entry, other)
    ]
    if shown[0] == shown[1]:
        allowed = "a name of its own, such as `Kundo Mail School`"
        yield (
            Finding(entry.name, ("app", "display_name"), "is another customer's in the same tenant", allowed),
            other.name,
        )
    for place in (("app", "client_id"), ("group", "name"), ("group", "address")):
        if entry.text(*place) and entry.text(*place) == other.text(*place):
            yield Finding(entry.name, place, "is another customer's in the same tenant", "one of its own"), other.name
