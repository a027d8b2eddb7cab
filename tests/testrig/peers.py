"""A server of other software, small and scripted: it has actors with keys, remembers what it gets, and can sign."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from starlette.types import Receive, Scope, Send

from federation import signatures
from federation.signatures.keys import generate_rsa, public_pem
from federation.vocabulary import Iri
from tests.testrig.network import Clock, Network

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
_key_pool: list[RSAPrivateKey] = []


def rsa_key(number: int) -> RSAPrivateKey:
    """Keys cost 0.1 s each, so peers of all tests share a few."""
    while len(_key_pool) <= number:
        _key_pool.append(generate_rsa())
    return _key_pool[number]


@dataclass
class Peer:
    """One host. `answer` decides the status of what is POSTed; `documents` are served as they are."""

    host: str
    network: Network
    clock: Clock
    software: str = "mastodon"
    shared_inbox: bool = True
    actors: dict[str, RSAPrivateKey] = field(default_factory=dict)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    received: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    answer: Any = 202

    def __post_init__(self) -> None:
        self.network.hosts[self.host] = self

    @property
    def origin(self) -> str:
        return f"https://{self.host}"

    def actor(self, name: str, kind: str = "Person", **more: Any) -> Iri:
        """Make an actor, and serve its document."""
        iri = f"{self.origin}/users/{name}"
        self.actors[iri] = rsa_key(len(self.actors))
        document = {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": iri,
            "type": kind,
            "preferredUsername": name,
            "name": name,
            "inbox": f"{iri}/inbox",
            "outbox": f"{iri}/outbox",
            "followers": f"{iri}/followers",
            "following": f"{iri}/following",
            "publicKey": {
                "id": f"{iri}#main-key",
                "owner": iri,
                "publicKeyPem": public_pem(self.actors[iri]),
            },
            **more,
        }
        if self.shared_inbox:
            document["endpoints"] = {"sharedInbox": f"{self.origin}/inbox"}
        self.documents[iri] = document
        return Iri(iri)

    def note(self, author: str, name: str, *, to: Any = PUBLIC, cc: Any = (), **more: Any) -> dict[str, Any]:
        """A Note, served from now on."""
        iri = f"{self.origin}/notes/{name}"
        document = {
            "id": iri,
            "type": "Note",
            "attributedTo": author,
            "to": [to] if isinstance(to, str) else list(to),
            "cc": [cc] if isinstance(cc, str) else list(cc),
            "content": f"<p>{name}</p>",
            "published": stamp(self.clock()),
            **more,
        }
        self.documents[iri] = document
        return document

    def create(self, note: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The Create of a note."""
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{note['id']}/activity",
            "type": "Create",
            "actor": note["attributedTo"],
            "published": note["published"],
            "to": note["to"],
            "cc": note["cc"],
            "object": note,
            **more,
        }

    def activity(self, kind: str, actor: str, name: str, thing: Any, **more: Any) -> dict[str, Any]:
        """Any activity."""
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{self.origin}/activities/{name}",
            "type": kind,
            "actor": actor,
            "object": thing,
            **more,
        }

    async def send(
        self, activity: dict[str, Any], inbox: str, *, signer: str | None = None
    ) -> httpx.Response:
        """Sign and POST an activity."""
        actor = Iri(signer or activity["actor"])
        body = json.dumps(activity, ensure_ascii=False).encode()
        headers = signatures.sign(
            "cavage",
            private_key=self.actors[actor],
            key_id=Iri(f"{actor}#main-key"),
            method="POST",
            url=inbox,
            body=body,
            now=self.clock(),
        )
        async with httpx.AsyncClient(transport=self.network.transport(self.host)) as client:
            return await client.post(inbox, content=body, headers=headers)

    def kinds(self) -> list[str]:
        """What was received, by type."""
        return [activity["type"] for activity in self.received]

    def boosts(self, iri: str) -> list[dict[str, Any]]:
        """The Announces of an object that were received."""
        return [each for each in self.received if each["type"] == "Announce" and each["object"] == iri]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve documents and take what is POSTed."""
        path = scope["path"]
        self.requests.append((scope["method"], path))
        if scope["method"] == "POST":
            await self._take(path, receive, send)
            return
        await self._serve(path, scope, send)

    async def _take(self, path: str, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        status = self.answer(path, json.loads(body)) if callable(self.answer) else self.answer
        if status < 300:
            self.received.append(json.loads(body))
        await _reply(send, status, {})

    async def _serve(self, path: str, scope: Scope, send: Send) -> None:
        url = f"{self.origin}{path}"
        if url in self.statuses:
            await _reply(send, self.statuses[url], {})
        elif path == "/.well-known/nodeinfo":
            link = {
                "rel": "http://nodeinfo.diaspora.software/ns/schema/2.1",
                "href": f"{self.origin}/nodeinfo/2.1",
            }
            await _reply(send, 200, {"links": [link]}, "application/json")
        elif path == "/nodeinfo/2.1":
            await _reply(send, 200, self._nodeinfo(), "application/json")
        elif path == "/.well-known/webfinger":
            await self._webfinger(scope, send)
        elif url in self.documents:
            await _reply(
                send, 200, {"@context": "https://www.w3.org/ns/activitystreams", **self.documents[url]}
            )
        else:
            await _reply(send, 404, {})

    def _nodeinfo(self) -> dict[str, Any]:
        return {
            "version": "2.1",
            "software": {"name": self.software, "version": "1.0.0"},
            "protocols": ["activitypub"],
            "services": {"inbound": [], "outbound": []},
            "openRegistrations": False,
            "usage": {"users": {}},
            "metadata": {},
        }

    async def _webfinger(self, scope: Scope, send: Send) -> None:
        resource = httpx.QueryParams(scope["query_string"].decode()).get("resource", "")
        name = resource.removeprefix("acct:").partition("@")[0]
        iri = f"{self.origin}/users/{name}"
        if iri not in self.documents:
            await _reply(send, 404, {})
            return
        links = [{"rel": "self", "type": "application/activity+json", "href": iri}]
        await _reply(
            send, 200, {"subject": f"acct:{name}@{self.host}", "links": links}, "application/jrd+json"
        )


def stamp(now: int) -> str:
    """RFC 3339."""
    return (
        datetime.fromtimestamp(now / 1000, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


async def _reply(send: Send, status: int, document: Any, kind: str = "application/activity+json") -> None:
    body = json.dumps(document).encode()
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
