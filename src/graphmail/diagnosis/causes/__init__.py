"""All known causes; where they are equally certain, they are named in this order: the first breaks the most."""

from __future__ import annotations

from graphmail.diagnosis.cause import Cause
from graphmail.diagnosis.causes.application import APP_DISABLED, APP_GONE
from graphmail.diagnosis.causes.consent import CONSENT_MISSING, CONSENT_NOT_YET, READ_WRITE_MISSING
from graphmail.diagnosis.causes.group import GROUP_MISSING, MEMBER_MISSING, NESTED_MEMBER
from graphmail.diagnosis.causes.mailbox import (
    MAILBOX_FULL,
    MAILBOX_ON_PREMISES,
    MAILBOX_REMOVED,
    MAILBOX_TOO_SMALL,
    MAILBOX_UNLICENSED,
)
from graphmail.diagnosis.causes.policy import NOT_ACTING_YET, POLICY_DENIES
from graphmail.diagnosis.causes.role import ROLES_MISSING
from graphmail.diagnosis.causes.scope import SCOPE_VOID
from graphmail.diagnosis.causes.secret import NEW_SECRET_FORBIDDEN, SECRET_EXPIRED, SECRET_WRONG
from graphmail.diagnosis.causes.sender import SENDER_BLOCKED, SENDING_LIMIT
from graphmail.diagnosis.causes.service import THROTTLED, UNREACHABLE
from graphmail.diagnosis.causes.sign_in import SIGN_IN_BLOCKED, TENANT_MISTAKEN

CAUSES: tuple[Cause, ...] = (
    UNREACHABLE,
    TENANT_MISTAKEN,
    SIGN_IN_BLOCKED,
    APP_GONE,
    APP_DISABLED,
    SECRET_EXPIRED,
    SECRET_WRONG,
    NEW_SECRET_FORBIDDEN,
    CONSENT_MISSING,
    READ_WRITE_MISSING,
    CONSENT_NOT_YET,
    GROUP_MISSING,
    ROLES_MISSING,
    MAILBOX_REMOVED,
    MAILBOX_UNLICENSED,
    MAILBOX_ON_PREMISES,
    MEMBER_MISSING,
    NESTED_MEMBER,
    POLICY_DENIES,
    NOT_ACTING_YET,
    SENDER_BLOCKED,
    SENDING_LIMIT,
    MAILBOX_FULL,
    MAILBOX_TOO_SMALL,
    THROTTLED,
    SCOPE_VOID,
)
