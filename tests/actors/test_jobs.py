import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from actors.jobs import claim, find_next_due, finish, release_all, retry, schedule
from actors.records import Job
from actors.tables import jobs, metadata
from federation.vocabulary import Millis
from tests.testrig.clock import MINUTE, NOON
from web.database import Database

pytestmark = pytest.mark.anyio

KINDS = ("reread", "park")
LEASE = MINUTE


def put(tx: sa.Connection, key: str = "1", due: int = NOON, now: int = NOON, **payload: str) -> None:
    schedule(tx, "reread", key, payload, Millis(due), Millis(now))


def take(tx: sa.Connection, now: int = NOON, limit: int = 10) -> list[Job]:
    return claim(tx, KINDS, limit, Millis(now), LEASE)


async def test_a_job_is_claimed_once(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        put(tx, iri="https://p.test/1", name="あ")
        (job,) = take(tx)
        assert (job.kind, job.key, job.attempts) == ("reread", "1", 1)
        assert job.payload == {"iri": "https://p.test/1", "name": "あ"}
        assert (job.due_at, job.leased_until, job.created_at) == (NOON, NOON + LEASE, NOON)
        assert take(tx) == []
        assert finish(tx, job)
        assert take(tx, NOON + 10 * LEASE) == []
        assert not finish(tx, job)

    await database.write(check)


async def test_only_due_jobs_of_the_kinds_asked_for(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        put(tx, "later", NOON + 1)
        schedule(tx, "other", "1", {}, NOON, NOON)
        assert take(tx) == []
        assert claim(tx, (), 10, NOON, LEASE) == []
        assert find_next_due(tx, KINDS) == NOON + 1
        assert find_next_due(tx, ("nothing",)) is None
        assert [job.key for job in take(tx, NOON + 1)] == ["later"]
        assert find_next_due(tx, KINDS) == NOON + 1 + LEASE

    await database.write(check)


async def test_the_longest_due_come_first(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        for key, due in (("c", NOON - 1), ("a", NOON - 3), ("b", NOON - 2)):
            put(tx, key, due)
        assert [job.key for job in take(tx, limit=2)] == ["a", "b"]
        assert [job.key for job in take(tx)] == ["c"]

    await database.write(check)


async def test_asked_for_again_keeps_the_earlier_time_and_the_new_payload(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        put(tx, due=NOON + 5, version="1")
        put(tx, due=NOON + 9, version="2")
        assert find_next_due(tx, KINDS) == NOON + 5
        put(tx, due=NOON + 3, version="3")
        (job,) = take(tx, NOON + 3)
        assert job.payload == {"version": "3"}

    await database.write(check)


@pytest.mark.parametrize("due", [NOON - 5, NOON, NOON + 5])
async def test_asked_for_while_worked_on_runs_again(database: Database, due: int) -> None:
    def check(tx: sa.Connection) -> None:
        put(tx, version="1")
        (job,) = take(tx)
        put(tx, due=due, version="2")
        assert take(tx, NOON + 10) == []
        assert finish(tx, job)
        (again,) = take(tx, NOON + 10)
        assert (again.payload, again.attempts) == ({"version": "2"}, 1)
        assert finish(tx, again)
        assert find_next_due(tx, KINDS) is None

    await database.write(check)


async def test_a_failed_job_waits_for_its_next_time(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        put(tx)
        (job,) = take(tx)
        assert retry(tx, job, Millis(NOON + 7), "down " * 200)
        assert take(tx, NOON + 6) == []
        (again,) = take(tx, NOON + 7)
        assert again.attempts == 2
        assert again.last_error == ("down " * 200)[:500]
        assert not retry(tx, job, Millis(NOON + 8), "late")

    await database.write(check)


async def test_a_failed_job_that_was_asked_for_meanwhile_runs_when_asked(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        put(tx)
        (job,) = take(tx)
        put(tx, due=NOON + 2)
        assert retry(tx, job, Millis(NOON + 7), "down")
        assert find_next_due(tx, KINDS) == NOON + 2

    await database.write(check)


async def test_a_lease_expires_and_its_late_worker_changes_nothing(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        put(tx)
        (dead,) = take(tx)
        assert take(tx, NOON + LEASE - 1) == []
        (job,) = take(tx, NOON + LEASE)
        assert job.attempts == 2
        assert not finish(tx, dead)
        assert not retry(tx, dead, NOON, "late")
        assert not finish(tx, replace(job, leased_until=dead.leased_until))
        assert finish(tx, job)

    await database.write(check)


async def test_what_a_killed_process_held_can_be_taken_at_once(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        put(tx)
        (dead,) = take(tx)
        release_all(tx)
        (job,) = take(tx)
        assert job.attempts == 2
        assert not finish(tx, dead)
        assert finish(tx, job)

    await database.write(check)


async def test_each_job_goes_to_one_of_many_workers(database: Database) -> None:
    def fill(tx: sa.Connection) -> None:
        for number in range(30):
            put(tx, str(number))

    await database.write(fill)
    taken = await asyncio.gather(*(database.write(take, NOON, 3) for _ in range(20)))
    keys = [job.key for batch in taken for job in batch]
    assert sorted(keys) == sorted(set(keys))
    left = await database.write(take, NOON, 100)
    assert len(keys) + len(left) == 30


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50)), max_size=20))
def test_nothing_that_was_asked_for_is_forgotten(asked: list[tuple[str, int]]) -> None:
    """Whatever is asked for between claims and failures, at the end all ran after being asked for last."""
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine, tables=[jobs])
    with engine.begin() as tx:
        last: dict[str, str] = {}
        ran: dict[str, str] = {}
        for number, (key, due) in enumerate(asked):
            put(tx, key, NOON + due, NOON + number, version=str(number))
            last[key] = str(number)
            for job in take(tx, NOON + number, 1):
                ran[job.key] = str(job.payload["version"])
                if number % 3:
                    finish(tx, job)
                elif number % 2:
                    retry(tx, job, Millis(NOON + number + 1), "down")
        while (due_next := find_next_due(tx, KINDS)) is not None:
            for job in take(tx, due_next):
                ran[job.key] = str(job.payload["version"])
                assert finish(tx, job)
        assert ran == last
    engine.dispose()
