"""What another server answers to a fetch or a delivery: a document, or a fault that names it, never anything else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

import httpx
from hypothesis import strategies as st

from federation.client import Client, ClientOptions, Deadlines, Limits, Signer, open_client
from federation.errors import RemoteFault
from federation.vocabulary import Iri, Millis
from tests.federation.signatures.samples import rsa_key
from tests.fuzz.documents import JRD, LINKS, NODEINFO
from tests.fuzz.mutations import samples, spoiled_documents
from tests.fuzz.targets import Target

CAP = 4096
"""Bytes of a document, so that what is too long is so quickly."""

TYPES = (
    *(b"application/activity+json", b'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'),
    *(
        b"application/jrd+json",
        b"application/json",
        b"text/html",
        b"",
        b"a/b, c/d",
        b"\xff",
        b"application/ld+json",
    ),
)
LOCATIONS = (
    *(
        b"https://p.test/users/alice",
        b"/x",
        b"//e.test/x",
        b"http://p.test/",
        b"https://127.0.0.1/",
        b"file:///etc/passwd",
    ),
    *(
        b"",
        b"\xff",
        b"https://[",
        b"https://p.test/../x",
        b"https://p.test:22/",
        b"?",
        b"#",
        b"https://machi.test/x",
        b"\xe9\xa7\x85",
    ),
)
FIELDS = (
    *((b"content-encoding", b"gzip"), (b"content-encoding", b"identity"), (b"content-length", b"-1")),
    *(
        (b"content-length", b"9" * 30),
        (b"content-length", b"99999"),
        (b"content-length", b"\xb2"),
        (b"retry-after", b"9" * 5000),
    ),
    *(
        (b"retry-after", b"Fri, 31 Dec 9999 23:59:59 GMT"),
        (b"retry-after", b"-1"),
        (b"date", b"Sun, 22 Nov 2026 09:31:20 GMT"),
    ),
    *((b"date", b"0"), (b"x", b"\xff"), (b"set-cookie", b"a=b"), (b"transfer-encoding", b"chunked")),
)


class Reply(NamedTuple):
    """One answer of a stranger's server."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    chunks: tuple[bytes, ...]


class _Body(httpx.AsyncByteStream):
    def __init__(self, chunks: tuple[bytes, ...]) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


class Stranger(httpx.AsyncBaseTransport):
    """Answers each request with the next of its replies."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.asked: list[httpx.URL] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        if not self.replies:
            raise httpx.ConnectError("nobody there")
        reply = self.replies.pop(0)
        return httpx.Response(reply.status, headers=list(reply.headers), stream=_Body(reply.chunks))


@cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner()


def _open(stranger: Stranger) -> Client:
    options = ClientOptions(
        contact="https://machi.test",
        own_origins={"https://machi.test"},
        clock=lambda: Millis(1_795_339_880_000),
        deadlines=Deadlines(fetch=5.0),
        limits=Limits(body_bytes=CAP),
    )
    return open_client(options, transport=stranger)


async def _ask(replies: list[Reply], use: Callable[[Client], Coroutine[Any, Any, object]]) -> Stranger:
    stranger = Stranger()
    async with _open(stranger) as client:
        stranger.replies = list(replies)
        with suppress(RemoteFault):
            await use(client)
    return stranger


SIGNER = Signer(Iri("https://machi.test/actor#main-key"), rsa_key())
USES: tuple[Callable[[Client], Coroutine[Any, Any, object]], ...] = (
    lambda client: client.fetch("https://p.test/x"),
    lambda client: client.fetch_document("https://p.test/users/alice", SIGNER),
    lambda client: client.fetch_webfinger("alice", "p.test"),
    lambda client: client.fetch_nodeinfo("p.test"),
)


def check_fetch(given: tuple[int, list[Reply]]) -> None:
    """Every way of fetching ends in a document or a fault of the other side, and asks a few times at most."""
    use, replies = given
    stranger = _runner().run(_ask(replies, USES[use]))
    assert len(stranger.asked) <= 24
    for url in stranger.asked:
        assert url.scheme == "https"
        assert url.host not in {"machi.test", "127.0.0.1"}
        assert url.port is None


def check_delivery(replies: list[Reply]) -> None:
    """A delivery never raises, whatever is answered."""

    async def deliver(client: Client) -> None:
        result = await client.post("https://p.test/inbox", b"{}", SIGNER)
        assert result.status is None or 100 <= result.status < 1000
        assert result.retry_after is None or result.retry_after >= 0

    assert len(_runner().run(_ask(replies, deliver)).asked) <= 4


_bodies = (
    spoiled_documents([JRD, LINKS, NODEINFO, *samples()[:30]])
    | st.binary(max_size=20)
    | st.just(b"x" * (CAP + 1))
)
_statuses = st.sampled_from(
    [200, 200, 200, 301, 302, 303, 307, 308, 401, 403, 404, 410, 429, 500, 503, 204, 206, 999]
)
_headers = st.builds(
    lambda kind, place, more: ((b"content-type", kind), (b"location", place), *more),
    st.sampled_from(TYPES),
    st.sampled_from(LOCATIONS),
    st.lists(st.sampled_from(FIELDS), max_size=3),
)
_replies = st.builds(Reply, _statuses, _headers, st.lists(_bodies, min_size=1, max_size=2).map(tuple))
_several = st.lists(_replies, min_size=1, max_size=5)

TARGETS = (
    Target("fetches", st.tuples(st.integers(0, len(USES) - 1), _several), check_fetch, 120),
    Target("deliveries", _several, check_delivery, 60),
)
