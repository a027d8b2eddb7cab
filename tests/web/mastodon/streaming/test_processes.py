"""What another process of a PostgreSQL database does is heard at once, and so is what it ends."""

import pytest

from actors.oauth.tokens import revoke_of_actor
from tests.testrig.world import Town
from tests.web.mastodon.streaming.conftest import Scene
from web.node import open_node

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
async def test_processes_hear_each_other(scene: Scene) -> None:
    town = scene.town
    hanako, source = await scene.socket("hanako", "user"), await scene.source("hanako", "user")
    async with open_node(town.node.settings, clock=town.node.clock) as node:
        other = Town(node, node.clock)
        post, _ = await other.post(scene.people["sora"], "となりのプロセスから")
        for each in (hanako, source):
            (event,) = await each.until("update", post.id)
            assert event.payload["content"] == "<p>となりのプロセスから</p>"
        await other.write(revoke_of_actor, scene.people["hanako"].id, node.clock())
        assert await hanako.end_code() == 1008
        await source.end_code()
