"""`/media/…` as anybody on the network sees it: types, headers, parts, and what is not there."""

from io import BytesIO
from pathlib import Path

import httpx
import pytest

from actors.records import ActorRecord
from areas import compose
from areas.media import uploads
from areas.media.records import Details, Made, MediaRecord
from areas.records import Draft
from tests.testrig.world import Town
from web.media.serving import read_range

pytestmark = pytest.mark.anyio

DATA = bytes(range(256)) * 40
MADE = Made(
    media_type="image/jpeg",
    width=8,
    height=6,
    size=len(DATA),
    preview_width=8,
    preview_height=6,
    preview_size=100,
    blurhash="L9TSUA",
)


@pytest.fixture
async def hanako(town: Town) -> ActorRecord:
    return await town.person("hanako")


@pytest.fixture
async def picture(town: Town, hanako: ActorRecord) -> MediaRecord:
    """Kept, without having been decoded: what is in it does not matter here."""
    record: MediaRecord = await town.write(uploads.expect, hanako.id, "attachment", Details(), town.clock())
    await town.node.library.store.put(record.name, BytesIO(DATA))
    await town.node.library.store.put(record.preview_name, BytesIO(DATA[:100]))
    done: MediaRecord = await town.write(uploads.finish, record.id, MADE)
    return done


async def publish(town: Town, hanako: ActorRecord, picture: MediaRecord) -> int:
    post, _ = await town.write(compose.publish, Draft(hanako.id, "桜", media_ids=(picture.id,)), town.clock())
    return int(post.id)


async def test_a_picture_is_one_and_nothing_runs_in_it(
    town: Town, client: httpx.AsyncClient, hanako: ActorRecord, picture: MediaRecord
) -> None:
    await publish(town, hanako, picture)
    accept = {"accept": "application/activity+json"}
    answer = await client.get(picture.address(""), headers=accept)
    assert answer.content == DATA
    assert {name: answer.headers[name] for name in answer.headers if name != "strict-transport-security"} == {
        "content-type": "image/jpeg",
        "content-length": str(len(DATA)),
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        "content-disposition": f'inline; filename="kairanban-{picture.name[:8]}.jpg"',
        "cache-control": "public, max-age=31536000, immutable",
        "access-control-allow-origin": "*",
        "access-control-expose-headers": answer.headers["access-control-expose-headers"],
        "cross-origin-resource-policy": "cross-origin",
        "accept-ranges": "bytes",
        "etag": f'"{picture.name}"',
    }


async def test_the_small_one_is_webp(client: httpx.AsyncClient, picture: MediaRecord) -> None:
    answer = await client.get(picture.preview_address(""))
    assert (answer.content, answer.headers["content-type"]) == (DATA[:100], "image/webp")


async def test_what_is_not_yet_for_everybody_is_kept_by_nobody(
    town: Town, client: httpx.AsyncClient, hanako: ActorRecord, picture: MediaRecord
) -> None:
    assert (await client.get(picture.address(""))).headers["cache-control"] == "private, no-store"
    post_id = await publish(town, hanako, picture)
    assert "immutable" in (await client.get(picture.address(""))).headers["cache-control"]
    await town.write(compose.delete, post_id, town.clock())
    answer = await client.get(picture.address(""))
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")


async def test_who_has_it_is_not_sent_it_again(client: httpx.AsyncClient, picture: MediaRecord) -> None:
    etag = {"if-none-match": f'"{picture.name}"'}
    answer = await client.get(picture.address(""), headers=etag)
    assert (answer.status_code, answer.content) == (304, b"")


async def test_a_head_has_no_body(client: httpx.AsyncClient, picture: MediaRecord) -> None:
    answer = await client.head(picture.address(""))
    assert (answer.status_code, answer.headers["content-length"]) == (200, str(len(DATA)))


PARTS = [
    ("bytes=0-0", 0, 1),
    ("bytes=100-199", 100, 200),
    ("bytes=10000-", 10000, len(DATA)),
    ("bytes=-5", len(DATA) - 5, len(DATA)),
    ("bytes=-999999999", 0, len(DATA)),
    ("bytes=0-999999999", 0, len(DATA)),
]


async def test_one_part_is_given(client: httpx.AsyncClient, picture: MediaRecord) -> None:
    for asked, start, end in PARTS:
        answer = await client.get(picture.address(""), headers={"range": asked})
        assert answer.status_code == 206, asked
        assert answer.content == DATA[start:end]
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(DATA)}"
        assert answer.headers["content-length"] == str(end - start)
        assert answer.headers["content-security-policy"].startswith("sandbox")


NO_PARTS = [
    "bytes=0-1,2-3",
    "bytes=0-,0-,0-,0-",
    "bytes=" + ",".join(["0-"] * 500),
    "bytes=99999999-",
    "bytes=5-2",
    "bytes=-0",
    "bytes=-",
    "bytes=--5",
    "bytes=-5-",
    "bytes=0x0-5",
    "bytes=٠-٥".encode().decode("latin-1"),
    "bytes=" + "9" * 400 + "-",
    "lines=0-1",
    "",
]


async def test_no_other_part_is(client: httpx.AsyncClient, picture: MediaRecord) -> None:
    for asked in NO_PARTS:
        answer = await client.get(picture.address(""), headers=[(b"range", asked.encode("latin-1"))])
        assert answer.status_code == 416, asked
        assert answer.headers["content-range"] == f"bytes */{len(DATA)}"
        assert len(answer.content) < 200


def test_a_part_is_never_outside_of_the_file() -> None:
    for size in (1, 2, 10):
        for start in range(12):
            for end in range(12):
                found = read_range(f"bytes={start}-{end}", size)
                assert found is None or 0 <= found[0] < found[1] <= size


async def test_a_part_of_another_version_is_the_whole(
    client: httpx.AsyncClient, picture: MediaRecord
) -> None:
    answer = await client.get(picture.address(""), headers={"range": "bytes=0-1", "if-range": '"other"'})
    assert (answer.status_code, len(answer.content)) == (200, len(DATA))


NOTHING = [
    "/media/",
    "/media/x",
    "/media/" + "0" * 32 + ".jpg",
    "/media/../secret.key",
    "/media/../../secret.key",
    "/media/%2e%2e/secret.key",
    "/media/%2e%2e%2fsecret.key",
    "/media/..%5csecret.key",
    "/media/..%2fsecret.key",
    "/media//etc/passwd",
    "/media/%00",
    "/media/NAME",
    "/media/NAME.png",
    "/media/NAME.jpg%00.png",
    "/media/NAME.JPG",
    "/media/ca/NAME",
    "/media/NAME.jpg%0a",
]


async def test_nothing_else_is_there(client: httpx.AsyncClient, picture: MediaRecord) -> None:
    for path in NOTHING:
        answer = await client.get(path.replace("NAME", picture.name))
        assert answer.status_code in {400, 404}, path
        assert DATA[:10] not in answer.content


async def test_a_link_in_the_folder_leads_nowhere(
    town: Town, client: httpx.AsyncClient, picture: MediaRecord
) -> None:
    path = Path(town.node.settings.media_url.removeprefix("file:")) / picture.name[:2] / picture.name
    path.unlink()
    path.symlink_to(town.node.settings.secret_key_file)
    assert (await client.get(picture.address(""))).status_code == 404


async def test_a_file_that_is_missing_is_not_found(
    town: Town, client: httpx.AsyncClient, picture: MediaRecord
) -> None:
    await town.node.library.store.delete(picture.name)
    assert (await client.get(picture.address(""))).status_code == 404
