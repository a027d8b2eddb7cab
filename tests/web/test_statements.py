"""Compiled statements are shared by engines that compile alike, and by no others."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from web.statements import MOST, CompiledStatements

TABLE = sa.Table("things", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))


def run(cache: CompiledStatements, limit: int) -> list[int]:
    engine = sa.create_engine("sqlite://", execution_options={"compiled_cache": cache})
    with engine.begin() as tx:
        TABLE.create(tx)
        tx.execute(sa.insert(TABLE), [{"id": number} for number in range(5)])
        return list(tx.execute(sa.select(TABLE.c.id).order_by(TABLE.c.id).limit(limit)).scalars())


def test_another_engine_finds_what_one_has_compiled() -> None:
    cache = CompiledStatements()
    assert run(cache, 2) == [0, 1]
    compiled = {key: id(value) for key, value in cache.items()}
    assert compiled
    assert run(cache, 3) == [0, 1, 2]
    assert {key: id(value) for key, value in cache.items()} == compiled


def test_other_dialects_and_versions_do_not() -> None:
    cache = CompiledStatements()
    old, new = postgresql.dialect(), postgresql.dialect()  # type: ignore[no-untyped-call]
    old.server_version_info, new.server_version_info = (15, 1), (17, 0)
    cache[old, "statement"] = "for 15"
    cache[sqlite.dialect(), "statement"] = "for SQLite"
    assert cache.get((new, "statement")) is None
    assert cache.get((postgresql.dialect(), "statement")) is None  # type: ignore[no-untyped-call]
    assert cache.get((old, "statement")) == "for 15"


def test_it_does_not_grow_for_ever() -> None:
    cache = CompiledStatements()
    dialect = sqlite.dialect()
    for number in range(MOST + 1):
        cache[dialect, number] = number
    assert 0 < len(cache) <= MOST
    assert cache.get((dialect, MOST)) == MOST
