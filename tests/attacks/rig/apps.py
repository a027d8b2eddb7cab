"""An app of the client API, as residents and strangers use it; `resident(rig)` makes somebody to use one."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.attacks.rig import Rig
from tests.attacks.rig.peers import Json, unique
from tests.attacks.rig.wire import Answer, Headers, Request

EVERYTHING = "read write follow push"
WAIT_SECONDS = 40.0
UPLOADS = 25
"""By one app in half an hour, where servers let it send 30, as Mastodon does."""
_PERIOD = 0.05
_BOUNDARY = "attack-7f3a9c"


@dataclass(frozen=True)
class File:
    """A part of a form. `name` stands in its header as it is, bytes beyond ASCII too."""

    data: bytes
    name: str = "photo.png"
    kind: str = "image/png"


def multipart(fields: Mapping[str, str | File], boundary: str = _BOUNDARY) -> tuple[str, bytes]:
    """The type and the bytes of a form with files."""
    parts = [_part(name, value, boundary) for name, value in fields.items()]
    return f"multipart/form-data; boundary={boundary}", b"".join(parts) + f"--{boundary}--\r\n".encode()


def _part(name: str, value: str | File, boundary: str) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
    if isinstance(value, str):
        return f"{head}\r\n\r\n{value}\r\n".encode()
    head = f'{head}; filename="{value.name}"\r\nContent-Type: {value.kind}\r\n\r\n'
    return head.encode() + value.data + b"\r\n"


@dataclass(frozen=True)
class App:
    """Speaks with a token, or for nobody; from an address in a network of its own."""

    rig: Rig
    token: str = ""
    source: str | None = field(default=None)

    async def ask(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        kind: str = "",
        headers: Headers | None = None,
        allowed: Collection[int] = (),
    ) -> Answer:
        """Send any request; a 5xx that is not `allowed` fails the row."""
        host = self.rig.origin.removeprefix("https://")
        given: Headers = [("Host", host), *(headers or [])]
        given += [("Authorization", f"Bearer {self.token}")] if self.token else []
        given += [("Content-Type", kind)] if kind else []
        return await self.rig.send(Request(method, target, given, body), via=self.source, allowed=allowed)

    async def get(self, path: str, **query: Any) -> Answer:
        """Read something."""
        return await self.ask("GET", f"{path}?{urlencode(query, doseq=True)}" if query else path)

    async def send(self, method: str, path: str, content: Any = None) -> Answer:
        """Change something, with JSON."""
        body = b"" if content is None else json.dumps(content, ensure_ascii=False).encode()
        return await self.ask(method, path, body, "application/json" if body else "")

    async def post(self, path: str, content: Any = None) -> Answer:
        """`send`, by POST."""
        return await self.send("POST", path, content)

    async def submit(self, method: str, path: str, **fields: str | File) -> Answer:
        """Send a form with files."""
        kind, body = multipart(fields)
        return await self.ask(method, path, body, kind)

    async def upload(self, file: bytes | File, **fields: str) -> Answer:
        """Send a picture for a post; answers when it has been read or refused."""
        given = file if isinstance(file, File) else File(file)
        found = await self.submit("POST", "/api/v2/media", file=given, **fields)
        async with asyncio.timeout(WAIT_SECONDS):
            while found.status in {202, 206}:
                await asyncio.sleep(_PERIOD)
                found = await self.get(f"/api/v1/media/{found.json()['id']}")
        return found

    async def publish(self, text: str, **parameters: Any) -> Json:
        """Write a post, of which the `Status` is returned."""
        answer = await self.post("/api/v1/statuses", {"status": text, **parameters})
        assert answer.status == 200, answer
        found: Json = answer.json()
        return found


@dataclass(frozen=True)
class Resident(App):
    """An app by which somebody on the server speaks; `account` is the `Account` of the client API."""

    account: Json = field(default_factory=dict)

    @property
    def id(self) -> str:
        """In the client API."""
        return str(self.account["id"])

    @property
    def iri(self) -> str:
        """Elsewhere."""
        return str(self.account["uri"])

    @property
    def mention(self) -> str:
        """How others name her in a post."""
        return f"@{self.account['acct']}"


async def resident(rig: Rig, scopes: str = EVERYTHING, *, name: str = "") -> Resident:
    """Somebody new (or known by that name), with an app that may do so much."""
    token = await rig.adapter.token(name or unique("taro"), scopes)
    app = App(rig, token, rig.stranger())
    account = (await app.get("/api/v1/accounts/verify_credentials")).json()
    return Resident(rig, token, app.source, account)


async def upload_all(rig: Rig, files: Iterable[File]) -> AsyncIterator[Answer]:
    """What is said to each, sent by one resident with as many apps as it takes to be let."""
    name = unique("taro")
    for number, file in enumerate(files):
        if number % UPLOADS == 0:
            app = await resident(rig, name=name)
        yield await app.upload(file)


def stranger(rig: Rig) -> App:
    """An app without a token."""
    return App(rig, "", rig.stranger())


def file_path(url: str) -> str:
    """The path of an address that the server gave."""
    return "/" + url.split("/", 3)[3]
