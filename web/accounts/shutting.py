"""Whom and what somebody does not want to see: people, servers, words; each can be taken back here."""

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from areas import interactions
from areas.filters import stored
from areas.filters.stored import Wanted
from areas.reading import people
from areas.reading.slices import MOST, Slice
from federation.errors import NotFound, Refused
from federation.vocabulary import Millis
from web.accounts.doors import PRIVATE, show
from web.accounts.visitors import Visitor
from web.forms import read_form
from web.node import node_of
from web.pages.acts import require_id, require_speaker
from web.pages.notices import with_notice
from web.pages.rendering import link, text_of

CONTEXTS = ("home", "notifications", "public", "thread", "account")


async def shutting_page(request: Request, visitor: Visitor) -> Response:
    """All of it on one page."""
    return await _show(request, visitor)


async def _show(request: Request, visitor: Visitor, error: str = "") -> Response:
    node = node_of(request)
    values = await node.database.read(_list, require_speaker(visitor).id, node.clock())
    return show(request, "shutting.html", {**values, "error": error}, status=422 if error else 200)


def _list(tx: sa.Connection, actor_id: int, now: Millis) -> dict[str, object]:
    wanted = Slice(MOST)
    return {
        "muted": people.list_muted(tx, actor_id, wanted, now).items,
        "blocked": people.list_blocked(tx, actor_id, wanted).items,
        "hosts": [host for _, host in people.list_blocked_hosts(tx, actor_id, wanted).items],
        "filters": stored.list_of(tx, actor_id),
    }


async def add_word(request: Request, visitor: Visitor) -> Response:
    """Fold posts that have a word."""
    form = await read_form(request)
    word, node = form.get("word", "").strip(), node_of(request)
    if not word:
        return await _show(request, visitor, text_of(request, "Please write a word."))
    try:
        await node.database.write(_add_word, require_speaker(visitor).id, word)
    except Refused:
        return await _show(
            request, visitor, text_of(request, "This word is too long, or there are too many.")
        )
    return _done(request)


def _add_word(tx: sa.Connection, actor_id: int, word: str) -> None:
    stored.create(tx, actor_id, Wanted(word, CONTEXTS), [(word, False)])


async def drop_word(request: Request, visitor: Visitor) -> Response:
    """See such posts again."""
    await read_form(request)
    await node_of(request).database.write(
        stored.remove, require_speaker(visitor).id, require_id(request, "filter_id")
    )
    return _done(request)


async def change_host(request: Request, visitor: Visitor) -> Response:
    """See nothing of a whole server, or see it again."""
    form, node = await read_form(request), node_of(request)
    host, actor = form.get("host", "").strip(), require_speaker(visitor)
    act = request.path_params["act"]
    if act not in {"block", "unblock"}:
        raise NotFound("there is no such button")
    try:
        if act == "block":
            await node.database.write(interactions.block_host, actor, host, node.clock())
        else:
            await node.database.write(interactions.unblock_host, actor, host)
    except Refused:
        return await _show(request, visitor, text_of(request, "This is not the name of another server."))
    node.nudge()
    return _done(request)


def _done(request: Request) -> Response:
    where = with_notice(link(request, "/settings/shutting"), "saved")
    return RedirectResponse(where, 303, headers=PRIVATE)
