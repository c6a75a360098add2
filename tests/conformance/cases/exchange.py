"""Exchange's administration endpoint: mail-enabled security groups and application access policies."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.conformance.answer import Answer
from tests.conformance.case import Cases, Like, Standing
from tests.conformance.target import EXCHANGE, Target

case = Cases("exchange")
PS = "https://learn.microsoft.com/powershell/module/exchangepowershell/"
REST = "https://learn.microsoft.com/powershell/exchange/exchange-online-powershell-v2"
BYPASS = {"BypassSecurityGroupManagerCheck": True}
FAILED = Like("^(400|404)$")


def group(target: Target, *members: str) -> str:
    """A mail-enabled security group's name; it is everywhere, Entra included."""
    name = target.name()
    address = f"{name}@{target.tenancy.initial_domain}"
    made = target.exchange(
        "New-DistributionGroup", Name=name, Alias=name, Type="Security", PrimarySmtpAddress=address,
        Members=list(members),
    )  # fmt: skip
    assert made.status == 200, made.body
    target.undo(lambda: target.exchange("Remove-DistributionGroup", Identity=name, Confirm=False, **BYPASS))
    target.until(lambda: (row := read(target, name)) and row.get("ExternalDirectoryObjectId"), 600, 10)
    return name


def read(target: Target, name: str) -> dict[str, Any] | None:
    answer = target.exchange("Get-DistributionGroup", Identity=name)
    rows = [row for row in answer.body["value"] if row["Name"] == name] if answer.status == 200 else []
    return rows[0] if rows else None


def thrown(answer: Answer) -> str:
    """The .NET type of a failed cmdlet, from either of its encodings."""
    details = (answer.body or {}).get("error", {}).get("details") or [{}] if isinstance(answer.body, dict) else [{}]
    text = str(details[0].get("message", ""))
    found = text.split("|")[1] if text.count("|") >= 2 else text
    return next((part for part in found.replace('"', " ").split() if part.startswith(("Microsoft.", "System."))), found)


def failure(answer: Answer) -> dict[str, str]:
    return {"status": str(answer.status), "type": thrown(answer)}


@case(
    {"status": FAILED, "type": Like("ManagementObjectNotFoundException")},
    source="https://github.com/KelvinTegelaar/CIPP-API", standing=Standing.OBSERVED,
)  # fmt: skip
def missing_group_is_told_by_the_type_of_its_error(target: Target) -> Any:
    """A group that does not exist is a ManagementObjectNotFoundException, as 404 or 400"""
    return failure(target.exchange("Get-DistributionGroup", Identity=target.name()))


@case({"several": True}, source=PS + "get-distributiongroup", standing=Standing.OBSERVED)
def blank_identity_returns_all(target: Target) -> Any:
    """A blank Identity returns all objects, not none"""
    group(target), group(target)
    answer = target.exchange("Get-DistributionGroup", Identity="", ResultSize="Unlimited")
    return {"several": answer.status == 200 and len(answer.body["value"]) > 1}


@case(
    {"status": "400", "type": Like("MemberAlreadyExistsException")},
    source="https://github.com/KelvinTegelaar/CIPP-API", standing=Standing.OBSERVED,
)  # fmt: skip
def member_added_twice_is_an_error(target: Target) -> Any:
    """Adding a member that is one is a MemberAlreadyExistsException"""
    name = group(target, target.tenancy.inside)
    return failure(
        target.exchange("Add-DistributionGroupMember", Identity=name, Member=target.tenancy.inside, **BYPASS),
    )  # fmt: skip


@case(
    {"status": "400", "type": Like("MemberNotFoundException")},
    source="https://github.com/KelvinTegelaar/CIPP-API", standing=Standing.OBSERVED,
)  # fmt: skip
def member_removed_that_is_none_is_an_error(target: Target) -> Any:
    """Removing a member that is none is a MemberNotFoundException"""
    name, other = group(target, target.tenancy.inside), target.tenancy.outside
    return failure(
        target.exchange("Remove-DistributionGroupMember", Identity=name, Member=other, Confirm=False, **BYPASS),
    )  # fmt: skip


@case(
    {"status": "400", "type": Like("ADObjectAlreadyExistsException")},
    source="https://github.com/terraprovider/go-exoscc", standing=Standing.OBSERVED,
)  # fmt: skip
def group_made_twice_is_an_error(target: Target) -> Any:
    """A second group of the same name is an ADObjectAlreadyExistsException"""
    name = group(target)
    return failure(target.exchange("New-DistributionGroup", Name=name, Alias=target.name(), Type="Security"))


@case({"without": 400, "with": 200}, source=PS + "add-distributiongroupmember")
def application_needs_to_bypass_the_manager_check(target: Target) -> Any:
    """An application owns no group, so it changes members only with BypassSecurityGroupManagerCheck"""
    name, one = group(target), target.tenancy.inside
    without = target.exchange("Add-DistributionGroupMember", Identity=name, Member=one)
    able = target.exchange("Add-DistributionGroupMember", Identity=name, Member=one, **BYPASS)
    return {"without": without.status, "with": able.status}


@case({"status": 200, "rows": 0}, source=PS + "set-distributiongroup", standing=Standing.OBSERVED)
def cmdlet_that_changes_answers_nothing(target: Target) -> Any:
    """Set-DistributionGroup answers success without an object"""
    name = group(target)
    answer = target.exchange("Set-DistributionGroup", Identity=name, DisplayName=f"{name} changed", **BYPASS)
    rows = answer.body.get("value", []) if isinstance(answer.body, dict) else []
    return {"status": answer.status, "rows": len([row for row in rows if row])}


@case({"status": 405}, source=REST, standing=Standing.OBSERVED)
def only_beta_invokes_cmdlets(target: Target) -> Any:
    """InvokeCommand under v1.0 is 405"""
    bearer = target.token(EXCHANGE).body["access_token"]
    url = f"{EXCHANGE}/adminapi/v1.0/{target.tenancy.tenant_id}/InvokeCommand"
    body = {"CmdletInput": {"CmdletName": "Get-OrganizationConfig", "Parameters": {}}}
    answer = target.http.post(url, json=body, headers={"Authorization": f"Bearer {bearer}"}, timeout=120)
    return {"status": answer.status_code}


@case({"status": "400", "type": Like("ParameterBinding")}, source=REST, standing=Standing.UNVERIFIED)
def unknown_parameter_is_a_binding_error(target: Target) -> Any:
    """A parameter that the cmdlet does not have is an error of the binder"""
    return failure(target.exchange("Get-DistributionGroup", Identity="x", NotAParameter="y"))


@case(
    {"status": "400", "message": Like("not a security principal")},
    source=PS + "new-applicationaccesspolicy", standing=Standing.OBSERVED,
)  # fmt: skip
def plain_distribution_group_is_no_scope(target: Target) -> Any:
    """A distribution group that is no security group cannot be a policy's scope"""
    name = target.name()
    target.exchange("New-DistributionGroup", Name=name, Alias=name, Type="Distribution")
    target.undo(lambda: target.exchange("Remove-DistributionGroup", Identity=name, Confirm=False, **BYPASS))
    target.until(lambda: (row := read(target, name)) and row.get("ExternalDirectoryObjectId"), 600, 10)
    refused = target.exchange(
        "New-ApplicationAccessPolicy", AppId=[str(uuid4())], AccessRight="RestrictAccess", PolicyScopeGroupId=name,
        Description=" ",
    )  # fmt: skip
    text = str(refused.body["error"]["details"][0]["message"])
    return {"status": str(refused.status), "message": text}


@case({"inside": "Granted", "outside": "Denied"}, source=PS + "test-applicationaccesspolicy")
def test_cmdlet_grants_members_and_denies_others(target: Target) -> Any:
    """Test-ApplicationAccessPolicy grants the app a member of the group and denies anybody else"""
    name, app = group(target, target.tenancy.inside), target.app()
    restrict(target, app.client_id, name)

    def tested(mailbox: str) -> str:
        answer = target.exchange("Test-ApplicationAccessPolicy", Identity=mailbox, AppId=app.client_id)
        return str(answer.body["value"][0]["AccessCheckResult"])

    known = target.tenancy
    target.until(lambda: tested(known.outside) == "Denied", 1800, 30)
    return {"inside": tested(known.inside), "outside": tested(known.outside)}


def restrict(target: Target, client_id: str, name: str) -> None:
    made = target.exchange(
        "New-ApplicationAccessPolicy", AppId=[client_id], AccessRight="RestrictAccess", PolicyScopeGroupId=name,
        Description=" ",
    )  # fmt: skip
    assert made.status == 200, made.body
    identity = made.body["value"][0]["Identity"]
    target.undo(lambda: target.exchange("Remove-ApplicationAccessPolicy", Identity=identity, Confirm=False))
