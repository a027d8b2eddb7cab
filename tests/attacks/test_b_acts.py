"""B26 to B30: answers, follows, pins, moves and reports count only from whom they can come."""

import asyncio

from tests.attacks.rig import Rig
from tests.attacks.rig.doors import follow, unfollow
from tests.attacks.rig.ours import own
from tests.attacks.rig.peers import Actor, Json, Peer, unique
from tests.attacks.rig.server import AUTHOR

REFUSED = {401, 403}
NOTHING = {202, 400, *REFUSED}


def hanako(rig: Rig) -> str:
    """The id of a resident of ours."""
    own(rig)
    return f"{rig.adapter.area.rpartition('/areas/')[0]}/people/{AUTHOR}"


async def total(rig: Rig, url: str) -> int:
    """How many a collection says that it has."""
    return int((await rig.get(url)).json()["totalItems"])


async def test_B26_answers_to_follows(rig: Rig) -> None:
    """Only the very Follow moves, by whom it follows; a Reject is the last word."""
    alice, bob, mallory = rig.p.actor(), rig.p.actor(), rig.e.actor()
    following = f"{hanako(rig)}/following"
    asked, other = await follow(rig, alice), await follow(rig, bob)
    before = await total(rig, following)
    never = {**asked, "id": f"{asked['id']}/never"}
    async with rig.no_effect():
        for thief in (bob, mallory):
            for thing in (asked, asked["id"], {**asked, "object": thief.id}, {**asked, "actor": thief.id}):
                for kind in ("Accept", "Reject"):
                    answer = thief.activity(kind, thing)
                    assert (await rig.post(thief, answer)).status in NOTHING
                    assert (await rig.post(thief, {**answer, "actor": alice.id})).status in REFUSED
        strangers = {**asked, "actor": rig.adapter.area}
        for thing in (
            never,
            never["id"],
            strangers,
            {**asked, "object": bob.id},
            other,
            alice.activity("Follow", bob.id),
        ):
            for kind in ("Accept", "Reject"):
                assert (await rig.post(alice, alice.activity(kind, thing))).status in NOTHING, thing
    assert await total(rig, following) == before
    for kind, more in (("Accept", 1), ("Accept", 1), ("Reject", 0), ("Accept", 0)):
        assert (await rig.post(alice, alice.activity(kind, asked))).status == 202
        assert await total(rig, following) == before + more, kind
    for kind in ("Reject", "Accept"):
        assert (await rig.post(bob, bob.activity(kind, other))).status == 202
        assert await total(rig, following) == before, kind


async def test_B27_follows_that_cannot_be(rig: Rig) -> None:
    """At another's inbox, of nobody, of somebody elsewhere; under an id that was used for another."""
    mallory, alice, resident = rig.e.actor(), rig.p.actor(), hanako(rig)
    origin = resident.rpartition("/people/")[0]
    once = mallory.activity("Follow", rig.adapter.area)
    assert (await rig.post(mallory, once)).status == 202
    await rig.e.until(lambda: any(once["id"] in str(each) for each in rig.e.received))
    before = await total(rig, f"{resident}/followers")
    async with rig.no_effect():
        for thing in (
            f"{origin}/areas/nobody",
            f"{origin}/people/nobody",
            f"{origin}/actor",
            origin,
            alice.id,
            mallory.id,
        ):
            follows = mallory.activity("Follow", thing)
            assert (await rig.post(mallory, follows, rig.shared_inbox)).status in NOTHING, thing
        elsewhere = mallory.activity("Follow", rig.adapter.area)
        assert (await rig.post(mallory, elsewhere, f"{resident}/inbox")).status in NOTHING
        used = {**once, "object": resident}
        assert (await rig.post(mallory, used, f"{resident}/inbox")).status in NOTHING
        forged = {**mallory.activity("Follow", resident), "actor": alice.id}
        assert (await rig.post(mallory, forged, f"{resident}/inbox")).status in REFUSED
    assert await total(rig, f"{resident}/followers") == before
    assert (await rig.post(mallory, mallory.activity("Undo", once))).status == 202


async def test_B28_collections_of_others(rig: Rig) -> None:
    mallory, alice, area = rig.e.actor(), rig.p.actor(), rig.adapter.area
    note = alice.note()
    await rig.post(alice, alice.create(note))
    await rig.has_effect(note)
    collections = [f"{area}/featured", f"{area}/followers", f"{area}/moderators", f"{hanako(rig)}/featured"]
    before = [(await rig.get(url)).body for url in collections]
    async with rig.no_effect():
        for actor in (mallory, alice):
            for target in (
                *collections,
                area,
                f"{alice.id}/collections/featured",
                {"id": collections[0]},
                None,
            ):
                for kind in ("Add", "Remove"):
                    for thing in (note["id"], note, mallory.id):
                        activity = actor.activity(kind, thing, target=target)
                        assert (await rig.post(actor, activity)).status in NOTHING
    assert [(await rig.get(url)).body for url in collections] == before


async def test_B29_moves(rig: Rig) -> None:
    """Not to who does not know of it, not in a circle, not by another: those who follow stay where they are."""
    alice, bob, carol, mallory = rig.p.actor(), rig.p.actor(), rig.p.actor(), rig.e.actor()
    followed = [alice, carol]
    for actor in followed:
        await rig.post(actor, actor.activity("Accept", await follow(rig, actor)))
    before = await total(rig, f"{hanako(rig)}/following")
    alice.document["movedTo"] = bob.id
    carol.document.update(movedTo=mallory.id, alsoKnownAs=[mallory.id])
    mallory.document.update(movedTo=carol.id, alsoKnownAs=[carol.id])
    async with rig.no_effect():
        stranger = rig.e.actor()
        for destination in (stranger.id, f"{rig.e.origin}/{unique('nowhere')}"):
            for moved in (alice.id, {"id": alice.id}):
                move = mallory.activity("Move", moved, target=destination)
                assert (await rig.post(mallory, move)).status in NOTHING
        assert not rig.e.asked(stranger.id), "a move that its actor does not say is not looked into"
        for actor, target in ((alice, bob), (carol, mallory), (mallory, carol), (alice, alice)):
            move = actor.activity("Move", actor.id, target=target.id)
            assert (await rig.post(actor, move)).status in NOTHING
        await rig.p.until(lambda: rig.p.asked(bob.id) > 0)
        await rig.e.until(lambda: rig.e.asked(mallory.id) > 1)
    assert max(rig.p.asked(actor.id) for actor in (alice, bob, carol)) <= 5
    assert await total(rig, f"{hanako(rig)}/following") == before
    for actor in followed:
        await unfollow(rig, actor)


def flag(actor: Actor, thing: str) -> Json:
    return actor.activity("Flag", [thing], content="迷惑な投稿です。", to=[actor.peer.area])


async def send_all(rig: Rig, actor: Actor, activities: list[Json]) -> list[int]:
    """Post many at once; returns the statuses."""
    answers = await asyncio.gather(*(rig.post(actor, activity) for activity in activities))
    return [answer.status for answer in answers]


async def test_B30_reports(rig: Rig) -> None:
    """In nobody else's name; so many as moderators can read; seen by nobody else, and no load for others."""
    alice, mallory = rig.p.actor(), rig.e.actor()
    note = alice.note()
    await rig.post(alice, alice.create(note))
    await rig.has_effect(note)
    flood: Peer = await rig.peer("flood")
    reporter = flood.actor()
    async with rig.no_effect():
        forged = {**flag(mallory, note["id"]), "actor": alice.id}
        assert (await rig.post(mallory, forged)).status in REFUSED
        assert (await rig.post(reporter, flag(reporter, note["id"]))).status == 202
        statuses: list[int] = []
        for _ in range(4):
            statuses += await send_all(rig, reporter, [flag(reporter, note["id"]) for _ in range(50)])
        assert set(statuses) == {202, 429}
        assert statuses.count(202) < 60
        assert (await rig.post(mallory, flag(mallory, note["id"]))).status == 202
    other = flood.actor()
    late = other.note()
    assert (await rig.post(other, other.create(late))).status == 202, "what is no report is heard"
    await rig.has_effect(late)
    area = await rig.get(rig.adapter.area, "text/html")
    assert "迷惑な投稿です。".encode() not in area.body
