"""The ends as a calendar that others subscribe to: https://www.rfc-editor.org/rfc/rfc5545."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event

from graphmail.expiry.expiry import Expiry

PRODUCT = "-//graphmail//credentials//EN"


def calendar(expiries: Iterable[Expiry], now: datetime) -> bytes:
    """One event for each end that is known, reminded of when it is due; the same key id keeps its event."""
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("x-wr-calname", "Kundo Mail credentials")
    for expiry in expiries:
        if expiry.expires:
            made.add_component(_event(expiry, expiry.expires, now))
    return bytes(made.to_ical())


def _event(expiry: Expiry, end: datetime, now: datetime) -> Event:
    event = Event()
    sandbox = "SANDBOX: " if expiry.environment == "sandbox" else ""
    event.add("uid", f"{expiry.customer}-{expiry.key_id or expiry.whose.replace(' ', '-')}@graphmail")
    event.add("dtstamp", now)
    event.add("dtstart", end.date())
    event.add("dtend", end.date() + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    event.add("summary", f"{sandbox}{expiry.customer}: {expiry.kind} of the {expiry.whose} ends")
    event.add("description", f"Key id {expiry.key_id}; {expiry.standing}. Run rotate.yml for {expiry.customer}.")
    if expiry.due:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", f"{expiry.customer}: replace the {expiry.kind} of the {expiry.whose}")
        alarm.add("trigger", expiry.due - end)
        event.add_component(alarm)
    return event
