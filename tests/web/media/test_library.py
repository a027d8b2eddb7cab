"""Taking pictures in: bounds, failures that say what they are, nothing left behind. Each one costs a process."""

import asyncio
import shutil
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from areas.media import endings, uploads
from areas.media.records import Details, MediaRecord
from areas.media.tables import media
from federation.errors import NotFound, Overloaded, Refused
from tests.testrig import pictures
from tests.testrig.world import Town
from web.jobs import media as jobs
from web.media import library
from web.media.formats import MAX_BYTES

pytestmark = pytest.mark.anyio


@pytest.fixture
async def hanako(town: Town) -> ActorRecord:
    return await town.person("hanako")


async def take(town: Town, owner: ActorRecord, data: bytes, **more: object) -> MediaRecord:
    with town.node.library.sandbox.open_file() as file:
        file.write(data)
        return await town.node.library.take(file, owner.id, **more)  # type: ignore[arg-type]


def files_of(town: Town) -> list[Path]:
    root = town.node.settings.data_dir / "media"
    return sorted(path for path in root.rglob("*") if path.is_file())


async def states(town: Town) -> list[tuple[str, str]]:
    def read(tx: sa.Connection) -> list[tuple[str, str]]:
        return [tuple(row) for row in tx.execute(sa.select(media.c.state, media.c.reason))]

    found: list[tuple[str, str]] = await town.read(read)
    return found


async def test_a_picture_is_kept_twice_and_served(
    town: Town, client: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    record = await take(town, hanako, pictures.jpeg_with("SECRETSECRET"), details=Details("桜"))
    assert (record.state, record.details.description) == ("ready", "桜")
    assert len(files_of(town)) == 2
    assert record.made is not None
    for address, size in (
        (record.address(""), record.made.size),
        (record.preview_address(""), record.made.preview_size),
    ):
        answer = await client.get(address)
        assert answer.status_code == 200
        assert len(answer.content) == size
        assert b"SECRET" not in answer.content


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7", "no picture"),
        (b"<svg/>", "no picture"),
        (b'{"type":"Create"}', "no picture"),
    ],
)
async def test_what_is_no_picture_leaves_no_trace(
    town: Town, hanako: ActorRecord, data: bytes, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        await take(town, hanako, data)
    assert (await states(town), files_of(town)) == ([], [])


async def test_a_broken_picture_ends_in_a_state_that_says_so(town: Town, hanako: ActorRecord) -> None:
    whole = pictures.jpeg(400, 300)
    with pytest.raises(Refused, match="damaged or cut off"):
        await take(town, hanako, whole[: len(whole) // 2])
    ((state, reason),) = await states(town)
    assert state == "failed"
    assert "damaged" in reason
    assert files_of(town) == []


async def test_more_than_a_picture_may_have_is_not_even_begun(town: Town, hanako: ActorRecord) -> None:
    with pytest.raises(Refused, match="16 MiB"):
        await take(town, hanako, pictures.jpeg() + bytes(MAX_BYTES))
    assert await states(town) == []


async def test_it_goes_on_when_the_caller_leaves(town: Town, hanako: ActorRecord) -> None:
    taking = asyncio.create_task(take(town, hanako, pictures.jpeg()))
    while not town.node.library._tasks:
        await asyncio.sleep(0)
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)
    await asyncio.gather(*town.node.library._tasks)
    assert await states(town) == [("ready", "")]


async def test_what_was_taken_back_while_it_was_read_leaves_no_file(town: Town, hanako: ActorRecord) -> None:
    taking = asyncio.create_task(take(town, hanako, pictures.jpeg()))
    while not await states(town):
        await asyncio.sleep(0)

    def end(tx: sa.Connection) -> None:
        found = tx.execute(sa.select(media.c.id)).scalar_one()
        endings.take_back(tx, hanako.id, found, town.clock())

    await town.write(end)
    await jobs.run_due(town.node, town.clock())
    with pytest.raises(NotFound):
        await taking
    await jobs.run_due(town.node, town.clock())
    assert (await states(town), files_of(town)) == ([], [])


async def test_only_so_many_wait(town: Town, hanako: ActorRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "QUEUE", 1)
    first = asyncio.create_task(take(town, hanako, pictures.jpeg()))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded, match="wait"):
        await take(town, hanako, pictures.jpeg())
    await first
    await take(town, hanako, pictures.jpeg())


class Usage(NamedTuple):
    total: int
    used: int
    free: int


async def test_a_full_disk_takes_no_more(
    town: Town, hanako: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(1000, 950, 50))
    with pytest.raises(Overloaded, match="almost full"):
        await take(town, hanako, pictures.jpeg())
    assert await states(town) == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(1000, 949, 51))
    await take(town, hanako, pictures.jpeg())


async def test_a_store_that_fails_is_a_picture_that_failed(
    town: Town, hanako: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_name: str, _source: object) -> None:
        raise Overloaded("the media folder: no space")

    monkeypatch.setattr(town.node.library.store, "put", refuse)
    with pytest.raises(Overloaded):
        await take(town, hanako, pictures.jpeg())
    assert [state for state, _ in await states(town)] == ["failed"]


async def test_files_go_with_what_they_belonged_to(
    town: Town, client: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    record = await take(town, hanako, pictures.jpeg())
    await town.write(endings.take_back, hanako.id, record.id, town.clock())
    assert (await client.get(record.address(""))).status_code == 404, "at once"
    assert len(files_of(town)) == 2, "the file itself a little later"
    await jobs.run_due(town.node, town.clock())
    assert files_of(town) == []
    assert await town.read(endings.list_debris) == ()


async def test_a_purge_that_fails_is_tried_again(
    town: Town, hanako: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = await take(town, hanako, pictures.jpeg())
    await town.write(endings.take_back, hanako.id, record.id, town.clock())
    store = town.node.library.store

    async def refuse(_name: str) -> None:
        raise Overloaded("busy")

    with monkeypatch.context() as patch:
        patch.setattr(store, "delete", refuse)
        await jobs.run_due(town.node, town.clock())
    assert len(files_of(town)) == 2
    town.clock.advance(minutes=2)  # type: ignore[attr-defined]
    await jobs.run_due(town.node, town.clock())
    assert files_of(town) == []


async def test_a_purge_goes_on_until_nothing_is_left(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endings, "BATCH", 2)
    names = [f"{number:032x}" for number in range(5)]
    await town.write(endings.leave, names, town.clock())
    done = 0
    while await jobs.run_due(town.node, town.clock()):
        done += 1
        town.clock.advance(seconds=1)  # type: ignore[attr-defined]
    assert (done, await town.read(endings.list_debris)) == (3, ())


async def test_the_hourly_sweep_ends_what_is_over(town: Town, hanako: ActorRecord) -> None:
    await take(town, hanako, pictures.jpeg())
    stuck = await town.write(uploads.expect, hanako.id, "attachment", Details(), town.clock())
    town.clock.advance(hours=1)  # type: ignore[attr-defined]
    assert await jobs.sweep(town.node) == 0
    assert (await town.read(uploads.require_media, stuck.id)).state == "failed"
    town.clock.advance(hours=23)  # type: ignore[attr-defined]
    assert await jobs.sweep(town.node) == 2
    await jobs.run_due(town.node, town.clock())
    assert (await states(town), files_of(town)) == ([], [])


async def test_debris_that_was_given_up_is_asked_for_again(town: Town) -> None:
    await town.write(endings.leave, ["a" * 32], town.clock())

    def forget(tx: sa.Connection) -> None:
        tx.execute(sa.text("DELETE FROM jobs"))

    await town.write(forget)
    await jobs.sweep(town.node)
    await jobs.run_due(town.node, town.clock())
    assert await town.read(endings.list_debris) == ()


async def test_no_file_stays_open(town: Town, hanako: ActorRecord) -> None:
    await take(town, hanako, pictures.jpeg())
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        await take(town, hanako, pictures.jpeg())
        with pytest.raises(Refused):
            await take(town, hanako, pictures.jpeg()[:100])
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
