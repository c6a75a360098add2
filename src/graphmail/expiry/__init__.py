"""Which credential ends when, over all customers: from local state alone, nobody is contacted."""

from __future__ import annotations

from graphmail.expiry.expiry import EXIT, Expiry, Status, worst
from graphmail.expiry.fleet import ADMIN, MAIL_APP, VENDOR, expiries, of_customer

__all__ = ["ADMIN", "EXIT", "MAIL_APP", "VENDOR", "Expiry", "Status", "expiries", "of_customer", "worst"]
