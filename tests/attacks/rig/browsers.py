"""Somebody with an account on our own server, and a browser: cookies are kept, forms come from our own page."""

import email
import email.policy
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import urlencode

from tests.attacks.rig import Rig
from tests.attacks.rig.apps import App
from tests.attacks.rig.ours import ask, own
from tests.attacks.rig.peers import unique
from tests.attacks.rig.wire import Answer, Headers, Request

PASSWORD = "niwatori hasami 42"
FORM = "application/x-www-form-urlencoded"
OURS: Headers = [("Sec-Fetch-Site", "same-origin")]


@dataclass
class Browser:
    """Keeps what the server sets; comes from a network of its own."""

    rig: Rig
    source: str | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    set: list[str] = field(default_factory=list)
    """Every `Set-Cookie` that came."""

    async def ask(
        self, method: str, target: str, body: bytes = b"", headers: Headers | None = None
    ) -> Answer:
        """Send any request; a 5xx fails the row."""
        given: Headers = [("Host", self.rig.origin.removeprefix("https://")), *(headers or [])]
        if self.cookies:
            given.append(("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())))
        answer = await self.rig.send(Request(method, target, given, body), via=self.source)
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                self._keep(value)
        return answer

    def _keep(self, text: str) -> None:
        self.set.append(text)
        name, _, value = text.partition(";")[0].partition("=")
        if "max-age=0" in text.lower():
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    async def get(self, target: str) -> Answer:
        """Open a page."""
        return await self.ask("GET", target, headers=[("Accept", "text/html"), ("Accept-Language", "en")])

    async def post(
        self, target: str, form: Mapping[str, str] | None = None, headers: Headers | None = None
    ) -> Answer:
        """Send a form, from our own page unless `headers` say otherwise."""
        given = [("Content-Type", FORM), ("Accept-Language", "en"), *(OURS if headers is None else headers)]
        return await self.ask("POST", target, urlencode(form or {}).encode(), given)

    async def sign_in(self, person: "Person", onward: str = "/account", password: str = "") -> Answer:
        """By the password."""
        form = {"email": person.email, "password": password or person.password, "way": "password"}
        return await self.post(f"/sign-in?{urlencode({'next': onward})}", form)

    async def is_signed_in(self) -> bool:
        """Whether the page of the account opens."""
        return (await self.get("/account")).status == 200


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in."""

    name: str
    email: str
    password: str = PASSWORD


def open_browser(rig: Rig) -> Browser:
    """With nothing in it."""
    own(rig)
    return Browser(rig, rig.stranger())


async def sign_up(rig: Rig, address: str = "") -> Person:
    """Somebody new."""
    name = unique("yuki")
    person = Person(name, address or f"{name}@mail.example")
    given = {"name": name, "kind": "resident", "title": name, "email": person.email}
    await ask(rig, "actor create", **given, password=person.password)
    return person


async def signed_in(rig: Rig) -> tuple[Person, Browser]:
    """Somebody new, in her browser."""
    person, browser = await sign_up(rig), open_browser(rig)
    answer = await browser.sign_in(person)
    assert (answer.status, answer.header("location")) == (303, "/account"), answer
    return person, browser


async def token_of(rig: Rig, person: Person, scopes: str = "read write") -> App:
    """An app that speaks as her."""
    created = await ask(rig, "token create", name=person.name, scopes=scopes)
    return App(rig, created["token"], rig.stranger())


def mails_to(rig: Rig, address: str) -> list[str]:
    """The texts of the mails that have left for an address, in no order."""
    found = []
    for path in (own(rig).folder / "var" / "mail").glob("*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        if message["To"].addresses[0].addr_spec == address:
            found.append(str(message.get_content()))
    return found


async def wait_for_mail(rig: Rig, address: str, count: int = 1) -> str:
    """The newest of so many."""
    deadline = time.monotonic() + 20
    while len(found := mails_to(rig, address)) < count:
        assert time.monotonic() < deadline, "no mail"
        await rig.get(rig.adapter.area)
    return found[-1]


def find_code(mail: str) -> str:
    """The six digits in a mail."""
    match = re.search(r"^ {4}(\d{6})\s*$", mail, re.MULTILINE)
    assert match is not None, mail
    return match[1]
