"""What the client takes for granted of the services: where, by which word in the code, and the case that shows it.

The case's claim says what is taken for granted. A test finds the word in that file of `src/graphmail`, finds the case,
and finds every code of a service that the client names in one of these tables.
"""

from __future__ import annotations

DEPENDS = {
    "tenant.py": {
        "7000215": "wrong_secret_is_an_invalid_client",
        "wait_for_sign_in": "new_secret_is_accepted_within_two_minutes",
        "700016": "unknown_application_is_an_unauthorized_client",
        "verifiedDomains": "organization_is_the_tenant",
        "user_path": "user_is_found_by_address",
        "ExternalDirectoryObjectId": "recipient_has_the_id_of_the_user",
    },
    "auth.py": {
        "7000222": "removed_secret_is_refused_in_the_end",
        "7000112": "disabled_application_gets_no_token",
        "token_endpoint": "discovery_by_domain_names_the_tenants_id",
        '"roles"': "app_without_consent_gets_a_token_without_roles",
    },
    "mailflow/access.py": {
        "_model.consented": "token_keeps_the_roles_it_was_issued_with",
    },
    "mailflow/plane_probe.py": {
        '"toRecipients": []': "policy_confines_sending_as_it_confines_reading",
        "error.code": "access_policy_confines_a_consented_app",
    },
    "diagnosis/causes/policy.py": {
        "ErrorAccessDenied": "access_policy_confines_a_consented_app",
    },
    "resources/entra_application.py": {
        "create-if-missing": "upsert_by_unique_name_creates_once",
        "uniqueName": "soft_deleted_application_holds_its_unique_name",
        "deletedItems": "deleted_application_is_restored_with_its_secrets_and_principal",
        "_refuse_strangers": "display_name_is_no_key",
    },
    "resources/permissions.py": {
        "required_resource_access": "patch_replaces_a_collection_and_leaves_the_rest",
        "appRoles": "resource_tells_its_application_roles",
    },
    "resources/application_reference.py": {
        "appId=": "alternate_keys_find_an_application",
    },
    "resources/entra_application_password.py": {
        "passwordCredentials": "application_read_whole_has_its_credentials_and_defaults",
        "secretText": "secret_text_is_shown_once",
        "displayName": "secret_has_the_name_and_end_it_was_asked_for",
        "No password credential found": "secret_removed_twice_is_told_by_its_message",
        "CredentialTypeNotAllowedAsPerAppPolicy": "secret_forbidden_by_policy_is_told_by_its_code",
        "CredentialInvalidLifetimeAsPerAppPolicy": "secret_longer_than_policy_allows_is_told_by_its_code",
    },
    "resources/entra_application_key.py": {
        "CredentialTypeNotAllowedAsPerAppPolicy": "secret_forbidden_by_policy_is_told_by_its_code",
        "CredentialInvalidLifetimeAsPerAppPolicy": "secret_longer_than_policy_allows_is_told_by_its_code",
    },
    "resources/key_credentials.py": {
        "$select=id,keyCredentials": "certificates_are_patched_as_a_whole",
    },
    "resources/foreign_credentials.py": {
        "keyCredentials": "certificates_are_patched_as_a_whole",
    },
    "resources/preflight.py": {
        "IsDehydrated": "organization_that_was_never_customized_refuses_assignments",
    },
    "resources/credential_policy.py": {
        "applicationRestrictions": "default_app_management_policy_is_one_object",
    },
    "resources/application_logo.py": {
        "logoUrl": "logo_is_put_as_a_picture",
    },
    "resources/entra_service_principal.py": {
        "409": "second_service_principal_of_an_application_is_a_conflict",
        "NoBackingApplicationObject": "service_principal_of_no_application_is_told_by_its_detail",
        "Request_ResourceNotFound": "user_who_does_not_exist_is_not_found",
    },
    "resources/entra_app_role_assignment.py": {
        "already exists": "second_grant_of_a_role_is_refused",
        "appRoleAssignedTo": "consent_by_the_resource_is_listed_by_the_client",
        "graph.delete": "consent_is_revoked_once",
    },
    "graph.py": {
        "@odata.nextLink": "next_link_is_followed_as_it_is",
        "responses": "batch_items_have_their_own_status",
        "BATCH = 20": "batch_of_more_than_twenty_is_refused",
        "pre-authenticated": "upload_url_refuses_a_bearer",
    },
    "errors.py": {
        "missing": "error_has_code_message_and_inner_error",
        "ManagementObjectNotFoundException": "missing_group_is_told_by_the_type_of_its_error",
    },
    "exchange.py": {
        "exportedCmdlets": "allowed_cmdlets_are_listed",
        "\\0": "app_without_an_exchange_role_is_refused_without_a_word",
        "@odata.nextLink": "next_page_is_posted_for_with_the_same_body",
        "$batch": "batch_items_are_told_apart_by_id",
        '"@" not in name': "row_has_annotations_beside_its_values",
        "error.missing": "object_removed_twice_is_missing",
        "may answer nothing": "cmdlet_that_changes_answers_nothing",
    },
    "resources/exo_service_principal.py": {
        "POINTERS": "result_size_left_out_loses_nothing_by_following_links",
        "Get-ServicePrincipal": "blank_identity_returns_all",
        "ObjectId": "registrations_object_id_is_no_service_principal",
        "doesn't exist in": "pointer_to_nobody_is_refused_as_missing",
        "role assignments go with it": "assignments_go_with_their_pointer",
    },
    "exchange_errors.py": {
        "TypeName": "error_detail_has_one_of_two_encodings",
        "already exist": "pointer_made_twice_exists_already",
    },
    "resources/exo_distribution_group.py": {
        "ADObjectAlreadyExistsException": "group_made_twice_is_an_error",
        "MemberAlreadyExistsException": "member_added_twice_is_an_error",
        "MemberNotFoundException": "member_removed_that_is_none_is_an_error",
        "BypassSecurityGroupManagerCheck": "application_needs_to_bypass_the_manager_check",
        "ExternalDirectoryObjectId": "new_group_comes_to_have_the_id_that_entra_knows",
    },
    "resources/recipients.py": {
        "ManagedBy": "owner_reads_back_as_a_name_that_identifies_it",
        "Guid": "member_is_known_by_its_guid",
        "NAMES": "recipient_is_found_by_every_name_it_has",
    },
    "mailflow/limits.py": {
        "MaxSendSize": "mailbox_tells_its_sizes_as_text",
        "ErrorMessageSizeExceeded": "upload_over_the_mailboxs_limit_is_refused_by_its_code",
        "ErrorAttachmentSizeLimitExceeded": "session_over_the_largest_attachment_is_refused",
        "413": "request_over_four_megabytes_is_refused",
    },
    "resources/access_policies.py": {
        "ScopeIdentityRaw": "policy_reads_back_by_the_groups_object_id",
        "refuse_widening": "policies_that_restrict_add_up",
    },
    "resources/exo_application_access_policy.py": {
        '" "': "policy_without_a_description_gets_a_long_one",
        "already_exists": "second_policy_for_the_same_group_exists_already",
    },
    "reach/detect.py": {
        "DENY": "deny_beats_restrict",
        "nested_group": "member_of_a_nested_group_is_granted",
        "consent_beside_scope": "consent_in_entra_voids_the_scope",
    },
    "access_models/application_access_policy.py": {
        "AccessCheckResult": "test_cmdlet_grants_members_and_denies_others",
    },
    "resources/exo_management_role_assignment.py": {
        "CustomResourceScope": "assignment_to_a_group_reads_back_by_its_name",
        "CustomRecipientScope": "assignment_to_a_management_scope_names_it",
        "EVERYWHERE": "assignment_without_a_scope_reads_back_as_the_organization",
        "LONGEST_NAME = 64": "assignment_is_one_of_its_name",
    },
    "access_models/rbac.py": {
        "GrantedPermissions": "authorization_row_names_the_permissions_of_a_composite_role",
        "consented = frozenset()": "role_assignment_scoped_to_a_group_opens_its_members_alone",
    },
    "mailflow/send.py": {
        "202": "send_mail_says_accepted_long_before_it_arrives",
    },
    "mailflow/mailbox.py": {
        "internetMessageHeaders": "sent_mail_is_found_by_its_subject_with_its_header",
        "do not echo": "draft_is_answered_whole_without_its_headers",
        "postmaster": "report_of_a_mail_that_was_not_delivered_comes_to_the_sender",
        "two rounds": "deleted_message_goes_to_deleted_items_first",
        "graph.batch": "batch_reads_several_folders_of_a_mailbox",
    },
    "mailflow/receive.py": {
        "isRead": "message_is_marked_as_read",
    },
    "mailflow/large.py": {
        "ImmutableId": "sent_draft_keeps_its_immutable_id",
        "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize": "session_for_a_small_attachment_is_refused",
        "$value": "small_attachment_is_posted_and_read_back",
    },
    "mailflow/upload.py": {
        "nextexpectedranges": "upload_session_answers_bare_offsets_and_an_empty_end",
        "416": "slice_out_of_its_order_is_refused",
        "404": "cancelled_session_is_gone",
    },
}

# What no client can bring about, and why; the drills of docs/sandbox.md rehearse it.
UNPROVOKED = {
    "graph_errors.py": {
        "Directory_ConcurrencyViolation": "needs a race that no client can time",
    },
    "auth.py": {
        "90033": "the service's own state",
    },
    "exchange_errors.py": {
        "CmdletProxyNotAvailableFailure": "the service's own state",
        "ServerBusyException": "the service's own state",
        "TransientException": "the service's own state",
        "BackendCommunicationException": "the service's own state",
        "write permission to target DC": "the service's own state",
    },
    "exchange.py": {
        "Location": "depends on where a tenant's mailboxes lie",
    },
    "diagnosis/causes/mailbox.py": {
        "ErrorQuotaExceeded": "needs a mailbox that is full",
    },
    "diagnosis/causes/sender.py": {
        "ErrorMessageSubmissionBlocked": "the service's own judgement of a sender",
        "ErrorExceededMessageLimit": "needs 10,000 recipients within a day",
    },
    "resources/exo_management_role_assignment.py": {
        "AdministrativeUnit": "needs rights that the suite's app has not",
    },
}
