DOCUMENTATION = r"""
module: customer_start_state
short_description: Puts back what an onboarding changed of objects that were there before
version_added: "0.2.0"
author: The graphmail authors
description:
  - Before the modules first change an app, an enterprise application, consent, an access policy, role assignments or a
    group that they did not make, they record it as it was found, and each value that they set. This module takes those
    changes back by that record, C(state/<customer>/start_state.json).
  - In two tasks, since the order matters. V(narrowing) comes before what was made for the customer is removed, and
    takes back what gives nobody more access. V(opening) comes after it, and after the tokens with the old consent have
    ended, so that no moment is wider than what was before and what comes after.
  - What somebody else changed since is left as it is, unless O(adopted=restore). What was never changed here is never
    touched.
  - What cannot be put back is named. C(uniqueName) can be set once and stays; a picture that was replaced is not known;
    consent and role assignments that are made once more have a new id; a disabled role assignment is not made again.
options:
  group:
    description:
      - Name of the customer's group of mailboxes.
    type: str
    required: true
  adopted:
    description:
      - With V(leave), what would give anybody access again is left and named, and stays on record.
      - V(restore) puts the recorded start state back, also where that gives access.
      - V(remove) puts nothing back and forgets the record, since the objects themselves are removed.
    type: str
    choices: [leave, restore, remove]
    default: leave
  put_back:
    description:
      - Which of the two tasks this is.
    type: str
    choices: [narrowing, opening]
    required: true
extends_documentation_fragment:
  - tenant
  - application_reference
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Writes nothing, and takes for gone what earlier tasks of the same check would remove.
  diff_mode:
    support: full
notes:
  - The admin app needs C(Application.ReadWrite.All) and C(AppRoleAssignment.ReadWrite.All) of Microsoft Graph,
    C(Exchange.ManageAsApp) and the Entra role C(Exchange Administrator).
  - A customer that was onboarded before there was such a record is left as it is, with a warning.
seealso:
  - module: customer_absence_info
  - module: entra_application
  - name: Application resource type
    description: Which properties can be set once only.
    link: https://learn.microsoft.com/graph/api/resources/application
"""

EXAMPLES = r"""
- name: Take back what was changed here, where that gives nobody access
  customer_start_state:
    tenant: "{{ tenant }}"
    application: kundo-mail
    group: Kundo Mail mailboxes
    put_back: narrowing

- name: Put the rest back as it was found, when all that was made here is gone
  customer_start_state:
    tenant: "{{ tenant }}"
    application: kundo-mail
    group: Kundo Mail mailboxes
    adopted: restore
    put_back: opening
"""

RETURN = r"""
left_as_it_is:
  description:
    - What is not put back, each with what it was, what it is and why.
  returned: success
  type: list
  elements: str
  sample:
    - "consent to Mail.Read: was granted, is revoked (the app would have it again)"
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
    TenantModule("customer_start_state").run()


if __name__ == "__main__":
    main()
