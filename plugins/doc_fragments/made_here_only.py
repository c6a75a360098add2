from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  made_here_only:
    description:
      - With O(state=absent), leave alone what the customer's journal does not claim as made here, and what something
        else still hangs on. The reason is warned of and returned as C(left).
    type: bool
    default: false
"""
