"""Mail with msgraph-sdk and azure-identity, as their own documentation shows it.

Sends, lists, reads, changes, uploads a large attachment to a draft, sends that, deletes; prints what it saw as JSON.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os

from azure.identity import ClientSecretCredential
from kiota_abstractions.api_error import APIError
from msgraph import GraphServiceClient
from msgraph.generated.models.attachment_item import AttachmentItem
from msgraph.generated.models.attachment_type import AttachmentType
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.file_attachment import FileAttachment
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.message import Message
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.users.item.mail_folders.item.messages.messages_request_builder import MessagesRequestBuilder
from msgraph.generated.users.item.messages.item.attachments.create_upload_session.create_upload_session_post_request_body import (
    CreateUploadSessionPostRequestBody,
)
from msgraph.generated.users.item.send_mail.send_mail_post_request_body import SendMailPostRequestBody
from msgraph_core import GraphClientFactory
from msgraph_core.models import LargeFileUploadSession
from msgraph_core.tasks.large_file_upload import LargeFileUploadTask

TO, OTHER = os.environ["MAILBOX"], os.environ["OTHER_MAILBOX"]
LARGE, SLICE = 5 * 1024 * 1024, 3_932_160


def mail(subject: str) -> Message:
    return Message(
        subject=subject,
        body=ItemBody(content_type=BodyType.Text, content="hello"),
        to_recipients=[Recipient(email_address=EmailAddress(address=TO))],
    )


async def listed(client: GraphServiceClient, subject: str) -> list[Message]:
    asked = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters(
        filter=f"subject eq '{subject}'",
        select=["id", "subject", "isRead", "hasAttachments"],
        top=5,
    )
    configuration = MessagesRequestBuilder.MessagesRequestBuilderGetRequestConfiguration(query_parameters=asked)
    inbox = client.users.by_user_id(TO).mail_folders.by_mail_folder_id("inbox")
    for _ in range(100):
        found = await inbox.messages.get(request_configuration=configuration)
        if found and found.value:
            return found.value
        await asyncio.sleep(0.2)
    return []


async def upload(url: str, content: bytes) -> list[int]:
    """Send two slices with the SDK's own HTTP client, without a bearer."""
    http = GraphClientFactory.create_with_default_middleware()
    statuses = []
    for start in range(0, LARGE, SLICE):
        part = content[start : start + SLICE]
        headers = {"Content-Range": f"bytes {start}-{start + len(part) - 1}/{LARGE}"}
        statuses.append((await http.put(url, content=part, headers=headers)).status_code)
    return statuses


async def main() -> None:
    credential = ClientSecretCredential(os.environ["TENANT"], os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
    client = GraphServiceClient(credential, ["https://graph.microsoft.com/.default"])
    box = client.users.by_user_id(TO)
    seen: dict[str, object] = {}

    small = mail("small")
    small.attachments = [FileAttachment(name="a.txt", content_type="text/plain", content_bytes=b"attached")]
    await box.send_mail.post(SendMailPostRequestBody(message=small, save_to_sent_items=True))
    (arrived,) = await listed(client, "small")
    seen["arrived"] = {"has_attachments": arrived.has_attachments, "is_read": arrived.is_read}
    whole = await box.messages.by_message_id(arrived.id).get()
    seen["body"] = whole.body.content
    attachments = await box.messages.by_message_id(arrived.id).attachments.get()
    seen["attachment"] = attachments.value[0].content_bytes.decode()
    changed = await box.messages.by_message_id(arrived.id).patch(Message(is_read=True))
    seen["read_after_patch"] = changed.is_read
    folders = await box.mail_folders.get()
    seen["folders"] = sorted(f.display_name for f in folders.value)
    await box.messages.by_message_id(arrived.id).delete()

    draft = await box.messages.post(mail("large"))
    item = AttachmentItem(attachment_type=AttachmentType.File, name="large.bin", size=LARGE)
    sessions = box.messages.by_message_id(draft.id).attachments.create_upload_session
    session = await sessions.post(CreateUploadSessionPostRequestBody(attachment_item=item))
    content = os.urandom(LARGE)
    # The SDK's upload task sends its bearer along, which Outlook refuses, and reads no bare offset: its issue 691.
    opened = LargeFileUploadSession(
        upload_url=session.upload_url,
        expiration_date_time=session.expiration_date_time,
        next_expected_ranges=session.next_expected_ranges,
    )
    try:
        await LargeFileUploadTask(opened, client.request_adapter, io.BytesIO(content), max_chunk_size=SLICE).upload()
    except APIError as error:
        seen["upload_task"] = error.response_status_code
    seen["slices"] = await upload(session.upload_url, content)
    await box.messages.by_message_id(draft.id).send.post()
    (large,) = await listed(client, "large")
    got = await box.messages.by_message_id(large.id).attachments.get()
    seen["large_equal"] = hashlib.sha256(got.value[0].content_bytes).digest() == hashlib.sha256(content).digest()

    try:
        await client.users.by_user_id("nobody@contoso.example").messages.get()
    except ODataError as error:
        seen["stranger"] = [error.response_status_code, error.error.code]
    print(json.dumps(seen))


asyncio.run(main())
