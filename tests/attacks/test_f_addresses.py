"""F7 to F14: where files are kept and asked for, what is fetched from elsewhere, what is said of a picture."""

import asyncio
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.apps import App, File, file_path, multipart, resident, stranger
from tests.attacks.rig.ours import own
from tests.attacks.rig.peers import Json
from tests.attacks.rig.server import OwnServer
from tests.attacks.rig.wire import Answer, Request, document, render_head
from tests.testrig import pictures

REFUSED = {400, 404, 413, 415, 422}
UNHAD = {404, 502}
NAME = re.compile(r"[0-9a-f]{32}\.(?:jpg|png|webp)")
OTHERS_SECONDS = 3.0
PRIVATE = "10.0.0.7"
MEGABYTE = 1 << 20


async def until(is_true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that no message tells of."""
    async with asyncio.timeout(seconds):
        while not is_true():
            await asyncio.sleep(0.02)


async def picture(app: App, **fields: str) -> Json:
    """One that is uploaded, with its addresses."""
    answer = await app.upload(pictures.jpeg(), **fields)
    assert answer.status == 200, answer
    found: Json = answer.json()
    return found


def files_of(server: OwnServer) -> set[str]:
    """Everything that the server keeps."""
    return {str(path.relative_to(server.folder)) for path in server.folder.rglob("*")}


def nameless(server: OwnServer) -> list[str]:
    """Files that the server has open and that have no name any more."""
    found = []
    for link in Path(f"/proc/{server.program.process.pid}/fd").iterdir():
        try:
            target = str(link.readlink())
        except FileNotFoundError:
            continue
        found += [target] if target.endswith("(deleted)") and target.startswith(str(server.folder)) else []
    return found


NAMES = (
    "../../../etc/passwd",
    "..\\..\\..\\boot.ini",
    "/etc/cron.d/x",
    'a\\".png',
    "%2e%2e%2fevil.png",
    "evil\x00.png",
    "CON",
    ".htaccess",
    "x.php",
    "-rf",
    "é𝄞写真\u202egnp.exe",
    "a" * 4096 + ".png",
)


async def test_F07_file_names(rig: Rig) -> None:
    """The name is ours, on the disk and in headers."""
    taro, reader = await resident(rig), stranger(rig)
    for name in NAMES:
        answer = await taro.upload(File(pictures.jpeg(), name))
        assert answer.status in {200, *REFUSED}, name[:40]
        if answer.status == 200:
            for url in (answer.json()["url"], answer.json()["preview_url"]):
                assert NAME.fullmatch(url.rpartition("/")[2]), url
                header = (await reader.get(file_path(url))).header("content-disposition")
                assert re.fullmatch(r'inline; filename="kairanban-[0-9a-f]{8}\.\w+"|', header), header
    server = own(rig)
    assert not [each for each in files_of(server) if "passwd" in each or "evil" in each or "boot" in each]
    media = [path.rpartition("/")[2] for path in files_of(server) if path.startswith("var/media/")]
    assert all(re.fullmatch(r"[0-9a-f]{2}|[0-9a-f]{32}", each) for each in media)


PATHS = (
    "/media/../../kairanban.db",
    "/media/%2e%2e%2f%2e%2e%2fkairanban.db",
    "/media/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/media/..%5c..%5cetc%5cpasswd",
    "/media//etc/passwd",
    "/media/.../.../etc/passwd",
    "/media/%252e%252e%252fetc%252fpasswd",
    "/media/..;/..;/etc/passwd",
    "/media/%00",
    "/media/",
    "/media",
    "/media/.",
    "/media/proxy/../../etc/passwd",
    "/media/proxy/x/full/ZmlsZTovLy9ldGMvcGFzc3dk",
    "/static/../../etc/passwd",
    "/static/%2e%2e/%2e%2e/etc/passwd",
    "/static/x/..%2f..%2fsettings.py",
)


@pytest.mark.both_fronts
async def test_F08_paths(rig: Rig) -> None:
    reader = stranger(rig)
    for path in PATHS:
        answer = await reader.get(path)
        assert answer.status in {400, 404}, path
        assert b"root:" not in answer.body
    await follow_links(rig, reader)


async def follow_links(rig: Rig, reader: App) -> None:
    """Somebody who may write into the folder of pictures reads nothing else by it."""
    server, taro = own(rig), await resident(rig)
    shown, moved = await picture(taro), await picture(taro)
    for found in (shown, moved):
        assert (await reader.get(file_path(found["url"]))).status == 200
    names = [found["url"].rpartition("/")[2].partition(".")[0] for found in (shown, moved)]
    kept = [server.folder / "var" / "media" / name[:2] / name for name in names]
    kept[0].unlink()
    kept[0].symlink_to("/etc/passwd")
    elsewhere = server.folder / "elsewhere"
    kept[1].parent.rename(elsewhere)
    kept[1].parent.symlink_to(elsewhere)
    try:
        for found in (shown, moved):
            assert (await reader.get(file_path(found["url"]))).status == 404
    finally:
        kept[1].parent.unlink()
        elsewhere.rename(kept[1].parent)


@pytest.mark.both_fronts
async def test_F09_lengths_that_lie(rig: Rig) -> None:
    """Nothing is left of what was cut, in no folder and in no open file."""
    taro, server = await resident(rig), own(rig)
    before = files_of(server)
    whole = pictures.encode(pictures.quarters(1600, 1200), "PNG")
    photo = pictures.jpeg(1600, 1200)
    for data in (b"", whole[:20], whole[: len(whole) // 2], photo[:100], photo[: len(photo) // 2], whole[8:]):
        assert (await taro.upload(File(data))).status in REFUSED, len(data)
    for name, kind in (("a.jpg", "image/jpeg"), ("a.txt", "text/plain"), ("a", ""), ("a.gif", "a/b; c=d")):
        answer = await taro.upload(File(pictures.encode(pictures.quarters(), "PNG"), name, kind))
        assert (answer.status, answer.json()["url"].rpartition(".")[2]) == (200, "png")
        assert (await taro.send("DELETE", f"/api/v1/media/{answer.json()['id']}")).status == 200
    kind, body = multipart({"file": File(pictures.jpeg(3000, 2000))})
    for claimed, sent in ((len(body) + 5000, body), (len(body) - 5000, body[:-5000]), (100, body[:100])):
        await send_part(rig, taro, kind, claimed, sent)
    for form in (body[:-3], body.replace(b"\r\n\r\n", b"\r\n", 1), body.replace(b"attack-", b"attach-")):
        assert (await taro.ask("POST", "/api/v2/media", form, kind)).status in REFUSED
    assert (await taro.ask("POST", "/api/v2/media", body, "multipart/form-data")).status in REFUSED
    await until(lambda: not nameless(server))
    await until(lambda: all(path.startswith("var/media/") for path in new_files(server, before)))
    await until(lambda: not [path for path in new_files(server, before) if (server.folder / path).is_file()])


def new_files(server: OwnServer, before: set[str]) -> set[str]:
    """What has come since, but for what any server writes."""
    usual = re.compile(r"var/[^/]+\.db.*|clock|var/.*\.log|var/mail.*")
    return {path for path in files_of(server) - before if not usual.fullmatch(path)}


async def send_part(rig: Rig, app: App, kind: str, claimed: int, sent: bytes) -> None:
    """Send less, or other, than is claimed, and leave; what may be said to it is a refusal."""
    head = Request("POST", "/api/v2/media", [("Host", rig.origin.removeprefix("https://"))])
    head.add("Authorization", f"Bearer {app.token}").add("Content-Type", kind)
    head.add("Content-Length", str(claimed))
    connection = await rig.front.connect(app.source)
    await connection.write(render_head(head) + sent)
    if claimed == len(sent):
        assert (await connection.answer()).status in REFUSED
    connection.close()


RANGES = (
    *("bytes=0-0", "bytes=-1", "bytes=5-", "bytes=0-99999999999999", "bytes=-99999999"),
    *("bytes=5-2", "bytes=-0", "bytes=-", "bytes=", "bytes=a-b", "bytes=--1", "chars=0-1", "bytes=9999999-"),
    *("bytes=0-0,0-0", "bytes=0-,0-,0-", f"bytes={','.join(['0-'] * 1300)}", "bytes=0-1, 2-3"),
    f"bytes=0-{'9' * 5000}",
)


@pytest.mark.both_fronts
async def test_F10_ranges(rig: Rig) -> None:
    """One part at most, and never more than the file."""
    taro, reader = await resident(rig), stranger(rig)
    path = file_path((await picture(taro))["url"])
    whole = (await reader.get(path)).body
    for given in RANGES:
        answer = await reader.ask("GET", path, headers=[("Range", given)])
        assert answer.status in {200, 206, 416}, given[:40]
        assert len(answer.body) <= len(whole) or answer.status == 416, given[:40]
        assert answer.status == 416 or answer.body in whole, given[:40]
        assert not answer.header("content-type").startswith("multipart/")
    part = await reader.ask("GET", path, headers=[("Range", "bytes=3-7")])
    assert (part.status, part.body) == (206, whole[3:8])
    asking = [
        asyncio.create_task(reader.ask("GET", path, headers=[("Range", f"bytes={number}-,0-")]))
        for number in range(200)
    ]
    others = await rig.time_honest()
    assert {answer.status for answer in await asyncio.gather(*asking)} <= {200, 206, 416, 429}
    assert others < OTHERS_SECONDS


def decoders(server: OwnServer) -> list[int]:
    """The processes that read pictures now."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            stat = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        is_child = int(stat[1]) == server.program.process.pid
        found += [int(folder.name)] if is_child and b"decoding" in command else []
    return found


def limit(process: int, name: str) -> str:
    """A limit of a process, as proc(5) tells it; empty where it has ended."""
    try:
        text = Path(f"/proc/{process}/limits").read_text(encoding="utf-8")
    except OSError:
        return ""
    return next(line[26:47].strip() for line in text.splitlines() if line.startswith(name))


async def test_F11_decoders(rig: Rig) -> None:
    """They run apart, with nothing that they could use up; one that is killed is a picture that is refused."""
    server, taro = own(rig), await resident(rig)
    data = pictures.encode(pictures.quarters(7600, 4300), "PNG", compress_level=1)
    reading = asyncio.create_task(taro.upload(data))
    await until(lambda: any(limit(each, "Max open files") == "0" for each in decoders(server)))
    (process,) = decoders(server)
    for name in ("Max address space", "Max cpu time", "Max file size", "Max processes"):
        assert limit(process, name) not in {"unlimited", ""}, name
    assert limit(process, "Max core file size") == "0"
    others = await rig.time_honest()
    os.kill(process, signal.SIGKILL)
    answer = await reading
    assert answer.status == 422, answer
    assert answer.json()["error"]
    assert others < OTHERS_SECONDS
    assert (await taro.upload(pictures.jpeg())).status == 200
    await until(lambda: not decoders(server) and not nameless(server))


async def test_F12_remote_media(rig: Rig) -> None:
    """What is served in another's name is a picture, or nothing; what is fetched has an end."""
    reader, app = stranger(rig), await resident(rig)
    page = b"<!doctype html><script>alert(1)</script>"
    rig.p.answers |= {
        "/m/page.png": document(page, kind="image/png"),
        "/m/page.html": document(page, kind="text/html"),
        "/m/both.png": document(pictures.encode(pictures.quarters(), "PNG") + page, kind="image/png"),
        "/m/inside": redirect(f"http://{PRIVATE}/secret.png"),
        "/m/linklocal": redirect("http://169.254.169.254/latest/meta-data"),
        "/m/file": redirect("file:///etc/passwd"),
        "/m/loop": redirect(f"{rig.p.origin}/m/loop"),
        "/m/large.png": document(pictures.jpeg() + b"\0" * (17 * MEGABYTE), kind="image/png"),
        "/m/claims.png": Answer(200, b"\xff\xd8\xff", (("Content-Length", str(1 << 34)),), is_closed=True),
        "/m/good.png": document(pictures.jpeg(), kind="application/octet-stream"),
    }
    paths = [path for path in rig.p.answers if path.startswith("/m/")]
    since = 0 if rig.dials is None else len(rig.dials.log)
    for path, address in zip(paths, await attach(rig, app, paths), strict=True):
        before = rig.adapter.peak(reset=True) or 0
        answer = await reader.ask("GET", file_path(address), allowed={502})
        assert (rig.adapter.peak() or 0) - before < 32 * MEGABYTE, path
        if path in {"/m/good.png", "/m/both.png"}:
            assert answer.status == 200, path
            assert answer.header("content-type") in {"image/png", "image/jpeg", "image/webp"}
            assert b"script" not in answer.body
        else:
            assert answer.status in UNHAD, path
            assert b"alert" not in answer.body
    assert not [dial for dial in rig.new_dials(since) if dial.address in {PRIVATE, "169.254.169.254"}]
    altered = file_path(address).replace("/full/", "/small/")
    assert (await reader.get(altered)).status == 404, "only what we have made is fetched"


def redirect(url: str) -> Answer:
    return Answer(302, b"", (("Location", url),))


async def attach(rig: Rig, app: App, paths: list[str]) -> list[str]:
    """Let P show these in posts; returns where our readers find them."""
    alice, found = rig.p.actor(), []
    for path in paths:
        given = {"type": "Document", "mediaType": "image/png", "url": f"{rig.p.origin}{path}"}
        note = alice.note(attachment=[given])
        assert (await rig.post(alice, alice.create(note))).status == 202
        await rig.has_effect(note)
        timeline = (await app.get("/api/v1/timelines/public", limit=40)).json()
        status = next(each for each in timeline if each["uri"] == note["id"])
        found.append(status["media_attachments"][0]["url"])
        assert found[-1].startswith(rig.origin), "readers ask nobody but us"
    return found


async def test_F13_private_posts(rig: Rig) -> None:
    """Whoever knows the name sees it; nobody is told it, and it ends with the post."""
    taro, reader = await resident(rig), stranger(rig)
    found = [await picture(taro) for _ in range(2)]
    urls = [each[name] for each in found for name in ("url", "preview_url")]
    assert all(NAME.fullmatch(url.rpartition("/")[2]) for url in urls)
    assert len({url.rpartition("/")[2][:8] for url in urls}) == len(urls)
    posts = [
        await taro.publish(f"{visibility}の写真です。", media_ids=[each["id"]], visibility=visibility)
        for each, visibility in zip(found, ("private", "direct"), strict=True)
    ]
    for url in urls:
        answer = await reader.get(file_path(url))
        assert (answer.status, answer.header("cache-control")) == (200, "private, no-store")
    for path in (f"{taro.iri}/outbox", f"{taro.iri}/outbox?page=1", taro.iri, "/", "/media/"):
        shown = await reader.ask("GET", path.removeprefix(rig.origin), headers=[("Accept", "text/html")])
        assert not [url for url in urls if url.encode() in shown.body]
    assert (await reader.get(f"/api/v1/accounts/{taro.id}/statuses", only_media="true")).json() == []
    for post in posts:
        assert (await taro.send("DELETE", f"/api/v1/statuses/{post['id']}")).status == 200
    for url in urls:
        assert (await reader.get(file_path(url))).status in {404, 410}
    folder = own(rig).folder / "var" / "media"
    names = [url.rpartition("/")[2].partition(".")[0] for url in urls]
    await until(lambda: not [name for name in names if (folder / name[:2] / name).exists()])


LONG = "あ" * 10_000
MOST_CHARACTERS = 5_000
"""Of what comes from elsewhere; residents may write less."""


async def test_F14_descriptions(rig: Rig) -> None:
    """Cut, or refused: from residents, and from elsewhere."""
    taro = await resident(rig)
    for text in (LONG, "a\x00b", "\x00"):
        answer = await taro.upload(pictures.jpeg(), description=text)
        assert answer.status in {200, 400, 422}
        assert_short(answer.json().get("description"))
        known = await picture(taro)
        answer = await taro.send("PUT", f"/api/v1/media/{known['id']}", {"description": text})
        assert answer.status in {200, 400, 422}
        assert_short(answer.json().get("description"))
    alice = rig.p.actor()
    texts = [LONG, "a\x00b", ["a"], {"a": 1}, LONG * 2]
    given = [
        {"type": "Image", "mediaType": "image/png", "url": f"{rig.p.origin}/d/{number}.png", "name": text}
        for number, text in enumerate(texts)
    ]
    for each in given:
        note = alice.note(attachment=[each])
        assert (await rig.post(alice, alice.create(note))).status in {202, 400}
    note = alice.note(attachment=given[:1])
    assert (await rig.post(alice, alice.create(note))).status == 202
    await rig.has_effect(note)
    timeline = (await taro.get("/api/v1/timelines/public", limit=40)).json()
    theirs = [each for each in timeline if each["account"]["uri"] == alice.id]
    assert note["id"] in {each["uri"] for each in theirs}
    for each in theirs:
        for attachment in each["media_attachments"]:
            assert_short(attachment["description"])


def assert_short(text: str | None) -> None:
    assert len(text or "") <= MOST_CHARACTERS
    assert "\x00" not in (text or "")
