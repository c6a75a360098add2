"""How Graph answers queries, pages and batches, and what the tenant tells of itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tests.conformance.case import Cases, Like, Standing
from tests.conformance.target import Target

case = Cases("directory")
API = "https://learn.microsoft.com/graph/api/"
PAGING = "https://learn.microsoft.com/graph/paging"
BATCH = "https://learn.microsoft.com/graph/json-batching"


@case({"host": "graph.microsoft.com", "rows": 2, "all_once": True}, source=PAGING)
def next_link_is_followed_as_it_is(target: Target) -> Any:
    """A page ends with an absolute nextLink at Graph's own host; followed unchanged it brings every object once"""
    name = target.name()
    made = {target.app(displayName=f"{name} {number}").id for number in range(3)}
    path = f"/applications?$filter=startswith(displayName,'{name}')&$select=id&$top=2"
    first = target.until(lambda: "@odata.nextLink" in (a := target.graph("GET", path)).body and a).body
    rows, link = list(first["value"]), first["@odata.nextLink"]
    host = urlsplit(link).hostname
    while link:
        page = target.graph("GET", link).body
        rows += page["value"]
        link = page.get("@odata.nextLink")
    ids = [row["id"] for row in rows]
    return {"host": host, "rows": len(first["value"]), "all_once": len(ids) == len(set(ids)) and set(ids) == made}


@case({"status": 200, "value": []}, source="https://learn.microsoft.com/graph/filter-query-parameter")
def filter_without_a_hit_is_an_empty_list(target: Target) -> Any:
    """A filter that nothing fits is 200 with an empty list, never 404; a quote in it is doubled"""
    found = target.graph("GET", f"/applications?$filter=displayName eq 'O''{target.name()}'")
    return {"status": found.status, "value": found.body["value"]}


def batch(target: Target, *requests: dict[str, Any]) -> dict[str, dict[str, Any]]:
    numbered = [{"id": str(number), "method": "GET", **asked} for number, asked in enumerate(requests)]
    answer = target.graph("POST", "/$batch", {"requests": numbered})
    assert answer.status == 200, answer.body
    return {item["id"]: item for item in answer.body["responses"]}


@case({"found": 200, "missing": 404, "code": "Request_ResourceNotFound", "body": True}, source=BATCH)
def batch_items_have_their_own_status(target: Target) -> Any:
    """A batch is 200 whatever its items are; each has id, status and body, an error's with its code"""
    answers = batch(target, {"url": "/organization"}, {"url": f"/applications(uniqueName='{target.name()}')"})
    found, missing = answers["0"], answers["1"]
    return {
        "found": found["status"],
        "missing": missing["status"],
        "code": missing["body"]["error"]["code"],
        "body": found["body"]["value"][0]["id"] == target.tenancy.tenant_id,
    }


@case({"first": 404, "second": 424}, source=BATCH)
def batch_item_after_a_failed_one_is_a_failed_dependency(target: Target) -> Any:
    """An item that dependsOn one that failed is 424"""
    absent = {"url": f"/applications(uniqueName='{target.name()}')"}
    answers = batch(target, absent, {"url": "/organization", "dependsOn": ["0"]})
    return {"first": answers["0"]["status"], "second": answers["1"]["status"]}


@case({"status": 400}, source=BATCH)
def batch_of_more_than_twenty_is_refused(target: Target) -> Any:
    """A batch holds 20 requests"""
    asked = [{"id": str(number), "method": "GET", "url": "/organization"} for number in range(21)]
    return {"status": target.graph("POST", "/$batch", {"requests": asked}).status}


@case({"id": True, "rows": 1, "initial": True, "default": 1}, source=API + "organization-list")
def organization_is_the_tenant(target: Target) -> Any:
    """GET /organization is one row whose id is the tenant's, with the initial domain marked in verifiedDomains"""
    rows = target.graph("GET", "/organization").body["value"]
    domains = rows[0]["verifiedDomains"]
    return {
        "id": rows[0]["id"] == target.tenancy.tenant_id,
        "rows": len(rows),
        "initial": [d["name"] for d in domains if d["isInitial"]] == [target.tenancy.initial_domain],
        "default": sum(d["isDefault"] for d in domains),
    }


@case({"by_name": 1, "by_proxy": 1, "absent": 0}, source=API + "user-list", standing=Standing.OBSERVED)
def user_is_found_by_address(target: Target) -> Any:
    """A user is found by userPrincipalName, mail or proxyAddresses, where the primary one begins with `SMTP:`"""
    address, absent = target.tenancy.inside, f"{target.name()}@{target.tenancy.initial_domain}"

    def found(asked: str) -> int:
        path = f"/users?$filter={asked}&$select=id,userPrincipalName,mail,proxyAddresses"
        return len(target.graph("GET", path).body["value"])

    return {
        "by_name": found(f"userPrincipalName eq '{address}' or mail eq '{address}'"),
        "by_proxy": found(f"proxyAddresses/any(p:p eq 'SMTP:{address}')"),
        "absent": found(f"mail eq '{absent}' or proxyAddresses/any(p:p eq 'smtp:{absent}')"),
    }


@case({"status": 404, "code": "Request_ResourceNotFound"}, source=API + "user-get", standing=Standing.OBSERVED)
def user_who_does_not_exist_is_not_found(target: Target) -> Any:
    """A user that does not exist is 404 Request_ResourceNotFound"""
    return target.graph("GET", f"/users/{target.name()}@{target.tenancy.initial_domain}").refusal


@case({"plans": True, "exchange": True}, source=API + "subscribedsku-list", standing=Standing.UNVERIFIED)
def licence_for_exchange_is_told_by_its_plan(target: Target) -> Any:
    """subscribedSkus lists service plans; Exchange's begin with EXCHANGE_"""
    rows = target.graph("GET", "/subscribedSkus?$select=skuPartNumber,capabilityStatus,servicePlans").body["value"]
    plans = [plan["servicePlanName"] for row in rows for plan in row["servicePlans"]]
    return {"plans": bool(plans), "exchange": any(name.startswith("EXCHANGE_") for name in plans)}


@case(
    {"own": Like("^[0-9a-f-]{36}$"), "echoed": True}, source="https://learn.microsoft.com/graph/best-practices-concept"
)
def every_answer_has_a_request_id(target: Target) -> Any:
    """request-id stands in every answer, and client-request-id comes back: what a support case is opened with"""
    mine = "11111111-2222-4333-8444-555555555555"
    answer = target.graph("GET", "/organization", headers={"client-request-id": mine})
    return {"own": answer.headers["request-id"], "echoed": answer.headers["client-request-id"] == mine}


@case(
    {"code": "Request_ResourceNotFound", "inner": True, "date": True}, source="https://learn.microsoft.com/graph/errors"
)
def error_has_code_message_and_inner_error(target: Target) -> Any:
    """An error is an object with code, message and innerError, where the request's id and date stand"""
    refused = target.graph("GET", f"/applications(uniqueName='{target.name()}')")
    inner = refused.body["error"]["innerError"]
    return {"code": refused.code, "inner": "request-id" in inner, "date": "Date" in refused.headers}
