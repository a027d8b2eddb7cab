"""Streams of the client API by hand: WebSockets (RFC 6455) frame by frame, and server-sent events."""

import asyncio
import base64
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

from tests.attacks.rig.apps import App
from tests.attacks.rig.peers import Json
from tests.attacks.rig.wire import Answer, Connection, Headers, Request, Unanswered, read_head

PATH = "/api/v1/streaming"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
SWITCHED = 101


def frame(data: bytes, kind: int = TEXT, *, is_last: bool = True, mask: bytes = b"\0\0\0\0") -> bytes:
    """A frame as a client sends it; the mask leaves bytes as they are."""
    first = bytes([(0x80 if is_last else 0) | kind])
    if len(data) < 126:
        return first + bytes([0x80 | len(data)]) + mask + data
    if len(data) < 1 << 16:
        return first + b"\xfe" + struct.pack(">H", len(data)) + mask + data
    return first + b"\xff" + struct.pack(">Q", len(data)) + mask + data


@dataclass
class Socket:
    """An open WebSocket; `messages` are what has come, `code` is set when the server has said why it ends."""

    connection: Connection
    protocol: str = ""
    messages: list[Json] = field(default_factory=list)
    code: int | None = None
    is_open: bool = True

    def __post_init__(self) -> None:
        self._came = asyncio.Condition()
        self._reading = asyncio.create_task(self._read_all())

    async def say(self, content: Any) -> None:
        """Send a message."""
        await self.connection.write(frame(json.dumps(content).encode()))

    async def hear(self, **channel: str) -> None:
        """Ask for a channel."""
        await self.say({"type": "subscribe", **channel})

    async def until(self, word: str, seconds: float = 20) -> None:
        """Wait for something with this word in it."""
        async with asyncio.timeout(seconds), self._came:
            await self._came.wait_for(lambda: word in str(self.messages))

    async def ended(self, seconds: float) -> bool:
        """Whether the server ends it within that time."""
        try:
            async with asyncio.timeout(seconds), self._came:
                await self._came.wait_for(lambda: not self.is_open)
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """End it at once."""
        self._reading.cancel()
        self.connection.close()

    async def _read_all(self) -> None:
        try:
            while self.code is None:
                await self._read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the other side has left
        self.is_open = False
        async with self._came:
            self._came.notify_all()

    async def _read(self) -> None:
        first, second = await self.connection.reader.readexactly(2)
        length = second & 0x7F
        if length >= 126:
            size = 2 if length == 126 else 8
            length = int.from_bytes(await self.connection.reader.readexactly(size), "big")
        data = await self.connection.reader.readexactly(length)
        match first & 0x0F:
            case 1:
                self.messages.append(json.loads(data))
            case 8:
                self.code = int.from_bytes(data[:2], "big") if data else 1005
            case 9:
                await self.connection.write(frame(data, PONG))
        async with self._came:
            self._came.notify_all()


async def open_socket(app: App, query: str = "", headers: Headers | None = None) -> Socket | Answer:
    """Open one, or return what was said instead."""
    connection = await app.rig.front.connect(app.source)
    given: Headers = [("Host", app.rig.origin.removeprefix("https://")), *(headers or [])]
    given += [("Authorization", f"Bearer {app.token}")] if app.token else []
    given += [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
    given += [("Sec-WebSocket-Key", base64.b64encode(os.urandom(16)).decode())]
    await connection.write(Request("GET", f"{PATH}{query}", given).render())
    try:
        first, answered = await read_head(connection.reader)
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise Unanswered(repr(error)) from error
    answer = Answer(int(first.split(" ")[1]), b"", tuple(answered))
    if answer.status == SWITCHED:
        opened = Socket(connection, answer.header("sec-websocket-protocol"))
        app.rig.stack.callback(opened.close)
        return opened
    connection.close()
    assert answer.status < 500, answer
    return answer


async def listen(app: App, *channels: Json) -> Socket:
    """A socket that hears these channels."""
    opened = await open_socket(app)
    assert isinstance(opened, Socket), opened
    for channel in channels:
        await opened.hear(**channel)
    return opened


async def open_events(app: App, path: str) -> tuple[Connection, Answer]:
    """Server-sent events; what comes after the headers is for the caller to read."""
    connection = await app.rig.front.connect(app.source)
    app.rig.stack.callback(connection.close)
    given: Headers = [("Host", app.rig.origin.removeprefix("https://"))]
    given += [("Authorization", f"Bearer {app.token}")] if app.token else []
    await connection.write(Request("GET", f"{PATH}/{path}", given).render())
    first, answered = await read_head(connection.reader)
    return connection, Answer(int(first.split(" ")[1]), b"", tuple(answered))
