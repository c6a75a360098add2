"""Resource types of owners, consent, roles and policies; see schema.py for their source."""

from __future__ import annotations

from graphmail.sandbox.graph.schema import READ_ONLY, EntityType, Property

_TEXT = "Edm.String"
_EQ = ("eq",)
_TEXT_FILTER = ("eq", "startswith")


def _fixed(kind: str = _TEXT, default: object = None, operators: tuple[str, ...] = ()) -> Property:
    return Property(kind, READ_ONLY, default, operators)


FEDERATED_IDENTITY_CREDENTIAL = EntityType(
    "federatedIdentityCredential",
    {
        "id": _fixed(),
        "name": Property(_TEXT, operators=_EQ),
        "issuer": Property(_TEXT, operators=_EQ),
        "subject": Property(_TEXT, operators=_EQ),
        "description": Property(_TEXT),
        "audiences": Property("[Edm.String]", default=[]),
    },
)

APP_MANAGEMENT_POLICY = EntityType(
    "appManagementPolicy",
    {
        "id": _fixed(),
        "deletedDateTime": _fixed("Edm.DateTimeOffset"),
        "displayName": Property(_TEXT),
        "description": Property(_TEXT),
        "isEnabled": Property("Edm.Boolean", default=False),
        "restrictions": Property("any"),
    },
)

OAUTH2_PERMISSION_GRANT = EntityType(
    "oauth2PermissionGrant",
    {
        "id": _fixed(),
        "clientId": Property(_TEXT, operators=_EQ),
        "consentType": Property(_TEXT, operators=_EQ),
        "principalId": Property(_TEXT, operators=_EQ),
        "resourceId": Property(_TEXT, operators=_EQ),
        "scope": Property(_TEXT),
    },
)

ROLE_DEFINITION = EntityType(
    "unifiedRoleDefinition",
    {
        "id": _fixed(operators=_EQ),
        "description": _fixed(),
        "displayName": _fixed(operators=_TEXT_FILTER),
        "isBuiltIn": _fixed("Edm.Boolean", True, _EQ),
        "isEnabled": _fixed("Edm.Boolean", True),
        "resourceScopes": _fixed("[Edm.String]", ["/"]),
        "rolePermissions": _fixed("any", []),
        "templateId": _fixed(),
        "version": _fixed(default="1"),
    },
)

DIRECTORY_ROLE = EntityType(
    "directoryRole",
    {
        "id": _fixed(),
        "deletedDateTime": _fixed("Edm.DateTimeOffset"),
        "description": _fixed(),
        "displayName": _fixed(),
        "roleTemplateId": _fixed(operators=_EQ),
    },
)
