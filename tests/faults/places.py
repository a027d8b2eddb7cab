"""Small disks: a file system in memory, where the tests run as root."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.testrig.databases import Cluster


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system of its own."""

    path: Path

    def resize(self, kibibytes: int) -> None:
        """Make it larger, or smaller down to what it holds."""
        _run("mount", "-o", f"remount,size={kibibytes}k", str(self.path))

    def fill(self, leave: int) -> Path:
        """Put a file there that leaves so many bytes; return it."""
        ballast = self.path / "ballast"
        free = shutil.disk_usage(self.path).free
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, free - leave)
        return ballast


@contextmanager
def mount(path: Path, kibibytes: int, owner: str | None = None) -> Iterator[Disk]:
    """Make a small disk at `path` until the block ends."""
    path.mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "kairanban-test", str(path))
    try:
        if owner is not None:
            shutil.chown(path, owner, owner)
        yield Disk(path)
    finally:
        _run("umount", "-l", str(path))


@contextmanager
def small_database(cluster: Cluster) -> Iterator[tuple[Disk, str]]:
    """A disk of its own with a tablespace `small`, and the URL of a migrated, empty database there."""
    with mount(cluster.folder / "small", 48 * 1024, owner="postgres") as disk:
        cluster.execute(f"CREATE TABLESPACE small LOCATION '{disk.path}'")
        cluster.execute("CREATE DATABASE small TEMPLATE template_kairanban TABLESPACE small")
        yield disk, cluster.url("small")
        cluster.execute("DROP DATABASE IF EXISTS small WITH (FORCE)")
        cluster.execute("DROP TABLESPACE small")


@cache
def can_mount() -> bool:
    """Whether we may."""
    try:
        with TemporaryDirectory() as folder, mount(Path(folder) / "disk", 64):
            return True
    except RuntimeError:
        return False


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
