"""CPU of this process, and of those of a database that work for it."""

import time
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa


def find_servers(tx: sa.Connection) -> list[int]:
    """The processes of the database that work for this town; SQLite has none."""
    if tx.dialect.name == "sqlite":
        return []
    query = sa.text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    return list(tx.execute(query).scalars())


def cpu(servers: Sequence[int] = ()) -> float:
    """Seconds of this process and of those; the kernel counts a process in nanoseconds."""
    spent = (int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in servers)
    return time.process_time() + sum(spent) / 1e9
