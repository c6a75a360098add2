"""How large a mail a mailbox may send and take, in words that name the cmdlet to change it."""

from __future__ import annotations

import math

from graphmail.errors import ServiceFailure, TenantError
from graphmail.exchange import Exchange
from graphmail.mail_size import encoded_size

# https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/change-message-size-limits: 150 MB at most.
SIZE_CODES = frozenset({"ErrorMessageSizeExceeded", "ErrorAttachmentSizeLimitExceeded"})
SEND, RECEIVE = "MaxSendSize", "MaxReceiveSize"


def is_over_limit(error: TenantError) -> bool:
    """Whether Graph refused a mail for its size."""
    return isinstance(error, ServiceFailure) and (getattr(error, "code", "") in SIZE_CODES or error.status == 413)


def over_limit(exchange: Exchange, address: str, parameter: str, attachment: int, request_id: str) -> TenantError:
    """The error that says which limit of which mailbox a mail is over, and how to raise it."""
    rows = exchange.find("Get-Mailbox", Identity=address)
    limit = str(rows[0].get(parameter) or "not told") if len(rows) == 1 else "not told"
    needed = math.ceil(encoded_size(attachment) / 2**20)
    verb = "send" if parameter == SEND else "take"
    return TenantError(
        f"A mail with an attachment of {attachment:,} bytes is larger than {address} may {verb}",
        expected=f"{parameter} of at least {needed} MB, since encoding adds more than a third",
        found=f"{parameter} {limit}",
        remedy=f"Set-Mailbox {address} -{parameter} {needed}MB",
        request_id=request_id,
    )
