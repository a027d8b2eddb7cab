"""The high-water mark: before a disk is full, what makes it grow is put off, and everything else goes on.

Reading, signing in, deciding, deleting and delivering need little, and the rest of the disk is kept for them.
"""

from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from federation.errors import Overloaded
from web.disk import Disks
from web.errors import answer_fault, is_inbox

RETRY_SECONDS: Final = 600
"""Somebody has to make room."""

GROWING: Final = ("/api/",)
"""Paths to which strangers and many people write; inboxes are the others, and reports, which are read first."""
_WRITING: Final = frozenset({"POST", "PUT", "PATCH"})


class HighWater:
    """Puts off requests that make the node grow while a disk is full: 429 at an inbox, 503 elsewhere."""

    def __init__(self, app: ASGIApp, disks: Disks) -> None:
        self._app = app
        self._disks = disks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] == "http" and scope["method"] in _WRITING and _grows(scope) and self._disks.full:
            fault = Overloaded("a disk is almost full", retry_after=RETRY_SECONDS)
            response = await answer_fault(Request(scope, receive), fault)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _grows(scope: Scope) -> bool:
    return is_inbox(Request(scope)) or scope["path"].startswith(GROWING)
