"""A customer that works by consent and policy, to be migrated, and what its tenant looks like."""

from __future__ import annotations

import json
from typing import Any

from tests.modules.tenant_by_hand import GROUP, TenantByHand
from tests.sandbox_process import CONTOSO

NAME = "access_migration"
SUPPORT, CEO = "support@contoso.example", "ceo@contoso.example"
ASKED = {"application": "kundo-mail", "group": GROUP, "mailboxes": [SUPPORT], "outside_mailbox": CEO}
ROLES = ["Mail.ReadWrite", "Mail.Send"]
LONGEST = 200  # calls; more is a circle
OVER = ("done", "nothing", "held")


def onboard(task: Any, sandbox: Any, members: list[str] | None = None, *, keep: bool = False) -> None:
    """Contoso as onboard.yml leaves it with an access policy, every lag over; no secret of ours is made with `keep`."""
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", application="kundo-mail")
    address = "kundo-mailboxes@contoso.example"
    owners = ["admin@contoso.example"]
    task("exo_distribution_group", name=GROUP, address=address, owners=owners, members=members or [SUPPORT])
    task("exo_application_access_policy", application="kundo-mail", group=GROUP)
    task("entra_app_role_assignment", application="kundo-mail", roles=ROLES)
    if not keep:
        task("entra_application_password", application="kundo-mail")
    sandbox.settle(CONTOSO)
    sandbox.mark()


class Migration:
    """Calls the module as the role does, until it is over."""

    def __init__(self, task: Any, contoso: TenantByHand) -> None:
        self.task = task
        self.contoso = contoso
        self.said: list[dict[str, Any]] = []

    def step(self, **params: Any) -> dict[str, Any]:
        self.said.append(self.task(NAME, **ASKED | params))
        return self.said[-1]

    def until(self, step: str, **params: Any) -> dict[str, Any]:
        """Until that step is the next."""
        while not self.said or self.said[-1]["step"] != step:
            assert len(self.said) < LONGEST
            self.step(**params)
        return self.said[-1]

    def all(self, **params: Any) -> dict[str, Any]:
        while not self.said or self.said[-1]["status"] not in OVER:
            assert len(self.said) < LONGEST
            self.step(**params)
        return self.said[-1]

    def red(self, **params: Any) -> str:
        """Until it fails: why."""
        for _ in range(LONGEST):
            result = self.task._perform(NAME, ASKED | params, check=False, customer="contoso")
            if result.get("failed"):
                return str(result["msg"])
            self.said.append(result)
            assert result["status"] not in OVER
        raise AssertionError("it never failed")

    @property
    def steps(self) -> list[str]:
        """Each step that was the next, once."""
        names = [said["step"] for said in self.said]
        return [name for n, name in enumerate(names) if name and (n == 0 or names[n - 1] != name)]

    @property
    def writes(self) -> list[str]:
        """What the admin app committed, by request, in order."""
        return [w["request"] for w in self.contoso.sandbox.writes]

    @property
    def stored(self) -> dict[str, Any] | None:
        path = self.task.state / "contoso" / "migration.json"
        return dict(json.loads(path.read_text())) if path.exists() else None


def standing(contoso: TenantByHand) -> dict[str, Any]:
    """What lets the app in, as a person sees it."""
    pointers = [p for p in contoso.cmdlet("Get-ServicePrincipal") if p["AppId"] == contoso.app()["appId"]]
    held = contoso.cmdlet("Get-ManagementRoleAssignment", RoleAssignee=pointers[0]["ObjectId"]) if pointers else []
    return {
        "consents": contoso.consents(),
        "policies": [p["ScopeName"] for p in contoso.policies()],
        "pointers": len(pointers),
        "roles": sorted((row["Role"], row["CustomResourceScope"]) for row in held),
    }


BEFORE = {"consents": ROLES, "policies": [GROUP], "pointers": 0, "roles": []}
AFTER = {
    "consents": [],
    "policies": [],
    "pointers": 1,
    "roles": [("Application Mail.ReadWrite", GROUP), ("Application Mail.Send", GROUP)],
}
