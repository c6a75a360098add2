"""A tenant where somebody has worked by hand, as an inventory entry in a file of its own. Changes nothing there."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from graphmail.access_models import DEFAULT, MODELS
from graphmail.discovery import UNDECIDED, Draft, Look, Wanted, foresee, page
from graphmail.evidence import Run
from graphmail.reach import Sources, detect
from graphmail.resource import Info, Option, Values
from graphmail.resources.exo_management_role_assignment import shown_assignment
from graphmail.resources.kept_credentials import credentials_on
from graphmail.rights import EXCHANGE_READS
from graphmail.tenant import Tenant

HEAD = (
    "What discover.yml saw in tenant {tenant_id}; it changed nothing there.",
    "Once nothing is UNDECIDED: paste what stands below `customers:` into the inventory, then",
    "python -m graphmail.customers check <inventory>, and onboard.yml --check --diff.",
)


class CustomerDiscoveryInfo(Info):
    """`status` is `complete`, or `undecided` where a person has to look; the task fails where nothing can be read."""

    name = "customer_discovery_info"
    permissions = (
        "Application.Read.All",
        "Organization.Read.All",
        "User.Read.All",
        EXCHANGE_READS,
    )
    cmdlets = (
        "Get-ApplicationAccessPolicy",
        "Get-DistributionGroup",
        "Get-DistributionGroupMember",
        "Get-ManagementRoleAssignment",
        "Get-Recipient",
        "Get-ServicePrincipal",
    )
    options: ClassVar = {
        "display_name": Option("displayName", {"type": "str", "default": "Kundo Mail"}),
        "unique_name": Option("uniqueName", {"type": "str", "default": "kundo-mail"}),
        "client_id": Option("appId", {"type": "str"}),
        "group": Option("Name", {"type": "str", "default": "Kundo Mail mailboxes"}),
        "recipients": Option("", {"type": "list", "elements": "str", "default": []}),
        "folder": Option("", {"type": "path"}),
    }

    def look(self, tenant: Tenant, params: Values) -> Values:
        wanted = Wanted(params["display_name"], params["unique_name"], params["client_id"], params["group"])
        started = tenant.clock.now()
        look = Look(tenant, wanted)
        draft = look.draft()
        self._complete(tenant, draft, params["recipients"])
        sources = look.sources or Sources(wanted.group)
        access = str(draft.entry["access"])
        findings = detect(MODELS[DEFAULT if access == UNDECIDED else access], sources) if look.sources else []
        foreseen = foresee(tenant, draft, look.mailboxes)
        proposed = ", with what is proposed" if UNDECIDED in str(draft.entry) else ""
        seen = _seen(sources, look.application or {})
        told = [line.format(tenant_id=tenant.tenant_id) for line in HEAD]
        told += _listed("Undecided", draft.undecided) + _listed("Opens more than the group, or shuts out", findings)
        told += [line for title, lines in seen.items() for line in _listed(title.replace("_", " ").title(), lines)]
        told += _listed("To do", [what for _field, what in draft.remarks])
        told += _listed(f"onboard.yml would change{proposed}", foreseen.changes)
        told += _listed(f"onboard.yml would stop{proposed}", foreseen.stops)
        text = page(tenant.customer, tenant.connection["operators"], draft, told)
        facts = {
            "status": "undecided" if draft.undecided else "complete",
            "entry": draft.entry,
            "undecided": [undecided.facts() for undecided in draft.undecided],
            "findings": [finding.facts() for finding in findings],
            "changes": foreseen.changes,
            "stops": foreseen.stops,
            "remarks": [what for _field, what in draft.remarks],
            "seen": seen,
        }
        if tenant.run.check_mode or tenant.run.evidence is None:
            return facts | {"path": "", "text": text, "msg": "dry run: no file written"}
        Run(tenant.run.evidence, tenant.customer, tenant.run.run_id).write_state(
            "before",
            {"schema": 1, "read": {"from": started.isoformat(), "to": tenant.clock.now().isoformat()}} | facts,
        )
        folder = Path(params["folder"]) if params["folder"] else tenant.run.evidence.with_name("discovered")
        path = _written(folder, tenant.customer, text)
        count = len(draft.undecided)
        left = f"; {count} thing{'s' * (count != 1)} to decide" if count else ""
        return facts | {"path": str(path), "text": text, "msg": f"{path}{left}"}

    @staticmethod
    def _complete(tenant: Tenant, draft: Draft, recipients: list[str]) -> None:
        draft.decide("tenant_id", tenant.tenant_id)
        draft.decide("initial_domain", tenant.initial_domain)
        draft.decide("cloud", tenant.connection["cloud"])
        if recipients:
            draft.decide("handover.recipients", recipients)
        else:
            draft.leave("handover.recipients", "the vendor's public keys are in no tenant", listed=True)


def _seen(sources: Sources, application: dict[str, Any]) -> dict[str, list[str]]:
    return {
        "credentials": [str(credential) for credential in credentials_on(application)],
        "consents": [f"{consent.role} of {consent.resource_name}" for consent in sources.consents],
        "policies": [f"{policy.get('AccessRight')} for {policy.get('ScopeName')}" for policy in sources.policies],
        "role_assignments": [shown_assignment(row, sources.group_row) for row in sources.assignments],
    }


def _listed(title: str, lines: Any) -> list[str]:
    return [f"{title}:", *(f"  {line}" for line in lines)] if lines else []


def _written(folder: Path, customer: str, text: str) -> Path:
    """A new file, or the one that says the same already; no file is ever overwritten."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, 10_000):
        path = folder / (f"{customer}.yml" if number == 1 else f"{customer}-{number}.yml")
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            if path.read_bytes() != text.encode():
                continue
        return path
    raise FileExistsError(folder)
