"""The tenants file and the inventory of generated start states: everything that was there for long."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphmail.sandbox.generate import tenants as generated
from tests.states.start_state import StartState

APP_NAME, GROUP = "Kundo Mail", "Kundo Mail mailboxes"
MAILBOXES = 6  # user1 and user2 are connected, user3 is an extra member, user4 belongs to others, user5 to nobody
VENDOR = "age1h0z87vjsf7u6cqsev2pvva9h3aw5vl3e75uc8nfmw9grkyku3dyqlcnlv0"


class Names:
    """What things of one tenant are called; `seat` is the tenant's number in the file."""

    def __init__(self, seat: int) -> None:
        self.seat = seat
        self.customer = f"customer{seat}"
        self.tenant = f"5a4d0000-0000-4000-9000-{seat:012x}"
        self.domain = f"customer{seat}.example"
        self.client_id = self.guid("a001")
        self.key_id = self.guid("b001")
        self.members = [self.user(1), self.user(2)]
        self.extra, self.others, self.outside, self.owner = (self.user(n) for n in (3, 4, 5, 6))
        self.address = f"kundo-mailboxes@{self.domain}"

    def user(self, number: int) -> str:
        return f"user{number}@{self.domain}"

    def guid(self, end: str) -> str:
        return f"5a4d0000-{self.seat:04x}-4000-8000-{end:0>12}"


def tenants_file(states: Iterable[StartState]) -> dict[str, Any]:
    """Seat 1 is the first state's."""
    states = list(states)
    content = generated(len(states), MAILBOXES)
    for seat, (tenant, state) in enumerate(zip(content["tenants"], states, strict=True), 1):
        names = Names(seat)
        tenant["applications"] = [*_foreign_apps(names), *_app(names, state)]
        tenant["groups"] = [*_foreign_groups(names), *_group(names, state)]
        tenant["contacts"] = [{"name": "A supplier", "address": f"supplier{seat}@elsewhere.example"}]
        if state.group == "contact":
            tenant["contacts"].append({"name": GROUP, "address": f"kundo{seat}@elsewhere.example"})
    return content


def inventory(states: Iterable[StartState]) -> dict[str, Any]:
    entries = {Names(seat).customer: _entry(Names(seat), state) for seat, state in enumerate(states, 1)}
    return {"operators": [], "customers": entries}


def _entry(names: Names, state: StartState) -> dict[str, Any]:
    app: dict[str, Any] = {"display_name": APP_NAME, "unique_name": "kundo-mail"}
    if state.app == "adopted":
        app["client_id"] = names.client_id
    if state.secret == "known":
        app["known_credentials"] = [names.key_id]
    group = {"name": GROUP, "address": names.address, "owners": [names.owner], "extra_members": state.extra_members}
    return {
        "tenant_id": names.tenant,
        "initial_domain": f"customer{names.seat}.onmicrosoft.example",
        "cloud": "sandbox",
        "app": app,
        "group": group,
        "mailboxes": names.members,
        "outside_mailbox": names.outside,
        "access": state.model,
        "handover": {"recipients": [VENDOR]},
    }


def _app(names: Names, state: StartState) -> list[dict[str, Any]]:
    if state.app == "none":
        return []
    app: dict[str, Any] = {
        "display_name": APP_NAME if state.app == "look_alike" or not state.drifted else "Kundo Mail (test)",
        "client_id": names.client_id,
        "sign_in_audience": "AzureADMultipleOrgs" if state.drifted else "AzureADMyOrg",
        "service_principal": state.principal != "absent",
        "roles": list(state.consents),
    }
    if state.app in ("ours", "deleted"):
        app["unique_name"] = "kundo-mail"
    if state.secret != "none":
        app["secrets"] = [{"key_id": names.key_id, "display_name": "made in the portal"}]
    return [app]


def _foreign_apps(names: Names) -> list[dict[str, Any]]:
    """Somebody else's, one of them named like ours: another customer's in the same tenant."""
    return [
        {
            "display_name": "Payroll",
            "client_id": names.guid("c001"),
            "roles": ["Mail.Read", "exchange/full_access_as_app"],
            "secrets": [{"key_id": names.guid("d001"), "display_name": "payroll"}],
        },
        {
            "display_name": APP_NAME,
            "unique_name": "kundo-mail-2",
            "client_id": names.guid("c002"),
            "roles": ["Mail.Send"],
            "secrets": [{"key_id": names.guid("d002"), "display_name": "graphmail 2"}],
        },
    ]


def _foreign_groups(names: Names) -> list[dict[str, Any]]:
    return [
        {"name": "Finance", "address": f"finance@{names.domain}", "members": [names.others], "owners": [names.owner]},
        {"name": f"{GROUP} 2", "address": f"kundo-mailboxes-2@{names.domain}", "members": [names.others]},
        {"name": "News", "address": f"news@{names.domain}", "kind": "distribution", "members": [names.outside]},
    ]


def _group(names: Names, state: StartState) -> list[dict[str, Any]]:
    first, second = names.members
    finance = f"finance@{names.domain}"
    some = {"missing": [first], "extra": [first, second, names.extra], "nested": [first, second, finance], "empty": []}
    members = some.get(state.group, [first, second])
    owners = [names.others] if state.group == "drifted" else [names.owner]
    address = f"kundo-old@{names.domain}" if state.group == "drifted" else names.address
    group = {"name": GROUP, "address": address, "members": members, "owners": owners}
    if state.group == "address":
        return [group | {"name": "Kundo"}]
    if state.group == "distribution":
        return [group | {"kind": "distribution"}]
    return [group] if state.has_group else []
