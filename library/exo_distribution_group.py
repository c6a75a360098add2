DOCUMENTATION = r"""
module: exo_distribution_group
short_description: Makes and keeps a mail-enabled security group in Exchange Online
version_added: "0.1.0"
author: The graphmail authors
description:
  - Makes one mail-enabled security group, keeps its address, owners and members as declared, or removes it. The
    group is what an app is confined to, so its members are exactly the mailboxes that the app may use.
  - It is found by its name. If another type of recipient has that name or address, the task fails and says which.
  - Members and owners are compared by Exchange's own Guid, so one that Exchange lists by an alias is no difference.
  - Never takes a member out that O(members) does not name, unless O(extra_members) says V(remove).
  - Never makes a mailbox, and never touches a Microsoft 365 group, a distribution list or another group.
options:
  name:
    description:
      - Name of the group, which is what it is found by. At most 64 characters.
    type: str
    required: true
  address:
    description:
      - Its primary SMTP address, in a domain that the tenant accepts. Needed to make the group.
    type: str
  description:
    description:
      - What the group's owners read about it. Set when the group is made, and not compared afterwards.
    type: str
  owners:
    description:
      - Addresses of exactly those who may change the group in Outlook. Needed to make the group.
    type: list
    elements: str
  members:
    description:
      - Addresses of the mailboxes that shall be members. Shared mailboxes too, cloud mailboxes only. Needed to make
        the group. Every one must exist.
    type: list
    elements: str
  extra_members:
    description:
      - What to do with members that O(members) does not name. V(report) leaves them, returns them and warns of
        them, V(remove) takes them out.
    type: str
    choices: [report, remove]
    default: report
  state:
    description:
      - Whether the group shall exist. Exchange has no recycle bin for it.
      - Removing a group that an access policy confines an app to is not the way to open or close anything. Remove
        the app's consent first.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - tenant
  - made_here_only
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Writes nothing. Later tasks of the same check may refer to the group that would be made.
  diff_mode:
    support: full
    details:
      - Shows the whole list of owners or members, before and after; for a new group, its name and description too.
notes:
  - The admin app needs the application permission C(Exchange.ManageAsApp) of Office 365 Exchange Online, and the
    Entra role Exchange Administrator.
  - A new group is closed to self-service and takes mail from senders of the tenant only. The tenant's naming policy
    is not applied to it.
  - Microsoft Graph can read such groups and cannot write them, so this speaks to Exchange.
  - Exchange's data plane follows a change of members late, by minutes to hours. M(propagation_probe) waits for it.
seealso:
  - module: exo_application_access_policy
  - name: New-DistributionGroup
    description: How it is made.
    link: https://learn.microsoft.com/powershell/module/exchange/new-distributiongroup
  - name: Add-DistributionGroupMember
    description: How members are added.
    link: https://learn.microsoft.com/powershell/module/exchange/add-distributiongroupmember
"""

EXAMPLES = r"""
- name: Keep exactly the connected mailboxes in the group
  exo_distribution_group:
    tenant: "{{ tenant }}"
    name: Kundo Mail mailboxes
    address: kundo-mailboxes@contoso.example
    description: Mailboxes that Kundo may read and send from. Owners change it in Outlook.
    owners:
      - admin@contoso.example
    members:
      - support@contoso.example

- name: Take out whoever else is in it, and leave the rest alone
  exo_distribution_group:
    tenant: "{{ tenant }}"
    name: Kundo Mail mailboxes
    members:
      - support@contoso.example
    extra_members: remove

- name: Remove the group
  exo_distribution_group:
    tenant: "{{ tenant }}"
    name: Kundo Mail mailboxes
    state: absent
"""

RETURN = r"""
extra_members:
  description:
    - Members that O(members) does not name and that stay, since O(extra_members) is V(report). By their address.
  returned: success, when O(state) is V(present)
  type: list
  elements: str
  sample: [it@contoso.example]
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
    TenantModule("exo_distribution_group").run()


if __name__ == "__main__":
    main()
