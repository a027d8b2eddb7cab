"""A bearer is worth what its app, its account and its actor are worth at this moment."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from actors.accounts import create_account, link_actor
from actors.directory import mark_gone
from actors.oauth.apps import Registration, register_app
from actors.oauth.tokens import (
    KEPT_REVOKED_MS,
    find_token,
    issue_for_itself,
    issue_token,
    revoke_of_account,
    revoke_of_app,
    revoke_of_code,
    revoke_token,
    sweep_tokens,
)
from actors.records import AccountRecord, ActorRecord, AppRecord, TokenRecord
from actors.tables import access_tokens, actors
from federation.vocabulary import Millis
from tests.testrig.clock import DAY, NOON
from tests.testrig.people import VAULT, settle
from web.database import Database

pytestmark = pytest.mark.anyio
LATER = Millis(NOON + DAY)


@dataclass
class Case:
    """An account, its actor, an app, and a token that joins them."""

    tx: sa.Connection
    app: AppRecord
    account: AccountRecord
    actor: ActorRecord
    token: TokenRecord
    bearer: str

    def found(self, now: Millis = LATER) -> TokenRecord | None:
        return find_token(self.tx, VAULT, self.bearer, now)

    def another(self, **values: int) -> str:
        given = {"app_id": self.app.id, "account_id": self.account.id, "actor_id": self.actor.id, **values}
        return issue_token(self.tx, VAULT, **given, scopes=frozenset({"read"}), now=NOON)[1]  # type: ignore[arg-type]


def prepare(tx: sa.Connection, *, until: Millis | None = None) -> Case:
    app, _ = register_app(tx, VAULT, Registration("Tusky", ("tusky:/cb",), "read write"), NOON)
    account = create_account(tx, VAULT, "hanako@machi.test", NOON)
    actor = settle(tx)
    link_actor(tx, account_id=account.id, actor_id=actor.id, role="self", now=NOON, until=until)
    token, bearer = issue_token(
        tx,
        VAULT,
        app_id=app.id,
        account_id=account.id,
        actor_id=actor.id,
        scopes=frozenset({"read:statuses", "write"}),
        now=NOON,
        code_id=7,
    )
    return Case(tx, app, account, actor, token, bearer)


async def test_a_bearer_says_who_may_do_what(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        case = prepare(tx)
        assert case.found() == case.token
        assert (case.token.account_id, case.token.actor_id) == (case.account.id, case.actor.id)
        assert case.token.scopes == {"read:statuses", "write"}
        row = tx.execute(sa.select(access_tokens)).one()
        assert case.bearer not in str(tuple(row))

    await database.write(check)


async def test_an_unknown_bearer(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        prepare(tx)
        for bearer in ("", "unknown", "x" * 100_000, "\x00", "回覧板"):
            assert find_token(tx, VAULT, bearer, LATER) is None

    await database.write(check)


def suspend(case: Case) -> None:
    case.tx.execute(sa.update(actors).where(actors.c.id == case.actor.id).values(standing="suspended"))


@pytest.mark.parametrize(
    "end",
    [
        lambda case: revoke_token(case.tx, case.token.id, NOON),
        lambda case: revoke_of_code(case.tx, 7, NOON),
        lambda case: revoke_of_app(case.tx, case.account.id, case.app.id, NOON),
        lambda case: revoke_of_account(case.tx, case.account.id, NOON),
        lambda case: mark_gone(case.tx, case.actor.id, NOON),
        suspend,
    ],
)
async def test_what_ends_a_token(database: Database, end: Callable[[Case], None]) -> None:
    def check(tx: sa.Connection) -> None:
        case = prepare(tx)
        end(case)
        assert case.found() is None

    await database.write(check)


async def test_a_token_ends_by_itself(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        case = prepare(tx)
        bearer = case.another(expires_at=LATER)
        assert find_token(tx, VAULT, bearer, Millis(LATER - 1)) is not None
        assert find_token(tx, VAULT, bearer, LATER) is None

    await database.write(check)


async def test_a_token_of_a_desk_ends_with_the_right_to_speak_for_it(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        case = prepare(tx, until=LATER)
        assert case.found(Millis(LATER - 1)) == case.token
        assert case.found(LATER) is None

    await database.write(check)


async def test_nobody_speaks_as_an_actor_that_is_not_hers(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        case = prepare(tx)
        other = create_account(tx, VAULT, "other@machi.test", NOON)
        assert find_token(tx, VAULT, case.another(account_id=other.id), LATER) is None

    await database.write(check)


async def test_what_is_revoked_is_no_more_than_was_meant(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        case = prepare(tx)
        other_app, _ = register_app(tx, VAULT, Registration("Elk", ("https://elk.test/",)), NOON)
        sibling, elsewhere = case.another(), case.another(app_id=other_app.id)
        revoke_token(tx, case.token.id, NOON)
        assert find_token(tx, VAULT, sibling, LATER) is not None
        revoke_of_app(tx, case.account.id, case.app.id, NOON)
        assert find_token(tx, VAULT, sibling, LATER) is None
        assert find_token(tx, VAULT, elsewhere, LATER) is not None

    await database.write(check)


async def test_an_app_speaks_for_itself(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        case = prepare(tx)
        token, bearer = issue_for_itself(tx, VAULT, case.app, frozenset({"read"}), NOON)
        assert (token.account_id, token.actor_id, token.app_id) == (None, None, case.app.id)
        assert find_token(tx, VAULT, bearer, LATER) == token
        revoke_of_account(tx, case.account.id, NOON)
        assert find_token(tx, VAULT, bearer, LATER) == token

    await database.write(check)


async def test_tokens_that_ended_long_ago_are_forgotten(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        case = prepare(tx)
        case.another(expires_at=NOON)
        kept = case.another()
        revoke_token(tx, case.token.id, NOON)
        assert sweep_tokens(tx, Millis(NOON + KEPT_REVOKED_MS)) == 0
        assert sweep_tokens(tx, Millis(NOON + KEPT_REVOKED_MS + 1)) == 2
        assert find_token(tx, VAULT, kept, LATER) is not None

    await database.write(check)
