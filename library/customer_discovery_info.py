DOCUMENTATION = r"""
module: customer_discovery_info
short_description: Writes what somebody set up by hand as an inventory entry
version_added: "0.1.0"
author: The graphmail authors
description:
  - Looks at a tenant where somebody has worked by hand, over a connection that refuses to write, and writes an
    inventory entry into a file of its own. Which app, its credentials, consent, what confines it to which group, the
    group's members and owners, a mailbox that is no member, and every other source of access.
  - What only a person can decide stands as V(UNDECIDED) in the file, which no check of an inventory accepts, and in
    RV(undecided).
  - Says what an onboarding with this entry would change and what would stop it; where something is undecided, with what
    is proposed for it.
  - Never overwrites a file. Another one of the same name that says something else stays.
options:
  display_name:
    description:
      - Name of the app that somebody registered.
    type: str
    default: Kundo Mail
  unique_name:
    description:
      - What the app shall be found by once it is taken over. If another app of the tenant has it, the entry gets
        another one.
    type: str
    default: kundo-mail
  client_id:
    description:
      - Client id of the app, where its name does not say which.
    type: str
  group:
    description:
      - Name of the group that is meant where neither policy nor role assignment names one.
    type: str
    default: Kundo Mail mailboxes
  recipients:
    description:
      - The vendor's public keys, for the entry.
    type: list
    elements: str
    default: []
  folder:
    description:
      - Where the file goes, as C(<customer>.yml). Left out, it is C(discovered) beside the evidence.
    type: path
extends_documentation_fragment:
  - tenant
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - The same, and no file is written.
  diff_mode:
    support: none
notes:
  - The admin app needs C(Application.Read.All), C(Organization.Read.All) and C(User.Read.All) of Microsoft Graph, and
    to read Exchange C(Exchange.ManageAsApp) of Office 365 Exchange Online with the Entra role Global Reader.
seealso:
  - module: customer_drift_info
  - module: entra_application
  - name: Limiting application permissions to specific Exchange Online mailboxes
    description: What confines an app.
    link: https://learn.microsoft.com/graph/auth-limit-mailbox-access
"""

EXAMPLES = r"""
- name: Write what the tenant has as an inventory entry
  customer_discovery_info:
    tenant: "{{ tenant }}"
    display_name: Kundo Mail
    recipients:
      - age1h0z87vjsf7u6cqsev2pvva9h3aw5vl3e75uc8nfmw9grkyku3dyqlcnlv0
  register: discovery

- name: Tell what has to be decided
  ansible.builtin.debug:
    var: discovery.undecided
"""

RETURN = r"""
status:
  description:
    - V(complete), or V(undecided) where a person has to look.
  returned: success
  type: str
  sample: undecided
entry:
  description:
    - The entry by field.
  returned: success
  type: dict
  sample:
    app.client_id: 11111111-2222-4333-8444-555555555555
    access: application_access_policy
undecided:
  description:
    - Each with the field it is about, what it is, what there is to choose from, and what is proposed, if anything.
  returned: success
  type: list
  elements: dict
  sample:
    - field: group.address
      what: the app is confined to several groups
      choices: Kundo <kundo@contoso.example>; Sales <sales-group@contoso.example>
      proposal: kundo@contoso.example
findings:
  description:
    - What opens more than the group to the app, or shuts a member out, as M(exo_application_access_info) names it.
  returned: success
  type: list
  elements: dict
  sample: []
changes:
  description:
    - What C(onboard.yml) with this entry would change. What is undecided and has no proposal is shown as V(UNDECIDED).
  returned: success
  type: list
  elements: str
  sample:
    - "app registration: unique_name: nothing becomes kundo-mail"
stops:
  description:
    - What would stop C(onboard.yml) with this entry, each with what to do.
  returned: success
  type: list
  elements: str
  sample: []
remarks:
  description:
    - What to do about what is there, with nothing to decide, such as a secret near its end.
  returned: success
  type: list
  elements: str
  sample: []
seen:
  description:
    - Credentials, consents, policies and role assignments of the app, in words.
  returned: success
  type: dict
  sample:
    consents: [Mail.Send of Microsoft Graph]
path:
  description:
    - The file; empty with C(--check).
  returned: success
  type: str
  sample: /srv/graphmail/discovered/contoso.yml
text:
  description:
    - What stands in the file.
  returned: success
  type: str
  sample: "customers: …"
msg:
  description:
    - One line for a person.
  returned: success
  type: str
  sample: /srv/graphmail/discovered/contoso.yml; 1 thing to decide
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
    TenantModule("customer_discovery_info").run()


if __name__ == "__main__":
    main()
