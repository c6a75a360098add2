"""Says what is to be done next for a customer's credential to be replaced, and does what no other module does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from graphmail.credentials import read
from graphmail.customers.span import Lifetime
from graphmail.errors import TenantError
from graphmail.evidence import Check, NotSealed, latest_record
from graphmail.handover.ledger import Deliveries
from graphmail.handover.received import receipt_of
from graphmail.handover.ssh_signature import KIND, fingerprint
from graphmail.journal import Journal
from graphmail.live_credential import live_credential
from graphmail.pending import Pending, Wait
from graphmail.resource import Info, Option, Values
from graphmail.resources.application_reference import REFERENCE
from graphmail.resources.credential_handover import PROOF, why_not_proved
from graphmail.resources.credential_journal import ADD_FEDERATED, KINDS
from graphmail.rotation.decision import Decision, Wishes, decide
from graphmail.rotation.removal import tried
from graphmail.rotation.standing import DEAD, Credential, Standing
from graphmail.task_record import keep, record_of, subject
from graphmail.tenant import Tenant

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
        "last_step": Option("", {"type": "str", "default": ""}),
    }

    def look(self, tenant: Tenant, params: Values) -> Values:
        if params["keep"] or params["federated"]:
            why = "the vendor keeps a credential of its own" if params["keep"] else "a federated credential has no end"
            nothing = Decision("nothing", f"nothing to replace: {why}")
            if not tenant.run.check_mode:
                self._wait(tenant, nothing, params)
            return _said(nothing, Standing()) | {"strangers": params["replace"]}
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
        _must_go_on(tenant, decision, params["last_step"])
        if decision.step == "prove_removed" and decision.about:
            return self._prove_removed(tenant, journal, decision.about, params) | {"credentials": _rows(standing)}
        _must_open(tenant, decision, standing, wishes)
        if decision.step == "remove" and _takes_one_that_works(decision, standing, now):
            self._must_work(tenant)
        self._wait(tenant, decision, params)
        return _said(decision, standing)

    @staticmethod
    def _acknowledge(tenant: Tenant, journal: Journal, params: Values) -> None:
        """Note whom a receipt or an operator says to have it; the vendor's time to change over begins then."""
        if tenant.run.check_mode:
            return
        deliveries = Deliveries(tenant.state, tenant.clock)
        for credential in Standing.of(journal, params["recipients"], params["client_id"] or "").live:
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
        if standing.live[0].lost or standing.live[0].ended(tenant.clock.now()):
            return False
        try:
            record = latest_record(tenant.run.evidence, tenant.customer, PROOF, current=tenant.run.run_id)
        except NotSealed:
            return False  # it is proved once more, in this run
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
        if check.verdict == "unknown" and gone.action == ADD_FEDERATED:
            # Only the vendor's identity provider could try it. It is off the app, which several reads have shown.
            tenant.warn(f"Credential {gone.key_id} was taken back and cannot be tried here: {check.observed}")
            journal.outcome(gone.marker, "untried", key_id=gone.key_id, end="")
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
    stuck = {one.key_id for one in standing.live if one.lost}
    for key_id in sorted(wishes.replace & set(live[:-1]) - stuck):
        tenant.warn(
            f"Credential {key_id} cannot be replaced yet: it is itself taking the place of {live[-1]}, and no more "
            "than two may live. Let this rotation come to its end, then run rotate.yml with the same key id again."
        )
    return sorted(wishes.replace - {str(entry.facts.get("key_id")) for entry in journal.entries()})


def _standing(tenant: Tenant, journal: Journal, params: Values) -> Standing:
    """Without what cannot be tried any more, since its sealed copy is gone; that is told."""
    standing = Standing.of(journal, params["recipients"], params["client_id"] or "")
    lost = {gone.key_id: why for gone in standing.removed if (why := _unreadable(tenant.state.retired(gone.key_id)))}
    for key_id, why in lost.items():
        tenant.warn(f"Credential {key_id} was taken back and cannot be tried: {why}")
    live = [replace(one, lost=bool(_unreadable(tenant.state.credential(one.key_id)))) for one in standing.live]
    return replace(standing, live=live, removed=[gone for gone in standing.removed if gone.key_id not in lost])


def _unreadable(path: Path) -> str:
    """Why that sealed copy cannot be opened; empty where it can."""
    if not path.exists():
        return f"its sealed copy is gone ({path})"
    try:
        read(path)
    except TenantError as error:
        return str(error)
    return ""


def _must_go_on(tenant: Tenant, decision: Decision, last_step: str) -> None:
    """The same step about the same credential again: what it was to do was not done, and would never be."""
    if decision.about and last_step == f"{decision.step} {decision.about.key_id}":
        raise TenantError(
            f"The rotation of customer {tenant.customer} does not go on",
            expected=f"another step after {decision.step} of credential {decision.about.key_id}",
            found="the same again: it changed nothing",
            remedy="see in Entra whether that credential is on this app, and `python -m graphmail.journal show`",
        )


def _must_open(tenant: Tenant, decision: Decision, standing: Standing, wishes: Wishes) -> None:
    """Raises where the step needs the sealed copy of the newest, which is lost, and nobody said to replace it."""
    newest = next(iter(standing.live), None)
    if newest is None or not newest.lost or newest.key_id in wishes.replace:
        return
    if decision.step in ("prove", "hand_over", "remove") and decision.about not in standing.gone:
        path = tenant.state.credential(newest.key_id)
        raise TenantError(
            f"The sealed copy of credential {newest.key_id} cannot be opened",
            found=_unreadable(path),
            remedy=f"restore {path}, or run rotate.yml with -e rotation_replace={newest.key_id}",
        )


def _takes_one_that_works(decision: Decision, standing: Standing, now: datetime) -> bool:
    """Else nothing is lost by it: it ended, is gone from the app already, or is the newest that nobody can open."""
    newest = standing.live[0] if standing.live else None
    return newest is not None and not newest.ended(now) and not newest.lost and decision.about not in standing.gone


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
