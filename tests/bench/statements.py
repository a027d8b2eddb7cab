"""What SQLite itself does: its statements, recorded while something happens, and run again by the bare driver."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from actors import prepared

ROUNDS = 3
COMMIT = 640
"""Statements between two commits: those of some 32 posts."""

Said = list[tuple[str, Sequence[Any], bool]]
"""(Text, parameters, whether these are of several rows)."""


class _Recorder:
    """A driver's connection that writes down what it is asked for."""

    def __init__(self, driver: sqlite3.Connection, said: Said) -> None:
        self._driver, self._said = driver, said

    def execute(self, text: str, given: Sequence[Any]) -> sqlite3.Cursor:
        self._said.append((text, given, False))
        return self._driver.execute(text, given)

    def executemany(self, text: str, given: Sequence[Any]) -> sqlite3.Cursor:
        self._said.append((text, given, True))
        return self._driver.executemany(text, given)


@contextmanager
def recording() -> Iterator[Said]:
    """Yield a list that fills with the prepared statements of this process."""
    said: Said = []
    find_driver = prepared._driver
    prepared._driver = lambda tx: _Recorder(find_driver(tx), said)  # type: ignore[assignment,return-value]
    try:
        yield said
    finally:
        prepared._driver = find_driver


def copy(database: Path, to: Path) -> None:
    """Copy a database that is in use."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM INTO ?", (str(to),))


def run_again(database: Path, said: Said) -> float:
    """Return the seconds of CPU of the statements, the best of some rounds, each on a copy of `database`."""
    return min(_run(database, said, database.with_suffix(f".{number}")) for number in range(ROUNDS))


def _run(database: Path, said: Said, fresh: Path) -> float:
    copy(database, fresh)
    with closing(sqlite3.connect(fresh, isolation_level=None, cached_statements=512)) as connection:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000"):
            connection.execute(f"PRAGMA {pragma}")
        begin = time.process_time()
        for start in range(0, len(said), COMMIT):
            connection.execute("BEGIN IMMEDIATE")
            for text, given, is_many in said[start : start + COMMIT]:
                _say(connection, text, given, is_many=is_many)
            connection.execute("COMMIT")
        return time.process_time() - begin


def _say(connection: sqlite3.Connection, text: str, given: Sequence[Any], *, is_many: bool) -> None:
    if is_many:
        connection.executemany(text, given)
    else:
        connection.execute(text, given).fetchall()
