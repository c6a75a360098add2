"""What ops and the onboarding app need in a tenant, as one table: permissions, and the roles that go with them.

An app holds an application permission, which its tokens carry as `roles`. A person's sign-in holds a delegated one
(`scp`), and reaches no further than that person's own directory roles (`wids`).
https://learn.microsoft.com/entra/identity-platform/permissions-consent-overview
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphmail.clouds import Cloud

Service = Literal["Microsoft Graph", "Office 365 Exchange Online"]

# https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
ROLES = {
    "Application Administrator": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "Cloud Application Administrator": "158c047a-c907-4556-b7ef-446551a6b5f7",
    "Exchange Administrator": "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Global Reader": "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "Security Administrator": "194ae4cb-b126-40b2-bd5b-6091b380977d",
}
EXCHANGE_ADMINISTRATOR = "Exchange Administrator"


@dataclass(frozen=True, slots=True)
class Right:
    """`roles`: directory roles, one of which a person needs beside the scope; none where the scope alone is enough."""

    application: str
    delegated: str
    service: Service
    purpose: str
    roles: tuple[str, ...] = ()


_APPLICATIONS = ("Cloud Application Administrator", "Application Administrator", "Global Administrator")
# Consent to Graph's application permissions; (Cloud) Application Administrators may not give that.
# https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent
CONSENT_ROLES = ("Privileged Role Administrator", "Global Administrator")


def _graph(name: str, purpose: str, *roles: str) -> Right:
    return Right(name, name, "Microsoft Graph", purpose, roles)


RIGHTS = {
    right.application: right
    for right in (
        _graph("Application.ReadWrite.All", "makes and changes app registrations and credentials", *_APPLICATIONS),
        _graph("Application.Read.All", "reads app registrations and consents"),
        _graph("AppRoleAssignment.ReadWrite.All", "consents to application permissions", *CONSENT_ROLES),
        _graph("Organization.Read.All", "confirms which tenant it is, and reads its licences"),
        _graph("Policy.Read.All", "reads the tenant's rules for secrets", *_APPLICATIONS, "Security Administrator"),
        _graph("User.Read.All", "finds the people of mailboxes and owners"),
        _graph("RoleManagement.ReadWrite.Directory", "gives an app a directory role", *CONSENT_ROLES),
        Right(
            "Exchange.ManageAsApp",
            "Exchange.Manage",
            "Office 365 Exchange Online",
            "runs cmdlets of Exchange, as far as its roles go",
            (EXCHANGE_ADMINISTRATOR, "Global Administrator"),
        ),
    )
}

# As a resource's `permissions` name them: cmdlets that write, and cmdlets that only read.
EXCHANGE_WRITES = "Exchange.ManageAsApp with the Entra role Exchange Administrator"
EXCHANGE_READS = "Exchange.ManageAsApp with the Entra role Global Reader"

# What the automation's own app needs for every playbook: bootstrap.yml grants exactly this, the preflight looks for it.
ADMIN = (
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "User.Read.All",
    "Exchange.ManageAsApp",
)
# … and what bootstrap.yml needs of the person who signs in.
BOOTSTRAP = (
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "Organization.Read.All",
    "RoleManagement.ReadWrite.Directory",
)


def audience(cloud: Cloud, service: Service) -> str:
    """The resource that a token for that service is asked for."""
    return cloud.graph_audience if service == "Microsoft Graph" else cloud.exchange_audience


def role_names(templates: frozenset[str]) -> list[str]:
    """Names of the known roles among those of a token."""
    return sorted(name for name, template in ROLES.items() if template in templates)


def for_person(permission: str) -> str:
    """What a person's sign-in needs in the place of an app's permission."""
    right = RIGHTS.get(permission.split()[0])
    if right is None:
        return permission
    return right.delegated + (f" (and the person the role {' or '.join(right.roles)})" if right.roles else "")


def as_granted(right: Right) -> str:
    """The name under which `entra_app_role_assignment` grants it."""
    return right.application if right.service == "Microsoft Graph" else f"{right.service}/{right.application}"
