"""A town with a real database for whole requests: an area, a resident who is signed in, and people elsewhere."""

import asyncio
import json
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeVar
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope

from actors.accounts import find_account
from actors.oauth.apps import Registration, register_app
from actors.signin.sessions import start_session
from areas.records import AreaRecord
from federation import signatures
from federation.vocabulary import Iri
from tests.testrig.network import Clock
from tests.testrig.peers import Peer
from tests.testrig.world import Town, open_world
from tests.web.accounts.people import ADDRESS, CALLBACK, sign_up
from web.background import run_due
from web.cli import run_command

R = TypeVar("R")
HOST = "machi.test"
ORIGIN = f"https://{HOST}"
CLIENT = "203.0.113.7"
FRESH_LOGIN = 40
"""Requests after which the resident signs in anew: some of them sign her out."""
LOOK_ROUND = 15
"""Activities after which what came of them is looked at."""


class Asked(NamedTuple):
    """A request before it is filled in: `{post}` and its like stand for what the town has."""

    method: str
    path: bytes
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    chunks: tuple[bytes, ...] = ()
    login: str = "none"


class Told(NamedTuple):
    """An answer."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def header(self, name: bytes) -> str:
        """Return a header's value, or nothing."""
        return dict(self.headers).get(name, b"").decode("latin-1")


@dataclass
class Rig:
    """One town, and what is known of it; every call runs on its own loop."""

    now: ClassVar["Rig | None"] = None

    runner: asyncio.Runner
    town: Town
    clock: Clock
    app: ASGIApp
    peer: Peer
    alice: Iri
    bob: Iri
    area: AreaRecord
    known: Mapping[bytes, bytes]
    asked: int = 0
    heard: int = 0
    bearer: bytes = b""
    cookie: bytes = b""

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Run something of the town."""
        return self.runner.run(work)

    def ask(self, asked: Asked) -> Told:
        """Send a request, filled in, straight into the application; a bug of ours is raised here."""
        self.asked += 1
        # Some minutes pass, so that no allowance is used up.
        self.clock.advance(minutes=6)
        if self.asked % FRESH_LOGIN == 0:
            self.run(self._sign_in())
        return self.run(call(self.app, self._scope(asked), [self._fill(chunk) for chunk in asked.chunks]))

    def _scope(self, asked: Asked) -> Scope:
        raw = self._fill(asked.path)
        headers = [(name, self._fill(value)) for name, value in asked.headers]
        if asked.login == "token":
            headers.append((b"authorization", b"Bearer " + self.bearer))
        if asked.login == "session":
            headers.append((b"cookie", b"__Host-session=" + self.cookie))
        return {
            "type": "http",
            "http_version": "1.1",
            "method": asked.method,
            "scheme": "http",
            "path": unquote(raw.decode("ascii", "replace")),
            "raw_path": raw,
            "query_string": self._fill(asked.query),
            "headers": headers,
            "client": (CLIENT, 50_000),
            "server": ("127.0.0.1", 8000),
        }

    def _fill(self, text: bytes) -> bytes:
        if b"{" in text:
            for name, value in self.known.items():
                text = text.replace(b"{" + name + b"}", value)
        return text

    def hear(self, activity: Any, signer: str, inbox: str) -> Told:
        """Send an activity, signed by `signer` whatever it says; `{n}` in it becomes a number of its own."""
        self.heard += 1
        self.clock.advance(minutes=6)
        text = json.dumps(activity).replace("{n}", str(self.heard))
        body = self._fill(text.encode())
        headers = signatures.sign(
            "cavage",
            private_key=self.peer.actors[signer],
            key_id=Iri(f"{signer}#main-key"),
            method="POST",
            url=f"{ORIGIN}{inbox}",
            body=body,
            now=self.town.clock(),
        )
        fields = tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
        told = self.ask(Asked("POST", inbox.encode(), headers=fields, chunks=(body,)))
        if self.heard % LOOK_ROUND == 0:
            self.look_round()
        return told

    def look_round(self) -> None:
        """Let the town work, then read everything that shows what it has heard."""
        self.run(self._work())
        for path in (b"/", b"/areas/megumino", b"/people/hanako", b"/posts/{remote}", b"/posts/{post}"):
            for accept in (b"text/html", b"application/activity+json"):
                check(self.ask(Asked("GET", path, headers=((b"host", HOST.encode()), (b"accept", accept)))))
        for path in (b"/areas/megumino/outbox", b"/posts/{post}/replies", b"/threads/{post}"):
            check(self.ask(Asked("GET", path, headers=((b"host", HOST.encode()),))))

    async def _work(self) -> None:
        for _ in range(20):
            await self.town.node.worker.drain()
            if not await run_due(self.town.node):
                return

    async def _sign_in(self) -> None:
        node = self.town.node
        account = await node.database.read(find_account, node.vault, ADDRESS)
        assert account is not None
        _, secret = await node.database.write(
            lambda tx: start_session(tx, node.vault, account.id, browser="", now=node.clock())
        )
        self.cookie = secret.encode()
        scopes = "read write follow push profile"
        report = await run_command(node, "token create", {"name": "hanako", "scopes": scopes})
        self.bearer = report.data["token"].encode()


def check(told: Told) -> None:
    """No error of ours, and nothing in the answer that breaks it on the wire or in a browser."""
    assert told.status < 500, (told.status, told.body[:300])
    for name, value in told.headers:
        assert not set(b"\r\n\0") & set(name + value), (name, value)
    assert told.header(b"x-content-type-options") == "nosniff" or told.status == 204
    if told.header(b"content-type").startswith("text/html"):
        assert "default-src 'none'" in told.header(b"content-security-policy")
    if "json" in told.header(b"content-type") and told.body:
        json.loads(told.body)


async def call(app: ASGIApp, scope: Scope, chunks: Sequence[bytes]) -> Told:
    """One request as the server's protocol hands it on."""
    sent: list[Message] = []
    left = list(chunks) or [b""]

    async def receive() -> Message:
        body = left.pop(0) if left else b""
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *rest = sent
    body = b"".join(message.get("body", b"") for message in rest)
    return Told(start["status"], tuple(start["headers"]), body)


@contextmanager
def open_rig(folder: Path, database_url: str) -> Iterator[Rig]:
    """Open a town; while the block runs it is `Rig.now`."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        rig = runner.run(_build(stack, runner, folder, database_url))
        Rig.now = rig
        try:
            rig.run(rig._sign_in())
            yield rig
        finally:
            Rig.now = None
            runner.run(stack.aclose())


async def _build(stack: AsyncExitStack, runner: asyncio.Runner, folder: Path, database_url: str) -> Rig:
    world = await stack.enter_async_context(open_world(folder))
    town = await world.town(HOST, database_url)
    peer = world.peer("p.test")
    alice, bob = peer.actor("alice"), peer.actor("bob")
    hanako = await sign_up(town)
    area = await town.area("megumino")
    post, _ = await town.post(hanako, "除雪は済みました。", area)
    note = peer.note(alice, "first", cc=[area.iri])
    await peer.send(peer.create(note), f"{ORIGIN}/inbox")
    await world.settle()
    remote = await town.read(lambda tx: _find_remote(tx, note["id"]))
    app, secret = await town.write(
        lambda tx: register_app(
            tx, town.node.vault, Registration("app", (CALLBACK,), "read write"), town.clock()
        )
    )
    known = {
        b"client": app.client_id.encode(),
        b"secret": secret.encode(),
        b"post": str(post.id).encode(),
        b"remote": str(remote).encode(),
        b"person": str(hanako.id).encode(),
        b"area": str(area.actor_id).encode(),
        b"callback": CALLBACK.encode(),
    }
    return Rig(
        runner=runner,
        town=town,
        clock=world.clock,
        app=world.network.hosts[HOST],
        peer=peer,
        alice=alice,
        bob=bob,
        area=area,
        known=known,
    )


def _find_remote(tx: Any, iri: str) -> int:
    from areas.posts import find_post  # noqa: PLC0415

    found = find_post(tx, Iri(iri))
    assert found is not None
    return found.id
