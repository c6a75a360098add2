DOCUMENTATION = r"""
module: access_migration
short_description: Takes a customer from an access policy to RBAC for Applications, step by step
version_added: "0.1.0"
author: The graphmail authors
description:
  - Each call takes one step of the migration, or looks once whether the wait of a step is over. Where it is, is
    kept in C(migration.json) of the customer's state folder, written before anything is changed or waited for. So
    a run may be killed anywhere, and the next one goes on.
  - The steps forward are RV(step) V(grant) (Exchange's service principal and the roles on the group), V(test)
    (Exchange's own test), V(hold) (O(cache_time)), V(revoke) (consent in Entra taken away), V(prove) (both
    planes, with a token without any Mail.* role), V(outlast) (O(token_lifetime)), V(unrestrict) (the policy
    removed), V(settle) (O(cache_time)) and V(prove_again).
  - A step that is red turns the migration back to the state before, which is proved too; then the task fails and
    says why. On the way back a policy that was removed acts again before anybody consents.
  - Before anything is written it proves that the app works as it is, and names everything that stands in the way,
    such as a DenyAccess policy, groups in the group, a group that reads as empty, and what was not made here.
options:
  group:
    description:
      - Name of the group that confines the app before and after.
    type: str
    required: true
  mailboxes:
    description:
      - Mailboxes that the app must reach all the time.
    type: list
    elements: str
    required: true
  outside_mailbox:
    description:
      - A mailbox that the app must be refused all the time.
    type: str
    required: true
  cache_time:
    description:
      - How many seconds Exchange may take until a change of roles or policies acts.
    type: int
    default: 7200
  token_lifetime:
    description:
      - How many seconds a token of the app lives. A program that asks for continuous access evaluation gets
        tokens that live for up to 28 hours.
    type: int
    default: 5400
  patience:
    description:
      - How many seconds a proof on the way forward may take, after the hold before it. Then it is red.
    type: int
    default: 900
  max_wait:
    description:
      - How many seconds a proof on the way back may take. Then the task fails, and the next run goes on there.
    type: int
    default: 7200
  stay:
    description:
      - Whether the task waits for holds to be over. With V(false) it answers V(held) in RV(status), and a later
        run goes on.
    type: bool
    default: true
  back:
    description:
      - Turns a migration under way back to the state before.
    type: bool
    default: false
  proof:
    description:
      - Whether the proofs sign in with a short-lived credential, since the vendor keeps its own.
        M(entra_application_password) makes it when RV(proof_credential) says V(missing), and removes it when that
        says V(spent). Without one no step is proved, and none is taken.
    type: bool
    default: false
extends_documentation_fragment:
  - tenant
  - application_reference
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Shows what the customer has now and what the whole migration would change. Proves nothing and writes nothing.
  diff_mode:
    support: full
notes:
  - The admin app needs the application permissions C(AppRoleAssignment.ReadWrite.All) and C(Application.Read.All)
    of Microsoft Graph, C(Exchange.ManageAsApp) of Office 365 Exchange Online, and the Entra role Exchange
    Administrator.
  - The proofs sign in as the mail app, with the sealed credential that M(entra_application_password) made; with
    O(proof) with the short-lived one.
seealso:
  - module: exo_management_role_assignment
  - module: exo_application_access_policy
  - module: entra_app_role_assignment
  - name: Role Based Access Control for Applications in Exchange Online
    description: What replaces application access policies, how to migrate, and how long changes stay in caches.
    link: https://learn.microsoft.com/exchange/permissions-exo/application-rbac
"""

EXAMPLES = r"""
- name: Take all steps of the migration
  access_migration:
    tenant: "{{ tenant }}"
    application: kundo-mail
    group: Kundo Mail mailboxes
    mailboxes:
      - support@contoso.example
    outside_mailbox: ceo@contoso.example
  register: migration
  until: migration.status not in ['next', 'waiting']
  retries: 500
  delay: 0 # the task itself sleeps until the next look is due
"""

RETURN = r"""
status:
  description:
    - V(next) when there is another step to take, V(waiting) when this one is to be looked at again, V(held) when
      a hold is not over and the run need not stay, V(done) when all is proved, V(nothing) when there is nothing
      to migrate, V(planned) in check mode.
  returned: success
  type: str
  sample: waiting
step:
  description:
    - The step that is to be taken next. Empty when there is none.
  returned: success
  type: str
  sample: hold
waiting_for:
  description:
    - What is waited for, for a person.
  returned: success
  type: str
  sample: the last tokens with the old permissions to expire
proof_credential:
  description:
    - With O(proof), V(missing) when the next call proves and there is no short-lived credential, V(spent) when there
      is one and the next call does not need it. Else empty.
  returned: success
  type: str
  sample: missing
until:
  description:
    - When the wait is over, in ISO 8601 and UTC. Empty without one.
  returned: success
  type: str
  sample: "2025-11-23T11:30:00+00:00"
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
    TenantModule("access_migration").run()


if __name__ == "__main__":
    main()
