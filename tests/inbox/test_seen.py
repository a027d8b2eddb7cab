"""What tells one activity from another, and how long it is remembered."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from federation.vocabulary import Actor, Create, Iri, Like, Millis, Post, Update
from inbox import seen
from tests.testrig.clock import DAY, NOON
from tests.testrig.people import meet
from web.database import Database

ALICE = Iri("https://p.test/users/alice")
ID = Iri("https://p.test/activities/1")
NOTE = Post(Iri("https://p.test/notes/1"), "Note")
UPDATE = Update(ID, ALICE, raw=b"one", object=replace(NOTE, updated=Millis(1)))


def test_an_id_is_enough() -> None:
    like = Like(ID, ALICE, raw=b"one", object=NOTE.id)
    assert seen.make_key(like) == seen.make_key(replace(like, raw=b"two"))
    assert seen.make_key(like) != seen.make_key(replace(like, id=Iri(f"{ID}0")))
    assert seen.make_key(Create(ID, ALICE, object=NOTE)) == seen.make_key(like)


def test_updates_share_their_id() -> None:
    """GoToSocial and Takahē: the object's `updated` tells them apart."""
    later = replace(UPDATE, object=replace(NOTE, updated=Millis(2)))
    assert seen.make_key(UPDATE) != seen.make_key(later)
    assert seen.make_key(UPDATE) == seen.make_key(replace(UPDATE, raw=b"two"))


@pytest.mark.parametrize("thing", [NOTE, Actor(ALICE, "Person", "alice", None), ALICE], ids=str)
def test_without_a_time_the_bytes_tell_updates_apart(thing: Post | Actor | Iri) -> None:
    update = replace(UPDATE, object=thing)
    assert seen.make_key(update) == seen.make_key(replace(update))
    assert seen.make_key(update) != seen.make_key(replace(update, raw=b"two"))


@pytest.mark.anyio
async def test_a_key_belongs_to_its_actor(database: Database) -> None:
    def hear(tx: sa.Connection) -> list[bool]:
        alice, bob = meet(tx, "alice"), meet(tx, "bob")
        return [seen.mark(tx, actor.id, b"k" * 16, NOON) for actor in (alice, alice, bob, bob)]

    assert await database.write(hear) == [True, False, True, False]


@pytest.mark.anyio
async def test_one_may_be_heard_again(database: Database) -> None:
    """Misskey's Follow has the same id each time."""

    def hear(tx: sa.Connection) -> list[bool]:
        alice, bob = meet(tx, "alice"), meet(tx, "bob")
        follow = Like(ID, ALICE)
        heard = [seen.mark(tx, actor.id, seen.make_key(follow), NOON) for actor in (alice, bob)]
        seen.forget(tx, alice.id, ID)
        return heard + [seen.mark(tx, actor.id, seen.make_key(follow), NOON) for actor in (alice, bob)]

    assert await database.write(hear) == [True, True, True, False]


@pytest.mark.anyio
async def test_it_is_remembered_for_a_month(database: Database) -> None:
    def hear(tx: sa.Connection) -> list[int]:
        alice = meet(tx)
        for day in range(3):
            seen.mark(tx, alice.id, b"%016d" % day, Millis(NOON + day * DAY))
        return [seen.forget_old(tx, Millis(NOON + days * DAY)) for days in (30, 31, 31, 40)]

    assert await database.write(hear) == [0, 1, 0, 2]


@pytest.mark.anyio
async def test_a_sweep_is_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "SWEEP", 2)

    def hear(tx: sa.Connection) -> list[int]:
        alice = meet(tx)
        for number in range(3):
            seen.mark(tx, alice.id, b"%016d" % number, NOON)
        return [seen.forget_old(tx, Millis(NOON + 31 * DAY)) for _ in range(3)]

    assert await database.write(hear) == [2, 1, 0]
