"""One request and its answer, with a cap on the bytes that are read; faults of the network get their names.

It uses httpx's transport without httpx's client, which costs more than the request (docs/decisions/0003).
Deadlines are the caller's: `asyncio.timeout` around whatever belongs to one request.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import aiohttp
import httpx

from federation.client.guard import find_refusal
from federation.client.options import ClientOptions
from federation.client.targets import Target
from federation.errors import Unreachable

IDENTITY = "identity"
"""The only content encoding we ask for and take: 495 bytes of double gzip are 209 MB."""

_ERROR_LENGTH = 300
"""Characters of a network fault that are kept: some quote what the peer sent."""

_DRAIN_BYTES = 16_384
"""Of the answer to a POST: nobody reads it, but only a connection that was read to its end is used again."""

_OK = 200

Sink = Callable[[bytes], object]
"""Takes the bytes of a file as they come: the `write` of an open file."""

_FAULTS = (httpx.HTTPError, httpx.StreamError, aiohttp.ClientError, OSError)


class NotConnected(Unreachable):
    """No connection came to be: the name, the dial or TLS failed. Says something about the whole host."""


class ConnectionDropped(Unreachable):
    """The connection ended before any answer, as one that idled for long does."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `whole` is False where there was more to read than we read."""

    status: int
    headers: httpx.Headers
    body: bytes = b""
    whole: bool = False

    def header(self, name: str) -> str | None:
        """Return a header's value; several are joined by commas."""
        found: str | None = self.headers.get(name)
        return found


class Exchange:
    """Sends requests over one transport."""

    def __init__(self, transport: httpx.AsyncBaseTransport, options: ClientOptions) -> None:
        self._transport = transport
        self._drain_deadline = options.deadlines.drain
        self._fixed = {"user-agent": options.user_agent, "accept-encoding": IDENTITY}

    async def get(
        self, target: Target, headers: Mapping[str, str], *, cap: int, sink: Sink | None = None
    ) -> Answer:
        """Send and read up to `cap` bytes; a connection with more to say is dropped. Raises `Unreachable`.

        With a `sink` the bytes of a 200 go there as they come, and the answer has none; what else is
        answered is not read.
        """
        response = await self._send("GET", target, headers, None)
        try:
            if sink is None:
                body, whole = await _read(response, cap)
            else:
                body, whole = b"", response.status_code == _OK and await _pour(response, cap, sink)
        except _FAULTS as error:
            raise _name(error, target) from error
        finally:
            await _close(response)
        return Answer(response.status_code, response.headers, body, whole)

    async def post(self, target: Target, headers: Mapping[str, str], content: bytes) -> Answer:
        """Send; the answer counts as soon as its head is here. Raises `Unreachable`."""
        response = await self._send("POST", target, headers, content)
        try:
            await self._drain(response)
        finally:
            await _close(response)
        return Answer(response.status_code, response.headers)

    async def _send(
        self, method: str, target: Target, headers: Mapping[str, str], content: bytes | None
    ) -> httpx.Response:
        # Of a content httpx would make headers, which aiohttp does anyway, at the cost of everything else here.
        given = httpx.Headers({**headers, **self._fixed}, encoding="ascii")
        request = httpx.Request(method, target.wire, headers=given, stream=httpx.ByteStream(content or b""))
        request.read()
        try:
            return await self._transport.handle_async_request(request)
        except _FAULTS as error:
            raise _name(error, target) from error

    async def _drain(self, response: httpx.Response) -> None:
        if _announced_length(response) == 0:
            return
        with suppress(*_FAULTS):  # the peer has answered, whatever becomes of its words
            async with asyncio.timeout(self._drain_deadline):
                await _read(response, _DRAIN_BYTES)


async def _read(response: httpx.Response, cap: int) -> tuple[bytes, bool]:
    if (_announced_length(response) or 0) > cap:
        return b"", False
    read = bytearray()
    async for chunk in _stream(response):
        read += chunk
        if len(read) > cap:
            return b"", False
    return bytes(read), True


async def _pour(response: httpx.Response, cap: int, sink: Sink) -> bool:
    """Whether all of it went into the sink."""
    if (_announced_length(response) or 0) > cap:
        return False
    size = 0
    async for chunk in _stream(response):
        size += len(chunk)
        if size > cap:
            return False
        sink(chunk)
    return True


async def _close(response: httpx.Response) -> None:
    await _stream(response).aclose()


def _stream(response: httpx.Response) -> httpx.AsyncByteStream:
    assert isinstance(response.stream, httpx.AsyncByteStream)  # of an asynchronous transport
    return response.stream


def _announced_length(response: httpx.Response) -> int | None:
    """The length that the peer announces; nonsense is the parser's to refuse."""
    text = response.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None  # noqa: PLR2004 - 2**64


def _name(error: Exception, target: Target) -> Unreachable:
    refusal = find_refusal(error)
    if refusal is not None:
        return NotConnected(f"{target.host}: {refusal}", permanent=True)
    text = f"{target.host}: {type(error).__name__}: {error}"[:_ERROR_LENGTH]
    match error:
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return NotConnected(text)
        case httpx.ConnectError() | httpx.ConnectTimeout():
            return NotConnected(text)
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError() | ConnectionError():
            return ConnectionDropped(text)
        case _:
            return Unreachable(text)
