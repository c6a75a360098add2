"""The face of a module for whoever ships it; in a playbook of this project the action plugin runs instead."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule

from graphmail.resources import resource
from graphmail_ansible.perform import perform


class TenantModule:
    """`main()` of every file in `library/`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._module = AnsibleModule(argument_spec=resource(name).argument_spec(), supports_check_mode=True)

    def run(self) -> None:
        module = self._module
        result = perform(self._name, dict(module.params), check_mode=module.check_mode, diff=bool(module._diff))  # noqa: SLF001
        if result.pop("failed", False):
            module.fail_json(**result)
        module.exit_json(**result)
