"""What is refused before anything of ours reads it, and that everything else passes untouched."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from actors.records import ActorRecord, OriginRecord
from federation.addresses import read_networks
from federation.vocabulary import Iri, Millis
from web import guard as guard_module
from web.errors import handlers
from web.guard import MAX_BODY, MAX_HEADERS, Guard, judge_headers
from web.visits import SCOPE_KEY, Site, Sites, find_client, origin_of, visit_of

pytestmark = pytest.mark.anyio
HOST = (b"host", b"town.example")


def make_site(origin: str = "https://town.example", *, is_primary: bool = True) -> Site:
    host = origin.partition("://")[2]
    record = OriginRecord(id=1, origin=origin, host=host, is_primary=is_primary, created_at=Millis(0))
    fields = dict.fromkeys(ActorRecord.__dataclass_fields__)
    return Site(record, ActorRecord(**{**fields, "iri": Iri(f"{origin}/actor"), "name": host}))  # type: ignore[arg-type]


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the whole body as an application would, and says what it saw."""

    async def answer(request: Request) -> JSONResponse:
        body = await request.body()
        visit = visit_of(request)
        origin = None if visit.site is None else origin_of(request).origin
        seen = {"bytes": len(body), "client": visit.client, "origin": origin, "scheme": request.url.scheme}
        return JSONResponse(seen)

    app = Starlette(
        routes=[Route("/{rest:path}", answer, methods=["GET", "POST"])], exception_handlers=handlers()
    )
    await app(scope, receive, send)


def make_guard(**options: object) -> Guard:
    return Guard(echo, sites=Sites([make_site()]), **options)  # type: ignore[arg-type]


async def ask(
    guard: Guard,
    *headers: tuple[bytes, bytes],
    path: str = "/inbox",
    method: str = "POST",
    chunks: "AsyncIterator[bytes] | None" = None,
    peer: str = "192.0.2.1",
) -> tuple[int, bytes]:
    """One request at the level of ASGI, where a client library would already have corrected it."""
    sent: list[Message] = []

    async def receive() -> Message:
        if chunks is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        try:
            return {"type": "http.request", "body": await anext(chunks), "more_body": True}
        except StopAsyncIteration:
            return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("ascii", "replace"),
        "query_string": b"",
        "headers": list(headers),
        "client": (peer, 1),
    }
    await guard(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


async def chunks_of(total: int, size: int = 65_536) -> AsyncIterator[bytes]:
    while total > 0:
        yield b"x" * min(size, total)
        total -= size


async def test_what_is_in_order_passes() -> None:
    status, body = await ask(make_guard(), HOST, chunks=chunks_of(MAX_BODY))
    assert status == 200
    assert b'"bytes":1048576' in body


async def test_an_address_made_of_a_request_has_the_scheme_of_its_origin() -> None:
    """TLS ends at a proxy: what redirects went by was plain HTTP."""
    assert b'"scheme":"https"' in (await ask(make_guard(), HOST))[1]


async def test_a_body_beyond_the_limit_is_refused_while_it_streams() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 65_536
            yield b"x" * 65_536

    status, _ = await ask(make_guard(), HOST, chunks=endless())
    assert status == 413
    assert read <= MAX_BODY + 65_536


async def test_an_announced_length_beyond_the_limit_is_refused_unread() -> None:
    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""  # pragma: no cover

    length = (b"content-length", str(MAX_BODY + 1).encode())
    assert (await ask(make_guard(), HOST, length, chunks=unread()))[0] == 413


async def test_a_slow_body_is_given_up() -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    status, _ = await ask(make_guard(body_seconds=0.01), HOST, chunks=slow())
    assert status == 408


async def test_after_the_body_nothing_is_timed() -> None:
    """Whoever waits for the connection to end may wait for as long as it takes."""
    seen: list[str] = []

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        seen.extend([(await receive())["type"], (await receive())["type"]])

    messages = iter(["http.request", "http.disconnect"])

    async def receive() -> Message:
        kind = next(messages)
        if kind == "http.disconnect":
            for _ in range(5):
                await asyncio.sleep(0)  # a turn of the loop, in which a deadline of 0 s would strike
        return {"type": kind, "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        raise AssertionError("nothing is sent")

    guarded = Guard(app, sites=Sites([make_site()]), body_seconds=0)
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [HOST], "client": ("192.0.2.1", 1)}
    await guarded(scope, receive, send)
    assert seen == ["http.request", "http.disconnect"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([(b"content-length", b"1"), (b"transfer-encoding", b"chunked")], 400),
        ([(b"content-length", b"1"), (b"content-length", b"1")], 400),
        ([(b"content-length", b"+1")], 400),
        ([HOST], 400),
        ([(b"content-encoding", b"gzip")], 415),
        ([(b"content-encoding", b"identity, br")], 415),
        ([(b"signature", b"x" * 65_536)], 431),
        ([(b"x-a", b"x" * 20_000)], 431),
        ([(b"x-a", b"x" * 12_000)] * 3, 431),
        ([(b"x-a", b"x")] * MAX_HEADERS, 431),
        ([(b"x-a", b"a\x00b")], 400),
        ([(b"x-a", b"a\r\nb: c")], 400),
        ([(b"x-a", b"a\tb")], 200),
        ([(b"content-encoding", b"identity")], 200),
    ],
)
async def test_headers_that_make_two_messages_of_one(headers: list[tuple[bytes, bytes]], status: int) -> None:
    assert (await ask(make_guard(), HOST, *headers))[0] == status


def test_no_headers_are_no_fault() -> None:
    assert judge_headers([]) is None


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"town.example", 200),
        (b"TOWN.example", 200),
        (b"town.example.", 200),
        (b"town.example:443", 200),
        (b"town.example:80", 421),
        (b"town.example:8443", 421),
        (b"other.example", 421),
        (b"other.town.example", 421),
        (b"town.example/x", 421),
        (b"user@town.example", 421),
        (b"", 421),
    ],
)
async def test_only_served_hosts_are_answered(host: bytes, status: int) -> None:
    assert (await ask(make_guard(), (b"host", host)))[0] == status


async def test_a_request_without_a_host_is_refused() -> None:
    assert (await ask(make_guard()))[0] == 400


async def test_probes_may_come_with_any_host() -> None:
    status, body = await ask(make_guard(), (b"host", b"10.0.0.5:8000"), path="/healthz", method="GET")
    assert status == 200
    assert b'"origin":null' in body


async def test_plain_http_is_served_only_where_it_is_the_origin() -> None:
    sites = Sites([make_site("http://town.localhost:8001")])
    guard = Guard(echo, sites=sites)
    status, body = await ask(guard, (b"host", b"town.localhost:8001"))
    assert (status, b'"scheme":"http"' in body) == (200, True)
    assert (await ask(guard, (b"host", b"town.localhost")))[0] == 421


@pytest.mark.parametrize(("path", "status"), [("/areas/a\x00b", 400), ("/a\nb", 400), ("/千歳 市", 200)])
async def test_control_characters_reach_no_database(path: str, status: int) -> None:
    """PostgreSQL refuses NUL in a text, SQLite does not: neither gets one."""
    assert (await ask(make_guard(), HOST, path=path, method="GET"))[0] == status


async def test_too_many_at_once_are_told_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_module, "MAX_IN_FLIGHT", 0)
    assert (await ask(make_guard(), HOST))[0] == 429


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.2.3.4, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["1.2.3.4", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("", ["198.51.100.1"], ""),
        ("10.0.0.1", ["fe80::1%eth0"], "fe80::1"),  # Python cannot write out an address with a zone
        ("10.0.0.1", ["1.2.3.4, ::%., 10.0.0.2"], "::"),
        ("fe80::1%eth0", [], "fe80::1"),
        ("2001:DB8:0::1", [], "2001:db8::1"),
    ],
)
def test_only_trusted_proxies_speak_for_others(peer: str, forwarded: list[str], client: str) -> None:
    assert find_client(peer, forwarded, read_networks(["10.0.0.0/8"])) == client


async def test_without_trusted_proxies_the_peer_is_the_client() -> None:
    _, body = await ask(make_guard(), HOST, (b"x-forwarded-for", b"198.51.100.1"))
    assert b'"client":"192.0.2.1"' in body


async def test_a_trusted_proxy_is_believed() -> None:
    guard = make_guard(trusted_proxies=read_networks(["192.0.2.0/24"]))
    _, body = await ask(guard, HOST, (b"x-forwarded-for", b"198.51.100.1"))
    assert b'"client":"198.51.100.1"' in body


async def open_socket(*headers: tuple[bytes, bytes]) -> list[str]:
    """What a guard whose application accepts every WebSocket says to one with these headers."""
    sent: list[Message] = []

    async def accept(scope: Scope, _receive: Receive, send: Send) -> None:
        assert scope[SCOPE_KEY].site is not None
        await send({"type": "websocket.accept"})

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "websocket", "path": "/", "headers": headers, "client": ("192.0.2.1", 1)}
    scope["extensions"] = {"websocket.http.response": {}}
    await Guard(accept, sites=Sites([make_site()]))(scope, receive, send)
    return [str(message.get("status", message["type"])) for message in sent]


async def test_websockets_are_judged_as_requests_are() -> None:
    host = (b"host", b"town.example")
    assert await open_socket(host) == ["websocket.accept"]
    body = "websocket.http.response.body"
    assert await open_socket((b"host", b"elsewhere.example")) == ["421", body]
    assert await open_socket() == ["400", body]
    assert await open_socket(host, host) == ["400", body]
    assert await open_socket(host, (b"x-large", b"x" * 20_000)) == ["431", body]
