"""Mail with django-msgraphbackend, as a Django site is set up to use it."""

from __future__ import annotations

import json
import os

import django
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, send_mail

settings.configure(
    EMAIL_BACKEND="msgraphbackend.MSGraphBackend",
    MSGRAPH_TENANT_ID=os.environ["TENANT"],
    MSGRAPH_CLIENT_ID=os.environ["CLIENT_ID"],
    MSGRAPH_CLIENT_SECRET=os.environ["CLIENT_SECRET"],
)
django.setup()

seen = {"plain": send_mail("from django", "hello", os.environ["ALIAS"], [os.environ["OTHER_MAILBOX"]])}
rich = EmailMultiAlternatives("with attachment", "text", os.environ["ALIAS"], [os.environ["OTHER_MAILBOX"]])
rich.attach_alternative("<p>html</p>", "text/html")
rich.attach("åäö.txt", "attached", "text/plain")
seen["rich"] = rich.send()
print(json.dumps(seen))
