"""What only a more powerful administrator can do: said, waited for as a stored state, and gone on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from graphmail.errors import GraphError
from graphmail.pending import Pending, Wait
from graphmail.person.refusals import CONSENTED, admin_consent_url
from graphmail.resource import ASSIGNED, Option, Values
from graphmail.resources.application_reference import referred_application
from graphmail.rights import CONSENT_ROLES, ROLES
from graphmail.tenant import Tenant

OPTION = {"await_consent": Option("", {"type": "bool", "default": False}, managed=False)}
SUBJECT = "consent to app "
PATIENCE = 7 * 86400.0  # seconds after which a report calls it late; nothing is given up then


def or_awaited(
    tenant: Tenant,
    desired: Values,
    missing: Sequence[str],
    to_do: Callable[[dict[str, Any], str], str],
    run: Callable[[], Values],
) -> Values:
    """What `run` returns; or, where whoever signed in may not do it, `awaiting`: what somebody else has to do.

    `to_do` says that of the app and the page where an administrator consents to all that it declares.
    """
    if not desired.get("await_consent") or not missing:
        return run()
    if not _refused_for_sure(tenant):
        try:
            return run()
        except GraphError as error:
            if error.status != 403:
                raise
    application = referred_application(tenant, desired) or {"appId": ASSIGNED}
    pages = (application.get("publicClient") or {}).get("redirectUris") or [CONSENTED]
    text = to_do(application, admin_consent_url(tenant, str(application["appId"]), str(pages[0])))
    if not tenant.run.check_mode:
        _keep(tenant, f"{SUBJECT}{application['appId']}", text)
    return {"changed": False, "diff": {"before": {}, "after": {}}, "awaiting": text}


def no_longer_awaited(tenant: Tenant) -> None:
    """Everything that was waited for is there."""
    pending = Pending(tenant.customer_state)
    wait = pending.read()
    if wait and wait.subject.startswith(SUBJECT) and not tenant.run.check_mode:
        pending.clear()


def _refused_for_sure(tenant: Tenant) -> bool:
    """A person without these roles is not even asked to try, so that a dry run says the same."""
    token = tenant.admin_token(tenant.cloud.graph_audience)
    return token.delegated and not token.directory_roles & {ROLES[name] for name in CONSENT_ROLES}


def _keep(tenant: Tenant, subject: str, text: str) -> None:
    """One wait for all that is missing; what an earlier run said is said anew."""
    pending, now = Pending(tenant.customer_state), tenant.clock.now()
    wait = pending.read()
    if wait is None or wait.subject != subject:
        wait = replace(Wait.begin("", subject, now, PATIENCE), observed=tenant.run.run_id)
    before = f"{wait.reason}; " if wait.observed == tenant.run.run_id and wait.reason else ""
    pending.write(replace(wait, reason=f"{before}{text}", observed=tenant.run.run_id))
