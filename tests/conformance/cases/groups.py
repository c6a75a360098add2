"""Groups and recipients in Exchange: what identifies one, and what its rows say."""

from __future__ import annotations

from typing import Any

from tests.conformance.case import Cases, Like, Standing
from tests.conformance.cases.exchange import BYPASS, FAILED, failure, group, read
from tests.conformance.target import Target

case = Cases("exchange")
PS = "https://learn.microsoft.com/powershell/module/exchangepowershell/"
AZAPP = "https://github.com/tiredithumans/azapptoolkit"


def recipient(target: Target, identity: str) -> dict[str, Any]:
    (row,) = target.exchange("Get-Recipient", Identity=identity).body["value"]
    return dict(row)


def members(target: Target, identity: str) -> list[dict[str, Any]]:
    answer = target.exchange("Get-DistributionGroupMember", Identity=identity, ResultSize="Unlimited")
    return [row for row in answer.body["value"] if row]


@case({"type": "MailUniversalSecurityGroup", "same": True, "security": [True, True, []]},
      source=PS + "new-distributiongroup")  # fmt: skip
def new_group_comes_to_have_the_id_that_entra_knows(target: Target) -> Any:
    """A mail-enabled security group's ExternalDirectoryObjectId, which may come late, is the group's id in Graph"""
    role = "Group.Read.All"
    bearer = target.bearer_with(target.lend(role), role)
    row = read(target, group(target)) or {}
    path = f"/groups/{row['ExternalDirectoryObjectId']}?$select=id,mail,mailEnabled,securityEnabled,groupTypes"
    seen = target.settled(lambda: target.graph("GET", path, bearer=bearer), 900).body
    return {
        "type": row["RecipientTypeDetails"],
        "same": str(seen["mail"]).lower() == str(row["PrimarySmtpAddress"]).lower(),
        "security": [seen["mailEnabled"], seen["securityEnabled"], seen["groupTypes"]],
    }


@case({"by_guid": True, "address": True, "kind": "UserMailbox"}, source=AZAPP, standing=Standing.OBSERVED)
def member_is_known_by_its_guid(target: Target) -> Any:
    """A member's row has the Guid that Get-Recipient has for the same address: how the client compares members"""
    (row,) = members(target, group(target, target.tenancy.inside))
    known = recipient(target, target.tenancy.inside)
    return {
        "by_guid": row["Guid"] == known["Guid"],
        "address": str(row["PrimarySmtpAddress"]).lower() == target.tenancy.inside.lower(),
        "kind": row.get("RecipientTypeDetails") or row["RecipientType"],
    }


@case({"primary": True, "same_as_graph": True, "kind": "UserMailbox"}, source=PS + "get-recipient")
def recipient_has_the_id_of_the_user(target: Target) -> Any:
    """A mailbox's ExternalDirectoryObjectId is the user's id in Graph, and its primary address begins with SMTP:"""
    address = target.tenancy.inside
    row = recipient(target, address)
    query = f"/users?$filter=mail eq '{address}' or userPrincipalName eq '{address}'&$select=id"
    (user,) = target.graph("GET", query).body["value"]
    return {
        "primary": f"SMTP:{address}".lower()
        in [str(a).lower() for a in row["EmailAddresses"] if a.startswith("SMTP:")],
        "same_as_graph": str(row["ExternalDirectoryObjectId"]).lower() == user["id"].lower(),
        "kind": row["RecipientTypeDetails"],
    }


@case({"same": [True, True, True, True]}, source=PS + "get-recipient")
def recipient_is_found_by_every_name_it_has(target: Target) -> Any:
    """Guid, object id, distinguished name and name identify the same recipient as its address"""
    row = recipient(target, target.tenancy.inside)
    names = ("Guid", "ExternalDirectoryObjectId", "DistinguishedName", "Name")
    return {"same": [recipient(target, str(row[name]))["Guid"] == row["Guid"] for name in names]}


@case({"status": FAILED, "type": Like("ManagementObjectNotFoundException")}, source=AZAPP, standing=Standing.OBSERVED)
def recipient_who_is_nobody_is_missing(target: Target) -> Any:
    """Get-Recipient of an address that nobody has is a ManagementObjectNotFoundException"""
    return failure(target.exchange("Get-Recipient", Identity=f"{target.name()}@{target.tenancy.initial_domain}"))


@case({"owner": True}, source=PS + "new-distributiongroup", standing=Standing.OBSERVED)
def owner_reads_back_as_a_name_that_identifies_it(target: Target) -> Any:
    """ManagedBy reads back as some name of the owner, not its address; Get-Recipient finds the owner by it"""
    name, owner = target.name(), target.tenancy.inside
    target.settled(
        lambda: target.exchange("New-DistributionGroup", Name=name, Alias=name, Type="Security", ManagedBy=[owner])
    )
    target.undo(lambda: target.exchange("Remove-DistributionGroup", Identity=name, Confirm=False, **BYPASS))
    row = target.until(lambda: read(target, name))
    (managed,) = row["ManagedBy"]
    return {"owner": recipient(target, managed)["Guid"] == recipient(target, owner)["Guid"]}


@case({"added": 200, "removed": 200, "left": 0}, source=PS + "remove-distributiongroupmember")
def member_goes_in_by_address_and_out_again(target: Target) -> Any:
    """A group named by its Guid takes a member by address, and lets it go by address"""
    guid, one = str((read(target, group(target)) or {})["Guid"]), target.tenancy.inside
    added = target.exchange("Add-DistributionGroupMember", Identity=guid, Member=one, **BYPASS)
    target.until(lambda: members(target, guid), 120)
    gone = target.exchange("Remove-DistributionGroupMember", Identity=guid, Member=one, Confirm=False, **BYPASS)
    target.until(lambda: not members(target, guid), 120)
    return {"added": added.status, "removed": gone.status, "left": len(members(target, guid))}


@case({"status": "400", "type": Like("ProxyAddressExists|AlreadyExists")}, source=PS + "new-distributiongroup",
      standing=Standing.UNVERIFIED)  # fmt: skip
def address_that_somebody_has_is_refused(target: Target) -> Any:
    """A group cannot have the address of another recipient"""
    name, taken = target.name(), target.tenancy.inside
    refused = target.exchange("New-DistributionGroup", Name=name, Alias=name, Type="Security", PrimarySmtpAddress=taken)
    if refused.status == 200:
        target.undo(lambda: target.exchange("Remove-DistributionGroup", Identity=name, Confirm=False, **BYPASS))
    return failure(refused)


SIZE = Like(r"^(Unlimited|[0-9.]+ [KMG]B \([0-9,]+ bytes\))$")


@case({"MaxSendSize": SIZE, "MaxReceiveSize": SIZE}, source=PS + "get-mailbox", standing=Standing.OBSERVED)
def mailbox_tells_its_sizes_as_text(target: Target) -> Any:
    """Message sizes of Get-Mailbox are texts such as `35 MB (36,700,160 bytes)`"""
    (row,) = target.exchange("Get-Mailbox", Identity=target.tenancy.inside).body["value"]
    return {name: row[name] for name in ("MaxSendSize", "MaxReceiveSize")}


@case({"status": 400}, source="https://learn.microsoft.com/graph/api/resources/groups-overview",
      standing=Standing.UNVERIFIED)  # fmt: skip
def graph_cannot_change_a_mail_enabled_security_group(target: Target) -> Any:
    """Adding a member through Graph is refused: Exchange's cmdlets are the only way"""
    role = "GroupMember.ReadWrite.All"
    bearer = target.bearer_with(target.lend(role), role)
    identifier = (read(target, group(target)) or {})["ExternalDirectoryObjectId"]
    user = recipient(target, target.tenancy.inside)["ExternalDirectoryObjectId"]
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"}
    path = f"/groups/{identifier}/members/$ref"
    # 404 while the group is not everywhere.
    refused = target.until(lambda: (a := target.graph("POST", path, reference, bearer=bearer)).status != 404 and a)
    return {"status": refused.status}
