"""Mail from outside, through an SMTP relay. This session knows nothing of Graph and never holds a token."""

from __future__ import annotations

import contextlib
import smtplib
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Self

from graphmail.clouds import Cloud
from graphmail.customers import Customer
from graphmail.errors import OutcomeUnknown, TenantError, Unreachable
from graphmail.mailflow.marker import BODY, Marker
from graphmail.mailflow.observation import NotTried
from graphmail.printable import printable
from graphmail.sessions import tls_context

TIMEOUT = 30.0  # seconds


class RelayRefused(TenantError):
    """The relay does not take the mail for that receiver."""


@dataclass(frozen=True, slots=True)
class Relay:
    """`host:port` of a relay that takes mail without signing in, and the sender it takes it from.

    `ca` is the file of the sandbox's own authority, where the relay is the sandbox's; else the system's are trusted.
    """

    address: str
    sender: str
    ca: str | None = None

    @classmethod
    def of(cls, customer: Customer, cloud: Cloud) -> Self:
        """The relay that the inventory names, or the sandbox's own. Raises NotTried when there is none."""
        address = customer.probe.relay or cloud.smtp
        sender = customer.probe.sender or ("probe@outside.example" if cloud.smtp else None)
        if not address or not sender:
            raise NotTried(
                "There is no way to send a mail from outside",
                expected="probe.relay and probe.sender in the inventory",
                remedy="name a relay that takes mail for this customer, and a sender outside its tenant",
            )
        return cls(address, sender, cloud.ca if address == cloud.smtp else None)

    def send(self, marker: Marker, receiver: str, now: datetime) -> str:
        """Send a probe, once; its Message-ID.

        Raises RelayRefused, Unreachable when nothing was handed over, OutcomeUnknown when it may have been.
        """
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.sender, receiver, marker.subject
        mail["Date"], mail["Message-ID"] = format_datetime(now), make_msgid(domain=self.sender.partition("@")[2])
        mail["Auto-Submitted"] = "auto-generated"
        for name, value in marker.headers.items():
            mail[name] = value
        mail.set_content(BODY)
        with contextlib.closing(self._connected()) as smtp:
            self._hand_over(smtp, mail, receiver)
            # It has the mail by now, however it says good-bye.
            with contextlib.suppress(OSError):
                smtp.quit()
        return str(mail["Message-ID"])

    def _connected(self) -> smtplib.SMTP:
        host, _, port = self.address.rpartition(":")
        try:
            smtp = smtplib.SMTP(host.strip("[]"), int(port), timeout=TIMEOUT)
            smtp.ehlo_or_helo_if_needed()
            if smtp.has_extn("starttls"):
                smtp.starttls(context=tls_context(self.ca))
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(
                f"The relay {self.address} takes no mail",
                found=_said(error),
                remedy="compare probe.relay in the inventory; nothing was sent",
            ) from None
        return smtp

    def _hand_over(self, smtp: smtplib.SMTP, mail: EmailMessage, receiver: str) -> None:
        try:
            smtp.send_message(mail)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise RelayRefused(
                f"The relay {self.address} refused the mail to {receiver}",
                found=_said(error),
                remedy="compare probe.relay and probe.sender in the inventory, and that the mailbox takes mail",
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            raise OutcomeUnknown(
                f"The relay {self.address} broke off while it took the mail to {receiver}", found=_said(error)
            ) from None


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        return _line(code, said)
    if isinstance(error, smtplib.SMTPResponseException):
        return _line(error.smtp_code, error.smtp_error)
    return printable(error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__)


def _line(code: int, text: bytes | str) -> str:
    return printable(f"{code} {text.decode('ascii', 'replace') if isinstance(text, bytes) else text}")
