"""Who finds which posts by their words."""

import pytest

from actors.records import ActorRecord
from areas import compose, interactions, profiles
from areas.interactions import shutting
from areas.profiles import ProfileEdit
from areas.reading.slices import FIRST, Slice
from areas.records import AreaRecord, PollDraft
from areas.search import filling, posts
from tests.areas.search.rig import Archive

pytestmark = pytest.mark.anyio


async def allow(town: Archive, actor: ActorRecord, *, indexable: bool) -> None:
    """An author changes her mind."""
    await town.do(profiles.change, actor.id, ProfileEdit(indexable=indexable), town.now)
    assert await town.count_jobs(filling.OF_AUTHOR) == 1
    after: int | None = 0
    while after is not None:
        after = await town.do(filling.refill_author, actor.id, after)


async def test_public_posts_that_an_area_accepted_by_who_allows_it(
    town: Archive, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    shy = await town.stranger("shy", "q.test", indexable=False)
    await town.place(alice, area, "a", "札幌市に雪")
    await town.place(shy, area, "b", "札幌に雨")
    await town.send(alice, town.note(alice, "c", content="札幌"))
    await town.publish(hanako, "札幌で", area)
    assert await town.index() == 2
    assert await town.find("札幌") == ["札幌市に雪"]
    assert await town.find("札幌", hanako) == ["札幌で", "札幌市に雪"]
    assert await town.index() == 0


async def test_official_actors_are_always_found(town: Archive, area: AreaRecord) -> None:
    city = await town.resident("city", "official")
    await town.publish(city, "断水のお知らせ", area)
    await town.index()
    assert await town.find("断水") == ["断水のお知らせ"]


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private", "direct"])
async def test_own_posts_whatever_they_are(town: Archive, hanako: ActorRecord, visibility: str) -> None:
    taro = await town.resident("taro")
    await allow(town, hanako, indexable=True)
    await town.publish(hanako, "@taro 雪かき", visibility=visibility)
    await town.index()
    assert await town.find("雪かき", hanako) == ["@taro 雪かき"]
    assert await town.find("雪かき", taro) == await town.find("雪かき") == []


async def test_own_posts_alone(
    town: Archive, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    await allow(town, hanako, indexable=True)
    await town.place(alice, area, "a", "札幌の雪")
    await town.publish(hanako, "札幌の雨", area)
    await town.publish(hanako, "札幌の風", visibility="private")
    await town.index()
    assert len(await town.find("札幌", hanako)) == 3
    page = await town.do(posts.search, town.reader(hanako), "札幌", FIRST, only_own=True)
    assert {town.text(each) for each in page.items} == {"札幌の雨", "札幌の風"}
    assert (await town.do(posts.search, None, "札幌", FIRST, only_own=True)).items == ()


async def test_what_members_say_is_not_found_by_other_members(
    town: Archive, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    await allow(town, hanako, indexable=True)
    taro = await town.resident("taro")
    for actor in (hanako, taro):
        await town.do(interactions.join, actor, area, town.now)
    await town.publish(hanako, "雪", visibility="private", members_of=area.actor_id)
    await town.index()
    assert await town.find("雪", taro) == await town.find("雪", alice) == []
    assert await town.find("雪", hanako) == ["雪"]


async def test_held_and_then_approved(town: Archive, alice: ActorRecord, hanako: ActorRecord) -> None:
    strict = await town.area("shimamatsu", policy="review")
    post = await town.place(alice, strict, "a", "雪まつり")
    await town.index()
    assert await town.find("雪", hanako) == []
    town.pass_time(10 * filling.OVERLAP)
    await town.index()
    await town.decide("approve", (await town.placements(post.id))["shimamatsu"])
    await town.index()
    assert await town.find("雪", hanako) == ["雪まつり"]
    await town.decide("remove", (await town.placements(post.id))["shimamatsu"])
    assert await town.find("雪", hanako) == []


async def test_an_edited_post_is_found_by_what_it_says_now(
    town: Archive, area: AreaRecord, alice: ActorRecord
) -> None:
    post = await town.place(alice, area, "a", "雪まつり")
    await town.index()
    await town.edit(
        alice, town.note(alice, "a", cc=(area.iri,), content="<p>夏まつり</p>", updated=town.now + 1)
    )
    assert await town.count_jobs(filling.AGAIN) == 1
    assert await town.do(filling.refill, (await town.stored(post.id)).id)
    assert await town.find("夏") == ["夏まつり"]
    assert await town.find("雪") == []
    assert await town.find("まつり") == ["夏まつり"]


async def test_a_deleted_post_is_not_found(town: Archive, area: AreaRecord, alice: ActorRecord) -> None:
    post = await town.place(alice, area, "a", "雪まつり")
    await town.index()
    await town.delete(alice, post.id)
    assert await town.find("雪") == []
    stored = (await town.stored(post.id)).id
    assert not await town.do(filling.refill, stored)


async def test_nobody_finds_whom_she_shut_out(
    town: Archive, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    await town.place(alice, area, "a", "雪まつり")
    await town.index()
    await town.do(interactions.mute, hanako, alice, town.now)
    assert await town.find("雪", hanako) == []
    await town.do(shutting.unmute, hanako, alice)
    assert await town.find("雪", hanako) == ["雪まつり"]
    await town.do(shutting.block, alice, hanako, town.now)
    assert await town.find("雪", hanako) == []
    assert await town.find("雪") == ["雪まつり"]


@pytest.mark.parametrize("standing", ["limited", "suspended"])
async def test_who_is_judged_is_not_found(
    town: Archive, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, standing: str
) -> None:
    await town.place(alice, area, "a", "雪まつり")
    await town.index()
    await town.judge(alice, standing)
    assert await town.find("雪") == await town.find("雪", hanako) == []


async def test_an_author_changes_her_mind(town: Archive, area: AreaRecord, hanako: ActorRecord) -> None:
    for number in range(3):
        town.pass_time()
        await town.publish(hanako, f"雪 {number}", area)
    await town.index()
    assert await town.find("雪") == []
    await allow(town, hanako, indexable=True)
    assert await town.find("雪") == ["雪 2", "雪 1", "雪 0"]
    await allow(town, hanako, indexable=False)
    assert await town.find("雪") == []
    assert await town.find("雪", hanako) == ["雪 2", "雪 1", "雪 0"]


async def test_warnings_titles_and_choices_are_looked_through(
    town: Archive, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    await town.place(alice, area, "a", "本文", summary="熊出没", name="お知らせ")
    town.pass_time()
    await town.publish(hanako, "どれ", area, poll=PollDraft(("味噌", "醤油"), 3_600_000))
    await town.index()
    assert await town.find("熊出没") == await town.find("お知らせ 本文") == ["本文"]
    assert await town.find("醤油", hanako) == ["どれ"]


async def test_pages(town: Archive, area: AreaRecord, alice: ActorRecord) -> None:
    """Keyset pages, also across what is found and not shown."""
    for number in range(30):
        post = await town.place(alice, area, f"n{number}", f"雪 {number}")
        if number % 2:
            await town.index()
            await town.delete(alice, post.id)
    await town.index()
    wanted, found = Slice(limit=4), []
    while True:
        page = await town.do(posts.search, None, "雪", wanted)
        found += [town.text(each) for each in page.items]
        if page.older is None:
            break
        wanted = Slice(before=page.older, limit=4)
    assert found == [f"雪 {number}" for number in range(28, -1, -2)]


@pytest.mark.parametrize("query", ["", "   ", "、。", "!", "_"])
async def test_nothing_to_look_for_finds_nothing(
    town: Archive, area: AreaRecord, alice: ActorRecord, query: str
) -> None:
    await town.place(alice, area, "a", "、。! _")
    await town.index()
    assert await town.find(query) == []


async def test_many_at_once_and_where_it_went_on(
    town: Archive, area: AreaRecord, hanako: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BATCH", 3)
    for number in range(10):
        town.pass_time()
        await town.publish(hanako, f"雪 {number}", *((area,) if number % 2 else ()))
    assert await town.index() == 10
    assert len(await town.find("雪", hanako, FIRST)) == 10
    town.pass_time(10 * filling.OVERLAP)
    await town.publish(hanako, "雪 10")
    assert await town.index() == 1


async def test_a_scheduled_deletion_does_not_hinder_filling(town: Archive, hanako: ActorRecord) -> None:
    """A post that ends between reading and writing."""
    made, _ = await town.publish(hanako, "雪")
    batch = await town.do(filling.gather, town.now)
    await town.do(compose.delete, made.id, town.now)
    await town.do(filling.fill, batch)
    assert await town.find("雪", hanako) == []
