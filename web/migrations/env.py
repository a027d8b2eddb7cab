"""Alembic's entry: always online, on the connection that `web.migrations.upgrade` hands over."""

from alembic import context

import areas.announcements.tables
import areas.filters.tables
import areas.lists.tables
import areas.media.tables
import areas.notifications.tables
import areas.personal_tables
import areas.polls.tables
import areas.search.tables
import areas.tables
import areas.zones.tables  # noqa: F401 - each adds its tables to the metadata
import inbox.tables  # noqa: F401
import outbox.tables  # noqa: F401
from actors.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True
)
context.run_migrations()
