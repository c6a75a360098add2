DOCUMENTATION = r"""
module: admin_sign_in
short_description: Lets a customer's administrator sign in for this run
version_added: "0.2.0"
author: The graphmail authors
description:
  - Shows what an administrator of the customer has to do, waits for it, and looks whether the sign-in has the
    permissions that the run needs. The tasks after it work in that person's name.
  - What the sign-in leaves lies sealed to the operators, and V(absent) throws it away. In check mode it is kept for the
    run alone.
  - Every missing permission or directory role is named, all at once.
options:
  permissions:
    description: Delegated permissions of Microsoft Graph that the sign-in must have.
    type: list
    elements: str
    default: []
    choices:
      - Application.ReadWrite.All
      - Application.Read.All
      - AppRoleAssignment.ReadWrite.All
      - Organization.Read.All
      - Policy.Read.All
      - User.Read.All
      - RoleManagement.ReadWrite.Directory
      - Exchange.ManageAsApp
  as_person:
    description:
      - Those of them for which the person must have a directory role too. For the others somebody else can be waited
        for.
    type: list
    elements: str
    default: []
    choices:
      - Application.ReadWrite.All
      - Application.Read.All
      - AppRoleAssignment.ReadWrite.All
      - Organization.Read.All
      - Policy.Read.All
      - User.Read.All
      - RoleManagement.ReadWrite.Directory
      - Exchange.ManageAsApp
  state:
    description:
      - Whether somebody shall be signed in. V(absent) forgets the sign-in.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - tenant
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Signs in, since the tenant cannot be read otherwise, and seals nothing.
  diff_mode:
    support: none
notes:
  - Ops' client needs the delegated permission C(Organization.Read.All).
seealso:
  - module: admin_credential
  - module: tenant_info
  - name: Device authorization grant
    description: How a person signs in with a code.
    link: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

EXAMPLES = r"""
- name: Let an administrator sign in
  admin_sign_in:
    tenant: "{{ tenant_by_administrator }}"
    permissions: [Application.ReadWrite.All]

- name: Forget the sign-in
  admin_sign_in:
    tenant: "{{ tenant_by_administrator }}"
    state: absent
"""

RETURN = r"""
username:
  description: Who signed in. Empty when the sign-in was forgotten.
  returned: success
  type: str
  sample: admin@contoso.example
roles:
  description: Directory roles of that person, as far as they matter here.
  returned: success
  type: list
  elements: str
  sample: [Global Administrator]
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
    TenantModule("admin_sign_in").run()


if __name__ == "__main__":
    main()
