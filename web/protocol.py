"""HTTP/1.1 connections with deadlines: uvicorn's protocol waits for ever for headers, and reads any number.

Everything that is visible in a complete request is judged by `web.guard`.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any, Final, cast

import uvicorn
from uvicorn._types import ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from web.guard import BODY_SECONDS, LONGEST_BODY_SECONDS, MAX_HEADERS_BYTES
from web.settings import Listen

HEAD_SECONDS: Final = 20.0
"""From the first byte of a connection or request to the end of its headers."""
GRACE_SECONDS: Final = 5.0
"""So that the guard's own answer to a slow body leaves first."""
MAX_HEAD_BYTES: Final = 2 * MAX_HEADERS_BYTES
"""Of headers that have not ended; the guard judges those that have."""
LINGER_SECONDS: Final = 2.0
LINGER_BYTES: Final = 1 << 20
"""How long and how much of a refused request is still read and thrown away, so that its sender can read why."""
KEEP_ALIVE_SECONDS: Final = 75
"""As nginx: a proxy that keeps connections for a minute must never write into one that we just closed."""
SHUTDOWN_SECONDS: Final = 20

STALLED_SECONDS: Final = 60.0
"""How long a peer may take nothing of what is written to it: beyond the slowest telephone it is a trick."""
PING_SECONDS: Final = 30.0
"""Between the pings of a WebSocket, and until one has to be answered."""
MAX_MESSAGE: Final = 16 << 10
"""Bytes of one message by WebSocket; an app subscribes with a hundred."""

_NO_TEXT: Final = 1007
"""RFC 6455 §7.4.1: data that is not of the type of its message."""

UPLOADS: Final = re.compile(r"/api/v[12]/(?:media|accounts/update_credentials|profile)(?:/.*)?")
"""Where large bodies may come, as far as a connection knows; the guard has the list."""

_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class _Impatient(asyncio.Protocol):
    """Drops a peer that takes nothing of what is written: what waits for it is held in memory."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    _stalled: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """Too much waits: from now the peer has its time to take some."""
        super().pause_writing()
        self._stalled = self.loop.call_later(STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It has taken some."""
        super().resume_writing()
        self._forget_stall()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._forget_stall()
        super().connection_lost(exc)

    def _forget_stall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


class SocketProtocol(_Impatient, WebSocketsSansIOProtocol):
    """One WebSocket, after its handshake has been read. What a stranger does wrong is no error of ours in the log."""

    def send_receive_event_to_app(self) -> None:
        """What says that it is text, and is none, ends the socket (RFC 6455 §8.1)."""
        if self.curr_msg_data_type == "text" and not _is_text(b"".join(self.frames)):
            self.conn.send_close(_NO_TEXT)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    async def send(self, message: ASGISendEvent) -> None:
        """Send; a refusal that is complete ends the handshake too, or uvicorn complains that nothing did."""
        await super().send(message)
        if self.close_sent:
            self.handshake_complete = True


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


class TimedProtocol(_Impatient, HttpToolsProtocol):
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
        self._is_whole = True
        self._thrown_away = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the first request its time."""
        patient = _PatientTransport(transport, self.linger)
        super().connection_made(cast("asyncio.Transport", patient))
        self._arm(HEAD_SECONDS)

    def linger(self) -> bool:
        """Take it that the answer was the last one; whether there may be more to throw away first."""
        if self._is_whole:
            return False
        self._arm(LINGER_SECONDS)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, and give up on headers that never end."""
        if self.transport.is_closing():
            self._throw_away(len(data))
            return
        self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def _throw_away(self, count: int) -> None:
        self._thrown_away += count
        if self._thrown_away > LINGER_BYTES:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_head, self._is_whole = True, False
        self._arm(HEAD_SECONDS)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its body has a time of its own."""
        self._in_head = False
        super().on_headers_complete()
        is_upload = UPLOADS.fullmatch(self.scope.get("path", "")) is not None  # an upgrade has no path yet
        self._arm((LONGEST_BODY_SECONDS if is_upload else BODY_SECONDS) + GRACE_SECONDS)

    def on_message_complete(self) -> None:
        """All of it is here."""
        self._in_head, self._head_bytes, self._is_whole = True, 0, True
        self._disarm()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """What comes now is no HTTP any more."""
        self._disarm()
        super().handle_websocket_upgrade()

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._timer = self.loop.call_later(seconds, self._give_up)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self.transport.abort()


class _PatientTransport:
    """A transport that is closed in two steps where a request is refused before its end (RFC 9112 §9.6).

    A socket that is closed with bytes unread resets the connection, and the answer is lost on its way.
    """

    def __init__(self, transport: asyncio.Transport, linger: Callable[[], bool]) -> None:
        self._transport = transport
        self._linger = linger
        self._is_lingering = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Whether nothing more will be said."""
        return self._is_lingering or self._transport.is_closing()

    def close(self) -> None:
        """Say no more; the second time, or where nothing more can come, hear no more either."""
        if self._is_lingering or self._transport.is_closing() or not self._linger():
            self._transport.close()
            return
        self._is_lingering = True
        self._transport.write_eof()
        self._transport.resume_reading()


def server_config(app: Any, listen: Listen) -> Config:
    """Return how we run uvicorn: our protocol, no guesses from headers, no second access log."""
    return uvicorn.Config(
        app,
        host=listen.host,
        port=listen.port,
        loop="uvloop",
        http=TimedProtocol,
        ws=SocketProtocol,
        ws_max_size=MAX_MESSAGE,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        ws_per_message_deflate=False,  # a window for each socket costs more memory than all else of it
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
