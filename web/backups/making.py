"""Making a backup, beside a server that runs: the database as it is at one moment, then the pictures it names.

Pictures come second, because a file is there before the database names it, and what is under a name never changes; one
that is removed meanwhile was of something deleted.
"""

import re
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import sqlalchemy as sa

from federation.client import own_version, read_clock
from federation.errors import Refused
from web import sqlite
from web.backups import configuration, tables
from web.backups.archive import (
    AUTHORITIES,
    CONFIGURATION,
    DATABASE,
    DESCRIPTION,
    FORMAT,
    SECRET,
    TABLES,
    Description,
    Writer,
    encode,
    naming_faults,
)
from web.migrations import check_revision, find_revision
from web.settings import Settings, read_secret

_PICTURE: Final = re.compile(r"[0-9a-f]{32}")


async def back_up(settings: Settings, path: Path) -> Description:
    """Write all that the node is to `path`, which must not exist. Raises `Refused`, `WrongSetting`."""
    secret = read_secret(settings.secret_key_file)
    with Writer(path) as archive, naming_faults(path.parent), TemporaryDirectory(dir=path.parent) as name:
        folder = Path(name)
        taken = await _take_database(settings, folder)
        description = _describe(settings, taken[0])
        archive.add(DESCRIPTION, encode(description))
        archive.add(CONFIGURATION, configuration.render(settings).encode())
        archive.add(SECRET, secret)
        if settings.extra_ca_file is not None:
            archive.add_file(AUTHORITIES, settings.extra_ca_file)
        for member, file in taken[1]:
            archive.add_file(member, file)
        _add_pictures(archive, settings.media_url)
    return description


def _describe(settings: Settings, schema: str) -> Description:
    return Description(
        format=FORMAT,
        version=own_version(),
        schema=schema,
        database=sa.make_url(settings.database_url).get_backend_name(),
        domain=settings.domain,
        media="here" if settings.media_url.startswith("file:") else "elsewhere",
        made_at=read_clock(),
    )


async def _take_database(settings: Settings, folder: Path) -> tuple[str, list[tuple[str, Path]]]:
    """Return the schema, and members with their files in `folder`."""
    url = sa.make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        target = folder / DATABASE
        return _take_file(Path(url.database or ""), target), [(DATABASE, target)]
    schema, described = await tables.copy_out(settings.database_url, folder)
    check_revision(schema)
    listing = folder / TABLES
    listing.write_bytes(described.encode())
    return schema, [(TABLES, listing), *((f"tables/{name}", folder / name) for name in described.columns)]


def _take_file(source: Path, target: Path) -> str:
    """Copy, and read the copy from end to end: a backup of a damaged database is none."""
    if not source.exists():
        raise Refused(f"there is no database at {source}")
    try:
        sqlite.copy(source, target)
        sqlite.check(target)
    except sqlite3.Error as error:
        raise Refused(f"{source} cannot be copied: {error}") from error
    with sa.create_engine(f"sqlite:///{target}").connect() as connection:
        schema = find_revision(connection)
    if schema is None:
        raise Refused(f"{source} is empty")
    check_revision(schema)
    return schema


def _add_pictures(archive: Writer, media_url: str) -> None:
    if not media_url.startswith("file:"):
        return
    for path in sorted(Path(media_url.removeprefix("file:")).glob("??/*")):
        if _PICTURE.fullmatch(path.name) and path.parent.name == path.name[:2] and not path.is_symlink():
            try:
                archive.add_file(f"media/{path.parent.name}/{path.name}", path)
            except FileNotFoundError:
                continue  # removed a moment ago
