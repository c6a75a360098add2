DOCUMENTATION = r"""
module: credential_rotation
short_description: Says what is to be done next for a credential to be replaced
version_added: "0.1.0"
author: The graphmail authors
description:
  - What is to be done follows from the customer's journal, which says which credentials were made here, proved,
    delivered, acknowledged and taken back. There is no other state, so a run may be killed anywhere.
  - RV(status) V(add) asks for another credential (M(entra_application_password) or M(entra_application_key) with
    O(entra_application_password#module:replaces)), V(prove) for the verification notebooks, V(hand_over) for
    M(credential_handover), and V(remove) for the old one to be taken back. The role C(credential_rotation) does these.
  - V(awaiting_receipt) and V(grace) wait for the vendor, without blocking anything; C(pending.json) of the customer's
    state folder and the reports say so.
  - V(prove_removed) is done by this module. It tries what was taken back, with its own sealed copy, until Entra refuses
    it, and keeps the result as record C(rotation) in the evidence.
  - Before V(remove) the new credential gets a token once more. At no moment does the vendor have less than one
    credential that works, and at most two live.
options:
  mailboxes:
    description:
      - The mailboxes that the proof of a new credential must be about.
    type: list
    elements: str
    required: true
  outside_mailbox:
    description:
      - The mailbox that it must have found closed.
    type: str
    required: true
  recipients:
    description:
      - The vendor's public keys; a receipt must be signed by one of them.
    type: list
    elements: str
    required: true
  rotate_before:
    description:
      - How long before its end a credential is due, as a number of days, weeks, months or years.
    type: str
    default: 60 days
  grace:
    description:
      - How long the vendor has to change over, from its acknowledgement on. V(none) is no time at all, for a credential
        that somebody saw.
    type: str
    default: 7 days
  replace:
    description:
      - Key ids of credentials that shall be replaced now, due or not. One that is not live any more asks for nothing.
    type: list
    elements: str
    default: []
  acknowledged:
    description:
      - Key ids of credentials that the vendor has, as it told an operator by other means than a receipt. The journal
        keeps who said so.
    type: list
    elements: str
    default: []
  keep:
    description:
      - The vendor keeps a credential of its own; nothing is replaced.
    type: bool
    default: false
  federated:
    description:
      - The vendor signs in with its own identity provider; nothing ends, and nothing is replaced.
    type: bool
    default: false
  last_step:
    description:
      - RV(status) and RV(key_id) of the round before, with a space between. The same again changed nothing, and fails.
    type: str
    default: ""
  max_wait:
    description:
      - How many seconds Entra may take until it refuses what was taken back.
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
      - Says what would be done next, and does nothing.
  diff_mode:
    support: none
seealso:
  - module: entra_application_password
  - module: entra_application_key
  - module: credential_handover
  - name: passwordCredential
    description: Several may live at once, which is what lets one take another's place.
    link: https://learn.microsoft.com/graph/api/resources/passwordcredential
"""

EXAMPLES = r"""
- name: See what is to be done next
  credential_rotation:
    tenant: "{{ tenant }}"
    application: kundo-mail
    mailboxes:
      - support@contoso.example
    outside_mailbox: ceo@contoso.example
    recipients:
      - age1h0z87vjsf7u6cqsev2pvva9h3aw5vl3e75uc8nfmw9grkyku3dyqlcnlv0
  register: rotation

- name: Tell it
  ansible.builtin.debug:
    msg: "{{ rotation.status }}: {{ rotation.msg }}"
"""

RETURN = r"""
status:
  description:
    - What is to be done next.
  returned: success
  type: str
  sample: awaiting_receipt
msg:
  description:
    - Why, for a person.
  returned: always
  type: str
  sample: the vendor has not acknowledged credential 2c5b9e0e-8f5c-4c53-a2a1-0d9b4a5c1f77
key_id:
  description:
    - The credential that it is about; empty where there is none.
  returned: success
  type: str
  sample: 2c5b9e0e-8f5c-4c53-a2a1-0d9b4a5c1f77
kind:
  description:
    - Its kind, V(secret) or V(certificate).
  returned: success
  type: str
  sample: secret
replaces:
  description:
    - The credential that is replaced; empty where none is.
  returned: success
  type: str
  sample: 8a1c6c7e-58f0-4dd8-9c93-0c3f6b1c6a55
until:
  description:
    - When the time to change over is past.
  returned: success
  type: str
  sample: "2026-12-08T09:00:00+00:00"
strangers:
  description:
    - Those of O(replace) that were never made here for this customer; somebody else's, or mistyped.
  returned: success
  type: list
  elements: str
  sample: []
credentials:
  description:
    - Every credential made here that lives or was taken back and not yet seen refused, newest first.
  returned: success
  type: list
  elements: dict
  sample:
    - key_id: 2c5b9e0e-8f5c-4c53-a2a1-0d9b4a5c1f77
      kind: secret
      expires: "2028-11-29T00:00:00+00:00"
      standing: delivered
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
    TenantModule("credential_rotation").run()


if __name__ == "__main__":
    main()
