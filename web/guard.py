"""The outermost layer, plain ASGI: what must be refused before anything of ours reads it.

Bodies are counted while they stream and have a deadline; two readings of one message (RFC 9112 §6.3) are
refused; the `Host` must be one that we serve. Header deadlines are the protocol's (`web.protocol`).
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from federation.addresses import Network
from web.errors import refusal
from web.visits import SCOPE_KEY, Sites, Visit, find_client

MAX_BODY: Final = 1 << 20
"""Bytes. Lemmy and Mastodon stop at 1 MiB too; nobody sends an activity of more than 100 kB."""
BODY_SECONDS: Final = 30.0
"""From the headers to the last byte of the body."""
LONGEST_BODY_SECONDS: Final = 300.0
"""The same, where an address takes more: 16 MiB by a mobile uplink of half a megabit per second."""
MAX_HEADERS: Final = 100
MAX_HEADER_BYTES: Final = 16 * 1024
"""Of one header; a signature by RSA-8192 over 100 names has 8 kB."""
MAX_HEADERS_BYTES: Final = 32 * 1024
MAX_IN_FLIGHT: Final = 1_000
"""Requests at once: what 1 GiB of half-read bodies allows."""

PROBES: Final = frozenset({"/healthz", "/readyz"})
"""A load balancer asks these by address, so any host will do."""

_SINGLE: Final = (b"host", b"content-length", b"content-type", b"transfer-encoding", b"content-encoding")
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
"""Tab is the one control character that a header value may have (RFC 9110 §5.5)."""
_CLOSE: Final = {"connection": "close"}


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """How much one address takes where that is more than usual, in bytes, and how long it waits for it."""

    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request goes no further."""

    status: int
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Guard:
    """Wraps the application; leaves a `Visit` in the scope."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        sites: Sites,
        trusted_proxies: Sequence[Network] = (),
        body_seconds: float = BODY_SECONDS,
        body_limits: Mapping[tuple[str, str], BodyLimit] | None = None,
    ) -> None:
        """`body_limits` has the addresses that take more than usual, by method and path."""
        self.app = app
        self.sites = sites
        self.trusted_proxies = trusted_proxies
        self.body_limit = BodyLimit(MAX_BODY, body_seconds)
        self.body_limits = body_limits or {}
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge the headers, then let the application read a body that is counted and timed."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        limit = self.body_limits.get((scope.get("method", "GET"), scope["path"]), self.body_limit)
        found = self._judge(scope, limit)
        if found is not None:
            await refusal(scope["path"], found.status, found.detail, found.headers)(scope, receive, send)
        elif scope["type"] == "websocket":  # it has no body, and a bound of its own
            await self.app(scope, receive, send)
        else:
            await self._pass(limit, scope, receive, send)

    async def _pass(self, limit: BodyLimit, scope: Scope, receive: Receive, send: Send) -> None:
        self.in_flight += 1
        try:
            await self.app(scope, _Body(receive, limit).receive, send)
        finally:
            self.in_flight -= 1

    def _judge(self, scope: Scope, limit: BodyLimit) -> Refusal | None:
        """Why the request is refused, or None; fills in the visit."""
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        found = judge_headers(headers, limit.size)
        if found is not None:
            return found
        if self.in_flight >= MAX_IN_FLIGHT:
            return Refusal(429, "Too many requests at once.", {"retry-after": "10"})
        host = _get(headers, b"host")
        site = None if host is None else self.sites.find(host)
        if scope["path"] not in PROBES:
            if host is None:
                return Refusal(400, "The request has no Host header.", _CLOSE)
            if site is None:
                return Refusal(421, "This host is not served here.")
        forwarded = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
        peer = (scope.get("client") or ("", 0))[0]
        if site is not None:  # TLS ends before us: redirects and links are made of this
            scope["scheme"] = site.origin.origin.partition(":")[0]
        scope[SCOPE_KEY] = Visit(site, find_client(peer, forwarded, self.trusted_proxies))
        if not scope["path"].isprintable():
            return Refusal(400, "The path has a control character.")
        return None


def judge_headers(headers: Sequence[tuple[bytes, bytes]], size: int = MAX_BODY) -> Refusal | None:
    """Why a request with these headers is refused, or None."""
    sizes = [len(name) + len(value) for name, value in headers]
    if len(sizes) > MAX_HEADERS or sum(sizes) > MAX_HEADERS_BYTES or max(sizes, default=0) > MAX_HEADER_BYTES:
        return Refusal(431, "The headers are too large.", _CLOSE)
    if _CONTROL.search(b"\t".join([value for _, value in headers])):
        return Refusal(400, "A header has a control character.", _CLOSE)
    names = [name for name, _ in headers]
    if len(set(names)) < len(names) and any(names.count(name) > 1 for name in _SINGLE):
        return Refusal(400, "A header that may come once came twice.", _CLOSE)
    if b"content-length" in names and b"transfer-encoding" in names:
        return Refusal(400, "Content-Length and Transfer-Encoding exclude each other.", _CLOSE)
    return _judge_body(headers, size)


def _judge_body(headers: Sequence[tuple[bytes, bytes]], size: int) -> Refusal | None:
    length = _get(headers, b"content-length")
    if length is not None and not (length.isascii() and length.isdigit()):
        return Refusal(400, "Content-Length is not a number.", _CLOSE)
    if length is not None and int(length[:20]) > size:
        return Refusal(413, _too_large(size), _CLOSE)
    encoding = _get(headers, b"content-encoding")
    if encoding is not None and encoding.strip().lower() not in {"", "identity"}:
        return Refusal(
            415, "Send the body without Content-Encoding.", {**_CLOSE, "accept-encoding": "identity"}
        )
    return None


class _Body:
    """Counts a body and times it; both faults surface where the application reads it."""

    def __init__(self, receive: Receive, limit: BodyLimit) -> None:
        self._receive = receive
        self._most = limit.size
        self._deadline = asyncio.get_running_loop().time() + limit.seconds
        self._size = 0
        self._is_complete = False

    async def receive(self) -> Message:
        if self._is_complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            raise HTTPException(408, "The body took too long.", _CLOSE) from error
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            self._is_complete = not message.get("more_body", False)
        if self._size > self._most:
            raise HTTPException(413, _too_large(self._most), _CLOSE)
        return message


def _too_large(size: int) -> str:
    return f"The body may have {size} bytes."


def _get(headers: Sequence[tuple[bytes, bytes]], wanted: bytes) -> str | None:
    for name, value in headers:
        if name == wanted:
            return value.decode("latin-1")
    return None
