"""Get-OrganizationConfig, Get-AcceptedDomain, Get-TransportConfig."""

from __future__ import annotations

from uuid import UUID

from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.customization import is_dehydrated
from graphmail.sandbox.exchange.errors import not_found
from graphmail.sandbox.exchange.parameter import RESULT_SIZE, STRING


def _get_organization_config(call: Invocation) -> list[Row]:
    tenant = call.tenant
    return [
        {
            "Identity": tenant.initial_domain,
            "Name": tenant.initial_domain,
            "DisplayName": tenant.display_name,
            "Guid": UUID(tenant.id),
            "IsDehydrated": is_dehydrated(call),
            "DefaultPublicFolderMailbox": None,
            "MailTipsAllTipsEnabled": True,
        },
    ]


def _get_accepted_domain(call: Invocation) -> list[Row]:
    tenant = call.tenant
    wanted = call.identity.lower()
    if wanted and wanted not in tenant.domains:
        raise not_found(call.identity)
    return [
        {
            "Identity": domain,
            "Name": domain,
            "DomainName": domain,
            "DomainType": "Authoritative",
            "Default": domain == default_domain(tenant.domains, tenant.initial_domain),
            "InitialDomain": domain == tenant.initial_domain,
        }
        for domain in tenant.domains
        if not wanted or domain == wanted
    ]


def default_domain(domains: list[str], initial: str) -> str:
    """The first custom domain, or the initial one when it is alone."""
    return next((d for d in domains if d != initial), initial)


def _get_transport_config(_: Invocation) -> list[Row]:
    """Its sizes are for on-premises servers; what a mailbox may send and take is its own."""
    return [
        {
            "Identity": "Transport Settings",
            "Name": "Transport Settings",
            "MaxSendSize": "Unlimited",
            "MaxReceiveSize": "Unlimited",
            "SmtpClientAuthenticationDisabled": True,
            "MessageExpiration": "1.00:00:00",
        },
    ]


CMDLETS = [
    Cmdlet("Get-TransportConfig", _get_transport_config, {}),
    Cmdlet("Get-OrganizationConfig", _get_organization_config, {}),
    Cmdlet("Get-AcceptedDomain", _get_accepted_domain, {"Identity": STRING, "ResultSize": RESULT_SIZE}),
]
