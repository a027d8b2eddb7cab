"""Importing: all is checked before anything is stored; then pictures, which nobody sees yet; the rest in one go."""

import asyncio
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from actors.keys import Vault
from actors.origins import add_origin, find_origin_by_host
from actors.tables import actors
from areas.media.tables import media
from federation.errors import MalformedDocument, NotFound, Refused
from federation.iris import identify
from federation.iris import origin as origin_of
from federation.vocabulary import Millis
from web.backups.archive import naming_faults
from web.carrying.arriving import Arrival, take_all
from web.carrying.parts import ORDER
from web.carrying.reading import Parcel, Reader
from web.carrying.settling import settle
from web.migrations import find_head
from web.node import Node
from web.progress import Step, Tell, count, say_nothing

_WRONG: Final = (
    *(sa.exc.IntegrityError, sa.exc.DataError, sa.exc.CompileError),
    *(KeyError, TypeError, ValueError),
)
"""What rows come to that no node has written: the rules of the tables are the rules for the file too."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came: rows by table as they were in the file and as they are new here, pictures, posts that had waited."""

    parcel: Parcel
    stored: dict[str, int]
    pictures: int
    heard: int


async def bring_in(node: Node, path: Path, tell: Tell = say_nothing) -> Imported:
    """Serve the host name of an exported area here, with all that belongs to it.

    Raises `Refused` with what is wrong; nothing is stored then. `Overloaded` where pictures cannot be kept.
    """
    tell(Step(f"checking {path.name}"))
    file = await asyncio.to_thread(Reader, path)
    await asyncio.to_thread(_check_file, file, node.settings.base_url, tell)
    await node.database.read(_check_place, file)
    kept = await _keep_pictures(node, file, tell)
    try:
        stored, heard = await node.database.write(_store, file, node.vault, node.clock(), tell)
    except BaseException:
        for name in kept:
            await node.library.store.delete(name)
        raise
    await node.refresh()
    node.nudge()
    return Imported(file.parcel, stored, len(file.pictures()), heard)


def _check_file(file: Reader, base_url: str, tell: Tell) -> None:
    parcel = file.parcel
    if parcel.schema != find_head():
        raise Refused(
            f"{file.path} was written by Kairanban {parcel.version} with schema {parcel.schema}; this node has "
            f"{find_head()}: bring both to the same version first"
        )
    missing = [table.name for table in ORDER if f"tables/{table.name}" not in file.names]
    if missing:
        raise Refused(f"{file.path} has no table {missing[0]}")
    for table in ORDER:
        told = parcel.counts.get(table.name)
        found = sum(1 for _ in count(file.rows(table.name), f"checking {table.name}", told, tell))
        if found != told:
            raise Refused(f"{file.path} has {found} rows of {table.name}, and says that it has {told}")
    _check_origin(parcel, base_url)


def _check_origin(parcel: Parcel, base_url: str) -> None:
    try:
        where = origin_of(identify(parcel.origin))
    except MalformedDocument as error:
        raise Refused(f"{parcel.origin!r} is not an origin: {error}") from error
    if where.partition("://")[0] != base_url.partition("://")[0]:
        raise Refused(f"{where} and {base_url} are not reached by the same scheme")


def _check_place(tx: sa.Connection, file: Reader) -> None:
    """Names are one for each host: where nobody serves it, none is taken."""
    parcel = file.parcel
    if find_origin_by_host(tx, parcel.host) is not None:
        raise Refused(f"{parcel.host} is served here already")


async def _keep_pictures(node: Node, file: Reader, tell: Tell) -> list[str]:
    """Return the names of those that were not here."""
    kept = []
    with naming_faults(file.path):
        for member in count(file.pictures(), "pictures", len(file.pictures()), tell):
            name = member.rpartition("/")[2]
            if await node.database.read(_is_known, name) or await _is_kept(node, name):
                continue
            await node.library.store.put(name, BytesIO(b"".join(file.pieces(member))))
            kept.append(name)
    return kept


async def _is_kept(node: Node, name: str) -> bool:
    try:
        await node.library.store.open(name, 0, 1)
    except NotFound:
        return False
    return True


def _is_known(tx: sa.Connection, name: str) -> bool:
    query = sa.select(media.c.id).where(sa.or_(media.c.name == name, media.c.preview_name == name))
    return tx.execute(query).first() is not None


def _store(
    tx: sa.Connection, file: Reader, vault: Vault, now: Millis, tell: Tell
) -> tuple[dict[str, int], int]:
    """All of it, or nothing: what was looked at before is looked at again, now that nobody else can write it."""
    _check_place(tx, file)
    origin = add_origin(tx, file.parcel.origin, primary=False, now=now)
    counts = file.parcel.counts
    arrival = Arrival(tx, vault, origin, file.parcel.head, now)
    try:
        stored = take_all(arrival, lambda name: count(file.rows(name), f"storing {name}", counts[name], tell))
    except _WRONG as error:
        raise Refused(f"{file.path} was not written by a node: {error}") from error
    if not arrival.find("areas"):
        raise Refused(f"{file.path} has no area of {file.parcel.host}")
    _check_node(tx, arrival)
    return stored, settle(arrival, Millis(file.parcel.made_at))


def _check_node(tx: sa.Connection, arrival: Arrival) -> None:
    query = sa.select(actors.c.id).where(actors.c.origin_id == arrival.origin.id, actors.c.kind == "node")
    if tx.execute(query).first() is None:
        raise Refused(f"nobody in the file signs for {arrival.origin.host}")
