"""A town that hears: one node's inbox on the simulated network, and the tables behind it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
import structlog
from starlette.types import Receive, Scope, Send
from structlog.testing import CapturingLogger

from actors.directory import Directory, find_actor
from actors.follows import find_follow
from actors.keys import Keyring
from actors.node_client import NodeClient
from actors.records import ActorRecord, FollowRecord
from areas import posts, registry
from areas.records import AreaRecord, PlacementRecord, PostRecord
from areas.tables import placements
from federation import signatures
from federation.client import Client, ClientOptions, open_client
from federation.signatures import Request
from federation.vocabulary import Iri, Millis
from inbox.answers import Answer
from inbox.jobs import due
from inbox.receive import receive
from inbox.services import Services
from outbox.tables import log, subscriptions
from tests.testrig.network import Clock, Network
from tests.testrig.peers import Peer
from tests.testrig.people import VAULT, key_pair, serve, settle
from web.database import Database

HOST = "machi.test"
ORIGIN = f"https://{HOST}"
SHARED = f"{ORIGIN}/inbox"
AREA = f"{ORIGIN}/areas/megumino"
SOURCE = "192.0.2.7"


@dataclass
class Nudges:
    count: int = 0

    def __call__(self) -> None:
        self.count += 1


@dataclass
class Town:
    """`answers` are those of its inbox, `lines` its log, in order."""

    database: Database
    network: Network
    clock: Clock
    client: Client
    services: Services
    logger: CapturingLogger
    nudges: Nudges
    area: AreaRecord
    resident: ActorRecord
    answers: list[Answer] = field(default_factory=list)
    source: str = SOURCE

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [dict(call.kwargs) for call in self.logger.calls]

    async def __call__(self, scope: Scope, receive_body: Receive, send: Send) -> None:
        """Stand on the network as the web layer does."""
        body = b""
        while True:
            message = await receive_body()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = tuple((name.decode().lower(), value.decode()) for name, value in scope["headers"])
        query = scope["query_string"].decode()
        target = scope["path"] + (f"?{query}" if query else "")
        answer = await self.post(Request(scope["method"], ORIGIN, target, headers, body))
        payload = json.dumps(dict(answer.body)).encode() if answer.body else b""
        fields = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": fields})
        await send({"type": "http.response.body", "body": payload})

    async def post(self, request: Request) -> Answer:
        answer = await receive(request, source=self.source, services=self.services, now=self.clock())
        self.answers.append(answer)
        return answer

    async def work(self) -> int:
        """Do everything that is due now."""
        done = 0
        while count := await due.run_due(self.services, self.clock()):
            done += count
        return done

    async def post_of(self, iri: str) -> PostRecord | None:
        return await self.database.read(posts.find_post, Iri(iri))

    async def actor(self, iri: str) -> ActorRecord:
        found = await self.database.read(find_actor, Iri(iri))
        assert found is not None
        return found

    async def follow_of(self, follower: str, target: str = AREA) -> FollowRecord | None:
        pair = ((await self.actor(follower)).id, (await self.actor(target)).id)
        return await self.database.read(find_follow, pair)

    async def placements(self) -> list[PlacementRecord]:
        def read(tx: sa.Connection) -> list[PlacementRecord]:
            columns = [placements.c[name] for name in PlacementRecord.__dataclass_fields__]
            return [
                PlacementRecord(*row) for row in tx.execute(sa.select(*columns).order_by(placements.c.id))
            ]

        return await self.database.read(read)

    async def said(self, kind: str | None = None) -> list[dict[str, Any]]:
        """The outgoing log, in order."""

        def read(tx: sa.Connection) -> list[dict[str, Any]]:
            query = sa.select(log.c.body).order_by(log.c.id)
            return [json.loads(body) for body in tx.execute(query).scalars()]

        return [each for each in await self.database.read(read) if kind in {None, each["type"]}]

    async def dialects(self) -> list[str]:
        """Of the open subscriptions."""

        def read(tx: sa.Connection) -> list[str]:
            query = sa.select(subscriptions.c.dialect).where(sa.not_(subscriptions.c.closed))
            return list(tx.execute(query.order_by(subscriptions.c.id)).scalars())

        return await self.database.read(read)

    async def count(self, table: sa.Table) -> int:
        return await self.database.read(
            lambda tx: tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        )

    async def hear(self, peer: Peer, activity: Mapping[str, Any], inbox: str = SHARED) -> str:
        """Take an activity signed by its actor; returns what the log says came of it."""
        answer = await self.post(sign(peer, dict(activity), inbox, signer=activity["actor"]))
        line = self.lines[-1]
        assert answer.status == (403 if line["outcome"] == "refused" else 202), line
        return f"{line['outcome']}: {line['reason']}"

    def peer(self, host: str = "p.test", **values: Any) -> Peer:
        return Peer(host, self.network, self.clock, **values)


async def open_town(database: Database, **services: Any) -> Town:
    clock = Clock()
    network = Network()
    client = open_client(
        ClientOptions(contact=ORIGIN, clock=clock, own_origins={ORIGIN}), transport=network.transport(HOST)
    )
    area, resident = await database.write(_settle_all, clock())
    keyring = Keyring(VAULT)
    logger, nudges = CapturingLogger(), Nudges()
    given: Mapping[str, Any] = {
        "storage": database,
        "directory": Directory(database, client, clock, keyring=keyring, mode=services.get("mode", "open")),
        "client": NodeClient(database, client, keyring),
        "clock": clock,
        "log": structlog.wrap_logger(
            logger, processors=[], wrapper_class=structlog.make_filtering_bound_logger(20)
        ),
        "origins": frozenset({ORIGIN}),
        "nudge": nudges,
        **services,
    }
    town = Town(database, network, clock, client, Services(**given), logger, nudges, area, resident)
    network.hosts[HOST] = town
    return town


def _settle_all(tx: sa.Connection, now: Millis) -> tuple[AreaRecord, ActorRecord]:
    origin = serve(tx)
    settle(tx, HOST, "node", origin=origin)
    new = registry.NewArea(username="megumino", title="恵み野", code="012319")
    area = registry.create_area(tx, VAULT, new, origin=origin, keys=(key_pair(0), key_pair(1)), now=now)
    return area, settle(tx, "hanako", origin=origin)


def sign(
    peer: Peer,
    activity: dict[str, Any] | bytes,
    inbox: str = SHARED,
    *,
    signer: str,
    key_id: str | None = None,
) -> Request:
    """A request as it reaches the inbox; `key_id` claims another key than the one that signs."""
    body = activity if isinstance(activity, bytes) else json.dumps(activity, ensure_ascii=False).encode()
    headers = signatures.sign(
        "cavage",
        private_key=peer.actors[signer],
        key_id=Iri(key_id or f"{signer}#main-key"),
        method="POST",
        url=inbox,
        body=body,
        now=peer.clock(),
    )
    fields = tuple((name.lower(), value) for name, value in headers.items())
    return Request("POST", ORIGIN, inbox.removeprefix(ORIGIN), fields, body)
