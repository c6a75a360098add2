"""Application access policies: how one reads back, what a second one does, and what Exchange's own test says."""

from __future__ import annotations

from typing import Any

from tests.conformance.answer import Answer
from tests.conformance.case import Cases, Like, Standing
from tests.conformance.cases.exchange import BYPASS, failure, group, read, restrict, thrown
from tests.conformance.target import Target

case = Cases("exchange")
PS = "https://learn.microsoft.com/powershell/module/exchangepowershell/"
LIMIT = "https://learn.microsoft.com/graph/auth-limit-mailbox-access"


def policies(target: Target, client_id: str) -> list[dict[str, Any]]:
    answer = target.exchange("Get-ApplicationAccessPolicy", ResultSize="Unlimited")
    if answer.status != 200:  # a service that takes no ResultSize here
        answer = target.exchange("Get-ApplicationAccessPolicy")
    return [row for row in answer.body["value"] if row and str(row["AppId"]).lower() == client_id.lower()]


def new(target: Target, client_id: str, name: str, right: str = "RestrictAccess", **more: str) -> Answer:
    scope = {"AppId": [client_id], "AccessRight": right, "PolicyScopeGroupId": name}
    made = target.exchange("New-ApplicationAccessPolicy", **scope, **more)
    if made.status == 200:
        identity = made.body["value"][0]["Identity"]
        target.undo(lambda: target.exchange("Remove-ApplicationAccessPolicy", Identity=identity, Confirm=False))
    return made


def tested(target: Target, client_id: str, mailbox: str) -> str:
    answer = target.exchange("Test-ApplicationAccessPolicy", Identity=mailbox, AppId=client_id)
    return str(answer.body["value"][0]["AccessCheckResult"]) if answer.status == 200 else thrown(answer)


@case(
    {"raw": True, "identity": True, "name": True, "right": "RestrictAccess", "description": " "},
    source=PS + "new-applicationaccesspolicy", standing=Standing.OBSERVED,
)  # fmt: skip
def policy_reads_back_by_the_groups_object_id(target: Target) -> Any:
    """ScopeIdentityRaw ends with the group's id in Entra; a Description of one space stays one space"""
    name, app = group(target), target.app()
    row = read(target, name) or {}
    restrict(target, app.client_id, name)
    (policy,) = target.until(lambda: policies(target, app.client_id))
    raw = str(policy["ScopeIdentityRaw"])
    return {
        "raw": raw.rpartition(";")[2].lower() == str(row["ExternalDirectoryObjectId"]).lower(),
        "identity": str(policy["Identity"]).lower().endswith(f"{app.client_id}:{raw}".lower()),
        "name": name in (policy["ScopeName"], policy["ScopeIdentity"]),
        "right": policy["AccessRight"],
        "description": policy["Description"],
    }


@case({"generated": True}, source=PS + "new-applicationaccesspolicy", standing=Standing.OBSERVED)
def policy_without_a_description_gets_a_long_one(target: Target) -> Any:
    """Without Description a long text is generated; all policies together have a size limit, so the client gives one"""
    name, app = group(target), target.app()
    new(target, app.client_id, name)
    (policy,) = target.until(lambda: policies(target, app.client_id))
    return {"generated": len(policy["Description"]) > 30}


@case({"exists": True, "policies": 1}, source=PS + "new-applicationaccesspolicy", standing=Standing.UNVERIFIED)
def second_policy_for_the_same_group_exists_already(target: Target) -> Any:
    """A second policy for the same app and group is refused as existing, by type or text, and there is still one"""
    name, app = group(target), target.app()
    new(target, app.client_id, name, Description=" ")
    again = new(target, app.client_id, name, Description=" ")
    detail = str(again.body["error"]["details"][0]["message"]) if again.status != 200 else ""
    exists = "AlreadyExists" in thrown(again) or "already exist" in detail
    return {"exists": exists, "policies": len(target.until(lambda: policies(target, app.client_id)))}


@case({"removed": 200, "left": 0, "again": Like("ManagementObjectNotFoundException"), "test": "Granted"},
      source=PS + "remove-applicationaccesspolicy", standing=Standing.OBSERVED, slow=True)  # fmt: skip
def removed_policy_confines_no_more(target: Target) -> Any:
    """A policy is removed by its Identity, once; Exchange's test then grants every mailbox"""
    name, app, outside = group(target, target.tenancy.inside), target.app(), target.tenancy.outside
    restrict(target, app.client_id, name)
    target.until(lambda: tested(target, app.client_id, outside) == "Denied", 1800, 30)
    (policy,) = policies(target, app.client_id)

    def remove() -> Answer:
        return target.exchange("Remove-ApplicationAccessPolicy", Identity=policy["Identity"], Confirm=False)

    removed = remove()
    target.until(lambda: not policies(target, app.client_id))
    again = target.until(lambda: (a := remove()).status != 200 and a, 120)
    target.until(lambda: tested(target, app.client_id, outside) == "Granted", 3600, 60)
    return {
        "removed": removed.status,
        "left": len(policies(target, app.client_id)),
        "again": failure(again)["type"],
        "test": tested(target, app.client_id, outside),
    }


@case({"nobody_named": "Granted"}, source=LIMIT)
def app_without_a_policy_is_granted_every_mailbox(target: Target) -> Any:
    """Exchange's test grants an app that no policy names: policies confine nobody else"""
    return {"nobody_named": tested(target, target.app().client_id, target.tenancy.outside)}


@case({"inside": "Denied"}, source=LIMIT)
def deny_beats_restrict(target: Target) -> Any:
    """A mailbox that one policy allows and another denies is denied"""
    app, inside = target.app(), target.tenancy.inside
    new(target, app.client_id, group(target, inside), Description=" ")
    new(target, app.client_id, group(target, inside), "DenyAccess", Description=" ")
    target.until(lambda: tested(target, app.client_id, inside) == "Denied", 1800, 30)
    return {"inside": tested(target, app.client_id, inside)}


@case({"both": ["Granted", "Granted"]}, source=LIMIT)
def policies_that_restrict_add_up(target: Target) -> Any:
    """Two RestrictAccess policies allow the members of both groups: why another one's policy stops an onboarding"""
    app, mailboxes = target.app(), (target.tenancy.inside, target.tenancy.outside)
    new(target, app.client_id, group(target, mailboxes[0]), Description=" ")
    target.until(lambda: tested(target, app.client_id, mailboxes[1]) == "Denied", 1800, 30)
    new(target, app.client_id, group(target, mailboxes[1]), Description=" ")
    target.until(lambda: tested(target, app.client_id, mailboxes[1]) == "Granted", 1800, 30)
    return {"both": [tested(target, app.client_id, mailbox) for mailbox in mailboxes]}


@case({"nested": "Granted"}, source="https://github.com/MicrosoftDocs/office-docs-powershell/pull/12367",
      standing=Standing.UNVERIFIED)  # fmt: skip
def member_of_a_nested_group_is_granted(target: Target) -> Any:
    """A group in the policy's group counts with its members, as the page says since 2024; earlier reports differ"""
    app, inside = target.app(), target.tenancy.inside
    outer, inner = group(target), group(target, inside)
    nested = {"Identity": outer, "Member": inner, **BYPASS}
    target.settled(lambda: target.exchange("Add-DistributionGroupMember", **nested))
    new(target, app.client_id, outer, Description=" ")
    target.until(lambda: tested(target, app.client_id, target.tenancy.outside) == "Denied", 1800, 30)
    return {"nested": tested(target, app.client_id, inside)}
