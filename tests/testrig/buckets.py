"""An S3-like service, small: objects by path, and faults that a test decides. It checks no signature."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Bucket:
    """What it holds, and what it was asked. `status` answers everything while it is set."""

    port: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    status: int | None = None

    @property
    def url(self) -> str:
        """The setting that leads here."""
        return f"s3://key:secret@pictures?endpoint=http://127.0.0.1:{self.port}&region=test&prefix=town"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").split("\r\n")
                method, path, _ = lines[0].split(" ", 2)
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in lines[1:])
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.requests.append((method, path, headers.get("authorization", "")[:16]))
                writer.write(self._answer(method, path, headers, body))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        if self.status is not None:
            return _reply(self.status)
        if method == "PUT":
            self.objects[path] = body
            return _reply(200, headers={"ETag": '"e"'})
        if method == "POST" and path.endswith("?delete"):
            keys = re.findall(r"<Key>([^<]*)</Key>", body.decode())
            for key in keys:
                self.objects.pop(f"{path.removesuffix('?delete')}/{key}", None)
            deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            return _reply(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())
        if path not in self.objects:
            return _reply(404)
        return self._part(self.objects[path], headers.get("range"))

    def _part(self, found: bytes, asked: str | None) -> bytes:
        known = {"ETag": '"e"', "Last-Modified": "Fri, 27 Nov 2026 12:00:00 GMT"}
        if asked is None:
            return _reply(200, found, known)
        start, _, end = asked.removeprefix("bytes=").partition("-")
        part = found[int(start) : int(end) + 1]
        known["Content-Range"] = f"bytes {start}-{int(start) + len(part) - 1}/{len(found)}"
        return _reply(206, part, known)


def _reply(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def open_bucket() -> AsyncIterator[Bucket]:
    """Serve one on loopback until the end."""
    bucket = Bucket()
    server = await asyncio.start_server(bucket.serve, "127.0.0.1", 0)
    bucket.port = server.sockets[0].getsockname()[1]
    try:
        yield bucket
    finally:
        server.close()
