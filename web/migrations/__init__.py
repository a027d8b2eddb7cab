"""Alembic, forward only: `upgrade(connection)` brings a database to the schema of this version."""

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


def upgrade(connection: sa.Connection) -> None:
    """Run what is missing, inside the caller's transaction. Refuses a schema newer than this program."""
    configuration = config()
    script = ScriptDirectory.from_config(configuration)
    current = MigrationContext.configure(connection).get_current_revision()
    if current == script.get_current_head():
        return
    if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
        raise Refused(
            f"the database has schema {current}, which is newer than this version of Kairanban knows"
        )
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")
