"""Pictures of other servers through our own address: what is fetched, for whom, and what is refused."""

import asyncio
import base64
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from actors.records import ActorRecord
from actors.standing import block_server
from areas import compose
from areas.media import copying, endings
from areas.media.records import Details
from areas.records import AreaRecord, Draft
from federation.vocabulary import Iri
from tests.testrig import pictures
from tests.testrig.world import Town, World
from web.jobs import media as jobs

pytestmark = pytest.mark.anyio

URL = "https://cdn.example/a.jpg"


class Files:
    """A host with files: path → type and bytes, or a status, or an address to be redirected to."""

    def __init__(self, world: World, host: str = "cdn.example") -> None:
        self.found: dict[str, Any] = {}
        self.asked: list[str] = []
        world.network.hosts[host] = self

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        self.asked.append(scope["path"])
        found = self.found.get(scope["path"], 404)
        status, headers, body = 200, [], b""
        if isinstance(found, int):
            status = found
        elif isinstance(found, str):
            status, headers = 302, [(b"location", found.encode())]
        else:
            kind, body = found
            headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def cdn(world: World) -> Files:
    return Files(world)


def path_of(town: Town, url: str = URL, size: Any = "full") -> str:
    path = town.node.addresses.path(url, size)
    assert path is not None
    return path


async def test_a_picture_is_fetched_once_and_nothing_but_its_pixels_is_passed_on(
    town: Town, client: httpx.AsyncClient, cdn: Files
) -> None:
    cdn.found["/a.jpg"] = ("image/jpeg", pictures.jpeg_with("SECRETSECRET", 6))
    for size, kind in (("full", "image/jpeg"), ("small", "image/webp"), ("full", "image/jpeg")):
        answer = await client.get(path_of(town, size=size))
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert b"SECRET" not in answer.content
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("sandbox")
        assert answer.headers["cache-control"] == "private, max-age=604800"
        with Image.open(BytesIO(answer.content)) as image:
            assert image.size == (48, 64)
    assert cdn.asked == ["/a.jpg"]


async def test_who_asks_at_the_same_time_waits_for_the_same_fetch(
    town: Town, client: httpx.AsyncClient, cdn: Files
) -> None:
    cdn.found["/a.jpg"] = ("image/jpeg", pictures.jpeg())
    answers = await asyncio.gather(*(client.get(path_of(town)) for _ in range(5)))
    assert [each.status_code for each in answers] == [200] * 5
    assert cdn.asked == ["/a.jpg"]


CHANGES: list[Any] = ["signature", "size", "url", "made up", "other node"]


async def test_only_addresses_that_we_made_are_followed(
    town: Town, client: httpx.AsyncClient, cdn: Files
) -> None:
    for change in CHANGES:
        cdn.found["/a.jpg"] = ("image/jpeg", pictures.jpeg())
        _, _, _, signature, size, encoded = path_of(town).split("/")
        other = base64.urlsafe_b64encode(b"https://cdn.example/b.jpg").decode().rstrip("=")
        path = {
            "signature": f"/media/proxy/{'A' * len(signature)}/{size}/{encoded}",
            "size": f"/media/proxy/{signature}/small/{encoded}",
            "url": f"/media/proxy/{signature}/{size}/{other}",
            "made up": "/media/proxy/x/full/%ff%fe",
            "other node": f"/media/proxy/{signature}/{size}/{encoded}x",
        }[change]
        assert (await client.get(path)).status_code == 404
        assert cdn.asked == []


REFUSED: list[Any] = [
    (("image/svg+xml", b"<svg/>"), 502),
    (("image/png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), 404),
    (("image/jpeg", b"<!doctype html><script>alert(1)</script>"), 404),
    (("text/html", pictures.jpeg()), 502),
    (("application/activity+json", pictures.jpeg()), 502),
    (("application/pdf", b"%PDF-1.7"), 502),
    (("image/png", b"%PDF-1.7"), 404),
    (("video/mp4", b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isom"), 502),
    (("image/png", pictures.huge_png(13_000, 13_000)), 404),
    (("image/jpeg", pictures.jpeg() + bytes(17 << 20)), 502),
    (("image/jpeg", b""), 404),
    (404, 502),
    (410, 404),
    (500, 502),
    ("https://10.0.0.1/a.jpg", 502),
    ("http://cdn.example/b.jpg", 502),
    ("file:///etc/passwd", 502),
]


async def test_what_is_no_picture_is_not_passed_on(town: Town, client: httpx.AsyncClient, cdn: Files) -> None:
    for place, (found, status) in enumerate(REFUSED):
        cdn.found[f"/{place}.jpg"] = found
        answer = await client.get(path_of(town, f"https://cdn.example/{place}.jpg"))
        assert answer.status_code == status, found
        assert answer.headers["content-type"].startswith(
            ("application/problem+json", "text/html; charset=utf-8")
        )
        assert b"alert(1)" not in answer.content
        assert not list(town.node.settings.data_dir.glob("media/*/*"))


async def test_a_picture_is_what_its_bytes_say(town: Town, client: httpx.AsyncClient, cdn: Files) -> None:
    cdn.found["/a.jpg"] = ("image/gif", pictures.jpeg())
    assert (await client.get(path_of(town))).headers["content-type"] == "image/jpeg"


async def test_a_failure_is_believed_for_hours_and_then_tried_again(
    town: Town, client: httpx.AsyncClient, cdn: Files
) -> None:
    for _again in range(3):
        assert (await client.get(path_of(town))).status_code == 502
    assert cdn.asked == ["/a.jpg"]
    cdn.found["/a.jpg"] = ("image/jpeg", pictures.jpeg())
    town.clock.advance(hours=7)  # type: ignore[attr-defined]
    assert (await client.get(path_of(town))).status_code == 200


async def test_blocked_servers_are_not_asked_and_what_was_copied_is_not_shown(
    town: Town, client: httpx.AsyncClient, cdn: Files
) -> None:
    cdn.found["/a.jpg"] = cdn.found["/b.jpg"] = ("image/jpeg", pictures.jpeg())
    assert (await client.get(path_of(town))).status_code == 200
    await town.write(lambda tx: block_server(tx, "cdn.example", reason="", until=None, now=town.clock()))
    await town.node.refresh()
    assert (await client.get(path_of(town))).status_code == 404
    assert (await client.get(path_of(town, "https://cdn.example/b.jpg"))).status_code == 404
    assert cdn.asked == ["/a.jpg"]


async def test_our_own_addresses_are_never_fetched(town: Town, client: httpx.AsyncClient) -> None:
    own = f"{town.node.settings.base_url}/media/{'0' * 32}.jpg"
    assert (await client.get(path_of(town, own))).status_code == 502


STRANGE: list[Any] = [
    "data:image/png;base64,AA",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "https://a/" + "x" * 3000,
]


async def test_no_address_is_made_for_what_nobody_would_fetch(town: Town) -> None:
    for url in STRANGE:
        assert town.node.addresses.path(url, "full") is None


async def test_a_copy_that_nobody_looks_at_goes(town: Town, client: httpx.AsyncClient, cdn: Files) -> None:
    cdn.found["/a.jpg"] = ("image/jpeg", pictures.jpeg())
    await client.get(path_of(town))
    town.clock.advance(days=20)  # type: ignore[attr-defined]
    await client.get(path_of(town))
    town.clock.advance(days=20)  # type: ignore[attr-defined]
    assert await jobs.sweep(town.node) == 0
    town.clock.advance(days=11)  # type: ignore[attr-defined]
    assert await jobs.sweep(town.node) == 1
    await jobs.run_due(town.node, town.clock())
    assert not [path for path in town.node.settings.data_dir.glob("media/*/*") if path.is_file()]
    await client.get(path_of(town))
    assert cdn.asked == ["/a.jpg", "/a.jpg"]


async def test_a_post_that_ends_while_its_picture_is_fetched_leaves_no_copy(
    town: Town, client: httpx.AsyncClient, cdn: Files
) -> None:
    cdn.found["/a.jpg"] = ("image/jpeg", pictures.jpeg())
    asking = asyncio.create_task(client.get(path_of(town)))
    while await town.read(copying.find_copy, Iri(URL)) is None:
        await asyncio.sleep(0)
    await town.write(endings.end_post, 0, (Iri(URL),), town.clock())
    assert (await asking).status_code == 404
    await jobs.run_due(town.node, town.clock())
    assert not [path for path in town.node.settings.data_dir.glob("media/*/*") if path.is_file()]


async def test_a_page_shows_pictures_and_faces_of_others_through_us(
    world: World, town: Town, client: httpx.AsyncClient, cdn: Files
) -> None:
    """From the wire to the reader's eye, with no request of hers to anybody but us."""
    cdn.found["/a.jpg"] = cdn.found["/face.png"] = ("image/jpeg", pictures.jpeg())
    area: AreaRecord = await town.area("megumino")
    peer = world.peer("p.example")
    alice = peer.actor("alice", icon={"type": "Image", "url": "https://cdn.example/face.png"})
    attachment = {"type": "Document", "mediaType": "image/jpeg", "url": URL, "name": '庭の"花"'}
    note = peer.note(alice, "one", cc=[area.iri], attachment=[attachment])
    await peer.send(peer.create(note), f"{area.iri}/inbox")
    page = (await client.get("/areas/megumino", headers={"accept": "text/html"})).text
    assert "https://cdn.example" not in page
    assert f'src="{path_of(town, size="small")}" alt="庭の&#34;花&#34;" loading="lazy"' in page
    assert f'href="{path_of(town, size="full")}"' in page
    face = path_of(town, "https://cdn.example/face.png", "small")
    assert f'<img class="portrait" src="{face}" alt=""' in page
    assert cdn.asked == []
    assert (await client.get(face)).status_code == 200


async def test_a_page_shows_our_own_pictures(town: Town, client: httpx.AsyncClient) -> None:
    hanako: ActorRecord = await town.person("hanako")
    area = await town.area("megumino")
    with town.node.library.sandbox.open_file() as file:
        file.write(pictures.jpeg())
        record = await town.node.library.take(file, hanako.id, details=Details("桜"))
    draft = Draft(hanako.id, "咲きました", (area.actor_id,), media_ids=(record.id,))
    await town.write(compose.publish, draft, town.clock())
    page = (await client.get("/areas/megumino", headers={"accept": "text/html"})).text
    assert f'<a href="{record.address("")}"><img src="{record.preview_address("")}" alt="桜"' in page
    assert 'width="64" height="48"' in page
