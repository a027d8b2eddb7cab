"""Somebody's page: her posts and boosts as each reader may see them; an area's page is its timeline."""

from dataclasses import replace

import pytest

from actors.records import ActorRecord
from areas.personal_tables import pins
from areas.reading import profiles
from areas.reading.profiles import EVERYTHING, Filter
from areas.reading.slices import FIRST, Page, Slice
from areas.records import AreaRecord
from federation.vocabulary import Attachment, Hashtag, Iri
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio


async def page(
    town: Town,
    reader: ActorRecord | None,
    whose: ActorRecord | AreaRecord,
    which: Filter = EVERYTHING,
    wanted: Slice = FIRST,
) -> list[str]:
    actor_id = whose.actor_id if isinstance(whose, AreaRecord) else whose.id
    known = None if reader is None else town.reader(reader)
    return await town.texts(reader, await town.do(profiles.by_actor, known, actor_id, wanted, which))


async def test_posts_as_each_reader_may_see_them(town: Town, area: AreaRecord, hanako: ActorRecord) -> None:
    taro, jiro = await town.resident("taro"), await town.resident("jiro")
    await town.follow(taro, hanako)
    for visibility in ("public", "unlisted", "private", "direct"):
        await town.publish(hanako, f"@jiro {visibility}", visibility=visibility)
        town.pass_time()
    assert [each.split()[-1] for each in await page(town, None, hanako)] == ["unlisted", "public"]
    assert [each.split()[-1] for each in await page(town, taro, hanako)] == ["private", "unlisted", "public"]
    assert len(await page(town, jiro, hanako)) == 4
    assert len(await page(town, hanako, hanako)) == 4


async def test_boosts_stand_among_her_posts_unless_left_out(
    town: Town, area: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    taro = await town.resident("taro")
    for slug in ("one", "two"):
        await town.send(bob, town.note(bob, slug, cc=(area.iri,)))
    await town.share(hanako, "https://q.test/notes/one")
    town.pass_time()
    await town.share(hanako, "https://q.test/notes/two", "private")
    town.pass_time()
    await town.publish(hanako, "own")
    assert await page(town, None, hanako) == ["own", "hanako: one"]
    assert await page(town, taro, hanako) == ["own", "hanako: one"]
    await town.follow(taro, hanako)
    assert await page(town, taro, hanako) == ["own", "hanako: two", "hanako: one"]
    assert await page(town, None, hanako, Filter(boosts=False)) == ["own"]


async def test_replies_but_those_to_herself_may_be_left_out(
    town: Town, area: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    await town.send(bob, town.note(bob, "bobs", cc=(area.iri,)))
    first, _ = await town.publish(hanako, "first")
    town.pass_time()
    await town.publish(hanako, "goes on", in_reply_to=first.iri)
    town.pass_time()
    await town.publish(hanako, "to bob", in_reply_to="https://q.test/notes/bobs")
    assert await page(town, None, hanako) == ["to bob", "goes on", "first"]
    assert await page(town, None, hanako, Filter(replies=False)) == ["goes on", "first"]


async def test_only_pictures_and_only_a_tag(town: Town, area: AreaRecord, alice: ActorRecord) -> None:
    picture = (Attachment("Image", Iri("https://p.test/1.png")),)
    await town.send(alice, replace(town.note(alice, "picture"), attachments=picture))
    town.pass_time()
    await town.send(alice, replace(town.note(alice, "tag"), tags=(Hashtag("Yuki"),)))
    assert await page(town, None, alice, Filter(only_media=True)) == ["picture"]
    assert await page(town, None, alice, Filter(tag="#yuki")) == ["tag"]


async def test_the_page_of_an_area_is_its_timeline(
    town: Town, area: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    for slug in ("one", "two"):
        await town.send(bob, town.note(bob, slug, cc=(area.iri,)))
        town.pass_time()
    await town.publish(hanako, "unlisted", area, visibility="unlisted")
    assert await page(town, None, area) == ["megumino: unlisted", "megumino: two", "megumino: one"]
    assert await page(town, None, area, Filter(boosts=False)) == []
    assert await page(town, None, area, wanted=Slice(limit=1)) == ["megumino: unlisted"]


async def test_pins_come_the_latest_first_for_who_may_read_them(
    town: Town, area: AreaRecord, hanako: ActorRecord
) -> None:
    for number, visibility in enumerate(("public", "private")):
        post, _ = await town.publish(hanako, visibility, visibility=visibility)
        await town.insert(pins, actor_id=hanako.id, post_id=post.id, id=number)
    for reader, expected in ((None, ["public"]), (hanako, ["private", "public"])):
        known = None if reader is None else town.reader(reader)
        found = await town.do(profiles.pinned, known, hanako.id)
        assert await town.texts(reader, Page(tuple(found))) == expected
