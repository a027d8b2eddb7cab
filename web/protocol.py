"""HTTP/1.1 connections with deadlines: uvicorn's protocol waits for ever for headers, and reads any number.

Everything that is visible in a complete request is judged by `web.guard`.
"""

import asyncio
from typing import Any, Final

import uvicorn
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from web.guard import BODY_SECONDS, MAX_HEADERS_BYTES
from web.settings import Listen

HEAD_SECONDS: Final = 20.0
"""From the first byte of a connection or request to the end of its headers."""
GRACE_SECONDS: Final = 5.0
"""So that the guard's own answer to a slow body leaves first."""
MAX_HEAD_BYTES: Final = 2 * MAX_HEADERS_BYTES
"""Of headers that have not ended; the guard judges those that have."""
KEEP_ALIVE_SECONDS: Final = 75
"""As nginx: a proxy that keeps connections for a minute must never write into one that we just closed."""
SHUTDOWN_SECONDS: Final = 20

_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class TimedProtocol(HttpToolsProtocol):
    """One connection. A single timer stands behind whatever of a message has yet to come."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._timer: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the first request its time."""
        super().connection_made(transport)
        self._arm(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, and give up on headers that never end."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_head = True
        self._arm(HEAD_SECONDS)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its body has a time of its own."""
        self._in_head = False
        self._arm(BODY_SECONDS + GRACE_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is here."""
        self._in_head, self._head_bytes = True, 0
        self._disarm()
        super().on_message_complete()

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._timer = self.loop.call_later(seconds, self._give_up)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def server_config(app: Any, listen: Listen) -> Config:
    """Return how we run uvicorn: our protocol, no guesses from headers, no second access log."""
    return uvicorn.Config(
        app,
        host=listen.host,
        port=listen.port,
        loop="uvloop",
        http=TimedProtocol,
        ws="none",
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
