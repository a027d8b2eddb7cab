"""The file: an uncompressed tar (POSIX.1-2001) whose last members are a manifest and the digest of the manifest.

    backup.json        what it is of, by which version
    configuration.toml, secret.key, authorities.pem
    database.sqlite    or tables.json and tables/{name} (PostgreSQL)
    media/{xx}/{name}
    manifest.json      {name: {"size": bytes, "sha256": hexadecimal}} of all before it
    manifest.sha256    hexadecimal

Every byte that is read back is in a digest, so a damaged file is known before anything is written.
"""

import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final, Self

from federation.errors import Refused
from web.sqlite import sync

FORMAT: Final = 1
"""Raised when an older program could not read the file."""

DESCRIPTION: Final = "backup.json"
CONFIGURATION: Final = "configuration.toml"
SECRET: Final = "secret.key"  # noqa: S105 - a file's name
AUTHORITIES: Final = "authorities.pem"
DATABASE: Final = "database.sqlite"
TABLES: Final = "tables.json"
MANIFEST: Final = "manifest.json"
DIGEST: Final = "manifest.sha256"

_FIXED: Final = frozenset(
    {DESCRIPTION, CONFIGURATION, SECRET, AUTHORITIES, DATABASE, TABLES, MANIFEST, DIGEST}
)
_NUMBERED: Final = re.compile(r"tables/[a-z0-9_]+|media/[0-9a-f]{2}/[0-9a-f]{32}")
_MODE: Final = 0o600
_CHUNK: Final = 1 << 20
_SMALL: Final = 1 << 28
"""Bytes of a manifest; a million pictures have a hundred and fifty million."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a backup is of. `database` is "sqlite" or "postgresql", `made_at` milliseconds UTC."""

    format: int
    version: str
    schema: str
    database: str
    domain: str
    media: str
    made_at: int


class Writer:
    """Makes the file. It has its name when it is whole, and never takes the place of another."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._manifest: dict[str, dict[str, object]] = {}

    def __enter__(self) -> Self:
        if self._path.exists():
            raise Refused(f"{self._path} exists already; nothing takes the place of another file")
        with naming_faults(self._part):
            self._part.unlink(missing_ok=True)
            self._file = os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "wb")
        self._tar = tarfile.open(fileobj=self._file, mode="w", format=tarfile.PAX_FORMAT)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            with suppress(OSError):  # a full disk does not take the rest of a buffer either
                self._file.close()
            self._part.unlink(missing_ok=True)

    def add(self, name: str, data: bytes) -> None:
        """Add a few bytes."""
        self._add(name, io.BytesIO(data), len(data))

    def add_file(self, name: str, path: Path) -> None:
        """Add a file that nobody changes meanwhile. Raises `FileNotFoundError`."""
        with path.open("rb") as source:
            self._add(name, source, os.fstat(source.fileno()).st_size)

    def _add(self, name: str, source: IO[bytes], size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, _MODE
        hashing = _Hashing(source)
        with naming_faults(self._part):
            self._tar.addfile(info, hashing)  # type: ignore[arg-type] # it is only read from
        self._manifest[name] = {"size": size, "sha256": hashing.digest()}

    def _finish(self) -> None:
        text = json.dumps(self._manifest, indent=1).encode()
        self.add(MANIFEST, text)
        self.add(DIGEST, hashlib.sha256(text).hexdigest().encode())
        with naming_faults(self._part):
            self._tar.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            os.link(self._part, self._path)  # unlike a renaming, it fails where there is something
            sync(self._path.parent)


class _Hashing:
    """Reads on, and keeps a digest of what was read."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._hash = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._source.read(size)
        self._hash.update(data)
        return data

    def digest(self) -> str:
        return self._hash.hexdigest()


class Sealed:
    """A file that `Writer` has made, looked through from its first to its last byte."""

    what: str
    """What it is called where it is refused."""
    first: str
    """Its first member, which says what is in the file."""
    fixed: frozenset[str]
    """Names of members beside tables and pictures."""

    def __init__(self, path: Path) -> None:
        """Raise `Refused` for a file that is damaged, something else, or of a newer version."""
        self.path = path
        self._offsets: dict[str, tuple[int, int]] = {}
        with naming_faults(path), path.open("rb") as file:
            try:
                self._look_through(file)
            except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError) as error:
                raise Refused(f"{path} is damaged, or no {self.what}: {error}") from error

    def describe(self, told: dict[str, Any]) -> None:
        """Keep what the first member says. Raises `Refused` for a newer version."""
        raise NotImplementedError

    def _look_through(self, file: IO[bytes]) -> None:
        found: dict[str, dict[str, object]] = {}
        with tarfile.open(fileobj=file, mode="r:") as tar:
            for info in tar:
                if not found:
                    self._read_first(tar, info)
                self._check_name(info)
                self._offsets[info.name] = (info.offset_data, info.size)
                found[info.name] = {"size": info.size, "sha256": self._digest(info.name)}
        if found[MANIFEST]["sha256"] != self.read(DIGEST).decode("ascii"):
            raise ValueError("the manifest is not what it was")
        listed = json.loads(self.read(MANIFEST))
        for name in (MANIFEST, DIGEST):
            del found[name]
        self._compare(found, listed)

    def _read_first(self, tar: tarfile.TarFile, info: tarfile.TarInfo) -> None:
        """A newer version may have written all the others differently."""
        if info.name != self.first:
            raise ValueError(f"it does not begin with {self.first}")
        member = tar.extractfile(info)
        assert member is not None  # it is a file
        self.describe(json.loads(member.read(_CHUNK)))

    def _digest(self, name: str) -> str:
        hashing, size = hashlib.sha256(), 0
        for piece in self.pieces(name):
            hashing.update(piece)
            size += len(piece)
        if size != self.size(name):
            raise ValueError(f"it ends in the middle of {name}")
        return hashing.hexdigest()

    def _check_name(self, info: tarfile.TarInfo) -> None:
        """Nothing but what we write ourselves, each once: no paths of others, no links."""
        is_ours = info.name in self.fixed or _NUMBERED.fullmatch(info.name) is not None
        if not info.isreg() or not is_ours or info.name in self._offsets:
            raise ValueError(f"{info.name!r} does not belong there")

    def _compare(self, found: Mapping[str, object], listed: Mapping[str, object]) -> None:
        for name in sorted(found.keys() | listed.keys()):
            if found.get(name) != listed.get(name):
                raise ValueError(f"{name} is not what it was")

    @property
    def names(self) -> list[str]:
        """All members, in their order."""
        return list(self._offsets)

    def size(self, name: str) -> int:
        """Bytes of a member."""
        return self._offsets[name][1]

    def read(self, name: str) -> bytes:
        """Return a small member."""
        _, size = self._offsets[name]
        if size > _SMALL:
            raise ValueError(f"{name} has {size} bytes")
        return b"".join(self.pieces(name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """Return a member in pieces."""
        offset, left = self._offsets[name]
        with self.path.open("rb") as file:
            file.seek(offset)
            while left and (piece := file.read(min(_CHUNK, left))):
                left -= len(piece)
                yield piece

    def extract(self, name: str, target: Path) -> None:
        """Write a member to a new file that only its owner may read."""
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with naming_faults(target):
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
            with os.fdopen(descriptor, "wb") as file:
                for piece in self.pieces(name):
                    file.write(piece)
                file.flush()
                os.fsync(descriptor)


class Reader(Sealed):
    """A backup."""

    what = "backup"
    first = DESCRIPTION
    fixed = _FIXED
    description: Description

    def describe(self, told: dict[str, Any]) -> None:
        """Keep of what it is."""
        check_format(told, FORMAT, "backup")
        self.description = Description(**told)


def check_format(told: Mapping[str, Any], known: int, what: str) -> None:
    """Raise `Refused` for a file that a newer program has written in another way."""
    if told["format"] > known:
        raise Refused(
            f"the {what} was made by Kairanban {told['version']}, which is newer than this one: its format is "
            f"{told['format']}, and {known} is the newest known here"
        )


def encode(description: Description) -> bytes:
    """The first member."""
    return json.dumps(asdict(description), ensure_ascii=False, indent=1).encode()


@contextmanager
def naming_faults(path: Path) -> Iterator[None]:
    """A disk that is full or not ours is said in words."""
    try:
        yield
    except OSError as error:
        raise Refused(f"{error.filename or path}: {error.strerror or error}") from error
