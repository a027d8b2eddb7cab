"""Copies of the tree, in which mutants live: never the checkout, and gone when the run ends, however it ends."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "kairanban-mutants-"
LOCK = "lock"
"""Held as long as the run lives, so that the next one may remove what a killed one left."""

COPIED = ("federation", "actors", "outbox", "areas", "inbox", "web", "tests", "docs", "pyproject.toml")
_NOT_JUDGED = frozenset({"__pycache__", "node_modules", "mutants"})
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", ".hypothesis", "*.pyc")


@contextmanager
def open_workshop(parent: Path | None = None) -> Iterator[Path]:
    """A folder for copies that ends with the block; what killed runs left behind is removed first."""
    place = parent or Path(tempfile.gettempdir())
    for left in place.glob(f"{PREFIX}*"):
        _remove_if_left(left)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_if_left(folder: Path) -> None:
    try:
        with (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:  # somebody works in it, or it is not ours
        return


def copy(root: Path, to: Path) -> None:
    """Copy what tests need; the pages beside the code are read by some of them."""
    to.mkdir()
    for name in (*COPIED, *(path.name for path in root.glob("*.md"))):
        source = root / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=_LEFT_OUT)
        elif source.exists():
            shutil.copy2(source, to / name)


def fingerprint(root: Path) -> str:
    """Tell this state of code and tests from every other: results of one say nothing of another.

    The lists of mutants are no part of it, so that a new one does not make all others run again.
    """
    found = hashlib.blake2b(digest_size=16)
    for name in COPIED:
        source = root / name
        paths = sorted(source.rglob("*")) if source.is_dir() else [source]
        for path in paths:
            if path.is_file() and not _NOT_JUDGED.intersection(path.relative_to(root).parts):
                found.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    found.update(os.environ.get("KAIRANBAN_TEST_WIRE", "").encode())
    return found.hexdigest()
