"""Whom one might follow."""

from typing import Final

import sqlalchemy as sa

from actors.listing import require_actor
from areas.reading import suggestions
from areas.reading.suggestions import Suggestion
from web.mastodon.calls import Call
from web.mastodon.entities.frame import Json
from web.mastodon.entities.suggestions import suggestion
from web.mastodon.paging import ACCOUNTS, read_limit
from web.mastodon.showing import show_accounts

MOST_OFFSET: Final = suggestions.MOST


async def list_all(call: Call) -> list[Json]:
    """`GET /api/v2/suggestions`: areas of this node, then people of one's areas who agree to be found."""
    found = await _read(call)
    shown = await show_accounts(call, [each.actor for each in found])
    return [suggestion(each.kind, account) for each, account in zip(found, shown, strict=True)]


async def list_accounts(call: Call) -> list[Json]:
    """`GET /api/v1/suggestions`: the same, as accounts."""
    return await show_accounts(call, [each.actor for each in await _read(call)])


async def _read(call: Call) -> list[Suggestion]:
    limit = read_limit(call.params, ACCOUNTS)
    offset = min(max(call.params.number("offset") or 0, 0), MOST_OFFSET)
    found = await call.read(suggestions.suggest, call.actor.id, call.now)
    return found[offset : offset + limit]


async def dismiss(call: Call) -> Json:
    """`DELETE /api/v1/suggestions/:id`: never again."""

    def write(tx: sa.Connection) -> None:
        suggestions.dismiss(tx, call.actor.id, require_actor(tx, call.path_id()).id)

    await call.write(write)
    return {}
