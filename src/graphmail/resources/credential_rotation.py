"""Says what is to be done next for a customer's credential to be replaced, and does what no other module does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from graphmail.customers.span import Lifetime
from graphmail.errors import TenantError
from graphmail.evidence import Check, latest_record
from graphmail.handover.ledger import Deliveries
from graphmail.handover.received import receipt_of
from graphmail.handover.ssh_signature import KIND, fingerprint
from graphmail.journal import Journal
from graphmail.live_credential import live_credential
from graphmail.pending import Pending, Wait
from graphmail.resource import Info, Option, Values
from graphmail.resources.application_reference import REFERENCE
from graphmail.resources.credential_handover import PROOF, why_not_proved
from graphmail.resources.credential_journal import ADD, ADD_CERTIFICATE
from graphmail.rotation.decision import Decision, Wishes, decide
from graphmail.rotation.removal import tried
from graphmail.rotation.standing import DEAD, Credential, Standing
from graphmail.task_record import keep, record_of, subject
from graphmail.tenant import Tenant

# What the inventory calls a kind, by what the journal's intent says.
KINDS = {ADD: "secret", ADD_CERTIFICATE: "certificate"}
RECORD = "rotation"
# A wait for a person: how long until somebody is reminded by the reports.
PATIENCE = timedelta(days=14)
# What the subject of such a wait begins with; all others are not ours to end.
WAITS = "rotation "


class CredentialRotation(Info):
    """Which step is next; the role does what other modules do."""

    name = "credential_rotation"
    options: ClassVar = REFERENCE | {
        "mailboxes": Option("", {"type": "list", "elements": "str", "required": True}),
        "outside_mailbox": Option("", {"type": "str", "required": True}),
        "recipients": Option("", {"type": "list", "elements": "str", "required": True}),
        "rotate_before": Option("", {"type": "str", "default": "60 days"}),
        "grace": Option("", {"type": "str", "default": "7 days"}),
        "replace": Option("", {"type": "list", "elements": "str", "default": []}),
        "acknowledged": Option("", {"type": "list", "elements": "str", "default": []}),
        "keep": Option("", {"type": "bool", "default": False}),
        "federated": Option("", {"type": "bool", "default": False}),
        "max_wait": Option("", {"type": "int", "default": 900}),
    }

    def look(self, tenant: Tenant, params: Values) -> Values:
        if params["keep"] or params["federated"]:
            why = "the vendor keeps a credential of its own" if params["keep"] else "a federated credential has no end"
            return _said(Decision("nothing", f"nothing to replace: {why}"), Standing()) | {
                "strangers": params["replace"]
            }
        wishes = _wishes(params)
        journal = Journal(tenant.state.journal, tenant.clock)
        self._acknowledge(tenant, journal, params)
        standing = _standing(tenant, journal, params)
        strangers = _strangers(tenant, journal, standing, wishes)
        return self._step(tenant, journal, standing, wishes, params) | {"strangers": strangers}

    def _step(self, tenant: Tenant, journal: Journal, standing: Standing, wishes: Wishes, params: Values) -> Values:
        now = tenant.clock.now()
        decision = decide(standing, wishes, now, proved=self._proved(tenant, standing, params))
        if tenant.run.check_mode:
            return _said(decision, standing)
        if decision.step == "prove_removed" and decision.about:
            return self._prove_removed(tenant, journal, decision.about, params) | {"credentials": _rows(standing)}
        if decision.step == "remove" and standing.live and not standing.live[0].ended(now):
            self._must_work(tenant)
        self._wait(tenant, decision, params)
        return _said(decision, standing)

    @staticmethod
    def _acknowledge(tenant: Tenant, journal: Journal, params: Values) -> None:
        """Note whom a receipt or an operator says to have it; the vendor's time to change over begins then."""
        if tenant.run.check_mode:
            return
        deliveries = Deliveries(tenant.state, tenant.clock)
        for credential in Standing.of(journal, params["recipients"]).live:
            if credential.acknowledged or not credential.delivered:
                continue
            receipt = receipt_of(tenant.state, tenant.tenant_id, credential.key_id, params["recipients"])
            if receipt:
                deliveries.acknowledged(credential.key_id, f"receipt of {fingerprint(receipt.recipient)}")
            elif credential.key_id in params["acknowledged"]:
                deliveries.acknowledged(credential.key_id, "an operator says so")

    @staticmethod
    def _proved(tenant: Tenant, standing: Standing, params: Values) -> bool:
        if len(standing.live) < 2 or standing.live[0].delivered or tenant.run.evidence is None:
            return False
        if standing.live[0].ended(tenant.clock.now()):
            return False
        record = latest_record(tenant.run.evidence, tenant.customer, PROOF)
        return not why_not_proved(tenant, record, live_credential(tenant), params)

    @staticmethod
    def _must_work(tenant: Tenant) -> None:
        """Before the old one goes, the new one gets a token at this very moment. Raises what sign-in raises."""
        tenant.wait_for_sign_in(live_credential(tenant))

    @staticmethod
    def _prove_removed(tenant: Tenant, journal: Journal, gone: Credential, params: Values) -> Values:
        started = tenant.clock.now()
        check = tried(tenant, gone.key_id, params["max_wait"])
        # The record first: a run that dies in between tries once more, and no proof is missing.
        _record(tenant, check, gone, started, params)
        if check.verdict == "passed":
            end = gone.expires.isoformat() if gone.expires else ""
            journal.outcome(gone.marker, DEAD, key_id=gone.key_id, end=end)
        result = _said(Decision("prove_removed", check.observed, gone), Standing())
        if check.verdict == "passed":
            return result
        error = TenantError(
            f"The credential that was replaced is not proved dead for customer {tenant.customer}",
            found=check.observed,
            remedy="run rotate.yml again; if it still works then, remove it in Entra and look who made it anew",
        )
        return result | {"failed": True, "msg": str(error)}

    @staticmethod
    def _wait(tenant: Tenant, decision: Decision, params: Values) -> None:
        """What reports say of a customer who waits for somebody; no task is blocked by it."""
        pending, now = Pending(tenant.state), tenant.clock.now()
        known = pending.read()
        if decision.step not in ("awaiting_receipt", "grace") or decision.about is None:
            if known and known.subject.startswith(WAITS):
                pending.clear()  # or each later run of this customer would end as one that waits
            return
        reason = decision.why
        subject = f"{WAITS}{decision.step} {decision.about.key_id}"
        if known is None or known.subject != subject:
            seconds = ((decision.until or now + PATIENCE) - now).total_seconds()
            pending.write(Wait.begin(reason, subject, now, seconds))
        if decision.step == "awaiting_receipt" and not any(key.startswith(KIND) for key in params["recipients"]):
            tenant.warn(
                f"No recipient of customer {tenant.customer} has an {KIND} key, so no receipt can be signed. "
                f"When the vendor has told you, run rotate.yml with -e rotation_acknowledged={decision.about.key_id}"
            )


def _wishes(params: Values) -> Wishes:
    try:
        grace = None if params["grace"] == "none" else Lifetime.parse(params["grace"])
        return Wishes(Lifetime.parse(params["rotate_before"]), grace, frozenset(params["replace"]))
    except ValueError:
        raise TenantError(
            "This is no length of time",
            expected="a number of days, weeks, months or years, such as 7 days; for grace also none",
            found=f"rotate_before {params['rotate_before']!r}, grace {params['grace']!r}",
        ) from None


def _strangers(tenant: Tenant, journal: Journal, standing: Standing, wishes: Wishes) -> list[str]:
    """Key ids that shall be replaced, and that were never made here for this customer.

    Whoever asks for one to be replaced now, mostly since somebody saw it, must not take silence for done: so the one
    that cannot be replaced yet is told too.
    """
    live = [credential.key_id for credential in standing.live]
    for key_id in sorted(wishes.replace & set(live[:-1])):
        tenant.warn(
            f"Credential {key_id} cannot be replaced yet: it is itself taking the place of {live[-1]}, and no more "
            "than two may live. Let this rotation come to its end, then run rotate.yml with the same key id again."
        )
    return sorted(wishes.replace - {str(entry.facts.get("key_id")) for entry in journal.entries()})


def _standing(tenant: Tenant, journal: Journal, params: Values) -> Standing:
    """Without what cannot be tried any more, since its sealed copy is gone; that is told."""
    standing = Standing.of(journal, params["recipients"])
    lost = [gone for gone in standing.removed if not tenant.state.retired(gone.key_id).exists()]
    for gone in lost:
        tenant.warn(f"Credential {gone.key_id} was taken back and cannot be tried: its sealed copy is gone.")
    return replace(standing, removed=[gone for gone in standing.removed if gone not in lost])


def _rows(standing: Standing) -> list[dict[str, str]]:
    """Each credential for a person."""
    rows = []
    for credential in standing.live:
        states = {"not delivered": not credential.delivered, "acknowledged": bool(credential.acknowledged)}
        standing_of = next((words for words, so in states.items() if so), "delivered")
        rows.append(_row(credential, standing_of))
    return rows + [_row(credential, "taken back") for credential in standing.removed]


def _row(credential: Credential, standing: str) -> dict[str, str]:
    return {
        "key_id": credential.key_id,
        "kind": KINDS.get(credential.action, credential.action),
        "expires": credential.expires.isoformat() if credential.expires else "",
        "standing": standing,
    }


def _said(decision: Decision, standing: Standing) -> dict[str, Any]:
    about, replaces = decision.about, decision.replaces
    return {
        "status": decision.step,
        "msg": decision.why,
        "key_id": about.key_id if about else "",
        "kind": KINDS.get(about.action, "") if about else "",
        "replaces": replaces.key_id if replaces else "",
        "until": decision.until.isoformat() if decision.until else "",
        "credentials": _rows(standing),
    }


def _record(tenant: Tenant, check: Check, gone: Credential, started: datetime, params: Values) -> None:
    about = subject(gone.client_id, gone.key_id, params["mailboxes"], params["outside_mailbox"])
    keep(tenant, record_of(tenant, RECORD, about, [check], started))
