import pytest
import sqlalchemy as sa

from actors.accounts import create_account
from actors.signin.credentials import find_password, remove_password, set_password
from federation.vocabulary import Millis
from tests.testrig.clock import NOON
from tests.testrig.people import VAULT
from web.database import Database

pytestmark = pytest.mark.anyio


async def test_one_password_for_each_account(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        mine, hers = (create_account(tx, VAULT, f"{name}@machi.test", NOON).id for name in ("a", "b"))
        assert find_password(tx, mine) is None
        set_password(tx, mine, "first", NOON)
        set_password(tx, hers, "hers", NOON)
        set_password(tx, mine, "second", Millis(NOON + 1))
        assert (find_password(tx, mine), find_password(tx, hers)) == ("second", "hers")
        remove_password(tx, mine)
        assert (find_password(tx, mine), find_password(tx, hers)) == (None, "hers")

    await database.write(check)
