"""Ansible groups that an inventory makes, for `--limit 'rbac:&pilot'`."""

from __future__ import annotations

CLOUDS = ("global", "gcc_high", "dod", "china", "sandbox")
ACCESS_MODELS = ("application_access_policy", "rbac")

# These always exist, even without hosts: a pattern such as `!rbac` is an error for a group that does not.
ALWAYS = ("customers", "discover", *CLOUDS, *ACCESS_MODELS)

# Names that Ansible itself gives a meaning to.
RESERVED = (*ALWAYS, "all", "ungrouped", "localhost")


def label_group(label: str) -> str:
    """The group of a label; Ansible wants group names that could be variables."""
    return label.replace("-", "_")
