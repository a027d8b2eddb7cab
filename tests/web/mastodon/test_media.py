"""Uploading by the client API: answers, refusals, bounds. Each picture here costs a process."""

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from actors.records import ActorRecord
from areas import compose
from areas.records import Draft
from tests.testrig import pictures
from tests.testrig.world import Town
from tests.web.mastodon.conftest import Sign
from web.mastodon import media
from web.media.formats import MAX_BYTES

pytestmark = pytest.mark.anyio

DISPOSITION = b"Content-Disposition: form-data; name=file; filename=a"
KEYS = {
    "id",
    "type",
    "url",
    "preview_url",
    "remote_url",
    "preview_remote_url",
    "text_url",
    "meta",
    "description",
    "blurhash",
}


async def upload(
    app: httpx.AsyncClient, data: bytes, *, version: int = 2, name: str = "a.jpg", **fields: Any
) -> httpx.Response:
    files = {"file": (name, data, "image/jpeg")}
    return await app.post(f"/api/v{version}/media", files=files, data=fields)


@pytest.mark.parametrize("version", [1, 2])
async def test_a_picture_with_what_it_shows(app: httpx.AsyncClient, version: int) -> None:
    answer = await upload(app, pictures.jpeg(), version=version, description=" 桜 ", focus="0.5,-1")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == KEYS
    assert body["id"].isdecimal()
    assert (body["type"], body["description"], body["remote_url"]) == ("image", "桜", None)
    assert body["meta"]["original"] == {"width": 64, "height": 48, "size": "64x48", "aspect": 64 / 48}
    assert body["meta"]["focus"] == {"x": 0.5, "y": -1.0}
    assert len(body["blurhash"]) > 10
    for key in ("url", "preview_url"):
        assert (await app.get(body[key])).status_code == 200


async def test_what_the_camera_wrote_is_nowhere(town: Town, app: httpx.AsyncClient) -> None:
    body = (await upload(app, pictures.jpeg_with("SECRETSECRET", 6))).json()
    assert (body["meta"]["original"]["width"], body["meta"]["original"]["height"]) == (48, 64)
    for key in ("url", "preview_url"):
        assert b"SECRET" not in (await app.get(body[key])).content
    for path in town.node.settings.data_dir.rglob("*"):
        if path.is_file() and path.suffix not in {".db", ".db-wal", ".db-shm"}:
            assert b"SECRETSECRET" not in path.read_bytes()


NOT_TAKEN: list[Any] = [
    ("a.png", b'{"@context": "https://www.w3.org/ns/activitystreams"}', "no picture"),
    ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "no picture"),
    ("a.html", b"<!doctype html><script>alert(1)</script>", "no picture"),
    ("a.pdf", b"%PDF-1.7", "no picture"),
    ("a.tiff", b"II*\x00\x08\x00\x00\x00", "no picture"),
    ("a.mp4", b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isom", "videos and recordings"),
    ("a.mp3", b"ID3\x04\x00", "videos and recordings"),
    ("a.jpg", b"", "empty"),
    ("a.jpg", pictures.jpeg(300, 300)[:500], "damaged or cut off"),
    ("a.png", pictures.huge_png(13_000, 13_000), "33 megapixels"),
    ("a.gif", pictures.long_gif(10_000), "150 frames"),
    ("a.png", pictures.huge_png(1_000_000, 1), "16383 pixels"),
]


async def test_what_is_not_taken_is_refused_in_words(app: httpx.AsyncClient) -> None:
    for name, data, words in NOT_TAKEN:
        answer = await upload(app, data, name=name)
        assert answer.status_code == 422
        assert answer.json()["error"].startswith("Validation failed: ")
        assert words in answer.json()["error"]


NAMES: list[Any] = [
    "../../etc/passwd",
    "/etc/passwd",
    "x" * 4000,
    "CON",
    ".htaccess",
    "写真\u202egpj.exe",
    "a\\b.jpg",
]


async def test_the_name_of_a_file_is_never_used(town: Town, app: httpx.AsyncClient) -> None:
    for name in NAMES:
        answer = await upload(app, pictures.jpeg(), name=name)
        assert answer.status_code == 200
        served = await app.get(answer.json()["url"])
        assert served.headers["content-disposition"].startswith('inline; filename="kairanban-')
        stored = [path.name for path in (town.node.settings.data_dir / "media").rglob("*") if path.is_file()]
        assert all(len(each) == 32 and set(each) <= set("0123456789abcdef") for each in stored)


BEYOND: list[Any] = [
    ({"description": "あ" * 1501}, "1500 characters"),
    ({"description": "あ" * 10_000}, "1500 characters"),
    ({"focus": "2,0"}, "-1 to 1"),
    ({"focus": "left"}, "focus 'left'"),
    ({"focus": "0.5"}, "two numbers"),
    ({"focus": "nan,0"}, "two numbers"),
    ({"focus": "1e400,0"}, "two numbers"),
    ({"focus": "."}, "two numbers"),
]


async def test_what_is_said_of_it_has_bounds(app: httpx.AsyncClient) -> None:
    for fields, words in BEYOND:
        answer = await upload(app, pictures.jpeg(), **fields)
        assert answer.status_code == 422
        assert words in answer.json()["error"]


async def test_a_nul_is_refused(app: httpx.AsyncClient) -> None:
    assert (await upload(app, pictures.jpeg(), description="a\x00b")).status_code == 400


async def test_a_file_is_needed_and_no_thumbnail(app: httpx.AsyncClient) -> None:
    answer = await app.post("/api/v2/media", data={"description": "x"})
    assert (answer.status_code, "a file is needed" in answer.text) == (422, True)
    files = {"file": pictures.jpeg(), "thumbnail": pictures.jpeg()}
    answer = await app.post("/api/v2/media", files=files)
    assert (answer.status_code, "thumbnail" in answer.text) == (422, True)


async def test_only_with_the_right_token(client: httpx.AsyncClient, sign: Sign, hanako: ActorRecord) -> None:
    assert (await upload(client, pictures.jpeg())).status_code == 401
    client.headers.update(await sign("hanako", "read"))
    assert (await upload(client, pictures.jpeg())).status_code == 403
    client.headers.update(await sign("hanako", "write:media"))
    assert (await upload(client, pictures.jpeg())).status_code == 200


async def test_a_body_beyond_the_cap_is_not_read(app: httpx.AsyncClient) -> None:
    answer = await upload(app, pictures.jpeg() + bytes(MAX_BYTES + (1 << 20)))
    assert answer.status_code == 413

    async def endless() -> object:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        while True:
            yield bytes(1 << 16)

    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await app.post("/api/v2/media", content=endless(), headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 413


async def test_the_largest_file_is_taken(app: httpx.AsyncClient) -> None:
    """Exactly as much as may be: a picture with a tail."""
    picture = pictures.jpeg()
    answer = await upload(app, picture + bytes(MAX_BYTES - len(picture)))
    assert answer.status_code == 200
    answer = await upload(app, picture + bytes(MAX_BYTES - len(picture) + 1))
    assert (answer.status_code, "16 MiB" in answer.text) == (422, True)


# Starlette leaves the file of a form that is cut off to the garbage collector, which complains of that.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"no parts at all"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\n" + DISPOSITION + b"\r\n\r\nhalf",
        ),
        ("multipart/form-data; boundary=x", b"--x\r\nA: b\r\n\r\n\r\n--x--\r\n"),
        ("multipart/form-data; boundary=" + "x" * 3000, b"--x\r\n"),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused(
    town: Town, app: httpx.AsyncClient, content_type: str, body: bytes
) -> None:
    answer = await app.post("/api/v2/media", content=body, headers={"content-type": content_type})
    assert answer.status_code in {400, 422}
    assert not list((town.node.settings.data_dir).glob("media/*/*"))


async def test_many_parts_are_refused(app: httpx.AsyncClient) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    files = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n\r\n'
    for body in (part * 10_000, files * 10):
        answer = await app.post(
            "/api/v2/media",
            content=body + b"--x--\r\n",
            headers={"content-type": "multipart/form-data; boundary=x"},
        )
        assert answer.status_code == 400


async def test_thirty_in_half_an_hour(app: httpx.AsyncClient) -> None:
    for _ in range(30):
        assert (await upload(app, b"")).status_code == 422
    answer = await upload(app, pictures.jpeg())
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


async def end_of_reading(town: Town) -> None:
    await asyncio.gather(*town.node.library._tasks, return_exceptions=True)


async def test_one_that_takes_long_is_asked_for_again(
    town: Town, app: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "PATIENCE", 0.0)
    answer = await upload(app, pictures.jpeg(), description="桜")
    assert answer.status_code == 202
    body = answer.json()
    assert (body["url"], body["preview_url"], body["blurhash"], body["description"]) == (
        None,
        None,
        None,
        "桜",
    )
    path = f"/api/v1/media/{body['id']}"
    assert (await app.get(path)).status_code == 206
    await end_of_reading(town)
    found = await app.get(path)
    assert found.status_code == 200
    assert (await app.get(found.json()["url"])).status_code == 200


async def test_one_that_failed_says_why(
    town: Town, app: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "PATIENCE", 0.0)
    whole = pictures.jpeg(300, 300)
    answer = await upload(app, whole[: len(whole) // 2])
    await end_of_reading(town)
    found = await app.get(f"/api/v1/media/{answer.json()['id']}")
    assert (found.status_code, "damaged" in found.text) == (422, True)


async def test_what_it_shows_can_be_said_later(app: httpx.AsyncClient) -> None:
    body = (await upload(app, pictures.jpeg(), description="桜", focus="0.5,0.5")).json()
    path = f"/api/v1/media/{body['id']}"
    changed = await app.put(path, json={"description": "夜桜"})
    assert (changed.json()["description"], changed.json()["meta"]["focus"]) == ("夜桜", {"x": 0.5, "y": 0.5})
    changed = await app.put(path, data={"focus": "-0.25,.5"})
    assert (changed.json()["description"], changed.json()["meta"]["focus"]) == (
        "夜桜",
        {"x": -0.25, "y": 0.5},
    )
    assert (await app.put(path, json={"description": ""})).json()["description"] is None
    assert (await app.put(path, files={"thumbnail": b"x"})).status_code == 422
    assert (await app.get(path)).json() == (await app.put(path, json={})).json()


async def test_what_is_taken_back_is_gone(app: httpx.AsyncClient) -> None:
    body = (await upload(app, pictures.jpeg())).json()
    path = f"/api/v1/media/{body['id']}"
    assert (await app.delete(path)).status_code == 200
    assert (await app.get(path)).status_code == 404
    assert (await app.get(body["url"])).status_code == 404
    assert (await app.delete(path)).status_code == 404


async def test_pictures_of_others_are_not_there(town: Town, app: httpx.AsyncClient, sign: Sign) -> None:
    body = (await upload(app, pictures.jpeg())).json()
    await town.person("taro")
    path, taro = f"/api/v1/media/{body['id']}", await sign("taro")
    assert (await app.get(path, headers=taro)).status_code == 404
    assert (await app.put(path, json={"description": "x"}, headers=taro)).status_code == 404
    assert (await app.delete(path, headers=taro)).status_code == 404
    for name in ("0", "x", "9" * 30, "-1"):
        assert (await app.get(f"/api/v1/media/{name}")).status_code == 404


async def test_a_post_with_it_shows_it(town: Town, app: httpx.AsyncClient, hanako: ActorRecord) -> None:
    body = (await upload(app, pictures.jpeg(), description="桜")).json()
    draft = Draft(hanako.id, "咲きました", media_ids=(int(body["id"]),))
    post, _ = await town.write(compose.publish, draft, town.clock())
    status = (await app.get(f"/api/v1/statuses/{post.id}")).json()
    assert status["media_attachments"] == [body]
    assert (await app.get(f"/api/v1/media/{body['id']}")).status_code == 404, "a post has it"
    assert (await app.delete(f"/api/v1/media/{body['id']}")).status_code == 422


async def test_a_picture_made_by_a_telephone_stays_what_it_shows(
    app: httpx.AsyncClient, tmp_path: Path
) -> None:
    body = (await upload(app, pictures.heic_with("SECRETSECRET"))).json()
    served = await app.get(body["url"])
    assert served.headers["content-type"] == "image/jpeg"
    with Image.open(BytesIO(served.content)) as image:
        assert image.size == (64, 48)
