from __future__ import annotations

DOCUMENTATION = r"""
name: customers
short_description: Customers' tenants, from a validated inventory
version_added: "0.1.0"
author: The graphmail authors
description:
  - Reads an inventory of customers, such as C(inventory.example.yml). Every field stands in C(docs/inventory.md).
  - Takes files named C(*.yml) or C(*.yaml) that have C(customers) or C(operators) at the top level; other YAML
    inventories are left to the other plugins.
  - Tells every mistake at once, with file, line, customer and field, and ends the run with exit status 1. No other
    plugin tries such a file.
  - Takes files with C(discover) at the top level too, for C(discover.yml); their hosts are in the group C(discover).
  - Contacts nothing. Values are data and are never executed as templates.
  - Refuses variable files (C(host_vars), C(group_vars)) beside the inventory or the playbooks that name a field of the
    inventory, since they would override it and be executed.
notes:
  - One host for each customer, with the variables C(tenant) (the connection option of every module),
    C(tenant_by_administrator) (the same for C(bootstrap.yml), to which a customer's administrator signs in),
    C(customer) (the entry with its defaults filled in), C(sealing) (how its runs are sealed), C(ansible_connection)
    (C(local)) and C(ansible_python_interpreter).
  - Groups are C(customers), C(discover), one for each cloud (C(global), C(gcc_high), C(dod), C(china), C(sandbox)), one
    for each access model (C(application_access_policy), C(rbac)), which always exist, and one for each label. A dash in
    a label becomes an underscore.
  - The options are read from the inventory file itself.
options:
  operators:
    description: Public keys that everything made here is sealed to.
    type: list
    elements: str
  evidence:
    description: How runs are sealed and timestamped. See C(docs/inventory.md).
    type: dict
  defaults:
    description: Fields that every customer has unless its own entry says otherwise.
    type: dict
  customers:
    description: Customers by name. See C(docs/inventory.md).
    type: dict
    required: true
"""

EXAMPLES = r"""
# inventory.yml; then: ansible-playbook -i inventory.yml playbooks/onboard.yml --limit 'rbac:&pilot'
operators: [age1h0z87vjsf7u6cqsev2pvva9h3aw5vl3e75uc8nfmw9grkyku3dyqlcnlv0]
defaults:
  cloud: sandbox
  handover:
    recipients: [age1h0z87vjsf7u6cqsev2pvva9h3aw5vl3e75uc8nfmw9grkyku3dyqlcnlv0]
customers:
  contoso:
    tenant_id: 5a4d0000-0000-4000-8000-000000000001
    initial_domain: contoso.onmicrosoft.example
    labels: [pilot]
    access: rbac
    group:
      name: Kundo Mail mailboxes
      address: kundo-mailboxes@contoso.example
      owners: [admin@contoso.example]
    mailboxes: [support@contoso.example]
    outside_mailbox: ceo@contoso.example
"""

import re
import sys
from pathlib import Path
from typing import Any, NoReturn

from ansible import context
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseFileInventoryPlugin

try:
    from graphmail.customers import Inventory, InventoryError, NoInventory, load
    from graphmail.customers.groups import ALWAYS
    from graphmail.customers.overrides import VARIABLES, overrides
    from graphmail.customers.to_discover import ToDiscover, load_to_discover, says_discover
except ImportError as error:
    MISSING: str | None = f"The package graphmail cannot be imported by {sys.executable}: {error}"
else:
    MISSING = None

# Looked for in the text, so that a file with broken YAML is still ours and gets our message.
TOP_LEVEL = re.compile(r"""^\ufeff?(\{\s*)?["']?(customers|operators|discover)["']?\s*:""", re.MULTILINE)


class InventoryModule(BaseFileInventoryPlugin):
    NAME = "customers"

    def verify_file(self, path: str) -> bool:
        if Path(path).suffix not in (".yml", ".yaml"):
            return False
        if not Path(path).exists() and not MISSING:
            self._refuse(str(NoInventory(Path(path))))
        if not super().verify_file(path):
            return False
        return TOP_LEVEL.search(Path(path).read_text(encoding="utf-8", errors="replace")) is not None

    def parse(self, inventory: InventoryData, loader: DataLoader, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        if MISSING:
            self._refuse(MISSING)
        for name in VARIABLES:
            if name in self._vars:
                self._refuse(f"`-e {name}=…` would override the inventory for every customer; choose one with --limit")
        try:
            if says_discover(Path(path)):
                self._fill_to_discover(load_to_discover(path))
            else:
                self._fill(self._read(path))
        except InventoryError as error:
            self._refuse(str(error))

    def _read(self, path: str) -> Inventory:
        found = load(path)
        if mistakes := overrides(found, self._variable_folders(path)):
            raise InventoryError(mistakes)
        return found

    def _variable_folders(self, path: str) -> list[Path]:
        """Where Ansible looks for host_vars and group_vars: beside the inventory and beside the playbooks."""
        arguments = context.CLIARGS.get("args") or ()
        playbooks = [Path(a) for a in arguments if Path(a).is_file()] if isinstance(arguments, list | tuple) else []
        own = Path(__file__).parents[2] / "playbooks"
        return [Path(path).parent, Path(self.loader.get_basedir()), own, *(file.parent for file in playbooks)]

    def _fill_to_discover(self, found: ToDiscover) -> None:
        for group in ALWAYS:
            self.inventory.add_group(group)
        for name, sought in found.discover.items():
            self.inventory.add_host(name, group="discover")
            self.inventory.add_child(sought.cloud, name)
            self._set(name, found.connection(name), found.variables(name))

    def _fill(self, found: Inventory) -> None:
        for group in ALWAYS:
            self.inventory.add_group(group)
        for name, customer in found.customers.items():
            self.inventory.add_host(name, group="customers")
            for group in customer.groups:
                self.inventory.add_child(self.inventory.add_group(group), name)
            self._set(name, customer.connection(found.path), customer.variables(), found.sealing())
            self.inventory.set_variable(name, "tenant_by_administrator", customer.by_administrator(found.path))

    def _set(
        self, name: str, tenant: dict[str, Any], customer: dict[str, Any], sealing: dict[str, Any] | None = None
    ) -> None:
        variables: dict[str, Any] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "tenant": tenant,
            "customer": customer,
            "sealing": sealing or {},
        }
        for variable, value in variables.items():
            self.inventory.set_variable(name, variable, value)

    def _refuse(self, message: str) -> NoReturn:
        self.display.error(message, wrap_text=False)
        # An exception that Ansible catches would hand the file on to the next plugin: the yaml plugin takes anything
        # with mappings in it, and the run would end with "no hosts matched" and exit status 0.
        raise SystemExit(1)
