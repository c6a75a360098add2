DOCUMENTATION = r"""
module: entra_application_password
short_description: Makes a client secret of an app and seals it, unseen
version_added: "0.1.0"
author: The graphmail authors
description:
  - Makes one client secret for an app, seals it in memory to the operators, and keeps it until it is retired. A
    second run makes nothing.
  - Microsoft tells a secret's text once, in the answer that makes it. The text goes from that answer into an age
    file, C(credentials/<key id>.age) in the customer's state folder, and nowhere else. It is in no parameter,
    result, diff, log or message.
  - The customer's journal gets the intent before the secret is made and the outcome after it is sealed. If a run
    dies in between, the next one finds the secret by its marker, removes it and makes another one.
  - Never removes or changes a secret that this state folder's journal does not claim. A secret with this project's
    marker that the journal does not know was made from another state folder. Then the task fails and names its key
    id.
  - Never hands a secret out. M(credential_handover) does, after the proof.
options:
  lifetime:
    description:
      - How long a new secret lives, as a number of days, weeks, months or years.
      - Chosen when the secret is made. One that lives is not made anew for another lifetime.
    type: str
    default: 24 months
  proof:
    description:
      - The secret is for a proof alone, since the vendor keeps a credential that it has. It is told apart from all
        others by its marker, is never handed over, and is removed with O(state=absent).
      - One that has expired, or whose sealed file is gone, is removed and another one is made.
    type: bool
    default: false
  reason:
    description:
      - Why it is not what the inventory asks for, such as a tenant's policy. It stands in the diff and in the journal,
        and the vendor is told.
    type: str
  state:
    description:
      - Whether there shall be a live secret made here. V(absent) removes it from the app. The sealed file stays, as
        a record.
    type: str
    choices: [present, absent]
    default: present
  replaces:
    description:
      - Key id of a live credential that a new secret shall take the place of. It does not count as the live
        one, and stays until it is taken back with O(key_id).
    type: str
  key_id:
    description:
      - With O(state=absent), takes back this secret alone instead of all that were made here.
    type: str
extends_documentation_fragment:
  - tenant
  - application_reference
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Makes, seals and removes nothing. The key id and the expiry of a secret that would be made are V((assigned
        by Microsoft\)).
  diff_mode:
    support: full
    details:
      - Shows the lifetime of a secret that is made, and the key ids' markers of what a dead run left over. Never
        the secret.
notes:
  - The admin app needs the application permission C(Application.ReadWrite.All).
  - A tenant's app management policy may forbid client secrets or shorten their life. M(tenant_info) tells that
    before the first write.
  - A secret that is about to be made must be sealable. Without an operator's public key the task fails before it
    makes one.
  - A secret that has expired, or whose sealed file is missing, stops the task. C(docs/operators.md) says under
    "Replacing a credential" how to replace it.
seealso:
  - module: credential_handover
  - module: tenant_info
  - name: "application: addPassword"
    description: How a secret is made.
    link: https://learn.microsoft.com/graph/api/application-addpassword
  - name: "application: removePassword"
    description: How a secret is removed.
    link: https://learn.microsoft.com/graph/api/application-removepassword
  - name: age
    description: The format of sealed files.
    link: https://age-encryption.org/v1
"""

EXAMPLES = r"""
- name: Make a client secret and seal it to the operators
  entra_application_password:
    tenant: "{{ tenant }}"
    application: kundo-mail
    lifetime: 24 months
  register: credential

- name: Tell where it lies
  ansible.builtin.debug:
    msg: "{{ credential.key_id }} lives until {{ credential.expires }} and lies sealed in {{ credential.sealed }}"

- name: Remove it from the app
  entra_application_password:
    tenant: "{{ tenant }}"
    application: kundo-mail
    state: absent
"""

RETURN = r"""
key_id:
  description:
    - Key id of the live secret, which is no secret itself.
    - V((assigned by Microsoft\)) for one that a check would make.
  returned: success, when O(state) is V(present)
  type: str
  sample: 2c5b9e0e-8f5c-4c53-a2a1-0d9b4a5c1f77
expires:
  description:
    - When it stops working, in ISO 8601 and UTC, or V((assigned by Microsoft\)).
  returned: success, when O(state) is V(present)
  type: str
  sample: "2027-11-23T09:30:00Z"
sealed:
  description:
    - Absolute path of the sealed file. Empty for a secret that a check would make.
  returned: success, when O(state) is V(present)
  type: str
  sample: /srv/graphmail/state/contoso/credentials/2c5b9e0e-8f5c-4c53-a2a1-0d9b4a5c1f77.age
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
    TenantModule("entra_application_password").run()


if __name__ == "__main__":
    main()
