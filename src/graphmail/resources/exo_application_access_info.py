"""What Exchange's own test says about the app and given mailboxes. It proves configuration, not effect."""

from __future__ import annotations

from typing import ClassVar

from graphmail.access_models import ACCESS, MODELS, AccessModel, Plane
from graphmail.clock import poll
from graphmail.errors import DeadlineExceeded, TenantError
from graphmail.reach import Sources, detect
from graphmail.resource import Info, Option, Values
from graphmail.resources.application_reference import REFERENCE, referred_application
from graphmail.rights import EXCHANGE_WRITES
from graphmail.tenant import Tenant


class ApplicationAccessInfo(Info):
    """https://learn.microsoft.com/powershell/module/exchange/test-applicationaccesspolicy."""

    name = "exo_application_access_info"
    permissions = (EXCHANGE_WRITES,)
    cmdlets = (
        "Get-ApplicationAccessPolicy",
        "Get-DistributionGroup",
        "Get-DistributionGroupMember",
        "Get-ManagementRoleAssignment",
        "Get-Recipient",
        "Get-ServicePrincipal",
        "Test-ApplicationAccessPolicy",
        "Test-ServicePrincipalAuthorization",
    )
    options: ClassVar = REFERENCE | {
        "granted": Option("", {"type": "list", "elements": "str", "default": []}),
        "denied": Option("", {"type": "list", "elements": "str", "default": []}),
        "access": Option("", ACCESS),
        "group": Option("", {"type": "str"}),
        "max_wait": Option("", {"type": "int", "default": 900}),
    }

    def look(self, tenant: Tenant, params: Values) -> Values:
        application = referred_application(tenant, params)
        if application is None:
            return {"results": {}, "as_expected": False, "findings": []}
        return self._tested(tenant, params, application["appId"]) | self._findings(tenant, params, application["appId"])

    @staticmethod
    def _findings(tenant: Tenant, params: Values, client_id: str) -> Values:
        if not params.get("group"):
            return {"findings": []}
        found = detect(MODELS[params["access"]], Sources.of(tenant, client_id, params["group"]))
        for finding in found:
            tenant.warn(str(finding))
        return {"findings": [finding.facts() for finding in found]}

    @staticmethod
    def _tested(tenant: Tenant, params: Values, client_id: str) -> Values:
        expected: dict[str, Plane] = {m.lower(): "Granted" for m in params["granted"]}
        expected |= {m.lower(): "Denied" for m in params["denied"]}
        results: dict[str, Plane] = {}

        def probe() -> bool | None:
            results.update(access_results(tenant, MODELS[params["access"]], client_id, list(expected)))
            return results == expected or None

        if tenant.run.check_mode:
            # What this run would write is not there to be tested; the results tell how it is now.
            return {"as_expected": bool(probe()), "results": results}
        try:
            poll(tenant.clock, probe, params["max_wait"], "Exchange's test to agree with the inventory")
        except DeadlineExceeded:
            wrong = [f"{m}: {results[m]}" for m, wanted in expected.items() if results[m] != wanted]
            raise TenantError(
                f"Exchange's test disagrees with the inventory after {params['max_wait']} s",
                expected=f"members Granted, {', '.join(params['denied'])} Denied",
                found="; ".join(wrong),
                remedy="compare the group's members with what confines the app in Exchange, then run again",
            ) from None
        return {"as_expected": True, "results": results}


def access_results(tenant: Tenant, model: AccessModel, client_id: str, mailboxes: list[str]) -> dict[str, Plane]:
    """What Exchange's test says of each address, in few requests. Raises the refusal of the test itself."""
    answers = tenant.exchange.batch([model.test(client_id, mailbox) for mailbox in mailboxes])
    for answer in answers:
        answer.value()
    return {mailbox: model.tested(answer).plane for mailbox, answer in zip(mailboxes, answers, strict=True)}
