"""Jobs about actors: read again, moved, gone."""

from typing import Any

import pytest
import sqlalchemy as sa

from actors.tables import jobs
from areas import submissions
from tests.inbox.rig import AREA, ORIGIN, Town
from tests.testrig.peers import Peer

ALICE = "https://p.test/users/alice"
BOB = "https://p.test/users/bob"
NEW = "https://q.test/users/alice"

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
        town.clock.advance(days=1)
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
