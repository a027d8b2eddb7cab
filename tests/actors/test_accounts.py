import asyncio

import pytest
import sqlalchemy as sa

from actors.accounts import (
    create_account,
    find_account,
    find_account_actors,
    link_actor,
    open_email,
    parse_email,
)
from actors.keys import Vault
from actors.tables import accounts
from federation.errors import LocalFault, Refused
from federation.vocabulary import Millis
from tests.testrig.clock import DAY, NOON
from tests.testrig.people import VAULT, settle
from web.database import Database

pytestmark = pytest.mark.anyio

OTHER = Vault(b"the secret of quite another node, as long as it must be")


@pytest.mark.parametrize(
    ("text", "address", "key"),
    [
        ("hanako@machi.test", "hanako@machi.test", "hanako@machi.test"),
        (" Hanako@Machi.Test ", "Hanako@machi.test", "hanako@machi.test"),
        ("hanako+town@machi.test", "hanako+town@machi.test", "hanako@machi.test"),
        ("+town@machi.test", "+town@machi.test", "+town@machi.test"),
        ("h.a-n_a'ko@例え.test", "h.a-n_a'ko@xn--r8jz45g.test", "h.a-n_a'ko@xn--r8jz45g.test"),
    ],
)
def test_a_mail_address(text: str, address: str, key: str) -> None:
    parsed = parse_email(text)
    assert (parsed.address, parsed.key) == (address, key)


@pytest.mark.parametrize(
    "text",
    [
        *("", "hanako", "@machi.test", "hanako@", "a@b@c", '"x"@evil.test', "a b@machi.test"),
        *(".a@machi.test", "a.@machi.test", "a..b@machi.test", "はなこ@machi.test", "x" * 65 + "@machi.test"),
        *("a@machi.test:25", "a@-.test", "a@b\n.test", "a\r\nBcc: b@machi.test"),
    ],
)
def test_not_a_mail_address(text: str) -> None:
    with pytest.raises(Refused, match="not a mail address"):
        parse_email(text)


async def test_one_account_for_one_mailbox(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        assert find_account(tx, VAULT, "hanako@machi.test") is None
        made = create_account(tx, VAULT, "Hanako+1@machi.test", NOON)
        assert create_account(tx, VAULT, "hanako+2@MACHI.test", Millis(NOON + 1)) == made
        assert find_account(tx, VAULT, "hanako@machi.test") == made
        assert create_account(tx, VAULT, "taro@machi.test", NOON) != made
        assert open_email(tx, VAULT, made.id) == "Hanako+1@machi.test"
        assert open_email(tx, VAULT, 404) is None

    await database.write(check)


async def test_the_address_is_not_in_the_database(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        made = create_account(tx, VAULT, "hanako@machi.test", NOON)
        row = tx.execute(sa.select(accounts.c.email_hash, accounts.c.email_sealed)).one()
        assert b"hanako" not in bytes(row.email_hash) + bytes(row.email_sealed)
        assert find_account(tx, OTHER, "hanako@machi.test") is None
        with pytest.raises(LocalFault):
            open_email(tx, OTHER, made.id)

    await database.write(check)


async def test_an_account_speaks_as_several(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        account = create_account(tx, VAULT, "hanako@machi.test", NOON)
        hanako, desk = settle(tx), settle(tx, "eniwa_bosai", "official")
        until = Millis(NOON + DAY)
        link_actor(tx, account_id=account.id, actor_id=desk.id, role="staff", now=NOON, until=until)
        link_actor(tx, account_id=account.id, actor_id=hanako.id, role="self", now=Millis(NOON + 1))
        assert find_account_actors(tx, account.id, NOON) == (hanako, desk)
        assert find_account_actors(tx, account.id, until) == (hanako,)
        link_actor(tx, account_id=account.id, actor_id=desk.id, role="staff", now=until)
        assert find_account_actors(tx, account.id, until) == (hanako, desk)
        assert find_account_actors(tx, 404, NOON) == ()

    await database.write(check)


async def test_twenty_sign_ups_at_once_are_one_account(database: Database) -> None:
    made = await asyncio.gather(
        *(database.write(create_account, VAULT, "hanako@machi.test", NOON) for _ in range(20))
    )
    assert len(set(made)) == 1
