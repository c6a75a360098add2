DOCUMENTATION = r"""
module: credential_handover
short_description: Hands a proved credential over to the vendor, sealed
version_added: "0.1.0"
author: The graphmail authors
description:
  - Seals the app's client id, tenant id and client secret to the vendor and the operators, and writes a note beside
    it that a person can read and that holds no secret. Both lie in C(handover/) of the customer's state folder, as
    C(<key id>.age) and C(<key id>.txt).
  - Refuses unless the newest access proof of this customer is green, younger than 24 hours, and about the very same
    tenant, environment, client id, credential, mailboxes and outside mailbox.
  - What was delivered to whom is in the customer's journal, with the file's SHA-256. A second run delivers nothing.
    Another recipient, another credential, or a file that is gone or changed does. The files of the credential
    before are moved to C(handover/replaced/).
  - Never shows a secret, never makes or removes one, and contacts the tenant only to send the mail of
    O(delivery=mail). However the file travels, only the vendor's key opens it.
  - When the vendor's signed receipt was taken in with C(python -m graphmail.handover receive), each run checks it
    once more and keeps in its evidence, as record C(handover), who has received the credential, when, and that a token
    was got with it.
options:
  application:
    description:
      - The C(uniqueName) of the app that the credential is for.
    type: str
    required: true
  mailboxes:
    description:
      - Exactly the mailboxes that the proof must be about.
    type: list
    elements: str
    required: true
  outside_mailbox:
    description:
      - The mailbox that the proof must have found closed.
    type: str
    required: true
  recipients:
    description:
      - The vendor's public keys (V(age1…) or V(ssh-ed25519 …)). The operators of O(tenant) can open the file too.
    type: list
    elements: str
    required: true
  address:
    description:
      - Where the vendor expects to be told.
    type: str
  access:
    description:
      - What confines the app to the group; the note says so.
    type: str
    choices: [application_access_policy, rbac]
    default: application_access_policy
  delivery:
    description:
      - How the sealed file travels. With V(file) it stays in the state folder, and you send it. With V(mail) the app
        itself sends it to O(address) from the first of O(mailboxes), with the note as text; that the mail went is
        seen in Sent Items, and after a lost answer it is looked for before another is sent.
    type: str
    choices: [file, mail]
    default: file
  keep:
    description:
      - The vendor keeps a credential that it has. Nothing is proved or delivered then, and RV(msg) says so.
    type: bool
    default: false
extends_documentation_fragment:
  - tenant
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Seals nothing. Refuses as without check mode, unless the credential or the proof would only be made by the
        same check.
  diff_mode:
    support: full
    details:
      - Shows the recipients.
notes:
  - Needs no right of the admin app.
  - age does not prove who sealed a file. The note names its SHA-256, which the vendor can compare over another way.
seealso:
  - module: verification_notebook
  - module: entra_application_password
  - name: age
    description: The format of the file, and the tool that opens it.
    link: https://age-encryption.org/v1
  - name: OAuth 2.0 client credentials flow
    description: What the vendor does with it.
    link: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

EXAMPLES = r"""
- name: Seal the proved credential to the vendor
  credential_handover:
    tenant: "{{ tenant }}"
    application: kundo-mail
    mailboxes:
      - support@contoso.example
    outside_mailbox: ceo@contoso.example
    recipients:
      - age1h0z87vjsf7u6cqsev2pvva9h3aw5vl3e75uc8nfmw9grkyku3dyqlcnlv0
  register: delivery

- name: Tell what to send to the vendor
  ansible.builtin.debug:
    msg: "Send both: {{ delivery.path }} and {{ delivery.note }}"
  when: delivery.path is defined
"""

RETURN = r"""
path:
  description:
    - Absolute path of the sealed file.
  returned: success, not for what a check would deliver
  type: str
  sample: /srv/graphmail/state/contoso/handover/2c5b9e0e-8f5c-4c53-a2a1-0d9b4a5c1f77.age
received:
  description:
    - When the vendor's receipt says that the credential was received, and the fingerprint of the key that signed it.
      Nothing while there is no receipt.
  returned: success, not in check mode
  type: dict
  sample: {at: "2026-01-02T03:04:05+00:00", by: "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"}
note:
  description:
    - Absolute path of the note for a person.
  returned: success, not for what a check would deliver
  type: str
  sample: /srv/graphmail/state/contoso/handover/2c5b9e0e-8f5c-4c53-a2a1-0d9b4a5c1f77.txt
key_id:
  description:
    - Key id of the credential that was handed over.
  returned: success, not for what a check would deliver
  type: str
  sample: 2c5b9e0e-8f5c-4c53-a2a1-0d9b4a5c1f77
msg:
  description:
    - With O(keep=true) says that nothing is delivered.
  returned: success
  type: str
  sample: "Nothing is delivered: the vendor of customer contoso keeps the credential that it has"
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
    TenantModule("credential_handover").run()


if __name__ == "__main__":
    main()
