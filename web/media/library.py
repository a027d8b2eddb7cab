"""A node's pictures: taking one in, from a stranger's bytes to a file that is served.

What was uploaded has no name on this machine: it goes, with all that the camera wrote into it, when it has been read
or when the process ends. Several may wait to be read; one at a time is (`web.media.sandbox`).
"""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from actors.ports import Clock
from areas.media import endings, uploads
from areas.media.records import Details, Made, MediaRecord, Purpose
from federation.errors import Fault, NotFound, Overloaded, Refused
from web.database import Database
from web.disk import is_full
from web.media.formats import MAX_BYTES, Shape
from web.media.sandbox import Picture, Sandbox, identify, reopen
from web.media.storage import Store

SHAPES: Final[dict[Purpose, Shape]] = {
    "attachment": Shape(4096, 4096),
    "avatar": Shape(400, 400, cropped=True),
    "header": Shape(1500, 500, cropped=True),
}
"""What is kept; larger screens exist, larger needs of a town's page do not."""

QUEUE: Final = 16
"""Pictures that wait at once, each an open file of up to 16 MiB; who comes next is asked to come again."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A picture that is being read: what is known of it, and what it will be (raises as `Library.take` does)."""

    record: MediaRecord
    done: asyncio.Future[MediaRecord]


class Library:
    """One for a node."""

    def __init__(self, folder: Path, store: Store, database: Database, clock: Clock) -> None:
        self.store = store
        self.sandbox = Sandbox(folder)
        self._folder = folder
        self._database = database
        self._clock = clock
        self._tasks: set[asyncio.Task[MediaRecord]] = set()
        self._reading = 0

    async def close(self) -> None:
        """End what is being read. It is given up later (`uploads.fail_interrupted`)."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def take(
        self,
        source: IO[bytes],
        actor_id: int,
        purpose: Purpose = "attachment",
        details: Details | None = None,
    ) -> MediaRecord:
        """Read a picture and keep it. Raises `Refused` with the rule that it breaks, `Overloaded`."""
        reading = await self.begin(source, actor_id, purpose, details or Details())
        return await reading.done

    async def begin(self, source: IO[bytes], actor_id: int, purpose: Purpose, details: Details) -> Reading:
        """Begin to read a picture; it goes on when the caller leaves, who may close `source` at once.

        Raises `Refused` for what is wrong at first sight, `Overloaded`.
        """
        source.fileno()  # what was kept in memory goes to the disk now
        check_size(source)
        identify(source)
        self.check_disk()
        if self._reading >= QUEUE:
            raise Overloaded("too many pictures wait to be read", retry_after=10)
        self._reading += 1
        try:
            record = await self._database.write(uploads.expect, actor_id, purpose, details, self._clock())
        except BaseException:
            self._reading -= 1
            raise
        task = asyncio.create_task(self._read(reopen(source), record))
        self._tasks.add(task)
        task.add_done_callback(self._land)
        return Reading(record, asyncio.shield(task))

    def _land(self, task: asyncio.Task[MediaRecord]) -> None:
        self._tasks.discard(task)
        self._reading -= 1
        if not task.cancelled():
            task.exception()  # seen, also where nobody waits any more

    def check_disk(self) -> None:
        """Raise `Overloaded` when the disk is as full as pictures may make it."""
        if is_full(self._folder):
            raise Overloaded("the disk is almost full", retry_after=3600)

    async def _read(self, source: IO[bytes], record: MediaRecord) -> MediaRecord:
        with source:
            try:
                made = await self.keep(source, SHAPES[record.purpose], record.name, record.preview_name)
            except Fault as fault:
                await self._database.write(uploads.fail, record.id, fault.public)
                raise
        try:
            return await self._database.write(uploads.finish, record.id, made)
        except NotFound:
            names = (record.name, record.preview_name)
            await self._database.write(endings.leave, names, self._clock())
            raise

    async def keep(self, source: IO[bytes], shape: Shape, name: str, preview_name: str) -> Made:
        """Read a picture, and keep what is made of it under two names. Raises `Refused`, `Overloaded`."""
        picture: Picture = await self.sandbox.make(source, shape)
        try:
            await self.store.put(name, picture.full)
            await self.store.put(preview_name, picture.preview)
        finally:
            picture.close()
        return picture.made


def check_size(source: IO[bytes]) -> None:
    """Raise `Refused` for more than a picture may have."""
    if source.seek(0, os.SEEK_END) > MAX_BYTES:
        raise Refused(f"a picture has at most {MAX_BYTES >> 20} MiB")
