DOCUMENTATION = r"""
module: entra_application
short_description: Makes and keeps an app registration in Microsoft Entra
version_added: "0.1.0"
author: The graphmail authors
description:
  - Makes one app registration, keeps it as declared, or removes it. It has no redirect URI, so nobody signs in
    through it.
  - It is found by O(client_id) if that is given, or else by its C(uniqueName). Display names are not unique in
    Entra and are never used to find an app to change.
  - If the tenant has an app of the same O(display_name) that has no C(uniqueName), and O(client_id) is not given,
    it was made by hand. The task fails and prints the client id that adopts it, instead of making a second app of
    that name.
  - Never grants a permission (M(entra_app_role_assignment) does), never makes or removes a credential of its own
    (M(entra_application_password) does), and never touches permissions of other APIs than Microsoft Graph.
  - An option left out is left alone in the tenant.
options:
  unique_name:
    description:
      - What the app is found by, for good. Entra takes it once. An adopted app gets it if it has none.
      - A deleted app keeps it for 30 days. Until then the task fails, and says which deleted app to restore or
        purge.
    type: str
    required: true
  client_id:
    description:
      - Client id (C(appId)) of an app made by hand that shall be adopted. It must exist.
    type: str
  display_name:
    description:
      - What the customer's people see. Entra needs one to make an app.
    type: str
  notes:
    description:
      - A note to whoever looks at the app registration.
    type: str
  sign_in_audience:
    description:
      - Whose accounts the app is for. A mail app needs its own tenant only, V(AzureADMyOrg), which is also what
        Entra chooses.
    type: str
    choices: [AzureADMyOrg, AzureADMultipleOrgs]
  required_permissions:
    description:
      - Names of exactly the Microsoft Graph B(application) permissions that the app declares, such as V(Mail.Send).
        Others are taken out of the declaration. Delegated permissions and other APIs stay as they are.
      - One of another API is named V(API/permission), such as V(Office 365 Exchange Online/Exchange.ManageAsApp). Then
        those of that API are exact too.
      - Declaring grants nothing. It is what an administrator sees in the portal.
    type: list
    elements: str
  redirect_uris:
    description:
      - Where a browser may be sent back to, of the kind for mobile and desktop. An app that nobody signs in to needs
        one only for the page on which an administrator consents.
    type: list
    elements: str
  logo:
    description:
      - Path of a PNG, JPEG, GIF or BMP picture of less than 100 KB, shown with the app.
      - Entra does not tell which picture it has. What was uploaded is remembered in the customer's state folder.
        Without that memory it is uploaded once more. A picture that Entra refuses is a warning, not a failure.
    type: path
  on_offboard:
    description:
      - What becomes of an app that is removed. With V(keep_deleted) Entra keeps it for 30 days, and whoever makes it
        again gets it restored. With V(purge) it goes for good, and also one that was left soft-deleted. Either only
        where the journal claims the app as made here.
    type: str
    choices: [keep_deleted, purge]
    default: keep_deleted
  state:
    description:
      - Whether the app shall exist. V(absent) removes it together with its enterprise application, its consent and
        its credentials. Entra keeps it for 30 days among the deleted applications.
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
      - Writes nothing. Ids that only Microsoft can choose are returned as V((assigned by Microsoft\)). Later tasks of
        the same check may refer to the app that would be made.
  diff_mode:
    support: full
    details:
      - Shows the options that differ, and the picture as its SHA-256.
notes:
  - The admin app needs the application permission C(Application.ReadWrite.All).
  - Made with an upsert by C(uniqueName), which can be repeated after an answer that got lost without making a
    second app.
seealso:
  - module: entra_service_principal
  - module: entra_app_role_assignment
  - module: entra_application_password
  - name: application resource type
    description: The app registration in Microsoft Graph.
    link: https://learn.microsoft.com/graph/api/resources/application
  - name: Upsert application
    description: How it is made.
    link: https://learn.microsoft.com/graph/api/application-upsert
"""

EXAMPLES = r"""
- name: Register the app
  entra_application:
    tenant: "{{ tenant }}"
    unique_name: kundo-mail
    display_name: Kundo Mail
    sign_in_audience: AzureADMyOrg
    required_permissions:
      - Mail.Send
      - Mail.ReadWrite
  register: app

- name: Tell its client id
  ansible.builtin.debug:
    msg: "Client id {{ app.client_id }}"

- name: Show a logo and a note with it
  entra_application:
    tenant: "{{ tenant }}"
    unique_name: kundo-mail
    notes: Connects the helpdesk to the mailboxes of the group "Kundo Mail mailboxes".
    logo: "{{ playbook_dir }}/../files/placeholder-logo.png"

- name: Remove the app with its consent and credentials
  entra_application:
    tenant: "{{ tenant }}"
    unique_name: kundo-mail
    state: absent
"""

RETURN = r"""
client_id:
  description:
    - Client id (C(appId)), which the vendor signs in with.
    - V((assigned by Microsoft\)) for an app that a check would make.
  returned: success, when O(state) is V(present)
  type: str
  sample: 5a4d0000-0003-4000-8000-00000000a001
object_id:
  description:
    - Object id of the app registration in the directory, or V((assigned by Microsoft\)).
  returned: success, when O(state) is V(present)
  type: str
  sample: 0d4b3f0e-3f0b-4d0a-8a5a-0a3d5f6f2f11
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
    TenantModule("entra_application").run()


if __name__ == "__main__":
    main()
