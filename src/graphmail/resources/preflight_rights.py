"""Whether ops has what an onboarding needs: permissions in its own tokens, and cmdlets that Exchange lets it run.

An app's permissions are its token's `roles`; a person's are the `scp` of the client, no further than that person's own
directory roles (`wids`).
"""

from __future__ import annotations

from dataclasses import replace

from graphmail.access_models import AccessModel
from graphmail.auth import Token
from graphmail.errors import ExchangeError, TokenError
from graphmail.exchange_roles import least_roles
from graphmail.person.refusals import BLOCKED, CANNOT, UNCONSENTED, admin_consent_url
from graphmail.resources.preflight import SKUS, Findings, active
from graphmail.rights import ADMIN, EXCHANGE_ADMINISTRATOR, RIGHTS, ROLES, Right, Service, audience, role_names
from graphmail.tenant import Tenant

# Cmdlets that are needed beside those of the access model.
CMDLETS = (
    "Get-DistributionGroup",
    "New-DistributionGroup",
    "Set-DistributionGroup",
    "Add-DistributionGroupMember",
    "Remove-DistributionGroupMember",
)
SERVICES: tuple[Service, ...] = ("Microsoft Graph", "Office 365 Exchange Online")


def rights(tenant: Tenant, findings: Findings, model: AccessModel) -> None:
    """Every right that is missing, told at once; what comes after this cannot be read without them."""
    for service in SERVICES:
        needed = [RIGHTS[name] for name in ADMIN if RIGHTS[name].service == service]
        token = _token(tenant, findings, service, needed)
        if token is None:
            break  # whoever could not sign in is not asked a second time
        if token.delegated:
            _of_person(tenant, findings, token, needed)
        else:
            _of_app(findings, token, needed)
    findings.raise_all()
    _allowed_cmdlets(tenant, findings, model)


def person_has(tenant: Tenant, findings: Findings, needed: list[Right], with_role: list[str]) -> Token | None:
    """Whether whoever signed in has these scopes of Graph, and for those named in `with_role` a directory role too."""
    token = _token(tenant, findings, "Microsoft Graph", needed)
    if token:
        bare = [right if right.application in with_role else replace(right, roles=()) for right in needed]
        _of_person(tenant, findings, token, bare)
    return token


def _token(tenant: Tenant, findings: Findings, service: Service, needed: list[Right]) -> Token | None:
    """A token for that service; None where a person's sign-in gives none, which is an obstacle then."""
    try:
        token = tenant.admin_token(audience(tenant.cloud, service))
    except TokenError as error:
        if tenant.connection["admin"].get("kind") not in ("device_code", "authorization_code"):
            raise
        codes = frozenset(error.codes)
        if codes & UNCONSENTED:
            names = [right.delegated for right in needed]
            _unconsented(tenant, findings, names, f"no consent for {service}")
        elif codes & CANNOT or error.error in CANNOT:
            findings.add("sign-in", _problem(tenant, error), expected="a sign-in", found=error.why, remedy=error.remedy)
        else:
            raise
        return None
    findings.roles |= token.scopes if token.delegated else token.roles
    return token


def _problem(tenant: Tenant, error: TokenError) -> str:
    if BLOCKED & set(error.codes) and tenant.connection["admin"]["kind"] == "device_code":
        return "Device-code sign-in is blocked in this tenant"
    return "The administrator could not sign in"


def _of_app(findings: Findings, token: Token, needed: list[Right]) -> None:
    for right in needed:
        if right.application not in token.roles:
            findings.add(
                "rights",
                f"The admin app lacks the application permission {right.application}",
                expected=", ".join(r.application for r in needed),
                found=", ".join(sorted(token.roles)) or "none",
                remedy=f"grant {right.application} to the admin app and consent to it; a new token is needed then",
            )


def _of_person(tenant: Tenant, findings: Findings, token: Token, needed: list[Right]) -> None:
    lacking = [right.delegated for right in needed if right.delegated not in token.scopes]
    _unconsented(tenant, findings, lacking, ", ".join(sorted(token.scopes)) or "none")
    has = role_names(token.directory_roles)
    for right in needed:
        if right.roles and not token.directory_roles & {ROLES[name] for name in right.roles}:
            findings.add(
                "rights",
                f"{tenant.person} has no directory role that lets {right.delegated} act",
                expected=" or ".join(right.roles),
                found=", ".join(has) or "no administrator's role",
                remedy=f"assign {right.roles[0]} to {tenant.person}, or sign in as somebody who has it: "
                "the role is in the next token",
            )


def _unconsented(tenant: Tenant, findings: Findings, names: list[str], found: str) -> None:
    url = admin_consent_url(tenant, tenant.connection["admin"]["client_id"])
    for name in names:
        findings.add(
            "rights",
            f"The sign-in lacks the delegated permission {name}",
            expected=", ".join(names),
            found=found,
            remedy=f"let ops' client declare {name}, and an administrator of the tenant open {url} and accept",
        )


def _allowed_cmdlets(tenant: Tenant, findings: Findings, model: AccessModel) -> None:
    allowed = _cmdlets(tenant, findings)
    missing = [cmdlet for cmdlet in (*CMDLETS, *model.cmdlets) if cmdlet not in allowed]
    if missing:
        whose = tenant.person or "the admin app"
        findings.add(
            "rights",
            f"Exchange does not let {whose} run every cmdlet that is needed",
            expected=f"the Entra role {EXCHANGE_ADMINISTRATOR}, or Exchange roles with these cmdlets",
            found=f"not allowed: {', '.join(missing)}",
            remedy=f"assign {EXCHANGE_ADMINISTRATOR} to {tenant.person or _PRINCIPAL}, or in Exchange the roles "
            f"{', '.join(least_roles(missing))}; it takes minutes",
        )
        findings.raise_all()


_PRINCIPAL = "the admin app's enterprise application"


def _cmdlets(tenant: Tenant, findings: Findings) -> frozenset[str]:
    """A tenant without any licence for Exchange lets nobody in, in the same words as one without the role."""
    try:
        return tenant.exchange.cmdlets()
    except ExchangeError as error:
        skus = tenant.graph.get(SKUS).get("value", ()) if error.status == 403 else ()
        plans = [p for sku in skus for p in sku.get("servicePlans") or () if active(sku)]
        if error.status != 403:
            raise
        if any(str(p.get("servicePlanName", "")).startswith("EXCHANGE_") for p in plans):
            return frozenset()  # whoever has no role may run nothing
    findings.add(
        "licence",
        "The tenant has no licence with Exchange Online",
        expected="a subscription with a service plan EXCHANGE_…",
        found=", ".join(str(sku["skuPartNumber"]) for sku in skus) or "no subscription",
        remedy="license the tenant for Exchange Online, or correct the tenant_id",
    )
    findings.raise_all()
    return frozenset()
