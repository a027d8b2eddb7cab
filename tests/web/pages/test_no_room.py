"""A database without room: nothing is promised, nothing that somebody wrote is lost, and all goes on with some.

SQLite is told how large it may grow; PostgreSQL has its tables on a small disk that is filled.
"""

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from federation.errors import Overloaded
from tests.faults.places import Disk, can_mount, small_database
from tests.testrig.databases import SqliteTemplates
from tests.web.pages.conftest import Home
from tests.web.pages.test_failing import form_of

pytestmark = pytest.mark.anyio
LONG = "".join(chr(random.Random(1).randrange(0x4E00, 0x9000)) for _ in range(4_800))
"""Signs that cannot be packed into less room."""


@dataclass
class Room:
    """What a database may still take; `disk` is where PostgreSQL has it."""

    url: str
    disk: Disk | None = None

    @asynccontextmanager
    async def none(self, home: Home) -> AsyncIterator[None]:
        """It may not grow any more; afterwards it may again."""
        ballast = None if self.disk is None else self.disk.fill(leave=256 * 1024)
        for statement in SQLITE if self.disk is None else POSTGRES:
            await home.town.write(lambda tx, text=statement: tx.exec_driver_sql(text).close())
        for size in (100_000, 3_000, 300, 1):
            with suppress(Overloaded):
                for _ in range(10_000):
                    await home.town.write(self._fill, size)
        yield
        if ballast is None:
            await home.town.write(lambda tx: tx.exec_driver_sql("PRAGMA max_page_count = 1000000").close())
        else:
            ballast.unlink()

    def _fill(self, tx: sa.Connection, size: int) -> None:
        bytes_ = f"zeroblob({size})" if self.disk is None else f"decode(repeat('00', {size}), 'hex')"
        tx.exec_driver_sql(f"INSERT INTO filler VALUES ({bytes_})").close()


SQLITE = ("CREATE TABLE filler (x)", "PRAGMA max_page_count = 1")
POSTGRES = ("CREATE TABLE filler (x bytea)", "ALTER TABLE filler ALTER x SET STORAGE EXTERNAL")
"""It would pack what it stores."""


@pytest.fixture(params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    if request.param == "sqlite":
        templates: SqliteTemplates = request.getfixturevalue("sqlite_templates")
        yield Room(templates.new(tmp_path))
        return
    if not can_mount():
        pytest.skip("only root can mount a small disk")
    with small_database(request.getfixturevalue("cluster")) as (disk, url):
        yield Room(url, disk)


@pytest.fixture
def database_url(room: Room) -> str:
    return room.url


async def test_without_room_a_post_is_not_published_and_its_text_is_there(home: Home, room: Room) -> None:
    form = {"text": LONG, "audience": "everyone", "area": str(home.area.actor_id), "key": "k", "is_sure": "1"}
    async with room.none(home):
        refused = await home.browser.post("/write", step="publish", **form)
        assert (refused.status_code, LONG in refused.text) == (422, True)
        assert "いまは受け取れません" in refused.text
        seen = await home.browser.post("/write", step="preview", **form)
        assert (seen.status_code, LONG in seen.text) == (200, True)
        answer = await home.browser.get("/areas/megumino")
        assert (answer.status_code, LONG in answer.text) == (200, False)
    await home.press("/write", step="publish", **form)
    assert (await home.read("/areas/megumino")).count(LONG) == 1


async def test_any_form_can_be_sent_again_as_it_was(home: Home, room: Room) -> None:
    path = "/report?lang=ja"
    form = {"uri": "https://chitose.example/posts/1", "text": 'x < y & "z"。\n' + LONG[:1800]}
    async with room.none(home):
        failed = await home.browser.post(path, **form)
    assert failed.status_code == 503, failed.headers.get("location")
    assert form_of(failed.text) == (path, form)
    assert "retry-after" in failed.headers
    assert (await home.browser.post(path, **form)).status_code == 303


async def test_without_room_a_profile_comes_back_filled_in(home: Home, room: Room) -> None:
    if room.disk is not None:
        pytest.skip("400 characters find a place on the page of PostgreSQL where the earlier ones are")
    async with room.none(home):
        refused = await home.browser.post("/settings/profile", name="花子", note=LONG[:400])
    assert (refused.status_code, LONG[:400] in refused.text) == (422, True)
    assert "いまは受け取れません" in refused.text
