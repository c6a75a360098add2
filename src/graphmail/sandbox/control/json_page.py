"""JSON as control pages answer it."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse


class JsonPage(JSONResponse):
    """In ASCII: half a surrogate pair, which a mail may hold, is no UTF-8."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode()
