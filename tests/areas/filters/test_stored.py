"""Filters as they are kept: made, changed, their words and posts, and nobody else's."""

from typing import Any

import pytest

from actors.records import ActorRecord
from areas.filters import stored
from areas.filters.stored import Wanted
from areas.records import AreaRecord
from federation.errors import NotFound, Refused
from federation.vocabulary import Millis
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio
SNOW = Wanted("snow", ("home", "public", "home"))


async def test_a_filter_is_kept_with_its_words(town: Town, hanako: ActorRecord) -> None:
    made = await town.do(stored.create, hanako.id, SNOW, [("雪", False), (" snow ", True)])
    assert (made.title, made.contexts, made.action, made.expires_at) == (
        "snow",
        ("home", "public"),
        "warn",
        None,
    )
    assert [(each.keyword, each.whole_word) for each in made.keywords] == [("雪", False), ("snow", True)]
    assert await town.do(stored.list_of, hanako.id) == [made]
    changed = await town.do(
        stored.change, hanako.id, made.id, Wanted("winter", ("thread",), "hide", Millis(5))
    )
    assert (changed.title, changed.contexts, changed.action, changed.expires_at) == (
        "winter",
        ("thread",),
        "hide",
        5,
    )
    word = made.keywords[0]
    await town.do(stored.change_keyword, hanako.id, word.id, "吹雪", whole_word=True)
    added = await town.do(stored.add_keyword, hanako.id, made.id, "ice", whole_word=False)
    await town.do(stored.remove_keyword, hanako.id, made.keywords[1].id)
    found = await town.do(stored.find, hanako.id, made.id)
    assert [each.keyword for each in found.keywords] == ["吹雪", "ice"]
    assert (await town.do(stored.find_keyword, hanako.id, added.id))[1] == added
    await town.do(stored.remove, hanako.id, made.id)
    assert await town.do(stored.list_of, hanako.id) == []


async def test_single_posts(town: Town, hanako: ActorRecord) -> None:
    post, _ = await town.publish(hanako, "x")
    made = await town.do(stored.create, hanako.id, SNOW)
    first = await town.do(stored.add_post, hanako.id, made.id, post.id)
    assert await town.do(stored.add_post, hanako.id, made.id, post.id) == first
    assert await town.do(stored.posts_of, hanako.id, made.id) == [first]
    assert (await town.do(stored.find, hanako.id, made.id)).post_ids == {post.id}
    await town.do(stored.remove_post, hanako.id, first.id)
    assert await town.do(stored.posts_of, hanako.id, made.id) == []


async def test_nobody_reaches_anothers(town: Town, area: AreaRecord, hanako: ActorRecord) -> None:
    taro = await town.resident("taro")
    made = await town.do(stored.create, hanako.id, SNOW, [("雪", False)])
    post, _ = await town.publish(hanako, "x")
    listed = await town.do(stored.add_post, hanako.id, made.id, post.id)
    word = made.keywords[0].id
    attempts: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
        (stored.find, (made.id,), {}),
        (stored.change, (made.id, SNOW), {}),
        (stored.remove, (made.id,), {}),
        (stored.add_keyword, (made.id, "x"), {"whole_word": True}),
        (stored.find_keyword, (word,), {}),
        (stored.change_keyword, (word, "x"), {"whole_word": True}),
        (stored.remove_keyword, (word,), {}),
        (stored.add_post, (made.id, post.id), {}),
        (stored.posts_of, (made.id,), {}),
        (stored.find_post, (listed.id,), {}),
        (stored.remove_post, (listed.id,), {}),
    ]
    for act, args, more in attempts:
        with pytest.raises(NotFound):
            await town.do(act, taro.id, *args, **more)
    assert await town.do(stored.list_of, taro.id) == []
    assert len((await town.do(stored.find, hanako.id, made.id)).keywords) == 1


@pytest.mark.parametrize(
    ("wanted", "words", "reason"),
    [
        (Wanted(" ", ("home",)), [], "title"),
        (Wanted("x" * 201, ("home",)), [], "title"),
        (Wanted("x", ()), [], "holds in"),
        (Wanted("x", ("everywhere",)), [], "holds in"),
        (Wanted("x", ("home",), "delete"), [], "does one of"),
        (Wanted("x", ("home",)), [("  ", False)], "a word"),
        (Wanted("x", ("home",)), [("x" * 201, False)], "a word"),
    ],
)
async def test_what_is_no_filter(
    town: Town, hanako: ActorRecord, wanted: Wanted, words: list[tuple[str, bool]], reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        await town.do(stored.create, hanako.id, wanted, words)
    assert await town.do(stored.list_of, hanako.id) == []


async def test_there_is_an_end_to_them(
    town: Town, hanako: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MOST_FILTERS", 1)
    monkeypatch.setattr(stored, "MOST_WORDS", 1)
    made = await town.do(stored.create, hanako.id, SNOW, [("雪", False)])
    with pytest.raises(Refused, match="1 filters"):
        await town.do(stored.create, hanako.id, SNOW)
    with pytest.raises(Refused, match="1 words"):
        await town.do(stored.add_keyword, hanako.id, made.id, "x", whole_word=False)
