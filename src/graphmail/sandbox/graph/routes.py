"""What Graph answers: the directory, and the mail routes beside it."""

from __future__ import annotations

from graphmail.sandbox.call import Handler, Route
from graphmail.sandbox.graph import (
    app_management,
    app_management_policies,
    app_role_assignments,
    applications,
    deleted_items,
    federated_credentials,
    key_actions,
    logo,
    organization,
    ownership,
    passwords,
    service_principals,
)
from graphmail.sandbox.graph.batch import batch
from graphmail.sandbox.graph.directory_units import metered
from graphmail.sandbox.graph.mail_routes import ROUTES as MAIL
from graphmail.sandbox.graph.not_emulated import NOT_EMULATED
from graphmail.sandbox.graph.people_routes import PEOPLE
from graphmail.sandbox.graph.role_routes import ROUTES as ROLES

_API = "https://learn.microsoft.com/graph/api/"

# learn.microsoft.com/graph/permissions-reference: any one of each suffices.
READ_APPS = ("Application.Read.All", "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", "Directory.Read.All")
WRITE_APPS = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")  # OwnedBy: only what the caller owns
WRITE_ALL_APPS = ("Application.ReadWrite.All",)
GRANT = ("AppRoleAssignment.ReadWrite.All",)
READ_ORGANIZATION = ("Organization.Read.All", "Directory.Read.All")
READ_DOMAINS = ("Domain.Read.All", *READ_ORGANIZATION)
READ_OTHER_TENANTS = ("CrossTenantInformation.ReadBasic.All",)
READ_POLICIES = ("Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration")
WRITE_POLICIES = ("Policy.ReadWrite.ApplicationConfiguration",)

_FEDERATED, _POLICIES = "/federatedIdentityCredentials", "/appManagementPolicies"
APPLICATION_KEYS = (
    "/applications/{id}",
    "/applications(appId='{app_id}')",
    "/applications(uniqueName='{unique_name}')",
)
PRINCIPAL_KEYS = ("/servicePrincipals/{id}", "/servicePrincipals(appId='{app_id}')")


def _each(
    keys: tuple[str, ...], method: str, rest: str, handler: Handler, permissions: tuple[str, ...], page: str,
) -> list[Route]:  # fmt: skip
    """The same operation under each of a resource's keys."""
    return [Route(method, key + rest, handler, permissions, _API + page) for key in keys]


APPLICATIONS = [
    Route("POST", "/applications", applications.create, WRITE_APPS, _API + "application-post-applications"),
    Route("GET", "/applications", applications.list_all, READ_APPS, _API + "application-list"),
    Route("GET", "/applications/$count", applications.count, READ_APPS, _API + "application-list"),
    *_each(APPLICATION_KEYS, "GET", "", applications.get, READ_APPS, "application-get"),
    *_each(APPLICATION_KEYS[:2], "PATCH", "", applications.update, WRITE_APPS, "application-update"),
    *_each(APPLICATION_KEYS[2:], "PATCH", "", applications.upsert, WRITE_APPS, "application-upsert"),
    *_each(APPLICATION_KEYS, "DELETE", "", applications.delete, WRITE_APPS, "application-delete"),
    *_each(APPLICATION_KEYS, "POST", "/addPassword", passwords.add, WRITE_APPS, "application-addpassword"),
    *_each(APPLICATION_KEYS, "POST", "/removePassword", passwords.remove, WRITE_APPS, "application-removepassword"),
    *_each(APPLICATION_KEYS[:2], "POST", "/addKey", key_actions.add, (), "application-addkey"),
    *_each(APPLICATION_KEYS[:2], "POST", "/removeKey", key_actions.remove, (), "application-removekey"),
    *_each(
        APPLICATION_KEYS, "GET", _FEDERATED, federated_credentials.list_all, READ_APPS,
        "application-list-federatedidentitycredentials",
    ),
    *_each(
        APPLICATION_KEYS, "POST", _FEDERATED, federated_credentials.create, WRITE_APPS,
        "application-post-federatedidentitycredentials",
    ),
    *_each(
        APPLICATION_KEYS, "GET", f"{_FEDERATED}/{{credential_id}}", federated_credentials.get, READ_APPS,
        "federatedidentitycredential-get",
    ),
    *_each(
        APPLICATION_KEYS, "PATCH", f"{_FEDERATED}/{{credential_id}}", federated_credentials.update, WRITE_APPS,
        "federatedidentitycredential-update",
    ),
    *_each(
        APPLICATION_KEYS, "DELETE", f"{_FEDERATED}/{{credential_id}}", federated_credentials.delete, WRITE_APPS,
        "federatedidentitycredential-delete",
    ),
    *_each(APPLICATION_KEYS, "GET", "/owners", ownership.list_of_application, READ_APPS, "application-list-owners"),
    *_each(
        APPLICATION_KEYS, "POST", "/owners/$ref", ownership.add_to_application, WRITE_ALL_APPS,
        "application-post-owners",
    ),
    *_each(
        APPLICATION_KEYS, "DELETE", "/owners/{owner_id}/$ref", ownership.remove_from_application, WRITE_ALL_APPS,
        "application-delete-owners",
    ),
    *_each(
        APPLICATION_KEYS, "GET", _POLICIES, app_management_policies.list_of_application, READ_POLICIES,
        "appmanagementpolicy-list-appliesto",
    ),
    *_each(
        APPLICATION_KEYS, "POST", f"{_POLICIES}/$ref", app_management_policies.assign, WRITE_POLICIES,
        "appmanagementpolicy-post-appliesto",
    ),
    *_each(
        APPLICATION_KEYS, "DELETE", f"{_POLICIES}/{{policy_id}}/$ref", app_management_policies.unassign,
        WRITE_POLICIES, "appmanagementpolicy-delete-appliesto",
    ),
    *_each(APPLICATION_KEYS, "PUT", "/logo", logo.put, WRITE_APPS, "application-update"),
    *_each(APPLICATION_KEYS, "GET", "/logo", logo.get, READ_APPS, "application-get"),
    Route(
        "GET", "/appbranding/{tenant}/{id}/bannerlogo", logo.branding, source=_API + "resources/informationalurl",
        authenticated=False,
    ),
]  # fmt: skip

_DELETED = "/directory/deletedItems"
_DELETED_API = _API + "directory-deleteditems-"
DELETED_ITEMS = [
    Route(
        "GET", f"{_DELETED}/microsoft.graph.application", deleted_items.list_applications, READ_APPS,
        _DELETED_API + "list",
    ),
    Route(
        "GET", f"{_DELETED}/microsoft.graph.servicePrincipal", deleted_items.list_principals, READ_APPS,
        _DELETED_API + "list",
    ),
    Route("GET", f"{_DELETED}/{{id}}", deleted_items.get, READ_APPS, _DELETED_API + "get"),
    Route(
        "POST", f"{_DELETED}/{{id}}/restore", deleted_items.restore, WRITE_ALL_APPS, _DELETED_API + "restore",
    ),
    Route("DELETE", f"{_DELETED}/{{id}}", deleted_items.purge, WRITE_ALL_APPS, _DELETED_API + "delete"),
]  # fmt: skip

SERVICE_PRINCIPALS = [
    Route(
        "POST", "/servicePrincipals", service_principals.create, WRITE_APPS,
        _API + "serviceprincipal-post-serviceprincipals",
    ),
    Route("GET", "/servicePrincipals", service_principals.list_all, READ_APPS, _API + "serviceprincipal-list"),
    Route("GET", "/servicePrincipals/$count", service_principals.count, READ_APPS, _API + "serviceprincipal-list"),
    *_each(PRINCIPAL_KEYS, "GET", "", service_principals.get, READ_APPS, "serviceprincipal-get"),
    *_each(PRINCIPAL_KEYS[:1], "PATCH", "", service_principals.update, WRITE_APPS, "serviceprincipal-update"),
    *_each(PRINCIPAL_KEYS[1:], "PATCH", "", service_principals.upsert, WRITE_APPS, "serviceprincipal-upsert"),
    *_each(PRINCIPAL_KEYS, "DELETE", "", service_principals.delete, WRITE_APPS, "serviceprincipal-delete"),
    *_each(PRINCIPAL_KEYS, "GET", "/owners", ownership.list_of_principal, READ_APPS, "serviceprincipal-list-owners"),
    *_each(
        PRINCIPAL_KEYS, "POST", "/owners/$ref", ownership.add_to_principal, WRITE_ALL_APPS,
        "serviceprincipal-post-owners",
    ),
    *_each(
        PRINCIPAL_KEYS, "DELETE", "/owners/{owner_id}/$ref", ownership.remove_from_principal, WRITE_ALL_APPS,
        "serviceprincipal-delete-owners",
    ),
]  # fmt: skip

_OF = app_role_assignments
CONSENT = [
    *_each(
        PRINCIPAL_KEYS, "GET", "/appRoleAssignments", _OF.list_of_principal, READ_APPS,
        "serviceprincipal-list-approleassignments",
    ),
    *_each(
        PRINCIPAL_KEYS, "POST", "/appRoleAssignments", _OF.grant_to_principal, GRANT,
        "serviceprincipal-post-approleassignments",
    ),
    *_each(
        PRINCIPAL_KEYS, "GET", "/appRoleAssignments/{assignment_id}", _OF.get_of_principal, READ_APPS,
        "serviceprincipal-list-approleassignments",
    ),
    *_each(
        PRINCIPAL_KEYS, "DELETE", "/appRoleAssignments/{assignment_id}", _OF.revoke_of_principal, GRANT,
        "serviceprincipal-delete-approleassignments",
    ),
    *_each(
        PRINCIPAL_KEYS, "GET", "/appRoleAssignedTo", _OF.list_of_resource, READ_APPS,
        "serviceprincipal-list-approleassignedto",
    ),
    *_each(
        PRINCIPAL_KEYS, "POST", "/appRoleAssignedTo", _OF.grant_on_resource, GRANT,
        "serviceprincipal-post-approleassignedto",
    ),
    *_each(
        PRINCIPAL_KEYS, "GET", "/appRoleAssignedTo/{assignment_id}", _OF.get_of_resource, READ_APPS,
        "serviceprincipal-list-approleassignedto",
    ),
    *_each(
        PRINCIPAL_KEYS, "DELETE", "/appRoleAssignedTo/{assignment_id}", _OF.revoke_on_resource, GRANT,
        "serviceprincipal-delete-approleassignedto",
    ),
]  # fmt: skip

_POLICY = "/policies/defaultAppManagementPolicy"
_FIND_TENANT = "/tenantRelationships/findTenantInformationBy"


def _policy_routes() -> list[Route]:
    own, policies, page = "/policies/appManagementPolicies", app_management_policies, _API + "appmanagementpolicy-"
    return [
        Route("GET", own, policies.list_all, READ_POLICIES, page + "list"),
        Route("POST", own, policies.create, WRITE_POLICIES, page + "post"),
        Route("GET", f"{own}/{{policy_id}}", policies.get, READ_POLICIES, page + "get"),
        Route("PATCH", f"{own}/{{policy_id}}", policies.update, WRITE_POLICIES, page + "update"),
        Route("DELETE", f"{own}/{{policy_id}}", policies.delete, WRITE_POLICIES, page + "delete"),
    ]


TENANT = [
    Route("GET", "/organization", organization.list_all, READ_ORGANIZATION, _API + "organization-list"),
    Route("GET", "/organization/{id}", organization.get, READ_ORGANIZATION, _API + "organization-get"),
    Route("GET", "/domains", organization.list_domains, READ_DOMAINS, _API + "domain-list"),
    Route("GET", "/domains/{id}", organization.get_domain, READ_DOMAINS, _API + "domain-get"),
    Route(
        "GET", f"{_FIND_TENANT}DomainName(domainName='{{domain}}')", organization.tenant_by_domain, READ_OTHER_TENANTS,
        _API + "tenantrelationship-findtenantinformationbydomainname",
    ),
    Route(
        "GET", f"{_FIND_TENANT}TenantId(tenantId='{{tenant_id}}')", organization.tenant_by_id, READ_OTHER_TENANTS,
        _API + "tenantrelationship-findtenantinformationbytenantid",
    ),
    Route("GET", "/subscribedSkus", organization.list_skus, READ_ORGANIZATION, _API + "subscribedsku-list"),
    Route("GET", _POLICY, app_management.get_default, READ_POLICIES, _API + "tenantappmanagementpolicy-get"),
    Route("PATCH", _POLICY, app_management.update_default, WRITE_POLICIES, _API + "tenantappmanagementpolicy-update"),
    *_policy_routes(),
    Route("POST", "/$batch", batch, source="https://learn.microsoft.com/graph/json-batching"),
]  # fmt: skip

DIRECTORY = [*APPLICATIONS, *DELETED_ITEMS, *SERVICE_PRINCIPALS, *CONSENT, *PEOPLE, *TENANT, *ROLES]
ROUTES = [*map(metered, DIRECTORY), *MAIL, *NOT_EMULATED]
