"""Exporting: the host rests, and what belongs to it is read at one moment and written to a file.

It rests until somebody says what comes of it. Nothing is heard or said by anybody of the host: others are told to come
again later, so that what they send reaches the new node. What was said before is still delivered, and reading goes on.
"""

from importlib.metadata import version as installed_version
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from actors.keys import Vault
from actors.origins import find_origins, set_leaving
from actors.records import OriginRecord
from actors.tables import actors
from areas import registry
from areas.media.tables import media
from areas.records import AreaRecord
from areas.tables import areas
from federation.errors import NotFound, Refused
from federation.vocabulary import Millis
from outbox import collection, sequencer
from web.backups.archive import Writer, naming_faults
from web.carrying.collecting import collect
from web.carrying.parts import ORDER
from web.carrying.reading import FIRST, FORMAT, Parcel, encode
from web.migrations import find_head
from web.node import Node
from web.progress import Tell, count, say_nothing


async def export(node: Node, area: AreaRecord, path: Path, tell: Tell = say_nothing) -> Parcel:
    """Write all that belongs to the host name of an area to `path`, which must not exist.

    Raises `Refused` where the host is the node's own. Where nothing is written, the host goes on as it was.
    """
    origin = await node.database.read(find_own_origin, area)
    now = node.clock()
    await node.database.write(set_leaving, origin.id, origin.leaving_at or now)
    try:
        while await node.database.write(sequencer.number, now):
            pass
        parcel = await _write(node, origin, path, tell)
    except BaseException:
        await node.database.write(set_leaving, origin.id, origin.leaving_at)
        raise
    finally:
        await node.refresh()
    return parcel


def find_own_origin(tx: sa.Connection, area: AreaRecord) -> OriginRecord:
    """Return the origin of an area that has a host name of its own. Raises `Refused` for the node's own."""
    origin = next(each for each in find_origins(tx) if each.host == area.host)
    if origin.is_primary:
        raise Refused(
            f"{area.handle} lives on the node's own host name and cannot take it along: "
            "kairanban area move lets its followers follow to a new address"
        )
    return origin


async def _write(node: Node, origin: OriginRecord, path: Path, tell: Tell) -> Parcel:
    with Writer(path) as archive, naming_faults(path.parent), TemporaryDirectory(dir=path.parent) as name:
        folder = Path(name)
        told = await node.database.read(_read, node.vault, origin, folder, node.clock(), tell)
        archive.add(FIRST, encode(told[0]))
        for table in ORDER:
            archive.add_file(f"tables/{table.name}", folder / table.name)
        for picture, size in count(told[1], "pictures", len(told[1]), tell):
            await _add_picture(node, archive, picture, size)
    return told[0]


def _read(
    tx: sa.Connection, vault: Vault, origin: OriginRecord, folder: Path, now: Millis, tell: Tell
) -> tuple[Parcel, list[tuple[str, int]]]:
    """Everything as it is at one moment: the tables into `folder`, what is in them, and names and sizes of pictures."""
    if tx.dialect.name != "sqlite":
        tx.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    parcel = Parcel(
        format=FORMAT,
        version=installed_version("kairanban"),
        schema=find_head(),
        origin=origin.origin,
        host=origin.host,
        areas=[each.handle for each in _list_areas(tx, origin)],
        head=collection.find_head(tx),
        counts=collect(tx, vault, origin, folder, tell),
        made_at=now,
    )
    return parcel, _list_pictures(tx, origin)


def _list_areas(tx: sa.Connection, origin: OriginRecord) -> list[AreaRecord]:
    query = (
        sa.select(areas.c.actor_id)
        .join(actors, actors.c.id == areas.c.actor_id)
        .where(actors.c.origin_id == origin.id)
        .order_by(areas.c.number)
    )
    found = [registry.find_area(tx, number) for number in tx.execute(query).scalars().all()]
    return [each for each in found if each is not None]


def _list_pictures(tx: sa.Connection, origin: OriginRecord) -> list[tuple[str, int]]:
    columns = (media.c.name, media.c.size, media.c.preview_name, media.c.preview_size)
    mine = sa.select(*columns).join(actors, actors.c.id == media.c.actor_id)
    rows = tx.execute(mine.where(actors.c.origin_id == origin.id, media.c.size.is_not(None))).all()
    return [pair for row in rows for pair in ((row[0], row[1]), (row[2], row[3])) if pair[1] is not None]


async def _add_picture(node: Node, archive: Writer, name: str, size: int) -> None:
    """A picture that is not there any more is left out, as everywhere."""
    try:
        pieces = [piece async for piece in await node.library.store.open(name, 0, size)]
    except NotFound:
        return
    archive.add(f"media/{name[:2]}/{name}", b"".join(pieces))
