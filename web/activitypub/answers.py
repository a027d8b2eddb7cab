"""JSON for other servers, with the right type and the right words about caching."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from federation.rendering import render
from web.negotiation import ACTIVITY_TYPE

FRESH_SECONDS: Final = 60
"""How long a copy may be used. Whoever follows is told of changes; whoever does not asks again soon enough."""

CACHED: Final = {"cache-control": f"public, max-age={FRESH_SECONDS}", "vary": "Accept"}
CORS: Final = {"access-control-allow-origin": "*"}
"""Discovery is for browsers on other sites too (RFC 7033 §5)."""


def activity_json(
    document: Mapping[str, object] | bytes, *, status: int = 200, headers: Mapping[str, str] = CACHED
) -> Response:
    """A document or an activity."""
    body = document if isinstance(document, bytes) else render(document)
    return Response(body, status, headers=headers, media_type=ACTIVITY_TYPE)


def plain_json(document: Mapping[str, object], media_type: str) -> Response:
    """A JSON document of another kind, for whoever asks."""
    return Response(render(document), headers={**CACHED, **CORS}, media_type=media_type)
