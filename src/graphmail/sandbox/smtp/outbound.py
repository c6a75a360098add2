"""Limits for mail that leaves a mailbox: how many it goes to, and how many of those outside the organisation.

learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits and the
Exchange Team's pages "Tenant Outbound Email Limits" and "Limiting Onmicrosoft Domain Usage for Sending Emails".
"""

from __future__ import annotations

from graphmail.sandbox.store import Tenant

TOO_MANY = "550 5.5.3 RESOLVER.ADR.RecipLimit; too many recipients"
OVER_TENANT = (
    "550 5.7.233 Your message can't be sent because your tenant exceeded its daily limit for sending email to external "
    "recipients (tenant external recipient rate limit)."
)
OVER_INITIAL_DOMAIN = (
    "550 5.7.236 Your message can't be sent because your tenant exceeded its daily limit for sending email to external "
    "recipients from its onmicrosoft domain."
)


def outbound_refusals(tenant: Tenant, sender: str, recipients: list[str]) -> dict[str, str]:
    """Return why which of these addresses do not get the mail, and count the others outside the tenant."""
    now, limits, traffic = tenant.clock.now(), tenant.limits, tenant.mail_traffic
    if len(recipients) > limits.recipients_per_message:
        return dict.fromkeys(recipients, TOO_MANY)
    outside = [a for a in recipients if a.rpartition("@")[2].lower() not in tenant.domains]
    if not outside:
        return {}
    if traffic.external.room(now, external_limit(tenant), len(outside)):
        return dict.fromkeys(outside, OVER_TENANT)
    if sender.rpartition("@")[2] == tenant.initial_domain:
        window = traffic.external_from_initial_domain
        if window.room(now, limits.external_recipients_of_initial_domain, len(outside)):
            return dict.fromkeys(outside, OVER_INITIAL_DOMAIN)
        window.add(len(outside))
    traffic.external.add(len(outside))
    return {}


def external_limit(tenant: Tenant) -> int:
    """Return 500 × licences^0.7 + 9,500 in 24 hours, or what the tenant's limits say."""
    licences = sum(int(sku.get("prepaidUnits", {}).get("enabled", 0)) for sku in tenant.skus)
    return tenant.limits.external_recipients or int(500 * licences**0.7 + 9500)
