"""The face of a module inside the Ansible worker: nothing is shipped, no interpreter starts."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ansible.errors import AnsibleAction, AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from graphmail.clouds import cloud
from graphmail.errors import TenantError
from graphmail.resources import resource
from graphmail.sessions import tls_context
from graphmail_ansible.ansible_run import RUN
from graphmail_ansible.perform import perform

# Before the workers fork: loading a full CA bundle costs ten times a request. Where it cannot be read, or no sandbox
# runs, the first task that needs it says so.
RUN.open_cache()
RUN.tell = Display().display
with suppress(TenantError):
    tls_context(None)
with suppress(TenantError):
    tls_context(cloud("sandbox").ca)


class TenantAction(ActionBase):
    """Subclassed, empty, by the action plugin of each module; the plugin's file name is the resource's name."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        name = self._task.action.rpartition(".")[2]
        checked = ArgumentSpecValidator(resource(name).argument_spec()).validate(self._task.args)
        if checked.error_messages:
            raise AnsibleActionFail(f"{name}: {'; '.join(checked.error_messages)}")
        result = perform(
            name, checked.validated_parameters, check_mode=bool(self._task.check_mode), diff=bool(self._task.diff)
        )
        if result.get("failed"):
            # Ansible shows a failure's text twice, as an error and as the result; the long one once is enough.
            for warning in result.pop("warnings", ()):
                self._display.warning(warning)
            if "obstacles" in result:
                found = {key: result.pop(key) for key in ("status", "obstacles")}
                RUN.keep_found(self._task.args["tenant"]["customer"], name, found)
            raise AnsibleAction("why, and what to do, stands below.", result=result)
        return result
