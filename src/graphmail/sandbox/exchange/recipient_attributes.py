"""What a recipient has beside its addresses: custom attributes, set here, and the person's details, set through Graph.

learn.microsoft.com/powershell/exchange/filter-properties
"""

from __future__ import annotations

from graphmail.sandbox.recipient_records import Recipient

CUSTOM = tuple(f"CustomAttribute{number}" for number in range(1, 16))
_OF_GRAPH = {
    "City": "city",
    "Company": "companyName",
    "Department": "department",
    "Office": "officeLocation",
    "PostalCode": "postalCode",
    "StateOrProvince": "state",
    "Title": "jobTitle",
}
_KEYS = {name: name for name in CUSTOM} | _OF_GRAPH  # as Exchange calls it -> as the record does
NAMES = tuple(_KEYS)
_BY_LOWER = {name.lower(): key for name, key in _KEYS.items()}

# Filterable too, and not emulated.
NOT_EMULATED = frozenset(
    name.lower()
    for name in (
        "AddressListMembership", "ArchiveStatus", "CountryOrRegion", "Database", "EmailAddressPolicyEnabled", "Fax",
        "FirstName", "ForwardingAddress", "ForwardingSmtpAddress", "GrantSendOnBehalfTo", "GroupType", "HomePhone",
        "Initials", "LastName", "LegacyExchangeDN", "LitigationHoldEnabled", "MailboxPlan", "Manager", "MobilePhone",
        "Notes", "ObjectCategory", "ObjectClass", "OtherTelephone", "Pager", "Phone", "PostOfficeBox", "SamAccountName",
        "SIPAddresses", "SKUAssigned", "StreetAddress", "UsageLocation", "WebPage", "WhenChanged", "WhenCreated",
        *(f"ExtensionCustomAttribute{number}" for number in range(1, 6)),
    )
)  # fmt: skip


def attributes(recipient: Recipient) -> dict[str, str]:
    """Return all of them; what nobody has set is an empty text."""
    return {name: str(recipient.properties.get(key) or "") for name, key in _KEYS.items()}


def attribute(recipient: Recipient, name: str) -> str | None:
    """Return one by its name in lower case; None for what is none of them."""
    key = _BY_LOWER.get(name)
    return None if key is None else str(recipient.properties.get(key) or "")
