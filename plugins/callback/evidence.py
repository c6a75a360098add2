from __future__ import annotations

DOCUMENTATION = r"""
name: evidence
type: aggregate
short_description: Records every run in the archive
version_added: "0.1.0"
author: The graphmail authors
description:
  - Opens one directory for each customer before its first task, writes down each task with its diff, and closes the
    directory as a BagIt bag with a report, also when the run fails. C(--check) leaves none.
  - Holds each customer's lock for the life of the run, so that two runs never work on the same tenant.
  - The archive's root is C(GRAPHMAIL_EVIDENCE), by default C(evidence).
requirements:
  - enabled by C(callbacks_enabled = evidence) in ansible.cfg
"""

from graphmail_ansible.recorder import Recorder


class CallbackModule(Recorder):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "evidence"
    CALLBACK_NEEDS_ENABLED = True
