DOCUMENTATION = r"""
module: customer_drift_info
short_description: Tells how a customer's tenant differs from its inventory entry
version_added: "0.1.0"
author: The graphmail authors
description:
  - Reads and plans as an onboarding would, with the very same resources, and applies nothing. A few batched requests.
  - Names every difference of app, enterprise application, group, access, consent and credential; every other source of
    access; credentials that nobody here made; and a credential that is gone or near its end.
  - Never writes anything, over a connection that refuses to write.
options:
  entry:
    description:
      - The customer's entry of the inventory with its defaults filled in, as the inventory plugin's variable
        C(customer) holds it.
    type: dict
    required: true
  expires_within:
    description:
      - A credential that ends sooner than this is a difference.
    type: str
    default: 30 days
extends_documentation_fragment:
  - tenant
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - The same, and no record is kept.
  diff_mode:
    support: none
notes:
  - The admin app needs C(Application.Read.All), C(Organization.Read.All) and C(User.Read.All) of Microsoft Graph, and
    to read Exchange C(Exchange.ManageAsApp) of Office 365 Exchange Online with the Entra role Global Reader.
  - A tenant that cannot be read is no failure of the task, so that others go on; RV(status) says so.
seealso:
  - module: tenant_info
  - module: exo_application_access_info
  - name: application resource type
    description: What an app registration holds.
    link: https://learn.microsoft.com/graph/api/resources/application
"""

EXAMPLES = r"""
- name: Compare the tenant with the inventory
  customer_drift_info:
    tenant: "{{ tenant }}"
    entry: "{{ customer }}"
    expires_within: 30 days
  register: drift

- name: Show the differences
  ansible.builtin.debug:
    var: drift.differences
"""

RETURN = r"""
status:
  description:
    - V(none), V(drift), or V(unknown) where the tenant could not be read.
  returned: success
  type: str
  sample: drift
differences:
  description:
    - Each with the area it is of, what it is, what the inventory says, what the tenant has, and how to repair it.
  returned: success
  type: list
  elements: dict
  sample:
    - area: group
      what: "group 'Kundo Mail mailboxes': members lacks support@contoso.example"
      expected: support@contoso.example
      found: missing
      repair: run onboard.yml for this customer; with --check --diff it shows what it would do
requests:
  description:
    - How many requests it took, tokens included.
  returned: success
  type: int
  sample: 8
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
    TenantModule("customer_drift_info").run()


if __name__ == "__main__":
    main()
