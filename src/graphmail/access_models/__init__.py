"""The access models that an inventory may name."""

from __future__ import annotations

from graphmail.access_models.application_access_policy import ApplicationAccessPolicyModel
from graphmail.access_models.model import MAIL_ROLES, AccessModel, Plane, Tested
from graphmail.access_models.rbac import RbacModel

MODELS: dict[str, AccessModel] = {model.name: model for model in (ApplicationAccessPolicyModel(), RbacModel())}
DEFAULT = ApplicationAccessPolicyModel.name
# Ansible's spec of the option that names one.
ACCESS = {"type": "str", "choices": list(MODELS), "default": DEFAULT}

__all__ = ["ACCESS", "DEFAULT", "MAIL_ROLES", "MODELS", "AccessModel", "Plane", "Tested"]
