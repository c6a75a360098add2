"""The app itself: deleted, not in the tenant, disabled."""

from __future__ import annotations

from graphmail.diagnosis.cause import NO_LARGE, Cause, Certainty, Proof
from graphmail.diagnosis.facts import Facts

NOT_THERE, DISABLED = 700016, 7000112


def _gone(facts: Facts) -> Proof | None:
    refused = NOT_THERE in facts.codes
    absent = facts.application.read and facts.application.got is None
    without = facts.principal.read and facts.principal.got is None
    if not (refused or ((absent or without) and facts.codes)):
        return None
    calls = (facts.token, facts.application, facts.principal)
    held = [a for a in facts.deleted.got or () if str(a.get("appId", "")).lower() == facts.client_id.lower()]
    if held:
        found = f"the app was deleted on {str(held[0].get('deletedDateTime'))[:10]}, and can be restored for 30 days"
        restore = "the customer restores it: Entra, App registrations, Deleted applications; else onboard.yml anew"
        return Proof(Certainty.CERTAIN, found, (*calls, facts.deleted), restore)
    if absent:
        return Proof(Certainty.CERTAIN, f"the tenant has no app {facts.client_id}", calls)
    if without:
        return Proof(Certainty.CERTAIN, "the app has no enterprise application (service principal) any more", calls)
    return Proof(Certainty.LIKELY, "Entra does not know the app; whether it is there could not be seen", calls)


def _disabled(facts: Facts) -> Proof | None:
    refused = DISABLED in facts.codes
    calls = (facts.token, facts.principal, facts.application)
    if facts.principal.read and (facts.principal.got or {}).get("accountEnabled") is False:
        return Proof(Certainty.CERTAIN, "the enterprise application is disabled for sign-in (accountEnabled)", calls)
    if facts.application.read and (facts.application.got or {}).get("isDisabled"):
        enable = "whoever disabled the app registration (isDisabled) enables it again; it may be Microsoft"
        return Proof(Certainty.CERTAIN, "the app registration is disabled (isDisabled)", calls, enable)
    return Proof(Certainty.LIKELY, "Entra refuses the app as disabled", calls) if refused else None


APP_GONE = Cause(
    name="app_gone",
    title="The app is gone from the tenant",
    healthy="The app and its enterprise application are in the tenant",
    signs="AADSTS700016; the app, its enterprise application and the deleted apps",
    next_step="ask the customer whether somebody removed it; then operations run onboard.yml",
    explains=NO_LARGE,
    judge=_gone,
)
APP_DISABLED = Cause(
    name="app_disabled",
    title="The app is disabled",
    healthy="The app is enabled",
    signs="AADSTS7000112, `accountEnabled`, `isDisabled`",
    next_step="the customer enables it: Entra, Enterprise applications, the app, Properties, Enabled for sign-in",
    explains=NO_LARGE,
    judge=_disabled,
)
