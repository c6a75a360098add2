DOCUMENTATION = r"""
module: tenant_info
short_description: Finds everything that would stop an onboarding, before the first write
version_added: "0.1.0"
author: The graphmail authors
description:
  - Reads a tenant in a few batched requests and compares it with what an onboarding needs. Fails with B(every)
    obstacle at once, each with what was expected, what was found and what to do. Writes nothing.
  - Looks whether the admin's own token reads the organisation that the inventory names, and its initial domain.
  - Looks at the admin app's application permissions, and at the cmdlets that Exchange lets it run.
  - Looks whether every address lies in a verified domain, every mailbox exists and is licensed, and Exchange and
    Microsoft Graph mean the same tenant.
  - Looks whether the name of the app or of the group is taken by something else.
  - Looks whether anything opens more mailboxes to the app than those of its group and would stay, such as another
    access policy, or a role in Exchange beside a policy.
  - Looks whether the app holds credentials that nobody here made, where it would get more than it has.
  - Looks at the tenant's app management policy, which may forbid client secrets or shorten their life.
  - What it read is kept for the run's later tasks, which ask again only before they write.
options:
  application:
    description:
      - The C(uniqueName) that the app has or will get. It need not exist.
    type: str
    required: true
  client_id:
    description:
      - Client id (C(appId)) of an app made by hand that the inventory adopts.
    type: str
  display_name:
    description:
      - Display name that the app has or will get. An app of that name that somebody made by hand is an obstacle, unless
        O(client_id) adopts it.
    type: str
  group:
    description:
      - Name that the mail-enabled security group has or will get. It need not exist.
    type: str
    required: true
  group_address:
    description:
      - Address that the group has or will get, in a verified domain of the tenant.
    type: str
    required: true
  owners:
    description:
      - Owners of the group. Each must have a mailbox.
    type: list
    elements: str
    default: []
  mailboxes:
    description:
      - Mailboxes that the app shall use.
    type: list
    elements: str
    required: true
  outside_mailbox:
    description:
      - A mailbox that must stay unreachable.
    type: str
    required: true
  access:
    description:
      - What confines the app to the group.
      - With V(rbac) an organization that was never customized is an obstacle, and so is an app that works by consent in
        Entra and holds no role assignment yet.
    type: str
    choices: [application_access_policy, rbac]
    default: application_access_policy
  credential_kind:
    description:
      - What the vendor signs in with.
    type: str
    choices: [secret, certificate, federated]
    default: secret
  on_policy:
    description:
      - What happens where the tenant's app management policy, or one of the app's own, forbids that or allows a shorter
        life only. V(stop) makes it an obstacle, V(shorten) lets it live as long as is allowed, V(certificate) makes a
        certificate instead of a secret.
      - What is made in the end stands in the result's C(credential). One that was made here and lives goes on working,
        so it stops nothing, unless it is O(replacing).
    type: str
    choices: [stop, shorten, certificate]
    default: stop
  replacing:
    description:
      - Another credential is made beside the one that was made here and lives. What is chosen and what stops does not
        depend on that one then.
    type: bool
    default: false
  proof_credential:
    description:
      - A proof signs in with a short-lived secret of its own, which lives for O(lifetime); the policies are asked about
        that.
    type: bool
    default: false
  keep_credential:
    description:
      - The vendor keeps a credential that it has, so one of O(known_credentials) must be on the app and live.
    type: bool
    default: false
  known_credentials:
    description:
      - Key ids of credentials made by hand that the vendor keeps.
      - Any other on the app is an obstacle, since consent would be widened for whoever has it.
    type: list
    elements: str
    default: []
  lifetime:
    description:
      - How long the credential shall live, as a number of days, weeks, months or years.
    type: str
    default: 24 months
  large_mail_size:
    description:
      - Bytes of the attachment in the large-mail check. A mailbox whose limits are below that is told as a note. Left
        out, the limits are not looked at.
    type: int
extends_documentation_fragment:
  - tenant
  - action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Does the same as without.
  diff_mode:
    support: none
notes:
  - The admin app needs the application permissions C(Organization.Read.All), C(User.Read.All), C(Policy.Read.All)
    and C(Application.Read.All) for this module to read.
  - What the whole onboarding needs, and this module requires, is C(Application.ReadWrite.All),
    C(AppRoleAssignment.ReadWrite.All), C(Organization.Read.All), C(Policy.Read.All) and C(User.Read.All) of
    Microsoft Graph, C(Exchange.ManageAsApp) of Office 365 Exchange Online, and the Entra role Exchange
    Administrator. A new permission or role needs a new token, which takes minutes.
seealso:
  - name: Get organization
    description: What the tenant is recognised by.
    link: https://learn.microsoft.com/graph/api/organization-get
  - name: tenantAppManagementPolicy resource type
    description: What a tenant may forbid.
    link: https://learn.microsoft.com/graph/api/resources/tenantappmanagementpolicy
  - name: App-only authentication for unattended scripts in Exchange Online
    description: What the admin app needs in Exchange.
    link: https://learn.microsoft.com/powershell/exchange/app-only-auth-powershell-v2
"""

EXAMPLES = r"""
- name: Find everything that would stop this customer's run
  tenant_info:
    tenant: "{{ tenant }}"
    application: kundo-mail
    display_name: Kundo Mail
    group: Kundo Mail mailboxes
    group_address: kundo-mailboxes@contoso.example
    owners:
      - admin@contoso.example
    mailboxes:
      - support@contoso.example
    outside_mailbox: ceo@contoso.example
    lifetime: 24 months
  register: preflight

- name: Tell whose tenant it is
  ansible.builtin.debug:
    msg: "{{ preflight.organization }}: {{ preflight.mailboxes }}"
"""

RETURN = r"""
status:
  description:
    - V(ready), or V(blocked) in a failed result.
  returned: success
  type: str
  sample: ready
obstacles:
  description:
    - What was found, each with its area, whether it stops a run (C(stops), C(yes) or C(no)), what is wrong, what was
      expected and found, and what to do. In a successful result only what does not stop a run.
  returned: success
  type: list
  elements: dict
  sample:
    - area: mailbox
      stops: "no"
      problem: support@contoso.example has a limit below the large-mail size, so large mail will not be proved
      expected: MaxSendSize of at least 14 MB for an attachment of 10,485,760 bytes
      found: 5 MB (5,242,880 bytes)
      remedy: Set-Mailbox support@contoso.example -MaxSendSize 14MB, or lower probe.large_mail_size
credential:
  description:
    - What is made for the vendor, by the tenant's policies and O(on_policy). C(kind), C(lifetime) and C(reason), which
      is empty where it is what was asked for.
  returned: success
  type: dict
  sample:
    kind: secret
    lifetime: 24 months
    reason: ""
organization:
  description:
    - Display name of the tenant's organisation.
  returned: success
  type: str
  sample: Contoso
licences:
  description:
    - Part numbers of the tenant's subscriptions (C(skuPartNumber)).
  returned: success
  type: list
  elements: str
  sample: [SPE_E3]
rights:
  description:
    - Application permissions in the admin's own tokens.
  returned: success
  type: list
  elements: str
  sample: [AppRoleAssignment.ReadWrite.All, Application.ReadWrite.All, Exchange.ManageAsApp]
dehydrated:
  description:
    - Whether Exchange still has the tenant's configuration in its shortened form. Some cmdlets then need
      C(Enable-OrganizationCustomization) first.
  returned: success
  type: bool
  sample: false
mailboxes:
  description:
    - Type of each of O(mailboxes), by address.
  returned: success
  type: dict
  sample:
    support@contoso.example: UserMailbox
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
    TenantModule("tenant_info").run()


if __name__ == "__main__":
    main()
