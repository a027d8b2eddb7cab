"""Alembic, forward only: `upgrade(connection)` brings a database to the schema of this version.

A SQLite file goes through `files.migrate`, which keeps a copy first.
"""

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from federation.errors import Refused


def config() -> Config:
    """Alembic's configuration; there is no ini file."""
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    return configuration


def upgrade(connection: sa.Connection, revision: str = "head") -> None:
    """Run what is missing, inside the caller's transaction. Refuses a schema newer than this program."""
    current = find_revision(connection)
    check_revision(current)
    if current == find_head():
        return
    configuration = config()
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, revision)


def find_revision(connection: sa.Connection) -> str | None:
    """Return the schema that a database has; None = it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def _read_script() -> ScriptDirectory:
    return ScriptDirectory.from_config(config())


def find_head() -> str:
    """Return the schema of this version of the program."""
    head = _read_script().get_current_head()
    assert head is not None  # there is a first revision
    return head


def check_revision(revision: str | None) -> None:
    """Raise `Refused` for a schema that this version of the program does not know."""
    known = {each.revision for each in _read_script().walk_revisions()}
    if revision is not None and revision not in known:
        raise Refused(
            f"the database has schema {revision}, which is newer than this version of Kairanban knows"
        )
