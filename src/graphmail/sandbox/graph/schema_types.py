"""The resource types themselves; see schema.py for their source."""

from __future__ import annotations

from graphmail.sandbox.graph.schema import NOT_EMULATED, READ_ONLY, EntityType, Property

_TEXT = "Edm.String"
_EQ = ("eq",)
_TEXT_FILTER = ("eq", "startswith")
_ANY = ("any",)


def _fixed(kind: str = _TEXT, default: object = None, operators: tuple[str, ...] = ()) -> Property:
    return Property(kind, READ_ONLY, default, operators)


APPLICATION = EntityType(
    "application",
    {
        "id": _fixed(operators=_EQ),
        "deletedDateTime": _fixed("Edm.DateTimeOffset"),
        "appId": _fixed(operators=_EQ),
        "applicationTemplateId": _fixed(),
        "disabledByMicrosoftStatus": _fixed(),
        "createdByAppId": _fixed(),
        "createdDateTime": _fixed("Edm.DateTimeOffset"),
        "displayName": Property(_TEXT, operators=_TEXT_FILTER),
        "description": Property(_TEXT, operators=_TEXT_FILTER),
        "groupMembershipClaims": Property(_TEXT),
        "identifierUris": Property("[Edm.String]", default=[], operators=_ANY),
        "isDeviceOnlyAuthSupported": Property("Edm.Boolean"),
        "isDisabled": Property("Edm.Boolean"),
        "isFallbackPublicClient": Property("Edm.Boolean"),
        "nativeAuthenticationApisEnabled": Property("any", NOT_EMULATED),
        "notes": Property(_TEXT),
        "oauth2RequirePostResponse": Property("Edm.Boolean", NOT_EMULATED),
        "publisherDomain": _fixed(operators=_TEXT_FILTER),
        "serviceManagementReference": Property(_TEXT),
        "signInAudience": Property(_TEXT, default="AzureADMyOrg", operators=_TEXT_FILTER),
        "tags": Property("[Edm.String]", default=[], operators=_ANY),
        "tokenEncryptionKeyId": Property("Edm.Guid", NOT_EMULATED),
        "samlMetadataUrl": Property(_TEXT),
        "defaultRedirectUri": Property(_TEXT),
        "certification": Property("any", NOT_EMULATED),
        "optionalClaims": Property("optionalClaims"),
        "uniqueName": Property(_TEXT, operators=_EQ),
        "requestSignatureVerification": Property("any", NOT_EMULATED),
        "servicePrincipalLockConfiguration": Property("any", NOT_EMULATED),
        "authenticationBehaviors": Property("any", NOT_EMULATED),
        "managerApplications": Property("any", NOT_EMULATED),
        "addIns": Property("any", NOT_EMULATED, []),
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
        "keyCredentials": Property("any", default=[]),
        "parentalControlSettings": Property(
            "parentalControlSettings",
            default={"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
        ),
        "passwordCredentials": Property("any", default=[]),
        "publicClient": Property("publicClientApplication", default={"redirectUris": []}),
        "requiredResourceAccess": Property("[requiredResourceAccess]", default=[]),
        "verifiedPublisher": _fixed(
            "any",
            {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None},
        ),
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
)

SERVICE_PRINCIPAL = EntityType(
    "servicePrincipal",
    {
        "id": _fixed(operators=_EQ),
        "deletedDateTime": _fixed("Edm.DateTimeOffset"),
        "accountEnabled": Property("Edm.Boolean", default=True, operators=_EQ),
        "alternativeNames": Property("[Edm.String]", default=[]),
        "appDisplayName": _fixed(),
        "appDescription": _fixed(),
        "appId": Property(_TEXT, operators=_EQ),
        "applicationTemplateId": _fixed(),
        "appOwnerOrganizationId": _fixed(operators=_EQ),
        "appRoleAssignmentRequired": Property("Edm.Boolean", default=False),
        "createdByAppId": _fixed(),
        "createdDateTime": _fixed("Edm.DateTimeOffset"),
        "description": Property(_TEXT),
        "disabledByMicrosoftStatus": _fixed(),
        "displayName": Property(_TEXT, operators=_TEXT_FILTER),
        "homepage": Property(_TEXT),
        "loginUrl": Property(_TEXT),
        "logoutUrl": Property(_TEXT),
        "notes": Property(_TEXT),
        "notificationEmailAddresses": Property("[Edm.String]", default=[]),
        "preferredSingleSignOnMode": Property(_TEXT),
        "replyUrls": Property("[Edm.String]", default=[]),
        "servicePrincipalNames": Property("[Edm.String]", default=[], operators=_ANY),
        "servicePrincipalType": _fixed(default="Application", operators=_TEXT_FILTER),
        "signInAudience": _fixed(),
        "tags": Property("[Edm.String]", default=[], operators=_ANY),
        "tokenEncryptionKeyId": Property("Edm.Guid", NOT_EMULATED),
        "addIns": Property("any", NOT_EMULATED, []),
        "appRoles": _fixed("any", []),
        "info": _fixed("any"),
        "keyCredentials": Property("any", NOT_EMULATED, []),
        "oauth2PermissionScopes": _fixed("any", []),
        "passwordCredentials": Property("any", NOT_EMULATED, []),
        "resourceSpecificApplicationPermissions": _fixed("any", []),
        "samlSingleSignOnSettings": Property("any", NOT_EMULATED),
        "verifiedPublisher": _fixed(
            "any",
            {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None},
        ),
    },
    expandable=("appRoleAssignments",),
)

APP_ROLE_ASSIGNMENT = EntityType(
    "appRoleAssignment",
    {
        "id": _fixed(),
        "deletedDateTime": _fixed("Edm.DateTimeOffset"),
        "appRoleId": Property("Edm.Guid"),
        "createdDateTime": _fixed("Edm.DateTimeOffset"),
        "principalDisplayName": _fixed(operators=_TEXT_FILTER),
        "principalId": Property("Edm.Guid"),
        "principalType": _fixed(),
        "resourceDisplayName": _fixed(),
        "resourceId": Property("Edm.Guid", operators=_EQ),
    },
)

USER = EntityType(
    "user",
    {
        "businessPhones": _fixed("[Edm.String]", []),
        "displayName": _fixed(operators=_TEXT_FILTER),
        "givenName": _fixed(operators=_TEXT_FILTER),
        "jobTitle": _fixed(),
        "mail": _fixed(operators=_TEXT_FILTER),
        "mobilePhone": _fixed(),
        "officeLocation": _fixed(),
        "preferredLanguage": _fixed(),
        "surname": _fixed(operators=_TEXT_FILTER),
        "userPrincipalName": _fixed(operators=_TEXT_FILTER),
        "id": _fixed(operators=_EQ),
        "accountEnabled": _fixed("Edm.Boolean", operators=_EQ),
        "assignedLicenses": _fixed("any", []),
        "assignedPlans": _fixed("any", []),
        "createdDateTime": _fixed("Edm.DateTimeOffset"),
        "creationType": _fixed(),
        "deletedDateTime": _fixed("Edm.DateTimeOffset"),
        "externalUserState": _fixed(),
        "mailNickname": _fixed(operators=_TEXT_FILTER),
        "onPremisesSyncEnabled": _fixed("Edm.Boolean"),
        "otherMails": _fixed("[Edm.String]", []),
        "provisionedPlans": _fixed("any", []),
        "proxyAddresses": _fixed("[Edm.String]", [], _ANY),
        "usageLocation": _fixed(operators=_EQ),
        "userType": _fixed(default="Member", operators=_EQ),
    },
    returned=(
        "businessPhones",
        "displayName",
        "givenName",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
        "id",
    ),
)

GROUP = EntityType(
    "group",
    {
        "id": _fixed(operators=_EQ),
        "deletedDateTime": _fixed("Edm.DateTimeOffset"),
        "classification": _fixed(),
        "createdDateTime": _fixed("Edm.DateTimeOffset"),
        "creationOptions": _fixed("[Edm.String]", []),
        "description": _fixed(operators=_TEXT_FILTER),
        "displayName": _fixed(operators=_TEXT_FILTER),
        "expirationDateTime": _fixed("Edm.DateTimeOffset"),
        "groupTypes": _fixed("[Edm.String]", [], _ANY),
        "isAssignableToRole": _fixed("Edm.Boolean"),
        "mail": _fixed(operators=_TEXT_FILTER),
        "mailEnabled": _fixed("Edm.Boolean", operators=_EQ),
        "mailNickname": _fixed(operators=_TEXT_FILTER),
        "membershipRule": _fixed(),
        "onPremisesSyncEnabled": _fixed("Edm.Boolean"),
        "proxyAddresses": _fixed("[Edm.String]", [], _ANY),
        "renewedDateTime": _fixed("Edm.DateTimeOffset"),
        "securityEnabled": _fixed("Edm.Boolean", operators=_EQ),
        "securityIdentifier": _fixed(),
        "visibility": _fixed(),
    },
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
        "principalId": Property("Edm.String", operators=_EQ),
        "directoryScopeId": Property("Edm.String"),
        "appScopeId": Property("Edm.String", NOT_EMULATED),
        "roleDefinitionId": Property("Edm.String", operators=_EQ),
        "condition": Property("Edm.String", NOT_EMULATED),
    },
)
