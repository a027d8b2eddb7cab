"""`/media/…`: our pictures, and copies of those of others, as they are kept; a part where a part is asked for.

Whatever the file may be, a browser shows it as a picture or not at all, and runs nothing in it.
"""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from areas.media.records import EXTENSIONS, PREVIEW_TYPE, CopyRecord, Served
from areas.media.serving import find_served
from federation import iris
from federation.errors import Gone, MalformedDocument, NotFound, Refused
from web.errors import problem
from web.media.storage import Store
from web.node import node_of

FOR_EVER: Final = "public, max-age=31536000, immutable"
"""What is under a name never changes; that it ends is told to nobody who keeps a copy, so a post's deletion says it."""
NOT_KEPT: Final = "private, no-store"
BRIEFLY: Final = "private, max-age=604800"
"""What was copied: a browser may keep it, a cache for all may not, since not all of it was for everybody."""
HEADERS: Final = {
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "cross-origin",
    "access-control-allow-origin": "*",
    "accept-ranges": "bytes",
}
"""Other towns' pages and apps show our pictures; their canvas needs CORS. A browser that shows one by itself fits it
to the screen by a style of its own, which must be allowed; nothing else is."""

_NAME: Final = re.compile(r"([0-9a-f]{32})\.(jpg|png|webp)")
_RANGE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


async def serve_media(request: Request) -> Response:
    """Answer with a picture, or 404 for whatever is not one of ours that may be seen."""
    match = _NAME.fullmatch(request.path_params["name"])
    if match is None:
        raise NotFound("there is no such file")
    node = node_of(request)
    served = await node.database.read(find_served, match[1])
    if EXTENSIONS[served.media_type] != match[2]:
        raise NotFound("there is no such file")
    return await send(request, node.library.store, served, FOR_EVER if served.is_public else NOT_KEPT)


async def serve_copy(request: Request) -> Response:
    """Answer with a picture of another server; 404 for an address that is not of our making, 502 for none to be had."""
    node, path = node_of(request), request.path_params
    url = node.addresses.read(path["signature"], path["size"], path["encoded"])
    if node.rules.is_blocked(iris.host(url)):  # what was copied before is not shown either
        raise NotFound("the server of this picture is blocked")
    try:
        found = await node.copies.get(url, node.clock())
    except (Refused, MalformedDocument, Gone) as fault:
        raise NotFound("there is no such picture") from fault
    return await send(request, node.library.store, _choose(found, path["size"]), BRIEFLY)


def _choose(found: CopyRecord, size: str) -> Served:
    made = found.made
    assert made is not None  # of what is ready
    if size == "small":
        return Served(found.preview_name, PREVIEW_TYPE, made.preview_size, is_public=False)
    return Served(found.name, made.media_type, made.size, is_public=False)


async def send(request: Request, store: Store, served: Served, cache: str) -> Response:
    """Answer with a file, or the one part of it that is asked for."""
    etag = f'"{served.name}"'
    headers = {**HEADERS, "cache-control": cache, "etag": etag, **_name_file(served)}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    asked = request.headers.get("range")
    if asked is None or request.headers.get("if-range", etag) != etag:
        start, end, status = 0, served.size, 200
    else:
        part = read_range(asked, served.size)
        if part is None:
            return problem(416, "Ask for one part of the file.", {"content-range": f"bytes */{served.size}"})
        (start, end), status = part, 206
        headers["content-range"] = f"bytes {start}-{end - 1}/{served.size}"
    headers["content-length"] = str(end - start)
    pieces = await store.open(served.name, start, end)
    return StreamingResponse(pieces, status, headers=headers, media_type=served.media_type)


def _name_file(served: Served) -> dict[str, str]:
    """The name under which a browser saves it: ours, never an uploader's."""
    name = f"kairanban-{served.name[:8]}.{EXTENSIONS[served.media_type]}"
    return {"content-disposition": f'inline; filename="{name}"'}


def read_range(text: str, size: int) -> tuple[int, int] | None:
    """Return the one part that is asked for, from and before; None for none, for several, for what is not there.

    Several parts are never put together (RFC 9110 §14.2 lets us refuse): they cost more than they save.
    """
    match = _RANGE.fullmatch(text.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
    else:
        start, end = int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)
    return (start, end) if start < end else None
