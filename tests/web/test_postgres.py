"""A crowd before PostgreSQL: who waits for a place gets one in turn, or hears "later" in time."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from areas.tables import placements
from federation.errors import Overloaded
from tests.testrig.databases import Cluster
from tests.testrig.world import World
from web.database import open_database

pytestmark = pytest.mark.anyio

CROWD = 50
LETTERS = 2


async def test_fifty_senders_at_once_are_all_heard(
    world: World, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of four places, so that most of them wait at any time; how fast this machine is does not matter."""
    monkeypatch.setattr("web.postgres.PLACES", 4)
    monkeypatch.setattr("web.postgres.BUSY_MILLISECONDS", 20_000)
    town = await world.town("chitose.example", cluster.new(tmp_path))
    area = await town.area("megumino")
    peer = world.peer("m.test")
    statuses: Counter[int] = Counter()

    async def send_all(sender: str) -> None:
        for number in range(LETTERS):
            note = peer.note(sender, f"{sender.rpartition('/')[2]}-{number}", cc=(area.iri,))
            answer = await peer.send(peer.create(note), "https://chitose.example/inbox")
            statuses[answer.status_code] += 1

    await asyncio.gather(*(send_all(peer.actor(f"u{number}")) for number in range(CROWD)))
    count = await town.read(
        lambda tx: tx.execute(sa.select(sa.func.count()).select_from(placements)).scalar_one()
    )
    assert (statuses, count) == ({202: CROWD * LETTERS}, CROWD * LETTERS)


async def test_nobody_is_passed_by_who_came_later(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.postgres.PLACES", 1)
    database = await open_database(cluster.new(tmp_path))
    order: list[int] = []

    async def come_again(number: int) -> None:
        for _ in range(3):
            await database.read(lambda _tx: order.append(number))

    await asyncio.gather(*(come_again(number) for number in range(5)))
    await database.close()
    assert order == [*range(5)] * 3


async def test_who_waits_too_long_hears_so_and_the_place_is_had_again(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.postgres.PLACES", 1)
    database = await open_database(cluster.new(tmp_path))
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def dawdle(tx: sa.Connection) -> None:
        loop.call_soon(begun.set)
        tx.execute(sa.text("SELECT pg_sleep(1)"))

    dawdling = asyncio.create_task(database.read(dawdle))
    await begun.wait()
    monkeypatch.setattr("web.postgres.BUSY_MILLISECONDS", 50)
    with pytest.raises(Overloaded, match="none has ended in time"):
        await database.read(lambda _tx: None)
    await dawdling
    assert await database.read(lambda tx: tx.execute(sa.text("SELECT 1")).scalar()) == 1
    await database.close()
