"""Enable-OrganizationCustomization, and what a dehydrated organisation refuses until then.

learn.microsoft.com/powershell/module/exchangepowershell/enable-organizationcustomization; the times are from public
reports: IsDehydrated turns false after about 45 minutes, role assignments work after about an hour.
"""

from __future__ import annotations

from graphmail.sandbox.exchange.cmdlet import Cmdlet, Invocation, Row
from graphmail.sandbox.exchange.errors import dehydrated, not_applicable


def is_dehydrated(call: Invocation) -> bool:
    """What IsDehydrated says."""
    return _lasts(call, "hydration")


def settled(call: Invocation) -> bool:
    """Whether role assignments can be made: some time after the organisation was customized, or always."""
    return not _lasts(call, "customization")


def check(call: Invocation) -> None:
    """CmdletError while nobody has customized the organisation."""
    if call.tenant.dehydrated and call.tenant.exchange.customized is None:
        raise dehydrated()


def _lasts(call: Invocation, delay: str) -> bool:
    """Whether the organisation is dehydrated, or was customized less than that delay ago."""
    since = call.tenant.exchange.customized
    if not call.tenant.dehydrated or since is None:
        return call.tenant.dehydrated
    return call.tenant.clock.now() < since + call.tenant.delays.of(delay)


def _enable(call: Invocation) -> list[Row]:
    if not call.tenant.dehydrated or call.tenant.exchange.customized is not None:
        raise not_applicable("This operation is not required. Organization is already enabled for customization.")
    call.tenant.exchange.customized = call.tenant.clock.now()
    call.commit(call.tenant.initial_domain)
    return []


CMDLETS = [Cmdlet("Enable-OrganizationCustomization", _enable, {}, confirms=True)]
