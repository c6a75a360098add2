"""A sealed archive with what a customer's runs leave, and ways to spoil it."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any

from graphmail.customer_report import CustomerReport
from graphmail.evidence import Record, Run, Subject
from graphmail.evidence.states import NO_WRITE, NOT_YET, UNCHANGED, unread

from .evidence_samples import NOON, TENANT, check, record
from .sealed_archive import Archive

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CLIENT, OBJECT, PRINCIPAL = (f"{n}1111111-1111-4111-8111-111111111111" for n in "123")
KEY, GROUP = "41111111-1111-4111-8111-111111111111", "51111111-1111-4111-8111-111111111111"
MAILBOXES, OUTSIDE = ["orders@contoso.example", "support@contoso.example"], "ceo@contoso.example"
PLAN = {
    "app": {"unique_name": "kundo-mail", "display_name": "Kundo Mail"},
    "group": {"name": "Kundo Mail mailboxes", "address": "kundo@contoso.example", "owners": ["admin@contoso.example"]},
    "mailboxes": MAILBOXES,
    "outside_mailbox": OUTSIDE,
    "initial_domain": "contoso.onmicrosoft.example",
}
GRANTED = (
    "Exchange's test: Granted; read: 200; send: 400 ErrorInvalidRecipients; twice, 60 s apart, with the same token"
)
DENIED = "Exchange's test: Denied; read: 403 ErrorAccessDenied; send: 403 ErrorAccessDenied; twice, 60 s apart"


def state(**changed: Any) -> dict[str, Any]:
    """What was read of a tenant that is onboarded."""
    members = [{"primary_smtp_address": one, "recipient_type": "UserMailbox", "guid": OBJECT} for one in MAILBOXES]
    policy = {"client_id": CLIENT, "access_right": "RestrictAccess", "scope_name": PLAN["group"]["name"]}
    return {
        "schema": 1,
        "read": {"from": NOON.isoformat(), "to": NOON.isoformat()},
        "application": {"client_id": CLIENT, "object_id": OBJECT, "display_name": "Kundo Mail"},
        "enterprise_application": {"object_id": PRINCIPAL, "client_id": CLIENT},
        "consent": [{"permission": name, "service": "Microsoft Graph"} for name in ("Mail.ReadWrite", "Mail.Send")],
        "credentials": [{"kind": "secret", "key_id": KEY, "name": "graphmail", "ends": "2028-03-01T12:00:00+00:00"}],
        "group": {
            "name": PLAN["group"]["name"],
            "primary_smtp_address": PLAN["group"]["address"],
            "guid": GROUP,
            "owners": ["admin@contoso.example"],
            "members": members,
        },
        "access_policies": [policy | {"identity": f"{TENANT}\\{CLIENT}:S-1-5-21;{GROUP}"}],
        "exchange_service_principal": None,
        "role_assignments": [],
        "not_read": {},
    } | changed


def rbac(**scope: Any) -> dict[str, Any]:
    """The same in the other access model."""
    held = {"recipient_write_scope": "Group", "custom_resource_scope": PLAN["group"]["name"]} | scope
    roles = [{"name": f"{r}-kundo", "role": f"Application {r}", **held} for r in ("Mail.Send", "Mail.ReadWrite")]
    pointer = {"object_id": PRINCIPAL, "client_id": CLIENT}
    return state(consent=[], access_policies=[], exchange_service_principal=pointer, role_assignments=roles)


def unanswered() -> dict[str, Any]:
    """What was read where Graph gave no answer about the app."""
    about_it = ("application", "enterprise_application", "consent", "credentials")
    rest = {name: value for name, value in state().items() if name not in about_it}
    return rest | {"not_read": {"application": "Graph returned 503"}}


def against() -> dict[str, tuple[dict[str, Any], str]]:
    """Readings of a tenant in which nothing is proved any more, and what is said of each."""
    good = state()
    stray = {"primary_smtp_address": "ceo@contoso.example", "recipient_type": "UserMailbox", "guid": OBJECT}
    more = good["group"] | {"members": [*good["group"]["members"], stray]}
    ended = [good["credentials"][0] | {"ends": NOON.isoformat()}]
    off = good["enterprise_application"] | {"account_enabled": False}
    other = good["access_policies"][0] | {"scope_name": "Everybody"}
    return {
        "no policy": (state(access_policies=[]), "nothing was found that restricts the app"),
        "another policy": (state(access_policies=[*good["access_policies"], other]), "another access policy"),
        "no consent": (state(consent=[]), "nothing was found that restricts the app"),
        "a member more": (state(group=more), "members are not the mailboxes that were tested"),
        "a member less": (state(group=more | {"members": more["members"][:1]}), "members are not the mailboxes"),
        "no group": (state(group=None), "the group of mailboxes was not found"),
        "a role for everybody": (rbac(recipient_write_scope="Organization"), "not for the group"),
        "no Exchange": (state(not_read={"exchange": "Exchange returned 503"}), "exchange could not be read"),
        "no Graph": (unanswered(), "application could not be read when the tenant was looked at: Graph returned 503"),
        "part of Graph": (
            state(not_read={"enterprise_application": "Graph returned 503"}),
            "enterprise application could not be read",
        ),
        "switched off": (state(enterprise_application=off), "the enterprise app was switched off"),
        "ended": (state(credentials=ended), f"the credential that was tested, {KEY}, ended on 2026-03-01"),
    }


def nothing() -> dict[str, Any]:
    """What was read before anything was there."""
    return state(application=None, enterprise_application=None, consent=[], credentials=[], group=None)


def proved(run: Run, verdict: str = "passed", **changed: Any) -> Record:
    """What verify_access finds."""
    subject = {"client_id": CLIENT, "key_id": KEY, "mailboxes": MAILBOXES, "outside_mailbox": OUTSIDE} | changed
    checks = [
        check(verdict, name=f"access {one}", claim=f"The app may read {one}", observed=GRANTED) for one in MAILBOXES
    ]
    checks += [check(name=f"access {OUTSIDE}", claim="The app is shut out", observed=DENIED)]
    checks += [check(name="members", claim="The group holds exactly the connected mailboxes", observed="exactly these")]
    checks += [check(name="scope", claim="Nothing lets the app reach beyond the group", observed="only a policy")]
    about = {"customer": run.customer, "run_id": run.run_id, "notebook": "verify_access", "subject": Subject(**subject)}
    return record(*checks, **about)


class CustomerArchive(Archive):
    """`run` leaves one sealed run; what is not said is as a good onboarding leaves it."""

    def begun(self, number: int, plan: dict[str, Any] | None = None) -> Run:
        run = Run(self.root, "contoso", f"20260301T12{number:04}Z-site-{number:06x}")
        self.sealer.opened(run, TENANT, NOON)
        run.begin(tenant_id=TENANT, environment=self.environment, at=NOON, plan=plan or PLAN)
        run.sealer = self.sealer
        return run

    def run(
        self, number: int = 1, *, before: Any = None, after: Any = None, proof: Any = proved, plan: Any = None
    ) -> Run:
        run = self.begun(number, plan)
        run.write_state("before", before or nothing())
        run.write_state("after", after or state())
        if proof:
            run.write_record(proof(run))
            for name in ("verify_send", "verify_receive", "verify_large_mail"):
                about = {"customer": run.customer, "run_id": run.run_id, "notebook": name}
                run.write_record(record(check(), subject=proved(run).subject, **about))
        run.close("succeeded", NOON)
        return run

    def second_run(self, number: int = 2, **changed: Any) -> Run:
        """One that found nothing to do, and proved nothing anew."""
        return self.run(number, **{"before": state(), "after": unread(UNCHANGED), "proof": None} | changed)

    def proved_again(self, number: int) -> Run:
        """As verify.yml alone leaves it: it read nothing of the tenant, and proved what the app reaches."""
        return self.run(number, before=unread(NO_WRITE), after=unread(UNCHANGED))

    def broken_off(self, number: int = 2) -> Run:
        """One that wrote and ended before it read what was there then."""
        return self.run(number, before=state(), after=unread(NOT_YET), proof=None)


def page(archive: CustomerArchive) -> str:
    """Its text as it reads, with one space between words."""
    text = CustomerReport.of(archive.root, "contoso").to_html(NOW).split("<body>")[1]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def doubts(archive: CustomerArchive) -> str:
    """Why it is not proved; the page has each of them, and nowhere says that anything is."""
    report = CustomerReport.of(archive.root, "contoso")
    told = page(archive)
    assert ("Proved:" in told) == report.green
    assert ("Not proved:" in told) != report.green
    for doubt in report.proof.doubts:
        assert " ".join(doubt.split()) in told
    return "; ".join(report.proof.doubts)
