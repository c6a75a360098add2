DOCUMENTATION = r"""
module: entra_app_role_assignment
short_description: Grants admin consent for exactly these application permissions
version_added: "0.1.0"
author: The graphmail authors
description:
  - Grants an app, by admin consent, exactly the Microsoft Graph application permissions that are listed. What is
    missing is granted, what is too much is taken away, and taken away first.
  - An app with consent for mail and without a restriction in Exchange reaches B(every) mailbox of the tenant. So
    this comes after M(exo_application_access_policy) and after M(exo_application_access_info) has agreed.
  - Widens nothing on an app that holds secrets or certificates which neither this project nor O(known_credentials)
    knows, since whoever holds them would get the wider access. The task then fails and names them.
  - Never grants delegated permissions, and never changes what the app registration declares.
options:
  roles:
    description:
      - Names of exactly the application permissions of Microsoft Graph that the app shall have, such as
        V(Mail.Send). V([]) takes all away.
      - A permission of another API is named V(API/permission), such as
        V(Office 365 Exchange Online/Exchange.ManageAsApp). One that somebody granted and that is not listed is taken
        away too.
      - Ids are looked up by name in the tenant itself.
    type: list
    elements: str
    required: true
  known_credentials:
    description:
      - Key ids of secrets and certificates on the app that were made by hand and shall stay.
    type: list
    elements: str
    default: []
  await_consent:
    description:
      - Where whoever signed in may not do it, change nothing, write down that an administrator is waited for, and say
        in RV(awaiting) what that one has to do. A later run goes on.
      - Otherwise such a refusal fails the task.
    type: bool
    default: false
  state:
    description:
      - Whether consent shall exist. V(absent) takes all of it away, whatever O(roles) says; with O(made_here_only), of
        an app that stays, only what was granted here.
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
      - Writes nothing. Also works where the app would only be made by the same check.
  diff_mode:
    support: full
    details:
      - Shows the whole set of permissions before and after.
notes:
  - The admin app needs the application permissions C(AppRoleAssignment.ReadWrite.All) and C(Application.Read.All).
  - A token that the app already holds keeps its old permissions until it ends, about an hour. New tokens may lack a
    new permission for a minute. M(propagation_probe) waits for it.
seealso:
  - module: exo_application_access_policy
  - module: propagation_probe
  - name: Grant an app role assignment to a service principal
    description: How consent is granted.
    link: https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto
  - name: Microsoft Graph permissions reference
    description: Names of all permissions.
    link: https://learn.microsoft.com/graph/permissions-reference
"""

EXAMPLES = r"""
- name: Consent to sending and reading mail, and to nothing else
  entra_app_role_assignment:
    tenant: "{{ tenant }}"
    application: kundo-mail
    roles:
      - Mail.Send
      - Mail.ReadWrite # a mail over 3 MB goes through a draft

- name: Consent on an app made by hand whose secrets the vendor keeps, as the inventory says
  entra_app_role_assignment:
    tenant: "{{ tenant }}"
    application: kundo-mail
    client_id: "{{ customer.app.client_id | default(omit, true) }}"
    known_credentials: "{{ customer.app.known_credentials }}"
    roles: [Mail.Send, Mail.ReadWrite]
"""

RETURN = r"""
awaiting:
  description:
    - What somebody else has to do in the tenant, with O(await_consent). Empty where nothing is missing.
  returned: success, when O(state) is V(present)
  type: str
  sample: ""
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
    TenantModule("entra_app_role_assignment").run()


if __name__ == "__main__":
    main()
