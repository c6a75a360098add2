"""How long a credential lives, as a task says it."""

from __future__ import annotations

from graphmail.customers import Lifetime
from graphmail.errors import TenantError


def credential_lifetime(text: str) -> Lifetime:
    """Raises TenantError for anything but a number of days, weeks, months or years."""
    try:
        return Lifetime.parse(text)
    except ValueError:
        raise TenantError(
            f"{text!r} is no lifetime of a credential",
            expected="a number of days, weeks, months or years, such as `24 months`",
            remedy="correct `lifetime`; nothing was written",
        ) from None
