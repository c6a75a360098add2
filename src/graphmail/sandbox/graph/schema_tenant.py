"""The tenant itself, its domains and licences; see schema.py for the source."""

from __future__ import annotations

from graphmail.sandbox.graph.schema import READ_ONLY, EntityType, Property

_TEXT, _TEXTS, _BOOLEAN, _DATE = "Edm.String", "[Edm.String]", "Edm.Boolean", "Edm.DateTimeOffset"


def _fixed(kind: str = _TEXT, default: object = None) -> Property:
    return Property(kind, READ_ONLY, default)


# learn.microsoft.com/graph/api/resources/organization
ORGANIZATION = EntityType(
    "organization",
    {
        "id": _fixed(),
        "deletedDateTime": _fixed(_DATE),
        "businessPhones": _fixed(_TEXTS, []),
        "city": _fixed(),
        "country": _fixed(),
        "countryLetterCode": _fixed(),
        "createdDateTime": _fixed(_DATE),
        "defaultUsageLocation": _fixed(),
        "displayName": _fixed(),
        "marketingNotificationEmails": _fixed(_TEXTS, []),
        "mobileDeviceManagementAuthority": _fixed(default="unknown"),
        "onPremisesLastSyncDateTime": _fixed(_DATE),
        "onPremisesSyncEnabled": _fixed(_BOOLEAN),
        "partnerTenantType": _fixed(),
        "postalCode": _fixed(),
        "preferredLanguage": _fixed(),
        "securityComplianceNotificationMails": _fixed(_TEXTS, []),
        "securityComplianceNotificationPhones": _fixed(_TEXTS, []),
        "state": _fixed(),
        "street": _fixed(),
        "technicalNotificationMails": _fixed(_TEXTS, []),
        "tenantType": _fixed(default="AAD"),
        "assignedPlans": _fixed("[assignedPlan]", []),
        "privacyProfile": _fixed("privacyProfile"),
        "provisionedPlans": _fixed("[provisionedPlan]", []),
        "verifiedDomains": _fixed("[verifiedDomain]", []),
    },
)

# learn.microsoft.com/graph/api/resources/domain
DOMAIN = EntityType(
    "domain",
    {
        "authenticationType": _fixed(default="Managed"),
        "availabilityStatus": _fixed(),
        "id": _fixed(),
        "isAdminManaged": _fixed(_BOOLEAN, True),
        "isDefault": _fixed(_BOOLEAN),
        "isInitial": _fixed(_BOOLEAN),
        "isRoot": _fixed(_BOOLEAN, True),
        "isVerified": _fixed(_BOOLEAN, True),
        "manufacturer": _fixed(),
        "model": _fixed(),
        "passwordNotificationWindowInDays": _fixed("Edm.Int32"),
        "passwordValidityPeriodInDays": _fixed("Edm.Int32"),
        "state": _fixed("any"),
        "supportedServices": _fixed(_TEXTS, []),
    },
)

# learn.microsoft.com/graph/api/resources/tenantinformation
TENANT_INFORMATION = EntityType(
    "tenantInformation",
    {"tenantId": _fixed(), "federationBrandName": _fixed(), "displayName": _fixed(), "defaultDomainName": _fixed()},
)

# learn.microsoft.com/graph/api/resources/subscribedsku
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
