DOCUMENTATION = r"""
module: customer_state_info
short_description: Reads what a customer's tenant holds after a run's last write
version_added: "0.1.0"
author: The graphmail authors
description:
  - Writes C(after.json) into the run's evidence, with app, enterprise application, consent, credentials by key id and
    end, group with its members, access policies and role assignments. C(before.json) comes by itself, ahead of a run's
    first write.
  - Which app and which group, the run's own plan says. Three or four batched requests; none at all where nothing was
    written since the state was last read.
  - Never writes anything to the tenant.
extends_documentation_fragment:
  - tenant
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - A dry run writes nothing and keeps no evidence, so nothing is read.
  diff_mode:
    support: none
notes:
  - The admin app needs C(Application.Read.All) of Microsoft Graph, and to read Exchange C(Exchange.ManageAsApp) of
    Office 365 Exchange Online with the Entra role Global Reader.
  - What cannot be read is no failure of the task; C(after.json) and RV(status) say so.
seealso:
  - module: customer_drift_info
  - name: application resource type
    description: What an app registration holds.
    link: https://learn.microsoft.com/graph/api/resources/application
"""

EXAMPLES = r"""
- name: Read what the tenant holds now
  customer_state_info:
    tenant: "{{ tenant }}"
"""

RETURN = r"""
status:
  description:
    - V(read), V(unchanged) where nothing was written since it was last read, or V(unknown) where a part could not be
      read.
  returned: success
  type: str
  sample: read
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
    TenantModule("customer_state_info").run()


if __name__ == "__main__":
    main()
