"""One look at whether this customer's grants act yet. Cheap: a token and a few reads; what it waits for is stored."""

from __future__ import annotations

from typing import Any, ClassVar

from graphmail.access_models import ACCESS, MODELS
from graphmail.credentials import SealedCredential
from graphmail.errors import TokenError
from graphmail.evidence import EvidenceError, latest_record
from graphmail.graph import Graph
from graphmail.live_credential import live_credential
from graphmail.pending import Pending, Wait
from graphmail.propagation import Seen, keep_record
from graphmail.resource import Info, Option, Values
from graphmail.task_record import subject
from graphmail.tenant import NOT_YET, Tenant

# What Graph itself just did; whether it will go on doing so, the notebooks ask Exchange's test too.
ACTS = "members are open and the outside mailbox is closed"


class PropagationProbe(Info):
    """Waits until this customer's next look is due, looks once, and says `ready`, `pending` or `expired`."""

    name = "propagation_probe"
    options: ClassVar = {
        "mailboxes": Option("", {"type": "list", "elements": "str", "required": True}),
        "outside_mailbox": Option("", {"type": "str", "required": True}),
        "access": Option("", ACCESS),
        "proof": Option("", {"type": "bool", "default": False}),
        "max_wait": Option("", {"type": "int", "default": 7200}),
    }

    def look(self, tenant: Tenant, params: Values) -> Values:
        if tenant.run.check_mode:
            return {
                "skipped": True,
                "status": "skipped",
                "waiting_for": "",
                "msg": "dry run: nothing looked at, no notebook executed",
            }
        credential = live_credential(tenant, proof=params["proof"])
        pending = Pending(tenant.state)
        now = tenant.clock.now()
        wait = pending.read()
        about = f"{credential.key_id} {' '.join(sorted(params['mailboxes']))} {params['outside_mailbox']}"
        if wait is None or wait.subject != about:
            wait = Wait.begin("the grants to act", about, now, params["max_wait"])
        tenant.clock.sleep((wait.next_probe - now).total_seconds())
        look = self._look(tenant, credential, params)
        missing = next(filter(None, look.values()), "")
        now, seen = tenant.clock.now(), Seen.of(wait.seen)
        seen.note(look, (now - wait.since).total_seconds())
        if missing and now < wait.until:
            pending.write(wait.again(now, missing, seen.facts()))
            return self._said("pending", wait, tenant, missing)
        # When the time is over, the notebooks run all the same and record what they find.
        pending.clear()
        proved = subject(credential.client_id, credential.key_id, params["mailboxes"], params["outside_mailbox"])
        keep_record(tenant, wait, seen, look, proved)
        return self._said("expired" if missing else "ready", wait, tenant, missing)

    @staticmethod
    def _said(status: str, wait: Wait, tenant: Tenant, missing: str) -> dict[str, Any]:
        waited = round((tenant.clock.now() - wait.since).total_seconds())
        virtual = " by its virtual clock" if tenant.environment == "sandbox" else ""
        text = f"after {waited} s{virtual}, {f'waiting for {missing}' if missing else ACTS}"
        return {
            "status": status,
            "waiting_for": missing,
            "waited": waited,
            "until": wait.until.isoformat(),
            "msg": text,
        }

    @staticmethod
    def _look(tenant: Tenant, credential: SealedCredential, params: Values) -> dict[str, str]:
        """Of each grant that could be judged what is missing of it, for a person; empty where it acts."""
        model, graph = MODELS[params["access"]], tenant.as_mail_app(credential)
        try:
            roles = graph.token(True).roles
        except TokenError as error:
            if NOT_YET & set(error.codes):
                return {"credential": _not_accepted(tenant, credential.key_id)}
            raise
        look = {"credential": ""}
        if model.consented:
            lacking = ", ".join(sorted(model.consented - roles))
            look["consent"] = f"consent to {lacking} to reach the app's tokens" if lacking else ""
        if look.get("consent"):
            return look
        outside = params["outside_mailbox"]
        reachable = _reachable(graph, [*params["mailboxes"], outside])
        closed = ", ".join(mailbox for mailbox in params["mailboxes"] if not reachable[mailbox])
        to_open = f"the app to reach {closed}" if closed else ""
        to_close = f"the restriction to keep the app out of {outside}" if reachable[outside] else ""
        if model.consented:
            return look | {"membership": to_open, "policy": to_close}
        # Exchange alone grants here: its assignment and its group act as one.
        return look | {"rbac": to_open or to_close}


def _not_accepted(tenant: Tenant, key_id: str) -> str:
    """A new credential is refused at first; one that was accepted before has another cause, which waiting may hide."""
    try:
        evidence, own = tenant.run.evidence, tenant.run.run_id
        record = latest_record(evidence, tenant.customer, "verify_access", current=own) if evidence else None
    except EvidenceError:
        record = None  # only a hint is lost
    signed_in = record and any(check.name == "sign_in" and check.verdict == "passed" for check in record.checks)
    if record and signed_in and record.subject.key_id == key_id:
        return (
            f"the token endpoint to accept credential {key_id}, which it accepted before: "
            "was it removed in Entra? onboard.yml --check says so at once"
        )
    return "the token endpoint to accept the new credential"


def _reachable(graph: Graph, mailboxes: list[str]) -> dict[str, bool]:
    """Which of them the app reads. Only the folder's id is asked for: a probe may meet a stranger's mailbox."""
    answers = graph.batch([f"/users/{mailbox}/mailFolders/inbox?$select=id" for mailbox in mailboxes])
    for answer in answers:
        if answer.error and not (answer.error.status == 403 and answer.error.code):
            raise answer.error
    return {mailbox: answer.error is None for mailbox, answer in zip(mailboxes, answers, strict=True)}
