"""Variable files that would replace what the inventory says.

`host_vars/contoso.yml` overrides an inventory plugin's variables and, unlike them, is executed as a template. So a file
that Ansible would read for a customer or one of its groups may not name a variable or a field of the inventory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from graphmail.customers.allowed import names
from graphmail.customers.document import Document
from graphmail.customers.errors import InventoryError, Mistake
from graphmail.customers.groups import ALWAYS
from graphmail.customers.schema import Customer, Inventory

# What the inventory plugin sets on each host.
VARIABLES = ("tenant", "customer", "tenant_by_administrator", "sealing")
_EXTENSIONS = ("", ".yml", ".yaml", ".json")


def overrides(inventory: Inventory, folders: Iterable[Path]) -> list[Mistake]:
    """A mistake for each name of ours in `host_vars` and `group_vars` of these folders."""
    groups = {"all", "ungrouped", *ALWAYS, *(group for c in inventory.customers.values() for group in c.groups)}
    mistakes: list[Mistake] = []
    for folder in sorted({folder.resolve() for folder in folders}):
        for below, hosts in (("host_vars", set(inventory.customers)), ("group_vars", groups)):
            for name in sorted(hosts):
                for file in _files(folder / below, name):
                    mistakes += _in(file)
    return mistakes


def _files(folder: Path, name: str) -> Iterator[Path]:
    """The files Ansible reads for that host or group, as its vars plugin host_group_vars finds them."""
    for path in (folder / f"{name}{extension}" for extension in _EXTENSIONS):
        if path.is_dir():
            files = (file for file in path.rglob("*") if file.is_file() and file.suffix in _EXTENSIONS)
            yield from sorted(files)
        elif path.exists():
            yield path


def _in(file: Path) -> list[Mistake]:
    try:
        document = Document(file)
    except InventoryError as error:
        return list(error.mistakes)
    if not isinstance(document.data, dict):
        encrypted = isinstance(document.data, str) and document.data.startswith("$ANSIBLE_VAULT")
        problem = "the file is encrypted, so nobody sees whether it changes what the inventory says"
        return [Mistake.at(file, 1, (), problem, allowed="variables in plain text")] if encrypted else []
    ours = {*VARIABLES, *names(Customer)}
    problem = "a variable file may not name what the inventory says: it would be executed as a template"
    return [
        Mistake.at(file, document.line((name,)), (name,), problem, allowed="write it into the inventory")
        for name in document.data
        if name in ours
    ]
