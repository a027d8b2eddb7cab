"""Tags one follows or shows, notes, recommendations, markers."""

import pytest

from actors.records import ActorRecord
from areas import interactions, markers
from areas.interactions import noting, tagging
from areas.interactions.tagging import Marks
from areas.markers import Marker
from areas.reading import people
from areas.reading.slices import FIRST, Slice
from areas.records import AreaRecord
from federation.errors import NotFound, Refused
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio


@pytest.fixture
async def taro(town: Town, area: AreaRecord) -> ActorRecord:
    return await town.resident("taro")


async def test_public_posts_with_a_followed_tag_stand_at_home_once(
    town: Town, hanako: ActorRecord, taro: ActorRecord
) -> None:
    await town.do(tagging.follow_tag, hanako, "#Ｙuki", town.now)
    await town.publish(taro, "public #yuki")
    for visibility in ("unlisted", "private", "direct"):
        await town.publish(taro, f"{visibility} #yuki", visibility=visibility)
    town.pass_time()
    await town.publish(hanako, "my own #yuki")
    texts = [each.split(" #")[0].split(" <")[0] for each in await town.at_home(hanako)]
    assert texts == ["my own", "public"]
    await town.follow(hanako, taro)
    texts = [each.split(" <")[0] for each in await town.at_home(hanako)]
    assert texts.count("public") == 1
    await town.do(interactions.unfollow, hanako, taro, town.now)
    await town.do(interactions.mute, hanako, taro, town.now)
    assert len(await town.at_home(hanako)) == 1


async def test_what_an_area_refused_stands_at_home_by_no_tag(
    town: Town, hanako: ActorRecord, taro: ActorRecord
) -> None:
    strict = await town.area("shimamatsu", policy="review")
    await town.do(tagging.follow_tag, hanako, "yuki", town.now)
    post, _ = await town.publish(taro, "#yuki", strict)
    await town.decide("refuse", (await town.placements(post.iri))["shimamatsu"], reason="no")
    assert await town.at_home(hanako) == []


async def test_tags_are_followed_in_one_spelling(town: Town, hanako: ActorRecord, taro: ActorRecord) -> None:
    for name in ("Yuki", "#ＹＵＫＩ", "雨"):
        town.pass_time()
        await town.do(tagging.follow_tag, hanako, name, town.now)
    assert (await town.do(tagging.followed, hanako.id)).items == ("雨", "yuki")
    assert (await town.do(tagging.followed, hanako.id, Slice(limit=1))).older is not None
    assert (await town.do(tagging.find_marks, hanako.id, ["#YUKI", "kaze"])).followed == {"yuki"}
    assert await town.do(tagging.find_marks, taro.id, ["yuki"]) == Marks()
    assert await town.do(tagging.unfollow_tag, hanako, "#Yuki") == "yuki"
    assert (await town.do(tagging.followed, hanako.id)).items == ("雨",)
    for wrong in ("", "#", "a b"):
        with pytest.raises(Refused, match="no hashtag"):
            await town.do(tagging.follow_tag, hanako, wrong, town.now)


async def test_there_is_an_end_to_tags(
    town: Town, hanako: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tagging, "MOST_FOLLOWED", 1)
    monkeypatch.setattr(tagging, "MOST_FEATURED", 1)
    for act, reason in ((tagging.follow_tag, "follow 1"), (tagging.feature_tag, "feature 1")):
        for _ in range(2):
            await town.do(act, hanako, "yuki", town.now)
        with pytest.raises(Refused, match=reason):
            await town.do(act, hanako, "ame", town.now)


async def test_tags_on_a_page_count_public_posts(town: Town, hanako: ActorRecord, taro: ActorRecord) -> None:
    made = await town.do(tagging.feature_tag, hanako, "#Yuki", town.now)
    assert (made.name, made.posts, made.last_at) == ("Yuki", 0, None)
    await town.publish(hanako, "#yuki")
    await town.publish(hanako, "#yuki", visibility="private")
    await town.publish(taro, "#yuki")
    (found,) = await town.do(tagging.featured, hanako.id)
    assert (found.id, found.posts, found.last_at) == (made.id, 1, town.now)
    with pytest.raises(NotFound):
        await town.do(tagging.unfeature_tag, taro, made.id)
    await town.do(tagging.unfeature_tag, hanako, made.id)
    assert await town.do(tagging.featured, hanako.id) == []


async def test_notes_are_for_who_wrote_them(town: Town, hanako: ActorRecord, taro: ActorRecord) -> None:
    assert await town.do(noting.note, hanako, taro, " 隣の人\x00 ") == "隣の人"
    await town.do(noting.note, hanako, taro, "よい人")
    assert await town.do(noting.notes_of, hanako.id, [taro.id, 4]) == {taro.id: "よい人"}
    assert await town.do(noting.notes_of, taro.id, [hanako.id, taro.id]) == {}
    with pytest.raises(Refused, match="at most"):
        await town.do(noting.note, hanako, taro, "x" * 2001)
    await town.do(noting.note, hanako, taro, "")
    assert await town.do(noting.notes_of, hanako.id, [taro.id]) == {}


async def test_whom_one_follows_can_be_recommended(
    town: Town, hanako: ActorRecord, alice: ActorRecord, taro: ActorRecord
) -> None:
    with pytest.raises(Refused, match="whom one follows"):
        await town.do(noting.endorse, hanako, taro, town.now)
    await town.do(noting.endorse, hanako, alice, town.now)
    await town.do(noting.endorse, hanako, alice, town.now)
    assert [each.id for each in (await town.do(people.list_endorsed, hanako.id, FIRST)).items] == [alice.id]
    assert await town.do(noting.endorsed_among, hanako.id, [alice.id, taro.id]) == {alice.id}
    await town.do(interactions.unfollow, hanako, alice, town.now)
    assert (await town.do(people.list_endorsed, hanako.id, FIRST)).items == ()


async def test_markers_are_there_also_where_nothing_was_read(
    town: Town, hanako: ActorRecord, taro: ActorRecord
) -> None:
    assert await town.do(markers.find, hanako.id) == {"home": Marker(), "notifications": Marker()}
    await town.do(markers.save, hanako.id, "home", 5, town.now)
    saved = await town.do(markers.save, hanako.id, "home", 7, town.now)
    assert saved == Marker(7, 2, town.now)
    assert await town.do(markers.find, hanako.id, ["home"]) == {"home": saved}
    assert (await town.do(markers.find, taro.id))["home"] == Marker()
    with pytest.raises(Refused, match="none of"):
        await town.do(markers.find, hanako.id, ["x"])
    with pytest.raises(Refused, match="none of"):
        await town.do(markers.save, hanako.id, "x", 1, town.now)
