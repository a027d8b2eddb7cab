"""Create, Update and Delete: whose they are, in whatever order they come."""

from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa

from areas.tables import boosts, originals, posts
from outbox.tables import log
from tests.inbox.rig import AREA, ORIGIN, Town
from tests.testrig.network import START
from tests.testrig.peers import PUBLIC, Peer, stamp

ALICE = "https://p.test/users/alice"
BOB = "https://p.test/users/bob"
SNOW = "https://p.test/notes/snow"

pytestmark = pytest.mark.anyio


def snow(peer: Peer, author: str = ALICE, **more: Any) -> dict[str, Any]:
    return peer.note(author, "snow", **{"cc": AREA, **more})


def update(peer: Peer, note: dict[str, Any], name: str = "up", **more: Any) -> dict[str, Any]:
    return peer.activity(
        "Update", str(note["attributedTo"]), name, note, to=note["to"], cc=note["cc"], **more
    )


def edited(note: dict[str, Any], after: int, **more: Any) -> dict[str, Any]:
    """The note as it is so many milliseconds later."""
    return {**note, "updated": stamp(START + after), **more}


def delete(peer: Peer, thing: Any = SNOW, actor: str = ALICE, name: str = "del") -> dict[str, Any]:
    return peer.activity("Delete", actor, name, thing)


@pytest.fixture(autouse=True)
async def _without_limits(town: Town) -> None:
    unlimited = sa.text("UPDATE areas SET author_hourly = 0, author_daily = 0, boosts_hourly = 0")
    await town.database.write(lambda tx: tx.execute(unlimited).close())


async def live_boosts(town: Town) -> int:
    query = sa.select(sa.func.count()).select_from(boosts).where(boosts.c.undone_at.is_(None))
    return await town.database.read(lambda tx: tx.execute(query).scalar_one())


# Create.


async def test_a_post_is_stored_with_the_bytes_that_were_signed(town: Town, peer: Peer) -> None:
    await town.hear(peer, peer.create(snow(peer)))
    body = await town.database.read(lambda tx: tx.execute(sa.select(originals.c.body)).scalar_one())
    assert b'"type": "Create"' in body
    assert await live_boosts(town) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"attributedTo": BOB},
        {"attributedTo": "https://e.test/users/eve"},
        {"attributedTo": [ALICE, BOB]},
        {"id": "https://e.test/notes/1"},
        {"id": f"{ORIGIN}/people/hanako/posts/1"},
    ],
)
async def test_anothers_post_has_no_effect(town: Town, peer: Peer, more: dict[str, Any]) -> None:
    """B1, B2, B3: and nothing is fetched to find out."""
    await town.hear(peer, peer.activity("Like", ALICE, "l", "https://p.test/notes/none"))
    asked = len(peer.requests)
    activity = {**peer.create(snow(peer)), "object": {**snow(peer), **more}}
    assert (await town.hear(peer, activity)).startswith("ignored")
    assert len(peer.requests) == asked
    assert await town.count(posts) == 0


async def test_a_post_by_its_id_alone_is_not_fetched(town: Town, peer: Peer) -> None:
    snow(peer)
    activity = peer.activity("Create", ALICE, "c1", SNOW)
    assert await town.hear(peer, activity) == "ignored: not an embedded post"
    assert ("GET", "/notes/snow") not in peer.requests


async def test_anothers_stored_post_stays_as_it_is(town: Town, peer: Peer) -> None:
    """B9."""
    await town.hear(peer, peer.create(snow(peer)))
    mine = {**snow(peer), "attributedTo": BOB, "content": "<p>mine</p>"}
    activity = {**peer.create(mine), "id": "https://p.test/activities/steal"}
    assert await town.hear(peer, activity) == "ignored: it belongs to another"
    found = await town.post_of(SNOW)
    assert found is not None
    assert found.content == "<p>snow</p>"


@pytest.mark.parametrize(
    "addressing",
    [
        {"to": [AREA], "cc": []},
        {"to": [f"{ALICE}/followers", AREA], "cc": []},
    ],
)
async def test_what_is_not_public_is_never_boosted(
    town: Town, peer: Peer, addressing: dict[str, Any]
) -> None:
    """B18."""
    activity = {**peer.create(snow(peer)), **addressing, "object": {**snow(peer), **addressing}}
    await town.hear(peer, activity)
    assert await town.said("Announce") == []


async def test_the_object_decides_who_may_read_it(town: Town, peer: Peer) -> None:
    """Where activity and object disagree, the narrower wins."""
    narrow = {**snow(peer), "to": [AREA], "cc": []}
    await town.hear(peer, {**peer.create(snow(peer)), "to": [PUBLIC], "object": narrow})
    assert await town.said("Announce") == []


async def test_a_wider_copy_of_a_private_post_changes_nothing(town: Town, peer: Peer) -> None:
    """B31."""
    hanako = f"{ORIGIN}/people/hanako"
    private = {**snow(peer), "to": [hanako], "cc": []}
    await town.hear(peer, peer.create(private))
    again = {**peer.create(snow(peer)), "id": "https://p.test/activities/again"}
    await town.hear(peer, again)
    found = await town.post_of(SNOW)
    assert found is not None
    assert found.visibility == "direct"
    assert await town.said("Announce") == []


# Update.


async def test_an_edit_changes_the_text(town: Town, peer: Peer) -> None:
    note = snow(peer)
    await town.hear(peer, peer.create(note))
    assert (await town.hear(peer, update(peer, edited(note, 60_000, content="<p>ice</p>")))).startswith(
        "done"
    )
    found = await town.post_of(SNOW)
    assert found is not None
    assert found.content == "<p>ice</p>"


async def test_all_edits_under_one_id_count(town: Town, peer: Peer) -> None:
    """GoToSocial and Takahē."""
    note = snow(peer)
    await town.hear(peer, peer.create(note))
    for minute in (1, 2, 3):
        newer = edited(note, minute * 60_000, content=f"<p>{minute}</p>")
        assert (await town.hear(peer, update(peer, newer))).startswith("done")
    assert await town.hear(peer, update(peer, newer)) == "ignored: heard before"
    found = await town.post_of(SNOW)
    assert found is not None
    assert found.content == "<p>3</p>"


async def test_the_newest_edit_wins_whenever_it_comes(town: Town, peer: Peer) -> None:
    """B22."""
    note = snow(peer)
    await town.hear(peer, peer.create(note))
    await town.hear(peer, update(peer, edited(note, 120_000, content="<p>new</p>")))
    older = update(peer, edited(note, 60_000, content="<p>old</p>"))
    assert await town.hear(peer, older) == "ignored: not newer than what is stored"
    found = await town.post_of(SNOW)
    assert found is not None
    assert found.content == "<p>new</p>"


@pytest.mark.parametrize("signer", [BOB, "https://e.test/users/eve"])
async def test_nobody_edits_anothers_post(town: Town, peer: Peer, signer: str) -> None:
    """B20, B47."""
    note = snow(peer)
    await town.hear(peer, peer.create(note))
    eve = town.peer("e.test")
    eve.actor("eve")
    whose = peer if signer == BOB else eve
    for thing in (
        edited(note, 1, content="<p>x</p>"),
        edited(note, 1, content="<p>x</p>", attributedTo=signer),
    ):
        activity = whose.activity("Update", signer, f"u{thing['attributedTo'] == signer}", thing)
        assert (await town.hear(whose, activity)).startswith("ignored")
    found = await town.post_of(SNOW)
    assert found is not None
    assert found.content == "<p>snow</p>"


async def test_an_edit_of_an_unknown_post_that_names_the_area_submits_it(town: Town, peer: Peer) -> None:
    note = edited(snow(peer), 60_000)
    assert await town.hear(peer, update(peer, note)) == "done: accepted: accepted"
    assert await live_boosts(town) == 1


async def test_an_edit_that_drops_the_area_takes_the_boost_back(town: Town, peer: Peer) -> None:
    """B19 and G11 likewise: an edit that is no longer public."""
    note = snow(peer)
    await town.hear(peer, peer.create(note))
    await town.hear(peer, update(peer, edited(note, 60_000, cc=[])))
    assert await live_boosts(town) == 0
    assert [each["type"] for each in await town.said()] == ["Announce", "Undo"]


# Delete.


@pytest.mark.parametrize("thing", [SNOW, {"id": SNOW, "type": "Tombstone"}, {"id": SNOW, "type": "Note"}])
async def test_a_deletion_takes_the_boost_back(town: Town, peer: Peer, thing: Any) -> None:
    """An id, a Tombstone (Mastodon), the whole post again (Takahē)."""
    await town.hear(peer, peer.create(snow(peer)))
    assert await town.hear(peer, delete(peer, thing)) == "done: "
    found = await town.post_of(SNOW)
    assert found is not None
    assert (found.deleted_at is not None, found.content) == (True, "")
    assert await live_boosts(town) == 0


@pytest.mark.parametrize("signer", [BOB, "https://e.test/users/eve"])
async def test_nobody_deletes_anothers_post(town: Town, peer: Peer, signer: str) -> None:
    """B23."""
    await town.hear(peer, peer.create(snow(peer)))
    eve = town.peer("e.test")
    eve.actor("eve")
    whose = peer if signer == BOB else eve
    assert (await town.hear(whose, whose.activity("Delete", signer, "d", SNOW))).startswith("ignored")
    assert await live_boosts(town) == 1


async def test_what_is_deleted_stays_deleted(town: Town, peer: Peer) -> None:
    """B24: replay of the Create, and an edit that comes late."""
    note = snow(peer)
    await town.hear(peer, peer.create(note))
    await town.hear(peer, delete(peer))
    again = {**peer.create(note), "id": "https://p.test/activities/again"}
    assert await town.hear(peer, again) == "ignored: deleted already"
    assert await town.hear(peer, update(peer, edited(note, 1))) == "ignored: deleted already"
    assert await town.hear(peer, delete(peer, name="del2")) == "ignored: deleted already"
    assert await live_boosts(town) == 0


async def test_a_deletion_may_come_before_what_it_deletes(town: Town, peer: Peer) -> None:
    """B24."""
    note = snow(peer)
    assert await town.hear(peer, delete(peer)) == "done: "
    assert await town.hear(peer, peer.create(note)) == "ignored: deleted already"
    assert await town.hear(peer, update(peer, edited(note, 1))) == "ignored: deleted already"
    assert await town.count(posts) == 0


async def test_another_origin_leaves_no_tombstone(town: Town, peer: Peer) -> None:
    """A stranger cannot use up the id of a post that will come."""
    eve = town.peer("e.test")
    eve.actor("eve")
    activity = eve.activity("Delete", "https://e.test/users/eve", "d", SNOW)
    assert (await town.hear(eve, activity)).startswith("ignored")
    assert (await town.hear(peer, peer.create(snow(peer)))).startswith("done")


async def test_with_an_actor_all_it_wrote_ends(town: Town, peer: Peer) -> None:
    await town.hear(peer, peer.create(snow(peer)))
    await town.hear(peer, peer.activity("Follow", ALICE, "f1", AREA))
    assert await town.hear(peer, delete(peer, ALICE)) == "done: "
    alice = await town.actor(ALICE)
    assert (alice.gone_at, alice.name) == (town.clock(), "")
    assert await live_boosts(town) == 0
    assert await town.dialects() == []
    assert town.services.directory.cached(f"{ALICE}#main-key") is None


async def test_nobody_ends_another_actor(town: Town, peer: Peer) -> None:
    """B23."""
    await town.hear(peer, peer.create(snow(peer)))
    await town.hear(peer, delete(peer, ALICE, BOB))
    assert (await town.actor(ALICE)).gone_at is None
    assert await live_boosts(town) == 1


async def test_a_signed_deletion_may_be_passed_on(town: Town, peer: Peer) -> None:
    """With a signature of its own, to those who verify such."""
    await town.hear(peer, peer.create(snow(peer)))
    signature = {"type": "RsaSignature2017", "creator": f"{ALICE}#main-key", "signatureValue": "x"}
    await town.hear(peer, {**delete(peer), "signature": signature})
    kinds = await town.database.read(lambda tx: list(tx.execute(sa.select(log.c.dialect)).scalars()))
    assert "signed" in kinds


# In whatever order.


async def test_however_messages_come_the_end_is_the_same(town: Town, peer: Peer) -> None:
    """B22, B24: each order, each message twice; and each post is boosted once at most."""
    for number, order in enumerate(permutations(("create", "first", "second"))):
        note = peer.note(ALICE, f"kept{number}", cc=AREA)
        await hear_in_order(town, peer, note, order)
        found = await town.post_of(note["id"])
        assert found is not None
        assert (found.content, found.deleted_at) == ("<p>second</p>", None), order
    assert await live_boosts(town) == 6
    assert await town.count(boosts) == 6


async def test_however_messages_come_what_was_deleted_is_gone(town: Town, peer: Peer) -> None:
    for number, order in enumerate(permutations(("create", "first", "second", "delete"))):
        note = peer.note(ALICE, f"gone{number}", cc=AREA)
        await hear_in_order(town, peer, note, order)
        found = await town.post_of(note["id"])
        assert found is None or found.deleted_at is not None, order
    assert await live_boosts(town) == 0


async def hear_in_order(town: Town, peer: Peer, note: dict[str, Any], order: tuple[str, ...]) -> None:
    name = note["id"].rpartition("/")[2]
    messages = {
        "create": peer.create(note),
        "first": update(peer, edited(note, 1_000, content="<p>first</p>"), f"up-{name}"),
        "second": update(peer, edited(note, 2_000, content="<p>second</p>"), f"up-{name}"),
        "delete": delete(peer, note["id"], name=f"del-{name}"),
    }
    for which in order * 2:
        await town.hear(peer, messages[which])
