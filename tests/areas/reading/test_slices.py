"""Pages by keyset: what each cursor means, and that walking either way meets everything once."""

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from areas.reading.slices import Page, Slice, paginate, slice_by
from web.database import Database

pytestmark = pytest.mark.anyio
numbers = sa.table("numbers", sa.column("id", sa.BigInteger))
ENGINE = sa.create_engine("sqlite://")
TEN = list(range(1, 11))


def page(ids: list[int], wanted: Slice) -> Page[int]:
    with ENGINE.begin() as tx:
        return _page(tx, ids, wanted)


def _page(tx: sa.Connection, ids: list[int], wanted: Slice) -> Page[int]:
    tx.execute(sa.text("CREATE TEMPORARY TABLE numbers (id BIGINT)"))
    if ids:
        tx.execute(sa.insert(numbers), [{"id": each} for each in ids])
    rows, more = slice_by(tx, sa.select(numbers.c.id), numbers.c.id, wanted)
    tx.execute(sa.text("DROP TABLE numbers"))
    return paginate([row.id for row in rows], wanted, lambda each: each, more=more)


@pytest.mark.parametrize(
    ("wanted", "items", "has_older"),
    [
        (Slice(3), [10, 9, 8], True),
        (Slice(10), TEN[::-1], False),
        (Slice(3, before=4), [3, 2, 1], False),
        (Slice(3, before=5), [4, 3, 2], True),
        (Slice(3, after=4), [10, 9, 8], True),
        (Slice(3, after=8), [10, 9], False),
        (Slice(3, after=4, upwards=True), [7, 6, 5], True),
        (Slice(3, after=8, upwards=True), [10, 9], True),
        (Slice(10, after=0, upwards=True), TEN[::-1], False),
        (Slice(3, before=7, after=4, upwards=True), [6, 5], True),
        (Slice(3, before=7, after=4), [6, 5], False),
        (Slice(3, after=10, upwards=True), [], False),
        (Slice(3, before=1), [], False),
    ],
)
def test_what_each_cursor_means(wanted: Slice, items: list[int], has_older: bool) -> None:
    ends = (items[-1] if has_older else None, items[0]) if items else (None, None)
    assert page(TEN, wanted) == Page(tuple(items), *ends)


async def test_both_databases_page_alike(database: Database) -> None:
    big = 1 << 62
    wanted = Slice(2, after=big, upwards=True)
    found = await database.write(_page, [big, big + 1, big + 2, big + 3], wanted)
    assert found.items == (big + 2, big + 1)


@settings(deadline=None)  # a database behind it
@given(st.lists(st.integers(1, 1 << 62), unique=True, max_size=30), st.integers(1, 7))
def test_walking_either_way_meets_everything_once(ids: list[int], limit: int) -> None:
    ordered = sorted(ids, reverse=True)
    found = page(ids, Slice(limit))
    down = [*found.items]
    while found.older is not None:
        found = page(ids, Slice(limit, before=found.older))
        down += found.items
    assert down == ordered
    up: list[int] = []
    found = page(ids, Slice(limit, after=0, upwards=True))
    while found.newer is not None:
        up = [*found.items, *up]
        found = page(ids, Slice(limit, after=found.newer, upwards=True))
    assert up == ordered
