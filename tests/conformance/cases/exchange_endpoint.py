"""Exchange's administration endpoint: who is let in, pages, batches, and how an answer and an error look."""

from __future__ import annotations

import json
from typing import Any

from tests.conformance.answer import Answer
from tests.conformance.case import Cases, Like, Standing
from tests.conformance.cases.access import pointer
from tests.conformance.cases.exchange import failure, group, thrown
from tests.conformance.target import EXCHANGE, EXCHANGE_APP, GRAPH, Target
from tests.conformance.tenancy import MailApp

case = Cases("exchange")
MODULE = "https://learn.microsoft.com/powershell/exchange/exchange-online-powershell-v2"
APP_ONLY = "https://learn.microsoft.com/powershell/exchange/app-only-auth-powershell-v2"
ADMIN_API = "https://learn.microsoft.com/exchange/reference/admin-api-get-started"
CUSTOMIZATION = "https://learn.microsoft.com/powershell/module/exchangepowershell/enable-organizationcustomization"
CIPP = "https://github.com/KelvinTegelaar/CIPP-API"
EXOSCC = "https://github.com/terraprovider/go-exoscc"


def exported(target: Target, bearer: str = "") -> tuple[int, set[str]]:
    """Status, and the names of the cmdlets that the caller may run."""
    headers = {"CommandName": "*"}
    answer = target.exchange_at("GET", "v1.0/EXOModuleFile?Version=3.9.2", bearer=bearer, headers=headers)
    rows = answer.body.get("value", []) if isinstance(answer.body, dict) else []
    return answer.status, {name.strip() for row in rows for name in str(row["exportedCmdlets"]).split(",")}


@case({"status": 200, "needed": True}, source=CIPP, standing=Standing.OBSERVED)
def allowed_cmdlets_are_listed(target: Target) -> Any:
    """EXOModuleFile lists the cmdlets that the caller may run, in one text with commas"""
    status, names = exported(target)
    needed = {"New-DistributionGroup", "New-ApplicationAccessPolicy", "Get-Recipient", "New-ManagementRoleAssignment"}
    return {"status": status, "needed": needed <= names}


def manager(target: Target) -> MailApp:
    """An app that may connect to Exchange as administrator, and has no role there."""
    app = target.app(secret=True)
    target.consent(app, "Exchange.ManageAsApp", EXCHANGE_APP)
    return app


def admin_bearer(target: Target, app: MailApp) -> str:
    """Its token once the permission to connect is in it."""
    import jwt

    def ask() -> str | None:
        token = str(target.token(EXCHANGE, app).body.get("access_token", ""))
        held = jwt.decode(token, options={"verify_signature": False}).get("roles", []) if token else []
        return token if "Exchange.ManageAsApp" in held else None

    return str(target.until(ask, 900, 10))


def without_nul(answer: Answer) -> str:
    return str(answer.body or "").strip("\0 \r\n\t")


@case({"status": 403, "body": ""}, source=CIPP, standing=Standing.OBSERVED)
def app_without_an_exchange_role_is_refused_without_a_word(target: Target) -> Any:
    """With Exchange.ManageAsApp and no role, a cmdlet is 403 with an empty body, or one of NUL bytes"""
    app = manager(target)
    refused = target.exchange("Get-OrganizationConfig", bearer=admin_bearer(target, app))
    return {"status": refused.status, "body": without_nul(refused)}


@case({"allowed": 200, "other": 403, "body": "", "listed": [True, False]}, source=APP_ONLY, slow=True)
def exchange_role_lets_an_app_run_its_cmdlets_alone(target: Target) -> Any:
    """An app that Exchange gives one role runs that role's cmdlets; any other is the empty 403, and is not listed"""
    app = manager(target)
    pointer(target, app)
    name = target.name()
    role = {"Name": name, "App": app.principal_id, "Role": "View-Only Configuration"}
    target.settled(lambda: target.exchange("New-ManagementRoleAssignment", **role))
    target.undo(lambda: target.exchange("Remove-ManagementRoleAssignment", Identity=name, Confirm=False))

    def ask(cmdlet: str, **parameters: Any) -> Answer:
        return target.exchange(cmdlet, bearer=admin_bearer(target, app), **parameters)

    allowed = target.settled(lambda: ask("Get-ApplicationAccessPolicy"), 3 * 3600)
    other = ask("Set-DistributionGroup", Identity="x", DisplayName="y")
    _, names = exported(target, admin_bearer(target, app))
    listed = [name in names for name in ("Get-ApplicationAccessPolicy", "Set-DistributionGroup")]
    return {"allowed": allowed.status, "other": other.status, "body": without_nul(other), "listed": listed}


@case({"status": 401}, source=APP_ONLY)
def token_for_graph_is_no_token_for_exchange(target: Target) -> Any:
    """Exchange refuses a token whose audience is Graph with 401"""
    token = str(target.token(GRAPH).body["access_token"])
    return {"status": target.exchange("Get-OrganizationConfig", bearer=token).status}


def every_row(target: Target, cmdlet: str, page: int = 1000, **parameters: Any) -> list[dict[str, Any]]:
    """All rows; the same body is POSTed to each nextLink."""
    rows, link = [], ""
    while True:
        answer = target.exchange(cmdlet, page=page, link=link, **parameters)
        assert answer.status == 200, answer.body
        rows += [row for row in answer.body["value"] if row]
        link = answer.body.get("@odata.nextLink", "")
        if not link:
            return rows


@case({"linked": True, "host": True, "same": True}, source=ADMIN_API)
def next_page_is_posted_for_with_the_same_body(target: Target) -> Any:
    """Rows over the page size come by POSTing the same body to nextLink, at Exchange's own host"""
    both = {group(target), group(target)}
    first = target.exchange("Get-DistributionGroup", page=1, ResultSize="Unlimited").body
    link = str(first.get("@odata.nextLink", ""))
    names = [row["Name"] for row in every_row(target, "Get-DistributionGroup", 1, ResultSize="Unlimited")]
    host = link.partition("//")[2].partition("/")[0].partition(":")[0]
    return {
        "linked": bool(link) and len(first["value"]) == 1,
        "host": host == "outlook.office365.com" or host.endswith(".outlook.office365.com"),
        "same": both <= set(names) and len(names) == len(set(names)),
    }


@case({"same": True}, source="https://github.com/DrollRobot/azure-auth", standing=Standing.OBSERVED)
def result_size_left_out_loses_nothing_by_following_links(target: Target) -> Any:
    """Without ResultSize there may be one row and a link; following links brings the same rows as Unlimited"""
    group(target), group(target)
    whole = every_row(target, "Get-DistributionGroup", ResultSize="Unlimited")
    left_out = every_row(target, "Get-DistributionGroup")
    return {"same": sorted(row["Guid"] for row in whole) == sorted(row["Guid"] for row in left_out)}


@case({"status": 200, "found": True, "missing": Like("ManagementObjectNotFoundException")}, source=CIPP,
      standing=Standing.OBSERVED)  # fmt: skip
def batch_items_are_told_apart_by_id(target: Target) -> Any:
    """A batch is 200; each item has the id it was sent with, and rows or an error of its own"""
    url = f"{EXCHANGE}/adminapi/beta/{target.tenancy.tenant_id}/InvokeCommand"

    def item(number: str, cmdlet: str, **parameters: str) -> dict[str, Any]:
        body = {"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}}
        headers = {"Content-Type": "application/json", "X-CmdletName": cmdlet}
        return {"id": number, "method": "POST", "url": url, "headers": headers, "body": body}

    asked = [item("a", "Get-OrganizationConfig"), item("b", "Get-DistributionGroup", Identity=target.name())]
    answer = target.exchange_at("POST", "beta/$batch", json={"requests": asked})
    by_id = {part["id"]: part["body"] for part in answer.body["responses"]}
    missing = Answer(400, by_id["b"], answer.headers)
    return {"status": answer.status, "found": "IsDehydrated" in by_id["a"]["value"][0], "missing": thrown(missing)}


@case({"get": Like("^(pipe|json)$"), "new": Like("^(pipe|json)$")}, source=EXOSCC, standing=Standing.OBSERVED)
def error_detail_has_one_of_two_encodings(target: Target) -> Any:
    """The detail of a failed cmdlet is `id|type|text`, or a JSON text with TypeName and Message"""

    def encoding(answer: Answer) -> str:
        text = str(answer.body["error"]["details"][0]["message"])
        if text.startswith("{"):
            return "json" if {"TypeName", "Message"} <= set(json.loads(text)) else "another object"
        return "pipe" if text.count("|") >= 2 else text

    name = group(target)
    again = target.exchange("New-DistributionGroup", Name=name, Alias=target.name(), Type="Security")
    return {"get": encoding(target.exchange("Get-Recipient", Identity=target.name())), "new": encoding(again)}


@case({"status": 200, "annotated": True, "warnings": True, "guid": Like("^[0-9a-f-]{36}$")}, source=EXOSCC,
      standing=Standing.OBSERVED)  # fmt: skip
def row_has_annotations_beside_its_values(target: Target) -> Any:
    """Beside a value may stand its type (`Guid@data.type`); GUIDs are text, warnings a list of the envelope"""
    answer = target.exchange("Get-DistributionGroup", Identity=group(target))
    (row,) = answer.body["value"]
    return {
        "status": answer.status,
        "annotated": any("@" in name for name in row),
        "warnings": isinstance(answer.body.get("@adminapi.warnings", []), list),
        "guid": str(row["Guid"]).lower(),
    }


@case({"dehydrated": Like("^(True|False)$")}, source=CUSTOMIZATION)
def organization_tells_whether_it_was_customized(target: Target) -> Any:
    """Get-OrganizationConfig has IsDehydrated"""
    (row,) = target.exchange("Get-OrganizationConfig").body["value"]
    return {"dehydrated": str(row["IsDehydrated"])}


@case({"first": 200, "second": Like("ManagementObjectNotFoundException")}, source=CIPP, standing=Standing.OBSERVED)
def object_removed_twice_is_missing(target: Target) -> Any:
    """Removing what is gone is a ManagementObjectNotFoundException, which the client takes for done"""
    name = group(target)
    remove = {"Identity": name, "Confirm": False, "BypassSecurityGroupManagerCheck": True}
    first = target.exchange("Remove-DistributionGroup", **remove)
    second = target.until(lambda: (a := target.exchange("Remove-DistributionGroup", **remove)).status != 200 and a, 120)
    return {"first": first.status, "second": failure(second)["type"]}
