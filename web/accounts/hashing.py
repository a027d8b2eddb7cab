"""Passwords are hashed beside the event loop, a few at a time: each takes 30 ms and 19 MiB."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from actors.signin.passwords import Hasher
from federation.errors import Overloaded

AT_ONCE: Final = 2
MOST_WAITING: Final = 50
"""A second of waiting; whoever comes then is asked to come again."""

T = TypeVar("T")


class Hashing:
    """The hasher of a node, behind a queue of bounded length."""

    def __init__(self, hasher: Hasher | None = None) -> None:
        self._hasher = hasher or Hasher()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return the hash of a new password."""
        return await self._run(self._hasher.hash, password)

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether a password is right; None, for nobody's, takes as long and is never right."""
        return await self._run(self._hasher.verify, password, stored)

    async def _run(self, function: Callable[..., T], *args: object) -> T:
        if self._waiting >= MOST_WAITING:
            raise Overloaded("too many passwords at once", retry_after=5)
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(function, *args)
        finally:
            self._waiting -= 1
