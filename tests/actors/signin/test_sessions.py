import pytest
import sqlalchemy as sa

from actors.accounts import create_account
from actors.signin.sessions import (
    LIFETIME_MS,
    end_session,
    end_sessions,
    find_session,
    is_worth_noting,
    list_sessions,
    note_visit,
    start_session,
    sweep_sessions,
)
from actors.tables import sessions
from federation.vocabulary import Millis
from tests.testrig.clock import DAY, NOON
from tests.testrig.people import VAULT
from web.database import Database

pytestmark = pytest.mark.anyio
LATER = Millis(NOON + DAY)
OVER = Millis(NOON + LIFETIME_MS)


def account(tx: sa.Connection, name: str = "hanako") -> int:
    return create_account(tx, VAULT, f"{name}@machi.test", NOON).id


async def test_a_cookie_is_known_and_not_stored(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        started, secret = start_session(tx, VAULT, account(tx), browser="Firefox " * 20, now=NOON)
        assert find_session(tx, VAULT, secret, LATER) == started
        assert len(started.browser) == 60
        assert secret not in str(tuple(tx.execute(sa.select(sessions)).one()))
        for wrong in ("", "unknown", "x" * 100_000, "\x00", secret[:-1]):
            assert find_session(tx, VAULT, wrong, LATER) is None

    await database.write(check)


async def test_a_year_after_the_last_visit_it_ends(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        started, secret = start_session(tx, VAULT, account(tx), browser="", now=NOON)
        assert not is_worth_noting(started, Millis(LATER - 1))
        assert is_worth_noting(started, LATER)
        note_visit(tx, started, LATER)
        assert find_session(tx, VAULT, secret, OVER) is not None
        assert find_session(tx, VAULT, secret, Millis(OVER + DAY)) is None

    await database.write(check)


async def test_signing_out_one_all_others_or_all(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        mine, hers = account(tx), account(tx, "yoshiko")
        first, second, third = (
            start_session(tx, VAULT, mine, browser=str(number), now=Millis(NOON + number))[0]
            for number in range(3)
        )
        other, _ = start_session(tx, VAULT, hers, browser="", now=NOON)
        assert list_sessions(tx, mine, LATER) == (third, second, first)
        assert not end_session(tx, mine, other.id)
        assert end_session(tx, mine, first.id)
        assert not end_session(tx, mine, first.id)
        end_sessions(tx, mine, but=third.id)
        assert list_sessions(tx, mine, LATER) == (third,)
        end_sessions(tx, mine)
        assert list_sessions(tx, mine, LATER) == ()
        assert list_sessions(tx, hers, LATER) == (other,)

    await database.write(check)


async def test_what_has_ended_is_not_listed_and_forgotten(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        mine = account(tx)
        start_session(tx, VAULT, mine, browser="", now=NOON)
        kept, _ = start_session(tx, VAULT, mine, browser="", now=LATER)
        assert list_sessions(tx, mine, OVER) == (kept,)
        assert sweep_sessions(tx, OVER) == 1

    await database.write(check)
