"""Bytes as they come from a connection: whatever they are, only whole answers of ours go back."""

import asyncio
import re
from typing import Any

from hypothesis import strategies as st
from uvicorn.server import ServerState

from tests.fuzz.mutations import spoiled_bytes
from tests.fuzz.targets import Target
from tests.fuzz.town import Rig
from web.protocol import TimedProtocol, server_config
from web.settings import Listen

STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
GET = b"GET / HTTP/1.1\r\nHost: machi.test\r\nAccept: text/html\r\n\r\n"
FORM = (
    b"POST /report HTTP/1.1\r\nHost: machi.test\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Sec-Fetch-Site: same-origin\r\nContent-Length: 34\r\n\r\nuri=https%3A%2F%2Fp.test%2F&text=x"
)
CHUNKED = (
    b"POST /inbox HTTP/1.1\r\nHost: machi.test\r\nContent-Type: application/activity+json\r\n"
    b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n2;x=y\r\n1}\r\n0\r\nTrailer: x\r\n\r\n'
)
SEEDS = (
    GET,
    FORM,
    CHUNKED,
    GET + GET,
    FORM + GET,
    b"GET /healthz HTTP/1.0\r\n\r\n",
    b"GET http://machi.test/areas/megumino HTTP/1.1\r\nHost: machi.test\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: machi.test\r\n\r\n",
    b"CONNECT e.test:443 HTTP/1.1\r\nHost: e.test:443\r\n\r\n",
    b"POST /inbox HTTP/1.1\r\nHost: machi.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
    b"GET / HTTP/1.1\r\nHost: machi.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x00",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)
TOKENS = (
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b" ",
        b"\t",
        b":",
        b"\0",
        b"\x7f",
        b"\xff",
        b"%",
        b"%2",
        b"%00",
        b"?",
        b"#",
        b"//",
    ),
    *(
        b"Host: e.test\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 5, 5\r\n",
        b"content-length:+5\r\n",
    ),
    *(
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b" folded\r\n",
    ),
    *(
        b"Connection: close\r\n",
        b"Upgrade: h2c\r\n",
        b"HTTP/0.9",
        b"HTTP/1.1",
        b"HTTP/9.9",
        b"0\r\n\r\n",
        b"ffffffffffffffff\r\n",
    ),
    *(
        b"X: " + b"a" * 9000 + b"\r\n",
        b"A: b\r\n" * 120,
        b"/" + b"a" * 9000,
        b"GET ",
        b"get ",
        b"X" * 40,
        b";",
        b"\xe9\xa7\x85",
    ),
)


class Wire(asyncio.Transport):
    """The near end of a connection, which remembers what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"peername": ("203.0.113.7", 50_000), "sockname": ("127.0.0.1", 8000)}.get(name, default)

    def write(self, data: Any) -> None:
        if not self.is_closed:
            self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True

    def write_eof(self) -> None:
        """What is still to come may come."""

    def pause_reading(self) -> None:
        """Nothing more comes than what is there."""

    def resume_reading(self) -> None:
        """See `pause_reading`."""


async def talk(app: Any, pieces: list[bytes]) -> bytes:
    """Send the pieces over one connection, then end it; returns what came back."""
    state, wire = ServerState(), Wire()
    protocol = TimedProtocol(server_config(app, Listen("127.0.0.1", 0)), state, {})
    protocol.connection_made(wire)
    for piece in pieces:
        if not wire.is_closed:
            protocol.data_received(piece)
    while state.tasks:
        if protocol.cycle.more_body:  # the rest of the body never comes
            protocol.connection_lost(None)
        await asyncio.gather(*state.tasks)
    protocol.connection_lost(None)
    return wire.written


def check_bytes(pieces: list[bytes]) -> None:
    """Every answer is one of ours, and none says that we failed."""
    assert Rig.now is not None
    Rig.now.clock.advance(minutes=6)
    answered = Rig.now.run(talk(Rig.now.app, pieces))
    assert not answered or STATUS.match(answered), answered[:100]
    statuses = [int(found) for found in STATUS.findall(answered)]
    assert all(status < 500 for status in statuses), answered[:300]


_streams = spoiled_bytes(SEEDS, TOKENS, most=2)
_pieces = st.builds(lambda data, at: [data[:at], data[at:]], _streams, st.integers(0, 400))
TARGETS = (Target("connections", _pieces, check_bytes, 120, needs_town=True),)
