"""Mail with O365 (python-o365), which uploads large attachments of a draft by itself."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from tempfile import mkdtemp

from O365 import Account
from O365.utils.token import MemoryTokenBackend

TO = os.environ["MAILBOX"]
credentials = (os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
account = Account(
    credentials, auth_flow_type="credentials", tenant_id=os.environ["TENANT"], token_backend=MemoryTokenBackend(),
)  # fmt: skip
seen: dict[str, object] = {"authenticated": account.authenticate()}

mailbox = account.mailbox(resource=TO)
content = os.urandom(4 * 1024 * 1024)
folder = Path(mkdtemp())
(folder / "large.bin").write_bytes(content)
message = mailbox.new_message()
message.to.add(TO)
message.subject = "from o365"
message.body = "<p>hello</p>"
message.save_draft()
message.attachments.add(str(folder / "large.bin"))
seen["saved"] = message.save_draft()  # uploads what is too large for one request
seen["sent"] = message.send()

inbox, query = mailbox.inbox_folder(), mailbox.new_query()
for _ in range(100):
    found = list(inbox.get_messages(limit=5, query=query.equals("subject", "from o365"), download_attachments=True))
    if found:
        break
    time.sleep(0.1)
(arrived,) = found
seen["subject"], seen["sender"] = arrived.subject, arrived.sender.address
(attachment,) = arrived.attachments
attachment.save(location=folder, custom_name="back.bin")
seen["large_equal"] = hashlib.sha256((folder / "back.bin").read_bytes()).digest() == hashlib.sha256(content).digest()
seen["marked_read"] = arrived.mark_as_read()
seen["reply"] = arrived.reply().to[0].address
seen["moved"] = arrived.move(mailbox.archive_folder())
seen["folders"] = sorted(f.name for f in mailbox.get_folders())
print(json.dumps(seen))
