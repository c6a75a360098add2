"""Users, groups and what else is a member of something; see schema.py for the source."""

from __future__ import annotations

from graphmail.sandbox.graph import filter_support
from graphmail.sandbox.graph.schema import NOT_EMULATED, READ_ONLY, WRITABLE, EntityType, Property
from graphmail.sandbox.graph.schema_entra import DIRECTORY_ROLE
from graphmail.sandbox.graph.schema_types import APPLICATION, SERVICE_PRINCIPAL

_TEXT, _TEXTS, _BOOLEAN, _DATE = "Edm.String", "[Edm.String]", "Edm.Boolean", "Edm.DateTimeOffset"

_USER_DEFAULT = (
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
)


def _kind(kind: str, access: str, *names: str, default: object = None) -> dict[str, Property]:
    return {name: Property(kind, access, default) for name in names}


_ON_PREMISES = {
    **_kind(_TEXT, READ_ONLY, "onPremisesDomainName", "onPremisesSamAccountName", "onPremisesSecurityIdentifier"),
    **_kind(_DATE, READ_ONLY, "onPremisesLastSyncDateTime"),
    **_kind(_BOOLEAN, READ_ONLY, "onPremisesSyncEnabled"),
    **_kind("[any]", READ_ONLY, "onPremisesProvisioningErrors", "serviceProvisioningErrors", default=[]),
}

# learn.microsoft.com/graph/api/resources/user: what a GET may have with $select, without relationships.
USER = EntityType(
    "user",
    {
        **_kind(_TEXTS, WRITABLE, "businessPhones", default=[]),
        **_kind(_TEXT, WRITABLE, "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation"),
        **_kind(_TEXT, WRITABLE, "preferredLanguage", "surname", "userPrincipalName"),
        **_kind(_TEXT, READ_ONLY, "id"),
        **_kind(_DATE, READ_ONLY, "deletedDateTime", "createdDateTime", "lastPasswordChangeDateTime"),
        **_kind(_DATE, READ_ONLY, "signInSessionsValidFromDateTime", "externalUserStateChangeDateTime"),
        **_kind(_BOOLEAN, WRITABLE, "accountEnabled", "showInAddressList"),
        **_kind(_BOOLEAN, READ_ONLY, "isManagementRestricted", "isResourceAccount"),
        **_kind(_TEXT, WRITABLE, "ageGroup", "city", "companyName", "consentProvidedForMinor", "country"),
        **_kind(_TEXT, WRITABLE, "department", "employeeId", "employeeType", "faxNumber", "mailNickname"),
        **_kind(_TEXT, WRITABLE, "onPremisesImmutableId", "passwordPolicies", "postalCode", "state"),
        **_kind(_TEXT, WRITABLE, "streetAddress", "usageLocation"),
        **_kind(_TEXT, WRITABLE, "userType", default="Member"),
        **_kind(_TEXT, READ_ONLY, "creationType", "externalUserState", "legalAgeGroupClassification"),
        **_kind(_TEXT, READ_ONLY, "onPremisesDistinguishedName", "onPremisesUserPrincipalName"),
        **_kind(_TEXT, READ_ONLY, "preferredDataLocation", "securityIdentifier"),
        **_kind(_DATE, WRITABLE, "employeeHireDate", "employeeLeaveDateTime"),
        **_kind(_TEXTS, WRITABLE, "otherMails", default=[]),
        **_kind(_TEXTS, READ_ONLY, "imAddresses", "proxyAddresses", default=[]),
        **_kind("employeeOrgData", WRITABLE, "employeeOrgData"),
        **_kind("passwordProfile", WRITABLE, "passwordProfile"),
        **_kind("[assignedLicense]", READ_ONLY, "assignedLicenses", default=[]),
        **_kind("[assignedPlan]", READ_ONLY, "assignedPlans", default=[]),
        **_kind("[provisionedPlan]", READ_ONLY, "provisionedPlans", default=[]),
        **_kind("[objectIdentity]", NOT_EMULATED, "identities", default=[]),
        **_kind("[any]", READ_ONLY, "licenseAssignmentStates", default=[]),
        **_ON_PREMISES,
    },
    returned=_USER_DEFAULT,
    expandable=("memberOf", "transitiveMemberOf"),
    filterable=filter_support.USER,
    sortable=filter_support.SORT_USER,
    searchable={
        "displayName": "token",
        "givenName": "start",
        "mail": "start",
        "mailNickname": "start",
        "surname": "start",
        "userPrincipalName": "start",
    },
    left_out=frozenset(
        {
            "aboutMe",
            "authorizationInfo",
            "birthday",
            "customSecurityAttributes",
            "deviceEnrollmentLimit",
            "hireDate",
            "interests",
            "mailboxSettings",
            "mySite",
            "onPremisesExtensionAttributes",
            "pastProjects",
            "preferredName",
            "responsibilities",
            "schools",
            "signInActivity",
            "skills",
        }
    ),
)

# learn.microsoft.com/graph/api/resources/group. creationOptions is in every v1.0 answer and in no published schema.
_GROUP_SELECT = {
    **_kind(_BOOLEAN, READ_ONLY, "hasMembersWithLicenseErrors", "isArchived", "isManagementRestricted"),
    **_kind("[assignedLicense]", READ_ONLY, "assignedLicenses", default=[]),
    **_kind("[assignedLabel]", READ_ONLY, "assignedLabels", default=[]),
}
_GROUP = {
    **_kind(_TEXT, READ_ONLY, "id"),
    **_kind(_DATE, READ_ONLY, "deletedDateTime"),
    **_kind(_TEXT, WRITABLE, "classification"),
    **_kind(_DATE, READ_ONLY, "createdDateTime"),
    **_kind(_TEXTS, READ_ONLY, "creationOptions", default=[]),
    **_kind(_TEXT, WRITABLE, "description", "displayName"),
    **_kind(_DATE, READ_ONLY, "expirationDateTime"),
    **_kind(_TEXTS, WRITABLE, "groupTypes", default=[]),
    **_kind(_BOOLEAN, NOT_EMULATED, "isAssignableToRole"),
    **_kind(_TEXT, READ_ONLY, "mail"),
    **_kind(_BOOLEAN, WRITABLE, "mailEnabled"),
    **_kind(_TEXT, WRITABLE, "mailNickname"),
    **_kind(_TEXT, NOT_EMULATED, "membershipRule", "membershipRuleProcessingState"),
    **_ON_PREMISES,
    **_kind(_TEXT, READ_ONLY, "onPremisesNetBiosName"),
    **_kind(_TEXT, WRITABLE, "preferredDataLocation", "preferredLanguage"),
    **_kind(_TEXTS, READ_ONLY, "proxyAddresses", default=[]),
    **_kind(_DATE, READ_ONLY, "renewedDateTime"),
    **_kind(_TEXTS, WRITABLE, "resourceBehaviorOptions", "resourceProvisioningOptions", default=[]),
    **_kind(_BOOLEAN, WRITABLE, "securityEnabled"),
    **_kind(_TEXT, READ_ONLY, "securityIdentifier"),
    **_kind(_TEXT, WRITABLE, "theme", "uniqueName", "visibility"),
}
GROUP = EntityType(
    "group",
    {**_GROUP, **_GROUP_SELECT},
    returned=tuple(_GROUP),
    expandable=("memberOf", "members", "owners", "transitiveMemberOf", "transitiveMembers"),
    filterable=filter_support.GROUP,
    sortable=filter_support.SORT_GROUP,
    searchable={"displayName": "token", "description": "token", "mail": "start", "mailNickname": "start"},
    left_out=frozenset(
        {
            "allowExternalSenders",
            "autoSubscribeNewMembers",
            "hideFromAddressLists",
            "hideFromOutlookClients",
            "isSubscribedByMail",
            "licenseProcessingState",
            "unseenCount",
        }
    ),
)

# What a collection of several types can be asked for; each object is shown as what it is.
DIRECTORY_OBJECT = EntityType(
    "directoryObject",
    {**GROUP.properties, **USER.properties, **APPLICATION.properties, **SERVICE_PRINCIPAL.properties}
    | DIRECTORY_ROLE.properties,
    filterable=filter_support.DIRECTORY_OBJECT,
    sortable=filter_support.SORT_DIRECTORY_OBJECT,
    searchable={"displayName": "token", "description": "token"},
)
