"""What somebody has here, to take along: posts as ActivityStreams and as a table, lists as other servers import them.

Only she gets it, by her session: there is no address that somebody else could use, or use later.
"""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from actors.records import ActorRecord
from areas import exporting
from federation import rendering
from federation.errors import NotFound
from web.accounts.doors import PRIVATE, show
from web.accounts.visitors import Visitor
from web.documents import describe
from web.node import node_of
from web.pages.acts import require_speaker
from web.pages.times import to_iso

CONTEXT: Final = b'"https://www.w3.org/ns/activitystreams"'
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""With which spreadsheets begin to calculate (OWASP, CSV Injection)."""

Table = tuple[tuple[str, ...], Callable[[sa.Connection, int], Iterable[Sequence[object]]]]
TABLES: Final[dict[str, Table]] = {
    "following_accounts": (
        ("Account address", "Show boosts", "Notify on new posts"),
        exporting.list_follows,
    ),
    "muted_accounts": (("Account address", "Hide notifications"), exporting.list_mutes),
    "blocked_accounts": ((), exporting.list_blocks),
    "blocked_domains": ((), exporting.list_hosts),
    "bookmarks": ((), exporting.list_bookmarks),
}
"""As Mastodon writes and reads them, by the name of the file."""


async def export_page(request: Request, visitor: Visitor) -> Response:
    """What there is to take along."""
    return show(request, "export.html", {"tables": tuple(TABLES), "actor": require_speaker(visitor)})


async def export_table(request: Request, visitor: Visitor) -> Response:
    """One list as CSV."""
    name = request.path_params["name"]
    if name not in TABLES:
        raise NotFound("there is no such list")
    head, read = TABLES[name]
    rows = await node_of(request).database.read(read, require_speaker(visitor).id)
    text = write_csv([*([head] if head else []), *rows])
    return Response(text, headers=_as_file(f"{name}.csv"), media_type="text/csv")


async def export_posts(request: Request, visitor: Visitor) -> Response:
    """All posts, as one ActivityStreams collection (`.json`) or as a table (`.csv`)."""
    actor, kind = require_speaker(visitor), request.path_params["kind"]
    if kind == "json":
        stream = _write_collection(request, actor)
        return StreamingResponse(
            stream, headers=_as_file("outbox.json"), media_type="application/activity+json"
        )
    if kind == "csv":
        return StreamingResponse(
            _write_table(request, actor), headers=_as_file("posts.csv"), media_type="text/csv"
        )
    raise NotFound("there is no such form")


async def export_profile(request: Request, visitor: Visitor) -> Response:
    """The actor's document."""
    document = await node_of(request).database.read(_describe, require_speaker(visitor))
    return Response(document, headers=_as_file("actor.json"), media_type="application/activity+json")


def _describe(tx: sa.Connection, actor: ActorRecord) -> bytes:
    return rendering.render(describe(tx, actor))


def _as_file(name: str) -> dict[str, str]:
    return {**PRIVATE, "content-disposition": f'attachment; filename="{name}"'}


async def _pages(request: Request, actor: ActorRecord) -> AsyncIterator[list[exporting.Exported]]:
    after = 0
    while page := await node_of(request).database.read(exporting.list_posts, actor, after):
        yield page
        after = page[-1].post.id


async def _write_collection(request: Request, actor: ActorRecord) -> AsyncIterator[bytes]:
    yield b'{"@context":' + CONTEXT + b',"type":"OrderedCollection","orderedItems":['
    is_first = True
    async for page in _pages(request, actor):
        documents = b",".join(each.document for each in page)
        yield documents if is_first else b"," + documents
        is_first = False
    yield b"]}"


async def _write_table(request: Request, actor: ActorRecord) -> AsyncIterator[str]:
    yield write_csv([("address", "published", "visibility", "warning", "text")])
    async for page in _pages(request, actor):
        yield write_csv(
            (
                each.post.iri,
                to_iso(each.post.published_at),
                each.post.visibility,
                each.post.summary or "",
                each.source,
            )
            for each in page
        )


def write_csv(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as RFC 4180 has them; what a spreadsheet would calculate begins with an apostrophe."""
    stream = io.StringIO()
    csv.writer(stream).writerows([[_write_cell(cell) for cell in row] for row in rows])
    return stream.getvalue()


def _write_cell(cell: object) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text
