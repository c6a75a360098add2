"""The main logo of an application: learn.microsoft.com/graph/api/application-update ("To update the logo").

Content types as Graph's refusal lists them (microsoftgraph/msgraph-sdk-powershell#1097, msgraph-sdk-dotnet#1274), size
as in microsoftgraph/entra-powershell#889.
"""

from __future__ import annotations

import io
import warnings

from PIL import Image

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph.directory import find_application
from graphmail.sandbox.graph.errors import bad_request, not_found
from graphmail.sandbox.graph.ownership import writable_application

TYPES = ("bmp", "emf", "wmf", "jpg", "jpeg", "gif", "ico", "png", "exif", "tif", "tiff")
LARGEST = 500 * 1024


async def put(call: Call) -> Answer:
    application = writable_application(call)
    content_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    family, _, kind = content_type.partition("/")
    if family not in ("image", "images") or kind not in (*TYPES, "*"):
        accepted = ", ".join(f"image/{t}" for t in TYPES)
        raise bad_request(
            f"Unsupported content type '{content_type}'. Supported types are: {accepted}, image/*, images/*.",
        )
    if len(call.body) >= LARGEST:
        raise bad_request("The size of the image exceeds the maximum allowed size.")
    if not _is_image(call.body):
        raise bad_request("The content of the request is not a valid image.")
    application.logo, application.logo_content_type = call.body, content_type
    call.tenant.commit(
        call.caller.actor, "graph", "PUT /applications/{id}/logo", application.id, app_id=application.app_id,
        size=len(call.body),
    )  # fmt: skip
    return Answer(204)


async def get(call: Call) -> Answer:
    application = find_application(call)
    if application.logo is None:
        raise not_found("logo")
    return Answer(200, application.logo, {"Content-Type": application.logo_content_type or "image/*"})


async def branding(call: Call) -> Answer:
    """What `info.logoUrl` names: a content network's copy, which needs no bearer."""
    application = call.tenant.applications.get(call.params["id"])
    if application is None or application.logo is None:
        return Answer(404)
    return Answer(200, application.logo, {"Content-Type": application.logo_content_type or "image/*"})


def _is_image(content: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content)) as image:
                image.verify()
    except Exception:  # Pillow raises whatever the format's reader raises
        return False
    return True
