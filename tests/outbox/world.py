"""A small world to deliver in: local areas, remote servers with actors, a clock moved by hand, scripted inboxes."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa

from actors.keys import KeyPair, Keyring, Vault, create_keys, generate_keys
from actors.records import ActorRecord, Dialect, to_actor
from actors.tables import actors, origins, servers
from federation.client import PostResult, Signer
from federation.signatures import Scheme
from federation.vocabulary import Iri, Millis
from outbox.publish import append
from outbox.records import Entry
from outbox.sequencer import number
from outbox.subscriptions import subscribe
from outbox.tables import cursors, destinations, gaps, log, recipients, sequence, subscriptions
from outbox.worker import Worker
from web.database import Database

START = 1_700_000_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

OK = PostResult(202)


def failing(status: int | None, **facts: Any) -> PostResult:
    return PostResult(status, error=f"HTTP {status}" if status else "no answer", **facts)


@cache
def some_keys() -> KeyPair:
    """One pair for all: making one takes long, and nobody compares them here."""
    return generate_keys()


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> Millis:
        return Millis(self.now)

    def advance(self, milliseconds: int) -> None:
        self.now += milliseconds


@dataclass(frozen=True)
class Post:
    """What arrived at an inbox."""

    url: str
    activity: str
    at: int
    signer: str
    scheme: Scheme | None
    body: bytes


Script = Callable[[str, str], PostResult]


@dataclass
class Inboxes:
    """Other servers: every POST is kept, and answered as the script says (202 without one)."""

    clock: Clock
    posts: list[Post] = field(default_factory=list)
    accepted: list[Post] = field(default_factory=list)
    script: Script = lambda _url, _activity: OK
    pause: Callable[[str], Awaitable[None]] | None = None
    under_way: int = 0
    most_under_way: int = 0

    async def post(
        self, url: str, body: bytes, signer: Signer, *, scheme: Scheme | None = None
    ) -> PostResult:
        activity = json.loads(body)["id"]
        post = Post(url, activity, self.clock.now, signer.key_id, scheme, body)
        self.posts.append(post)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await (self.pause(url) if self.pause else asyncio.sleep(0))
        finally:
            self.under_way -= 1
        answer = self.script(url, activity)
        if answer.is_success:
            self.accepted.append(post)
        return answer

    def at(self, url: str) -> list[str]:
        """What one inbox accepted, in order; short names."""
        return [short(post.activity) for post in self.accepted if post.url == url]

    def tried_at(self, url: str) -> list[str]:
        return [short(post.activity) for post in self.posts if post.url == url]

    def urls(self) -> list[str]:
        return [post.url for post in self.posts]

    def clear(self) -> None:
        self.posts.clear()
        self.accepted.clear()


@dataclass(frozen=True)
class _Row:
    """What `to_actor` reads of a row."""

    _mapping: dict[str, object]


def _columns(actor: ActorRecord) -> dict[str, object]:
    columns = {name: getattr(actor, name) for name in ActorRecord.__slots__}
    return {**columns, "also_known_as": "[]", "fields": "[]"}


def short(iri: str) -> str:
    return iri.rpartition("/")[2]


@dataclass
class Lines:
    """A log that is read by tests."""

    lines: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def info(self, event: str, **values: object) -> None:
        self.lines.append((event, values))

    warning = info
    error = info


class World:
    """Builders and shortcuts over one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = Clock()
        self.inboxes = Inboxes(self.clock)
        self.log = Lines()
        self.vault = Vault(b"a secret of thirty-two bytes, ok")
        self.keyring = Keyring(self.vault)
        self._numbers = iter(range(1, 1_000_000))

    # Building

    async def local(self, name: str) -> ActorRecord:
        return await self.database.write(self._add_local, name)

    def _add_local(self, tx: sa.Connection, name: str) -> ActorRecord:
        found = tx.execute(sa.select(origins.c.id)).scalar()
        if found is None:
            row = {
                "origin": "https://here.test",
                "host": "here.test",
                "is_primary": True,
                "created_at": START,
            }
            found = tx.execute(sa.insert(origins).values(row).returning(origins.c.id)).scalar_one()
        iri = Iri(f"https://here.test/areas/{name}")
        actor = self._insert_actor(tx, name, "here.test", iri, origin_id=found, type="Group", kind="area")
        create_keys(tx, self.vault, actor_id=actor.id, iri=iri, keys=some_keys(), now=self.clock())
        return actor

    async def remote(
        self, name: str, host: str, *, software: str | None = None, shared: bool = True
    ) -> ActorRecord:
        def run(tx: sa.Connection) -> ActorRecord:
            return self._add_remote(tx, name, host, software, shared=shared)

        return await self.database.write(run)

    async def crowd(self, people: int, *, servers: int) -> list[ActorRecord]:
        """Many actors on s0.test, s1.test …"""
        first = [await self.remote(f"u{each}", f"s{each}.test") for each in range(servers)]

        def run(tx: sa.Connection) -> list[ActorRecord]:
            rows = []
            for each in range(servers, people):
                like = first[each % servers]
                iri = f"https://{like.host}/users/u{each}"
                names = {
                    "id": next(self._numbers),
                    "iri": iri,
                    "username": f"u{each}",
                    "inbox": f"{iri}/inbox",
                }
                rows.append({**_columns(like), **names})
            if rows:
                tx.execute(sa.insert(actors), rows)
            return [*first, *(to_actor(_Row(row)) for row in rows)]  # type: ignore[arg-type]

        return await self.database.write(run)

    def _add_remote(
        self, tx: sa.Connection, name: str, host: str, software: str | None, *, shared: bool
    ) -> ActorRecord:
        server = tx.execute(sa.select(servers.c.id).where(servers.c.host == host)).scalar()
        if server is None:
            row = {"host": host, "software": software, "first_seen_at": START}
            server = tx.execute(sa.insert(servers).values(row).returning(servers.c.id)).scalar_one()
        return self._insert_actor(
            tx,
            name,
            host,
            Iri(f"https://{host}/users/{name}"),
            server_id=server,
            type="Person",
            inbox=f"https://{host}/users/{name}/inbox",
            shared_inbox=f"https://{host}/inbox" if shared and software != "gotosocial" else None,
        )

    def _insert_actor(
        self, tx: sa.Connection, name: str, host: str, iri: Iri, **columns: object
    ) -> ActorRecord:
        row = {
            "id": next(self._numbers),
            "iri": iri,
            "username": name,
            "host": host,
            "created_at": START,
            "updated_at": START,
            **columns,
        }
        return to_actor(tx.execute(sa.insert(actors).values(row).returning(*actors.c)).one())

    async def follow(self, target: ActorRecord, *followers: ActorRecord, dialect: Dialect = "object") -> None:
        def run(tx: sa.Connection) -> None:
            for follower in followers:
                subscribe(tx, subscriber=follower, target_id=target.id, dialect=dialect, now=self.clock())

        await self.database.write(run)

    def entry(self, actor: ActorRecord, name: str, **facts: Any) -> Entry:
        iri = Iri(f"https://here.test/activities/{name}")
        body = {
            "@context": [
                "https://www.w3.org/ns/activitystreams",
                "https://w3id.org/security/data-integrity/v1",
            ],
            "id": iri,
            "type": "Announce",
            "actor": actor.iri,
        }
        facts = {"thread": name, "type": "Announce", "audience_id": actor.id, **facts}
        return Entry(iri=iri, actor_id=actor.id, body=facts.pop("body", body), **facts)

    async def say(self, actor: ActorRecord, name: str, **facts: Any) -> int:
        """Append to the log; audience = the followers, thread = the name, unless said otherwise."""
        return await self.database.write(append, self.entry(actor, name, **facts), self.clock())

    async def tell(self, actor: ActorRecord, name: str, *to: ActorRecord, **facts: Any) -> int:
        """Append for explicit recipients alone."""
        named = tuple(each.id for each in to)
        return await self.say(actor, name, **{"audience_id": None, "recipients": named, **facts})

    # Running

    def worker(self, **facts: Any) -> Worker:
        facts = {"log": self.log, "chance": lambda: 0.5, **facts}
        return Worker(self.database, self.inboxes, self.keyring, self.clock, **facts)

    async def deliver(self) -> None:
        """Send everything that is due, by a new worker."""
        await self.worker().drain()

    async def crash(self, worker: Worker, draining: "asyncio.Task[None]") -> None:
        """End a worker as a power cut would: what it has not written down is lost."""
        worker._ledger._waiting.clear()
        doomed = [draining, *worker._alerts.running, *worker._others.running]
        for task in doomed:
            task.cancel()
        await asyncio.gather(*doomed, return_exceptions=True)

    async def until(self, is_so: Callable[[], object]) -> None:
        """Let the others run until something is so."""
        async with asyncio.timeout(20):
            while not is_so():
                await asyncio.sleep(0)

    async def number(self) -> int:
        return await self.database.write(number, self.clock())

    def answer(self, script: Script) -> None:
        self.inboxes.script = script

    def answer_all(self, answer: PostResult) -> None:
        self.inboxes.script = lambda _url, _activity: answer

    # Looking

    async def rows(self, query: sa.Select[Any]) -> list[Any]:
        return await self.database.read(lambda tx: list(tx.execute(query).all()))

    async def value(self, query: sa.Select[Any]) -> Any:
        return await self.database.read(lambda tx: tx.execute(query).scalar())

    async def gaps(self) -> list[tuple[str, str]]:
        """(short name, state) of every gap, in order."""
        query = sa.select(log.c.iri, gaps.c.state).join(log, log.c.id == gaps.c.log_id).order_by(gaps.c.seq)
        return [(short(row.iri), row.state) for row in await self.rows(query)]

    async def count_rows(self) -> dict[str, int]:
        return {
            table.name: await self.value(sa.select(sa.func.count()).select_from(table))
            for table in (log, recipients, subscriptions, destinations, cursors, gaps, sequence)
        }

    async def health(self, host: str) -> Any:
        query = (
            sa.select(destinations)
            .join(servers, servers.c.id == destinations.c.server_id)
            .where(servers.c.host == host)
        )
        (row,) = await self.rows(query)
        return row


def is_subsequence(wanted: Iterable[str], found: Iterable[str]) -> bool:
    """Whether `wanted` appear in `found` in this order."""
    rest = iter(found)
    return all(any(each == other for other in rest) for each in wanted)
