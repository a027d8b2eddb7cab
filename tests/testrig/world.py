"""Several nodes in one process on a network and a clock of the test's own."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog

from actors.keys import KeyPair
from actors.origins import find_origins
from actors.records import ActorKind, ActorRecord
from actors.registration import create_local
from actors.signin.passwords import Hasher
from areas import compose, registry
from areas.records import AreaKind, AreaRecord, Draft, Placed, PostRecord
from areas.registry import NewArea
from areas.tables import areas
from federation.signatures.keys import generate_ed25519
from federation.vocabulary import Iri, Millis
from inbox.jobs import catching_up
from inbox.jobs.due import run_due
from tests.testrig.network import Clock, Network
from tests.testrig.peers import Peer, rsa_key
from web.accounts.hashing import Hashing
from web.app import create_app
from web.logs import Log
from web.node import Node, open_node
from web.settings import Listen, Settings

CHEAP = Hasher(memory_kib=8, passes=1)
"""Tests guess passwords a thousand times."""
QUIET: Log = structlog.wrap_logger(
    structlog.ReturnLogger(),
    processors=[],
    wrapper_class=structlog.make_filtering_bound_logger("critical"),
)
"""A log that goes nowhere."""
ROUNDS = 60
"""Turns of the wheel after which something goes round in circles."""


def keys(number: int) -> KeyPair:
    """RSA keys cost 0.1 s each; tests share a few."""
    return KeyPair(rsa_key(number), generate_ed25519())


@dataclass
class Town:
    """A node with short ways to do what people do."""

    node: Node
    clock: Callable[[], Millis]

    async def write(self, function: Callable[..., Any], *args: Any) -> Any:
        found = await self.node.database.write(function, *args)
        self.node.worker.nudge()
        return found

    async def read(self, function: Callable[..., Any], *args: Any) -> Any:
        return await self.node.database.read(function, *args)

    async def zone(self, username: str) -> AreaRecord:
        return await self.area(username, kind="zone")

    async def area(
        self, username: str, *, policy: str = "open", kind: AreaKind = "area", **limits: int
    ) -> AreaRecord:
        def make(tx: sa.Connection) -> AreaRecord:
            new = NewArea(username, f"{username}の町", "012246", policy=policy, kind=kind)  # type: ignore[arg-type]
            origin = find_origins(tx)[0]
            made = registry.create_area(
                tx, self.node.vault, new, origin=origin, keys=(keys(0), keys(1)), now=self.clock()
            )
            loose = {"author_hourly": 0, "author_daily": 0, "boosts_hourly": 0, **limits}
            tx.execute(sa.update(areas).where(areas.c.actor_id == made.actor_id).values(**loose))
            return made

        made: AreaRecord = await self.write(make)
        await self.node.refresh()
        return made

    async def person(self, username: str, kind: ActorKind = "resident") -> ActorRecord:
        def make(tx: sa.Connection) -> ActorRecord:
            return create_local(
                tx,
                self.node.vault,
                kind=kind,
                username=username,
                origin=find_origins(tx)[0],
                name=username,
                summary="",
                keys=keys(2),
                now=self.clock(),
            )

        made: ActorRecord = await self.write(make)
        return made

    async def post(
        self, author: ActorRecord, text: str, area: AreaRecord | None = None, reply_to: Iri | None = None
    ) -> tuple[PostRecord, tuple[Placed, ...]]:
        draft = Draft(author.id, text, (area.actor_id,) if area else (), in_reply_to=reply_to)
        published: tuple[PostRecord, tuple[Placed, ...]] = await self.write(
            compose.publish, draft, self.clock()
        )
        return published


@dataclass
class World:
    """Nodes and peers by host."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    network: Network = field(default_factory=Network)
    towns: dict[str, Town] = field(default_factory=dict)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    running: dict[str, AsyncExitStack] = field(default_factory=dict)
    log: Log | None = None
    """Where nodes write; None = standard error."""

    async def town(self, host: str, database_url: str, clock: Callable[[], Millis] | None = None) -> Town:
        """Start a node at `https://{host}`, with a clock of its own if one is given."""
        clock = clock or self.clock
        self.towns[host] = Town(await self._open(host, database_url, clock), clock)
        return self.towns[host]

    async def _open(self, host: str, database_url: str, clock: Callable[[], Millis]) -> Node:
        settings = make_settings(host, self.folder / host, database_url)
        running = self.running[host] = await self.stack.enter_async_context(AsyncExitStack())
        transport = self.network.transport(host)
        node = await running.enter_async_context(
            open_node(settings, transport=transport, clock=clock, hashing=Hashing(CHEAP), log=self.log)
        )
        self.network.hosts[host] = create_app(node)
        return node

    async def restart(self, host: str) -> None:
        """End a node, and open it again on what it has written down: what it kept in memory is gone."""
        town = self.towns[host]
        await self.running[host].aclose()
        town.node = await self._open(host, town.node.settings.database_url, town.clock)

    def peer(self, host: str, **how: Any) -> Peer:
        """Add a server of other software."""
        return Peer(host, self.network, self.clock, **how)

    async def settle(self) -> None:
        """Let every node work until nothing is due any more."""
        for _ in range(ROUNDS):
            before = len(self.network.carried)
            for town in self.towns.values():
                await town.node.worker.drain()
                await run_due(town.node.services, town.clock())
                await catching_up.run_due(town.node.services, town.clock())
            if len(self.network.carried) == before:
                return
        raise AssertionError("the nodes do not come to rest")


def make_settings(host: str, folder: Path, database_url: str, **more: Any) -> Settings:
    """Settings of a node for tests, with a secret of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "secret.key"
    if not secret.exists():  # a node that is opened again is the one that it was
        secret.write_bytes(secrets.token_bytes(48))
        secret.chmod(0o600)
    values: dict[str, Any] = {
        "domain": host,
        "base_url": f"https://{host}",
        "database_url": database_url,
        "data_dir": folder,
        "secret_key_file": secret,
        "listen": Listen("127.0.0.1", 0),
        "mail_url": f"file:{folder}/mail",
        "mail_from": f"noreply@{host.partition(':')[0]}",
        "media_url": f"file:{folder}/media",
        "log_format": "json",
        **more,
    }
    return Settings(**values)


@asynccontextmanager
async def open_world(folder: Path) -> AsyncIterator[World]:
    """A world that ends with the test."""
    world = World(folder)
    async with world.stack:
        yield world
