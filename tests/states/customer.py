"""One generated customer: its runs, each a process of its own as far as tokens and reads go, and what became of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from graphmail.credentials import ClientSecret
from graphmail.credentials import read as read_sealed
from graphmail.customers.schema import Customer
from graphmail.live_credential import live_credential
from graphmail.mailflow import confinement
from graphmail.mailflow.access import AccessProof, claims
from graphmail.resources import resource
from graphmail.sealed import public_key
from graphmail.state import StateFolder
from graphmail.tenant import Tenant
from graphmail_ansible import perform
from graphmail_ansible.ansible_run import AnsibleRun, Opened
from tests.sandbox_process import Sandbox
from tests.states.by_hand import ByHand
from tests.states.playbook import Failed, Playbook
from tests.states.start_state import StartState
from tests.states.tenants import Names

PATIENCE = 7200  # seconds of the tenant's own clock; as long as verify.yml gives it
RECIPIENTLESS = {"message": {"subject": "x", "toRecipients": []}, "saveToSentItems": False}


class CustomerOf:
    """A start state in its tenant. `play` answers why a run stopped, or ""."""

    def __init__(
        self, sandbox: Sandbox, state: StartState, entry: Customer, machine: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.sandbox, self.state, self.entry = sandbox, state, entry
        self.names = Names(int(entry.name.removeprefix("customer")))
        self.hand = ByHand(sandbox, self.names)
        self.folder = StateFolder(machine / "state", entry.name)
        self.changed: list[str] = []
        self.warnings: list[str] = []
        self.said: dict[str, dict[str, Any]] = {}  # module -> what it said last
        self.instead: dict[str, Callable[[], None]] = {}  # role -> what is done for it, where it starts kernels
        self.run = AnsibleRun()
        self.inventory = machine / "inventory.yml"
        self._connection = entry.connection(self.inventory, machine / "state")
        self._monkeypatch = monkeypatch
        self._identity = machine / "identity"
        self._seal_admin()

    def play(self, playbook: str, **extra: Any) -> str:
        self.changed, self.warnings = [], []
        run = self.run = AnsibleRun()
        run.open_cache()
        self._monkeypatch.setattr(perform, "RUN", run)
        run.open(self._connection, {})
        variables = {"tenant": self._connection, "customer": self.entry.variables()}
        variables |= {"inventory_hostname": self.entry.name, "inventory_file": str(self.inventory)}
        try:
            Playbook(self._perform, variables, self.instead).play(playbook, **extra)
        except Failed as failed:
            return str(failed)
        finally:
            for found in run._customers.values():
                if isinstance(found, Opened):
                    found.lock.close()
        return ""

    def with_access(self, model: str) -> None:
        """The inventory says another access model from now on."""
        self.entry = self.entry.model_copy(update={"access": model})

    def forget(self) -> None:
        """The operator's machine knows nothing of any run before."""
        for folder in (self.folder.path, self.folder.root.parent / "evidence" / self.entry.name):
            shutil.rmtree(folder, ignore_errors=True)

    # What the tenant says

    @property
    def writes(self) -> int:
        """How many changes the tenant has committed so far, whoever made them."""
        return len(self.sandbox.ledger(self.names.tenant))

    def reached(self) -> dict[str, bool]:
        """Mailbox -> whether the app, with the credential made for it, reads there and may send from there.

        Of the outside mailbox: whether it does either.
        """
        sealed = sorted(self.folder.credentials.glob("*.age"), key=lambda path: path.stat().st_mtime)
        credential = read_sealed(sealed[-1])
        form = {"client_id": credential.client_id, "client_secret": credential.client_secret}
        token = self.sandbox.token(self.names.tenant, **form)
        reached = {address: all(self._opened(token, address)) for address in self.names.members}
        return reached | {self.names.outside: any(self._opened(token, self.names.outside))}

    def red(self) -> dict[str, str]:
        """The checks of the access proof that do not pass, and what each saw: both planes, the members, the scope."""
        tenant = Tenant.connect(self._connection)
        credential = live_credential(tenant)
        app = tenant.as_mail_app(credential)
        proof = AccessProof(app, tenant.exchange, tenant.clock, self.entry, credential.client_id)
        last = proof.run(PATIENCE)
        seen = {address: proof.judge(address, last) for address, _claim, _member in claims(self.entry)}
        seen["planes agree"] = proof.agreement(last)
        seen["members"] = confinement.membership(tenant, self.entry)
        seen["scope"] = confinement.scope(tenant, self.entry, credential.client_id)
        return {name: found.observed for name, found in seen.items() if found.verdict != "passed"}

    def _opened(self, token: str, address: str) -> list[bool]:
        """Whether it reads there, and whether it sends from there."""
        found = []
        for method, path, body in (("GET", "mailFolders/inbox?$select=id", None), ("POST", "sendMail", RECIPIENTLESS)):
            url = f"{self.sandbox.json['graph']}/v1.0/users/{address}/{path}"
            headers = {"Authorization": f"Bearer {token}"}
            answer = self.sandbox.http.request(method, url, headers=headers, json=body, timeout=30)
            # 400: it may send, and the message is to nobody.
            assert answer.status_code in (200, 400, 403), (answer.status_code, answer.text)
            found.append(answer.status_code != 403)
        return found

    def _perform(self, module: str, params: dict[str, Any]) -> dict[str, Any]:
        checked = ArgumentSpecValidator(resource(module).argument_spec()).validate(params)
        assert not checked.error_messages, checked.error_messages
        result = perform.perform(module, checked.validated_parameters, check_mode=False, diff=True)
        self.said[module] = result
        self.warnings += result.get("warnings", ())
        if result.get("changed"):
            self.changed.append(module)
        return result

    def _seal_admin(self) -> None:
        admin = self.sandbox.json["admins"][self.names.tenant]
        own = ClientSecret(self.names.tenant, admin["client_id"], "sandbox", admin["client_secret"])
        own.write(self.folder.make().admin, [public_key(self._identity)])
