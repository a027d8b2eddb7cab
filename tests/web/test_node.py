"""What a node's parts are told of each other when it is wired."""

import pytest

from actors.standing import block_server
from federation.errors import Unreachable
from tests.testrig.world import Town, World
from tests.web.conftest import HOST

pytestmark = pytest.mark.anyio


async def test_the_door_never_leads_back_in(world: World, town: Town) -> None:
    """C10. The client knows the origins that are served now."""
    with pytest.raises(Unreachable, match="our own origin") as refused:
        await town.node.client.fetch(f"https://{HOST}/actor")
    assert refused.value.permanent
    assert world.network.carried == []


async def test_the_door_knows_who_is_blocked(world: World, town: Town) -> None:
    """G7. The client knows the rules that count now, also for what lies below a blocked name."""
    world.peer("sub.evil.example")
    await town.write(
        lambda tx: block_server(tx, "evil.example", reason="", until=None, now=town.clock()),
    )
    await town.node.refresh()
    with pytest.raises(Unreachable, match="is blocked"):
        await town.node.client.fetch("https://sub.evil.example/users/a")
    assert world.network.carried == []
