"""How the customer's administrator takes everything away and checks it by hand: real ids, and in a safe order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from graphmail.customer_report.standing import Standing
from graphmail.printable import visible

# PowerShell takes these for a single quote too.
_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")


@dataclass(frozen=True, slots=True)
class Step:
    """`by_hand` is the way through the portal, if there is one; `commands` are PowerShell."""

    what: str
    why: str
    by_hand: str
    commands: list[str]


def quoted(text: object) -> str:
    """A PowerShell string that is nothing but this text: names are other people's words."""
    return "'" + _QUOTES.sub(r"\1\1", visible(" ".join(str(text).split()))) + "'"


def steps(standing: Standing) -> list[Step]:
    """First what lets the app in, last what confines it: its old tokens live on for a while."""
    return [_shut_out(standing), *_roles(standing), _app(standing), *_policies(standing), *_group(standing)]


def checks(standing: Standing, outside: str) -> list[str]:
    """What shows in a minute that the app is refused in a mailbox outside."""
    app = quoted(standing.app["client_id"])
    mailbox = quoted(outside or "somebody@else")
    if standing.model == "rbac":
        pointer = standing.state.get("exchange_service_principal") or {}
        return [f"Test-ServicePrincipalAuthorization -Identity {quoted(pointer.get('object_id'))} -Resource {mailbox}"]
    return [f"Test-ApplicationAccessPolicy -AppId {app} -Identity {mailbox}"]


def _shut_out(standing: Standing) -> Step:
    where = f"Microsoft Entra admin center › Enterprise apps › {standing.app['display_name']} › Properties"
    principal = standing.principal.get("object_id")
    command = [f"Update-MgServicePrincipal -ServicePrincipalId {quoted(principal)} -AccountEnabled:$false"]
    return Step(
        "Shut the app out",
        "It gets no new token from that moment; tokens that it has already work for up to 90 minutes.",
        f"{where} › Enabled for users to sign in: No",
        command if principal else [],
    )


def _roles(standing: Standing) -> list[Step]:
    roles = [f"Remove-ManagementRoleAssignment -Identity {quoted(one['name'])}" for one in standing.held_roles]
    pointer = standing.state.get("exchange_service_principal")
    pointers = [f"Remove-ServicePrincipal -Identity {quoted(pointer['object_id'])}"] if pointer else []
    why = "These roles let it into the mailboxes of the group."
    return [Step("Take its roles in Exchange away", why, "", [*roles, *pointers])] if roles or pointers else []


def _policies(standing: Standing) -> list[Step]:
    policies = [f"Remove-ApplicationAccessPolicy -Identity {quoted(one['identity'])}" for one in standing.policies]
    why = (
        "Not before 90 minutes have passed since the first step: without the policy, a token that is still alive would "
        "open every mailbox of your organisation."
    )
    return [Step("Remove the restriction", why, "", policies)] if policies else []


def _app(standing: Standing) -> Step:
    app = standing.app
    where = f"Microsoft Entra admin center › App registrations › All applications › {app['display_name']} › Delete"
    why = "With it go its permissions, its enterprise app and every credential."
    if standing.was_there.get("application"):
        why += " It was there before we began, so ask first who else uses it."
    return Step("Delete the app", why, where, [f"Remove-MgApplication -ApplicationId {quoted(app['object_id'])}"])


def _group(standing: Standing) -> list[Step]:
    group = standing.group
    if not group:
        return []
    why = "The mailboxes themselves stay as they are."
    if standing.was_there.get("group"):
        why += " It was there before we began, so ask first what else uses it."
    where = f"Exchange admin center › Recipients › Groups › Mail-enabled security › {group['name']} › Delete"
    return [Step("Delete the group", why, where, [f"Remove-DistributionGroup -Identity {quoted(group['guid'])}"])]
