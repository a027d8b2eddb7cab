"""A resident with an account, her browser, and the mail that she gets."""

import email
import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import httpx
import sqlalchemy as sa

from actors.accounts import create_account, link_actor
from actors.oauth.apps import Registration, register_app
from actors.records import AccountRole, ActorKind, ActorRecord, AppRecord
from actors.signin.credentials import set_password
from actors.signin.passwords import Hasher
from tests.testrig.world import Town
from web.background import run_due

ADDRESS = "hanako@mail.example"
PASSWORD = "niwatori hasami 42"
CALLBACK = "https://phanpy.example/cb"
OURS = {"sec-fetch-site": "same-origin"}


@cache
def hashed(password: str = PASSWORD) -> str:
    return Hasher(memory_kib=8, passes=1).hash(password)


async def sign_up(
    town: Town,
    username: str = "hanako",
    address: str = ADDRESS,
    *,
    kind: ActorKind = "resident",
    role: AccountRole = "self",
    password: str | None = PASSWORD,
) -> ActorRecord:
    """Make a local actor and let the account of a mail address speak as her."""
    actor = await town.person(username, kind)

    def join(tx: sa.Connection) -> None:
        account = create_account(tx, town.node.vault, address, town.clock())
        link_actor(tx, account_id=account.id, actor_id=actor.id, role=role, now=town.clock())
        if password is not None:
            set_password(tx, account.id, hashed(password), town.clock())

    await town.write(join)
    return actor


async def register(
    town: Town, *uris: str, name: str = "Phanpy", scopes: str = "read write follow push"
) -> tuple[AppRecord, str]:
    """Make an app; returns it with its secret."""
    registration = Registration(name, uris or (CALLBACK,), scopes, "https://phanpy.example")
    found: tuple[AppRecord, str] = await town.write(register_app, town.node.vault, registration, town.clock())
    return found


def authorize_path(app: AppRecord, **parameters: str | None) -> str:
    """Where an app sends her; None leaves a parameter out."""
    given = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uris[0],
        "scope": "read write",
        "state": "s t&ate",
        **parameters,
    }
    return (
        f"/oauth/authorize?{urlencode({name: value for name, value in given.items() if value is not None})}"
    )


@dataclass
class Browser:
    """Keeps cookies; says that a form comes from our own page."""

    client: httpx.AsyncClient

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def post(self, path: str, **form: str) -> httpx.Response:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return await self.client.post(path, content=urlencode(form), headers={**OURS, **kind})

    async def sign_in(
        self, address: str = ADDRESS, password: str = PASSWORD, onward: str = "/account"
    ) -> None:
        path = f"/sign-in?{urlencode({'next': onward})}"
        response = await self.post(path, email=address, password=password, way="password")
        assert (response.status_code, response.headers["location"]) == (303, onward), response.text

    async def is_signed_in(self) -> bool:
        return (await self.get("/account")).status_code == 200


def mails(town: Town) -> list[EmailMessage]:
    """What lies in the folder, the oldest first."""
    folder = Path(town.node.settings.mail_url.removeprefix("file:"))
    found = []
    for path in sorted(folder.glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        found.append(message)
    return found


async def read_mail(town: Town) -> tuple[str, str]:
    """Send what is due; returns the digits and the path of the link of the newest mail."""
    await run_due(town.node)
    text = str(mails(town)[-1].get_content()).replace("\r\n", "\n")
    code, link = (
        re.search(r"^ {4}(\d{6})$", text, re.MULTILINE),
        re.search(r"^https?://[^/]+(/sign-in/mail/\S+)$", text, re.MULTILINE),
    )
    assert code is not None
    assert link is not None
    return code[1], link[1]
