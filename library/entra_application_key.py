DOCUMENTATION = r"""
module: entra_application_key
short_description: Makes a certificate of an app, keeps its key sealed, and uploads its public half
version_added: "0.2.0"
author: The graphmail authors
description:
  - Makes one RSA key and its self-signed certificate for an app, seals both in memory to the operators, uploads the
    certificate, and keeps it until it is retired. A second run makes nothing.
  - The private key goes from memory into an age file, C(credentials/<key id>.age) in the customer's state folder, and
    nowhere else. It is in no parameter, result, diff, log or message, and never at Microsoft.
  - The customer's journal gets the intent before the key is sealed, the key is sealed before the certificate is
    uploaded, and the journal gets the outcome after it. If a run dies in between, the next one uploads what is sealed,
    and makes nothing anew.
  - Microsoft keeps all certificates of an app as one list, which a write replaces. So this module reads the list until
    several reads in a row agree, writes every entry back as it was read, and reads it once more. It removes exactly its
    own certificate, known by its thumbprint.
  - A certificate with this project's marker that the journal does not know was made from another state folder. Then the
    task fails and names its key id.
  - Never hands a key out. M(credential_handover) does, after the proof.
options:
  lifetime:
    description:
      - How long a new certificate is valid, as a number of days, weeks, months or years.
      - Chosen when the certificate is made. One that lives is not made anew for another lifetime.
    type: str
    default: 24 months
  proof:
    description:
      - The certificate is for a proof alone. It is told apart from all others by its marker, is never handed over, and
        is removed with O(state=absent).
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
      - Whether there shall be a live certificate made here. V(absent) removes it from the app. The sealed file stays,
        as a record.
    type: str
    choices: [present, absent]
    default: present
  replaces:
    description:
      - Key id of a live credential that a new certificate shall take the place of. It does not count as the live
        one, and stays until it is taken back with O(key_id).
    type: str
  key_id:
    description:
      - With O(state=absent), takes back this certificate alone instead of all that were made here.
    type: str
extends_documentation_fragment:
  - tenant
  - application_reference
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Makes, seals, uploads and removes nothing. The key id and the expiry of a certificate that would be made are
        V((assigned by Microsoft\)).
  diff_mode:
    support: full
    details:
      - Shows the lifetime of a certificate that is made, and the marker of one that a dead run sealed and did not
        upload. Never the key.
notes:
  - The admin app needs the application permission C(Application.ReadWrite.All).
  - A tenant's app management policy may shorten the life of certificates, or take those of a trusted authority alone.
    M(tenant_info) tells that before the first write.
  - A key that is about to be made must be sealable. Without an operator's public key the task fails
    before it makes one.
  - A certificate that has expired, or whose sealed file is missing, stops the task. C(docs/operators.md) says under
    "Replacing a credential" how to replace it.
seealso:
  - module: entra_application_password
  - module: credential_handover
  - module: tenant_info
  - name: keyCredential
    description: How an app's certificates are kept.
    link: https://learn.microsoft.com/graph/api/resources/keycredential
  - name: Certificate credentials
    description: How an app signs in with one.
    link: https://learn.microsoft.com/entra/identity-platform/certificate-credentials
  - name: age
    description: The format of sealed files.
    link: https://age-encryption.org/v1
"""

EXAMPLES = r"""
- name: Make a certificate, seal its key to the operators, and upload it
  entra_application_key:
    tenant: "{{ tenant }}"
    application: kundo-mail
    lifetime: 24 months
  register: credential

- name: Tell where it lies
  ansible.builtin.debug:
    msg: "{{ credential.key_id }} lives until {{ credential.expires }} and lies sealed in {{ credential.sealed }}"

- name: Remove it from the app
  entra_application_key:
    tenant: "{{ tenant }}"
    application: kundo-mail
    state: absent
"""

RETURN = r"""
key_id:
  description:
    - Key id of the live certificate.
    - V((assigned by Microsoft\)) for one that a check would make.
  returned: success, when O(state) is V(present)
  type: str
  sample: 2c5b9e0e-8f5c-4c53-a2a1-0d9b4a5c1f77
expires:
  description:
    - When it stops working, in ISO 8601 and UTC, or V((assigned by Microsoft\)).
  returned: success, when O(state) is V(present)
  type: str
  sample: "2027-11-23T09:30:00+00:00"
sealed:
  description:
    - Absolute path of the sealed file. Empty for a certificate that a check would make.
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
    TenantModule("entra_application_key").run()


if __name__ == "__main__":
    main()
