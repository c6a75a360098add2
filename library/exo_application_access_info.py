DOCUMENTATION = r"""
module: exo_application_access_info
short_description: Asks Exchange which mailboxes an app may reach
version_added: "0.1.0"
author: The graphmail authors
description:
  - Asks Exchange's own test about an app and given mailboxes, and waits until every answer is as expected. Fails
    when it is not in time, and names each mailbox that differs.
  - The test reads the configuration. It does B(not) prove that the policy acts in the mail service yet, which can
    be hours later, and it does not ask for the app's consent. The verification notebooks prove the effect.
  - Never writes anything, and never opens a mailbox.
options:
  granted:
    description:
      - Mailboxes that the app must be let into.
    type: list
    elements: str
    default: []
  denied:
    description:
      - Mailboxes that the app must be kept out of. With V(granted) alone, a missing policy would look right.
    type: list
    elements: str
    default: []
  access:
    description:
      - What confines the app to the group.
    type: str
    choices: [application_access_policy, rbac]
    default: application_access_policy
  group:
    description:
      - Name of the group that the app shall be confined to. With it, every other source of access is looked for, and
        each one that opens more mailboxes or shuts a member out is returned and warned of.
    type: str
  max_wait:
    description:
      - How many seconds the answers may take to agree.
    type: int
    default: 900
extends_documentation_fragment:
  - tenant
  - application_reference
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Tells how it is now and neither waits nor fails, since what the run would write is not there to be tested.
        Where the app would only be made by the same check, RV(results) is empty and RV(as_expected) V(false).
  diff_mode:
    support: none
notes:
  - The admin app needs the application permission C(Exchange.ManageAsApp) of Office 365 Exchange Online, and the
    Entra role Exchange Administrator.
seealso:
  - module: exo_application_access_policy
  - module: exo_management_role_assignment
  - module: verification_notebook
  - name: Test-ApplicationAccessPolicy
    description: Exchange's own test.
    link: https://learn.microsoft.com/powershell/module/exchange/test-applicationaccesspolicy
"""

EXAMPLES = r"""
- name: Let Exchange test a member and an outsider
  exo_application_access_info:
    tenant: "{{ tenant }}"
    application: kundo-mail
    granted:
      - support@contoso.example
    denied:
      - ceo@contoso.example
    group: Kundo Mail mailboxes
    max_wait: 900
  register: access

- name: Show the answers
  ansible.builtin.debug:
    var: access.results
"""

RETURN = r"""
as_expected:
  description:
    - Whether every answer is as O(granted) and O(denied) say. V(false) is possible in check mode only.
  returned: success
  type: bool
  sample: true
results:
  description:
    - What the test said, by address, in small letters. V(Granted), V(Denied), or V(undecided) for an answer that is
      neither.
  returned: success
  type: dict
  sample:
    support@contoso.example: Granted
    ceo@contoso.example: Denied
findings:
  description:
    - Sources of access that open more than the group or shut its members out, each with what it is, what the app
      reaches because of it, and how to repair it. Empty without O(group).
  returned: success
  type: list
  elements: dict
  sample:
    - kind: assignment_unscoped
      what: Exchange assigns Application Mail.Send on the whole organization (by hand)
      reaches: every mailbox of the tenant
      repair: Remove-ManagementRoleAssignment 'by hand'; onboard.yml does where access is rbac
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
    TenantModule("exo_application_access_info").run()


if __name__ == "__main__":
    main()
