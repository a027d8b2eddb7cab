"""Silent changes: what is found when a boosted post is read again."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from actors.tables import jobs
from areas.tables import boosts
from tests.inbox.rig import AREA, Town
from tests.testrig.clock import DAY, HOUR, MINUTE
from tests.testrig.network import START
from tests.testrig.peers import Peer, stamp

ALICE = "https://p.test/users/alice"
SNOW = "https://p.test/notes/snow"
LOOKS = [10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY]

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def _boosted(town: Town, peer: Peer) -> None:
    note = peer.note(ALICE, "snow", cc=AREA)
    await town.hear(peer, peer.create(note))
    await town.work()
    peer.requests.clear()
    town.logger.calls.clear()


async def live_boosts(town: Town) -> int:
    query = sa.select(sa.func.count()).select_from(boosts).where(boosts.c.undone_at.is_(None))
    return await town.database.read(lambda tx: tx.execute(query).scalar_one())


async def look(town: Town, after: int = 10 * MINUTE) -> list[str]:
    """Let time pass, do what is due, and return what the looks found."""
    town.clock.now = type(town.clock.now)(START + after)
    before = len(town.lines)
    await town.work()
    return [line["outcome"] for line in town.lines[before:] if line.get("kind") == "reread"]


def looks(peer: Peer) -> int:
    return peer.requests.count(("GET", "/notes/snow"))


async def test_it_is_read_again_five_times(town: Town, peer: Peer) -> None:
    moments = [*range(0, 2 * HOUR, 5 * MINUTE), *range(2 * HOUR, 8 * DAY, HOUR)]
    assert [moment for moment in moments if await look(town, moment)] == LOOKS
    assert looks(peer) == 5
    assert await town.count(jobs) == 0
    assert await live_boosts(town) == 1


async def test_it_is_read_in_the_name_of_the_node(town: Town, peer: Peer) -> None:
    await look(town)
    (request,) = [each for each in town.network.carried if each.url == SNOW]
    assert 'keyId="https://machi.test/actor#main-key"' in request.headers["signature"]


async def test_nothing_changes_where_nothing_changed(town: Town, peer: Peer) -> None:
    said = await town.said()
    assert await look(town) == ["unchanged"]
    assert await town.said() == said


async def test_a_silent_edit_is_found(town: Town, peer: Peer) -> None:
    peer.documents[SNOW] |= {"content": "<p>ice</p>", "updated": stamp(START + MINUTE)}
    assert await look(town) == ["changed"]
    found = await town.post_of(SNOW)
    assert found is not None
    assert found.content == "<p>ice</p>"
    assert await live_boosts(town) == 1


@pytest.mark.parametrize(
    "change", [{"cc": []}, {"to": [f"{ALICE}/followers"], "cc": [AREA]}, {"to": [AREA], "cc": []}]
)
async def test_dropping_the_area_or_the_public_takes_the_boost_back(
    town: Town, peer: Peer, change: dict[str, Any]
) -> None:
    """GoToSocial does not tell us when it is we who are dropped."""
    peer.documents[SNOW] |= {**change, "updated": stamp(START + MINUTE)}
    await look(town)
    assert await live_boosts(town) == 0
    assert [each["type"] for each in await town.said()] == ["Announce", "Undo"]


@pytest.mark.parametrize("how", ["410", "Tombstone"])
async def test_what_is_gone_ends_at_once(town: Town, peer: Peer, how: str) -> None:
    if how == "410":
        peer.statuses[SNOW] = 410
    else:
        peer.documents[SNOW] = {"id": SNOW, "type": "Tombstone"}
    assert await look(town) == ["ended"]
    assert await live_boosts(town) == 0
    assert (await town.post_of(SNOW)).deleted_at is not None  # type: ignore[union-attr]


async def test_404_counts_only_when_it_is_still_so_an_hour_later(town: Town, peer: Peer) -> None:
    peer.statuses[SNOW] = 404
    assert await look(town) == ["missing"]
    assert await look(town, 69 * MINUTE) == []
    assert await live_boosts(town) == 1
    assert await look(town, 70 * MINUTE) == ["ended"]
    assert await live_boosts(town) == 0


async def test_404_once_is_forgotten(town: Town, peer: Peer) -> None:
    peer.statuses[SNOW] = 404
    assert await look(town) == ["missing"]
    peer.statuses.clear()
    assert await look(town, 70 * MINUTE) == ["unchanged", "read lately"]
    peer.statuses[SNOW] = 404
    assert await look(town, 6 * HOUR) == ["missing"]
    assert await live_boosts(town) == 1


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
async def test_what_proves_nothing_changes_nothing(town: Town, peer: Peer, status: int) -> None:
    peer.statuses[SNOW] = status
    for after in LOOKS:
        assert await look(town, after) == ["unknown"]
    assert await live_boosts(town) == 1


async def test_a_server_that_cannot_be_reached_proves_nothing(town: Town, peer: Peer) -> None:
    def drop(request: httpx.Request) -> str | None:
        return "drop" if request.url.host == "p.test" else None

    town.network.fault = drop
    for after in LOOKS:
        assert await look(town, after) == ["unknown"]
    assert await live_boosts(town) == 1


@pytest.mark.parametrize(
    "document",
    [
        {"attributedTo": "https://p.test/users/bob"},
        {"attributedTo": [ALICE, "https://p.test/users/bob"]},
        {"attributedTo": None},
        {"id": "https://e.test/notes/snow"},
        {"type": "Person", "preferredUsername": "snow"},
    ],
)
async def test_another_document_proves_nothing(town: Town, peer: Peer, document: dict[str, Any]) -> None:
    """B10: whatever stands there now, it is not the post that was boosted."""
    peer.documents[SNOW] |= {"content": "<p>x</p>", "cc": [], "updated": stamp(START + MINUTE), **document}
    await look(town)
    assert await live_boosts(town) == 1
    found = await town.post_of(SNOW)
    assert found is not None
    assert found.content == "<p>snow</p>"


async def test_what_is_no_longer_boosted_is_not_read(town: Town, peer: Peer) -> None:
    await town.hear(peer, peer.activity("Delete", ALICE, "d", SNOW))
    assert await look(town) == ["over"]
    assert looks(peer) == 0
    assert await town.count(jobs) == 0


async def test_our_own_kind_tells_us_by_itself(town: Town, peer: Peer) -> None:
    await town.database.write(
        lambda tx: tx.execute(sa.text("UPDATE servers SET software = 'kairanban'")).close()
    )
    assert await look(town) == ["over"]
    assert looks(peer) == 0


async def test_a_host_has_a_budget(town: Town, peer: Peer) -> None:
    """The rest is put off, and nothing is lost."""
    await town.database.write(
        lambda tx: tx.execute(sa.text("UPDATE areas SET author_hourly = 0, author_daily = 0")).close()
    )
    for number in range(15):
        await town.hear(peer, peer.create(peer.note(ALICE, f"n{number}", cc=AREA)))
    found = await look(town)
    assert (found.count("unchanged"), found.count("put off")) == (10, 6)
    assert (await look(town, 11 * MINUTE)).count("unchanged") == 6
