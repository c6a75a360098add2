from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  application:
    description:
      - The C(uniqueName) of the app registration, as M(entra_application) made it.
      - It must exist, unless what depends on it shall be absent. In check mode it may also be one that this run would
        make. A warning says so.
    type: str
    required: true
  client_id:
    description:
      - Client id (C(appId)) of an app made by hand that the inventory adopts. The app is then found by it, and
        O(application) only names it.
    type: str
"""
