DOCUMENTATION = r"""
module: customer_absence_info
short_description: Proves that nothing made for a customer is left
version_added: "0.1.0"
author: The graphmail authors
description:
  - Tries to sign in with the credentials that were taken back, and to reach mailboxes if that succeeds; looks for app,
    enterprise application, consent, access policy, role assignments and group. What a service's lag hides is looked at
    again. Fails unless all is gone, and keeps a record C(proof_of_absence) with the run's evidence.
  - What was not made here and therefore stays is named in the check that it belongs to.
  - Never writes anything to the tenant.
options:
  entry:
    description:
      - The customer's entry of the inventory with its defaults filled in, as the inventory plugin's variable
        C(customer) holds it.
    type: dict
    required: true
  adopted:
    description:
      - Whether what was not made here may stay (V(leave)), has to be as it was found (V(restore)) or has to be gone too
        (V(remove)).
    type: str
    choices: [leave, restore, remove]
    default: leave
  max_wait:
    description:
      - How many seconds the token endpoint may take to refuse a credential that was taken back.
    type: int
    default: 7200
extends_documentation_fragment:
  - tenant
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Skipped, since what would be removed is still there.
  diff_mode:
    support: none
notes:
  - The admin app needs C(Application.Read.All) of Microsoft Graph, and to read Exchange
    C(Exchange.ManageAsApp) of Office 365 Exchange Online with the Entra role Global Reader.
seealso:
  - module: entra_application
  - module: customer_drift_info
  - name: Recover deleted applications
    description: What soft-deleted means, and for how long.
    link: https://learn.microsoft.com/entra/identity/enterprise-apps/delete-recover-faq
"""

EXAMPLES = r"""
- name: Prove that nothing is left of a customer
  customer_absence_info:
    tenant: "{{ tenant }}"
    entry: "{{ customer }}"
  register: absence
  ignore_errors: true # the checks are shown, whatever they found

- name: Show the checks
  ansible.builtin.debug:
    var: absence.checks
"""

RETURN = r"""
status:
  description:
    - V(absent), or the verdict of the record that is not green, V(failed) or V(unknown).
  returned: success
  type: str
  sample: absent
checks:
  description:
    - Each check with its verdict and what was seen.
  returned: success
  type: list
  elements: dict
  sample:
    - name: token
      verdict: passed
      observed: "5a4d0000-0003-4000-8000-00000000b001: AADSTS700016"
record:
  description:
    - Path of the record.
  returned: success
  type: str
  sample: evidence/contoso/20261123T140000Z-offboard-0a1b2c/bag/data/records/proof_of_absence.json
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
    TenantModule("customer_absence_info").run()


if __name__ == "__main__":
    main()
