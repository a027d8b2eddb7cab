"""Our own few files, read once; their addresses carry a hash, so that they may be cached for ever.

`htmx.min.js` is `dist/htmx.min.js` of htmx.org 4.0.1 (Zero-Clause BSD) as npm has it: a test compares them.
"""

import hashlib
from functools import lru_cache
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from federation.errors import NotFound

TYPES: Final = {
    "style.css": "text/css; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "icon-192.png": "image/png",
    "icon-512.png": "image/png",
    "avatar.png": "image/png",
    "header.png": "image/png",
}
"""The last two pictures stand where an actor has none of her own: apps demand an address, and not all read SVG."""
FOR_EVER: Final = "public, max-age=31536000, immutable"


@lru_cache
def read_static(name: str) -> bytes:
    """Return one of our files as it is."""
    return (files("web") / "static" / name).read_bytes()


@lru_cache
def _digest(name: str) -> str:
    return hashlib.blake2b(read_static(name), digest_size=8).hexdigest()


def static_url(name: str) -> str:
    """Return the address of one of our files."""
    return f"/static/{_digest(name)}/{name}"


async def serve_static(request: Request) -> Response:
    """Answer with a file of ours; with an old hash it is the present file, not cached."""
    name = request.path_params["name"]
    if name not in TYPES:
        raise NotFound("there is no such file")
    cache = FOR_EVER if request.path_params["digest"] == _digest(name) else "no-cache"
    headers = {"cache-control": cache, "access-control-allow-origin": "*"}
    return Response(read_static(name), headers=headers, media_type=TYPES[name])
