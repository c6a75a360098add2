"""The complex types inside directory objects: property name to type, as schema.py has them.

learn.microsoft.com/graph/api/resources/… of each name. What is `any` is not looked into.
"""

from __future__ import annotations

_TEXT, _GUID, _BOOLEAN, _DATE = "Edm.String", "Edm.Guid", "Edm.Boolean", "Edm.DateTimeOffset"
_TEXTS, _GUIDS = "[Edm.String]", "[Edm.Guid]"

COMPLEX: dict[str, dict[str, str]] = {
    "addIn": {"id": _GUID, "type": _TEXT, "properties": "[any]"},
    "apiApplication": {
        "acceptMappedClaims": _BOOLEAN,
        "knownClientApplications": _GUIDS,
        "oauth2PermissionScopes": "[permissionScope]",
        "preAuthorizedApplications": "[preAuthorizedApplication]",
        "requestedAccessTokenVersion": "Edm.Int32",
    },
    "appRole": {
        "allowedMemberTypes": _TEXTS,
        "description": _TEXT,
        "displayName": _TEXT,
        "id": _GUID,
        "isEnabled": _BOOLEAN,
        "origin": _TEXT,
        "value": _TEXT,
    },
    "assignedLabel": {"displayName": _TEXT, "labelId": _TEXT},
    "assignedLicense": {"disabledPlans": _GUIDS, "skuId": _GUID},
    "assignedPlan": {
        "assignedDateTime": _DATE,
        "capabilityStatus": _TEXT,
        "service": _TEXT,
        "servicePlanId": _GUID,
    },
    "employeeOrgData": {"costCenter": _TEXT, "division": _TEXT},
    "implicitGrantSettings": {"enableAccessTokenIssuance": _BOOLEAN, "enableIdTokenIssuance": _BOOLEAN},
    "informationalUrl": {
        "logoUrl": _TEXT,
        "marketingUrl": _TEXT,
        "privacyStatementUrl": _TEXT,
        "supportUrl": _TEXT,
        "termsOfServiceUrl": _TEXT,
    },
    "keyCredential": {
        "customKeyIdentifier": "Edm.Binary",
        "displayName": _TEXT,
        "endDateTime": _DATE,
        "key": "Edm.Binary",
        "keyId": _GUID,
        "startDateTime": _DATE,
        "type": _TEXT,
        "usage": _TEXT,
    },
    "objectIdentity": {"issuer": _TEXT, "issuerAssignedId": _TEXT, "signInType": _TEXT},
    "optionalClaim": {"additionalProperties": _TEXTS, "essential": _BOOLEAN, "name": _TEXT, "source": _TEXT},
    "optionalClaims": {
        "accessToken": "[optionalClaim]",
        "idToken": "[optionalClaim]",
        "saml2Token": "[optionalClaim]",
    },
    "parentalControlSettings": {"countriesBlockedForMinors": _TEXTS, "legalAgeGroupRule": _TEXT},
    "passwordCredential": {
        "customKeyIdentifier": "Edm.Binary",
        "displayName": _TEXT,
        "endDateTime": _DATE,
        "hint": _TEXT,
        "keyId": _GUID,
        "secretText": _TEXT,
        "startDateTime": _DATE,
    },
    "passwordProfile": {
        "forceChangePasswordNextSignIn": _BOOLEAN,
        "forceChangePasswordNextSignInWithMfa": _BOOLEAN,
        "password": _TEXT,
    },
    "permissionScope": {
        "adminConsentDescription": _TEXT,
        "adminConsentDisplayName": _TEXT,
        "id": _GUID,
        "isEnabled": _BOOLEAN,
        "origin": _TEXT,
        "type": _TEXT,
        "userConsentDescription": _TEXT,
        "userConsentDisplayName": _TEXT,
        "value": _TEXT,
    },
    "preAuthorizedApplication": {"appId": _TEXT, "delegatedPermissionIds": _TEXTS},
    "privacyProfile": {"contactEmail": _TEXT, "statementUrl": _TEXT},
    "provisionedPlan": {"capabilityStatus": _TEXT, "provisioningStatus": _TEXT, "service": _TEXT},
    "publicClientApplication": {"redirectUris": _TEXTS},
    "redirectUriSettings": {"uri": _TEXT, "index": "Edm.Int32"},
    "requiredResourceAccess": {"resourceAppId": _TEXT, "resourceAccess": "[resourceAccess]"},
    "resourceAccess": {"id": _GUID, "type": _TEXT},
    "spaApplication": {"redirectUris": _TEXTS},
    "verifiedDomain": {
        "capabilities": _TEXT,
        "isDefault": _BOOLEAN,
        "isInitial": _BOOLEAN,
        "name": _TEXT,
        "type": _TEXT,
    },
    "verifiedPublisher": {"addedDateTime": _DATE, "displayName": _TEXT, "verifiedPublisherId": _TEXT},
    "webApplication": {
        "homePageUrl": _TEXT,
        "logoutUrl": _TEXT,
        "redirectUris": _TEXTS,
        "redirectUriSettings": "[redirectUriSettings]",
        "implicitGrantSettings": "implicitGrantSettings",
    },
}
