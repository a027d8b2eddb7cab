"""Appending to the log: what it costs, what it inherits, and that it happens once."""

import json
import sqlite3
from typing import Any

import pytest
import sqlalchemy as sa

from federation.errors import NotFound
from outbox.publish import append
from outbox.records import ALERT, LIKES, ORDINARY
from outbox.retries import LIFETIME
from outbox.tables import destinations, log, recipients
from tests.outbox.world import World

pytestmark = pytest.mark.anyio


async def row_of(world: World, log_id: int) -> Any:
    (row,) = await world.rows(sa.select(log).where(log.c.id == log_id))
    return row


async def test_an_entry_is_kept_as_it_was_said(world: World) -> None:
    area = await world.local("megumino")
    row = await row_of(world, await world.say(area, "a", body=b'{"id":"x"}', object_iri="https://o.test/1"))
    assert (bytes(row.body), row.object_iri, row.seq) == (b'{"id":"x"}', "https://o.test/1", None)
    assert row.expires_at - row.created_at == LIFETIME


async def test_a_mapping_is_rendered(world: World) -> None:
    area = await world.local("megumino")
    row = await row_of(world, await world.say(area, "a"))
    assert json.loads(row.body)["actor"] == area.iri


async def test_the_same_activity_is_said_once(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    first = await world.tell(area, "a", follower)
    assert await world.tell(area, "a", follower) == first
    counts = await world.count_rows()
    assert (counts["outbox_log"], counts["outbox_recipients"]) == (1, 1)


async def test_one_id_in_two_dialects_is_two_entries(world: World) -> None:
    area = await world.local("megumino")
    assert await world.say(area, "a", dialect="object") != await world.say(area, "a", dialect="activity")


async def test_what_concerns_another_travels_in_its_lane_and_thread(world: World) -> None:
    area = await world.local("megumino")
    alert = await world.say(area, "alert", lane=ALERT, thread="level4")
    undo = await row_of(world, await world.say(area, "undo", lane=LIKES, thread="x", concerns_id=alert))
    assert (undo.lane, undo.thread) == (ALERT, "level4")


async def test_what_concerns_nothing_that_is_there_is_refused(world: World) -> None:
    area = await world.local("megumino")
    with pytest.raises(NotFound):
        await world.say(area, "undo", concerns_id=4711)
    assert (await world.count_rows())["outbox_log"] == 0


async def test_a_barrier_goes_with_the_alerts_to_its_recipients_alone(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    row = await row_of(
        world, await world.tell(area, "accept", follower, barrier=True, lane=ORDINARY, audience_id=area.id)
    )
    assert (row.lane, row.audience_id) == (ALERT, None)


async def test_recipients_of_one_server_share_a_destination(world: World) -> None:
    area = await world.local("megumino")
    a, b = [await world.remote(name, "one.test") for name in ("a", "b")]
    c, d = [await world.remote(name, "two.test", shared=False) for name in ("c", "d")]
    await world.tell(area, "hello", a, b, c, d)
    keys = sa.select(destinations.c.key).join(recipients, recipients.c.destination_id == destinations.c.id)
    found = [row.key for row in await world.rows(keys.order_by(destinations.c.key))]
    assert found == [f"actor:{c.id}", f"actor:{d.id}", "server:one.test", "server:one.test"]


def rows_written(tx: sa.Connection) -> int:
    """By this transaction so far, updates and deletions too."""
    driver = tx.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        return driver.total_changes
    query = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
    return int(tx.execute(sa.text(query)).scalar_one())


@pytest.mark.parametrize("followers", [10, 1000])
async def test_a_post_costs_the_same_whoever_follows(world: World, followers: int) -> None:
    area = await world.local("megumino")
    await world.follow(area, *await world.crowd(followers, servers=50))
    await world.say(area, "before")
    await world.number()
    before = await world.count_rows()

    def post(tx: sa.Connection) -> int:
        written = rows_written(tx)
        append(tx, world.entry(area, "post"), world.clock())
        return rows_written(tx) - written

    assert await world.database.write(post) == 1
    after = await world.count_rows()
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "outbox_log": 1
    }
