"""Jobs about actors: read again, moved, gone."""

from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from actors.moves import SETTLING
from actors.standing import block_server, set_standing
from actors.tables import jobs
from areas import interactions, submissions
from federation.vocabulary import Iri, Millis
from inbox.jobs.plans import plan_move
from tests.inbox.rig import AREA, ORIGIN, Town
from tests.testrig.peers import Peer

ALICE = "https://p.test/users/alice"
BOB = "https://p.test/users/bob"
NEW = "https://q.test/users/alice"
HANAKO = f"{ORIGIN}/people/hanako"

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def _known(town: Town, peer: Peer) -> None:
    await town.hear(peer, peer.create(peer.note(ALICE, "snow", cc=AREA)))
    await town.work()


async def waiting(town: Town, kind: str) -> int:
    query = sa.select(sa.func.count()).where(jobs.c.kind == kind)
    return await town.database.read(lambda tx: tx.execute(query).scalar_one())


@pytest.mark.parametrize("how", ["embedded", "by id"])
async def test_an_actor_is_read_again_where_it_lives(town: Town, peer: Peer, how: str) -> None:
    """What was sent is not believed (B44)."""
    peer.documents[ALICE]["name"] = "ありす"
    sent: Any = {**peer.documents[ALICE], "name": "forged"} if how == "embedded" else ALICE
    assert await town.hear(peer, peer.activity("Update", ALICE, "up", sent)) == "done: "
    assert (await town.actor(ALICE)).name == "alice"
    await town.work()
    assert (await town.actor(ALICE)).name == "ありす"


async def test_nobody_updates_another_actor(town: Town, peer: Peer) -> None:
    update = peer.activity("Update", BOB, "up", peer.documents[ALICE])
    assert (await town.hear(peer, update)).startswith("ignored")
    assert await waiting(town, "refresh") == 0


async def test_many_updates_are_one_look(town: Town, peer: Peer) -> None:
    peer.requests.clear()
    for number in range(5):
        await town.hear(peer, peer.activity("Update", ALICE, f"up{number}", peer.documents[ALICE]))
    await town.work()
    assert peer.requests == [("GET", "/users/alice")]


async def test_an_actor_whose_server_says_it_is_gone_ends(town: Town, peer: Peer) -> None:
    peer.statuses[ALICE] = 410
    await town.hear(peer, peer.activity("Update", ALICE, "up", ALICE))
    await town.work()
    assert (await town.actor(ALICE)).gone_at == town.clock()
    assert [each["type"] for each in await town.said()] == ["Announce", "Undo"]


async def test_a_long_life_ends_step_by_step(town: Town, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submissions, "ENDED_AT_ONCE", 1)
    for number in range(3):
        await town.hear(peer, peer.create(peer.note(ALICE, f"n{number}", cc=AREA)))
    await town.hear(peer, peer.activity("Delete", ALICE, "end", ALICE))
    assert [each["type"] for each in await town.said()].count("Undo") == 1
    while await town.work():
        town.clock.advance(seconds=1)
    assert [each["type"] for each in await town.said()].count("Undo") == 4
    assert await waiting(town, "forget") == 0


async def test_an_actor_that_cannot_be_read_is_tried_again(town: Town, peer: Peer) -> None:
    peer.statuses[ALICE] = 503
    await town.hear(peer, peer.activity("Update", ALICE, "up", ALICE))
    await town.work()
    assert town.lines[-1]["outcome"] == "tried again"
    peer.statuses.clear()
    peer.documents[ALICE]["name"] = "ありす"
    town.clock.advance(minutes=1)
    await town.work()
    assert (await town.actor(ALICE)).name == "ありす"
    assert await waiting(town, "refresh") == 0


async def test_it_is_given_up_some_day(town: Town, peer: Peer) -> None:
    peer.statuses[ALICE] = 503
    await town.hear(peer, peer.activity("Update", ALICE, "up", ALICE))
    while await town.work():
        town.clock.advance(days=3)  # longer than between any two tries
    assert town.lines[-1]["outcome"] == "given up"
    assert (await town.actor(ALICE)).gone_at is None
    assert await waiting(town, "refresh") == 0


# Move.


def move(peer: Peer, actor: str = ALICE, destination: str = NEW, **more: Any) -> dict[str, Any]:
    return peer.activity("Move", actor, "mv", actor, **{"target": destination, **more})


@pytest.fixture
def destination(town: Town) -> Peer:
    elsewhere = town.peer("q.test")
    elsewhere.actor("alice", alsoKnownAs=[ALICE])
    return elsewhere


async def test_a_move_that_both_sides_state_is_believed(town: Town, peer: Peer, destination: Peer) -> None:
    peer.documents[ALICE]["movedTo"] = NEW
    assert await town.hear(peer, move(peer)) == "done: "
    assert (await town.actor(ALICE)).moved_to is None
    await town.work()
    assert (await town.actor(ALICE)).moved_to == NEW
    assert "moved" in [line["outcome"] for line in town.lines]


async def test_a_destination_that_does_not_know_the_actor_ends_it(
    town: Town, peer: Peer, destination: Peer
) -> None:
    """B29."""
    del destination.documents[NEW]["alsoKnownAs"]
    peer.documents[ALICE]["movedTo"] = NEW
    await town.hear(peer, move(peer))
    await town.work()
    assert (await town.actor(ALICE)).moved_to is None
    assert "not known by its destination" in [line["outcome"] for line in town.lines]


async def test_nobody_moves_in_a_circle(town: Town, peer: Peer, destination: Peer) -> None:
    """B29."""
    destination.documents[NEW]["movedTo"] = ALICE
    peer.documents[ALICE]["movedTo"] = NEW
    await town.hear(peer, move(peer))
    await town.work()
    assert "moved in a circle" in [line["outcome"] for line in town.lines]
    assert (await town.actor(ALICE)).moved_to is None


async def test_nobody_moves_another(town: Town, peer: Peer, destination: Peer) -> None:
    """B29."""
    activity = {**move(peer), "actor": BOB}
    assert await town.hear(peer, activity) == "ignored: who moves is another"


async def test_one_may_move_here(town: Town, peer: Peer) -> None:
    """To a local actor, of whom nothing is fetched."""
    hanako = f"{ORIGIN}/people/hanako"
    await town.hear(peer, move(peer, destination=hanako))
    await town.work()
    assert "not known by its destination" in [line["outcome"] for line in town.lines]
    assert not [each for each in town.network.carried if "machi.test" in each.url]


@pytest.fixture
async def followed(town: Town) -> None:
    """Hanako follows the old account."""
    target = await town.services.directory.actor(ALICE)
    await town.database.write(interactions.follow, town.resident, target, town.clock())


async def test_a_move_is_believed_of_an_actor_whose_document_does_not_say_it(
    town: Town, peer: Peer, destination: Peer, followed: None
) -> None:
    """Pleroma writes no `movedTo`: the signature, and the destination, say it."""
    await town.hear(peer, move(peer))
    await town.work()
    actor = await town.actor(ALICE)
    assert (actor.moved_to, actor.moved_at) == (NEW, town.clock())
    assert await town.follow_of(HANAKO, NEW) is not None


async def test_a_move_that_its_actors_document_denies_is_not_believed(
    town: Town, peer: Peer, destination: Peer, followed: None
) -> None:
    peer.documents[ALICE]["movedTo"] = BOB
    await town.hear(peer, move(peer))
    await town.work()
    assert "not confirmed by itself" in outcomes(town)
    assert await town.follow_of(HANAKO, ALICE) is not None


async def test_nobody_follows_to_somebody_suspended(
    town: Town, peer: Peer, destination: Peer, followed: None
) -> None:
    new = await town.services.directory.actor(NEW)
    await town.database.write(suspend, new.id)
    await town.hear(peer, move(peer))
    await town.work()
    assert "moved to somebody suspended" in outcomes(town)
    assert await town.follow_of(HANAKO, ALICE) is not None
    assert await town.follow_of(HANAKO, NEW) is None


async def test_nobody_follows_to_a_blocked_server(
    town: Town, peer: Peer, destination: Peer, followed: None
) -> None:
    await town.database.write(partial(block_server, reason="", until=None, now=town.clock()), "q.test")
    await town.hear(peer, move(peer))
    await town.work()
    assert "given up" in outcomes(town)
    assert not destination.requests
    assert await town.follow_of(HANAKO, ALICE) is not None


async def test_a_second_move_within_a_week_is_not_heard(
    town: Town, peer: Peer, destination: Peer, followed: None
) -> None:
    await town.hear(peer, move(peer))
    await town.work()
    peer.actor("alice3", alsoKnownAs=[ALICE])
    again = peer.activity("Move", ALICE, "mv2", ALICE, target="https://p.test/users/alice3")
    assert await town.hear(peer, again) == "ignored: it has moved lately"
    town.clock.advance(seconds=SETTLING / 1000)
    later = peer.activity("Move", ALICE, "mv3", ALICE, target="https://p.test/users/alice3")
    assert await town.hear(peer, later) == "done: "
    await town.work()
    assert (await town.actor(ALICE)).moved_to == "https://p.test/users/alice3"


async def test_a_move_that_was_asked_for_while_another_was_believed_waits_too(
    town: Town, peer: Peer, destination: Peer, followed: None
) -> None:
    """The job asks again: two may have been heard before the first was believed."""
    await town.hear(peer, move(peer))
    await town.work()
    peer.actor("alice3", alsoKnownAs=[ALICE])
    await town.database.write(plan_move, Iri(ALICE), Iri("https://p.test/users/alice3"), town.clock())
    await town.work()
    assert "moved lately" in outcomes(town)
    assert await town.follow_of(HANAKO, NEW) is not None
    assert await town.follow_of(HANAKO, "https://p.test/users/alice3") is None


async def test_a_move_that_was_heard_before_is_not_heard_again(
    town: Town, peer: Peer, destination: Peer
) -> None:
    await town.hear(peer, move(peer))
    await town.work()
    town.clock.advance(seconds=SETTLING / 1000)
    assert await town.hear(peer, move(peer)) == "ignored: heard before"
    await town.work()
    assert [each["outcome"] for each in town.lines if each.get("kind") == "move"] == ["moved"]


def outcomes(town: Town) -> list[str]:
    return [line["outcome"] for line in town.lines]


def suspend(tx: sa.Connection, actor_id: int) -> None:
    set_standing(tx, actor_id, "suspended", reason="", now=Millis(0))
