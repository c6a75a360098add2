"""Applications, enterprise applications and consent."""

from __future__ import annotations

from typing import Any

from tests.conformance.case import Cases, Like, Standing
from tests.conformance.target import Target

case = Cases("directory")
API = "https://learn.microsoft.com/graph/api/"


@case({"first": 201, "again": 204, "display_name": "second"}, source=API + "application-upsert")
def upsert_by_unique_name_creates_once(target: Target) -> Any:
    """PATCH by uniqueName with Prefer: create-if-missing creates once, then updates"""
    name, headers = target.name(), {"Prefer": "create-if-missing"}
    path = f"/applications(uniqueName='{name}')"
    first = target.graph("PATCH", path, {"displayName": "first"}, headers=headers)
    target.undo(lambda: target._purge(first.body["id"]))
    again = target.graph("PATCH", path, {"displayName": "second"}, headers=headers)
    read = target.until(
        lambda: (a := target.graph("GET", path)).status == 200 and a.body["displayName"] == "second" and a
    )
    return {"first": first.status, "again": again.status, "display_name": read.body["displayName"]}


@case({"status": 404, "code": "Request_ResourceNotFound"}, source=API + "application-upsert")
def upsert_without_the_preference_creates_nothing(target: Target) -> Any:
    """PATCH by uniqueName without Prefer: create-if-missing is 404 where there is none"""
    return target.graph("PATCH", f"/applications(uniqueName='{target.name()}')", {"displayName": "x"}).refusal


@case(
    {"status": 400, "message": Like("same value for property uniqueName already exists")},
    source="https://github.com/microsoft/bicep-types/issues/187", standing=Standing.OBSERVED,
)  # fmt: skip
def soft_deleted_application_holds_its_unique_name(target: Target) -> Any:
    """A soft-deleted application keeps its uniqueName taken"""
    name = target.name()
    path = f"/applications(uniqueName='{name}')"
    made = target.graph("PATCH", path, {"displayName": name}, headers={"Prefer": "create-if-missing"}).body
    target.undo(lambda: target.graph("DELETE", f"/directory/deletedItems/{made['id']}"))
    target.settled(lambda: target.graph("DELETE", f"/applications/{made['id']}"))
    other = target.app()
    refused = target.graph("PATCH", f"/applications/{other.id}", {"uniqueName": name})
    return {"status": refused.status, "message": refused.message}


@case(
    {"set": 204, "changed": 400},
    source="https://learn.microsoft.com/graph/templates/how-to-reference-existing-resources",
)
def unique_name_is_written_once(target: Target) -> Any:
    """uniqueName of an app made without one is set once by PATCH and cannot be changed"""
    app = target.app()
    set_once = target.graph("PATCH", f"/applications/{app.id}", {"uniqueName": target.name()})
    changed = target.graph("PATCH", f"/applications/{app.id}", {"uniqueName": target.name()})
    return {"set": set_once.status, "changed": changed.status}


@case(
    {"status": 409, "code": "Request_MultipleObjectsWithSameKeyValue"},
    source=API + "serviceprincipal-post-serviceprincipals", standing=Standing.OBSERVED,
)  # fmt: skip
def second_service_principal_of_an_application_is_a_conflict(target: Target) -> Any:
    """A second service principal of the same application is 409"""
    app = target.app()
    return target.graph("POST", "/servicePrincipals", {"appId": app.client_id}).refusal


@case(
    {"status": 400, "code": "Request_BadRequest", "message": Like("Permission being assigned already exists")},
    source=API + "serviceprincipal-post-approleassignments", standing=Standing.OBSERVED,
)  # fmt: skip
def second_grant_of_a_role_is_refused(target: Target) -> Any:
    """Granting an application permission twice is 400"""
    app = target.app("Mail.Send")
    refused = target.consent(app, "Mail.Send")
    return {**refused.refusal, "message": refused.message}


@case({"shown": True, "again": None, "hint": True}, source=API + "application-addpassword")
def secret_text_is_shown_once(target: Target) -> Any:
    """A secret's text stands in the answer that makes it and nowhere else"""
    app = target.app()
    made = target.graph("POST", f"/applications/{app.id}/addPassword", {}).body
    path = f"/applications/{app.id}?$select=passwordCredentials"
    held = target.until(lambda: target.graph("GET", path).body["passwordCredentials"])
    text = made["secretText"]
    return {"shown": bool(text), "again": held[0].get("secretText"), "hint": text.startswith(held[0]["hint"])}


@case({"status": 400, "code": "Request_BadRequest"}, source="https://learn.microsoft.com/graph/errors")
def unknown_property_is_refused(target: Target) -> Any:
    """A property that the type does not have is 400"""
    return target.graph("POST", "/applications", {"displayName": target.name(), "notAProperty": 1}).refusal


@case(
    {"without": {"status": 400, "code": "Request_UnsupportedQuery"}, "with": 200},
    source="https://learn.microsoft.com/graph/aad-advanced-queries",
)  # fmt: skip
def advanced_filter_needs_the_eventual_index(target: Target) -> Any:
    """`ne` in a filter needs ConsistencyLevel: eventual and $count=true"""
    query = "/applications?$filter=displayName ne 'x'&$top=1"
    able = target.graph("GET", f"{query}&$count=true", headers={"ConsistencyLevel": "eventual"})
    return {"without": target.graph("GET", query).refusal, "with": able.status}
