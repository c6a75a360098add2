"""How large a mail becomes, and how Exchange writes sizes."""

from __future__ import annotations

import math
import re

_BYTES = re.compile(r"\(([\d,.\s\u00a0]+) bytes\)")


def encoded_size(attachment: int) -> int:
    """Bytes of a mail with an attachment of that size: base64 in lines of 76, and some headers."""
    return math.ceil(attachment / 57) * 78 + 16_384


def bytes_of(shown: object) -> int | None:
    """Bytes of a size as Exchange shows it, `35 MB (36,700,160 bytes)`; None for `Unlimited` and what is no size."""
    found = _BYTES.search(str(shown))
    return int(re.sub(r"\D", "", found.group(1))) if found else None
