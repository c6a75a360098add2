DOCUMENTATION = r"""
module: entra_directory_role_assignment
short_description: Gives an app these directory roles
version_added: "0.2.0"
author: The graphmail authors
description:
  - Assigns roles of the directory, such as Exchange Administrator, to the enterprise application of an app, for the
    whole tenant. One that it has already, also through a group, is left as it is.
  - What the journal of this customer says to have been assigned here, and is not listed any more, is taken away. Roles
    that somebody else assigned stay, whatever they are.
  - Admin consent assigns none of them. They are in the app's tokens from the next one on.
  - Waits until the roles can be read back, for at most three minutes.
options:
  roles:
    description:
      - The directory roles, by the names of Microsoft's reference. With O(state=absent) those that shall go where they
        were assigned here; of one that somebody else assigned it is said that it stays.
    type: list
    elements: str
    required: true
    choices:
      - Application Administrator
      - Cloud Application Administrator
      - Exchange Administrator
      - Global Administrator
      - Global Reader
      - Privileged Role Administrator
      - Security Administrator
  await_consent:
    description:
      - Where whoever signed in may not do it, change nothing, write down that an administrator is waited for, and say
        in RV(awaiting) what that one has to do. A later run goes on.
      - Otherwise such a refusal fails the task.
    type: bool
    default: false
  state:
    description:
      - Whether it shall have them.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - tenant
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
  - Who does it needs C(RoleManagement.ReadWrite.Directory) and C(Application.Read.All); a person also the directory
    role Privileged Role Administrator or Global Administrator.
seealso:
  - module: entra_app_role_assignment
  - module: admin_credential
  - name: Assign Microsoft Entra roles
    description: Role assignments in Microsoft Graph.
    link: https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignments
"""

EXAMPLES = r"""
- name: Let the app administer Exchange
  entra_directory_role_assignment:
    tenant: "{{ tenant_by_administrator }}"
    application: kundo-mail
    roles: [Exchange Administrator]

- name: Take the role away
  entra_directory_role_assignment:
    tenant: "{{ tenant_by_administrator }}"
    application: kundo-mail
    roles: [Exchange Administrator]
    state: absent
"""

RETURN = r"""
awaiting:
  description:
    - What somebody else has to do in the tenant, with O(await_consent). Empty where nothing is missing.
  returned: success, when O(state) is V(present)
  type: str
  sample: ""
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
    TenantModule("entra_directory_role_assignment").run()


if __name__ == "__main__":
    main()
