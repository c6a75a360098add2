"""Which property can be filtered and sorted by, with which operator: learn.microsoft.com/graph/aad-advanced-queries.

A path's text lists `eq`, `startswith`, `endswith`, `ge` (with `gt`), `le` (with `lt`) and `null`; a `+` behind one
means that it needs the advanced query parameters. `in` goes where `eq` goes; `ne` and `not` too, and always need them.
What is not listed is refused.
"""

from __future__ import annotations

_TEXT = "eq startswith null+"
_RANGE = "eq startswith ge le null+"
_RANGE_PLUS = "eq+ startswith+ ge+ le+ null+"
_DATE = "eq ge le"
_DATE_PLUS = "eq+ ge+ le+"
_ADDRESS = "eq startswith ge le endswith+ null+"
_ADDRESSES = "eq startswith endswith+"
_ITEMS = "eq startswith"
_COUNT = "eq+"

APPLICATION = {
    "id": "eq",
    "appId": "eq",
    "appRoles/$count": _COUNT,
    "applicationTemplateId": "eq",
    "createdDateTime": "eq ge le null+",
    "deletedDateTime": _DATE,
    "description": "eq+ startswith+",
    "disabledByMicrosoftStatus": "eq",
    "displayName": _TEXT,
    "identifierUris/any": _ITEMS,
    "identifierUris/$count": _COUNT,
    "info/logoUrl": "null+",
    "info/termsOfServiceUrl": "eq+",
    "keyCredentials/any/endDateTime": _DATE_PLUS,
    "keyCredentials/$count": _COUNT,
    "owners/$count": _COUNT,
    "publisherDomain": _ITEMS,
    "requiredResourceAccess/any/resourceAppId": "eq+",
    "signInAudience": "eq",
    "tags/any": _ITEMS,
    "tags/$count": _COUNT,
    "uniqueName": "eq",
}

SERVICE_PRINCIPAL = {
    "id": "eq",
    "accountEnabled": "eq",
    "alternativeNames/any": _ITEMS,
    "appId": "eq",
    "applicationTemplateId": "eq",
    "appOwnerOrganizationId": "eq+",
    "appRoleAssignmentRequired": "eq+",
    "deletedDateTime": _DATE,
    "description": "eq+ startswith+",
    "displayName": _TEXT,
    "info/logoUrl": "null+",
    "info/termsOfServiceUrl": "eq+",
    "keyCredentials/any/endDateTime": _DATE_PLUS,
    "owners/$count": _COUNT,
    "servicePrincipalNames/any": _ITEMS,
    "servicePrincipalType": "eq",
    "tags/any": _ITEMS,
    "tags/$count": _COUNT,
}

APP_ROLE_ASSIGNMENT = {"principalDisplayName": _ITEMS, "resourceId": "eq"}

USER = {
    "id": "eq",
    "accountEnabled": "eq ge+ le+",
    "ageGroup": "eq",
    "assignedLicenses/any": "eq+",
    "assignedLicenses/any/skuId": "eq",
    "assignedLicenses/$count": _COUNT,
    "assignedPlans/any/capabilityStatus": "eq+",
    "assignedPlans/any/service": "eq+",
    "assignedPlans/any/servicePlanId": "eq+",
    "businessPhones/any": _ITEMS,
    "city": _RANGE,
    "companyName": _RANGE_PLUS,
    "consentProvidedForMinor": "eq",
    "country": _RANGE,
    "createdDateTime": _DATE,
    "creationType": "eq",
    "deletedDateTime": _DATE,
    "department": _RANGE,
    "displayName": _TEXT,
    "employeeHireDate": _DATE_PLUS,
    "employeeId": _TEXT,
    "employeeType": "eq+ startswith+ ge+ le+",
    "externalUserState": "eq",
    "externalUserStateChangeDateTime": _DATE,
    "faxNumber": _RANGE_PLUS,
    "givenName": _RANGE,
    "identities/any/issuer": "eq null",
    "imAddresses/any": _ITEMS,
    "isResourceAccount": "eq",
    "jobTitle": _RANGE,
    "mail": _ADDRESS,
    "mailNickname": _RANGE,
    "mobilePhone": _RANGE_PLUS,
    "officeLocation": _RANGE_PLUS,
    "onPremisesImmutableId": "eq",
    "onPremisesLastSyncDateTime": _DATE,
    "onPremisesSamAccountName": "eq+ startswith+ ge+ le+",
    "onPremisesSecurityIdentifier": "eq null+",
    "onPremisesSyncEnabled": "eq null+",
    "onPremisesUserPrincipalName": "eq startswith ge le",
    "otherMails/any": _ADDRESSES,
    "passwordPolicies": "eq+ null+",
    "postalCode": _RANGE_PLUS,
    "preferredLanguage": _RANGE_PLUS,
    "proxyAddresses/any": _ADDRESSES,
    "proxyAddresses/$count": _COUNT,
    "showInAddressList": "eq+",
    "state": _RANGE,
    "streetAddress": _RANGE_PLUS,
    "surname": _RANGE,
    "usageLocation": "eq startswith ge le",
    "userPrincipalName": "eq startswith ge le endswith+",
    "userType": "eq null+",
}

GROUP = {
    "id": "eq",
    "assignedLicenses/any/skuId": "eq",
    "classification": _ITEMS,
    "description": "eq+ startswith+",
    "displayName": _TEXT,
    "expirationDateTime": _DATE_PLUS,
    "groupTypes/any": "eq",
    "groupTypes/$count": _COUNT,
    "hasMembersWithLicenseErrors": "eq null",
    "isAssignableToRole": "eq",
    "mail": "eq startswith endswith+ null+",
    "mailEnabled": "eq",
    "mailNickname": _TEXT,
    "members/$count": _COUNT,
    "membershipRule": _ITEMS,
    "onPremisesLastSyncDateTime": _DATE,
    "onPremisesSamAccountName": "eq+ startswith+",
    "onPremisesSecurityIdentifier": "null+",
    "onPremisesSyncEnabled": "eq null+",
    "owners/$count": _COUNT,
    "preferredLanguage": _RANGE_PLUS,
    "proxyAddresses/any": _ADDRESSES,
    "renewedDateTime": _DATE,
    "resourceProvisioningOptions/any": "eq",
    "securityEnabled": "eq",
    "uniqueName": "eq",
}

# What a collection of several types can be filtered by.
DIRECTORY_OBJECT = {
    "id": "eq+",
    "displayName": "eq+ startswith+",
    "mail": "eq+ startswith+ endswith+",
    "userPrincipalName": "eq+ startswith+ endswith+",
    "accountEnabled": "eq+",
    "mailEnabled": "eq+",
    "securityEnabled": "eq+",
    "groupTypes/any": "eq+",
}

# Property -> whether sorting by it needs the advanced query parameters.
SORT_APPLICATION = {"createdDateTime": True, "deletedDateTime": True, "displayName": True}
SORT_USER = {"createdDateTime": True, "deletedDateTime": True, "displayName": False, "userPrincipalName": False}
SORT_GROUP = {"deletedDateTime": True, "displayName": False}
SORT_DIRECTORY_OBJECT = {"displayName": True}
