"""Apps that listen to a town on a socket: by WebSocket and by server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

SECONDS = 20.0
"""Until something that must come has come."""


@dataclass(frozen=True, slots=True)
class Event:
    """What an app hears. `stream` is empty by server-sent events; `payload` is read where it is JSON."""

    name: str
    payload: Any
    stream: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Of the post or the notification, or what was deleted."""
        return str(self.payload["id"] if isinstance(self.payload, dict) else self.payload)


def read_payload(event: str, payload: str | None) -> Any:
    if payload is None or event in {"delete", "filters_changed", "notifications_merged"}:
        return payload
    return json.loads(payload)


@dataclass
class Listener:
    """One connection: what came, in order, and how it ended."""

    heard: list[Event] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    code: int | None = None
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, event: Event) -> None:
        self.heard.append(event)
        self._more.set()

    def complain(self, error: dict[str, Any]) -> None:
        self.errors.append(error)
        self._more.set()

    def end(self, code: int | None) -> None:
        self.code = code
        self.ended.set()
        self._more.set()

    async def until(self, name: str, wanted: object, stream: Sequence[str] | None = None) -> list[Event]:
        """All that came up to the event `name` about `wanted` in a stream, which is taken away with it."""

        def place() -> int | None:
            for number, event in enumerate(self.heard):
                is_there = stream is None or event.stream == tuple(stream)
                if event.name == name and event.id == str(wanted) and is_there:
                    return number
            return None

        async with asyncio.timeout(SECONDS):
            while place() is None:
                assert not self.ended.is_set(), f"ended with {self.code} after {self.heard}"
                await self._wait()
        found = self.heard[: (place() or 0) + 1]
        del self.heard[: len(found)]
        return found

    async def error(self) -> dict[str, Any]:
        """The next complaint."""
        async with asyncio.timeout(SECONDS):
            while not self.errors:
                await self._wait()
        return self.errors.pop(0)

    async def end_code(self) -> int | None:
        """How it ended, as soon as it has."""
        async with asyncio.timeout(SECONDS):
            await self.ended.wait()
        return self.code

    async def _wait(self) -> None:
        self._more.clear()
        await self._more.wait()


class Socket(Listener):
    """A WebSocket."""

    def __init__(self, connection: ClientConnection) -> None:
        super().__init__()
        self.connection = connection

    async def say(self, kind: str, stream: str, **more: Any) -> None:
        """Subscribe or unsubscribe."""
        await self.connection.send(json.dumps({"type": kind, "stream": stream, **more}))

    async def read_all(self) -> None:
        try:
            async for text in self.connection:
                self._read(json.loads(text))
        except ConnectionClosed:
            pass
        self.end(self.connection.close_code)

    def _read(self, message: dict[str, Any]) -> None:
        if "error" in message:
            self.complain(message)
            return
        name = message["event"]
        payload = read_payload(name, message.get("payload"))
        self.hear(Event(name, payload, tuple(message["stream"])))


@asynccontextmanager
async def open_socket(base: str, query: str = "", **how: Any) -> AsyncIterator[Socket]:
    """Open `{base}/api/v1/streaming{query}`; `how` is what `websockets` takes."""
    address = f"ws{base.removeprefix('http')}/api/v1/streaming{query}"
    async with connect(address, proxy=None, **how) as connection:
        socket = Socket(connection)
        reading = asyncio.create_task(socket.read_all())
        try:
            yield socket
        finally:
            await connection.close()
            await reading


class Source(Listener):
    """Server-sent events; `lines` are those that carry none."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.response = response
        self.comments: list[str] = []

    async def read_all(self) -> None:
        name = ""
        async for line in self.response.aiter_lines():
            if line.startswith(":"):
                self.comments.append(line)
            elif line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                self.hear(Event(name, read_payload(name, line.removeprefix("data: "))))
        self.end(None)


@asynccontextmanager
async def open_source(client: httpx.AsyncClient, path: str, **how: Any) -> AsyncIterator[Source]:
    """Open `/api/v1/streaming/{path}`."""
    async with client.stream("GET", f"/api/v1/streaming/{path}", timeout=None, **how) as response:
        assert response.status_code == 200, await response.aread()
        source = Source(response)
        reading = asyncio.create_task(source.read_all())
        try:
            yield source
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
