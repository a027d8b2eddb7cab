import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from actors import follows
from actors.directory import mark_gone
from actors.follows import count_followers, count_following, find_follow, has_local_follower, record_follow
from actors.records import ActorRecord, FollowRecord, FollowState
from federation.vocabulary import Iri, Millis
from tests.testrig.clock import NOON
from tests.testrig.people import meet, settle
from web.database import Database

pytestmark = pytest.mark.anyio

FIRST = Iri("https://p.test/follows/1")
SECOND = Iri("https://p.test/follows/2")
LATER = Millis(NOON + 1)


def ask(
    tx: sa.Connection,
    follower: ActorRecord,
    target: ActorRecord,
    iri: Iri = FIRST,
    state: FollowState = "pending",
    now: Millis = NOON,
) -> FollowRecord | None:
    return record_follow(tx, iri=iri, follower=follower, target=target, state=state, now=now)


def people(tx: sa.Connection) -> tuple[ActorRecord, ActorRecord]:
    return meet(tx), settle(tx, "megumino", "area")


async def test_a_follow_is_stored_and_found(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        alice, area = people(tx)
        made = ask(tx, alice, area)
        assert made is not None
        assert (made.iri, made.state, made.created_at) == (FIRST, "pending", NOON)
        assert made == find_follow(tx, FIRST) == find_follow(tx, (alice.id, area.id))
        assert made == find_follow(tx, FIRST, follower_id=alice.id)
        assert find_follow(tx, FIRST, follower_id=area.id) is None
        assert find_follow(tx, SECOND) is None
        assert find_follow(tx, (area.id, alice.id)) is None

    await database.write(check)


async def test_the_same_follow_again_changes_nothing(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        alice, area = people(tx)
        made = ask(tx, alice, area, state="accepted")
        assert ask(tx, alice, area, state="pending", now=LATER) == made

    await database.write(check)


async def test_a_new_follow_takes_over_id_and_state(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        alice, area = people(tx)
        made = ask(tx, alice, area)
        again = ask(tx, alice, area, SECOND, "accepted", LATER)
        assert made is not None
        assert again is not None
        assert (again.id, again.iri, again.state) == (made.id, SECOND, "accepted")
        assert (again.created_at, again.changed_at) == (NOON, LATER)
        assert find_follow(tx, FIRST) is None

    await database.write(check)


async def test_an_id_used_for_another_target_leaves_the_stored_alone(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        alice, area = people(tx)
        other = settle(tx, "chitose", "area")
        made = ask(tx, alice, area, state="accepted")
        assert ask(tx, alice, other, now=LATER) is None
        assert find_follow(tx, (alice.id, area.id)) == made
        assert find_follow(tx, (alice.id, other.id)) is None

    await database.write(check)


async def test_an_id_that_another_actor_used_hinders_nobody(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        alice, area = people(tx)
        bob = meet(tx, "bob")
        ask(tx, bob, area)
        assert ask(tx, alice, area) is not None
        found = find_follow(tx, FIRST, follower_id=alice.id)
        assert found is not None
        assert found.follower_id == alice.id

    await database.write(check)


@pytest.mark.parametrize("answer", [follows.accept, follows.reject])
async def test_only_the_exact_pending_follow_is_answered(
    database: Database, answer: Callable[..., FollowRecord | None]
) -> None:
    def check(tx: sa.Connection) -> None:
        alice, area = people(tx)
        made = ask(tx, alice, area)
        right: dict[str, Any] = {"iri": FIRST, "follower_id": alice.id, "target_id": area.id}
        for wrong in ({"iri": SECOND}, {"follower_id": area.id}, {"target_id": alice.id}):
            assert answer(tx, **{**right, **wrong}, now=LATER) is None
        assert find_follow(tx, FIRST) == made
        answered = answer(tx, **right, now=LATER)
        assert answered is not None
        assert (answered.state, answered.changed_at) == (answer.__name__ + "ed", LATER)
        assert follows.accept(tx, **right, now=LATER) is None
        assert find_follow(tx, FIRST) == answered
        ended = follows.reject(tx, **right, now=LATER)
        assert (ended is None) == (answered.state == "rejected")
        assert follows.accept(tx, **right, now=LATER) is None

    await database.write(check)


async def test_a_removed_follow_can_be_made_again(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        alice, area = people(tx)
        made = ask(tx, alice, area)
        assert follows.remove(tx, follower_id=area.id, target_id=alice.id) is None
        assert follows.remove(tx, follower_id=alice.id, target_id=area.id) == made
        assert follows.remove(tx, follower_id=alice.id, target_id=area.id) is None
        assert ask(tx, alice, area) is not None

    await database.write(check)


async def test_only_accepted_follows_count(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        alice, area = people(tx)
        hanako = settle(tx)
        ask(tx, alice, area)
        assert count_followers(tx, area.id) == 0
        ask(tx, hanako, area, state="accepted")
        assert (count_followers(tx, area.id), count_following(tx, hanako.id)) == (1, 1)
        follows.accept(tx, iri=FIRST, follower_id=alice.id, target_id=area.id, now=NOON)
        assert count_followers(tx, area.id) == 2
        assert count_followers(tx, alice.id) == 0

    await database.write(check)


async def test_whether_anyone_here_follows(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        alice, area = people(tx)
        bob = meet(tx, "bob")
        ask(tx, bob, alice, state="accepted")
        assert not has_local_follower(tx, alice.id)
        ask(tx, area, alice, state="rejected")
        assert not has_local_follower(tx, alice.id)
        ask(tx, area, alice, SECOND, state="pending")
        assert has_local_follower(tx, alice.id)

    await database.write(check)


async def test_who_is_gone_follows_nobody(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        alice, area = people(tx)
        ask(tx, alice, area, state="accepted")
        ask(tx, area, alice, SECOND, state="accepted")
        mark_gone(tx, alice.id, NOON)
        assert find_follow(tx, (alice.id, area.id)) is None
        assert find_follow(tx, (area.id, alice.id)) is None

    await database.write(check)


async def test_twenty_at_once_are_one(database: Database) -> None:
    alice, area = await database.write(people)
    made = await asyncio.gather(*(database.write(ask, alice, area) for _ in range(20)))
    assert len(set(made)) == 1


async def test_one_id_for_two_targets_at_once_is_used_for_one(database: Database) -> None:
    alice, area = await database.write(people)
    other = await database.write(lambda tx: settle(tx, "chitose", "area"))
    targets = [area, other] * 5
    made = await asyncio.gather(*(database.write(ask, alice, target) for target in targets))
    assert len({follow.target_id for follow in made if follow is not None}) == 1
    assert sum(follow is None for follow in made) == 5
