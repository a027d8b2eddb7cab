"""Answers in memory: a document that anyone may keep for a minute is made once, for as long as nothing is committed.

When a post is boosted, hundreds of servers ask within seconds for it and for its author. It is a shared cache as of
RFC 9111, with one difference: once the database says that something was committed, everything is made anew, so that
what is edited or deleted here is so for everybody. Where the database cannot say so at once, nothing is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from federation.client.recent import Recent
from federation.vocabulary import Millis

KEPT: Final = 1_000
LARGEST: Final = 16_384
"""Bytes of an answer that is kept; of all together 16 MB."""
LONGEST_KEY: Final = 1_000
FRESH_MS: Final = 60_000
"""As the documents say themselves: what the clock changes is not told by the database."""

_BY_ITSELF: Final = frozenset(
    {b"range", b"if-none-match", b"if-modified-since", b"if-match", b"if-unmodified-since", b"if-range"}
)
"""Headers by which an answer may become another one."""
_BODY: Final = frozenset({b"transfer-encoding", b"content-length"})
_OK: Final = 200

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Kept:
    stamp: int
    at: Millis
    headers: Headers
    body: bytes


class Remembered:
    """Wraps the application. `stamp` is another number after each commit, or None (`web.database`)."""

    def __init__(self, app: ASGIApp, stamp: Callable[[], int | None], clock: Callable[[], Millis]) -> None:
        self.app = app
        self._stamp = stamp
        self._clock = clock
        self._kept: Recent[tuple[bytes, ...], _Kept] = Recent(KEPT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or let the application do it and remember."""
        key = _find_key(scope)
        stamp = None if key is None else self._stamp()
        if key is None or stamp is None:
            await self.app(scope, receive, send)
            return
        now, kept = self._clock(), self._kept.get(key)
        if kept is not None and kept.stamp == stamp and 0 <= now - kept.at < FRESH_MS:
            await send({"type": "http.response.start", "status": _OK, "headers": list(kept.headers)})
            await send({"type": "http.response.body", "body": kept.body})
            return
        recorder = _Recorder(send)
        await self.app(scope, receive, recorder.send)
        if recorder.headers is not None and recorder.body is not None:
            # The stamp is older than the answer: what is committed meanwhile makes the answer stale at once.
            self._kept.put(key, _Kept(stamp, now, recorder.headers, recorder.body))


def _find_key(scope: Scope) -> tuple[bytes, ...] | None:
    """What tells a GET from others; None for what is always asked anew."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    host = accept = b""
    for name, value in scope["headers"]:
        if name == b"host":
            host = value
        elif name == b"accept":
            accept += value + b","
        elif name in _BY_ITSELF or (name in _BODY and value != b"0"):
            return None
    key = (host, accept, scope["path"].encode(errors="surrogatepass"), scope["query_string"])
    return key if sum(map(len, key)) <= LONGEST_KEY else None


class _Recorder:
    """Passes an answer on; afterwards it has what may be kept of it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.headers: Headers | None = None
        self.body: bytes | None = None

    async def send(self, message: Message) -> None:
        """Before layers outside add to its headers."""
        if message["type"] == "http.response.start":
            headers: Headers = list(message["headers"])
            self.headers = headers if message["status"] == _OK and _is_for_all(headers) else None
        elif message["type"] == "http.response.body":
            body: bytes = message.get("body", b"")
            is_whole = self.body is None and not message.get("more_body", False)
            self.body = body if is_whole and len(body) <= LARGEST else None
            self.headers = self.headers if is_whole else None
        else:
            self.headers = None
        await self._send(message)


def _is_for_all(headers: Headers) -> bool:
    """Whether an answer says that any cache may keep it, and depends on nothing but `Accept`."""
    found = dict(headers)
    return (
        found.get(b"cache-control", b"").startswith(b"public")
        and found.get(b"vary", b"Accept") == b"Accept"
        and b"set-cookie" not in found
    )
