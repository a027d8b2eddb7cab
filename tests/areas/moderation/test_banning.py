"""A ban: what both dialects hear, what it shuts out, and how it ends."""

import pytest

from actors import follows
from actors.records import ActorRecord
from actors.standing import find_block
from areas import moderation, registry
from areas.bans import is_banned
from areas.moderation.banning import lift_due
from areas.records import AreaRecord
from federation.errors import NotFound, Refused
from federation.vocabulary import Iri, Millis
from tests.areas.rig import HOUR, Rig

pytestmark = pytest.mark.anyio


async def ban(rig: Rig, area: AreaRecord, who: ActorRecord, until: int | None = None, why: str = "") -> None:
    end = None if until is None else Millis(until)
    await rig.do(moderation.ban, area, who, reason=why, until=end, now=rig.now)


async def follow(rig: Rig, area: AreaRecord, who: ActorRecord) -> None:
    group = await rig.actor(area.iri)
    iri = Iri(f"{who.iri}/follows/1")
    await rig.do(follows.record_follow, iri=iri, follower=who, target=group, state="accepted", now=rig.now)


async def is_shut_out(rig: Rig, area: AreaRecord, who: ActorRecord) -> bool:
    return await rig.do(is_banned, area_id=area.actor_id, actor_id=who.id, now=rig.now)


async def test_a_microblog_server_is_told_by_the_area_and_groups_by_the_desk(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    await rig.follower(area, "lem", "activity")
    await follow(rig, area, alice)
    await ban(rig, area, alice, rig.now + HOUR, "宣伝のため")
    reject, block, announced = await rig.said()
    assert (reject.type, reject.to, reject.body["object"]["actor"]) == ("Reject", ("alice",), alice.iri)
    assert (block.type, block.by, block.to, block.dialect) == ("Block", "megumino", ("alice",), "both")
    assert "summary" not in block.body, "the reason is for moderators"
    assert announced.short == "Announce{Block}/activity"
    assert (announced.audience, announced.to) == ("megumino", ())
    inner = announced.body["object"]
    assert (inner["actor"].rpartition("/")[2], inner["target"], inner["object"]) == (
        "megumino_desk",
        area.iri,
        alice.iri,
    )
    assert (inner["summary"], inner["endTime"]) == ("宣伝のため", "2026-11-24T13:00:00Z")


async def test_a_server_of_groups_is_told_by_the_desk_alone(rig: Rig, area: AreaRecord) -> None:
    lem = await rig.stranger("lem", "lem.test", dialect="activity")
    await ban(rig, area, lem)
    (announced,) = await rig.said()
    assert (announced.short, announced.to) == ("Announce{Block}/activity", ("lem",))
    assert await rig.do(find_block, actor_id=area.actor_id, target_id=lem.id) is None


async def test_a_ban_is_lifted_in_both_dialects(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    await ban(rig, area, alice, why="宣伝のため")
    block, banned = await rig.said()
    await rig.do(moderation.lift_ban, area, alice, rig.now)
    undone, lifted = (await rig.said())[2:]
    assert (undone.type, undone.by, undone.to, undone.body["object"]["id"]) == (
        "Undo",
        "megumino",
        ("alice",),
        block.iri,
    )
    assert lifted.short == "Announce{Undo}/activity"
    before = {key: value for key, value in banned.body["object"].items() if key != "@context"}
    assert lifted.body["object"]["object"] == before, "just what was said before"
    assert not await is_shut_out(rig, area, alice)
    with pytest.raises(NotFound):
        await rig.do(moderation.lift_ban, area, alice, rig.now)


async def test_a_ban_ends_in_time_and_another_one_goes_on(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    await ban(rig, area, alice, rig.now + HOUR)
    await ban(rig, area, alice, rig.now + 2 * HOUR)
    rig.pass_time(HOUR)
    assert not await rig.do(lift_due, area.actor_id, alice.id, rig.now)
    rig.pass_time(HOUR)
    last = await rig.last()
    assert await rig.do(lift_due, area.actor_id, alice.id, rig.now)
    assert [each.type for each in await rig.said(after=last)] == ["Undo", "Announce"]
    assert not await rig.do(lift_due, area.actor_id, alice.id, rig.now)


async def test_a_ban_for_good_never_falls_due(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    await ban(rig, area, alice)
    rig.pass_time(1000 * HOUR)
    assert not await rig.do(lift_due, area.actor_id, alice.id, rig.now)
    assert await is_shut_out(rig, area, alice)


async def test_a_resident_is_shut_out_without_a_word_elsewhere(rig: Rig, area: AreaRecord) -> None:
    hanako = await rig.resident("hanako")
    await ban(rig, area, hanako)
    assert [(each.short, each.to) for each in await rig.said()] == [("Announce{Block}/activity", ())]
    _, placed = await rig.publish(hanako, "花が咲きました。", area)
    assert placed == {"megumino": "refused standing"}


async def test_who_governs_an_area_cannot_be_banned_from_it(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    await rig.moderator(area, alice)
    for who in (alice, await rig.do(registry.desk_of, area), await rig.actor(area.iri)):
        with pytest.raises(Refused):
            await ban(rig, area, who)
    with pytest.raises(Refused, match="future"):
        await ban(rig, area, await rig.stranger("bob"), rig.now)
    assert await rig.said() == []
