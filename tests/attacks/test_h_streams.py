"""H22, H23: streams of the client API."""

import asyncio
import json
import struct
import time
import zlib
from contextlib import suppress
from urllib.parse import quote

import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.apps import App, Resident, resident, stranger
from tests.attacks.rig.browsers import signed_in
from tests.attacks.rig.oauth import get_token, register
from tests.attacks.rig.ours import ask, own, parse
from tests.attacks.rig.streams import (
    BINARY,
    CLOSE,
    PING,
    TEXT,
    Socket,
    frame,
    listen,
    open_events,
    open_socket,
)
from tests.attacks.rig.wire import Answer, read_body

REFUSED = {400, 401, 403, 404}
SSE = ("user", "user/notification", "public", "public/local", "hashtag?tag=a", "direct", "list?list=1")
CLOSE_SECONDS = 5.0
SLACK = 2.0
"""For a machine that is busy with other things."""
MEGABYTE = 1 << 20


async def refusals(app: App, *, query: str = "", protocol: str = "", origin: str = "") -> list[int]:
    """What is said to one who asks for streams of either kind."""
    headers = [("Sec-WebSocket-Protocol", protocol)] if protocol else []
    headers += [("Origin", origin)] if origin else []
    opened = await open_socket(app, query, headers)
    if isinstance(opened, Socket):
        opened.close()
    statuses = [101 if isinstance(opened, Socket) else opened.status]
    for path in SSE:
        connection, answer = await open_events(app, path)
        connection.close()
        statuses.append(answer.status)
    return statuses


@pytest.mark.both_fronts
async def test_H22_tokens(rig: Rig) -> None:
    """Nobody listens without a good one that allows it, and nobody goes on when it ends."""
    own(rig)
    _, browser = await signed_in(rig)
    client = await register(rig)
    token = await get_token(browser, client)
    cookie = [("Cookie", "; ".join(f"{name}={value}" for name, value in browser.cookies.items()))]
    for app in (stranger(rig), App(rig, "x" * 43, rig.stranger()), App(rig, token + "x", rig.stranger())):
        assert set(await refusals(app)) <= REFUSED
        assert set(await refusals(app, origin="https://e.test")) <= REFUSED
    for query, headers in (
        ("?access_token=x", []),
        ("", cookie),
        ("", [*cookie, ("Origin", rig.origin)]),
        ("", [("Sec-WebSocket-Protocol", "x, y")]),
        ("?stream=user", [("Sec-WebSocket-Protocol", token[:-1])]),
    ):
        opened = await open_socket(stranger(rig), query, headers)
        assert isinstance(opened, Answer), (query, headers)
        assert opened.status in REFUSED
    from_page = [("Sec-WebSocket-Protocol", token), ("Origin", "https://e.test")]
    by_protocol = await open_socket(stranger(rig), "", from_page)
    assert isinstance(by_protocol, Socket), "as browsers have to"
    by_protocol.close()
    itself = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": client.secret}
    of_app = (await client.app.post("/oauth/token", itself)).json()["access_token"]
    assert set(await refusals(App(rig, of_app, rig.stranger()))) <= REFUSED
    await check_scopes(rig)
    await check_ends(rig)


async def check_scopes(rig: Rig) -> None:
    """What a token may not read, it does not hear; nor another's list."""
    narrow, owner = await resident(rig, "profile"), await resident(rig)
    kept = (await owner.post("/api/v1/lists", {"title": "x"})).json()
    for app, channel in (
        (narrow, {"stream": "user"}),
        (narrow, {"stream": "user:notification"}),
        (narrow, {"stream": "direct"}),
        (await resident(rig), {"stream": "list", "list": kept["id"]}),
        (owner, {"stream": "nothing"}),
    ):
        socket = await listen(app, channel)
        await socket.until("error")
        socket.close()
        connection, answer = await open_events(
            app, channel["stream"].replace(":", "/") + f"?list={kept['id']}"
        )
        connection.close()
        assert answer.status in REFUSED, channel
        assert answer.header("access-control-allow-origin") == "*", "apps are told why"


async def check_ends(rig: Rig) -> None:
    """Revoked, signed out, disconnected, suspended: open streams of either kind end at once."""
    for way in ("revoked", "disconnected", "password", "sign-out", "suspended"):
        person, browser = await signed_in(rig)
        client = await register(rig)
        token = await get_token(browser, client)
        app = App(rig, token, rig.stranger())
        socket = await listen(app, {"stream": "user"}, {"stream": "public"})
        events, answer = await open_events(app, "user")
        assert answer.status == 200
        began = time.monotonic()
        if way == "revoked":
            await client.revoke(token)
        elif way == "disconnected":
            page = parse((await browser.get("/account")).body)
            actions = [form.get("action", "") for form in page.iter("form")]
            await browser.post(next(each for each in actions if "/account/apps/" in each))
        elif way == "password":
            await browser.post("/account/password", {"password": "hotondo betsu 77", "everywhere": "1"})
        elif way == "sign-out":
            await ask(rig, "account sign-out", name=person.name)
        else:
            await ask(rig, "actor standing", name=person.name, standing="suspended", reason="迷惑行為")
        assert await socket.ended(CLOSE_SECONDS + SLACK), way
        async with asyncio.timeout(CLOSE_SECONDS + SLACK):
            await read_body(events.reader, list(answer.headers))
        assert time.monotonic() - began < CLOSE_SECONDS + SLACK, way
        socket.close()
        events.close()


CROWD, EACH = 5, 40
"""Accounts behind one address, and the sockets that each would like to have."""


@pytest.mark.both_fronts
@pytest.mark.namespace
async def test_H23_floods(rig: Rig) -> None:
    """Of one account, and of one household: so many sockets, and the others hear on."""
    own(rig)
    taro = await resident(rig)
    await check_frames(rig, taro)
    await check_requests(taro)
    crowd = [App(rig, (await resident(rig)).token, taro.source) for _ in range(CROWD)]
    before = rig.adapter.memory() or 0
    taken = []
    for app in crowd:
        opened = [await open_socket(app) for _ in range(EACH)]
        refused = [each for each in opened if isinstance(each, Answer)]
        assert {each.status for each in refused} == {429}
        assert all(each.header("retry-after") for each in refused)
        taken.append([each for each in opened if isinstance(each, Socket)])
    assert len(taken[-1]) < len(taken[0]), "the household"
    assert (rig.adapter.memory() or 0) - before < 64 * MEGABYTE
    elsewhere = await resident(rig)
    heard = await listen(elsewhere, {"stream": "user"})
    await elsewhere.publish("聞こえますか")
    await heard.until("聞こえますか")
    assert await rig.time_honest() < 3
    for each in (heard, *(socket for sockets in taken for socket in sockets)):
        each.close()


async def check_frames(rig: Rig, taro: Resident) -> None:
    """Huge ones, endless ones, squeezed ones, broken ones: the socket ends, and nothing has grown."""
    deflated = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = deflated.compress(b" " * (32 * MEGABYTE)) + deflated.flush(zlib.Z_SYNC_FLUSH)
    endless = frame(b"x" * 60_000, is_last=False) + frame(b"x" * 60_000, 0, is_last=False) * 60
    for name, data in (
        ("10 MB", frame(b"x" * (10 * MEGABYTE))),
        ("says 2⁶²", b"\x81\xff" + struct.pack(">Q", 1 << 62) + b"\0\0\0\0"),
        ("endless", endless),
        ("squeezed", bytes([0xC0 | TEXT, 0xFF]) + struct.pack(">Q", len(bomb)) + b"\0\0\0\0" + bomb),
        ("binary", frame(b"x", BINARY)),
        ("not masked", b"\x81\x02{}"),
        ("unknown", frame(b"x", 5)),
        ("a large ping", frame(b"x" * 500, PING)),
        ("no UTF-8", frame(b"\xff\xfe")),
        ("a broken end", frame(b"x", CLOSE)),
    ):
        before = rig.adapter.peak(reset=True) or 0
        opened = await open_socket(taro, "", [("Sec-WebSocket-Extensions", "permessage-deflate")])
        assert isinstance(opened, Socket), opened
        with suppress(ConnectionError):  # it has ended already
            await opened.connection.write(data)
        assert await opened.ended(CLOSE_SECONDS + SLACK), name
        assert (rig.adapter.peak() or 0) - before < 16 * MEGABYTE, name
        opened.close()


async def check_requests(taro: Resident) -> None:
    """So many channels, so many requests; what is no request is said to be none, and harms nobody."""
    socket = await listen(taro)
    for text in (
        b"",
        b"x",
        b"[]",
        b"null",
        b"{}",
        b'{"type": 1}',
        b'{"type": "subscribe", "stream": {}}',
        b"[" * 5000,
    ):
        await socket.connection.write(frame(text))
    await socket.until("error")
    for number in range(110):
        await socket.hear(stream="hashtag", tag=f"a{number}")
    await socket.until("429")
    assert socket.is_open
    for query in (
        f"?stream={quote('x' * 3000)}",
        "?stream=hashtag&tag=",
        "?stream=list&list=-1",
        "?stream=list&list=" + "9" * 99,
    ):
        opened = await open_socket(taro, query)
        assert isinstance(opened, Socket), query
        await opened.until("error")
        assert json.dumps(opened.messages)
        opened.close()
    socket.close()
