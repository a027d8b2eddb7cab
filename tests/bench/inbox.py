"""Part 1: a signed Create of 3 KB naming an area, from its first byte to its 202."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation import signatures
from federation.vocabulary import Iri, Millis
from tests.bench import floors, statements
from tests.bench.people import KEYS, open_town, remote, save_people
from tests.bench.results import Result, of_floor
from tests.bench.serving import Load, load, request, serve
from tests.testrig.peers import rsa_key, stamp
from web.app import create_app

AUTHORS = 50
REQUESTS = 4_000
WARM = 500
RECORDED = 1_000
HOST = "bench.example"
PEER = "https://peer.example"
TEXT = "<p>駅前の除雪が入りました。歩道はまだ狭いので、足もとに気をつけてお出かけください。</p>"


def creates(area: str, count: int, now: Millis, run: str) -> Iterator[bytes]:
    """Signed requests of 50 known actors."""
    for number in range(count):
        author = f"{PEER}/users/u{number % AUTHORS}"
        body = create(area, author, f"{run}-{number}", now)
        target = "/inbox"
        headers = signatures.sign(
            "cavage",
            private_key=rsa_key(number % AUTHORS % KEYS),
            key_id=Iri(f"{author}#main-key"),
            method="POST",
            url=f"https://{HOST}{target}",
            body=body,
            now=now,
        )
        yield request("POST", HOST, target, {k: v for k, v in headers.items() if k.lower() != "host"}, body)


def create(area: str, author: str, name: str, now: Millis) -> bytes:
    """3 KB of Japanese text."""
    public, followers = "https://www.w3.org/ns/activitystreams#Public", f"{author}/followers"
    note = {
        "id": f"{PEER}/notes/{name}",
        "type": "Note",
        "attributedTo": author,
        "published": stamp(now),
        "to": [public],
        "cc": [followers, area],
        "inReplyTo": None,
        "sensitive": False,
        "url": f"{PEER}/@u/{name}",
        "content": f"<p>{name} のお知らせ</p>" + TEXT * 14,
        "tag": [{"type": "Mention", "href": area, "name": "@chitose@bench.example"}],
        "attachment": [],
    }
    document = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{PEER}/notes/{name}/activity",
        "type": "Create",
        "actor": author,
        "published": stamp(now),
        "to": note["to"],
        "cc": note["cc"],
        "object": note,
    }
    return json.dumps(document, ensure_ascii=False).encode()


async def run() -> list[Result]:
    """CPU for each request beside its floor; p99 at half load."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with open_town(folder / "town", HOST) as town:
            area = await town.area("chitose")
            now = town.node.clock()
            await town.write(save_people, [remote(number, PEER) for number in range(AUTHORS)], now)
            async with serve(create_app(town.node)) as port:
                await load(port, creates(area.iri, WARM, now, "warm"), folder / "requests")
                full = await load(port, creates(area.iri, REQUESTS, now, "full"), folder / "requests")
                half = await load(
                    port,
                    creates(area.iri, REQUESTS // 2, now, "half"),
                    folder / "requests",
                    pace=full.rate / 2,
                )
                statements.copy(folder / "town" / "bench.db", folder / "before.db")
                with statements.recording() as said:
                    more = await load(port, creates(area.iri, RECORDED, now, "recorded"), folder / "requests")
            _check(full, half, more)
            body = create(area.iri, f"{PEER}/users/u1", "floor", now)
        bare = await _bare(folder, body)
        of_sqlite = statements.run_again(folder / "before.db", said) / RECORDED * 1e6
        floor = (
            floors.verify()
            + floors.digest(body)
            + floors.parse(body)
            + floors.sanitise(TEXT * 14)
            + floors.grouped_row(folder, body)
            + bare
        )
    return [
        of_floor("inbox.create", full.cpu, floor, "≥ 0.40 (goal 0.50)"),
        Result("inbox.rate", full.rate, "requests/s"),
        Result("inbox.p99_half_load", half.p99, "ms", target="< 50"),
        Result("inbox.bare_server", bare, "µs CPU"),
        Result("inbox.sqlite_alone", of_sqlite, "µs CPU"),
        Result("inbox.statements", len(said) / RECORDED, "a request"),
    ]


def _check(*loads: Load) -> None:
    for each in loads:
        assert set(each.statuses) == {"202"}, each.statuses


async def _bare(folder: Path, body: bytes) -> float:
    """The same requests answered by a bare Starlette."""

    async def accept(request_: Request) -> Response:
        await request_.body()
        return Response(b"", 202)

    app = Starlette(routes=[Route("/inbox", accept, methods=["POST"])])
    requests = [
        request("POST", HOST, "/inbox", {"Content-Type": "application/activity+json"}, body)
    ] * REQUESTS
    async with serve(app) as port:
        return (await load(port, requests, folder / "requests")).cpu
