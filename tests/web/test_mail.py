"""Mail through a real SMTP server, and into a folder; nothing in it can become a header."""

import asyncio
import email
import email.policy
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from actors.accounts import create_account, parse_email
from actors.jobs import find_next_due
from actors.signin.mail_codes import MAIL_CODE, Asked, ask_code
from federation.errors import Unreachable
from tests.testrig.clock import NOON
from tests.testrig.world import Town, World, make_settings
from web.background import run_due
from web.mail import Mail, Mailer, build_message, open_mailer, read_relay

pytestmark = pytest.mark.anyio
MAIL = Mail("hanako@mail.example", "番号は 123456 です", "花の庭\n.\nおわり\n")
SENDER = "noreply@chitose.example"


@dataclass
class PostOffice:
    """An SMTP server on the loopback, and what it was handed. `refusal` is what it says to a recipient or to data."""

    port: int = 0
    received: list[Envelope] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    refusal: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if "rcpt" in self.refusal:
            return self.refusal["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if "data" in self.refusal:
            return self.refusal["data"]
        self.received.append(envelope)
        assert server.transport is not None
        self.secured.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 OK"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=True)


@asynccontextmanager
async def open_office(
    *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None
) -> AsyncIterator[PostOffice]:
    office = PostOffice()
    loop = asyncio.get_running_loop()

    def answer() -> SMTP:
        return SMTP(
            office,
            hostname="mail.example",
            tls_context=starttls,
            authenticator=office.authenticate,
            auth_require_tls=False,
            loop=loop,
        )

    server = await loop.create_server(answer, "127.0.0.1", 0, ssl=tls)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        await server.wait_closed()


def mailer(tmp_path: Path, url: str, **more: Any) -> Mailer:
    settings = make_settings("chitose.example", tmp_path, "sqlite+aiosqlite:///x", mail_url=url, **more)
    return open_mailer(settings)


@pytest.fixture
def authority(tmp_path: Path) -> tuple[trustme.CA, Path]:
    ca = trustme.CA()
    path = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return ca, path


def serving(ca: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert(name).configure_cert(context)
    return context


def read(content: bytes | str | None) -> EmailMessage:
    assert isinstance(content, bytes)
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


async def test_a_server_gets_it_whole(tmp_path: Path) -> None:
    async with open_office() as office:
        await mailer(tmp_path, f"smtp://127.0.0.1:{office.port}")(MAIL, NOON)
    [envelope] = office.received
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, [MAIL.to])
    message = read(envelope.content)
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, MAIL.to, MAIL.subject)
    assert message.get_content().replace("\r\n", "\n") == MAIL.text
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Tue, 24 Nov 2026 12:00:00 +0000"
    assert message["Message-ID"].endswith("@chitose.example>")


async def test_tls_from_the_start_with_a_password(tmp_path: Path, authority: tuple[trustme.CA, Path]) -> None:
    ca, path = authority
    async with open_office(tls=serving(ca)) as office:
        url = f"smtps://us%40er:p%3Aw@localhost:{office.port}"
        await mailer(tmp_path, url, extra_ca_file=path)(MAIL, NOON)
    assert (office.secured, office.logins) == ([True], [("us@er", "p:w")])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://relay.example", ("relay.example", 587, False, None)),
        ("smtp://u:p@relay.example", ("relay.example", 587, False, True)),
        ("smtp://u:p@relay.example:25", ("relay.example", 25, False, True)),
        ("smtp://localhost", ("localhost", 25, False, None)),
        ("smtp://u:p@127.0.0.1", ("127.0.0.1", 25, False, None)),
        ("smtp://u:p@[::1]", ("::1", 25, False, None)),
        ("smtp://u:p@localhost.example", ("localhost.example", 587, False, True)),
        ("smtps://u:p@relay.example", ("relay.example", 465, True, False)),
        ("smtps://localhost:2525", ("localhost", 2525, True, False)),
    ],
)
def test_a_password_is_shown_to_nobody_on_the_way(url: str, expected: tuple[object, ...]) -> None:
    relay = read_relay(urlsplit(url))
    assert (relay.host, relay.port, relay.is_tls, relay.starts_tls) == expected


async def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    tmp_path: Path, authority: tuple[trustme.CA, Path]
) -> None:
    ca, path = authority
    for context, trusted in ((serving(ca), None), (serving(ca, "other.example"), path)):
        async with open_office(tls=context) as office:
            with pytest.raises(Unreachable, match="the mail server"):
                await mailer(tmp_path, f"smtps://localhost:{office.port}", extra_ca_file=trusted)(MAIL, NOON)
        assert (office.received, office.logins) == ([], [])


async def test_tls_is_begun_where_the_server_offers_it(
    tmp_path: Path, authority: tuple[trustme.CA, Path]
) -> None:
    ca, path = authority
    async with open_office(starttls=serving(ca)) as office:
        await mailer(tmp_path, f"smtp://u:p@localhost:{office.port}", extra_ca_file=path)(MAIL, NOON)
    assert (office.secured, office.logins) == ([True], [("u", "p")])


@pytest.mark.parametrize(
    ("refusal", "permanent"),
    [
        ({"rcpt": "550 no such user hanako@mail.example"}, True),
        ({"rcpt": "450 later"}, False),
        ({"data": "554 spam"}, True),
        ({"data": "451 later"}, False),
    ],
)
async def test_a_refusal_says_whether_to_try_again_and_no_address(
    tmp_path: Path, refusal: dict[str, str], permanent: bool
) -> None:
    async with open_office() as office:
        office.refusal = refusal
        with pytest.raises(Unreachable, match=r"the mail server answered \d{3}$") as refused:
            await mailer(tmp_path, f"smtp://127.0.0.1:{office.port}")(MAIL, NOON)
    assert refused.value.permanent is permanent


async def test_nobody_answers(tmp_path: Path) -> None:
    async with open_office() as office:
        port = office.port
    with pytest.raises(Unreachable, match="the mail server"):
        await mailer(tmp_path, f"smtp://127.0.0.1:{port}")(MAIL, NOON)


async def test_a_folder_keeps_mail_to_itself(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "mail"
    await mailer(tmp_path, f"file:{folder}")(MAIL, NOON)
    [path] = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)
    assert read(path.read_bytes())["To"] == MAIL.to
    for text in (MAIL.subject, MAIL.text.splitlines()[0]):
        assert text in path.read_text("utf-8")


@pytest.mark.parametrize(
    "mail",
    [
        Mail("hanako@mail.example\r\nBcc: evil@mail.example", "x", "x"),
        Mail("hanako@mail.example, evil@mail.example", "x", "x"),
        Mail("hanako@mail.example", "x\r\nBcc: evil@mail.example", "x"),
        Mail("hanako@mail.example", "x\nBcc: evil@mail.example", "x"),
        Mail("hanako@mail.example", "x\rBcc: evil@mail.example", "x"),
    ],
)
def test_no_text_becomes_a_header(mail: Mail) -> None:
    with pytest.raises(ValueError, match=r".+"):
        build_message(mail, SENDER, NOON)


@pytest.mark.parametrize(
    "address",
    [
        "a@b",
        "h.a-n_a'ko+x@xn--r8jz45g.example",
        "!#$%&'*+/=?^_`{|}~-@b.example",
        "a@192.0.2.1",
        "a@[2001:db8::1]",
    ],
)
def test_every_address_of_an_account_can_be_written_to(address: str) -> None:
    parsed = parse_email(address)
    assert parsed.address == address
    assert build_message(Mail(parsed.address, "x", "x"), SENDER, NOON)["To"] == address


async def test_a_mail_that_cannot_be_sent_is_tried_again_until_it_is_too_late(
    world: World, town: Town
) -> None:
    """The job survives; what it would say does not outlive the code."""
    await town.write(create_account, town.node.vault, MAIL.to, town.clock())
    folder = Path(town.node.settings.mail_url.removeprefix("file:"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    await ask(town)
    assert await run_due(town.node) == 1
    assert await town.read(find_next_due, [MAIL_CODE]) is not None
    folder.unlink()
    world.clock.advance(minutes=2)
    assert await run_due(town.node) == 1
    assert len(list(folder.iterdir())) == 1
    await ask(town)
    world.clock.advance(minutes=15)
    assert await run_due(town.node) == 1
    assert len(list(folder.iterdir())) == 1
    assert await town.read(find_next_due, [MAIL_CODE]) is None


async def ask(town: Town) -> None:
    asked = Asked(parse_email(MAIL.to), "/account", "ja")
    await town.write(ask_code, town.node.vault, asked, town.clock())
