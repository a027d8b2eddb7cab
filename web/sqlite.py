"""SQLite files: what their errors mean, and a copy of one at a moment while others use it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import exc

from federation.errors import Overloaded

BUSY_SECONDS: Final = 5.0
_PASSING: Final = ("locked", "full", "unable to open", "disk I/O", "readonly")


def explain(error: exc.OperationalError) -> Exception:
    """Locked, full or unreachable is ours to say so; a wrong statement is a bug and stays what it is."""
    text = str(error.orig)
    return Overloaded(text) if any(sign in text for sign in _PASSING) else error


def copy(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, whoever writes it meanwhile; `target` is then one whole file.

    Raises `sqlite3.Error`.
    """
    with closing(_open(source)) as origin, closing(sqlite3.connect(target)) as destination:
        # In one step: a copy in several begins anew whenever another process has written.
        origin.backup(destination)
        destination.execute("PRAGMA journal_mode=DELETE")
    sync(target)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS)
    connection.execute("PRAGMA query_only=ON")
    return connection


def check(path: Path) -> None:
    """Read every page and every reference. Raises `sqlite3.DatabaseError` that names the first fault."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(said)
    if broken is not None:
        raise sqlite3.DatabaseError(f"a row of {broken[0]} refers to nothing")


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
