"""What was typed is kept; the same draft twice is one post; preferences; and earlier versions."""

import json
from dataclasses import replace

import pytest

from actors.records import ActorRecord
from areas import compose, edits, hashtags, interactions, preferences
from areas.compose.keys import LENGTH, LIFETIME
from areas.preferences import Preferences
from areas.records import AreaRecord, Revision
from areas.tables import post_tags
from federation.errors import Refused
from federation.vocabulary import Hashtag
from tests.areas.rig import Rig

pytestmark = pytest.mark.anyio


@pytest.fixture
async def hanako(rig: Rig, area: AreaRecord) -> ActorRecord:
    return await rig.resident("hanako")


async def test_what_was_typed_is_what_is_edited(rig: Rig, hanako: ActorRecord) -> None:
    post, _ = await rig.publish(hanako, "a < b\n\nhttps://x.test/", summary="注意")
    source = await rig.do(compose.source_of, post)
    assert (source.text, source.summary) == ("a < b\n\nhttps://x.test/", "注意")
    changed = await rig.rewrite(post, "a > b")
    assert (await rig.do(compose.source_of, changed)).text == "a > b"
    await rig.do(compose.delete, post.id, rig.now)
    ended = await rig.stored(post.iri)
    assert (await rig.do(compose.source_of, ended)).text == ""


async def test_the_same_key_is_the_same_post_for_an_hour(rig: Rig, hanako: ActorRecord) -> None:
    taro = await rig.resident("taro")
    first, _ = await rig.publish(hanako, "one", key="k")
    again, placed = await rig.publish(hanako, "one", key="k")
    other, _ = await rig.publish(taro, "one", key="k")
    assert (again.id, placed) == (first.id, {})
    assert other.id != first.id
    rig.pass_time(LIFETIME)
    later, _ = await rig.publish(hanako, "one", key="k")
    assert later.id != first.id
    with pytest.raises(Refused, match="idempotency key"):
        await rig.publish(hanako, "one", key="k" * (LENGTH + 1))


async def test_a_public_post_from_an_app_goes_home_where_its_author_wishes(
    rig: Rig, area: AreaRecord, hanako: ActorRecord
) -> None:
    await rig.do(interactions.join, hanako, area, rig.now, home=True)
    _, before = await rig.publish(hanako, "x", may_go_home=True)
    await rig.do(preferences.save, hanako.id, Preferences(to_home_area=True))
    assert (await rig.do(preferences.find, hanako.id)).to_home_area
    post, after = await rig.publish(hanako, "x", may_go_home=True)
    assert (before, after) == ({}, {"megumino": "accepted accepted"})
    other = await rig.area("kashiwagi")
    for values in (
        {"in_reply_to": post.iri},
        {"visibility": "unlisted"},
        {"visibility": "private"},
        {"may_go_home": False},
    ):
        _, placed = await rig.publish(hanako, "x", **{"may_go_home": True, **values})
        assert placed == {}
    _, placed = await rig.publish(hanako, "x", other, may_go_home=True)
    assert list(placed) == ["kashiwagi"]
    _, placed = await rig.publish(hanako, "@kashiwagi", may_go_home=True)
    assert list(placed) == ["kashiwagi"]


async def test_without_a_home_nothing_goes_there(rig: Rig, hanako: ActorRecord) -> None:
    await rig.do(preferences.save, hanako.id, Preferences(to_home_area=True))
    _, placed = await rig.publish(hanako, "x", may_go_home=True)
    assert placed == {}


async def test_an_edit_changes_what_it_names_and_leaves_the_rest(rig: Rig, hanako: ActorRecord) -> None:
    post, _ = await rig.publish(hanako, "text", summary="warning", language="ja")
    rig.pass_time()
    changed = await rig.do(compose.edit, post.id, Revision(language="en"), rig.now)
    assert (changed.content, changed.summary, changed.sensitive, changed.language) == (
        "<p>text</p>",
        "warning",
        True,
        "en",
    )
    changed = await rig.do(compose.edit, post.id, Revision(summary="", sensitive=False), rig.now)
    assert (changed.summary, changed.sensitive) == (None, False)
    with pytest.raises(Refused, match="language"):
        await rig.do(compose.edit, post.id, Revision(language="?"), rig.now)


async def test_every_version_is_kept_oldest_first(rig: Rig, hanako: ActorRecord) -> None:
    post, _ = await rig.publish(hanako, "one")
    second = await rig.rewrite(post, "two")
    third = await rig.do(compose.edit, post.id, Revision("two", summary="warning"), rig.now)
    found = await rig.do(edits.history, third)
    assert [(each.content, each.summary, each.at) for each in found] == [
        ("<p>one</p>", None, post.published_at),
        ("<p>two</p>", None, second.updated_at),
        ("<p>two</p>", "warning", third.updated_at),
    ]


async def test_versions_of_others_are_kept_where_a_reader_sees_a_difference(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    await rig.edit(alice, note)
    assert len(await rig.do(edits.history, await rig.stored(note.id))) == 1
    await rig.edit(alice, replace(note, content="<p>other</p>"))
    assert len(await rig.do(edits.history, await rig.stored(note.id))) == 2
    await rig.delete(alice, note.id)
    assert [each.content for each in await rig.do(edits.history, await rig.stored(note.id))] == [""]


async def test_public_posts_are_found_by_their_tags(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    tags = (Hashtag("Ｙuki"), Hashtag("yuki"), Hashtag("ゆき"))
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, replace(note, tags=tags))
    assert await names(rig) == {"yuki", "ゆき"}
    await rig.edit(alice, replace(note, tags=(Hashtag("kaze"),)))
    assert await names(rig) == {"kaze"}
    await rig.delete(alice, note.id)
    assert await names(rig) == set()


async def test_what_is_not_public_is_found_by_no_tag(rig: Rig, hanako: ActorRecord) -> None:
    for visibility in ("unlisted", "private", "direct"):
        await rig.publish(hanako, "#yuki", visibility=visibility)
    assert await names(rig) == set()
    post, _ = await rig.publish(hanako, "#yuki #Yuki")
    assert hashtags.read(post.tags) == ("yuki",)
    assert json.loads(post.tags) == ["yuki", "Yuki"]
    assert await names(rig) == {"yuki"}


async def names(rig: Rig) -> set[str]:
    return set(await rig.do(lambda tx: list(tx.execute(post_tags.select()).scalars())))
