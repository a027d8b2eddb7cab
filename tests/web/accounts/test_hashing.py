"""Passwords wait in line, two at once, and a line that is too long is not joined."""

import asyncio
import threading

import pytest

from actors.signin.passwords import Hasher
from federation.errors import Overloaded
from web.accounts.hashing import AT_ONCE, MOST_WAITING, Hashing

pytestmark = pytest.mark.anyio


class SlowHasher(Hasher):
    """Waits until it may go on, and counts how many do so at once."""

    def __init__(self) -> None:
        super().__init__(memory_kib=8, passes=1)
        self.may_go_on = threading.Event()
        self.lock = threading.Lock()
        self.running = self.most = 0

    def verify(self, password: str, stored: str | None) -> bool:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        assert self.may_go_on.wait(30)
        with self.lock:
            self.running -= 1
        return super().verify(password, stored)


async def test_two_at_once_and_a_line_that_ends() -> None:
    hasher = SlowHasher()
    hashing = Hashing(hasher)
    stored = await hashing.hash("niwatori hasami")
    waiting = [asyncio.create_task(hashing.verify("niwatori hasami", stored)) for _ in range(MOST_WAITING)]
    async with asyncio.timeout(30):
        while hasher.running < AT_ONCE:
            await asyncio.sleep(0)
    with pytest.raises(Overloaded) as refused:
        await hashing.verify("niwatori hasami", stored)
    assert refused.value.retry_after == 5
    hasher.may_go_on.set()
    assert all(await asyncio.gather(*waiting))
    assert hasher.most == AT_ONCE
    assert await hashing.verify("niwatori hasami", stored)
