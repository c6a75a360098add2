"""docs/permissions.md and the README's list of rights, made from the table of rights and from what modules declare.

python -m tests.docs.rights     writes them
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from pathlib import Path

from graphmail.exchange_roles import ROLE_OF, least_roles
from graphmail.resources import CLASSES, resource
from graphmail.rights import ADMIN, BOOTSTRAP, EXCHANGE_ADMINISTRATOR, RIGHTS, Right
from tests.docs.conftest import ORDER
from tests.docs.tables import markdown, modules_of
from tests.sandbox_process import ROOT

PAGE, README = ROOT / "docs" / "permissions.md", ROOT / "README.md"
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
# bootstrap.yml works in a person's name alone.
BY_PERSON = ("bootstrap.yml",)
# What is enough for writing is enough for reading.
WIDER = {"Application.Read.All": "Application.ReadWrite.All"}


def tables() -> dict[str, str]:
    """Name -> Markdown; on a page each stands between `<!-- name -->` and `<!-- /name -->`."""
    return {
        "rights": _bullets(),
        "admin": markdown(("permission", "of", "for", "as a person", "and the person has the role"), map(_row, ADMIN)),
        "bootstrap": markdown(("permission", "for", "and the person has the role"), map(_person, BOOTSTRAP)),
        "playbooks": _playbooks(),
        "modules": _modules(),
        "cmdlets": markdown(("Exchange role", "cmdlets"), _roles()),
    }


def filled(text: str) -> str:
    """The page's text with the tables as they should be."""
    for name, table in tables().items():
        text = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", rf"\g<1>{table}\g<2>", text, flags=re.DOTALL)
    return text


def needed_by(playbook: Path) -> list[str]:
    """`permissions` of every module that the playbook, or one that it imports, may run; the wider one of two."""
    modules = modules_of(playbook)
    if "tenant_info" in modules:
        # The preflight lets nobody go on who lacks any of these.
        return [*ADMIN[:-1], f"{ADMIN[-1]} with the Entra role {EXCHANGE_ADMINISTRATOR}"]
    found = {permission for module in modules for permission in resource(module).permissions}
    found = {p for p in found if WIDER.get(p) not in found}
    if any(p.endswith(EXCHANGE_ADMINISTRATOR) for p in found):
        found = {p for p in found if "Global Reader" not in p}
    return sorted(found)


def for_person(permissions: Iterable[str]) -> tuple[str, str]:
    """Delegated permissions, and the fewest directory roles that let them act."""
    rights = [RIGHTS[p.split()[0]] for p in permissions]
    roles = {r.roles[0] for r in rights if r.roles and r.service == "Microsoft Graph"}
    for permission in permissions:
        if " with the Entra role " in permission:
            roles.add(permission.partition(" with the Entra role ")[2])
    return ", ".join(sorted({r.delegated for r in rights})), ", ".join(sorted(roles)) or "none"


def _bullets() -> str:
    of = {service: [n for n in ADMIN if RIGHTS[n].service == service] for service in {RIGHTS[n].service for n in ADMIN}}
    listed = "; ".join(f"of {service} {', '.join(f'`{n}`' for n in names)}" for service, names in sorted(of.items()))
    points = (
        f"adds these **application** permissions and grants admin consent: {listed},",
        f"assigns the Entra role **{EXCHANGE_ADMINISTRATOR}** to the app's enterprise application (consent does not do "
        "that), and",
    )
    return "".join(textwrap.fill(f"- {p}", 120, subsequent_indent="  ", break_long_words=False) + "\n" for p in points)


def _row(name: str) -> tuple[str, ...]:
    right = RIGHTS[name]
    return f"`{name}`", right.service, right.purpose, f"`{right.delegated}`", _any(right)


def _person(name: str) -> tuple[str, ...]:
    return f"`{RIGHTS[name].delegated}`", RIGHTS[name].purpose, _any(RIGHTS[name])


def _any(right: Right) -> str:
    return " or ".join(right.roles) or "–"


def _playbooks() -> str:
    head = ("playbook", "the app needs", "a person's sign-in needs", "and the person the roles")
    return markdown(head, [(f"`{p.name}`", *_needs(needed_by(p), by_person=p.name in BY_PERSON)) for p in PLAYBOOKS])


def _needs(permissions: list[str], *, by_person: bool = False) -> tuple[str, str, str]:
    if not permissions:
        return "nothing", "nothing", "none"
    delegated, roles = for_person(permissions)
    return "– (a person signs in)" if by_person else ", ".join(permissions), delegated, roles


def _modules() -> str:
    head = ("module", "the app needs", "a person's sign-in needs", "and the person the roles", "Exchange roles")
    return markdown(head, [(f"`{m}`", *_needs(list(resource(m).permissions)), _exchange(m)) for m in ORDER])


def _exchange(module: str) -> str:
    return ", ".join(least_roles(resource(module).cmdlets)) or "–"


def _roles() -> list[tuple[str, ...]]:
    used = {cmdlet for module in CLASSES for cmdlet in resource(module).cmdlets}
    roles = sorted(set(ROLE_OF.values()))
    rows = [(role, ", ".join(f"`{c}`" for c in sorted(used) if ROLE_OF[c] == role)) for role in roles]
    return [row for row in rows if row[1]]


if __name__ == "__main__":
    for page in (PAGE, README):
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
