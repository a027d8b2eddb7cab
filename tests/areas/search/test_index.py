"""The index of words, on both kinds of database, with letters of every kind."""

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.records import ActorRecord
from areas.records import AreaRecord
from areas.search import index
from areas.search.index import Entry
from areas.search.words import ask, split
from tests.areas.search.rig import Archive

pytestmark = pytest.mark.anyio


def entry(post_id: int, author: ActorRecord, text: str, *, is_open: bool = True) -> Entry:
    return Entry(post_id, author.id, split(text), is_open)


async def make_posts(town: Archive, author: ActorRecord, number: int) -> list[int]:
    """Posts without words in the index."""
    made = []
    for _ in range(number):
        town.pass_time(1)
        made.append((await town.publish(author, "…"))[0].id)
    return made


async def test_newest_first_within_bounds(town: Archive, hanako: ActorRecord) -> None:
    made = await make_posts(town, hanako, 5)
    await town.do(index.add, [entry(each, hanako, "雪まつり") for each in made])
    newest = made[::-1]
    assert await town.candidates("雪") == newest
    assert await town.candidates("雪まつり", limit=2) == newest[:2]
    assert await town.candidates("まつり", before=made[3], after=made[0]) == [made[2], made[1]]
    assert await town.candidates("夏") == []


@pytest.mark.parametrize("chosen", [0, 4, 20, None])
async def test_a_common_word_and_a_rare_one(
    town: Archive, hanako: ActorRecord, chosen: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL looks through some of the newest posts, or in its index: whatever it takes, it finds the same."""
    if chosen is not None:
        monkeypatch.setattr(index, "_choose_window", lambda *_: chosen)
    made = await make_posts(town, hanako, 16)
    words = {each: f"common {'even' if place % 2 == 0 else 'odd'}" for place, each in enumerate(made)}
    words[made[0]] += " rare"
    await town.do(index.add, [entry(each, hanako, words[each]) for each in made])
    for query in ("common", "even", "rare", "common rare", "odd rare"):
        wanted = [each for each in made[::-1] if set(query.split()) <= set(words[each].split())]
        for limit in (1, 2, 3, 20):
            assert await town.candidates(query, limit=limit) == wanted[:limit], (query, limit)


def test_the_newest_are_looked_through_where_a_word_is_common() -> None:
    total = 1_000_000
    assert index._choose_window(100_000, total, 31) == 465
    assert index._choose_window(10_000, total, 31) == 4_650
    assert index._choose_window(5_000, total, 31) == 0
    assert index._choose_window(0, total, 31) == 0
    assert index._choose_window(0, 0, 31) == 0
    assert index._choose_window(567, 113_397, 31) == 0


def test_what_was_found_tells_how_much_further_back_the_rest_is() -> None:
    assert index._widen(500, 10, 30) == 2_250
    assert index._widen(2_250, 29, 30) == 3_492
    assert index._widen(500, 1, 30) == 0  # beyond `MORE`
    assert index._widen(500, 0, 30) == 0


async def test_words_that_stand_together_are_taken_to_do_so(town: Archive, hanako: ActorRecord) -> None:
    """図書 and 書室 stand in the same posts; as if they did not, far fewer would have both."""
    if await town.do(lambda tx: tx.dialect.name) == "sqlite":
        return  # which reads its index backwards, and asks nothing
    made = await make_posts(town, hanako, 40)
    texts = [f"図書室 {place}" if place % 2 else f"体育館 {place}" for place in range(len(made))]
    await town.do(index.add, [entry(each, hanako, text) for each, text in zip(made, texts, strict=True)])
    await town.do(lambda tx: tx.exec_driver_sql(f"ANALYZE {index.TABLE}"))
    asked = ask("図書室")
    assert asked is not None
    matching, total = await town.do(index._estimate, asked)
    assert total == len(made)
    assert matching == len(made) / 2


async def test_what_is_not_open_is_found_by_its_author_alone(town: Archive, hanako: ActorRecord) -> None:
    taro = await town.resident("taro")
    hers, his = (await make_posts(town, hanako, 1))[0], (await make_posts(town, taro, 1))[0]
    await town.do(index.add, [entry(hers, hanako, "雪", is_open=False), entry(his, taro, "雪")])
    assert await town.candidates("雪") == [his]
    assert await town.candidates("雪", hanako.id) == [his, hers]
    assert await town.candidates("雪", taro.id) == [his]


async def test_what_a_post_says_now_is_added(town: Archive, hanako: ActorRecord) -> None:
    """What it no longer says may be named by the index, and is not shown: see `test_posts`."""
    (made,) = await make_posts(town, hanako, 1)
    await town.do(index.add, [entry(made, hanako, "雪", is_open=False)])
    await town.do(index.add, [entry(made, hanako, "夏")])
    assert await town.candidates("夏") == [made]


@pytest.mark.parametrize(
    "query", ["OR", "AND", "NOT NEAR", "near", "0open", "words", 'a"b', "a*", "^a", "a:b"]
)
async def test_nothing_asked_is_an_order(town: Archive, hanako: ActorRecord, query: str) -> None:
    made = await make_posts(town, hanako, 2)
    await town.do(
        index.add,
        [entry(made[0], hanako, query), entry(made[1], hanako, "c")],
    )
    found = await town.candidates(query)
    assert made[0] in found
    assert query == "0open" or made[1] not in found


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20), min_size=20))
async def test_letters_of_every_kind(
    town: Archive, hanako: ActorRecord, area: AreaRecord, texts: list[str]
) -> None:
    """Whatever a text is made of, all of its words lead to it, in either database."""
    del area
    made = await make_posts(town, hanako, len(texts))
    await town.do(
        index.add,
        [entry(each, hanako, text) for each, text in zip(made, texts, strict=True)],
    )
    for each, text in zip(made, texts, strict=True):
        if ask(text) is not None:
            assert each in await town.candidates(text, after=made[0] - 1, limit=100), text


async def test_the_index_of_sqlite_is_whole(town: Archive, hanako: ActorRecord) -> None:
    (made,) = await make_posts(town, hanako, 1)
    for text in ("雪", "夏", "雪と夏"):
        await town.do(index.add, [entry(made, hanako, text)])

    def check(tx: sa.Connection) -> str:
        if tx.dialect.name != "sqlite":
            return "ok"
        tx.execute(sa.text(f"INSERT INTO {index.TABLE} ({index.TABLE}) VALUES ('integrity-check')"))
        return str(tx.execute(sa.text("PRAGMA integrity_check")).scalar_one())

    assert await town.do(check) == "ok"
