"""Inboxes: what is posted to one that exists goes to `inbox.receive`; the answer is always in its words."""

from http import HTTPStatus
from typing import Final

import orjson
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from federation import signatures
from inbox.answers import Answer
from inbox.receive import receive
from web.activitypub.actors import addressed_actor
from web.errors import problem
from web.negotiation import is_activity
from web.node import node_of
from web.visits import origin_of, visit_of

JSON: Final = "application/json"
ACCEPT_POST: Final = {
    "accept-post": 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
}
"""What an inbox reads, for whoever sent something else (RFC 8288's sibling header of LDP §7.1)."""


async def post_to_actor(request: Request) -> Response:
    """Hear a POST to an actor's own inbox."""
    refusal = _refuse_type(request)
    if refusal is not None:
        return refusal
    await node_of(request).database.read(_require_actor, request)
    return await _hear(request)


async def post_to_host(request: Request) -> Response:
    """Hear a POST to the inbox that every host has."""
    return _refuse_type(request) or await _hear(request)


def _require_actor(tx: sa.Connection, request: Request) -> None:
    addressed_actor(tx, request)


def _refuse_type(request: Request) -> Response | None:
    if is_activity(request.headers.get("content-type", "")):
        return None
    detail = "An inbox reads application/activity+json."
    return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, ACCEPT_POST)


async def _hear(request: Request) -> Response:
    node = node_of(request)
    heard = await read_request(request)
    answer = await receive(heard, source=visit_of(request).client, services=node.services, now=node.clock())
    return _render(answer)


async def read_request(request: Request) -> signatures.Request:
    """Return the request as its sender signed it; the guard counts and times the body."""
    query = request.scope["query_string"].decode("latin-1")
    path = (request.scope.get("raw_path") or request.url.path.encode()).decode("latin-1")
    return signatures.Request(
        method=request.method,
        origin=origin_of(request).origin,
        target=f"{path}?{query}" if query else path,
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.scope["headers"]
        ),
        body=await request.body(),
    )


def _render(answer: Answer) -> Response:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    media_type = headers.pop("content-type", JSON if answer.body else None)
    content = orjson.dumps(answer.body) if answer.body else b""
    return Response(content, answer.status, headers=headers, media_type=media_type)
