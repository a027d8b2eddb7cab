"""Is it alive, can it serve: for load balancers and supervisors, at any host name."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from federation.errors import Overloaded
from outbox import clockwatch
from outbox.oversight import find_lag
from web.node import node_of

MOST_UNNUMBERED: Final = 60_000
"""Milliseconds for which something said may wait for the sequencer; its work takes some milliseconds."""

_NO_STORE: Final = {"cache-control": "no-store"}


async def serve_health(_request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"}, headers=_NO_STORE)


async def serve_word(_request: Request) -> Response:
    """The same in the one word that client libraries ask for (Mastodon's `/health`)."""
    return PlainTextResponse("OK", headers=_NO_STORE)


async def serve_readiness(request: Request) -> Response:
    """The database answers, the clock is right, what is said gets numbered; else 503 with the reason."""
    node = node_of(request)
    problems = []
    lag = None
    try:
        await node.database.ping()
        lag = await node.database.read(find_lag)
    except Overloaded:
        problems.append("the database does not answer")
    skew = node.worker.skew
    if skew is not None and abs(skew) > clockwatch.WRONG:
        problems.append(f"the clock is {abs(skew):.0f} s {'slow' if skew > 0 else 'fast'}")
    waiting = None if lag is None or lag.unnumbered_since is None else node.clock() - lag.unnumbered_since
    if waiting is not None and waiting > MOST_UNNUMBERED:
        problems.append("delivery stands still")
    undelivered = None if lag is None else lag.undelivered_since
    body = {
        "status": "not ready" if problems else "ok",
        "problems": problems,
        "delivery_lag_seconds": 0 if undelivered is None else max(0, node.clock() - undelivered) // 1000,
        "clock_skew_seconds": skew,
        "is_disk_full": node.disks.full,
    }
    return JSONResponse(body, 503 if problems else 200, headers=_NO_STORE)
