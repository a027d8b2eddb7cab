"""Streams as server-sent events: one address for each channel. Source: the HTML standard, "Server-sent events"."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from web.mastodon.answers import api_error
from web.mastodon.streaming.channels import MEDIA, PUBLIC, read_channel
from web.mastodon.streaming.sessions import open_session, recognise
from web.node import node_of
from web.streams import Message, Stream, Streams

PATH: Final = "/api/v1/streaming"
HEARTBEAT_SECONDS: Final = 15.0
"""As Mastodon: proxies close what is silent for a minute."""
NO_CHANNEL: Final = "Unknown channel requested"

_HELLO: Final = b":)\n"
_HEARTBEAT: Final = b":thump\n"
_FALSE: Final = frozenset({"", "0", "f", "F", "false", "off", "FALSE", "OFF"})
_HEADERS: Final = {
    "content-type": "text/event-stream",
    "cache-control": "private, no-store",
    "x-accel-buffering": "no",  # nginx passes each event on as it comes
}

ADDRESSES: Final = {
    "user": "user",
    "user/notification": "user:notification",
    "public": "public",
    "public/local": "public:local",
    "public/remote": "public:remote",
    "hashtag": "hashtag",
    "hashtag/local": "hashtag:local",
    "list": "list",
    "direct": "direct",
}
"""Address below `/api/v1/streaming` → channel."""


class EventStream(Response):
    """An answer that ends when its reader goes, or its stream does."""

    def __init__(self, streams: Streams, stream: Stream) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._streams, self._stream = streams, stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Send what comes; a reader that takes nothing holds up nobody."""
        sending = asyncio.create_task(self._send_all(send))
        leaving = asyncio.create_task(_wait_for_end(receive))
        ending = asyncio.create_task(self._stream.wait_for_end())
        tasks = (sending, leaving, ending)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._streams.leave(self._stream)
            for task in tasks:
                task.cancel()
            found = await asyncio.gather(*tasks, return_exceptions=True)
        for fault in found:
            if isinstance(fault, Exception) and not isinstance(
                fault, OSError
            ):  # not that its reader has gone
                raise fault

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": _HELLO, "more_body": True})
        while self._stream.ended is None:
            message = await self._stream.take(HEARTBEAT_SECONDS)
            body = _HEARTBEAT if message is None else _write(message)
            if self._stream.ended is None:
                await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _write(message: Message) -> bytes:
    """As Mastodon writes it: what has no payload says `undefined`, since an event without data is none."""
    payload = "undefined" if message.payload is None else message.payload
    return f"event: {message.event}\ndata: {payload}\n\n".encode()


async def _wait_for_end(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def serve_events(request: Request) -> Response:
    """`GET /api/v1/streaming/{channel}`: `tag`, `list`, `only_media`."""
    name = ADDRESSES.get(request.path_params["address"])
    if name is None:
        return api_error(400, NO_CHANNEL)
    query = request.query_params
    if name in PUBLIC and query.get("only_media", "") not in _FALSE:
        name += MEDIA
    session = open_session(request, await recognise(request))
    await session.subscribe(read_channel(name, query.get("tag"), query.get("list")))
    if request.method == "HEAD":  # a stream has no end, and this wants nothing of it
        return Response(headers=_HEADERS)
    streams = node_of(request).streams
    await streams.open(session.stream)
    return EventStream(streams, session.stream)


async def serve_nothing(_request: Request) -> Response:
    """`GET /api/v1/streaming` without an upgrade."""
    return api_error(400, NO_CHANNEL)


async def serve_health(_request: Request) -> Response:
    """`GET /api/v1/streaming/health`: `OK`, as load balancers of Mastodon's streaming server ask."""
    return PlainTextResponse("OK", headers={"cache-control": "no-store"})


ROUTES: Final = (
    Route(f"{PATH}/health", serve_health),
    Route(f"{PATH}/{{address:path}}", serve_events),
    Route(PATH, serve_nothing),
)
