from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  tenant:
    description:
      - The customer's tenant and how ops signs in to it. The inventory plugin P(customers#inventory) makes it as the
        variable C(tenant), so that every task says C(tenant) with the value C("{{ tenant }}").
      - It names things and holds no secret.
    type: dict
    required: true
    suboptions:
      customer:
        description:
          - The customer's name in the inventory. It names the folder of the customer's local state and evidence, so it
            consists of at most 63 small letters, digits and dashes and does not begin with a dash.
        type: str
        required: true
      tenant_id:
        description:
          - The tenant's GUID. Before the first write, the organisation that the admin's own token reads must have it.
        type: str
        required: true
      initial_domain:
        description:
          - The tenant's first domain, such as V(contoso.onmicrosoft.com). It must be the initial domain of that
            organisation.
        type: str
        required: true
      cloud:
        description:
          - The cloud that the tenant lives in. It alone decides which hosts get a token.
        type: str
        required: true
        choices: [global, gcc_high, dod, china, sandbox]
      admin:
        description:
          - How ops signs in.
        type: dict
        required: true
        suboptions:
          kind:
            description:
              - The way of signing in. As an app with a client secret, a certificate or a workload identity
                (V(federated)). Or as an administrator, who signs in with a code (V(device_code)) or in a browser on
                this machine (V(authorization_code)).
              - The sealed file must hold the same. A person's sign-in is renewed and sealed anew at each use. Where
                none is kept, or it is over, the task shows what the administrator has to do and waits for it, for at
                most fifteen minutes.
            type: str
            choices: [client_secret, certificate, federated, device_code, authorization_code]
          client_id:
            description:
              - Ops' own multi-tenant public client, which administrators sign in with.
            type: str
          sealed:
            description:
              - Absolute path of the sealed file with how ops signs in. It is opened in memory, with the operator's
                private key.
              - Made with C(python -m graphmail.credentials seal CUSTOMER --inventory FILE), or for a person's sign-in
                with C(sign-in) instead of C(seal).
            type: path
            required: true
      operators:
        description:
          - Public keys of the operators (V(age1…) or V(ssh-ed25519 …)). Everything made here is sealed to them.
          - May be empty only in the sandbox. Then it is sealed to the key that E(GRAPHMAIL_IDENTITY) names.
        type: list
        elements: str
        required: true
      known_mailbox:
        description:
          - A mailbox of the tenant. Exchange and Graph must agree about it before anything is written to Exchange.
        type: str
        required: true
      part:
        description:
          - Whose local state it is about, where that is not the mail app's. V(onboarding) is the app that ops works
            with; its journal and credentials lie in a folder of their own, below the customer's.
        type: str
        choices: [onboarding]
attributes:
  platform:
    support: full
    platforms: posix
    details:
      - Linux, or Windows Subsystem for Linux.
requirements:
  - the Python package graphmail, in the Python that runs Ansible
notes:
  - Runs on the control node, inside the Ansible worker. The inventory plugin sets C(ansible_connection=local).
  - One run at a time works on a customer. A second one fails and names the first. A check does not wait for its turn.
  - Local state lies below E(GRAPHMAIL_STATE) (by default C(state)), the evidence below E(GRAPHMAIL_EVIDENCE) (by
    default C(evidence)). The operator's private key is the file that E(GRAPHMAIL_IDENTITY) names.
  - No secret is ever in a parameter, a result, a diff or a message.
"""
