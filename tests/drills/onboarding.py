"""One customer's onboarding as onboard.yml does it, module by module, without ansible-playbook: a tenth of a second."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from graphmail.journal import Journal
from graphmail_ansible import perform
from graphmail_ansible.ansible_run import AnsibleRun, Opened
from tests.modules.conftest import Task
from tests.modules.tenant_by_hand import TenantByHand
from tests.sandbox_process import Sandbox

MAIL_ROLES = ["Mail.ReadWrite", "Mail.Send"]
# Requests that may be committed once only. The app's is an upsert: the same again changes nothing.
CREATES = (
    "POST /applications",
    "POST /servicePrincipals",
    "New-DistributionGroup",
    "New-ApplicationAccessPolicy",
)


class Onboarding:
    """`onboarding()` runs it once and returns the message of the task that failed, or ""."""

    def __init__(
        self, task: Task, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, customer: str = "contoso"
    ) -> None:
        self.task = task
        self.sandbox = sandbox
        self.customer = customer
        self.entry = task.customers[customer].variables()
        self.tenant = self.entry["tenant_id"]
        self.by_hand = TenantByHand(sandbox, self.tenant)
        self.changed: list[str] = []
        self.warnings: list[str] = []
        self._monkeypatch = monkeypatch
        self.run = task.run

    def __call__(self) -> str:
        """A run of its own, as another ansible-playbook would be: no token and nothing read is left of the last."""
        self.close()
        self.run = self.task.run = AnsibleRun()
        self.run.open_cache()
        self._monkeypatch.setattr(perform, "RUN", self.run)
        self.changed, self.warnings = [], []
        for module, params in self.steps():
            result = self.task._perform(module, params, check=False, customer=self.customer)
            self.warnings += result.get("warnings", ())
            if result.get("failed"):
                return f"{module}: {result['msg']}"
            if result.get("changed"):
                self.changed.append(module)
        return ""

    def close(self) -> None:
        for found in self.run._customers.values():
            if isinstance(found, Opened):
                found.lock.close()
        if self.run._cache:
            self.run._cache.close()

    def steps(self) -> list[tuple[str, dict[str, Any]]]:
        """The tasks of onboard.yml's roles, in their order."""
        entry = self.entry
        app, group = entry["app"], entry["group"]
        reference = {"application": app["unique_name"]}
        outside = entry["outside_mailbox"]
        return [
            (
                "tenant_info",
                reference
                | {"display_name": app["display_name"], "group": group["name"], "group_address": group["address"]}
                | {"owners": group["owners"], "mailboxes": entry["mailboxes"], "outside_mailbox": outside},
            ),
            (
                "entra_application",
                {"unique_name": app["unique_name"], "display_name": app["display_name"]}
                | {"sign_in_audience": "AzureADMyOrg", "required_permissions": MAIL_ROLES},
            ),
            ("entra_service_principal", reference),
            (
                "exo_distribution_group",
                {"name": group["name"], "address": group["address"], "owners": group["owners"]}
                | {"members": entry["mailboxes"]},
            ),
            ("exo_application_access_policy", reference | {"group": group["name"]}),
            ("exo_application_access_info", reference | {"granted": entry["mailboxes"], "denied": [outside]}),
            ("entra_app_role_assignment", reference | {"roles": MAIL_ROLES}),
            ("entra_application_password", reference | {"lifetime": "24 months"}),
        ]

    # Drills

    def drill(self, name: str, **how: Any) -> None:
        self.sandbox.control("POST", f"/tenants/{self.tenant}/drills", {"name": name, **how})

    def struck(self) -> list[dict[str, Any]]:
        """The strikes so far, of all drills."""
        planned = self.sandbox.control("GET", f"/tenants/{self.tenant}/drills")["drills"]
        return [strike for drill in planned for strike in drill["struck"]]

    def forget(self) -> None:
        self.sandbox.control("DELETE", f"/tenants/{self.tenant}/drills")

    def requests(self) -> list[dict[str, Any]]:
        return self.sandbox.requests(self.tenant)

    # Judgement

    def nothing_twice(self) -> None:
        """No second app, principal, group, policy or consent, whatever happened; no secret without a trace of it."""
        self.sandbox.settle(self.tenant)
        made = Counter(e["request"] for e in self.sandbox.ledger(self.tenant) if e["actor"] != "by-hand")
        assert {r: n for r, n in made.items() if r in CREATES and n > 1} == {}, made
        apps = self.by_hand.apps()
        assert len(apps) <= 1
        assert len(self.by_hand.principals()) <= len(apps)
        assert len(self.by_hand.groups()) <= 1
        assert len(self.by_hand.policies()) <= 1
        if self.by_hand.principals():
            consents = self.by_hand.consents()
            assert len(consents) == len(set(consents))
            assert not consents or self.by_hand.policies(), "consent without a restriction"
        for secret in apps[0]["passwordCredentials"] if apps else ():
            markers = [intent.marker for intent in self._journal().open_intents()]
            assert self._sealed(secret["keyId"]) or secret["displayName"] in markers, secret

    def converged(self) -> None:
        """Everything is there, once; the next run changes nothing and writes nothing."""
        self.nothing_twice()
        assert len(self.by_hand.apps()) == len(self.by_hand.principals()) == 1
        assert len(self.by_hand.groups()) == len(self.by_hand.policies()) == 1
        assert self.by_hand.members() == sorted(self.entry["mailboxes"])
        assert self.by_hand.consents() == MAIL_ROLES
        (secret,) = self.by_hand.secrets()
        assert self._sealed(secret["keyId"])
        left = [intent.marker for intent in self._journal().open_intents()]
        assert secret["displayName"] not in left
        self.sandbox.mark()
        assert self() == ""
        assert (self.changed, self.sandbox.writes) == ([], [])

    def _journal(self) -> Journal:
        return Journal(self.task.state / self.customer / "journal.jsonl")

    def _sealed(self, key_id: str) -> bool:
        return any(key_id in file.name for file in (self.task.state / self.customer).rglob("*.age"))
