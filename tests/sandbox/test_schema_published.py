"""Everything that Graph answers here is in Microsoft's published schema, by name and type."""

from __future__ import annotations

import copy
import os
import sys
from pathlib import Path

import pytest

from graphmail.sandbox.graph import schema_entra, schema_people, schema_tenant, schema_types
from graphmail.sandbox.graph.mail_schema import FOLDER, MESSAGE, Complex
from graphmail.sandbox.graph.schema import EntityType
from graphmail.sandbox.graph.schema_complex import COMPLEX
from tests.sandbox.published import extract
from tests.sandbox.published.check import (
    ENUMS,
    SCHEMA,
    UNCHECKED,
    UNLIKE,
    UNPUBLISHED,
    problems,
    properties_of,
    type_of,
)
from tests.sandbox_process import CONTOSO, ROOT

KINDS = {
    "Edm.String": {"text", "guid"},  # a GUID is a text in JSON; some properties are either in different schemas
    "Edm.Guid": {"guid"},
    "Edm.Boolean": {"boolean"},
    "Edm.Int32": {"integer"},
    "Edm.DateTimeOffset": {"dateTime"},
    "Edm.Binary": {"bytes"},
    "Edm.Stream": {"bytes"},
}
ENTITIES = {
    entity.name: entity
    for module in (schema_types, schema_people, schema_tenant, schema_entra)
    for entity in vars(module).values()
    if isinstance(entity, EntityType) and entity.name != "directoryObject"
}


def published_name(name: str) -> str:
    return "oAuth2PermissionGrant" if name == "oauth2PermissionGrant" else name


def mismatches(name: str, properties: dict[str, str]) -> list[str]:
    """What a type declares here and the published one has not, or otherwise."""
    known = properties_of(published_name(name))
    found = []
    for prop, kind in properties.items():
        if (name, prop) in UNPUBLISHED:
            continue
        if prop not in known:
            found.append(f"{name} has no property {prop}")
        elif not same_kind(kind, known[prop]):
            found.append(f"{name}/{prop} is {known[prop]}, not {kind}")
    return found


def same_kind(here: str, there: str) -> bool:
    if here == "any" or here == "[any]":
        return True  # not looked into
    if here.startswith("[") != there.startswith("["):
        return False
    here, there = here.strip("[]"), there.strip("[]")
    return here == there or there in KINDS.get(here, ()) or (here == "Edm.String" and there in ENUMS)


@pytest.mark.parametrize("name", ENTITIES)
def test_every_declared_property_is_published(name):
    assert mismatches(name, {prop: known.kind for prop, known in ENTITIES[name].properties.items()}) == []
    for left_out in ENTITIES[name].left_out:
        assert left_out in properties_of(name)
    for relation in ENTITIES[name].expandable:
        assert relation in properties_of(name)


@pytest.mark.parametrize("name", COMPLEX)
def test_every_property_of_a_complex_type_is_published(name):
    assert mismatches(name, COMPLEX[name]) == []


@pytest.mark.parametrize("shape", [MESSAGE, FOLDER], ids=lambda shape: shape.name)
def test_every_property_of_mail_is_published(shape):
    def look(complex_type: Complex) -> list[str]:
        name = complex_type.name.removeprefix("microsoft.graph.")
        known, found = properties_of(name), []
        for prop, inner in complex_type.properties.items():
            element = inner[0] if isinstance(inner, list) else inner
            if prop not in known:
                found.append(f"{name} has no property {prop}")
            if isinstance(element, tuple):
                found += [f"{name}/{prop}: {m}" for m in element if m not in ENUMS[known[prop]]]
            if isinstance(element, Complex) and element.properties:
                found += look(element)
        return found

    assert look(shape) == []


PATHS = [
    "/organization",
    f"/organization/{CONTOSO}",
    "/domains",
    "/domains/contoso.example",
    "/subscribedSkus",
    "/users",
    "/users/support@contoso.example",
    "/users?$expand=memberOf",
    "/groups",
    "/groups?$expand=members,owners",
    "/applications",
    "/applications?$expand=owners",
    "/servicePrincipals",
    "/servicePrincipals?$expand=appRoleAssignments",
    "/policies/defaultAppManagementPolicy",
    "/roleManagement/directory/roleAssignments",
    "/tenantRelationships/findTenantInformationByDomainName(domainName='litware.example')",
]
REFUSED = ["/users/nobody", "/users?$filter=x", "/nothing", "/me", "/domains/nowhere.example"]  # fmt: skip


@pytest.mark.parametrize("path", [*PATHS, *REFUSED])
def test_every_answer_is_published(tenancies, path):
    """Answers to Graph's other tests are checked too, wherever they come from."""
    contoso = tenancies["contoso"]
    roles = (
        "Directory.Read.All", "Policy.Read.All", "RoleManagement.Read.Directory",
        "CrossTenantInformation.ReadBasic.All",
    )  # fmt: skip
    answer = contoso.graph("GET", path, roles=roles)
    assert answer.ok == (path in PATHS), answer.text
    assert problems(answer.status_code, answer.json()) == []


@pytest.mark.parametrize("name", ["user", "group"])
def test_every_property_that_can_be_selected_is_published_and_answered(tenancies, name):
    entity = ENTITIES[name]
    path = f"/{name}s?$select={','.join(entity.properties)}"
    body = tenancies["litware"].got("GET", path, roles=("Directory.Read.All",))
    assert problems(200, body) == []
    assert set(body["value"][0]) == set(entity.properties)


def test_a_misspelt_property_a_wrong_type_and_a_wrong_value_are_found(tenancies):
    body = tenancies["contoso"].got("GET", "/users?$top=1", roles=("Directory.Read.All",))
    assert problems(200, body) == []
    for change, said in (
        ({"dispalyName": "x"}, "user has no property dispalyName"),
        ({"accountEnabled": "true"}, "'true' is no boolean"),
        ({"createdDateTime": "yesterday"}, "'yesterday' is no dateTime"),
        ({"assignedLicenses": [{"skuId": "premium"}]}, "'premium' is no guid"),
        ({"assignedLicenses": [{"sku": None}]}, "assignedLicense has no property sku"),
        ({"businessPhones": "1"}, "is no collection"),
    ):
        wrong = copy.deepcopy(body)
        wrong["value"][0] |= change
        assert any(said in problem for problem in problems(200, wrong)), said
    assert mismatches("user", {"dispalyName": "Edm.String"})
    assert mismatches("user", {"accountEnabled": "Edm.String"})
    message = {"@odata.context": "x#users('a')/messages/$entity", "importance": "urgent"}
    assert problems(200, message) == ["message/importance: 'urgent' is not in importance"]
    assert problems(404, {"error": {"code": "x", "msg": "y"}}) == ["error answer/error: mainError has no property msg"]


@pytest.mark.parametrize(
    ("context", "name"),
    [
        ("https://x/v1.0/$metadata#users(id,mail)/$entity", "user"),
        ("https://x/v1.0/$metadata#users('a@b')/mailFolders('inbox')/messages(subject)", "message"),
        ("https://x/v1.0/$metadata#groups(id,members())", "group"),
        ("https://x/v1.0/$metadata#microsoft.graph.passwordCredential", "passwordCredential"),
        ("https://x/v1.0/$metadata#Collection(message)", "message"),
        ("https://x/v1.0/$metadata#colours", None),
    ],
)
def test_context_says_the_type(context, name):
    assert type_of(context) == name


def test_what_cannot_be_checked_is_said():
    for what, why in UNCHECKED.items():
        sys.stdout.write(f"{what}: {why}\n")
    for (name, prop), why in UNPUBLISHED.items():
        assert prop not in properties_of(name), "it is published by now"
        sys.stdout.write(f"{name}/{prop}: {why}\n")
    for (name, prop), why in UNLIKE.items():
        assert prop in properties_of(name)
        sys.stdout.write(f"{name}/{prop}: {why}\n")
    assert SCHEMA["source"].startswith("msgraph_sdk-")


@pytest.mark.clients
def test_extract_is_what_the_package_says():
    """`make clients` installs the package; extract.py says how the extract is written anew."""
    (packages,) = [*(ROOT / ".venv-clients").glob("lib/python*/site-packages")] or [Path("absent")]
    if not (packages / extract.MODELS).exists():
        leave_out = pytest.fail if os.environ.get("GRAPHMAIL_TESTS") == "all" else pytest.skip
        leave_out("msgraph-sdk is not installed; `make clients` does it")
    assert extract.written(extract.read(packages)) == extract.EXTRACT.read_text(encoding="utf-8")
