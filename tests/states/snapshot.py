"""Everything in a tenant that anybody could have changed, as text for each object; ours apart from the others'."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.states.by_hand import ByHand
from tests.states.tenants import GROUP

LISTS = {
    "policy": ("Get-ApplicationAccessPolicy", "AppId ScopeName"),
    "pointer": ("Get-ServicePrincipal", "ObjectId"),
    "assignment": ("Get-ManagementRoleAssignment", "Name"),
    "group": ("Get-DistributionGroup", "Name"),
    "mailbox": ("Get-Mailbox", "Name"),
    "contact": ("Get-MailContact", "Name"),
}
SIZED = ("group", "mailbox", "contact")  # that page
THERE, AGAIN = "(there or not)", "(made once more)"
DELETED = "/directory/deletedItems/microsoft.graph.application"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`kind name` -> the object's whole text; `ours` are the names of what belongs to the customer."""

    objects: dict[str, str]
    ours: frozenset[str]

    @property
    def foreign(self) -> dict[str, str]:
        return {name: text for name, text in self.objects.items() if name not in self.ours}

    @property
    def own(self) -> dict[str, str]:
        return {name: text for name, text in self.objects.items() if name in self.ours}


def taken(hand: ByHand) -> Snapshot:
    """The customer's own app is found by uniqueName or client id, its group by name and type."""
    objects: dict[str, Any] = {}
    ours = set()
    apps = hand.graph("GET", "/applications?$top=999")["value"]
    principals = hand.graph("GET", "/servicePrincipals?$top=999")["value"]
    deleted = hand.graph("GET", DELETED)["value"]
    mine = {a["appId"] for a in (*apps, *deleted) if a["uniqueName"] == "kundo-mail"} | {hand.names.client_id}
    for kind, found in (("app", apps), ("principal", principals), ("deleted", deleted)):
        for item in found:
            objects[f"{kind} {item['appId']}"] = item
    roles = {(p["id"], role["id"]): role["value"] for p in principals for role in p["appRoles"]}
    for principal in principals:
        for grant in hand.graph("GET", f"/servicePrincipals/{principal['id']}/appRoleAssignments")["value"]:
            role = roles.get((grant["resourceId"], grant["appRoleId"]), grant["appRoleId"])
            name = f"consent {principal['appId']} {grant['resourceDisplayName']} {role}"
            objects[name] = grant
            if principal["appId"] in mine:
                ours.add(name)
    objects |= _exchange(hand)
    ours |= {name for name, row in objects.items() if name.split()[0] in LISTS and {row.get("AppId")} & mine}
    ids = {p["id"] for p in principals if p["appId"] in mine}
    for name, row in objects.items():
        if name.startswith("assignment ") and ids & {row.get("RoleAssignee"), row.get("RoleAssigneeName")}:
            ours.add(name)
    ours |= {f"{kind} {client}" for client in mine for kind in ("app", "principal", "deleted")}
    if objects.get(f"group {GROUP}", {}).get("RecipientTypeDetails") == "MailUniversalSecurityGroup":
        ours |= {f"group {GROUP}", f"members {GROUP}"}
    texts = {name: json.dumps(item, sort_keys=True) for name, item in objects.items()}
    return Snapshot(texts, frozenset(ours))


def _exchange(hand: ByHand) -> dict[str, Any]:
    objects: dict[str, Any] = {}
    for kind, (cmdlet, name) in LISTS.items():
        rows = hand.cmdlet(cmdlet, ResultSize="Unlimited") if kind in SIZED else hand.cmdlet(cmdlet)
        objects |= {f"{kind} {' '.join(row[n] for n in name.split())}": row for row in rows}
    for name, row in list(objects.items()):
        if name.startswith("group "):
            members = hand.cmdlet("Get-DistributionGroupMember", Identity=row["Guid"], ResultSize="Unlimited")
            objects[f"members {row['Name']}"] = sorted(member["Name"] for member in members)
    return objects


# What a service chooses anew for what is made once more.
CHOSEN = {"id", "createdDateTime", "Guid", "WhenChanged", "WhenCreated"}


def differences(start: Snapshot, after: Snapshot) -> dict[str, set[str]]:
    """Name of each object that is not as it was -> its properties that differ; THERE for one that came or went.

    What was made once more just as it was differs by AGAIN alone.
    """
    found = {}
    for name in start.objects.keys() | after.objects.keys():
        before, now = (json.loads(s.objects[name]) if name in s.objects else None for s in (start, after))
        if before == now:
            continue
        if not isinstance(before, dict) or not isinstance(now, dict):
            found[name] = {"members"} if before is not None and now is not None else {THERE}
            continue
        differ = {key for key in before.keys() | now.keys() if before.get(key) != now.get(key)}
        found[name] = {AGAIN} if differ <= CHOSEN else differ
    return found
