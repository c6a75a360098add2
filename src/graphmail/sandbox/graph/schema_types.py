"""Applications and what belongs to them; see schema.py for the source."""

from __future__ import annotations

from graphmail.sandbox.graph import filter_support
from graphmail.sandbox.graph.schema import NOT_EMULATED, READ_ONLY, EntityType, Property

_TEXT = "Edm.String"
_PUBLISHER = {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None}


def _fixed(kind: str = _TEXT, default: object = None) -> Property:
    return Property(kind, READ_ONLY, default)


APPLICATION = EntityType(
    "application",
    {
        "id": _fixed(),
        "deletedDateTime": _fixed("Edm.DateTimeOffset"),
        "appId": _fixed(),
        "applicationTemplateId": _fixed(),
        "disabledByMicrosoftStatus": _fixed(),
        "createdByAppId": _fixed(),
        "createdDateTime": _fixed("Edm.DateTimeOffset"),
        "displayName": Property(_TEXT),
        "description": Property(_TEXT),
        "groupMembershipClaims": Property(_TEXT),
        "identifierUris": Property("[Edm.String]", default=[]),
        "isDeviceOnlyAuthSupported": Property("Edm.Boolean"),
        "isDisabled": Property("Edm.Boolean"),
        "isFallbackPublicClient": Property("Edm.Boolean"),
        "nativeAuthenticationApisEnabled": Property("any", NOT_EMULATED),
        "notes": Property(_TEXT),
        "oauth2RequirePostResponse": Property("Edm.Boolean", NOT_EMULATED),
        "publisherDomain": _fixed(),
        "serviceManagementReference": Property(_TEXT),
        "signInAudience": Property(_TEXT, default="AzureADMyOrg"),
        "tags": Property("[Edm.String]", default=[]),
        "tokenEncryptionKeyId": Property("Edm.Guid", NOT_EMULATED),
        "samlMetadataUrl": Property(_TEXT),
        "defaultRedirectUri": Property(_TEXT),
        "certification": Property("any", NOT_EMULATED),
        "optionalClaims": Property("optionalClaims"),
        "uniqueName": Property(_TEXT),
        "requestSignatureVerification": Property("any", NOT_EMULATED),
        "servicePrincipalLockConfiguration": Property("any", NOT_EMULATED),
        "authenticationBehaviors": Property("any", NOT_EMULATED),
        "managerApplications": Property("any", NOT_EMULATED),
        "addIns": Property("[addIn]", NOT_EMULATED, []),
        "api": Property(
            "apiApplication",
            default={
                "acceptMappedClaims": None,
                "knownClientApplications": [],
                "requestedAccessTokenVersion": None,
                "oauth2PermissionScopes": [],
                "preAuthorizedApplications": [],
            },
        ),
        "appRoles": Property("[appRole]", default=[]),
        "info": Property(
            "informationalUrl",
            default={
                "logoUrl": None,
                "marketingUrl": None,
                "privacyStatementUrl": None,
                "supportUrl": None,
                "termsOfServiceUrl": None,
            },
        ),
        "keyCredentials": Property("[keyCredential]", default=[]),
        "parentalControlSettings": Property(
            "parentalControlSettings",
            default={"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
        ),
        "passwordCredentials": Property("[passwordCredential]", default=[]),
        "publicClient": Property("publicClientApplication", default={"redirectUris": []}),
        "requiredResourceAccess": Property("[requiredResourceAccess]", default=[]),
        "verifiedPublisher": _fixed("verifiedPublisher", _PUBLISHER),
        "web": Property(
            "webApplication",
            default={
                "homePageUrl": None,
                "logoutUrl": None,
                "redirectUris": [],
                "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
                "redirectUriSettings": [],
            },
        ),
        "spa": Property("spaApplication", default={"redirectUris": []}),
        "logo": Property("Edm.Stream", READ_ONLY),
    },
    expandable=("owners",),
    filterable=filter_support.APPLICATION,
    sortable=filter_support.SORT_APPLICATION,
    searchable={"displayName": "token", "description": "token"},
)

SERVICE_PRINCIPAL = EntityType(
    "servicePrincipal",
    {
        "id": _fixed(),
        "deletedDateTime": _fixed("Edm.DateTimeOffset"),
        "accountEnabled": Property("Edm.Boolean", default=True),
        "alternativeNames": Property("[Edm.String]", default=[]),
        "appDisplayName": _fixed(),
        "appDescription": _fixed(),
        "appId": Property(_TEXT),
        "applicationTemplateId": _fixed(),
        "appOwnerOrganizationId": _fixed("Edm.Guid"),
        "appRoleAssignmentRequired": Property("Edm.Boolean", default=False),
        "createdByAppId": _fixed(),
        "createdDateTime": _fixed("Edm.DateTimeOffset"),
        "description": Property(_TEXT),
        "disabledByMicrosoftStatus": _fixed(),
        "displayName": Property(_TEXT),
        "homepage": Property(_TEXT),
        "loginUrl": Property(_TEXT),
        "logoutUrl": Property(_TEXT),
        "notes": Property(_TEXT),
        "notificationEmailAddresses": Property("[Edm.String]", default=[]),
        "preferredSingleSignOnMode": Property(_TEXT),
        "preferredTokenSigningKeyThumbprint": Property(_TEXT, NOT_EMULATED),
        "replyUrls": Property("[Edm.String]", default=[]),
        "servicePrincipalNames": Property("[Edm.String]", default=[]),
        "servicePrincipalType": _fixed(default="Application"),
        "signInAudience": _fixed(),
        "tags": Property("[Edm.String]", default=[]),
        "tokenEncryptionKeyId": Property("Edm.Guid", NOT_EMULATED),
        "addIns": Property("[addIn]", NOT_EMULATED, []),
        "appRoles": _fixed("[appRole]", []),
        "info": _fixed("informationalUrl"),
        "keyCredentials": Property("[keyCredential]", NOT_EMULATED, []),
        "oauth2PermissionScopes": _fixed("[permissionScope]", []),
        "passwordCredentials": Property("[passwordCredential]", NOT_EMULATED, []),
        "resourceSpecificApplicationPermissions": _fixed("[any]", []),
        "samlSingleSignOnSettings": Property("any", NOT_EMULATED),
        "verifiedPublisher": _fixed("verifiedPublisher", _PUBLISHER),
    },
    expandable=("appRoleAssignments", "owners"),
    filterable=filter_support.SERVICE_PRINCIPAL,
    sortable=filter_support.SORT_APPLICATION,
    searchable={"displayName": "token", "description": "token"},
    left_out=frozenset({"customSecurityAttributes", "isDisabled", "remoteDesktopSecurityConfiguration"}),
)

APP_ROLE_ASSIGNMENT = EntityType(
    "appRoleAssignment",
    {
        "id": _fixed(),
        "deletedDateTime": _fixed("Edm.DateTimeOffset"),
        "appRoleId": Property("Edm.Guid"),
        "createdDateTime": _fixed("Edm.DateTimeOffset"),
        "principalDisplayName": _fixed(),
        "principalId": Property("Edm.Guid"),
        "principalType": _fixed(),
        "resourceDisplayName": _fixed(),
        "resourceId": Property("Edm.Guid"),
    },
    filterable=filter_support.APP_ROLE_ASSIGNMENT,
)

ROLE_ASSIGNMENT = EntityType(
    "appRoleAssignment",
    {
        "id": _fixed(),
        "deletedDateTime": _fixed("Edm.DateTimeOffset"),
        "appRoleId": Property("Edm.Guid"),
        "createdDateTime": _fixed("Edm.DateTimeOffset"),
        "principalDisplayName": _fixed(),
        "principalId": Property("Edm.Guid"),
        "principalType": _fixed(),
        "resourceDisplayName": _fixed(),
        "resourceId": Property("Edm.Guid"),
    },
    filterable=filter_support.APP_ROLE_ASSIGNMENT,
)

ORGANIZATION = EntityType(
    "organization",
    {
        "id": _fixed(),
        "deletedDateTime": _fixed("Edm.DateTimeOffset"),
        "businessPhones": _fixed("[Edm.String]", []),
        "city": _fixed(),
        "country": _fixed(),
        "countryLetterCode": _fixed(),
        "createdDateTime": _fixed("Edm.DateTimeOffset"),
        "defaultUsageLocation": _fixed(),
        "displayName": _fixed(),
        "onPremisesSyncEnabled": _fixed("Edm.Boolean"),
        "preferredLanguage": _fixed(),
        "technicalNotificationMails": _fixed("[Edm.String]", []),
        "tenantType": _fixed(default="AAD"),
        "assignedPlans": _fixed("any", []),
        "provisionedPlans": _fixed("any", []),
        "verifiedDomains": _fixed("any", []),
    },
)

SUBSCRIBED_SKU = EntityType(
    "subscribedSku",
    {
        name: _fixed("any")
        for name in (
            "id",
            "accountId",
            "accountName",
            "appliesTo",
            "capabilityStatus",
            "consumedUnits",
            "prepaidUnits",
            "servicePlans",
            "skuId",
            "skuPartNumber",
            "subscriptionIds",
        )
    },
)

ROLE_ASSIGNMENT = EntityType(
    "unifiedRoleAssignment",
    {
        "id": _fixed(),
        "principalId": Property("Edm.String"),
        "directoryScopeId": Property("Edm.String"),
        "appScopeId": Property("Edm.String", NOT_EMULATED),
        "roleDefinitionId": Property("Edm.String"),
        "condition": Property("Edm.String", NOT_EMULATED),
    },
    filterable={"principalId": "eq", "roleDefinitionId": "eq"},
)
