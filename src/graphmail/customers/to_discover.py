"""The small file for `discover.yml`: tenants that have no entry yet. Strict, and apart from the inventory's schema."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from graphmail.customers import rules
from graphmail.customers.allowed import is_section, kind_at, listed, names, nearest, words
from graphmail.customers.document import Document
from graphmail.customers.errors import InventoryError, Mistake, NoInventory, Place
from graphmail.customers.groups import RESERVED
from graphmail.customers.schema import Admin, App, CloudName, Section
from graphmail.customers.values import CustomerName, Domain, Guid, Name, PublicKey, resolved
from graphmail.state import StateFolder, state_root

TOP = "discover"
_SAYS_SO = re.compile(r"""^\ufeff?(\{\s*)?["']?discover["']?\s*:""", re.MULTILINE)


class SoughtApp(Section):
    display_name: Name = Field(App.model_fields["display_name"].default, description="what the app is called")
    client_id: Guid | None = Field(None, description="which app, where its name does not say")


class Sought(Section):
    """One tenant, and what to look for in it."""

    tenant_id: Guid = Field(description="the tenant")
    initial_domain: Domain = Field(description="its first domain")
    cloud: CloudName = Field(description="where the tenant lives")
    admin: Admin = Field(default_factory=Admin, description="how ops signs in; reading is enough")
    app: SoughtApp = Field(default_factory=SoughtApp, description="the app somebody registered")
    group: Name = Field("Kundo Mail mailboxes", description="name of the group, where nothing confines the app")


class ToDiscover(Section):
    """What `load_to_discover` returns."""

    path: Path = Field(exclude=True)
    operators: list[PublicKey] = Field([], description="as in the inventory")
    recipients: list[PublicKey] = Field([], description="the vendor's public keys, for `handover.recipients`")
    discover: dict[CustomerName, Sought] = Field(min_length=1, description="tenants by the customer's name")

    def connection(self, name: str, state: Path | None = None) -> dict[str, Any]:
        """The `tenant` option of every module. No mailbox is known yet."""
        sought = self.discover[name]
        sealed = StateFolder(state or state_root(), name).admin
        if sought.admin.sealed:
            sealed = resolved(sought.admin.sealed, self.path)
        return {
            "customer": name,
            "tenant_id": sought.tenant_id,
            "initial_domain": sought.initial_domain,
            "cloud": sought.cloud,
            "admin": sought.admin.connection(sealed),
            "operators": list(self.operators),
            "known_mailbox": "",
        }

    def variables(self, name: str) -> dict[str, Any]:
        """What discover.yml reads of an inventory's entry, and no more."""
        sought = self.discover[name]
        unique_name = App.model_fields["unique_name"].default
        app = sought.app.model_dump(mode="json") | {"unique_name": unique_name}
        return {"app": app, "group": {"name": sought.group}, "handover": {"recipients": list(self.recipients)}}


def says_discover(path: Path) -> bool:
    """Whether that file is one of these, also when it is broken."""
    return path.is_file() and _SAYS_SO.search(path.read_text(encoding="utf-8", errors="replace")) is not None


def load_to_discover(path: Path | str) -> ToDiscover:
    """Contacts nothing. Raises InventoryError with every mistake; NoInventory where there is no such file."""
    absolute = Path(path).absolute()
    if not absolute.exists():
        raise NoInventory(absolute)
    document = Document(absolute)
    mistakes = list(document.mistakes)
    found = None
    try:
        data = document.data if isinstance(document.data, dict) else {}
        if "path" in data:
            mistakes.append(_told(document, ("path",), "there is no such field", listed(names(ToDiscover))))
        found = ToDiscover.model_validate({**data, "path": absolute})
    except ValidationError as error:
        mistakes += [
            _mistake(document, tuple(detail["loc"]), detail["type"], detail.get("ctx", {}))
            for detail in error.errors(include_url=False, include_input=False)
        ]
    entries = document.data.get(TOP) if isinstance(document.data, dict) else None
    for name, entry in (entries if isinstance(entries, dict) else {}).items():
        if name in RESERVED:
            mistakes.append(_told(document, (TOP, name), "has the name of a group", f"any but {', '.join(RESERVED)}"))
        if isinstance(entry, dict):
            mistakes += [
                _told(document, (TOP, name, *finding.place), finding.problem, finding.allowed)
                for finding in (*rules.cloud(rules.Entry(name, entry)), *rules.admin(rules.Entry(name, entry)))
            ]
    if mistakes or found is None:
        raise InventoryError(mistakes)
    return found


def _mistake(document: Document, place: Place, kind: str, context: dict[str, Any]) -> Mistake:
    if place[-1:] == ("[key]",):
        return _told(document, place[:-1], "is no name for a customer", words(CustomerName))
    if kind == "extra_forbidden":
        section = kind_at(ToDiscover, place[:-1])
        choices = names(section) if is_section(section) else []
        problem = f"there is no such field{nearest(str(place[-1]), choices)}"
        # Its value is not shown: what the schema does not know may be a secret.
        return Mistake.at(document.path, document.line(place), place, problem, "", listed(choices))
    problems = {"missing": "is missing", "too_short": "is empty", "literal_error": "is none of the allowed values"}
    problem = str(context["error"]) if kind == "value_error" else problems.get(kind, "is of the wrong kind")
    return _told(document, place, problem, words(kind_at(ToDiscover, place)))


def _told(document: Document, place: Place, problem: str, allowed: str) -> Mistake:
    return Mistake.at(document.path, document.line(place), place, problem, document.shown(place), allowed)
