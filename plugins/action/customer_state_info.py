from graphmail_ansible.action import TenantAction


class ActionModule(TenantAction):
    pass
