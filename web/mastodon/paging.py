"""Paging as Mastodon does it: `max_id`, `since_id`, `min_id` and `limit` in, a `Link` header out."""

from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from starlette.requests import Request

from areas.reading.slices import Page, Slice
from web.mastodon.parameters import Parameters
from web.visits import origin_of

STATUSES: Final = (20, 40)
"""By default, and at most."""
ACCOUNTS: Final = (40, 80)

_CURSORS: Final = frozenset({"max_id", "since_id", "min_id", "offset", "access_token"})


def read_slice(params: Parameters, sizes: tuple[int, int] = STATUSES) -> Slice:
    """Return which part is asked for; of `min_id` and `since_id` the first counts. Raises 422 for what is no id."""
    just_above = params.id("min_id")
    return Slice(
        limit=read_limit(params, sizes),
        before=params.id("max_id"),
        after=params.id("since_id") if just_above is None else just_above,
        upwards=just_above is not None,
    )


def read_limit(params: Parameters, sizes: tuple[int, int] = STATUSES) -> int:
    """Return how many are asked for, within what may be."""
    usual, most = sizes
    asked = params.number("limit")
    return usual if asked is None else min(max(asked, 1), most)


def link(request: Request, page: Page[Any]) -> dict[str, str]:
    """Return the header that leads to the pages around one: nothing of an empty page, no `next` of the last."""
    found = []
    if page.older is not None:
        found.append(_address(request, "next", max_id=page.older))
    if page.newer is not None:
        found.append(_address(request, "prev", min_id=page.newer))
    return {"link": ", ".join(found)} if found else {}


def _address(request: Request, relation: str, **cursor: int) -> str:
    """On the origin that was addressed, with everything else that was asked."""
    asked = parse_qsl(request.url.query, keep_blank_values=True)
    kept = [(name, value) for name, value in asked if name not in _CURSORS]
    query = urlencode([*kept, *cursor.items()], safe="[]:")
    return f'<{origin_of(request).origin}{quote(request.url.path)}?{query}>; rel="{relation}"'
