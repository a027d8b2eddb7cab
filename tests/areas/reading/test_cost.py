"""What a page costs depends on whom one follows, not on how many posts there are: counted in steps of SQLite."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from areas.ids import first_at
from areas.lists import synthetic
from areas.reading import home, lists, merging, public
from areas.reading.slices import BIGGEST_ID
from areas.reading.visibility import Reader
from federation.vocabulary import Millis
from tests.bench.elder import Crowd, Elder, open_elder
from tests.bench.stock import INTERVAL

pytestmark = pytest.mark.anyio

CROWD = Crowd(areas=5, authors=100, residents=2)
FEW, MANY = 3_000, 15_000
TURN = 10
"""Steps between two counts."""


def count_steps(tx: sa.Connection, read: Callable[[sa.Connection], Any]) -> int:
    """How many steps of its machine SQLite takes, once the statements are prepared."""
    driver = tx.connection.driver_connection
    assert driver is not None
    read(tx)
    turns = 0

    def count() -> int:
        nonlocal turns
        turns += 1
        return 0

    driver.set_progress_handler(count, TURN)
    try:
        read(tx)
    finally:
        driver.set_progress_handler(None, 0)
    return turns * TURN


def _read_home(tx: sa.Connection, reader: Reader, lower: int, upper: int, *, upwards: bool) -> None:
    """The merging alone: how often it is done for a page is a matter of whom the reader has muted."""
    statement = home._FEED.upwards if upwards else home._FEED.downwards
    values = {**reader.values, "lower": lower, "upper": upper}
    assert len(merging.read(tx, statement, values, upwards=upwards, n=75)) == 75


def _list_pages(elder: Elder, now: Millis) -> dict[str, Callable[[sa.Connection], Any]]:
    """The newest page of each timeline, an older one of home, and one upwards from there."""
    reader = Reader.of(elder.residents[0], now)
    area = elder.areas[0]
    older = first_at(Millis(now - FEW // 2 * INTERVAL))
    mine = synthetic.AreaList(
        area.number * synthetic.SLOTS, area.actor_id, area.name, is_elsewhere=False, exclusive=False
    )
    return {
        "home": partial(_read_home, reader=reader, lower=0, upper=BIGGEST_ID, upwards=False),
        "older": partial(_read_home, reader=reader, lower=0, upper=older, upwards=False),
        "upwards": partial(_read_home, reader=reader, lower=older, upper=BIGGEST_ID, upwards=True),
        "area": partial(lists.of_area, reader=reader, found=mine),
        "local": partial(public.local, reader=reader),
        "signed out": partial(public.local, reader=None),
        "public": partial(public.known, reader=reader),
    }


async def measure(folder: Path, count: int) -> dict[str, int]:
    async with open_elder(folder, None, count, words=False, crowd=CROWD) as elder:
        pages = _list_pages(elder, elder.town.clock())
        return {name: await elder.town.read(count_steps, read) for name, read in pages.items()}


async def test_a_page_costs_the_same_among_few_posts_and_among_many(tmp_path: Path) -> None:
    few, many = await measure(tmp_path / "few", FEW), await measure(tmp_path / "many", MANY)
    ratios = {name: many[name] / few[name] for name in few}
    assert max(ratios.values()) < 1.3, ratios
