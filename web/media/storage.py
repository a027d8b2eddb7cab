"""Where pictures are kept: a folder of this machine, or a bucket of an S3-like service, by `media_url`.

A name is 32 hexadecimal digits of our own making (`areas.media`); nothing that a stranger says gets here.
"""

import asyncio
import os
import re
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from federation.errors import NotFound, Overloaded
from web.settings import WrongSetting

if TYPE_CHECKING:
    from obstore.store import S3Store

CHUNK: Final = 1 << 18
"""Bytes that are read at a time."""
NAME: Final = re.compile(r"[0-9a-f]{32}")
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600


class Store(Protocol):
    """Keeps files by name. What is there under a name never changes."""

    async def put(self, name: str, source: IO[bytes]) -> None:
        """Keep a file; when this returns it is durable. Again is harmless. Raises `Overloaded`."""

    async def open(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Return the bytes from `start` to before `end`, in pieces. Raises `NotFound`, `Overloaded`."""

    async def delete(self, name: str) -> None:
        """Remove a file, and what was left of one that was never whole. Raises `Overloaded`."""


def open_store(media_url: str) -> Store:
    """Return the store that the setting names."""
    if media_url.startswith("file:"):
        return FolderStore(Path(media_url.removeprefix("file:")))
    return BucketStore(media_url)


class FolderStore:
    """Files in 256 folders. Links are not followed: what is served is what we have written."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, name: str, source: IO[bytes]) -> None:
        """Keep a file."""
        await asyncio.to_thread(self._put, name, source)

    async def open(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Return a part of a file. Between two pieces nothing is open: a slow reader holds nothing of ours."""
        first = await asyncio.to_thread(self._read, name, start, end)
        return self._read_on(name, first, start, end)

    async def delete(self, name: str) -> None:
        """Remove a file."""
        await asyncio.to_thread(self._delete, name)

    def _put(self, name: str, source: IO[bytes]) -> None:
        path, part = self._path(name), self._path(name).with_suffix(".part")
        with _naming_faults():
            path.parent.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, _FILE_MODE)
            with os.fdopen(descriptor, "wb") as file:
                source.seek(0)
                while piece := source.read(CHUNK):
                    file.write(piece)
                file.flush()
                os.fsync(descriptor)
            part.rename(path)

    async def _read_on(self, name: str, piece: bytes, start: int, end: int) -> AsyncIterator[bytes]:
        while piece:
            yield piece
            start += len(piece)
            piece = await asyncio.to_thread(self._read, name, start, end) if start < end else b""

    def _read(self, name: str, start: int, end: int) -> bytes:
        descriptor = self._open(name)
        try:
            return os.pread(descriptor, min(CHUNK, end - start), start)
        finally:
            os.close(descriptor)

    def _open(self, name: str) -> int:
        path = self._path(name)
        try:
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            raise NotFound("there is no such file") from error
        try:
            descriptor = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        except OSError as error:
            raise NotFound("there is no such file") from error
        finally:
            os.close(folder)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise NotFound("there is no such file")
        return descriptor

    def _delete(self, name: str) -> None:
        path = self._path(name)
        with _naming_faults():
            path.unlink(missing_ok=True)
            path.with_suffix(".part").unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        assert NAME.fullmatch(name)  # made by us, read from the database
        return self._root / name[:2] / name


@contextmanager
def _naming_faults() -> Iterator[None]:
    """A full disk is nothing that the caller did."""
    try:
        yield
    except OSError as error:
        raise Overloaded(f"the media folder: {error}") from error


class BucketStore:
    """Objects of an S3-like service, under `prefix`. The library is loaded where it is used alone: it is large."""

    def __init__(self, url: str) -> None:
        self._bucket, self._prefix = _open_bucket(url)

    async def put(self, name: str, source: IO[bytes]) -> None:
        """Keep an object."""
        import obstore  # noqa: PLC0415 - see above

        source.seek(0)
        with _naming_remote_faults():
            # One request: a picture is small, and half an upload in parts would stay on the service's bill.
            await obstore.put_async(self._bucket, self._key(name), source, use_multipart=False)

    async def open(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Return a part of an object."""
        import obstore  # noqa: PLC0415 - see above

        with _naming_remote_faults():
            found = await obstore.get_async(self._bucket, self._key(name), options={"range": (start, end)})
        return _read_stream(found.stream(min_chunk_size=CHUNK))

    async def delete(self, name: str) -> None:
        """Remove an object; it is asked by a list of one, of which what is not there is no fault."""
        import obstore  # noqa: PLC0415 - see above

        try:
            with _naming_remote_faults():
                await obstore.delete_async(self._bucket, self._key(name))
        except NotFound as error:
            raise Overloaded("the media bucket is not there") from error

    def _key(self, name: str) -> str:
        assert NAME.fullmatch(name)  # made by us, read from the database
        return f"{self._prefix}{name}"


async def _read_stream(stream: Any) -> AsyncIterator[bytes]:
    async for piece in stream:
        yield bytes(piece)


def _open_bucket(url: str) -> tuple["S3Store", str]:
    """`s3://[KEY:SECRET@]BUCKET?endpoint=…&region=…&prefix=…`; without a key the environment's `AWS_*` count."""
    from obstore.exceptions import BaseError  # noqa: PLC0415 - see BucketStore
    from obstore.store import S3Store  # noqa: PLC0415 - see BucketStore

    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    config: dict[str, Any] = {"bucket": parts.hostname, "region": options.get("region", "auto")}
    if endpoint := options.get("endpoint"):
        config["endpoint"] = endpoint
    if parts.username:
        config |= {
            "access_key_id": unquote(parts.username),
            "secret_access_key": unquote(parts.password or ""),
        }
    is_plain = options.get("endpoint", "").startswith("http://")
    ways: Any = {"allow_http": is_plain, "timeout": "30s", "connect_timeout": "5s"}
    try:
        store = S3Store(**config, client_options=ways)
    except (BaseError, ValueError) as error:
        raise WrongSetting(f"media_url: {error}"[:300]) from error
    prefix = options.get("prefix", "").strip("/")
    return store, f"{prefix}/" if prefix else ""


@contextmanager
def _naming_remote_faults() -> Iterator[None]:
    from obstore.exceptions import BaseError, NotFoundError  # noqa: PLC0415 - see BucketStore

    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise NotFound("there is no such file") from error
    except BaseError as error:
        raise Overloaded(f"the media bucket: {error}"[:300]) from error
