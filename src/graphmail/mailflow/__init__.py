"""What the verification notebooks call: real mail through a customer's mailboxes, and what came of it."""

from graphmail.mailflow.flow import MailFlow, NotProved
from graphmail.mailflow.opening import open_flow

__all__ = ["MailFlow", "NotProved", "open_flow"]
