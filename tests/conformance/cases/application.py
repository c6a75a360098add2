"""App registrations: what reading, changing, deleting and restoring one does."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from tests.conformance.case import Cases, Like, Standing
from tests.conformance.target import GRAPH_APP, Target

case = Cases("directory")
API = "https://learn.microsoft.com/graph/api/"
MAIL_SEND, MAIL_READ = "b633e1c5-b582-4048-a93e-9f11b44c7e96", "810c84a8-4a9e-49e6-bf7d-12d183f40d01"


@case({"by_app_id": True, "by_unique_name": True, "absent": "Request_ResourceNotFound"}, source=API + "application-get")
def alternate_keys_find_an_application(target: Target) -> Any:
    """appId and uniqueName are keys in a path; an unknown one is 404 Request_ResourceNotFound"""
    app, name = target.app(), target.name()
    target.graph("PATCH", f"/applications/{app.id}", {"uniqueName": name})
    by_name = target.settled(lambda: target.graph("GET", f"/applications(uniqueName='{name}')")).body["id"]
    by_id = target.graph("GET", f"/applications(appId='{app.client_id}')").body["id"]
    absent = target.graph("GET", f"/applications(uniqueName='{target.name()}')").code
    return {"by_app_id": by_id == app.id, "by_unique_name": by_name == app.id, "absent": absent}


@case({"secrets": [], "keys": [], "audience": "AzureADMyOrg", "logo": None}, source=API + "resources/application")
def application_read_whole_has_its_credentials_and_defaults(target: Target) -> Any:
    """Without `$select` an application tells its credentials, audience and logo URL: what the client reads at once"""
    read = target.graph("GET", f"/applications/{target.app().id}").body
    return {
        "secrets": read["passwordCredentials"],
        "keys": read["keyCredentials"],
        "audience": read["signInAudience"],
        "logo": read["info"]["logoUrl"],
    }


@case({"names": ["id", "uniqueName"]}, source="https://learn.microsoft.com/graph/query-parameters")
def select_answers_what_it_names(target: Target) -> Any:
    """`$select` answers the named properties and no other, those without a value as null"""
    read = target.graph("GET", f"/applications/{target.app().id}?$select=id,uniqueName").body
    return {"names": sorted(name for name in read if not name.startswith("@"))}


@case({"status": 204, "declared": [MAIL_SEND], "notes": "kept"}, source=API + "application-update")
def patch_replaces_a_collection_and_leaves_the_rest(target: Target) -> Any:
    """A PATCH of requiredResourceAccess replaces the whole collection; what the body does not name stays"""

    def declared(*roles: str) -> list[dict[str, Any]]:
        return [{"resourceAppId": GRAPH_APP, "resourceAccess": [{"id": role, "type": "Role"} for role in roles]}]

    app = target.app(notes="kept", requiredResourceAccess=declared(MAIL_SEND, MAIL_READ))
    path = f"/applications/{app.id}"
    status = target.graph("PATCH", path, {"requiredResourceAccess": declared(MAIL_SEND)}).status

    def seen() -> Any:
        read = target.graph("GET", path).body
        access = read["requiredResourceAccess"][0]["resourceAccess"]
        return (read, access) if len(access) == 1 else None

    read, access = target.until(seen)
    return {"status": status, "declared": [a["id"] for a in access], "notes": read["notes"]}


@case({"two": True}, source=API + "resources/application")
def display_name_is_no_key(target: Target) -> Any:
    """Two applications may have the same displayName, and a filter finds both"""
    name = target.app().client_id  # any text that nothing else is called
    first, second = target.app(displayName=name), target.app(displayName=name)
    path = f"/applications?$filter=displayName eq '{name}'"
    found = target.until(lambda: len(rows := target.graph("GET", path).body["value"]) > 1 and rows)
    return {"two": {row["id"] for row in found} == {first.id, second.id}}


@case({"type": 400, "code": "Request_BadRequest", "put": 204, "url": Like("^https://")},
      source=API + "application-update", standing=Standing.OBSERVED)  # fmt: skip
def logo_is_put_as_a_picture(target: Target) -> Any:
    """A logo is PUT as bytes of an image type; another type is 400; logoUrl shows it afterwards"""
    drawn = io.BytesIO()
    Image.new("RGB", (215, 215), "green").save(drawn, "PNG")
    picture, path = drawn.getvalue(), f"/applications/{target.app().id}"
    refused = target.graph("PUT", f"{path}/logo", headers={"Content-Type": "application/json"}, data=picture)
    put = target.graph("PUT", f"{path}/logo", headers={"Content-Type": "image/png"}, data=picture)
    url = target.until(lambda: target.graph("GET", path).body["info"]["logoUrl"], 600)
    return {"type": refused.status, "code": refused.code, "put": put.status, "url": url}


@case(
    {"deleted": 204, "gone": 404, "listed": True, "restored": 200, "secrets": 1, "principal": 200},
    source=API + "directory-deleteditems-restore", standing=Standing.UNVERIFIED,
)  # fmt: skip
def deleted_application_is_restored_with_its_secrets_and_principal(target: Target) -> Any:
    """A deleted application is listed with the type segment; restoring brings it back with secrets and principal"""
    app = target.app(secret=True)
    deleted = target.graph("DELETE", f"/applications/{app.id}").status
    gone = target.until(lambda: (a := target.graph("GET", f"/applications/{app.id}")).status == 404 and a).status
    path = "/directory/deletedItems/microsoft.graph.application"
    listed = target.until(lambda: app.id in [row["id"] for row in everything(target, path)])
    restored = target.graph("POST", f"/directory/deletedItems/{app.id}/restore").status
    read = target.settled(lambda: target.graph("GET", f"/applications/{app.id}")).body
    principal = target.settled(lambda: target.graph("GET", f"/servicePrincipals(appId='{app.client_id}')")).status
    return {
        "deleted": deleted,
        "gone": gone,
        "listed": listed,
        "restored": restored,
        "secrets": len(read["passwordCredentials"]),
        "principal": principal,
    }


def everything(target: Target, path: str) -> list[dict[str, Any]]:
    """The rows of all pages."""
    rows, link = [], path
    while link:
        page = target.graph("GET", link).body
        rows += page["value"]
        link = page.get("@odata.nextLink", "")
    return rows


@case(
    {"first": 204, "second": 400, "message": Like("No password credential found")},
    source=API + "application-removepassword", standing=Standing.UNVERIFIED,
)  # fmt: skip
def secret_removed_twice_is_told_by_its_message(target: Target) -> Any:
    """Removing a secret that is gone is 400 "No password credential found": the client takes it for done"""
    app = target.app(secret=True)
    path, body = f"/applications/{app.id}/removePassword", {"keyId": app.key_id}
    first = target.graph("POST", path, body)
    second = target.until(lambda: (a := target.graph("POST", path, body)).status != 204 and a, 60)
    return {"first": first.status, "second": second.status, "message": second.message}


@case({"name": True, "end": Like("^2[0-9]{3}-"), "key_id": True}, source=API + "application-addpassword")
def secret_has_the_name_and_end_it_was_asked_for(target: Target) -> Any:
    """addPassword keeps displayName and endDateTime, and its keyId is the one that the application then lists"""
    app, name, end = target.app(), target.name(), "2027-06-30T12:00:00Z"
    path, asked = f"/applications/{app.id}", {"passwordCredential": {"displayName": name, "endDateTime": end}}
    made = target.graph("POST", f"{path}/addPassword", asked).body
    held = target.until(lambda: target.graph("GET", path).body["passwordCredentials"])[0]
    return {
        "name": made["displayName"] == held["displayName"] == name,
        "end": made["endDateTime"] if made["endDateTime"][:19] == end[:19] else "another",
        "key_id": made["keyId"] == held["keyId"],
    }


POLICY_ROLES = ("Policy.ReadWrite.ApplicationConfiguration", "Application.ReadWrite.All")
POLICY_PAGE = API + "resources/appmanagementpolicy"


def under_policy(target: Target, rule: dict[str, Any], passwords: dict[str, Any]) -> Any:
    """What addPassword answers where a policy of the application's own has this rule."""
    bearer = target.bearer_with(target.lend(*POLICY_ROLES), *POLICY_ROLES)
    app, rules = target.app(), {"passwordCredentials": [rule]}
    body = {"displayName": target.name(), "description": "conformance", "isEnabled": True, "restrictions": rules}
    policy = target.graph("POST", "/policies/appManagementPolicies", body, bearer=bearer).body["id"]
    target.undo(lambda: target.graph("DELETE", f"/policies/appManagementPolicies/{policy}", bearer=bearer))
    path = f"/applications/{app.id}/appManagementPolicies"
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/policies/appManagementPolicies/{policy}"}
    target.settled(lambda: target.graph("POST", f"{path}/$ref", reference, bearer=bearer))
    target.undo(lambda: target.graph("DELETE", f"{path}/{policy}/$ref", bearer=bearer))
    add = f"/applications/{app.id}/addPassword"
    return target.until(lambda: (a := target.graph("POST", add, passwords)).status >= 400 and a, 300, 15).refusal


@case(
    {"status": 403, "code": "CredentialTypeNotAllowedAsPerAppPolicy"},
    source=POLICY_PAGE, standing=Standing.UNVERIFIED,
)  # fmt: skip
def secret_forbidden_by_policy_is_told_by_its_code(target: Target) -> Any:
    """Where a policy forbids secrets, addPassword is refused with CredentialTypeNotAllowedAsPerAppPolicy"""
    rule = {"restrictionType": "passwordAddition", "state": "enabled", "maxLifetime": None}
    return under_policy(target, rule, {})


@case(
    {"status": 400, "code": "CredentialInvalidLifetimeAsPerAppPolicy"},
    source=POLICY_PAGE, standing=Standing.UNVERIFIED,
)  # fmt: skip
def secret_longer_than_policy_allows_is_told_by_its_code(target: Target) -> Any:
    """Where a policy limits lifetimes, a longer one is refused with CredentialInvalidLifetimeAsPerAppPolicy"""
    rule = {"restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P30D"}
    return under_policy(target, rule, {"passwordCredential": {"endDateTime": "2099-01-01T00:00:00Z"}})


@case({"status": 200, "enabled": True, "restrictions": True}, source=API + "tenantappmanagementpolicy-get")
def default_app_management_policy_is_one_object(target: Target) -> Any:
    """The tenant's default policy is read as one object with isEnabled and applicationRestrictions"""
    read = target.graph("GET", "/policies/defaultAppManagementPolicy")
    return {
        "status": read.status,
        "enabled": isinstance(read.body["isEnabled"], bool),
        "restrictions": isinstance(read.body["applicationRestrictions"].get("passwordCredentials"), list),
    }
