"""Our own few files, read once; their addresses carry a hash, so that they may be cached for ever."""

import hashlib
from functools import lru_cache
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from federation.errors import NotFound

TYPES: Final = {
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "icon-192.png": "image/png",
    "icon-512.png": "image/png",
    "avatar.png": "image/png",
    "header.png": "image/png",
}
"""The last two pictures stand where an actor has none of her own: apps demand an address, and not all read SVG."""
FOR_EVER: Final = "public, max-age=31536000, immutable"


@lru_cache
def _read(name: str) -> tuple[bytes, str]:
    content = (files("web") / "static" / name).read_bytes()
    return content, hashlib.blake2b(content, digest_size=8).hexdigest()


def static_url(name: str) -> str:
    """Return the address of one of our files."""
    return f"/static/{_read(name)[1]}/{name}"


async def serve_static(request: Request) -> Response:
    """Answer with a file of ours; with an old hash it is the present file, not cached."""
    name = request.path_params["name"]
    if name not in TYPES:
        raise NotFound("there is no such file")
    content, digest = _read(name)
    cache = FOR_EVER if request.path_params["digest"] == digest else "no-cache"
    headers = {"cache-control": cache, "access-control-allow-origin": "*"}
    return Response(content, headers=headers, media_type=TYPES[name])
