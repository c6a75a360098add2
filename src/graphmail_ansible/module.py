"""The face of a module for whoever ships it; in a playbook of this project the action plugin runs instead."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule

from graphmail.resources import resource
from graphmail_ansible.ansible_run import RUN
from graphmail_ansible.perform import perform


class TenantModule:
    """`main()` of every file in `library/`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._module = AnsibleModule(argument_spec=resource(name).argument_spec(), supports_check_mode=True)

    def run(self) -> None:
        module = self._module
        tenant = module.params["tenant"]
        if not module.check_mode:
            # A process of its own: its one task is a run, with the lock and the evidence of one.
            RUN.open(tenant, plan={})
        result = perform(self._name, dict(module.params), check_mode=module.check_mode, diff=bool(module._diff))  # noqa: SLF001
        if tenant["customer"] in RUN.customers():
            RUN.close(tenant["customer"], failed=bool(result.get("failed")))
        if result.pop("failed", False):
            module.fail_json(**result)
        module.exit_json(**result)
