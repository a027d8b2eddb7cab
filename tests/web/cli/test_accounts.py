"""Accounts from the shell: made with a password, given another, signed out; nothing that was let in stays in."""

import io

import pytest

from actors.accounts import find_account
from actors.directory import find_local
from actors.oauth.tokens import find_token
from actors.signin.credentials import find_password
from actors.signin.sessions import list_sessions, start_session
from actors.signin.sweeping import SWEEPS
from areas import membership
from federation.errors import Fault, NotFound, Refused
from tests.testrig.world import Town, World
from web import cli
from web.background import sweep
from web.cli import run_command

pytestmark = pytest.mark.anyio
EMAIL = "hanako@mail.example"
PASSWORD = "niwatori hasami"


async def make(town: Town, name: str = "hanako", **words: str) -> None:
    given = {"name": name, "kind": "resident", "title": "花子", "email": EMAIL, **words}
    await run_command(town.node, "actor create", {key: word for key, word in given.items() if word})


async def is_password(town: Town, password: str) -> bool:
    account = await town.read(find_account, town.node.vault, EMAIL)
    stored = await town.read(find_password, account.id)
    return await town.node.hashing.verify(password, stored)


async def let_in(town: Town) -> str:
    """A session and a token; returns the bearer."""
    account = await town.read(find_account, town.node.vault, EMAIL)
    await town.write(lambda tx: start_session(tx, town.node.vault, account.id, browser="", now=town.clock()))
    report = await run_command(town.node, "token create", {"name": "hanako"})
    return str(report.data["token"])


async def is_let_in(town: Town, bearer: str) -> tuple[bool, bool]:
    account = await town.read(find_account, town.node.vault, EMAIL)
    sessions = await town.read(list_sessions, account.id, town.clock())
    token = await town.read(find_token, town.node.vault, bearer, town.clock())
    return bool(sessions), token is not None


async def test_a_resident_of_an_area_has_her_home_there(town: Town) -> None:
    area = await town.area("megumino")
    await make(town, area="megumino")
    await make(town, name="megumino_koho", kind="desk", email="", area="megumino", role="official")
    hanako, desk = [await town.read(find_local, name, area.host) for name in ("hanako", "megumino_koho")]
    found = await town.read(membership.list_of, hanako.id)
    assert [(each.area_id, each.home) for each in found] == [(area.actor_id, True)]
    assert await town.read(membership.list_of, desk.id) == []


async def test_an_account_with_a_password(town: Town) -> None:
    await make(town, password=PASSWORD)
    assert await is_password(town, PASSWORD)
    await make(town, "without", email="other@mail.example")


async def test_an_address_that_has_an_account_is_signed_out_by_a_new_password(town: Town) -> None:
    await make(town, password=PASSWORD)
    bearer = await let_in(town)
    await make(town, "hanako2", password="kujira taiko")
    assert await is_password(town, "kujira taiko")
    assert await is_let_in(town, bearer) == (False, False)


async def test_a_new_password_ends_all_sessions_and_tokens(town: Town) -> None:
    await make(town)
    bearer = await let_in(town)
    assert await is_let_in(town, bearer) == (True, True)
    report = await run_command(town.node, "account password", {"name": "hanako", "password": PASSWORD})
    assert PASSWORD not in str(report)
    assert await is_password(town, PASSWORD)
    assert await is_let_in(town, bearer) == (False, False)


async def test_signing_out_leaves_the_password(town: Town) -> None:
    await make(town, password=PASSWORD)
    bearer = await let_in(town)
    await run_command(town.node, "account sign-out", {"name": "hanako"})
    assert await is_password(town, PASSWORD)
    assert await is_let_in(town, bearer) == (False, False)


@pytest.mark.parametrize(
    ("command", "words", "error"),
    [
        ("account password", {"name": "nobody", "password": PASSWORD}, NotFound),
        ("account password", {"name": "alerts", "password": PASSWORD}, NotFound),
        ("account password", {"name": "hanako", "password": "short"}, Refused),
        ("account sign-out", {"name": "alerts"}, NotFound),
        ("actor create", {"name": "x", "kind": "resident", "title": "x", "password": PASSWORD}, Refused),
        (
            "actor create",
            {"name": "x", "kind": "resident", "title": "x", "email": EMAIL, "password": "short"},
            Refused,
        ),
    ],
)
async def test_what_cannot_be_done_is_said(
    town: Town, command: str, words: dict[str, str], error: type[Fault]
) -> None:
    await make(town)
    await town.person("alerts", "alert")
    with pytest.raises(error):
        await run_command(town.node, command, words)


def test_a_password_comes_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, object]] = []
    monkeypatch.setattr(
        cli, "run", lambda command, _json, **words: asked.append((command, words["password"]))
    )
    for tokens in (
        "account password hanako",
        "actor create hanako --kind resident --title x --email a@b.example",
    ):
        monkeypatch.setattr("sys.stdin", io.StringIO("niwatori  hasami \r\nmore\n"))
        cli.app(f"{tokens} --password-stdin", exit_on_error=False, result_action="return_value")
    assert asked == [("account password", "niwatori  hasami "), ("actor create", "niwatori  hasami ")]
    with pytest.raises(Refused, match="--password-stdin"):
        cli.app("account password hanako", exit_on_error=False, result_action="return_value")


async def test_what_is_over_is_forgotten(world: World, town: Town) -> None:
    await make(town)
    await let_in(town)
    await run_command(town.node, "account sign-out", {"name": "hanako"})
    world.clock.advance(days=400)
    assert await sweep(town.node) > 0
    assert [await town.write(function, town.clock()) for function in SWEEPS] == [0] * len(SWEEPS)


async def test_a_suspension_signs_out_and_an_opening_lets_nobody_back_in(town: Town) -> None:
    await make(town, password=PASSWORD)
    bearer = await let_in(town)
    given = {"name": "hanako", "standing": "suspended", "reason": "spam"}
    report = await run_command(town.node, "actor standing", given)
    assert report.data["standing"] == "suspended"
    assert await is_let_in(town, bearer) == (False, False)
    await run_command(town.node, "actor standing", {"name": "hanako", "standing": "open"})
    assert await is_let_in(town, bearer) == (False, False)


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ({"name": "hanako", "standing": "banned"}, "open, limited, suspended"),
        ({"name": "hanako", "standing": "suspended", "reason": " "}, "say why"),
        ({"name": "nobody", "standing": "open"}, "no local actor"),
    ],
)
async def test_a_standing_that_cannot_be_is_refused(town: Town, words: dict[str, str], rule: str) -> None:
    await make(town)
    with pytest.raises(Fault, match=rule):
        await run_command(town.node, "actor standing", words)
