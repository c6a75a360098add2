"""One declaration per resource, found by the module's name."""

from __future__ import annotations

from importlib import import_module

from graphmail.resource import Info, Resource

# Module name -> class; each lives in the file of the module's name.
CLASSES = {
    "entra_application": "Application",
    "entra_service_principal": "ServicePrincipal",
    "entra_app_role_assignment": "AppRoleAssignment",
    "entra_directory_role_assignment": "DirectoryRoleAssignment",
    "admin_sign_in": "AdminSignIn",
    "admin_credential": "AdminCredential",
    "entra_application_password": "ApplicationPassword",
    "entra_application_key": "ApplicationKey",
    "entra_federated_identity_credential": "FederatedIdentityCredential",
    "exo_distribution_group": "DistributionGroup",
    "exo_application_access_policy": "ApplicationAccessPolicy",
    "exo_service_principal": "ExchangeServicePrincipal",
    "exo_management_role_assignment": "ManagementRoleAssignment",
    "exo_application_access_info": "ApplicationAccessInfo",
    "access_migration": "AccessMigration",
    "tenant_info": "TenantInfo",
    "customer_drift_info": "CustomerDriftInfo",
    "customer_discovery_info": "CustomerDiscoveryInfo",
    "customer_state_info": "CustomerStateInfo",
    "customer_start_state": "CustomerStartState",
    "customer_absence_info": "CustomerAbsenceInfo",
    "retired_proof_info": "RetiredProofInfo",
    "propagation_probe": "PropagationProbe",
    "verification_notebook": "VerificationNotebook",
    "credential_handover": "CredentialHandover",
    "credential_rotation": "CredentialRotation",
}


def resource(name: str) -> Resource | Info:
    """The resource of the module of that name."""
    made: Resource | Info = getattr(import_module(f"graphmail.resources.{name}"), CLASSES[name])()
    return made
