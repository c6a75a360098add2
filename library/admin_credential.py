DOCUMENTATION = r"""
module: admin_credential
short_description: Makes an app's own credential how ops signs in, or shows that it opens nothing
version_added: "0.2.0"
author: The graphmail authors
description:
  - Seals the newest secret or certificate of the onboarding app as what ops signs in with, and waits until a new token
    of the app has every permission and directory role, and Exchange lets it run what an onboarding needs.
  - What lay in that place before is moved beside it, as C(admin.replaced.age), and a warning says so.
  - With V(absent) the sealed file goes, and a token is asked for with the retired copy until there is none any more,
    or it has none of the rights.
options:
  sealed:
    description: The sealed file that ops signs in with, C(tenant.admin.sealed).
    type: path
    required: true
  permissions:
    description: Application permissions that the app's tokens must carry, or must not any more.
    type: list
    elements: str
    required: true
    choices:
      - Application.ReadWrite.All
      - Application.Read.All
      - AppRoleAssignment.ReadWrite.All
      - Organization.Read.All
      - Policy.Read.All
      - User.Read.All
      - RoleManagement.ReadWrite.Directory
      - Exchange.ManageAsApp
  directory_roles:
    description: Directory roles that they must carry, or must not any more.
    type: list
    elements: str
    default: []
    choices:
      - Application Administrator
      - Cloud Application Administrator
      - Exchange Administrator
      - Global Administrator
      - Global Reader
      - Privileged Role Administrator
      - Security Administrator
  max_wait:
    description: Seconds to wait for that at most.
    type: int
    default: 3600
  state:
    description:
      - Whether ops shall sign in with it.
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
      - Seals nothing and waits for nothing.
  diff_mode:
    support: full
notes:
  - The app's credential is made by M(entra_application_password) or M(entra_application_key) in the same state folder.
seealso:
  - module: entra_directory_role_assignment
  - module: entra_app_role_assignment
  - module: admin_sign_in
  - name: Access token claims
    description: Where a token's permissions and directory roles stand.
    link: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

EXAMPLES = r"""
- name: Sign in with the app's own credential from now on
  admin_credential:
    tenant: "{{ tenant }}"
    application: kundo-mail
    sealed: "{{ tenant.admin.sealed }}.example"
    permissions: []
"""

RETURN = r"""
token:
  description: What a new token was seen to have. V(every right), V(one without rights), or why there is none.
  returned: success
  type: str
  sample: every right
seconds:
  description: For how long that was waited for.
  returned: success
  type: int
  sample: 75
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
    TenantModule("admin_credential").run()


if __name__ == "__main__":
    main()
