"""The end of a post, asked once; and how a post read before it was changed."""

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.directory import find_actor_by_id
from areas import compose, edits
from areas.records import PostRecord
from federation.errors import NotFound
from federation.html import to_text
from web.accounts.doors import PRIVATE, show
from web.accounts.visitors import Visitor, reader_of
from web.forms import read_form
from web.node import node_of
from web.pages.acts import require_id
from web.pages.notices import with_notice
from web.pages.rendering import link, render
from web.pages.threads import find_readable
from web.pages.writing.desks import find_own


async def delete_page(request: Request, visitor: Visitor) -> Response:
    """What is to be deleted, and what that undoes and what it does not."""
    post = await node_of(request).database.read(find_own, require_id(request, "post_id"), visitor)
    return show(request, "delete.html", {"post": post, "text": to_text(post.content)})


async def delete(request: Request, visitor: Visitor) -> Response:
    """It was confirmed."""
    await read_form(request)
    node = node_of(request)
    await node.database.write(_delete, request, visitor)
    node.nudge()
    return RedirectResponse(with_notice(link(request, "/home"), "deleted"), 303, headers=PRIVATE)


def _delete(tx: sa.Connection, request: Request, visitor: Visitor) -> None:
    post = find_own(tx, require_id(request, "post_id"), visitor)
    compose.delete(tx, post.id, node_of(request).clock())


async def history_page(request: Request) -> Response:
    """Every version of a post that the reader may read, the newest first."""
    return render(request, "history.html", await node_of(request).database.read(_history, request))


def _history(tx: sa.Connection, request: Request) -> dict[str, object]:
    post: PostRecord = find_readable(tx, require_id(request, "post_id"), reader_of(request))
    author = find_actor_by_id(tx, post.actor_id)
    if author is None:
        raise NotFound("there is no such post")
    return {"post": post, "author": author, "versions": edits.history(tx, post)[::-1]}
