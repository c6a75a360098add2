DOCUMENTATION = r"""
module: exo_application_access_policy
short_description: Confines an app to the mailboxes of one group
version_added: "0.1.0"
author: The graphmail authors
description:
  - Makes an application access policy that restricts what Entra granted to the app to the mailboxes of one group,
    or removes it. Without a policy, an app with consent for mail reaches every mailbox of the tenant.
  - There is one policy for each app and group. It is found by the app's client id and the group's object id.
  - Several restricting policies add up, so another V(RestrictAccess) policy of the same app, for another group, stops
    the task before the app gets any consent. Other policies of the app that deny are named in a warning and left alone.
  - No policy limits what Exchange itself grants to the app. So a role of the app in Exchange (RBAC for Applications)
    without scope, or for anything but the group, stops the task in the same way; the message names each assignment.
  - Never removes a policy to make it anew, since the app would be unrestricted meanwhile. A policy of another kind
    for the same group stops the task.
  - Says nothing about whether the policy acts yet. M(exo_application_access_info) asks Exchange, and the
    verification notebooks prove it.
options:
  group:
    description:
      - Name of the mail-enabled security group, as M(exo_distribution_group) made it.
      - It must exist. In check mode it may also be one that this run would make.
    type: str
    required: true
  access_right:
    description:
      - What the policy does. V(RestrictAccess) lets the app reach the members of the group and nobody else.
    type: str
    choices: [RestrictAccess]
    default: RestrictAccess
  description:
    description:
      - What the policy says about itself. Set when it is made, and not compared afterwards.
      - The policies of a tenant have a total size. One left without description gets a long one from Exchange, so
        that about 100 fit. With the default of one space it is about 300.
    type: str
    default: " "
  wait_for_tokens:
    description:
      - With O(state=absent), how many seconds after the last secret made here was taken back and the consent was
        revoked the policy goes at the earliest. Tokens that were issued before keep their consent until they end,
        whoever holds them, and nothing but the policy confines them.
    type: int
    default: 0
  restore:
    description:
      - With O(state=absent) and O(made_here_only=true), removes the policy also where it alone confines consent, if the
        record of the start state says that the app had that very consent before, unconfined.
    type: bool
    default: false
  state:
    description:
      - Whether the policy shall exist. V(absent) B(opens every mailbox) of the tenant to an app that still has
        consent. Take the consent away first.
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
      - Writes nothing. Also works where the app or the group would only be made by the same check.
  diff_mode:
    support: full
notes:
  - The admin app needs the application permission C(Exchange.ManageAsApp) of Office 365 Exchange Online, and the
    Entra role Exchange Administrator.
  - It can take hours until a new policy acts, also after Exchange's own test has agreed. So it is made before the
    consent.
  - Microsoft names RBAC for Applications as the successor of these policies.
seealso:
  - module: exo_application_access_info
  - module: exo_distribution_group
  - module: entra_app_role_assignment
  - name: New-ApplicationAccessPolicy
    description: How it is made.
    link: https://learn.microsoft.com/powershell/module/exchange/new-applicationaccesspolicy
  - name: Limiting application permissions to specific Exchange Online mailboxes
    description: What such a policy covers.
    link: https://learn.microsoft.com/graph/auth-limit-mailbox-access
"""

EXAMPLES = r"""
- name: Confine the app to the group
  exo_application_access_policy:
    tenant: "{{ tenant }}"
    application: kundo-mail
    group: Kundo Mail mailboxes

- name: Remove the policy of an app whose consent is gone
  exo_application_access_policy:
    tenant: "{{ tenant }}"
    application: kundo-mail
    group: Kundo Mail mailboxes
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
    TenantModule("exo_application_access_policy").run()


if __name__ == "__main__":
    main()
