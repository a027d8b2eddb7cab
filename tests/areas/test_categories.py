"""What a post is to a zone, and who may let it go there."""

from dataclasses import replace

import pytest

from actors.records import ActorRecord
from areas import categories, registry
from areas.compose import scheduling
from areas.records import AreaRecord, Draft
from federation.errors import Refused
from federation.vocabulary import Millis
from tests.areas.rig import HOUR, Rig

pytestmark = pytest.mark.anyio


async def categories_said(rig: Rig, area: AreaRecord) -> list[str | None]:
    """The category of each `Announce` of a whole activity, as others read it."""
    said = [each for each in await rig.said(by=area.username) if each.short == "Announce{Create}/activity"]
    return [each.body.get("category") for each in said]


async def test_an_alert_always_is_one_and_a_notice_where_it_is_marked(rig: Rig, area: AreaRecord) -> None:
    await rig.follower(area, "chitose", "activity")
    alert, official = (
        await rig.resident("eniwa_alert", "alert"),
        await rig.resident("eniwa_bosai", "official"),
    )
    await rig.publish(alert, "大雨警報", area)
    await rig.publish(official, "断水します。", area, to_zone=True)
    await rig.publish(official, "窓口の時間が変わります。", area)
    assert await categories_said(rig, area) == ["alert", "notice", None]


async def test_the_kind_of_a_marked_post_is_its_category_where_zones_know_it(
    rig: Rig, area: AreaRecord
) -> None:
    official = await rig.resident("eniwa_bosai", "official")
    marked, _ = await rig.publish(official, "花のまちフォト", area, to_zone=True)
    plain, _ = await rig.publish(official, "雪まつり", area)
    for kind, category in (("event", "event"), ("campaign", "campaign"), ("question", "notice")):
        assert await rig.do(categories.categorise, official, replace(marked, kind=kind)) == category
        assert await rig.do(categories.categorise, official, replace(plain, kind=kind)) is None


async def test_what_others_write_is_nothing_special(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    note = rig.note(alice, "snow", cc=(area.iri,))
    await rig.send(alice, note)
    assert await rig.do(categories.categorise, alice, await rig.stored(note.id)) is None


async def test_who_speaks_for_the_area_may_mark_and_nobody_else(rig: Rig, area: AreaRecord) -> None:
    hanako, other = await rig.resident("hanako"), await rig.area("shimamatsu")
    with pytest.raises(Refused, match="speak for the area"):
        await rig.publish(hanako, "断水します。", area, to_zone=True)
    for number, role in enumerate(categories.SPEAKING):
        person = await rig.resident(f"person{number}")
        await rig.moderator(area, person, role)
        await rig.publish(person, f"{role}: 断水します。", area, to_zone=True)
        with pytest.raises(Refused, match="speak for the area"):
            await rig.publish(person, f"{role}: 断水します。", area, other, to_zone=True)


async def test_a_role_that_has_ended_speaks_no_more(rig: Rig, area: AreaRecord) -> None:
    hanako = await rig.resident("hanako")
    since, until = rig.now, Millis(rig.now + HOUR)
    await rig.do(registry.grant_role, hanako.id, "official", area_id=area.actor_id, until=until, now=since)
    await rig.publish(hanako, "断水します。", area, to_zone=True)
    rig.pass_time(HOUR)
    with pytest.raises(Refused):
        await rig.publish(hanako, "また断水します。", area, to_zone=True)


async def test_only_new_public_posts_to_an_area_go_to_the_region(rig: Rig, area: AreaRecord) -> None:
    official = await rig.resident("eniwa_bosai", "official")
    root, _ = await rig.publish(official, "断水します。", area)
    for picked, values in (
        ((), {}),
        ((area,), {"visibility": "unlisted"}),
        ((), {"in_reply_to": root.iri}),
        ((), {"visibility": "private"}),
    ):
        with pytest.raises(Refused, match="public posts to an area"):
            await rig.publish(official, "x", *picked, to_zone=True, **values)


async def test_a_held_post_and_one_for_later_keep_the_wish(rig: Rig, area: AreaRecord) -> None:
    await rig.follower(area, "chitose", "activity")
    official = await rig.judge(await rig.resident("eniwa_bosai", "official"), "limited")
    post, placed = await rig.publish(official, "断水します。", area, to_zone=True)
    assert placed == {"megumino": "held limited"}
    await rig.decide("approve", (await rig.placements(post.iri))["megumino"])
    assert await categories_said(rig, area) == ["notice"]
    draft, later = (
        Draft(official.id, "明日断水します。", (area.actor_id,), to_zone=True),
        Millis(rig.now + HOUR),
    )
    made = await rig.do(scheduling.schedule, draft, later, rig.now)
    assert (await rig.do(scheduling.find, official.id, made.id)).draft == draft
    resident = await rig.resident("taro")
    with pytest.raises(Refused):
        await rig.do(scheduling.schedule, replace(draft, author_id=resident.id), later, rig.now)
