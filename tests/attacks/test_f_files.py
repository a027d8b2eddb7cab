"""F1 to F6: whatever is uploaded, a picture comes out, with nothing of the file but its pixels; or nothing."""

import io
import json
import time
from collections.abc import Collection
from dataclasses import dataclass

import pytest
from PIL import Image

from tests.attacks.rig import Rig
from tests.attacks.rig.apps import App, File, file_path, resident, stranger, upload_all
from tests.attacks.rig.ours import at_most
from tests.attacks.rig.peers import CONTEXT, PUBLIC, unique
from tests.attacks.rig.wire import ACTIVITY_JSON, Answer, document
from tests.testrig import pictures

REFUSED = {413, 415, 422}
PICTURES = {"image/jpeg", "image/png", "image/webp"}
ACCEPTS = (
    "image/*",
    ACTIVITY_JSON,
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
    "text/html",
)
MOST_SECONDS, MOST_PROCESSOR = 15.0, 0.1
MOST_MEMORY = 64 << 20
PARTS = {"E0", "DB", "C0", "C2", "C4", "IHDR", "PLTE", "tRNS", "IDAT", "IEND", "VP8", "VP8L", "VP8X", "ALPH"}
"""What a picture needs; all others could carry something."""


@dataclass(frozen=True)
class Uploaded:
    """The addresses of a picture that was taken."""

    whole: str
    preview: str


async def upload(app: App, file: bytes | File) -> Uploaded:
    answer = await app.upload(file)
    assert answer.status == 200, answer
    found = answer.json()
    return Uploaded(found["url"], found["preview_url"])


async def fetch(app: App, url: str, accept: str = "image/*") -> Answer:
    """A picture that is served, as nothing but a picture."""
    answer = await app.ask("GET", file_path(url), headers=[("Accept", accept)])
    assert answer.status == 200, answer
    assert answer.header("content-type") in PICTURES
    assert answer.header("x-content-type-options") == "nosniff"
    policy = answer.header("content-security-policy")
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script" not in policy
    return answer


def to_image(answer: Answer) -> Image.Image:
    return Image.open(io.BytesIO(answer.body)).convert("RGB")


def activity(rig: Rig) -> bytes:
    """What would make an actor of ours say something, if our server served it."""
    note = {"id": f"{rig.origin}/x", "type": "Note", "to": [PUBLIC], "content": "<p>にせ</p>"}
    return json.dumps({"@context": CONTEXT[0], **note}).encode()


@pytest.mark.both_fronts
async def test_F01_activities(rig: Rig) -> None:
    taro, reader = await resident(rig), stranger(rig)
    said = activity(rig)
    for name, kind in (("a.png", "image/png"), ("a.json", ACTIVITY_JSON), ("a.jpg", "image/jpeg")):
        assert (await taro.upload(File(said, name, kind))).status in REFUSED
    both = pictures.encode(pictures.quarters(), "PNG") + said
    for file in (File(both), File(both, "a.json", ACTIVITY_JSON), File(both, "a.html", "text/html")):
        found = await upload(taro, file)
        for url in (found.whole, found.preview):
            for accept in ACCEPTS:
                assert b"ActivityStreams" not in (await fetch(reader, url, accept)).body
                assert b"activitystreams" not in (await fetch(reader, url, accept)).body
            for other in (url.rpartition(".")[0], url.rpartition(".")[0] + ".json", f"{url}.json"):
                assert (await reader.get(file_path(other))).status == 404


MARKUP = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "html": b"<!doctype html><html><script>alert(1)</script></html>",
    "pdf": b"%PDF-1.7\n1 0 obj << /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >> endobj\n%%EOF\n",
    "svgz": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "js": b"alert(1)",
}
KINDS = {"svg": "image/svg+xml", "xml": "text/xml", "html": "text/html", "pdf": "application/pdf"}


async def test_F02_documents(rig: Rig) -> None:
    """Not from residents, and not as the face of somebody elsewhere."""
    taro, reader = await resident(rig), stranger(rig)
    files = [
        File(padded, f"a.{name}", kind)
        for name, data in MARKUP.items()
        for padded in (data, b" \n" * 200 + data, b"\xef\xbb\xbf" + data)
        for kind in (KINDS.get(name, "application/octet-stream"), "image/png")
    ]
    assert [each async for each in upload_all(rig, files) if each.status not in REFUSED] == []
    for name, data in MARKUP.items():
        for kind in (KINDS.get(name, "text/plain"), "image/png"):
            path = f"/faces/{unique(name)}"
            icon = {"type": "Image", "mediaType": "image/png", "url": f"{rig.p.origin}{path}"}
            rig.p.answers[path] = document(data, kind=kind)
            alice = rig.p.actor(icon=icon)
            await rig.post(alice, alice.create())
            shown = (await taro.get("/api/v1/accounts/lookup", acct=acct(alice.id, rig.p.host))).json()
            assert shown["avatar"].startswith(rig.origin), "readers ask nobody but us"
            assert (await reader.ask("GET", file_path(shown["avatar"]), allowed={502})).status in {404, 502}
            assert rig.p.asked(f"{rig.p.origin}{path}") == 1


def acct(iri: str, host: str) -> str:
    return f"{iri.rpartition('/')[2]}@{host}"


async def test_F03_two_kinds_at_once(rig: Rig) -> None:
    taro, reader = await resident(rig), stranger(rig)
    secret = unique("tail").encode()
    page = b"<html><script>alert('" + secret + b"')</script></html>"
    archive = b"PK\x03\x04" + secret + b"PK\x05\x06" + b"\0" * 18
    script = b"*/=1;alert('" + secret + b"')//"
    still, moving = pictures.quarters(), pictures.moving("GIF")
    files = {
        "JPEG and HTML": pictures.encode(still, "JPEG", comment=page) + page,
        "PNG and ZIP": pictures.encode(still, "PNG") + archive,
        "GIF and script": moving + script,
        "GIF, whose size is a comment's begin": moving[:6] + b"/*" + moving[8:] + script,
        "WebP and HTML": pictures.encode(still, "WEBP") + page,
    }
    for name, data in files.items():
        answer = await taro.upload(data)
        assert answer.status in {200, *REFUSED}, name
        if answer.status == 200:
            for url in (answer.json()["url"], answer.json()["preview_url"]):
                assert secret not in (await fetch(reader, url)).body, name


@pytest.mark.parametrize("name", pictures.WITH_METADATA)
async def test_F04_metadata(rig: Rig, name: str) -> None:
    taro, reader = await resident(rig), stranger(rig)
    secret = "shimizusawa-4-17"
    found = await upload(taro, pictures.WITH_METADATA[name](secret, 6))
    for url in (found.whole, found.preview):
        served = await fetch(reader, url)
        for encoding in ("utf-8", "utf-16-be", "utf-16-le"):
            assert secret.encode(encoding)[:12] not in served.body
        parts = pictures.list_parts(served.body)
        assert set(parts) <= {*PARTS, *(("ANIM", "ANMF") if name == "GIF" else ())}, parts
        if name in {"JPEG", "PNG", "WEBP"}:
            image = to_image(served)
            assert image.size == (48, 64), "lying on its side"
            corner = image.getpixel((46, 2))
            assert isinstance(corner, tuple)
            assert all(abs(have - want) < 40 for have, want in zip(corner, pictures.RED, strict=True))


HUGE = {
    "169 megapixels in 20 kB": lambda: pictures.huge_png(13_000, 13_000),
    "400 megapixels in 48 kB": lambda: pictures.huge_png(20_000, 20_000),
    "a strip": lambda: pictures.lying_png(1_000_000, 1),
    "2³¹ lines": lambda: pictures.lying_png(1, 2**31 - 1),
    "10,000 frames": lambda: pictures.long_gif(10_000),
    "APNG": lambda: pictures.moving("PNG", 400),
    "WebP": lambda: pictures.moving("WEBP", 400),
}
SPARE_PROCESSOR = 0.1
"""Seconds beyond what a picture of no size costs, its process and libraries included; decoding takes more."""


@pytest.mark.parametrize("name", HUGE)
async def test_F05_huge(rig: Rig, name: str) -> None:
    taro, data = await resident(rig), HUGE[name]()
    before = rig.adapter.peak(reset=True)
    plain = [await cost(rig, taro, pictures.jpeg()) for _ in range(2)]
    began = time.monotonic()
    huge = [await cost(rig, taro, data, REFUSED) for _ in range(2)]
    assert time.monotonic() - began < MOST_SECONDS
    assert min(huge) < max(plain) + SPARE_PROCESSOR
    assert (rig.adapter.peak() or 0) - (before or 0) < MOST_MEMORY


async def cost(rig: Rig, app: App, data: bytes, statuses: Collection[int] = (200,)) -> float:
    """Seconds of processor time that a picture takes, where that can be seen."""
    before = rig.adapter.processor() or 0.0
    assert (await app.upload(data)).status in statuses
    return (rig.adapter.processor() or 0.0) - before


async def test_F06_rare_formats(rig: Rig) -> None:
    """They are told by their first bytes, so that no process is even begun for them."""
    Image.init()
    image, files = pictures.quarters(), {}
    for name in sorted(set(Image.SAVE) - {*pictures.WITH_METADATA, "MPO", "IM"}):
        for mode in ("RGB", "L", "1"):
            try:
                files[name] = pictures.encode(image.convert(mode), name)
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                continue
            break
    files |= {
        "PSD": b"8BPS\0\1" + b"\0" * 60,
        "BLP": b"BLP2" + b"\0" * 200,
        "FITS": b"SIMPLE  =                    T".ljust(2880),
        "WMF": b"\xd7\xcd\xc6\x9a" + b"\0" * 60,
        "FLI": b"\0\0\0\0\x12\xaf" + b"\0" * 150,
    }
    assert len(files) > 20
    sent = [File(data, f"a.{name.lower()}") for name, data in files.items()]
    async with at_most(rig, MOST_PROCESSOR * len(files)):
        assert [each async for each in upload_all(rig, sent) if each.status not in REFUSED] == []
