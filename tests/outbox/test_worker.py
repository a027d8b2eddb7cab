"""Delivery from end to end: what was said arrives, once, in order, by the right door."""

import pytest

from tests.outbox.world import World

pytestmark = pytest.mark.anyio


async def test_an_entry_reaches_each_server_once(world: World) -> None:
    area = await world.local("megumino")
    first = await world.remote("a", "one.test")
    second = await world.remote("b", "one.test")
    third = await world.remote("c", "two.test", shared=False)
    await world.follow(area, first, second, third)
    await world.say(area, "hello")
    await world.deliver()
    assert sorted(world.inboxes.urls()) == ["https://one.test/inbox", "https://two.test/users/c/inbox"]
    await world.deliver()
    assert len(world.inboxes.posts) == 2
