"""Limits that a run would meet in Exchange: room for policies, sizes of mail, groups that are mastered elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterable

from graphmail.exchange import Cmdlet, CmdletAnswer, Row
from graphmail.mail_size import bytes_of, encoded_size
from graphmail.resources.preflight import Findings

# Exchange limits the policies' total size and tells neither the limit nor a policy's size. About 300 fit with a
# description of one space and about 100 with the one that it writes itself, of some 280 characters; so each takes some
# 139 beside its description. https://learn.microsoft.com/powershell/module/exchange/new-applicationaccesspolicy
POLICY_SPACE = 42_000
POLICY_SIZE = 139
NEARLY = 0.9


def mailbox_read(address: str) -> Cmdlet:
    """https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailbox."""
    return Cmdlet("Get-Mailbox", {"Identity": address})


def group_is_ours_to_change(findings: Findings, answer: CmdletAnswer, name: str) -> None:
    """A group synchronized from on premises cannot be changed in the cloud."""
    for row in [] if answer.missing else answer.value():
        if str(row.get("Name", "")).lower() == name.lower() and row.get("IsDirSynced") in (True, "True"):
            findings.add(
                "group",
                f"The group {name!r} is synchronized from on premises, so nothing here can change it",
                expected="a group made in Exchange Online, or none",
                found="IsDirSynced True",
                remedy="choose another group.name and group.address, or remove that group where it is mastered",
            )


def room_for_policy(findings: Findings, policies: list[Row], *, needed: bool) -> None:
    """Whether one policy more fits, by an estimate; `needed` is whether one would be made."""
    used = sum(POLICY_SIZE + len(str(policy.get("Description") or "")) for policy in policies)
    after = used + (POLICY_SIZE + 1 if needed else 0)
    told = {
        "expected": f"at most {POLICY_SPACE:,} in all, as estimated",
        "found": f"{len(policies)} policies of about {used:,} together",
        "remedy": "remove policies that nobody needs, give others a description of one space "
        "(Set-ApplicationAccessPolicy), or use `access: rbac`",
    }
    if needed and after > POLICY_SPACE:
        findings.add("access", "The tenant has no room for another application access policy", **told)
    elif after > POLICY_SPACE * NEARLY:
        findings.note("access", "The tenant has little room left for application access policies", **told)


def mail_sizes(findings: Findings, mailboxes: Iterable[tuple[str, CmdletAnswer]], attachment: int) -> None:
    """Mailboxes that may not send, or take, the large mail of the proof."""
    needed = math.ceil(encoded_size(attachment) / 2**20)
    for address, answer in mailboxes:
        row = answer.rows[0] if answer.error is None and len(answer.rows) == 1 else {}
        for limit in ("MaxSendSize", "MaxReceiveSize"):
            size = bytes_of(row.get(limit))
            if size is not None and size < encoded_size(attachment):
                findings.note(
                    "mailbox",
                    f"{address} has a limit below the large-mail size, so large mail will not be proved",
                    expected=f"{limit} of at least {needed} MB for an attachment of {attachment:,} bytes",
                    found=str(row[limit]),
                    remedy=f"Set-Mailbox {address} -{limit} {needed}MB, or lower probe.large_mail_size",
                )
