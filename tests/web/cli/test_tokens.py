"""`kairanban token create`: a program may speak as a local actor."""

import pytest

from actors.accounts import create_account, link_actor
from actors.oauth.tokens import find_token
from federation.errors import Fault, NotFound, Refused
from tests.testrig.world import Town
from web.cli import run_command

pytestmark = pytest.mark.anyio


async def made(town: Town, **words: str) -> str:
    report = await run_command(town.node, "token create", words)
    assert report.lines == (report.data["token"],)
    return str(report.data["token"])


async def test_the_token_speaks_as_the_actor_for_her_account(town: Town) -> None:
    hanako = await town.person("hanako")
    account = await town.write(create_account, town.node.vault, "hanako@machi.test", town.clock())
    await town.write(
        lambda tx: link_actor(tx, account_id=account.id, actor_id=hanako.id, role="self", now=town.clock())
    )
    bearer = await made(town, name="hanako")
    token = await town.read(find_token, town.node.vault, bearer, town.clock())
    assert (token.actor_id, token.account_id) == (hanako.id, account.id)
    assert token.scopes == {"read", "write", "follow", "push"}


async def test_an_actor_that_nobody_signs_in_for_has_tokens_too(town: Town) -> None:
    desk = await town.person("eniwa_alerts", "alert")
    bearer = await made(town, name="eniwa_alerts", scopes="write:statuses")
    token = await town.read(find_token, town.node.vault, bearer, town.clock())
    assert (token.actor_id, token.account_id, token.scopes) == (desk.id, None, {"write:statuses"})


@pytest.mark.parametrize(
    ("words", "error"),
    [({"name": "nobody"}, NotFound), ({"name": "hanako", "scopes": "read admin:write"}, Refused)],
)
async def test_what_cannot_be_made_is_said(town: Town, words: dict[str, str], error: type[Fault]) -> None:
    await town.person("hanako")
    with pytest.raises(error):
        await made(town, **words)
