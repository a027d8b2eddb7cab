"""Nodes and remote actors for measurements, stored without the network."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.remote import save_remote
from federation.signatures.keys import public_pem
from federation.vocabulary import Actor, Iri, Millis, PublicKey
from outbox.subscriptions import subscribe
from tests.testrig.peers import rsa_key
from tests.testrig.world import QUIET, Town, make_settings
from web import garbage
from web.node import open_node

KEYS = 5
"""RSA keys shared by all remote actors: making them is not what is measured."""


@asynccontextmanager
async def open_town(
    folder: Path, host: str = "bench.example", url: str | None = None, **more: object
) -> AsyncIterator[Town]:
    """A node with the real clock and network, and a log that goes nowhere."""
    settings = make_settings(host, folder, url or f"sqlite+aiosqlite:///{folder}/bench.db", **more)
    async with open_node(settings, log=QUIET) as node:
        garbage.settle()  # as `kairanban serve` does
        yield Town(node, node.clock)


def remote(number: int, base: str) -> Actor:
    """Actor `number` of the server at `base`."""
    iri = f"{base}/users/u{number}"
    key = PublicKey(Iri(f"{iri}#main-key"), Iri(iri), public_pem(rsa_key(number % KEYS)))
    return Actor(
        id=Iri(iri),
        type="Person",
        preferred_username=f"u{number}",
        inbox=Iri(f"{iri}/inbox"),
        shared_inbox=Iri(f"{base}/inbox"),
        followers=Iri(f"{iri}/followers"),
        keys=(key,),
    )


def save_people(tx: sa.Connection, people: Sequence[Actor], now: Millis) -> list[ActorRecord]:
    """Store remote actors."""
    return [save_remote(tx, each, now) for each in people]


def subscribe_all(tx: sa.Connection, followers: Sequence[ActorRecord], target_id: int, now: Millis) -> None:
    """Let them follow."""
    for each in followers:
        subscribe(tx, subscriber=each, target_id=target_id, dialect="object", now=now)
