"""A folder and a bucket keep files alike; in the folder nothing leads out of it."""

import os
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest

from federation.errors import NotFound, Overloaded
from tests.testrig.buckets import Bucket, open_bucket
from web.media import storage
from web.media.storage import FolderStore, Store, open_store

pytestmark = pytest.mark.anyio

NAME = "0123456789abcdef" * 2
OTHER = "f" * 32
DATA = bytes(range(256)) * 4


@pytest.fixture
async def bucket() -> AsyncIterator[Bucket]:
    async with open_bucket() as opened:
        yield opened


@pytest.fixture(params=["folder", "bucket"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, bucket: Bucket) -> Store:
    return open_store(f"file:{tmp_path}/media" if request.param == "folder" else bucket.url)


async def read(store: Store, name: str, start: int = 0, end: int = len(DATA)) -> bytes:
    return b"".join([piece async for piece in await store.open(name, start, end)])


async def test_what_is_kept_is_found_whole_and_in_part(store: Store) -> None:
    await store.put(NAME, BytesIO(DATA))
    assert await read(store, NAME) == DATA
    assert await read(store, NAME, 10, 20) == DATA[10:20]
    assert await read(store, NAME, 1000) == DATA[1000:]


async def test_keeping_again_is_harmless(store: Store) -> None:
    for _again in range(2):
        await store.put(NAME, BytesIO(DATA))
    assert await read(store, NAME) == DATA


async def test_what_is_removed_is_gone_and_removing_again_is_harmless(store: Store) -> None:
    await store.put(NAME, BytesIO(DATA))
    for _again in range(2):
        await store.delete(NAME)
    with pytest.raises(NotFound):
        await store.open(NAME, 0, 10)


async def test_what_was_never_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.open(OTHER, 0, 10)
    await store.delete(OTHER)


async def test_large_files_come_in_pieces(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "CHUNK", 100)
    await store.put(NAME, BytesIO(DATA))
    assert await read(store, NAME, 5, 1000) == DATA[5:1000]


@pytest.mark.parametrize("name", ["../../db.sqlite3", "a" * 31, "a" * 32 + "/", "A" * 32, "", "." * 32])
async def test_no_other_name_ever_gets_this_far(store: Store, name: str) -> None:
    with pytest.raises(AssertionError):
        await store.open(name, 0, 10)
    with pytest.raises(AssertionError):
        await store.put(name, BytesIO(b""))


async def test_links_are_not_followed(tmp_path: Path) -> None:
    secret, root = tmp_path / "secret", tmp_path / "media"
    secret.write_bytes(b"secret")
    (root / NAME[:2]).mkdir(parents=True)
    (root / NAME[:2] / NAME).symlink_to(secret)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / OTHER).write_bytes(b"secret")
    (root / OTHER[:2]).symlink_to(outside)
    for name in (NAME, OTHER):
        with pytest.raises(NotFound):
            await FolderStore(root).open(name, 0, 10)


async def test_what_is_no_file_is_not_found(tmp_path: Path) -> None:
    (tmp_path / NAME[:2] / NAME).mkdir(parents=True)
    (tmp_path / OTHER[:2]).mkdir()
    os.mkfifo(tmp_path / OTHER[:2] / OTHER)
    for name in (NAME, OTHER):
        with pytest.raises(NotFound):
            await FolderStore(tmp_path).open(name, 0, 10)


async def test_half_a_file_is_never_seen_and_goes_with_the_whole(tmp_path: Path) -> None:
    class Broken(BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise OSError(28, "No space left on device")

    store = FolderStore(tmp_path)
    with pytest.raises(Overloaded):
        await store.put(NAME, Broken())
    with pytest.raises(NotFound):
        await store.open(NAME, 0, 10)
    assert [path.name for path in (tmp_path / NAME[:2]).iterdir()] == [f"{NAME}.part"]
    await store.delete(NAME)
    assert list((tmp_path / NAME[:2]).iterdir()) == []


async def test_nobody_else_on_the_machine_reads_the_folder(tmp_path: Path) -> None:
    await FolderStore(tmp_path / "media").put(NAME, BytesIO(DATA))
    folder = tmp_path / "media" / NAME[:2]
    assert (folder.stat().st_mode & 0o077, (folder / NAME).stat().st_mode & 0o077) == (0, 0)


async def test_a_bucket_is_asked_with_a_signature_below_its_prefix(bucket: Bucket) -> None:
    await open_store(bucket.url).put(NAME, BytesIO(DATA))
    assert bucket.requests == [("PUT", f"/pictures/town/{NAME}", "AWS4-HMAC-SHA256")]


async def test_a_bucket_that_refuses_is_nobodys_picture_lost(bucket: Bucket) -> None:
    store = open_store(bucket.url)
    bucket.status = 403
    with pytest.raises(Overloaded):
        await store.put(NAME, BytesIO(DATA))
    with pytest.raises(Overloaded):
        await store.delete(NAME)
