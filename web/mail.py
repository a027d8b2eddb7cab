"""Mail on its way out: built so that no text can become a header, handed to a server or put into a folder."""

import asyncio
import os
import secrets
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

from federation.errors import Unreachable
from federation.vocabulary import Millis
from web.settings import Settings

TIMEOUT_SECONDS: Final = 20.0
"""For each step; the lease of a job is longer than all of them."""
TLS_PORT: Final = 465
RELAY_PORT: Final = 25
SUBMISSION_PORT: Final = 587
FIRST_PERMANENT: Final = 500
"""SMTP replies of 500 and above are refusals for good (RFC 5321 §4.2.1)."""
PRIVATE_FOLDER: Final = 0o700
PRIVATE_FILE: Final = 0o600

Mailer = Callable[["Mail", Millis], Awaitable[None]]
"""Hands one mail over. Raises `Unreachable`, `permanent` where another try makes no sense."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail in plain text to one address, as `parse_email` returns it; `headers` beside the usual ones."""

    to: str
    subject: str
    text: str
    headers: tuple[tuple[str, str], ...] = ()


def build_message(mail: Mail, sender: str, now: Millis, *, cte: str = "base64") -> EmailMessage:
    """Return the message as it goes out. Raises `ValueError` for a line end in a header or an address.

    `cte` is how the text is encoded: by `base64` it passes every server, by `8bit` people can read the file.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(addr_spec=sender)
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now / 1000, tz=UTC))
    message["Message-ID"] = f"<{secrets.token_hex(16)}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answers from holidays
    for name, value in mail.headers:
        message[name] = value
    message.set_content(mail.text, cte=cte)
    return message


def open_mailer(settings: Settings) -> Mailer:
    """Return what `mail_url` asks for."""
    parts = urlsplit(settings.mail_url)
    if parts.scheme == "file":
        return _FolderMailer(Path(parts.path), settings.mail_from).send
    return _ServerMailer(read_relay(parts), settings.mail_from, settings.extra_ca_file).send


class _FolderMailer:
    """A file for each mail, for development and demonstrations."""

    def __init__(self, folder: Path, sender: str) -> None:
        self.folder = folder
        self.sender = sender

    async def send(self, mail: Mail, now: Millis) -> None:
        data = build_message(mail, self.sender, now, cte="8bit").as_bytes(policy=SMTPUTF8)
        try:
            await asyncio.to_thread(self._write, f"{now}-{secrets.token_hex(4)}.eml", data)
        except OSError as error:
            raise Unreachable(f"the mail folder: {error.strerror}") from error

    def _write(self, name: str, data: bytes) -> None:
        self.folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
        unfinished = self.folder / f"{name}.part"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        unfinished.rename(self.folder / name)


@dataclass(frozen=True, slots=True)
class Relay:
    """The mail server of a `mail_url`. `starts_tls` is aiosmtplib's: True = demanded, None = where it is offered."""

    host: str
    port: int
    username: str | None
    password: str | None
    is_tls: bool
    starts_tls: bool | None


def read_relay(url: SplitResult) -> Relay:
    """TLS from the start for `smtps`, else STARTTLS, demanded where a password would be shown on the way."""
    host, is_tls = url.hostname or "", url.scheme == "smtps"
    is_near, has_password = _is_loopback(host), url.username is not None
    default = TLS_PORT if is_tls else RELAY_PORT if is_near else SUBMISSION_PORT
    return Relay(
        host=host,
        port=url.port or default,
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        is_tls=is_tls,
        starts_tls=False if is_tls else True if has_password and not is_near else None,
    )


class _ServerMailer:
    """An SMTP server."""

    def __init__(self, relay: Relay, sender: str, ca_file: Path | None) -> None:
        self.sender = sender
        self._relay = relay
        self._ca_file = ca_file
        self._context: ssl.SSLContext | None = None

    async def send(self, mail: Mail, now: Millis) -> None:
        try:
            await aiosmtplib.send(
                build_message(mail, self.sender, now),
                hostname=self._relay.host,
                port=self._relay.port,
                username=self._relay.username,
                password=self._relay.password,
                use_tls=self._relay.is_tls,
                start_tls=self._relay.starts_tls,
                tls_context=self._trust(),
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = error.recipients[0].code
            raise _refusal(code, permanent=code >= FIRST_PERMANENT) from error
        except aiosmtplib.SMTPDataError as error:
            raise _refusal(error.code, permanent=error.code >= FIRST_PERMANENT) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error.code, permanent=False) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unreachable(f"the mail server: {type(error).__name__}") from error

    def _trust(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
            if self._ca_file is not None:
                self._context.load_verify_locations(self._ca_file)
        return self._context


def _refusal(code: int, *, permanent: bool) -> Unreachable:
    """Without the server's words, which often repeat the address."""
    return Unreachable(f"the mail server answered {code}", permanent=permanent)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
