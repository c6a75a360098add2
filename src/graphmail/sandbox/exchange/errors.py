"""What a failed cmdlet answers: HTTP status, envelope and the two encodings of its detail.

Shapes: learn.microsoft.com/powershell/module/exchange (types in the public error transcripts of CIPP-API, go-exoscc and
Microsoft365DSC). Which encoding a real answer has is not published; here the cmdlet's verb decides.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from graphmail.sandbox.call import Answer, ServiceError

_TASKS = "Microsoft.Exchange.Configuration.Tasks."
_OBJECT_MODEL = "Microsoft.Exchange.Configuration.ObjectModel."
_DIRECTORY = "Microsoft.Exchange.Data.Directory."
_MANAGEMENT = "Microsoft.Exchange.Management.Tasks."
_DC = "DB9PR01A01DC001.EURPR01A001.PROD.OUTLOOK.COM"

AS_JSON = frozenset({"New", "Add"})  # verbs whose details are a JSON string; the others' are pipe-separated
AS_404 = frozenset({"Get", "Set"})  # verbs that answer a missing object with 404; the others with 400


class CmdletError(Exception):
    """A terminating error of a cmdlet. `type_name` is the .NET type; clients tell errors apart by it."""

    def __init__(self, type_name: str, text: str, *, missing: bool = False, piped: bool = False) -> None:
        super().__init__(text)
        self.type_name = type_name
        self.text = text
        self.missing = missing
        self.piped = piped  # comes in pipe form without an id, whatever the verb
        self.status: int | None = None  # where it is neither 400 nor 404


def not_found(identity: str) -> CmdletError:
    return CmdletError(
        _TASKS + "ManagementObjectNotFoundException",
        f"The operation couldn't be performed because object '{identity}' couldn't be found on '{_DC}'.",
        missing=True,
    )


def ambiguous(identity: str) -> CmdletError:
    return CmdletError(
        _TASKS + "ManagementObjectAmbiguousException",
        f"The operation couldn't be performed because '{identity}' matches multiple entries.",
    )


def already_exists(dn: str) -> CmdletError:
    return CmdletError(
        _DIRECTORY + "ADObjectAlreadyExistsException",
        f"Active Directory operation failed on {_DC}. The object '{dn}' already exists.",
    )


def address_taken(address: str, dn: str) -> CmdletError:
    return CmdletError(
        _OBJECT_MODEL + "ProxyAddressExistsException",
        f'The proxy address "SMTP:{address}" is already being used by the proxy addresses or LegacyExchangeDN of '
        f'"{dn}". Please choose another proxy address.',
    )


def alias_taken(alias: str, dn: str) -> CmdletError:
    return CmdletError(
        _TASKS + "RecipientTaskException",
        f'The alias "{alias}" is already being used by "{dn}". Please choose another alias.',
    )


def not_accepted_domain(domain: str) -> CmdletError:
    return CmdletError(
        _OBJECT_MODEL + "NotAcceptedDomainException",
        f"You can't use the domain because it's not an accepted domain for your organization. Domain: {domain}",
    )


def not_manager() -> CmdletError:
    return CmdletError(
        _TASKS + "OperationRequiresGroupManagerException",
        "You don't have sufficient permissions. This operation can only be performed by a manager of the group.",
    )


def member_exists(member: str, group: str) -> CmdletError:
    return CmdletError(
        _MANAGEMENT + "MemberAlreadyExistsException",
        f'The recipient "{member}" is already a member of the group "{group}".',
    )


def member_missing(member: str, group: str) -> CmdletError:
    return CmdletError(
        _MANAGEMENT + "MemberNotFoundException",
        f'The recipient "{member}" isn\'t a member of the group "{group}".',
    )


def task_failed(text: str) -> CmdletError:
    return CmdletError(_TASKS + "RecipientTaskException", text)


def invalid(text: str) -> CmdletError:
    return CmdletError(_DIRECTORY + "DataValidationException", text)


def not_a_security_principal() -> CmdletError:
    return CmdletError("System.ArgumentException", "The identity of the policy scope is not a security principal.")


def policies_too_large() -> CmdletError:
    return CmdletError(
        "System.InvalidOperationException", "The total size of App Access Policies exceeded the limit.",
    )  # fmt: skip


def write_refused() -> CmdletError:
    return CmdletError(
        _DIRECTORY + "InsufficientPermissionsException",
        f"Source server:{_DC} doesn't have write permission to target DC:{_DC}. Additional information: The user has "
        "insufficient access rights.",
        piped=True,
    )


def parameters_denied(cmdlet: str) -> CmdletError:
    """The roles have the cmdlet, but not all the parameters that were given: DLConversionV2#101."""
    error = CmdletError(
        "Microsoft.Exchange.Configuration.Authorization.CmdletAccessDeniedException",
        f'Some of the parameters specified with the "{cmdlet}" cmdlet aren\'t present in the role definition for the '
        "current user. Check the management roles assigned to you, and try again.",
    )
    error.status = 403
    return error


def not_delegated(assignment: str) -> CmdletError:
    return CmdletError(
        _TASKS + "RoleAssignmentOutOfScopeException",
        f'You don\'t have access to create, change, or remove the "{assignment}" management role assignment. You must '
        "be assigned a delegating role assignment to the management role or its parent in the hierarchy without a "
        "scope restriction.",
    )


def no_service_principal(object_id: str, app_id: str) -> CmdletError:
    return CmdletError(
        _TASKS + "RecipientTaskException",
        f"The service principal with the object ID '{object_id}' and the application ID '{app_id}' doesn't exist in "
        "Microsoft Entra ID. Use the object ID of the enterprise application, not of the app registration.",
    )


def scope_in_use(name: str) -> CmdletError:
    return CmdletError(
        _MANAGEMENT + "ManagementScopeInUseException",
        f"The management scope \"{name}\" can't be removed because it's used by one or more role assignments.",
    )


def dehydrated() -> CmdletError:
    return CmdletError(
        _TASKS + "InvalidOperationInDehydratedContextException",
        "The command you tried to run isn't currently allowed in your organization. To run this command, you first "
        "need to run the command: Enable-OrganizationCustomization.",
    )


def not_applicable(text: str) -> CmdletError:
    return CmdletError("System.InvalidOperationException", text)


def synced(cmdlet: str, parameter: str, name: str) -> CmdletError:
    """support.microsoft.com: owners of an on-premises distribution group can't manage it in Exchange Online."""
    return CmdletError(
        _TASKS + "RecipientTaskException",
        f"The action '{cmdlet}', '{parameter}', can't be performed on the object '{name}' because the object is being "
        "synchronized from your on-premises organization. This action should be performed on the object in your "
        "on-premises organization.",
    )


def not_emulated(what: str) -> ServiceError:
    """501, as for an unknown cmdlet: never an invented success."""
    error = {"code": "NotImplemented", "message": f"The sandbox does not emulate {what}"}
    return ServiceError(Answer(501, {"error": error}))


def binding(text: str, *, transformation: bool = False) -> CmdletError:
    kind = "ParameterBindingArgumentTransformationException" if transformation else "ParameterBindingException"
    return CmdletError(f"System.Management.Automation.{kind}", text)


def answer(cmdlet: str, error: CmdletError) -> Answer:
    """Encode an error as this cmdlet's errors come."""
    verb = cmdlet.partition("-")[0].capitalize()
    missing = error.missing and verb in AS_404
    status = error.status or (404 if missing else 400)
    body = {
        "error": {
            "code": {403: "Forbidden", 404: "NotFound"}.get(status, "BadRequest"),
            "message": "Error executing cmdlet",
            "details": [_detail(verb, error)],
            "innererror": {
                "message": "Error executing cmdlet",
                "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
                "stacktrace": "   at Microsoft.Exchange.Admin.OData.Core.…",
                "internalexception": {
                    "message": error.text,
                    "type": "Microsoft.Exchange.Management.PSDirectInvoke.DirectInvokeCmdletExecutionException",
                    "stacktrace": "   at Microsoft.Exchange.Management.PSDirectInvoke.…",
                },
            },
        },
        "adminapi.warnings@odata.type": "#Collection(String)",
        "@adminapi.warnings": [],
    }
    return Answer(status, body)


def _detail(verb: str, error: CmdletError) -> dict[str, Any]:
    if verb in AS_JSON and not error.piped:
        inner = {"Message": error.text, "TypeName": error.type_name, "StackTrace": None, "InnerError": None}
        return {"code": "Context", "target": "", "message": json.dumps(inner)}
    # The id in front is a hash of where it came from, and is empty for exceptions that are not Exchange's own.
    own = error.type_name.startswith("Microsoft.") and not error.piped
    error_id = f"Ex{hashlib.sha256(error.type_name.encode()).hexdigest()[:6].upper()}" if own else ""
    return {"code": "Client", "target": "", "message": f"{error_id}|{error.type_name}|{error.text}"}
