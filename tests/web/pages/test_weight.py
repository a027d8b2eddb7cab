"""What a page of 200 posts with photos weighs, and what it costs: a statement per list, whatever stands in it."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import web
from actors.directory import find_local
from actors.records import ActorRecord
from areas.tables import posts
from areas.timelines import PAGE
from tests.testrig import pictures
from tests.web.conftest import HOST
from tests.web.pages.conftest import Home
from web.database import SqliteDatabase, _driver_of
from web.pages.statics import read_static

pytestmark = pytest.mark.anyio
MANY = 200
MOST_BYTES = 100_000
"""Compressed: the page, its stylesheet and its scripts."""
AUTHORS = 10
PHOTOS = 4
MOST_STATEMENTS = 40
ICONS = 1
"""Pictures that are seen at once: the sign beside the name of the town."""
WORDS = "駅前の花壇に水仙が咲きました。日曜の朝にみんなで手入れをします。長ぐつと軍手を持ってきてください。"
PATHS = ("/", "/areas/megumino", "/home", "/people/author0")


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite tells of every statement, also of those that go to the driver directly."""
    return f"sqlite+aiosqlite:///{tmp_path}/weight.db"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What readers ask the database for."""
    found: list[str] = []
    read = SqliteDatabase._read

    def trace(self: SqliteDatabase, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        def traced(tx: sa.Connection, *given: Any) -> Any:
            driver = _driver_of(tx)
            driver.set_trace_callback(found.append)
            try:
                return function(tx, *given)
            finally:
                driver.set_trace_callback(None)

        return read(self, traced, args)

    monkeypatch.setattr(SqliteDatabase, "_read", trace)
    return found


async def fill(home: Home, start: int, end: int) -> None:
    """Posts of ten people, each with the same four photos, of which only the rows are copied."""
    for number in range(start, end):
        await home.town.post(await _find_author(home, number), f"{WORDS} {number}", home.area)

    def copy(tx: sa.Connection) -> None:
        with_photos = sa.select(posts.c.attachments).where(posts.c.attachments != "[]")
        photos = tx.execute(with_photos.limit(1)).scalar_one()
        tx.execute(sa.update(posts).values(attachments=photos))

    await home.town.write(copy)


async def _find_author(home: Home, number: int) -> ActorRecord:
    name = f"author{number % AUTHORS}"
    found: ActorRecord | None = await home.town.read(find_local, name, HOST)
    return found or await home.town.person(name)


async def write_first(home: Home) -> None:
    """One post with four photos, written on the page."""
    form = {"text": "写真です", "audience": "everyone", "area": str(home.area.actor_id)}
    files = {f"{number}.jpg": pictures.jpeg(640, 480) for number in range(PHOTOS)}
    seen = await home.follow(await home.send("/write", files, step="preview", **form))
    taken = dict(re.findall(r'name="(picture_\d)" value="(\d+)"', seen))
    described = {f"alt_{number}": "赤い花" for number in range(1, PHOTOS + 1)}
    await home.press("/write", step="publish", is_sure="1", **form, **taken, **described)


async def count_statements(home: Home, said: list[str]) -> dict[str, int]:
    found = {}
    for path in PATHS:
        await home.read(path)
        said.clear()
        await home.read(path)
        found[path] = len(said)
    return found


async def test_many_posts_are_light_and_cost_no_more_than_few(home: Home, said: list[str]) -> None:
    """Measured for who is signed in: then pages say more, and ask for more."""
    await write_first(home)
    await fill(home, 0, AUTHORS)
    few = await count_statements(home, said)
    await fill(home, AUTHORS, MANY)
    assert await count_statements(home, said) == few
    assert max(few.values()) <= MOST_STATEMENTS, few
    files = [read_static(name) for name in ("style.css", "htmx.min.js", "page.js")]
    for path in PATHS:
        page = await home.read(path)
        assert page.count("<article ") == PAGE or path.startswith("/people"), path
        assert page.count("<img ") == page.count('loading="lazy"') + ICONS, path
        assert page.count('class="pictures n4"') == page.count("<article "), path
        assert "さらに前</a>" in page or path.startswith("/people"), path
        assert page.count("<script ") == len(files) - 1, path
        weight = sum(len(gzip.compress(each)) for each in (page.encode(), *files))
        assert weight < MOST_BYTES, (path, weight)


def test_the_stylesheet_adds_nothing_to_what_is_read_out_and_leaves_buttons_their_colour() -> None:
    """Text of CSS is part of a button's name, unless an alternative says otherwise; `.small` is for texts."""
    style = (Path(web.__file__).parent / "static" / "style.css").read_text("utf-8")
    marks = re.findall(r"^[^\n{]*::(?:before|after) \{([^}]*)\}", style, re.MULTILINE)
    assert marks
    assert all(re.search(r'content: "[^"]*" / ""', each) for each in marks)
    assert not re.search(r"^\.small \{[^}]*color:", style, re.MULTILINE)
