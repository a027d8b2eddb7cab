"""Commands about other servers: which are blocked, which are allowed, and what is said of one."""

from typing import Any

import pytest

from actors.servers import save_server
from federation.errors import NotFound, Refused
from tests.testrig.world import Town
from web.cli import run_command

pytestmark = pytest.mark.anyio
HOST = "p.q.test"


async def do(town: Town, command: str, **words: Any) -> Any:
    return (await run_command(town.node, command, words)).data


async def rules(town: Town) -> list[str]:
    return [each["rule"] for each in await do(town, "server list")]


async def test_blocked_and_allowed_are_two_lists(town: Town) -> None:
    await do(town, "server block", host=HOST, reason="宣伝", until=town.clock() + 1)
    report = await run_command(town.node, "server allow", {"host": f"https://{HOST}/"})
    assert report.lines == (f"{HOST} is allowed", f"but {HOST} is blocked, which goes first: server unblock")
    assert await rules(town) == ["allow", "block"]
    assert town.node.rules.is_blocked(HOST)
    assert await do(town, "server unblock", host=HOST) == {"host": HOST}
    assert await rules(town) == ["allow"]
    assert not town.node.rules.is_blocked(HOST)
    assert await do(town, "server disallow", host=HOST) == {"host": HOST}
    assert await rules(town) == []
    for command in ("server unblock", "server disallow"):
        with pytest.raises(NotFound, match=HOST):
            await do(town, command, host=HOST)
        with pytest.raises(Refused, match="not a host name"):
            await do(town, command, host="a b")


async def test_a_server_says_on_which_lists_it_stands(town: Town) -> None:
    with pytest.raises(NotFound):
        await do(town, "server show", host=HOST)
    await town.write(save_server, HOST, town.clock())
    assert (await do(town, "server show", host=HOST))["rules"] == []
    await do(town, "server allow", host=HOST)
    await do(town, "server block", host="q.test")
    shown = await do(town, "server show", host=HOST)
    assert (shown["rule"], shown["rules"]) == ("block", ["block", "allow"])
