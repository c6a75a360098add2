DOCUMENTATION = r"""
module: entra_federated_identity_credential
short_description: Lets the tokens of an external identity provider stand for an app
version_added: "0.2.0"
author: The graphmail authors
description:
  - Makes one federated identity credential on an app. Whoever has a token with exactly that issuer, subject and
    audience signs in as the app. Nothing secret comes into being.
  - It is found again by its name, and by the customer's journal, which gets the intent before it is made and the
    outcome after it. One that somebody else made is never changed, whatever it is called.
  - Another issuer, subject or audience removes it and makes another, with an id of its own. What was proved of the old
    one is not proved of that.
  - Of secrets and certificates that were made here before it, the journal gets which are no longer on the app, when
    several reads agree. Nothing in the tenant is changed by that.
  - Seals a file C(credentials/<key id>.age) in the customer's state folder for the proofs and the hand-over. It holds
    names alone.
options:
  name:
    description:
      - What it is called on the app; 3 to 120 letters, digits, dashes and underscores.
    type: str
    default: graphmail
  issuer:
    description:
      - The identity provider, as C(iss) of its tokens says it. Needed unless O(state=absent).
    type: str
  subject:
    description:
      - Whom its tokens are about, as C(sub) says it. Needed unless O(state=absent).
    type: str
  audience:
    description:
      - For whom its tokens are made, as C(aud) says it.
    type: str
    default: api://AzureADTokenExchange
  assertion:
    description:
      - Path of a file in which the identity provider keeps a fresh token. With it a proof signs in. Left out, a proof
        makes a short-lived secret of its own.
    type: path
  state:
    description:
      - Whether there shall be one made here. V(absent) removes what this state folder's journal claims, and nothing
        else.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - tenant
  - application_reference
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Makes and removes nothing. The key id of one that would be made is V((assigned by Microsoft\)).
  diff_mode:
    support: full
    details:
      - Shows issuer, subject and audience that change.
notes:
  - The admin app needs the application permission C(Application.ReadWrite.All).
  - An app has at most 20 of them, and no two of one issuer and subject.
seealso:
  - module: entra_application_password
  - module: entra_application_key
  - module: credential_handover
  - name: "application: create federatedIdentityCredential"
    description: How it is made, and its limits.
    link: https://learn.microsoft.com/graph/api/application-post-federatedidentitycredentials
  - name: Workload identity federation
    description: How an app signs in with one.
    link: https://learn.microsoft.com/entra/workload-id/workload-identity-federation
"""

EXAMPLES = r"""
- name: Let the vendor's own tokens stand for the app
  entra_federated_identity_credential:
    tenant: "{{ tenant }}"
    application: kundo-mail
    issuer: https://tokens.vendor.example
    subject: helpdesk
  register: credential

- name: Tell what it is called at Entra
  ansible.builtin.debug:
    msg: "{{ credential.key_id }}: {{ credential.issuer }}, {{ credential.subject }}"

- name: Remove it from the app
  entra_federated_identity_credential:
    tenant: "{{ tenant }}"
    application: kundo-mail
    state: absent
"""

RETURN = r"""
key_id:
  description:
    - Its object id, or V((assigned by Microsoft\)) for one that a check would make.
  returned: success, when O(state) is V(present)
  type: str
  sample: 2c5b9e0e-8f5c-4c53-a2a1-0d9b4a5c1f77
name:
  description: What it is called on the app.
  returned: success, when O(state) is V(present)
  type: str
  sample: graphmail
issuer:
  description: The identity provider.
  returned: success, when O(state) is V(present)
  type: str
  sample: https://tokens.vendor.example
subject:
  description: Whom its tokens are about.
  returned: success, when O(state) is V(present)
  type: str
  sample: helpdesk
audience:
  description: For whom its tokens are made.
  returned: success, when O(state) is V(present)
  type: str
  sample: api://AzureADTokenExchange
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
    TenantModule("entra_federated_identity_credential").run()


if __name__ == "__main__":
    main()
