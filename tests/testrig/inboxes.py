"""Many hosts behind one loopback port: actors with keys, and inboxes that remember bodies. For real processes."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from federation import signatures
from federation.client import read_clock
from federation.signatures.keys import public_pem
from federation.vocabulary import Iri
from tests.bench.serving import serve
from tests.testrig.peers import rsa_key

Status = Callable[[str], int]


@dataclass
class Inboxes:
    """`received[host][activity id]` are the bodies that came, in order of arrival."""

    port: int = 0
    software: dict[str, str] = field(default_factory=dict)
    received: dict[str, dict[str, list[bytes]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    last: dict[str, signatures.Request] = field(default_factory=dict)
    """The last POST to each host, with its signature."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    delay: Callable[[str], float] = lambda _host: 0.0
    """Seconds until what arrived at a host is answered."""
    when_asked: Callable[[], None] = lambda: None
    """Called for everything that arrives."""

    def origin(self, name: str) -> str:
        return f"http://{name}.localhost:{self.port}"

    def actor(self, name: str, number: int = 0) -> Iri:
        """The id of user `number` on host `name`; every such actor exists."""
        return Iri(f"{self.origin(name)}/users/u{number}")

    def document(self, iri: str) -> dict[str, Any]:
        return {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": iri,
            "type": "Person",
            "preferredUsername": iri.rpartition("/")[2],
            "inbox": f"{iri}/inbox",
            "followers": f"{iri}/followers",
            "endpoints": {"sharedInbox": f"{iri.partition('/users/')[0]}/inbox"},
            "publicKey": {"id": f"{iri}#main-key", "owner": iri, "publicKeyPem": public_pem(rsa_key(0))},
        }

    def sign(self, activity: dict[str, Any], inbox: str) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a POST by the activity's actor."""
        body = json.dumps(activity, ensure_ascii=False).encode()
        actor = Iri(activity["actor"])
        headers = signatures.sign(
            "cavage",
            private_key=rsa_key(0),
            key_id=Iri(f"{actor}#main-key"),
            method="POST",
            url=inbox,
            body=body,
            now=read_clock(),
        )
        return body, headers

    async def send(self, client: httpx.AsyncClient, activity: dict[str, Any], inbox: str) -> int:
        body, headers = self.sign(activity, inbox)
        port = httpx.URL(inbox).port
        address = httpx.URL(inbox).copy_with(host="127.0.0.1", port=port)
        return (await client.post(address, content=body, headers=headers)).status_code

    async def wait_until(self, is_done: Callable[[], bool], seconds: float) -> None:
        """Return when something that arrived made it true."""
        async with asyncio.timeout(seconds):
            while not is_done():
                self.arrived.clear()
                await self.arrived.wait()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        host = dict(scope["headers"])[b"host"].decode().partition(".")[0]
        if scope["method"] == "POST":
            body = b""
            while True:
                message = await receive()
                body += message.get("body", b"")
                if not message.get("more_body"):
                    break
            self.received[host][json.loads(body)["id"]].append(body)
            self.last[host] = self._keep(host, scope, body)
            self.arrived.set()
            self.when_asked()
            await asyncio.sleep(self.delay(host))
            await _answer(send, 202, None)
            return
        await _answer(send, *self._get(host, scope["path"]))

    def _keep(self, host: str, scope: Any, body: bytes) -> signatures.Request:
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        return signatures.Request("POST", self.origin(host), scope["path"], headers, body)

    def _get(self, host: str, path: str) -> tuple[int, Any]:
        if path.startswith("/users/") and path.count("/") == 2:
            return 200, self.document(f"{self.origin(host)}{path}")
        if path == "/.well-known/nodeinfo":
            rel = "http://nodeinfo.diaspora.software/ns/schema/2.1"
            return 200, {"links": [{"rel": rel, "href": f"{self.origin(host)}/nodeinfo/2.1"}]}
        if path == "/nodeinfo/2.1":
            return 200, {
                "version": "2.1",
                "software": {"name": self.software.get(host, "mastodon"), "version": "1"},
            }
        return 404, None


async def _answer(send: Any, status: int, document: Any) -> None:
    body = b"" if document is None else json.dumps(document).encode()
    kind = b"application/json" if document and "id" not in document else b"application/activity+json"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def open_inboxes() -> AsyncIterator[Inboxes]:
    """Serve them on a free port."""
    inboxes = Inboxes()
    async with serve(inboxes) as port:
        inboxes.port = port
        yield inboxes
