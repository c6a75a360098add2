"""Properties of the emulated resources, from Microsoft's published schema.

Names and types as in the v1.0 resource pages (learn.microsoft.com/graph/api/resources/application, …/serviceprincipal,
…/user, …/group, …/organization) and in microsoftgraph/msgraph-metadata `schemas/v1.0-Prod.csdl`. This list is the
sandbox's own: what is not in it is refused, as Graph refuses it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphmail.sandbox.call import ServiceError
from graphmail.sandbox.graph.errors import bad_request, graph_error
from graphmail.sandbox.service import not_implemented

WRITABLE, READ_ONLY, NOT_EMULATED = "writable", "read-only", "not emulated"


@dataclass(frozen=True, slots=True)
class Property:
    """`kind` is an Edm type, a name in COMPLEX, or either in brackets for a collection."""

    kind: str
    access: str = WRITABLE
    default: Any = None
    operators: tuple[str, ...] = ()  # of $filter


@dataclass(frozen=True, slots=True)
class EntityType:
    """A resource type; `returned` lists what comes without $select, everything when empty."""

    name: str
    properties: dict[str, Property]
    returned: tuple[str, ...] = ()
    expandable: tuple[str, ...] = ()

    def render(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return all properties in order, with defaults for those that `values` lacks."""
        return {name: values.get(name, p.default) for name, p in self.properties.items() if p.kind != "Edm.Stream"}

    def check(self, body: Any) -> dict[str, Any]:
        """Return the properties of a create or update body; ServiceError for what Graph would refuse."""
        if not isinstance(body, dict):
            raise graph_error(400, "BadRequest", "Write requests (excluding DELETE) must contain a JSON object.")
        wanted = {name: value for name, value in body.items() if "@odata." not in name}
        for name, value in wanted.items():
            known = self.properties.get(name)
            if known is None:
                raise bad_request(f"Invalid property '{name}'.")
            if known.access == READ_ONLY:
                raise bad_request(f"Property '{name}' is read-only and cannot be set.")
            if known.access == NOT_EMULATED:
                raise ServiceError(not_implemented(f"setting {name} of {self.name}"))
            check_value(name, known.kind, value)
        return wanted


def check_value(name: str, kind: str, value: Any) -> None:
    """Refuse a value that is not of `kind`; null is of every kind but a collection."""
    if kind.startswith("["):
        if not isinstance(value, list):
            raise _mismatch(name, f"Collection({kind[1:-1]})")
        for element in value:
            check_value(name, kind[1:-1], element)
    elif value is None:
        return
    elif kind in COMPLEX:
        _check_complex(name, kind, value)
    elif not _PRIMITIVES[kind](value):
        raise _mismatch(name, kind)


def _check_complex(name: str, kind: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise _mismatch(name, f"microsoft.graph.{kind}")
    for inner, element in value.items():
        if "@odata." in inner:
            continue
        known = COMPLEX[kind].get(inner)
        if known is None:
            raise bad_request(f"Invalid property '{inner}'.")
        check_value(inner, known, element)


def _mismatch(name: str, kind: str) -> ServiceError:
    message = f"Property {name} in payload has a value that does not match schema. Expected type: {kind}."
    return graph_error(400, "BadRequest", message)


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


_PRIMITIVES: dict[str, Callable[[Any], bool]] = {
    "Edm.String": lambda v: isinstance(v, str),
    "Edm.Guid": lambda v: isinstance(v, str) and len(v) == 36,
    "Edm.Boolean": lambda v: isinstance(v, bool),
    "Edm.Int32": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "Edm.DateTimeOffset": _is_date,
    "any": lambda _: True,
}

COMPLEX: dict[str, dict[str, str]] = {
    "webApplication": {
        "homePageUrl": "Edm.String",
        "logoutUrl": "Edm.String",
        "redirectUris": "[Edm.String]",
        "redirectUriSettings": "[any]",
        "implicitGrantSettings": "implicitGrantSettings",
    },
    "implicitGrantSettings": {"enableAccessTokenIssuance": "Edm.Boolean", "enableIdTokenIssuance": "Edm.Boolean"},
    "spaApplication": {"redirectUris": "[Edm.String]"},
    "publicClientApplication": {"redirectUris": "[Edm.String]"},
    "informationalUrl": {
        "logoUrl": "Edm.String",
        "marketingUrl": "Edm.String",
        "privacyStatementUrl": "Edm.String",
        "supportUrl": "Edm.String",
        "termsOfServiceUrl": "Edm.String",
    },
    "requiredResourceAccess": {"resourceAppId": "Edm.String", "resourceAccess": "[resourceAccess]"},
    "resourceAccess": {"id": "Edm.Guid", "type": "Edm.String"},
    "apiApplication": {
        "acceptMappedClaims": "Edm.Boolean",
        "knownClientApplications": "[Edm.Guid]",
        "oauth2PermissionScopes": "[any]",
        "preAuthorizedApplications": "[any]",
        "requestedAccessTokenVersion": "Edm.Int32",
    },
    "appRole": {
        "allowedMemberTypes": "[Edm.String]",
        "description": "Edm.String",
        "displayName": "Edm.String",
        "id": "Edm.Guid",
        "isEnabled": "Edm.Boolean",
        "origin": "Edm.String",
        "value": "Edm.String",
    },
    "parentalControlSettings": {"countriesBlockedForMinors": "[Edm.String]", "legalAgeGroupRule": "Edm.String"},
    "optionalClaims": {"accessToken": "[any]", "idToken": "[any]", "saml2Token": "[any]"},
}
