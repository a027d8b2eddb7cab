"""Prepared statements do what Core does, on both databases."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects import postgresql, sqlite

from actors.prepared import Prepared, one_of
from web.database import Database

META = sa.MetaData()
THINGS = sa.Table(
    "things",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, unique=True),
    sa.Column("good", sa.Boolean),
    sa.Column("data", sa.LargeBinary),
    sa.Column("note", sa.Text, default=""),
)
NAMES = ("id", "name", "good", "data")

ADD = Prepared(sa.insert(THINGS).inline(), NAMES)
BY_NAME = Prepared(
    sa.select(THINGS.c.id, THINGS.c.good, THINGS.c.data).where(THINGS.c.name == sa.bindparam("wanted"))
)
GOOD_ONES = Prepared(
    sa.select(THINGS.c.name, THINGS.c.good)
    .where(THINGS.c.good.is_(True), THINGS.c.id.in_([1, 2, 3]))
    .order_by(THINGS.c.id)
)
RENAME = Prepared(
    sa.update(THINGS)
    .where(THINGS.c.name == sa.bindparam("wanted"))
    .values(name=sa.bindparam("given"), good=False)
    .returning(THINGS.c.id, THINGS.c.good)
)
AMONG = Prepared(
    lambda dialect: (
        sa.select(THINGS.c.id, THINGS.c.good)
        .where(
            one_of(THINGS.c.id, "ids", dialect),
            THINGS.c.name.in_(["snow", "rain", "hail"]),
            THINGS.c.id < sa.bindparam("most"),
        )
        .order_by(THINGS.c.id)
    )
)
REMOVE = Prepared(sa.delete(THINGS).where(THINGS.c.id > sa.bindparam("most")))


def _insert(dialect: str) -> sa.Executable:
    insert = sqlite.insert(THINGS) if dialect == "sqlite" else postgresql.insert(THINGS)
    return insert.on_conflict_do_nothing().inline()


ADD_NEW = Prepared(_insert, NAMES)


async def _with_things(database: Database) -> Database:
    def make(tx: sa.Connection) -> None:
        tx.execute(
            sa.text(
                "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT UNIQUE, good BOOLEAN, data BYTEA, note TEXT)"
            )
        )
        ADD_NEW.run(tx, id=1, name="snow", good=True, data=b"\x00\x01")
        ADD_NEW.run(tx, id=2, name="ice", good=None, data=None)
        ADD_NEW.run(tx, id=3, name="rain", good=False, data=b"")

    await database.write(make)
    return database


@pytest.mark.anyio
async def test_rows_are_those_of_core(database: Database) -> None:
    await _with_things(database)

    def read(tx: sa.Connection) -> list[Any]:
        return [tuple(BY_NAME.first(tx, wanted=name)) for name in ("snow", "ice", "rain")]

    assert await database.read(read) == [(1, True, b"\x00\x01"), (2, None, None), (3, False, b"")]


@pytest.mark.anyio
async def test_nothing_is_none(database: Database) -> None:
    await _with_things(database)
    assert await database.read(lambda tx: BY_NAME.first(tx, wanted="hail")) is None
    assert await database.read(lambda tx: list(BY_NAME.all(tx, wanted="hail"))) == []


@pytest.mark.anyio
async def test_constants_and_fixed_lists_are_part_of_the_statement(database: Database) -> None:
    await _with_things(database)
    found = await database.read(lambda tx: [tuple(row) for row in GOOD_ONES.all(tx)])
    assert found == [("snow", True)]
    assert isinstance(found[0][1], bool)


@pytest.mark.anyio
async def test_a_change_returns_rows_or_how_many(database: Database) -> None:
    await _with_things(database)
    renamed = await database.write(lambda tx: RENAME.first(tx, wanted="snow", given="powder"))
    assert tuple(renamed) == (1, False)
    assert await database.write(lambda tx: REMOVE.run(tx, most=1)) == 2
    assert await database.write(lambda tx: REMOVE.run(tx, most=1)) == 0


@pytest.mark.anyio
async def test_a_conflict_counts_as_no_change(database: Database) -> None:
    await _with_things(database)
    values = {"name": "snow", "good": True, "data": b""}
    assert await database.write(lambda tx: ADD_NEW.run(tx, id=9, **values)) == 0
    assert await database.write(lambda tx: ADD_NEW.run(tx, id=9, **{**values, "name": "hail"})) == 1


@pytest.mark.anyio
async def test_it_belongs_to_the_transaction(database: Database) -> None:
    await _with_things(database)

    def fail(tx: sa.Connection) -> None:
        assert REMOVE.run(tx, most=0) == 3
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fail)
    assert await database.read(lambda tx: BY_NAME.first(tx, wanted="snow")) is not None


@pytest.mark.anyio
async def test_a_default_is_filled_in(database: Database) -> None:
    await _with_things(database)
    query = sa.select(THINGS.c.note).where(THINGS.c.id == 1)
    assert await database.read(lambda tx: tx.execute(query).scalar_one()) == ""


@pytest.mark.anyio
async def test_errors_are_sqlalchemys(database: Database) -> None:
    await _with_things(database)
    values = {"name": "snow", "good": True, "data": b""}
    with pytest.raises(exc.IntegrityError):
        await database.write(lambda tx: ADD.run(tx, id=1, **values))


@pytest.mark.anyio
async def test_a_missing_value_is_an_error(database: Database) -> None:
    await _with_things(database)
    with pytest.raises((KeyError, exc.StatementError)):
        await database.read(BY_NAME.first)


def test_a_default_that_python_computes_is_refused() -> None:
    dated = sa.Table(
        "dated", META, sa.Column("id", sa.Integer), sa.Column("at", sa.Integer, default=lambda: 1)
    )
    incomplete = Prepared(sa.insert(dated), ("id",))
    engine = sa.create_engine("sqlite://")
    with engine.connect() as tx, pytest.raises(ValueError, match="default"):
        incomplete.run(tx, id=1)
    engine.dispose()


@pytest.mark.anyio
async def test_a_list_may_have_any_length_beside_constants(database: Database) -> None:
    await _with_things(database)
    for ids, found in (
        ([1, 2, 3], [(1, True), (3, False)]),
        ([3], [(3, False)]),
        ([3, 3, 1], [(1, True), (3, False)]),
        ([99], []),
        ([], []),
    ):
        rows = await database.read(lambda tx, ids=ids: AMONG.all(tx, ids=ids, most=4))
        assert [tuple(row) for row in rows] == found, ids
    assert not await database.read(lambda tx: AMONG.all(tx, ids=[1, 2, 3], most=1))


@pytest.mark.anyio
async def test_numbers_that_are_no_integers_come_back(database: Database) -> None:
    half = Prepared(sa.select(sa.type_coerce(sa.literal_column("0.5"), sa.Float)))
    found = await database.read(half.first)
    assert float(found[0]) == 0.5
