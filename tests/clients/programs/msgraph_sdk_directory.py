"""The directory with msgraph-sdk and azure-identity: an app registered, given rights and a secret, used, removed."""

from __future__ import annotations

import asyncio
import json
import os
from uuid import UUID

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from msgraph.generated.applications.applications_request_builder import ApplicationsRequestBuilder
from msgraph.generated.applications.item.add_password.add_password_post_request_body import AddPasswordPostRequestBody
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.application import Application
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_credential import PasswordCredential
from msgraph.generated.models.required_resource_access import RequiredResourceAccess
from msgraph.generated.models.resource_access import ResourceAccess
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.tasks.page_iterator import PageIterator

GRAPH = "00000003-0000-0000-c000-000000000000"
SCOPES = ["https://graph.microsoft.com/.default"]
TENANT = os.environ["TENANT"]


async def visible(read):
    """Read until what was made is there: it replicates."""
    for _ in range(100):
        try:
            return await read()
        except ODataError as error:
            if error.response_status_code not in (400, 404):
                raise
            await asyncio.sleep(0.1)
    raise TimeoutError


async def main() -> None:
    credential = ClientSecretCredential(TENANT, os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
    client = GraphServiceClient(credential, SCOPES)
    seen: dict[str, object] = {}

    principal = await client.service_principals_with_app_id(GRAPH).get()
    role = next(r for r in principal.app_roles if r.value == "Mail.Send")
    access = RequiredResourceAccess(resource_app_id=GRAPH, resource_access=[ResourceAccess(id=role.id, type="Role")])
    made = await client.applications.post(
        Application(display_name="Kundo Mail", tags=["kundo-mail"], required_resource_access=[access]),
    )
    seen["audience"] = made.sign_in_audience
    await visible(lambda: client.applications.by_application_id(made.id).get())
    enterprise = await visible(lambda: client.service_principals.post(ServicePrincipal(app_id=made.app_id)))
    grant = AppRoleAssignment(principal_id=UUID(enterprise.id), resource_id=UUID(principal.id), app_role_id=role.id)
    assigned = client.service_principals.by_service_principal_id(principal.id).app_role_assigned_to
    granted = await visible(lambda: assigned.post(grant))
    seen["granted_to"] = granted.principal_display_name
    try:
        await assigned.post(grant)
    except ODataError as error:
        seen["granted_twice"] = [error.response_status_code, error.error.message]

    secret = await client.applications.by_application_id(made.id).add_password.post(
        AddPasswordPostRequestBody(password_credential=PasswordCredential(display_name="one")),
    )
    seen["hint"] = secret.secret_text.startswith(secret.hint)
    query = ApplicationsRequestBuilder.ApplicationsRequestBuilderGetQueryParameters(
        filter="startswith(displayName,'Kundo')",
        count=True,
        orderby=["displayName"],
        select=["id", "appId", "displayName", "passwordCredentials"],
    )
    asked = RequestConfiguration(query_parameters=query)
    asked.headers.add("ConsistencyLevel", "eventual")
    found = await client.applications.get(request_configuration=asked)
    seen["found"] = [[a.display_name, len(a.password_credentials)] for a in found.value if a.id == made.id]
    seen["secret_text_again"] = [p.secret_text for a in found.value for p in a.password_credentials if a.id == made.id]

    users = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(top=2, select=["id", "userPrincipalName", "mail"])
    first = await client.users.get(request_configuration=RequestConfiguration(query_parameters=users))
    names: list[str] = []
    await PageIterator(first, client.request_adapter).iterate(
        lambda user: names.append(user.user_principal_name) or True
    )
    seen["users"] = sorted(names)

    wrong = ClientSecretCredential(TENANT, made.app_id, "x" * 40)
    try:
        wrong.get_token(*SCOPES)
    except ClientAuthenticationError as error:
        seen["wrong_secret"] = "AADSTS7000215" in str(error)
    await client.applications.by_application_id(made.id).delete()
    try:
        await client.applications.by_application_id(made.id).get()
    except ODataError as error:
        seen["deleted"] = [error.response_status_code, error.error.code]
    deleted = await client.directory.deleted_items.graph_application.get()
    seen["restorable"] = [a.display_name for a in deleted.value if a.id == made.id]
    print(json.dumps(seen))


asyncio.run(main())
