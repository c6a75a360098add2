DOCUMENTATION = r"""
module: retired_proof_info
short_description: Proves that a secret made for a proof opens nothing any more
version_added: "0.1.0"
author: The graphmail authors
description:
  - Tries, with their sealed copies, the secrets that M(entra_application_password) made with C(proof=true) and
    removed again. Each has to be refused by the token endpoint, twice and a minute apart, and to be gone from the
    app's list. What a service's lag hides is looked at again.
  - Keeps a record C(proof_retired) with the run's evidence, and fails unless all are refused. One that was seen to be
    refused is not tried again. One whose removal a killed run did not get to prove is tried by the next.
  - Never writes anything to the tenant.
  - A token that was issued before the removal lives on until it ends, for about an hour.
options:
  mailboxes:
    description:
      - Mailboxes that the app may use. For the record alone.
    type: list
    elements: str
    required: true
  outside_mailbox:
    description:
      - A mailbox that must stay unreachable. For the record alone.
    type: str
    required: true
  max_wait:
    description:
      - How many seconds the token endpoint may take to refuse a secret that was removed.
    type: int
    default: 7200
extends_documentation_fragment:
  - tenant
  - application_reference
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Skipped, since what would be removed is still there.
  diff_mode:
    support: none
notes:
  - The admin app needs C(Application.Read.All) of Microsoft Graph.
seealso:
  - module: entra_application_password
  - module: customer_absence_info
  - name: Microsoft Entra authentication and authorization error codes
    description: What the token endpoint refuses a secret with.
    link: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

EXAMPLES = r"""
- name: Prove that the proof's secret opens nothing any more
  retired_proof_info:
    tenant: "{{ tenant }}"
    application: kundo-mail
    mailboxes:
      - support@contoso.example
    outside_mailbox: ceo@contoso.example
"""

RETURN = r"""
status:
  description:
    - V(passed), or the verdict of the record that is not green, V(failed) or V(unknown). V(nothing) where no secret was
      taken back since the last time; then there is no record.
  returned: success
  type: str
  sample: passed
checks:
  description:
    - Each check with its verdict and what was seen.
  returned: success
  type: list
  elements: dict
  sample:
    - name: token 5a4d0000-0003-4000-8000-00000000b001
      verdict: passed
      observed: AADSTS7000215, twice
record:
  description:
    - Path of the record; empty where there is none.
  returned: success
  type: str
  sample: evidence/contoso/20261123T140000Z-verify-0a1b2c/bag/data/records/proof_retired.json
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
    TenantModule("retired_proof_info").run()


if __name__ == "__main__":
    main()
