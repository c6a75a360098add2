"""The one place where Ansible and the package meet."""
