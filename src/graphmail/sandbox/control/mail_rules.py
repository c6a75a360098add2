"""How a tenant treats mail, changed while the sandbox runs, and what it holds in quarantine."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from graphmail.sandbox.store import Tenant
from graphmail.sandbox.tenant_settings import MailRules

_RULES = TypeAdapter(with_config(ConfigDict(extra="forbid"))(MailRules))
_EDITS = ("tolerant", "by_date", "enforced")


def shown_rules(tenant: Tenant) -> dict[str, Any]:
    return {**asdict(tenant.mail_rules), "quarantined": tenant.quarantined}


def change_rules(tenant: Tenant, changes: dict[str, Any]) -> None:
    """Change some of them. Raises ValueError with what is wrong."""
    try:
        rules = _RULES.validate_python(asdict(tenant.mail_rules) | changes)
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ValueError("; ".join(problems)) from None
    if rules.received_edits not in _EDITS:
        raise ValueError(f"received_edits is one of {', '.join(_EDITS)}")
    tenant.mail_rules = rules
