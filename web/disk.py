"""How full the disks are that a node writes to.

What a PostgreSQL on another machine has left, only its own errors tell.
"""

import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from web.logs import Log
from web.settings import Settings

FULLEST: Final = 0.95
"""Of what this user may fill; ext4 keeps 5 % more for root."""
ENOUGH: Final = 10 << 30
"""Bytes; with as many left no disk is full: of a large one, 5 % are a year's growth."""
LOOK_SECONDS: Final = 1.0
"""How old what is known of a disk may be."""


def is_full(folder: Path) -> bool:
    """Whether the disk of `folder` has less than 5 % and less than `ENOUGH` left."""
    usage = shutil.disk_usage(folder)
    return usage.free < min(ENOUGH, (1 - FULLEST) * (usage.used + usage.free))


class Disks:
    """The disks that a node writes to, looked at once a second at most."""

    def __init__(
        self, folders: Iterable[Path], log: Log, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folders = tuple(folders)
        self._log = log
        self._clock = clock
        self._looked_at = -LOOK_SECONDS
        self._full = False

    @property
    def full(self) -> bool:
        """Whether one of them is as full as it may be."""
        if self._clock() - self._looked_at >= LOOK_SECONDS:
            self._look()
        return self._full

    def _look(self) -> None:
        full = [str(folder) for folder in self._folders if is_full(folder)]
        if bool(full) != self._full:
            if full:
                self._log.warning("disk almost full: what makes it grow is put off", folders=full)
            else:
                self._log.info("disk has room again")
        self._full = bool(full)
        self._looked_at = self._clock()


def open_disks(settings: Settings, log: Log) -> Disks:
    """Return the disks of the database's file, the pictures and all else."""
    folders = {settings.data_dir}
    url = sa.make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        folders.add(Path(url.database or "").parent)
    media = Path(settings.media_url.removeprefix("file:"))
    if settings.media_url.startswith("file:") and media.exists():
        folders.add(media)
    return Disks(sorted(folders), log)
