"""HTTP/1.1 by hand, for both sides: whatever a library would put right, a row must be able to get wrong."""

import asyncio
import json
import ssl
from dataclasses import dataclass, field, replace
from typing import Any, Self

ACTIVITY_JSON = "application/activity+json"
MAX_HEAD = 1 << 18
ANSWER_SECONDS = 40.0
"""Longer than any deadline that a server may have for what we send."""

Headers = list[tuple[str, str]]


class Unanswered(Exception):
    """The connection ended before a whole answer had come."""


@dataclass
class Request:
    """A request as it leaves, or as it came. Headers keep their order and spelling; names may come twice."""

    method: str
    target: str
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first value of a header, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def set(self, name: str, value: str) -> Self:
        """Let a header have one value, where it stood, or last."""
        kept = [(key, value if key.lower() == name.lower() else old) for key, old in self.headers]
        self.headers = kept if self.header(name) else [*self.headers, (name, value)]
        return self

    def add(self, name: str, value: str) -> Self:
        """One more line."""
        self.headers = [*self.headers, (name, value)]
        return self

    def drop(self, name: str) -> Self:
        """Leave a header out."""
        self.headers = [(key, value) for key, value in self.headers if key.lower() != name.lower()]
        return self

    def copy(self) -> "Request":
        """The same again."""
        return replace(self, headers=list(self.headers))

    @property
    def host(self) -> str:
        """Whom it was for."""
        return self.header("host").lower()

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)

    def render(self) -> bytes:
        """Its bytes. `Content-Length` is added where nothing else says how long the body is."""
        return render_head(self) + self.body


def render_head(request: Request) -> bytes:
    """The bytes before the body."""
    headers = list(request.headers)
    is_framed = request.header("content-length") or request.header("transfer-encoding")
    if not is_framed and (request.body or request.method == "POST"):
        headers.append(("Content-Length", str(len(request.body))))
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@dataclass(frozen=True)
class Answer:
    """What came back, or what a peer is to say."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    is_closed: bool = False
    """Whether the connection ended with it."""

    def header(self, name: str) -> str:
        """The first value of a header, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)

    def render(self) -> bytes:
        """Its bytes, with a length."""
        given = {name.lower() for name, _ in self.headers}
        headers = list(self.headers)
        if not given & {"content-length", "transfer-encoding"}:
            headers.append(("Content-Length", str(len(self.body))))
        lines = [f"HTTP/1.1 {self.status} .", *(f"{name}: {value}" for name, value in headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + self.body


def document(content: Any, status: int = 200, kind: str = ACTIVITY_JSON) -> Answer:
    """An answer with a JSON body (or with text, or bytes, as they are)."""
    body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    return Answer(status, body, (("Content-Type", kind),) if kind else ())


class Connection:
    """One connection to the server under test."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def write(self, data: bytes) -> None:
        """Send bytes as they are; raises `OSError` when the other side has closed."""
        self.writer.write(data)
        await self.writer.drain()

    async def ask(self, request: Request) -> Answer:
        """Send a request and read its answer."""
        await self.write(request.render())
        return await self.answer(request.method)

    async def answer(self, method: str = "POST", seconds: float = ANSWER_SECONDS) -> Answer:
        """Read one answer; raises `Unanswered` or `TimeoutError`."""
        async with asyncio.timeout(seconds):
            try:
                return await self._read(method)
            except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError) as error:
                raise Unanswered(repr(error)) from error

    async def _read(self, method: str) -> Answer:
        status = 100
        while status == 100:
            first, headers = await read_head(self.reader)
            status = int(first.split(" ")[1])
        found = Answer(status, b"", tuple(headers))
        if method == "HEAD" or status in {204, 304}:
            return found
        is_framed = found.header("content-length") or found.header("transfer-encoding")
        body = await (read_body(self.reader, headers) if is_framed else self.reader.read())
        is_closed = not is_framed or found.header("connection").lower() == "close"
        return replace(found, body=body, is_closed=is_closed)

    async def ended(self, seconds: float = ANSWER_SECONDS) -> bool:
        """Whether the other side closes within that time; what it still says is thrown away."""
        try:
            async with asyncio.timeout(seconds):
                while await self.reader.read(1 << 16):
                    pass
        except TimeoutError:
            return False
        except (ConnectionError, ssl.SSLError):
            return True
        return True

    def close(self) -> None:
        """End it at once."""
        self.writer.transport.abort()


async def read_head(reader: asyncio.StreamReader) -> tuple[str, Headers]:
    """Read the first line and the headers; raises `asyncio.IncompleteReadError`."""
    block = await reader.readuntil(b"\r\n\r\n")
    first, *lines = block.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    pairs = [line.partition(":") for line in lines]
    return first, [(name, value.strip()) for name, _, value in pairs]


async def read_body(reader: asyncio.StreamReader, headers: Headers) -> bytes:
    """Read what the headers promise."""
    fields = {name.lower(): value for name, value in headers}
    if "chunked" in fields.get("transfer-encoding", "").lower():
        return await _read_chunks(reader)
    return await reader.readexactly(int(fields.get("content-length", "0")))


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body
