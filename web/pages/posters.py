"""A QR code that opens an area's page: to follow it from a telephone, and for posters."""

import io
from typing import Final

import segno
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from areas import registry
from federation.errors import NotFound
from web.activitypub.actors import addressed_actor
from web.node import node_of

HEADERS: Final = {"cache-control": "public, max-age=86400"}
SCALE: Final = 8
BORDER: Final = 4
"""Modules of white around it, as ISO/IEC 18004 demands."""


async def serve_code(request: Request) -> Response:
    """The code as SVG, black on white whatever the page's colours are."""
    address = await node_of(request).database.read(_find, request)
    return Response(write_code(address), headers=HEADERS, media_type="image/svg+xml")


def write_code(address: str) -> bytes:
    """Return the QR code of an address, level M."""
    stream = io.BytesIO()
    segno.make_qr(address, error="m").save(
        stream, kind="svg", scale=SCALE, border=BORDER, dark="#000", light="#fff"
    )
    return stream.getvalue()


def _find(tx: sa.Connection, request: Request) -> str:
    area = registry.find_area(tx, addressed_actor(tx, request).id)
    if area is None:
        raise NotFound("there is no such area")
    return area.iri
