DOCUMENTATION = r"""
module: exo_management_role_assignment
short_description: Gives an app exactly these Exchange roles, confined to one group's mailboxes
version_added: "0.2.0"
author: The graphmail authors
description:
  - RBAC for Applications. Assigns C(Application …) roles to an app, each confined to the direct members of one group,
    and takes away every other C(Application …) role that the app holds itself, also one without scope.
  - The successor of application access policies. What Exchange grants this way is in no token, and consent in Entra
    adds to it, so that a tenant-wide C(Mail.Send) beside it voids the confinement.
  - What is missing is assigned first and what is too much goes last, so that members keep their access.
  - Assigns nothing new to an app that holds secrets or certificates which neither this project nor
    O(known_credentials) knows, since whoever holds them would get into the same mailboxes. The task then fails before
    it writes anything, and names them. To confine a role that had no scope is nothing new.
  - Never touches an assignment of another app, of a role group or of a person.
options:
  group:
    description:
      - Name of the mail-enabled security group whose direct members the app may use.
    type: str
    required: true
  roles:
    description:
      - The roles, with or without C(Application) in front, such as V(Mail.Send). In state V(absent) they say nothing;
        all of them go.
    type: list
    elements: str
    required: true
  known_credentials:
    description:
      - Key ids of secrets and certificates on the app that were made by hand and shall stay.
    type: list
    elements: str
    default: []
  state:
    description:
      - Whether the app shall hold the roles. V(absent) takes away every C(Application …) role that it holds.
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
  - The admin app needs C(Exchange.ManageAsApp) and the Entra role C(Exchange Administrator), and Exchange must let it
    delegate the roles, which Organization Management may.
  - Exchange acts on a change when it loads the app's rights anew, which takes half an hour to two hours.
    M(exo_application_access_info) asks its test, which knows at once; only real calls prove the effect.
  - In an organization that was never customized (dehydrated) Exchange refuses role assignments.
seealso:
  - module: exo_service_principal
  - module: exo_application_access_info
  - module: exo_application_access_policy
  - name: RBAC for Applications
    description: How Exchange Online grants permissions to applications itself.
    link: https://learn.microsoft.com/exchange/permissions-exo/application-rbac
"""

EXAMPLES = r"""
- name: Let the app send and read in the connected mailboxes, and nowhere else
  exo_management_role_assignment:
    tenant: "{{ tenant }}"
    application: kundo-mail
    group: Kundo Mail mailboxes
    roles: [Mail.Send, Mail.ReadWrite]

- name: The same of an app made by hand whose secrets the vendor keeps, as the inventory says
  exo_management_role_assignment:
    tenant: "{{ tenant }}"
    application: kundo-mail
    client_id: "{{ customer.app.client_id | default(omit, true) }}"
    known_credentials: "{{ customer.app.known_credentials }}"
    group: Kundo Mail mailboxes
    roles: [Mail.Send, Mail.ReadWrite]

- name: Take every role away
  exo_management_role_assignment:
    tenant: "{{ tenant }}"
    application: kundo-mail
    group: Kundo Mail mailboxes
    roles: []
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
    TenantModule("exo_management_role_assignment").run()


if __name__ == "__main__":
    main()
