"""What is answered when something of ours is wrong."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.errors import handlers

pytestmark = pytest.mark.anyio


async def fail(_request: Request) -> Response:
    raise RuntimeError("a bug")


async def test_a_bug_behind_an_inbox_asks_to_come_later_and_on_another_connection() -> None:
    """The server drops the connection after it, and a sender may try again at once."""
    app = Starlette(routes=[Route("/inbox", fail, methods=["POST"])], exception_handlers=handlers())
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://machi.example") as client:
        answer = await client.post("/inbox", content=b"{}")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["connection"] == "close"
    assert "a bug" not in answer.text
