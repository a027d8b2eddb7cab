"""The simulation of `make bench ONLY=zone`, small: a day of six towns with every fault once; and that it sees what is
wrong."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from areas.tables import posts
from areas.zones.tables import zone_posts
from tests.bench.__main__ import end
from tests.bench.zone.geography import list_places
from tests.bench.zone.play import Play, open_play
from tests.bench.zone.running import report
from tests.bench.zone.size import Size
from tests.bench.zone.tally import SECRET, Tally, host_of
from tests.testrig.databases import SqliteTemplates
from tests.testrig.loops import Threadless
from tests.testrig.network import Carried

SMALL = Size.parse("towns=6 days=1 posts=45 seed=13")
FAULTS = {"down", "down for long", "gone for good", "cut off", "restarted"}
DEEDS = {"edit", "delete", "remove", "ban"}
STANDS = ("shown", "boosted")
OUTSIDE = ("<script", "<link", "src=", "@import", "url(", "href=")


@pytest.mark.timeout(600)
def test_a_region_is_whole_in_the_end_and_what_is_not_is_found(
    sqlite_templates: SqliteTemplates, tmp_path: Path
) -> None:
    with asyncio.Runner(loop_factory=Threadless) as runner:
        runner.run(_play(sqlite_templates, tmp_path / "report.html"))


async def _play(templates: SqliteTemplates, page: Path) -> None:
    said: list[str] = []
    async with open_play(SMALL, templates, said.append) as play:
        await play.run()
        results = await report(play, page)
        assert play.wrong == {"divergence": [], "duplicate": [], "loop": [], "leak": []}
        end(results)
        assert {each.kind for each in play.region.weather.troubles} == FAULTS
        assert play.region.weather.slow
        assert play.people.done.keys() >= DEEDS
        assert max(count for _, count in play.differences) > 0, "faults have kept something back"
        assert f"{SMALL.towns} towns" in said[0]
        text = page.read_text(encoding="utf-8")
        assert not [each for each in OUTSIDE if each in text]
        assert text.count("<svg") == 5
        planted = await _plant(play)
        results = await report(play, page)
        for kind, words in planted:
            assert [each for each in play.wrong[kind] if words in each], words
        with pytest.raises(SystemExit, match=r"zone\.divergence") as ended:
            end(results)
        assert ended.value.code not in {0, None}
        assert "verdict broken" in page.read_text(encoding="utf-8")


Spoil = Callable[[Any, str], sa.Executable]
"""Of a row of `STANDING`, and the id of a post that is not public."""
STANDING = (
    sa.select(zone_posts, posts.c.iri.label("post"))
    .join(posts, posts.c.id == zone_posts.c.post_id)
    .where(zone_posts.c.state.in_(STANDS), posts.c.local.is_(False))
    .order_by(zone_posts.c.position)
)


def _change(row: Any, **values: Any) -> sa.Executable:
    of_row = sa.and_(zone_posts.c.area_id == row.area_id, zone_posts.c.post_id == row.post_id)
    return sa.update(zone_posts).where(of_row).values(**values)


def _change_post(row: Any, **values: Any) -> sa.Executable:
    return sa.update(posts).where(posts.c.id == row.post_id).values(**values)


def _turn(row: Any, _secret: str) -> sa.Executable:
    """Boosted is shown, shown is boosted."""
    return _change(row, state=STANDS[row.state == STANDS[0]])


PLANTS: tuple[tuple[str, str, Spoil], ...] = (
    ("divergence", "lacks {post}", lambda row, _: _change(row, state="gone")),
    ("divergence", "has another text of {post}", lambda row, _: _change_post(row, content="<p>other</p>")),
    ("divergence", "boost", _turn),
    ("loop", "{post} came to", lambda row, _: _change(row, home_id=row.area_id)),
    ("leak", "has {secret}", lambda row, secret: _change_post(row, iri=secret)),
)


def _count(tx: sa.Connection) -> int:
    return len(tx.execute(STANDING).all())


async def _plant(play: Play) -> list[tuple[str, str]]:
    """Spoil one post after the other in one node's database; return as what each must be found."""
    towns = {
        host: town for host, town in play.region.world.towns.items() if not play.region.weather.is_gone(host)
    }
    counts = {host: await town.read(_count) for host, town in towns.items()}
    host = max(counts, key=counts.__getitem__)
    hidden = [iri for iri, said in play.people.said.items() if said.visibility in {"private", "direct"}]
    secret = next(iri for iri in hidden if host_of(iri) != host)

    def spoil(tx: sa.Connection) -> list[tuple[str, str]]:
        rows = tx.execute(STANDING.limit(len(PLANTS))).all()
        for (_, _, how), row in zip(PLANTS, rows, strict=True):
            tx.execute(how(row, secret))
        return [
            (kind, words.format(post=row.post, secret=secret))
            for (kind, words, _), row in zip(PLANTS, rows, strict=True)
        ]

    planted: list[tuple[str, str]] = await towns[host].write(spoil)
    return planted


def test_what_goes_over_the_network_is_looked_at() -> None:
    tally = Tally({"b.example"})
    note = {"id": "https://a.example/p", "type": "Note", "content": SECRET}
    create = {"id": "https://a.example/c", "type": "Create", "actor": "https://a.example/u", "object": note}
    body = json.dumps(create).encode()
    lost, taken = (
        Carried("a.example", "POST", "https://b.example/inbox", httpx.Headers(), body, status)
        for status in (None, 202)
    )
    assert tally.take([lost], 0) == {"b.example"}
    assert tally.wrong == []
    tally.take([taken], 0)
    assert [each.partition(":")[0] for each in tally.wrong] == ["leak"]
    tally.take([taken], 0)
    assert [each.partition(":")[0] for each in tally.wrong] == ["leak", "duplicate", "leak"]
    assert tally.requests == {"Create, lost": 1, "Create": 2}


def test_the_whole_region_is_that_of_seventy_towns() -> None:
    places = list_places(70)
    assert len({each.code for each in places}) == 70
    assert sum(len(each.areas) for each in places) == 90
    sapporo = {each.code: each for each in places if each.region == "札幌"}
    assert len(sapporo) == 12
    for place in sapporo.values():
        assert all(place.code in sapporo[code].near for code in place.near), "borders have two sides"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("towns=71", "71"),
        ("towns=3", "towns"),
        ("days=0", "days"),
        ("cities=5", "cities"),
        ("days=x", "days=x"),
    ],
)
def test_a_size_that_cannot_be_is_refused(words: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Size.parse(words)


def test_a_size_says_what_makes_it_again() -> None:
    assert Size.parse(str(SMALL)) == SMALL
    assert not SMALL.is_whole
    assert Size.parse("").is_whole
