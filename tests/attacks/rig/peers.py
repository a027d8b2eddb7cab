"""Other servers: small, over HTTPS, with actors and documents, a log of what was asked, and any answer a row wants."""

import asyncio
import itertools
import json
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.attacks.rig import signing
from tests.attacks.rig.clock import http_date, timestamp
from tests.attacks.rig.keys import Key, rsa_key
from tests.attacks.rig.wire import ACTIVITY_JSON, Answer, Request, document, read_body, read_head

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
POOL = 6
"""Different keys among the actors of a run, in turn; a row that compares two gives them itself."""

Json = dict[str, Any]
Script = Callable[[Request, asyncio.StreamWriter], Awaitable[Answer | None]]
"""Says what to answer; None = it has written what it wants itself, and the connection ends."""

_numbers = itertools.count(1)


def unique(word: str) -> str:
    """A name that no other row has."""
    return f"{word}{next(_numbers)}"


@dataclass(eq=False)
class Peer:
    """A server at `https://{host}` and all names below it.

    `documents` are served by their URL (without query), `answers` stand before them (by URL, or by path alone),
    `requests` is everything that came, `received` the activities among it that got a 2xx.
    """

    host: str
    context: ssl.SSLContext
    area: str = ""
    """The group that posts name, and its inbox."""
    area_inbox: str = ""
    software: str = "mastodon"
    is_busy: bool = False
    """Whether work is left behind there, so that it is asked for things while other rows are played."""
    documents: dict[str, Json] = field(default_factory=dict)
    answers: dict[str, Answer | Script] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    received: list[Json] = field(default_factory=list)
    address: tuple[str, int] = ("", 0)

    def __post_init__(self) -> None:
        self._arrived = asyncio.Condition()
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def origin(self) -> str:
        """Where its ids begin."""
        return f"https://{self.host}"

    @property
    def inbox(self) -> str:
        """The shared one."""
        return f"{self.origin}/inbox"

    def actor(self, name: str = "", *, key: Key | None = None, host: str = "", **changes: Any) -> "Actor":
        """Make a person whose document is served; `changes` are properties of it."""
        name = name or unique("alice")
        origin = f"https://{host}" if host else self.origin
        iri = f"{origin}/users/{name}"
        key = key or rsa_key(len(self.documents) % POOL)
        self.documents[iri] = {
            "@context": CONTEXT,
            "id": iri,
            "type": "Person",
            "preferredUsername": name,
            "name": name,
            "inbox": f"{iri}/inbox",
            "outbox": f"{iri}/outbox",
            "followers": f"{iri}/followers",
            "endpoints": {"sharedInbox": f"{origin}/inbox"},
            "publicKey": {"id": f"{iri}#main-key", "owner": iri, "publicKeyPem": key.pem},
            **changes,
        }
        return Actor(self, iri, key)

    def asked(self, url: str) -> int:
        """How often this URL (without its query) was asked for."""
        return sum(f"https://{each.host}{each.path}" == url for each in self.requests if each.method == "GET")

    async def until(self, is_true: Callable[[], bool], seconds: float = 20) -> None:
        """Wait for something that arrives to make it true."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(is_true)

    async def listen(self, address: str, port: int) -> None:
        """Serve from now on; port 0 is any free one."""
        self._server = await asyncio.start_server(self._serve, address, port, ssl=self.context, limit=1 << 18)
        self.address = self._server.sockets[0].getsockname()[:2]

    async def close(self) -> None:
        """End it, and every connection."""
        self._server.close()
        for writer in set(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass  # the other side has left
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Hear one request and answer it; returns whether the connection lives on."""
        first, headers = await read_head(reader)
        method, target, _ = first.split(" ")
        request = Request(method, target, headers, await read_body(reader, headers))
        answer = self._find(request)
        self.requests.append(request)
        found = answer if isinstance(answer, Answer) else await answer(request, writer)
        if found is not None:
            writer.write(found.render())
            await writer.drain()
        if method == "POST" and found is not None and found.status // 100 == 2:
            self.received.append(request.json())
        async with self._arrived:
            self._arrived.notify_all()
        return found is not None

    def _find(self, request: Request) -> Answer | Script:
        url = f"https://{request.host}{request.path}"
        for name in (url, request.path):
            if name in self.answers:
                return self.answers[name]
        if request.method == "POST":
            return Answer(202)
        if url in self.documents:
            return document(self.documents[url])
        return self._discover(request)

    def _discover(self, request: Request) -> Answer:
        origin = f"https://{request.host}"
        if request.path == "/.well-known/nodeinfo":
            link = {
                "rel": "http://nodeinfo.diaspora.software/ns/schema/2.1",
                "href": f"{origin}/nodeinfo/2.1",
            }
            return document({"links": [link]}, kind="application/json")
        if request.path == "/nodeinfo/2.1":
            return document(_nodeinfo(self.software), kind="application/json")
        if request.path == "/.well-known/webfinger":
            return self._finger(origin, request.target)
        return Answer(404)

    def _finger(self, origin: str, target: str) -> Answer:
        name = target.rpartition("acct:")[2].replace("%40", "@").partition("@")[0]
        iri = f"{origin}/users/{name}"
        if iri not in self.documents:
            return Answer(404)
        link = {"rel": "self", "type": ACTIVITY_JSON, "href": iri}
        subject = f"acct:{name}@{origin.removeprefix('https://')}"
        return document({"subject": subject, "links": [link]}, kind="application/jrd+json")


@dataclass(eq=False)
class Actor:
    """Somebody on a peer, with the key that signs."""

    peer: Peer
    id: str
    key: Key

    @property
    def key_id(self) -> str:
        """As its document has it."""
        return f"{self.id}#main-key"

    @property
    def document(self) -> Json:
        """What is served; change it as you like."""
        return self.peer.documents[self.id]

    def note(self, **changes: Any) -> Json:
        """A public post that names the area, served at its id; a change to None leaves the property out."""
        iri = changes.pop("id", f"{self.id}/notes/{unique('n')}")
        made = {
            "id": iri,
            "type": "Note",
            "attributedTo": self.id,
            "to": [PUBLIC],
            "cc": [self.peer.area],
            "content": f"<p>{iri.rpartition('/')[2]} のお知らせです。きょうは資源ごみの日です。</p>",
            "published": timestamp(),
            **changes,
        }
        made = {name: value for name, value in made.items() if value is not None}
        self.peer.documents[iri] = {"@context": CONTEXT[0], **made}
        return made

    def create(self, note: Json | None = None, **changes: Any) -> Json:
        """The Create of a post (of a new one)."""
        note = note or self.note()
        given: Json = {name: note[name] for name in ("to", "cc", "published") if name in note}
        given |= {"id": f"{note['id']}/activity", **changes}
        return self.activity("Create", note, **given)

    def update(self, note: Json, *, seconds: float = 1, **changes: Any) -> Json:
        """The Update that makes another version of a post, so many seconds after it was published."""
        published = datetime.fromisoformat(note["published"])
        updated = (published + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
        version = {**note, "content": "<p>べつの文です。</p>", "updated": updated, **changes}
        return self.activity("Update", {name: value for name, value in version.items() if value is not None})

    def activity(self, kind: str, thing: Any, **changes: Any) -> Json:
        """Any activity; a change to None leaves the property out."""
        made = {
            "@context": CONTEXT[0],
            "id": f"{self.id}/activities/{unique('a')}",
            "type": kind,
            "actor": self.id,
            "object": thing,
            **changes,
        }
        return {name: value for name, value in made.items() if value is not None}

    def unsigned(self, activity: Json | bytes, inbox: str = "") -> Request:
        """A POST (to the area's inbox) with all that is signed in it, and no signature."""
        inbox = inbox or self.peer.area_inbox
        body = activity if isinstance(activity, bytes) else json.dumps(activity, ensure_ascii=False).encode()
        _, _, host, target = inbox.split("/", 3)
        headers = [
            ("Host", host),
            ("Date", http_date()),
            ("Digest", signing.digest(body)),
            ("Content-Type", ACTIVITY_JSON),
        ]
        return Request("POST", f"/{target}", headers, body)

    def signed(self, activity: Json | bytes, inbox: str = "") -> Request:
        """A POST as an honest server makes it."""
        return self.sign(self.unsigned(activity, inbox))

    def sign(
        self,
        message: Request,
        *,
        names: Sequence[str] = signing.CAVAGE,
        target: str | None = None,
        **parameters: str | int | None,
    ) -> Request:
        """Sign in draft-cavage, in place (`signing.cavage` says what can be changed)."""
        return signing.cavage(message, self.key, self.key_id, names=names, target=target, **parameters)

    def sign9421(
        self,
        message: Request,
        *,
        components: Sequence[str] = signing.RFC9421,
        origin: str | None = None,
        label: str = "sig1",
        **parameters: str | int | None,
    ) -> Request:
        """Sign in RFC 9421, in place (`signing.rfc9421` says what can be changed)."""
        return signing.rfc9421(
            message, self.key, self.key_id, components=components, origin=origin, label=label, **parameters
        )


def is_boost(activity: Json, iri: str) -> bool:
    """Whether an activity announces the object with this id, by name or wrapped in its Create."""
    thing = activity.get("object") if activity.get("type") == "Announce" else None
    while isinstance(thing, dict) and thing.get("id") != iri:
        thing = thing.get("object")
    return thing == iri or isinstance(thing, dict)


def _nodeinfo(software: str) -> Json:
    return {
        "version": "2.1",
        "software": {"name": software, "version": "1.0.0"},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": False,
        "usage": {"users": {}},
        "metadata": {},
    }
