DOCUMENTATION = r"""
module: propagation_probe
short_description: Looks once whether a customer's grants act yet
version_added: "0.1.0"
author: The graphmail authors
description:
  - Takes one cheap look, with the app's own credential and a token minted for it, whether the new secret is
    accepted, the consent has reached the app's tokens, every mailbox can be reached and the outside mailbox cannot.
  - What the customer waits for, since when and until when, is kept in C(pending.json) of its state folder. So a
    wait blocks no other customer, and an interrupted run goes on where it was. Before it looks, the task sleeps
    until this customer's next look is due, later each time.
  - Answers V(ready) when the notebooks can run, V(pending) when it is to be asked again, and V(expired) when the
    time is over. Then the notebooks run all the same and record what they find.
  - A look proves nothing. M(verification_notebook) does.
  - Asks for the id of each Inbox and nothing else, since a failing restriction would mean looking into a stranger's
    mailbox. Never reads, sends or changes mail.
options:
  mailboxes:
    description:
      - Mailboxes that the app must reach.
    type: list
    elements: str
    required: true
  outside_mailbox:
    description:
      - A mailbox that the app must be refused.
    type: str
    required: true
  access:
    description:
      - What confines the app to the group.
    type: str
    choices: [application_access_policy, rbac]
    default: application_access_policy
  proof:
    description:
      - Sign in with the short-lived credential that was made for a proof, since the vendor keeps its own.
    type: bool
    default: false
  max_wait:
    description:
      - How many seconds the grants may take to act, counted from the first look.
      - Other mailboxes or another credential begin another wait.
    type: int
    default: 7200
extends_documentation_fragment:
  - tenant
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Contacts nothing, since what the run would write cannot act yet. The task is skipped, and RV(status) is
        V(skipped).
  diff_mode:
    support: none
notes:
  - Needs no right of the admin app. It signs in as the mail app, with the sealed credential that
    M(entra_application_password) made.
seealso:
  - module: verification_notebook
  - module: entra_app_role_assignment
  - name: Limiting application permissions to specific Exchange Online mailboxes
    description: How long a policy takes to act.
    link: https://learn.microsoft.com/graph/auth-limit-mailbox-access
"""

EXAMPLES = r"""
- name: Wait until the grants act
  propagation_probe:
    tenant: "{{ tenant }}"
    mailboxes:
      - support@contoso.example
    outside_mailbox: ceo@contoso.example
    max_wait: 7200
  register: probe
  until: probe.status != 'pending'
  retries: 200
  delay: 0 # the task itself sleeps until the next look is due
"""

RETURN = r"""
status:
  description:
    - V(ready) when all of it acts, V(pending) when not yet, V(expired) when the time is over, V(skipped) in a dry
      run.
  returned: success
  type: str
  sample: pending
waiting_for:
  description:
    - What does not act yet, for a person. Empty when all does.
  returned: success
  type: str
  sample: the restriction to keep the app out of ceo@contoso.example
waited:
  description:
    - Seconds since this wait began.
  returned: success, not in check mode
  type: int
  sample: 930
until:
  description:
    - When the time is over, in ISO 8601 and UTC.
  returned: success, not in check mode
  type: str
  sample: "2025-11-23T11:30:00+00:00"
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
    TenantModule("propagation_probe").run()


if __name__ == "__main__":
    main()
