"""The fields of the tenants file as a table: from its schema, with the comments beside the fields."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from graphmail.sandbox import tenants_file as spec
from graphmail.sandbox.tenant_settings import Delays, Limits

HEAD = ("field", "default", "meaning")
Row = tuple[str, str, str]

# Where each part stands.
_PARTS: dict[str, type[spec.Strict]] = {
    "": spec.TenantsFile,
    "trusted_issuers[].": spec.TrustedIssuer,
    "tenants[].": spec.TenantSpec,
    "admin.": spec.Admin,
    "users[], shared_mailboxes[].": spec.User,
    "groups[].": spec.Group,
    "contacts[].": spec.Contact,
    "administrative_units[].": spec.AdministrativeUnit,
    "applications[].": spec.App,
    "applications[].secrets[].": spec.Secret,
    "skus[].": spec.Sku,
    "app_management_policy.": spec.AppManagementPolicy,
    "app_management_policy.password_credentials[].": spec.PasswordRestriction,
    "app_management_policy.key_credentials[].": spec.KeyRestriction,
    "exchange.": spec.Exchange,
    "mail_rules.": spec.MailRules,
}
_COMMENTED = re.compile(r"^    (\w+):.*?  # (.*)$", re.MULTILINE)


def file_rows() -> Iterator[Row]:
    """Each field, its default (`required` where there is none) and what the schema's comment says of it."""
    for where, model in _PARTS.items():
        comments = _comments(model)
        for name, field in model.model_fields.items():
            default = "required" if field.is_required() else _told(field.default)
            yield f"`{where}{name}`", default, comments.get(name, "")


def setting_rows() -> Iterator[Row]:
    """Delays and limits, as `delays` and `limits` of a tenant name them."""
    for where, settings in (("delays", Delays), ("limits", Limits)):
        comments = _comments(settings)
        for setting in fields(settings):
            yield f"`{where}.{setting.name}`", _told(setting.default), comments.get(setting.name, "")


def _comments(described: type) -> dict[str, str]:
    return dict(_COMMENTED.findall(inspect.getsource(described)))


def _told(default: Any) -> str:
    """Return a default as the file would have it; a part of the schema stands in rows of its own."""
    if isinstance(default, spec.Strict) or default in (None, (), {}):
        return "–"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return ", ".join(v.sku_part_number if isinstance(v, spec.Sku) else str(v) for v in default)
    return str(default) or "–"
