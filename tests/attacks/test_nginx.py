"""The site that we recommend: what it says while the server is away."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.attacks.rig.fronts import Front, has_nginx, run_nginx
from tests.attacks.rig.places import Authority
from tests.attacks.rig.wire import Answer, Request, render_head
from tests.testrig.processes import free_port
from web.mastodon.routes import BODY_LIMITS

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(not has_nginx(), reason="nginx is not installed")]


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    """With nothing behind it."""
    authority = Authority(tmp_path)
    front = Front("nginx", ("127.0.0.1", free_port()), "sut.localhost", authority.client_context())
    upstream, papers = ("127.0.0.1", free_port()), authority.papers(front.host)
    async with run_nginx(front, upstream, papers, tmp_path / "nginx"):
        yield front


async def ask(front: Front, method: str, path: str) -> Answer:
    connection = await front.connect()
    try:
        return await connection.ask(Request(method, path, [("Host", front.host)], b"{}"))
    finally:
        connection.close()


@pytest.mark.parametrize(
    "path", ["/inbox", "/actor/inbox", "/areas/machi/inbox", "/people/hanako_1/inbox", "/inbox?from=p"]
)
async def test_inboxes_ask_to_come_back(front: Front, path: str) -> None:
    """Some servers take a 5xx for delivered, and the post is lost."""
    answer = await ask(front, "POST", path)
    assert answer.status == 429
    assert answer.header("retry-after") == "60"
    assert answer.json()["status"] == 429


@pytest.mark.parametrize(("method", "path"), BODY_LIMITS)
async def test_what_the_server_takes_gets_through(front: Front, method: str, path: str) -> None:
    """And no byte more than a megabyte in which the rest of a form has room."""
    size = BODY_LIMITS[method, path].size
    assert await judge_length(front, method, path, size) == 502
    assert await judge_length(front, method, path, size + (1 << 20)) == 413
    assert await judge_length(front, method, f"{path}/1", size) == 413


async def judge_length(front: Front, method: str, path: str, length: int) -> int:
    """What is said to headers that announce so much; nothing of it is sent."""
    connection = await front.connect()
    try:
        head = Request(method, path, [("Host", front.host), ("Content-Length", str(length))])
        await connection.write(render_head(head))
        return (await connection.answer(method)).status
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/", "/areas/machi", "/people/hanako/outbox", "/areas/a/b/inbox"])
async def test_pages_say_that_nobody_is_there(front: Front, path: str) -> None:
    assert (await ask(front, "GET", path)).status == 502
