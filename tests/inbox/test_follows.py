"""Follow, its answer, its end; the answers to our own follows; blocks."""

from typing import Any

import pytest
import sqlalchemy as sa

from actors import standing
from actors.follows import record_follow
from actors.records import FollowRecord
from actors.remote import mark_gone
from areas.tables import bans
from federation.vocabulary import Iri
from outbox.tables import log
from tests.inbox.rig import AREA, ORIGIN, Town
from tests.testrig.peers import Peer

ALICE = "https://p.test/users/alice"
BOB = "https://p.test/users/bob"
HANAKO = f"{ORIGIN}/people/hanako"

pytestmark = pytest.mark.anyio


def follow(peer: Peer, target: str = AREA, name: str = "f1", **more: Any) -> dict[str, Any]:
    return peer.activity("Follow", ALICE, name, target, **more)


def undo(peer: Peer, undone: Any, actor: str = ALICE, name: str = "u1") -> dict[str, Any]:
    return peer.activity("Undo", actor, name, undone)


@pytest.mark.parametrize("target", [AREA, HANAKO])
async def test_a_follow_is_accepted_at_once(town: Town, peer: Peer, target: str) -> None:
    """The Follow is embedded with its own id: PieFed reads nothing else."""
    assert await town.hear(peer, follow(peer, target)) == "done: accepted"
    (accept,) = await town.said()
    assert (accept["type"], accept["actor"], accept["to"]) == ("Accept", target, [ALICE])
    assert accept["object"] == {
        "id": "https://p.test/activities/f1",
        "type": "Follow",
        "actor": ALICE,
        "object": target,
    }
    found = await town.follow_of(ALICE, target)
    assert found is not None
    assert (found.state, found.iri) == ("accepted", "https://p.test/activities/f1")
    assert await town.dialects() == ["object"]


async def test_nothing_leaves_before_the_accept(town: Town, peer: Peer) -> None:
    await town.hear(peer, follow(peer))
    (barrier, public) = await town.database.read(
        lambda tx: tx.execute(sa.select(log.c.barrier, log.c.public)).one()
    )
    assert (barrier, public) == (True, False)


async def test_a_follow_again_is_answered_again_with_its_own_id(town: Town, peer: Peer) -> None:
    await town.hear(peer, follow(peer))
    assert await town.hear(peer, follow(peer, name="f2")) == "done: accepted"
    assert [each["object"]["id"][-2:] for each in await town.said("Accept")] == ["f1", "f2"]
    assert await town.dialects() == ["object"]


async def test_an_id_is_of_one_follow(town: Town, peer: Peer) -> None:
    """B27."""
    await town.hear(peer, follow(peer))
    again = {**follow(peer, HANAKO), "id": "https://p.test/activities/f1"}
    town.clock.advance(days=31)
    await town.database.write(lambda tx: tx.execute(sa.text("DELETE FROM seen")).close())
    assert await town.hear(peer, again) == "ignored: the id of another Follow"
    assert await town.follow_of(ALICE, HANAKO) is None


@pytest.mark.parametrize(
    "target",
    [
        f"{ORIGIN}/areas/nowhere",
        f"{ORIGIN}/actor",
        "https://e.test/users/eve",
        BOB,
        f"{AREA}/",
    ],
)
async def test_only_actors_of_this_node_are_followed(town: Town, peer: Peer, target: str) -> None:
    await town.hear(peer, peer.activity("Like", BOB, "l", "https://p.test/notes/none"))
    outcome = await town.hear(peer, follow(peer, target))
    assert outcome == "ignored: not an actor of this node that can be followed"
    assert await town.said() == []


async def test_the_inbox_must_be_of_who_is_followed(town: Town, peer: Peer) -> None:
    """B27."""
    assert await town.hear(peer, follow(peer), f"{HANAKO}/inbox") == "ignored: the inbox is another's"
    assert await town.hear(peer, follow(peer, name="f2"), f"{AREA}/inbox") == "done: accepted"


async def test_who_is_banned_is_told(town: Town, peer: Peer) -> None:
    await town.hear(peer, peer.activity("Like", ALICE, "l", "https://p.test/notes/none"))
    alice = await town.actor(ALICE)
    row = {"area_id": town.area.actor_id, "actor_id": alice.id, "until": None, "created_at": town.clock()}
    await town.database.write(lambda tx: tx.execute(sa.insert(bans).values(row)).close())
    assert await town.hear(peer, follow(peer)) == "done: rejected"
    (reject,) = await town.said()
    assert (reject["type"], reject["object"]["id"]) == ("Reject", "https://p.test/activities/f1")
    assert await town.follow_of(ALICE) is None
    assert await town.dialects() == []
    assert await town.hear(peer, follow(peer, HANAKO, "f2")) == "done: accepted"


async def test_who_is_blocked_is_told(town: Town, peer: Peer) -> None:
    await town.hear(peer, peer.activity("Like", ALICE, "l", "https://p.test/notes/none"))
    alice = await town.actor(ALICE)
    await town.database.write(
        lambda tx: standing.block_actor(
            tx, iri=Iri(f"{HANAKO}/b"), actor_id=town.resident.id, target_id=alice.id, now=town.clock()
        )
    )
    assert await town.hear(peer, follow(peer, HANAKO)) == "done: rejected"


@pytest.mark.parametrize("change", ["suspended", "gone"])
async def test_a_local_actor_who_left_is_not_followed(town: Town, peer: Peer, change: str) -> None:
    def leave(tx: sa.Connection) -> None:
        if change == "gone":
            mark_gone(tx, town.resident.id, town.clock())
        else:
            standing.set_standing(tx, town.resident.id, "suspended", reason="", now=town.clock())

    await town.database.write(leave)
    assert (await town.hear(peer, follow(peer, HANAKO))).startswith("ignored")


async def test_a_wish_for_an_agreement_waits_for_the_operator(town: Town, peer: Peer) -> None:
    group = peer.actor("town", "Group")
    wish = peer.activity(
        "Follow", group, "z", AREA, peering={"zone": "https://p.test/zones/z", "accepts": ["all"]}
    )
    assert await town.hear(peer, wish) == "done: waits for the operator"
    assert await town.said() == []
    found = await town.follow_of(group)
    assert found is not None
    assert found.state == "pending"


async def test_a_group_without_agreement_is_a_follower(town: Town, peer: Peer) -> None:
    group = peer.actor("town", "Group")
    assert await town.hear(peer, peer.activity("Follow", group, "g", AREA)) == "done: accepted"


# Undo.


@pytest.mark.parametrize("how", ["embedded", "embedded under another id", "by id"])
async def test_a_follow_ends(town: Town, peer: Peer, how: str) -> None:
    asked = follow(peer)
    await town.hear(peer, asked)
    undone: Any = {
        "embedded": asked,
        "embedded under another id": {**asked, "id": "https://p.test/activities/unknown"},
        "by id": asked["id"],
    }[how]
    assert await town.hear(peer, undo(peer, undone)) == "done: "
    assert await town.follow_of(ALICE) is None
    assert await town.dialects() == []


async def test_misskey_follows_again_under_the_same_id(town: Town, peer: Peer) -> None:
    await town.hear(peer, follow(peer))
    await town.hear(peer, undo(peer, follow(peer)))
    assert await town.hear(peer, follow(peer)) == "done: accepted"
    assert len(await town.said("Accept")) == 2


@pytest.mark.parametrize("how", ["embedded", "embedded as one's own", "by id"])
async def test_nobody_ends_anothers_follow(town: Town, peer: Peer, how: str) -> None:
    """B25."""
    asked = follow(peer)
    await town.hear(peer, asked)
    undone: Any = {"embedded": asked, "embedded as one's own": {**asked, "actor": BOB}, "by id": asked["id"]}[
        how
    ]
    assert (await town.hear(peer, undo(peer, undone, BOB))).startswith("ignored")
    assert await town.follow_of(ALICE) is not None


async def test_an_id_of_anothers_follow_ends_not_ones_own_either(town: Town, peer: Peer) -> None:
    """B25. Both follow the same area."""
    await town.hear(peer, follow(peer))
    await town.hear(peer, {**follow(peer, name="f2"), "actor": BOB})
    assert (await town.hear(peer, undo(peer, follow(peer)["id"], BOB))).startswith("ignored")
    assert await town.follow_of(ALICE) is not None
    assert await town.follow_of(BOB) is not None


async def test_what_never_was_cannot_be_undone(town: Town, peer: Peer) -> None:
    assert await town.hear(peer, undo(peer, follow(peer))) == "ignored: nothing of the kind is stored"


# Accept and Reject of what a local actor asked.


@pytest.fixture
async def asked(town: Town, peer: Peer) -> FollowRecord:
    """hanako asks to follow alice."""
    await town.hear(peer, peer.activity("Like", ALICE, "l", "https://p.test/notes/none"))
    await town.hear(peer, peer.activity("Like", BOB, "l", "https://p.test/notes/none"))
    alice = await town.actor(ALICE)

    def ask(tx: sa.Connection) -> FollowRecord:
        recorded = record_follow(
            tx,
            iri=Iri(f"{HANAKO}/follows/1"),
            follower=town.resident,
            target=alice,
            state="pending",
            now=town.clock(),
        )
        assert recorded is not None
        return recorded

    return await town.database.write(ask)


def answer(peer: Peer, kind: str, thing: Any, actor: str = ALICE, name: str = "a1") -> dict[str, Any]:
    return peer.activity(kind, actor, name, thing)


OURS = {"id": f"{HANAKO}/follows/1", "type": "Follow", "actor": HANAKO, "object": ALICE}


@pytest.mark.parametrize("thing", [OURS["id"], OURS, {**OURS, "actor": {"id": HANAKO, "type": "Person"}}])
@pytest.mark.parametrize(("kind", "state"), [("Accept", "accepted"), ("Reject", "rejected")])
async def test_the_answer_moves_our_follow(
    town: Town, peer: Peer, asked: FollowRecord, kind: str, state: str, thing: Any
) -> None:
    """GoToSocial, Takahē and Fedify embed the Follow, Fedify with the whole actor; others send its id."""
    assert await town.hear(peer, answer(peer, kind, thing)) == "done: "
    found = await town.follow_of(HANAKO, ALICE)
    assert found is not None
    assert found.state == state


@pytest.mark.parametrize(
    "thing",
    [
        f"{HANAKO}/follows/2",
        {**OURS, "id": f"{HANAKO}/follows/2"},
        {**OURS, "actor": BOB},
        {**OURS, "object": BOB},
    ],
    ids=str,
)
async def test_only_the_exact_tuple_moves(town: Town, peer: Peer, asked: FollowRecord, thing: Any) -> None:
    """B26."""
    assert (await town.hear(peer, answer(peer, "Accept", thing))).startswith("ignored")
    found = await town.follow_of(HANAKO, ALICE)
    assert found is not None
    assert found.state == "pending"


@pytest.mark.parametrize("thing", [OURS["id"], {**OURS, "object": BOB}])
async def test_only_who_was_asked_answers(town: Town, peer: Peer, asked: FollowRecord, thing: Any) -> None:
    """B26."""
    assert (await town.hear(peer, answer(peer, "Accept", thing, BOB))).startswith("ignored")


async def test_no_is_the_last_word(town: Town, peer: Peer, asked: FollowRecord) -> None:
    """B26: a Reject ends what was accepted, as Mastodon removes a follower; nothing comes after it."""
    await town.hear(peer, answer(peer, "Accept", OURS))
    assert (await town.hear(peer, answer(peer, "Accept", OURS, name="a2"))).startswith("ignored")
    assert await town.hear(peer, answer(peer, "Reject", OURS, name="a3")) == "done: "
    for number, kind in enumerate(("Reject", "Accept")):
        again = answer(peer, kind, OURS, name=f"a{number + 4}")
        assert (await town.hear(peer, again)).startswith("ignored")
    found = await town.follow_of(HANAKO, ALICE)
    assert found is not None
    assert found.state == "rejected"


async def test_a_follow_of_ours_is_not_answered_for_us(town: Town, peer: Peer) -> None:
    """A remote actor's own pending Follow of a group here is no Follow of ours."""
    group = peer.actor("town", "Group")
    wish = peer.activity("Follow", group, "z", AREA, peering={"zone": "https://p.test/zones/z"})
    await town.hear(peer, wish)
    assert (await town.hear(peer, answer(peer, "Accept", wish["id"]))).startswith("ignored")


# Block.


async def test_a_block_ends_both_follows(town: Town, peer: Peer, asked: FollowRecord) -> None:
    await town.hear(peer, follow(peer, HANAKO))
    assert await town.hear(peer, peer.activity("Block", ALICE, "b1", HANAKO)) == "done: "
    alice = await town.actor(ALICE)
    assert await town.follow_of(ALICE, HANAKO) is None
    assert await town.follow_of(HANAKO, ALICE) is None
    assert await town.dialects() == []
    block = await town.database.read(
        lambda tx: standing.find_block(tx, actor_id=alice.id, target_id=town.resident.id)
    )
    assert block is not None
    undone = peer.activity("Block", ALICE, "b1", HANAKO)
    assert await town.hear(peer, undo(peer, undone, BOB)) == "ignored: what is undone is another's"
    assert await town.hear(peer, undo(peer, undone)) == "done: "
    assert await town.hear(peer, undo(peer, undone, name="u2")) == "ignored: nothing of the kind is stored"


async def test_a_block_is_undone_by_its_id(town: Town, peer: Peer) -> None:
    await town.hear(peer, peer.activity("Block", ALICE, "b1", HANAKO))
    mine = "https://p.test/activities/b1"
    assert await town.hear(peer, undo(peer, mine, BOB)) == "ignored: nothing of the kind is stored"
    assert await town.hear(peer, undo(peer, mine)) == "done: "
    assert await town.hear(peer, undo(peer, mine, name="u2")) == "ignored: nothing of the kind is stored"


async def test_a_block_of_strangers_is_none_of_ours(town: Town, peer: Peer) -> None:
    blocked = await town.hear(peer, peer.activity("Block", ALICE, "b1", BOB))
    assert blocked == "ignored: not an actor of this node"
