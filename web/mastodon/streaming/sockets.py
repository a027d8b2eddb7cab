"""Streams by WebSocket: one socket, any number of channels. Source: Mastodon's streaming server; RFC 6455."""

import asyncio
from contextlib import suppress
from typing import Any, Final

import orjson
from starlette.exceptions import HTTPException
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from federation.errors import Fault, TooOften
from web.errors import status_of
from web.mastodon.allowances import EVERYTHING
from web.mastodon.answers import TOO_MANY, api_error, api_fault, words_of
from web.mastodon.streaming.channels import Channel, read_channel
from web.mastodon.streaming.events import PATH
from web.mastodon.streaming.sessions import Session, open_session, recognise
from web.node import Node, node_of
from web.streams import End, Message

MOST_CHANNELS: Final = 100
"""Of one socket: an app with a column for every list of its user."""
FLUSH_SECONDS: Final = 2.0
"""For the farewell to whoever may read nothing any more."""
SILENT_SECONDS: Final = 3_600.0
"""Between two looks at a stream to which nothing happens; the protocol itself pings."""

NOT_JSON: Final = "A message is a JSON object"
NO_TYPE: Final = "type is one of subscribe, unsubscribe"
TOO_MANY_CHANNELS: Final = f"One socket hears {MOST_CHANNELS} streams"

_CODES: Final[dict[End, int]] = {"revoked": 1008, "slow": 1013, "lost": 1012, "stopping": 1012, "left": 1000}
"""RFC 6455 §7.4 and its registry: policy violation, try again later, service restart."""
_NOT_TEXT: Final = 1003


async def serve_socket(socket: WebSocket) -> None:
    """`GET /api/v1/streaming` with an upgrade: `stream`, `tag`, `list` in the query are the first channel.

    Browsers cannot set headers: the token may stand in `Sec-WebSocket-Protocol`, which is then echoed.
    """
    offered = [each for each in socket.scope["subprotocols"] if each]
    try:
        session = open_session(socket, await recognise(socket, *offered[:1]))
        node = node_of(socket)
        await node.streams.open(session.stream)
    except HTTPException as error:
        text = words_of(error.status_code, error.detail)
        await socket.send_denial_response(api_error(error.status_code, text, error.headers))
        return
    except Fault as fault:
        headers = {"retry-after": str(getattr(fault, "retry_after", 10))}
        await socket.send_denial_response(api_fault(fault, status_of(fault), headers))
        return
    try:
        await socket.accept(offered[0] if offered else None)
        await _talk(socket, node, session)
    finally:
        node.streams.leave(session.stream)


async def _talk(socket: WebSocket, node: Node, session: Session) -> None:
    """Until one side ends it."""
    query = dict(socket.query_params)
    tasks = [
        asyncio.create_task(_hear(socket, node, session, query)),
        asyncio.create_task(_send_all(socket, session)),
        asyncio.create_task(session.stream.wait_for_end()),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
    faults = [each for each in found if isinstance(each, Exception)]
    is_refused = any(isinstance(each, _Refused) for each in faults)
    for fault in faults:
        if not isinstance(fault, (_Refused, WebSocketDisconnect)):
            raise fault
    await _say_farewell(socket, _NOT_TEXT if is_refused else _CODES[session.stream.ended or "left"])


async def _say_farewell(socket: WebSocket, code: int) -> None:
    with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):  # gone, or stuck: the protocol drops it
        async with asyncio.timeout(FLUSH_SECONDS):
            await socket.close(code)


class _Refused(Exception):
    """What came is no text."""


async def _hear(socket: WebSocket, node: Node, session: Session, query: dict[str, Any]) -> None:
    """What the app asks for, one after the other: a socket asks no faster than it is answered."""
    if "stream" in query:
        await _obey(socket, node, session, {**query, "type": "subscribe"})
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text is None:
            raise _Refused
        await _obey(socket, node, session, _read(text))


def _read(text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


async def _obey(socket: WebSocket, node: Node, session: Session, asked: dict[str, Any]) -> None:
    """Do what a message says; what is wrong with it is said in Mastodon's words, and the socket stays open."""
    try:
        node.meter.take(f"token {session.stream.token_id}", (EVERYTHING,), node.clock())
        await _change(session, asked)
    except HTTPException as error:
        await _complain(socket, words_of(error.status_code, error.detail), error.status_code)
    except Fault as fault:
        text = TOO_MANY if isinstance(fault, TooOften) else fault.public
        await _complain(socket, text, status_of(fault))


async def _change(session: Session, asked: dict[str, Any]) -> None:
    if not asked:
        raise HTTPException(400, NOT_JSON)
    kind = asked.get("type")
    if kind not in ("subscribe", "unsubscribe"):  # of any type that JSON has
        raise HTTPException(400, NO_TYPE)
    channel = _read_channel(asked)
    if kind == "unsubscribe":
        session.unsubscribe(channel)
        return
    if len(session) >= MOST_CHANNELS:
        raise HTTPException(429, TOO_MANY_CHANNELS)
    await session.subscribe(channel)


def _read_channel(asked: dict[str, Any]) -> Channel:
    """Ids come as texts or as numbers."""
    name, tag, list_id = (asked.get(key) for key in ("stream", "tag", "list"))
    return read_channel(
        name if isinstance(name, str) else None,
        tag if isinstance(tag, str) else None,
        str(list_id) if isinstance(list_id, (str, int)) else None,
    )


async def _complain(socket: WebSocket, text: str, status: int) -> None:
    await socket.send_text(orjson.dumps({"error": text, "status": int(status)}).decode())


async def _send_all(socket: WebSocket, session: Session) -> None:
    while session.stream.ended is None:
        message = await session.stream.take(SILENT_SECONDS)
        if message is not None:
            await socket.send_text(_write(message))


def _write(message: Message) -> str:
    """The payload is JSON in a text; what has none leaves it out."""
    payload = {} if message.payload is None else {"payload": message.payload}
    return orjson.dumps({"stream": message.label, "event": message.event, **payload}).decode()


ROUTES: Final = (WebSocketRoute(PATH, serve_socket),)
