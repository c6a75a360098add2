DOCUMENTATION = r"""
module: entra_service_principal
short_description: Makes and keeps the enterprise application of an app registration
version_added: "0.1.0"
author: The graphmail authors
description:
  - Makes the enterprise application (service principal) of an app registration in the same tenant, keeps it enabled
    or disabled, or removes it.
  - Without it the app gets no token in the tenant and nothing can be consented to it.
  - It gets the tag C(WindowsAzureActiveDirectoryIntegratedApp), which makes it show under "Enterprise applications"
    in the portal.
  - Never grants a permission, never assigns a directory role, and never touches another app's.
options:
  account_enabled:
    description:
      - Whether the app may sign in. V(false) stops it at once, for new tokens, and leaves all else as it is.
    type: bool
    default: true
  state:
    description:
      - Whether it shall exist. V(absent) also takes away every consent given to the app.
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
  - The admin app needs the application permission C(Application.ReadWrite.All).
  - A new app registration takes seconds until the directory lets an enterprise application be made of it. The task
    waits for that, and until what it made can be read back, for at most three minutes each.
seealso:
  - module: entra_application
  - module: entra_app_role_assignment
  - name: servicePrincipal resource type
    description: The enterprise application in Microsoft Graph.
    link: https://learn.microsoft.com/graph/api/resources/serviceprincipal
"""

EXAMPLES = r"""
- name: Make the app's enterprise application
  entra_service_principal:
    tenant: "{{ tenant }}"
    application: kundo-mail

- name: Remove it, and every consent with it
  entra_service_principal:
    tenant: "{{ tenant }}"
    application: kundo-mail
    state: absent
"""

RETURN = r"""
object_id:
  description:
    - Object id of the enterprise application. This is what Exchange knows the app by, not the app registration's.
    - V((assigned by Microsoft\)) for one that a check would make.
  returned: success, when O(state) is V(present)
  type: str
  sample: 7e2e7a6c-93a3-4c47-8a02-6dd2d2a6ce3b
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
    TenantModule("entra_service_principal").run()


if __name__ == "__main__":
    main()
