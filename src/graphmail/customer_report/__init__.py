"""One page for the customer's administrator, from sealed evidence: what was set up, how it is restricted and proved."""

from __future__ import annotations

from graphmail.customer_report.page import CustomerReport

__all__ = ["CustomerReport"]
