DOCUMENTATION = r"""
module: exo_service_principal
short_description: Makes and keeps Exchange's own service principal of an app
version_added: "0.2.0"
author: The graphmail authors
description:
  - Makes the service principal by which Exchange Online knows an app, so that role assignments of RBAC for
    Applications can be given to it, keeps its display name, or removes it.
  - It points to the app's enterprise application. The object id of the app registration is the classic mistake; the
    module looks the right one up, and refuses one that points elsewhere by its name.
  - Grants nothing by itself.
options:
  display_name:
    description:
      - What Exchange shows. Left out, a new one gets the app's own name and an existing one keeps what it has.
    type: str
  state:
    description:
      - Whether it shall exist. V(absent) also takes away every role assignment given to it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - tenant
  - made_here_only
  - application_reference
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Writes nothing. Also works where the app itself would only be made by the same check.
  diff_mode:
    support: full
notes:
  - The admin app needs C(Exchange.ManageAsApp) and the Entra role C(Exchange Administrator).
  - A new enterprise application takes seconds until Exchange knows it. The task waits for that, and until what it made
    can be read back, for at most three minutes each.
seealso:
  - module: entra_service_principal
  - module: exo_management_role_assignment
  - name: New-ServicePrincipal
    description: The cmdlet that makes it.
    link: https://learn.microsoft.com/powershell/module/exchangepowershell/new-serviceprincipal
"""

EXAMPLES = r"""
- name: Let Exchange know the app
  exo_service_principal:
    tenant: "{{ tenant }}"
    application: kundo-mail

- name: Remove it, and every role assignment with it
  exo_service_principal:
    tenant: "{{ tenant }}"
    application: kundo-mail
    state: absent
"""

RETURN = r"""
request_id:
  description:
    - The service's own id of the request that failed, to be quoted to Microsoft's support.
  returned: failure of a request
  type: str
  sample: 3a1f7c1e-6f0c-4c52-9f1b-0d7c7b3f5a10
"""

import json
import sys

from ansible.module_utils.basic import missing_required_lib  # this import makes Ansible run the file as Python

try:
    from graphmail_ansible.module import TenantModule
except ImportError:
    TenantModule = None


def main() -> None:
    if TenantModule is None:
        print(json.dumps({"failed": True, "msg": missing_required_lib("graphmail")}))
        sys.exit(1)
    TenantModule("exo_service_principal").run()


if __name__ == "__main__":
    main()
