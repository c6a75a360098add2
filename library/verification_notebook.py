DOCUMENTATION = r"""
module: verification_notebook
short_description: Executes a verification notebook for one customer
version_added: "0.1.0"
author: The graphmail authors
description:
  - Executes one of the notebooks in a kernel of its own, for one customer, and returns its verdict. The same file
    can be opened and run by a person.
  - V(verify_access) proves that the app reaches every mailbox it shall reach and is refused by the outside mailbox,
    for reading and for sending apart. V(verify_send), V(verify_receive) and V(verify_large_mail) prove mail by mail
    that is found again in the other mailbox.
  - The executed notebook and its record are kept in the evidence of the run, whatever it found.
  - The task fails unless the verdict is V(passed), and says the first check that did not pass. It fails too when
    there is no record.
  - Writes no configuration, so it never reports a change. The notebooks do write and read marked mail, and remove
    it again.
  - Gets no secret as a parameter. The kernel opens the sealed credential itself.
options:
  notebook:
    description:
      - Which one.
    type: str
    required: true
    choices: [verify_access, verify_send, verify_receive, verify_large_mail]
  folder:
    description:
      - Folder that the notebooks lie in.
    type: path
    required: true
  inventory:
    description:
      - The inventory file, which the notebook reads to know what shall be.
    type: path
    required: true
  max_wait:
    description:
      - How many seconds the notebook may wait for what it looks for, such as a mail.
    type: int
    default: 7200
extends_documentation_fragment:
  - tenant
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Executes nothing and sends nothing. The task is skipped, RV(verdict) is V(unknown), and RV(record) and
        RV(executed) are empty.
        M(credential_handover) learns that the run would have made this proof.
  diff_mode:
    support: none
notes:
  - The notebooks sign in as the mail app, with the sealed credential that M(entra_application_password) made. To ask
    Exchange's own test and to look for other sources of access, the admin app needs C(Application.Read.All) and
    C(Exchange.ManageAsApp) with the Entra role Exchange Administrator.
seealso:
  - module: propagation_probe
  - module: credential_handover
  - name: papermill
    description: What executes the notebook.
    link: https://papermill.readthedocs.io/en/latest/
  - name: Get message
    description: How mail is found again.
    link: https://learn.microsoft.com/graph/api/message-get
"""

EXAMPLES = r"""
- name: Prove that the app reaches its mailboxes and nothing else
  verification_notebook:
    tenant: "{{ tenant }}"
    notebook: verify_access
    folder: "{{ playbook_dir }}/../notebooks"
    inventory: "{{ inventory_file }}"
"""

RETURN = r"""
notebook:
  description:
    - Name of the notebook.
  returned: when there is a record
  type: str
  sample: verify_access
verdict:
  description:
    - V(passed) only if there was a check and every one passed, V(failed) if any failed, else V(unknown), which is
      never good.
  returned: when there is a record
  type: str
  sample: passed
record:
  description:
    - Path of the record with all checks, as JSON.
  returned: when there is a record
  type: str
  sample: /srv/graphmail/evidence/contoso/20251123T093000Z-verify-0a1b2c/bag/data/records/verify_access.json
executed:
  description:
    - Path of the executed notebook.
  returned: when there is a record
  type: str
  sample: /srv/graphmail/evidence/contoso/20251123T093000Z-verify-0a1b2c/bag/data/notebooks/verify_access.ipynb
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
    TenantModule("verification_notebook").run()


if __name__ == "__main__":
    main()
