"""One task: both faces of a module, plugin and shipped file, end here."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from typing import Any

from graphmail.errors import NotReady, TenantError
from graphmail.resources import resource
from graphmail.state import StateFolder, state_root
from graphmail.tenant import Tenant
from graphmail_ansible.ansible_run import RUN


def perform(name: str, params: dict[str, Any], *, check_mode: bool, diff: bool) -> dict[str, Any]:
    """Ansible's result of running that resource with these parameters. Raises nothing."""
    customer = str(params["tenant"].get("customer", ""))
    warnings: list[str] = []
    try:
        tenant = Tenant.connect(params["tenant"], RUN.context(customer, check_mode=check_mode))
        warnings = tenant.warnings
        result = resource(name).run(tenant, params)
        if not diff:
            result.pop("diff", None)
    except NotReady as error:
        result = {"failed": True, "msg": str(error), "status": "blocked", "obstacles": error.obstacles}
    except TenantError as error:
        result = {"failed": True, "msg": _named(customer, str(error))} | (
            {"request_id": error.request_id} if error.request_id else {}
        )
    except Exception as error:
        # The one catch-all: an exception's own text may hold a URL with a token or a whole reply.
        result = {"failed": True, "msg": _unexpected(name, customer, error)}
    if warnings:
        result["warnings"] = list(dict.fromkeys(_named(customer, warning) for warning in warnings))
    return result


def _named(customer: str, text: str) -> str:
    """Warnings are shown without their host, and playbooks of many customers mix."""
    return text if f"ustomer {customer}" in text else f"Customer {customer}: {text}"


def _unexpected(name: str, customer: str, error: Exception) -> str:
    frames = [f"  {f.filename}:{f.lineno} in {f.name}" for f in traceback.extract_tb(error.__traceback__)]
    lines = [f"{datetime.now(UTC).isoformat()} {RUN.run_id} {name} {type(error).__name__}", *frames]
    try:
        log = StateFolder(state_root(), customer).make().path / "unexpected.log"
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        where = f"Where it happened stands in {log}"
    except (OSError, TenantError):
        # The disk may be full, or the state folder be another's: then the places alone have to do.
        where = f"It happened in {frames[-1].strip() if frames else 'an unknown place'}"
    return f"{name} failed in a way nobody foresaw ({type(error).__name__}). {where}."
