"""What is served of the log."""

import json

import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from federation.vocabulary import Iri
from outbox.collection import count, find_activity, latest
from outbox.tables import log
from tests.outbox.world import World, short

pytestmark = pytest.mark.anyio


async def find(world: World, name: str) -> bytes | None:
    iri = Iri(f"https://here.test/activities/{name}")
    return await world.database.read(find_activity, world.keyring, iri)


async def names(world: World, area: ActorRecord, limit: int = 20) -> list[str]:
    found = await world.database.read(latest, world.keyring, area.id, limit)
    return [short(json.loads(body)["id"]) for body in found]


async def test_an_activity_is_served_as_it_is_sent(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "hello")
    await world.deliver()
    assert await find(world, "hello") == world.inboxes.posts[0].body


async def test_what_is_not_public_is_not_served(world: World) -> None:
    area = await world.local("megumino")
    await world.say(area, "secret", public=False)
    assert await find(world, "secret") is None
    assert await find(world, "never_said") is None
    assert await names(world, area) == []
    assert await world.database.read(count, area.id) == 0


async def test_what_was_undone_is_not_served(world: World) -> None:
    area = await world.local("megumino")
    boost = await world.say(area, "boost")
    await world.say(area, "edit", concerns_id=boost)
    assert await find(world, "boost") is not None
    await world.say(area, "undo", concerns_id=boost, cancels=True)
    assert await find(world, "boost") is None
    assert await find(world, "undo") is not None
    assert await names(world, area) == []


async def test_of_two_dialects_the_plain_one_is_served_at_the_id(world: World) -> None:
    area = await world.local("megumino")
    await world.say(area, "boost", dialect="activity", body=b'{"id":"x","wrapped":true}')
    await world.say(area, "boost", dialect="object", body=b'{"id":"x","wrapped":false}')
    assert json.loads(await find(world, "boost") or b"")["wrapped"] is False


async def test_the_latest_come_first_in_the_dialect_of_those_who_read_outboxes(world: World) -> None:
    area, other = await world.local("megumino"), await world.local("other")
    for name in ("a", "b", "c"):
        await world.say(area, f"{name}_boost", dialect="object")
        await world.say(area, f"{name}_wrap", dialect="activity")
    await world.tell(area, "direct", await world.remote("a", "one.test"))
    await world.say(other, "elsewhere")
    assert await names(world, area) == ["c_wrap", "b_wrap", "a_wrap"]
    assert await names(world, area, 2) == ["c_wrap", "b_wrap"]
    assert await world.database.read(count, area.id) == 3


async def test_what_was_purged_is_gone_but_counted(world: World) -> None:
    area = await world.local("megumino")
    await world.say(area, "old")
    await world.database.write(lambda tx: tx.execute(sa.update(log).values(body=None)))
    assert await find(world, "old") is None
    assert await names(world, area) == []
    assert await world.database.read(count, area.id) == 1
