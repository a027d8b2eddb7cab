"""Following from elsewhere: a reader names her account, and is sent to her own server to confirm.

Source: the `subscribe` template of WebFinger, as OStatus defined it and Mastodon serves it.
"""

from typing import Final
from urllib.parse import quote

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from federation import iris
from federation.errors import MalformedDocument, RemoteFault
from federation.webfinger import parse_acct
from web.activitypub.actors import addressed_actor
from web.forms import clean, read_form
from web.headers import content_policy
from web.node import node_of
from web.pages.rendering import render, text_of
from web.visits import origin_of, visit_of

NO_STORE: Final = {"cache-control": "no-store"}


async def follow_page(request: Request) -> Response:
    """The form by itself."""
    handle, _ = await node_of(request).database.read(_find, request)
    return _show(request, handle)


async def follow_elsewhere(request: Request) -> Response:
    """Redirect to the reader's own server; the same form again, with the reason, where that fails."""
    form = await read_form(request)
    account = form.get("account", "").strip()
    node = node_of(request)
    handle, iri = await node.database.read(_find, request)
    try:
        name, host = parse_acct(account)
    except MalformedDocument:
        error = text_of(request, "Write your account as @name@server, like @hanako@mastodon.example.")
        return _show(request, handle, account, error)
    node.follow_rate.take(visit_of(request).client, node.clock())
    try:
        template = (await node.client.fetch_webfinger(name, host)).subscribe
    except RemoteFault:
        error = text_of(request, "This server did not answer. Is the address right?")
        return _show(request, handle, account, error)
    where = template or f"https://{host}/authorize_interaction?uri={{uri}}"
    return RedirectResponse(where.replace("{uri}", quote(iri, safe="")), 303, headers=NO_STORE)


def _find(tx: sa.Connection, request: Request) -> tuple[str, str]:
    """The handle and the id of whom to follow."""
    actor = addressed_actor(tx, request)
    return f"@{actor.handle}", actor.iri


def _show(request: Request, handle: str, account: str = "", error: str = "") -> Response:
    path = request.url.path.removesuffix("/follow")
    headers = {**NO_STORE, **follow_policy(request)}
    values = {"handle": handle, "account": account, "error": error, "path": path}
    return render(request, "follow.html", values, status=422 if error else 200, headers=headers)


def follow_policy(request: Request) -> dict[str, str]:
    """The header that lets the form's answer lead to another server: browsers judge the redirect too."""
    is_plain = origin_of(request).origin.startswith("http:")
    targets = "'self' https: http:" if is_plain else "'self' https:"
    return {"content-security-policy": content_policy(targets)}


async def interaction_page(request: Request) -> Response:
    """Where other servers send our residents; it tells them what to look for in their app."""
    asked = clean(request.query_params.get("uri", ""))[: iris.MAX_IRI_LENGTH]
    return render(request, "interaction.html", {"asked": asked}, headers=NO_STORE)
