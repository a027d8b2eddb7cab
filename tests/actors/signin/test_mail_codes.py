"""Codes by mail as rows: what a stolen database tells, tries at once, and what becomes of the old ones."""

import asyncio
import dataclasses

import pytest
import sqlalchemy as sa

from actors.accounts import create_account, find_account, parse_email
from actors.jobs import claim
from actors.records import Job
from actors.signin import invitations
from actors.signin.mail_codes import (
    KEPT_MS,
    LIFETIME_MS,
    MAIL_CODE,
    TRIES,
    Asked,
    Entry,
    ask_code,
    find_asked,
    find_link,
    is_handle_open,
    read_letter,
    sweep_codes,
    try_code,
    use_link,
)
from actors.tables import jobs, mail_codes
from federation.errors import LocalFault, Refused
from federation.vocabulary import Millis
from tests.testrig.clock import MINUTE, NOON
from tests.testrig.people import VAULT
from web.database import Database

pytestmark = pytest.mark.anyio
EMAIL = "hanako@machi.test"
LATER = Millis(NOON + MINUTE)
OVER = Millis(NOON + LIFETIME_MS)


def ask(tx: sa.Connection, email: str = EMAIL) -> tuple[str, Job]:
    """Returns the handle and the job that is to send the mail."""
    handle = ask_code(tx, VAULT, Asked(parse_email(email), "/onward", "ja"), NOON)
    return handle, claim(tx, [MAIL_CODE], 1, NOON, MINUTE)[0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


async def test_the_letter_has_what_was_made_and_the_tables_do_not(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        account = create_account(tx, VAULT, EMAIL, NOON)
        handle, job = ask(tx, "Hanako+town@machi.test")
        letter = read_letter(tx, VAULT, job, LATER)
        assert letter is not None
        assert (letter.account_id, letter.language, letter.expires_at) == (account.id, "ja", OVER)
        assert (len(letter.code), letter.code.isdecimal()) == (6, True)
        everything = [tuple(row) for table in (jobs, mail_codes) for row in tx.execute(sa.select(table))]
        for secret in (handle, letter.code, letter.link, EMAIL):
            assert secret not in str(everything)
        moved = dataclasses.replace(job, key=str(int(job.key)), payload={"sealed": job.payload["sealed"]})
        assert read_letter(tx, VAULT, moved, LATER) == letter
        assert read_letter(tx, VAULT, job, OVER) is None

    await database.write(check)


async def test_a_sealed_code_opens_for_its_own_row_only(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        create_account(tx, VAULT, EMAIL, NOON)
        _, first = ask(tx)
        _, second = ask(tx)
        read_letter(tx, VAULT, dataclasses.replace(second, payload=first.payload), LATER)

    with pytest.raises(LocalFault):
        await database.write(check)


async def test_an_address_without_account_gets_rows_and_no_letter(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        handle, job = ask(tx)
        assert read_letter(tx, VAULT, job, LATER) is None
        assert is_handle_open(tx, VAULT, handle, LATER)
        for number in range(TRIES):
            assert try_code(tx, VAULT, handle, f"{number:06}", LATER) is None
        assert not is_handle_open(tx, VAULT, handle, LATER)

    await database.write(check)


async def test_five_tries_also_when_they_come_at_once(database: Database) -> None:
    def prepare(tx: sa.Connection) -> tuple[str, str]:
        create_account(tx, VAULT, EMAIL, NOON)
        handle, job = ask(tx)
        letter = read_letter(tx, VAULT, job, LATER)
        assert letter is not None
        return handle, letter.code

    handle, code = await database.write(prepare)
    tries = [database.write(try_code, VAULT, handle, wrong(code), LATER) for _ in range(20)]
    assert set(await asyncio.gather(*tries)) == {None}
    assert await database.write(try_code, VAULT, handle, code, LATER) is None
    counted = await database.read(lambda tx: tx.execute(sa.select(mail_codes.c.tries)).scalar_one())
    assert counted == TRIES


async def test_a_link_is_used_once_also_when_pressed_twice(database: Database) -> None:
    def prepare(tx: sa.Connection) -> tuple[int, str]:
        account = create_account(tx, VAULT, EMAIL, NOON)
        letter = read_letter(tx, VAULT, ask(tx)[1], LATER)
        assert letter is not None
        return account.id, letter.link

    account_id, link = await database.write(prepare)
    assert await database.read(find_link, VAULT, link, LATER) == EMAIL
    found = await asyncio.gather(*(database.write(use_link, VAULT, link, LATER) for _ in range(10)))
    assert [entry for entry in found if entry] == [Entry(account_id, "/onward")]
    assert await database.read(find_link, VAULT, link, LATER) is None


async def test_nonsense_opens_nothing(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        create_account(tx, VAULT, EMAIL, NOON)
        handle, _ = ask(tx)
        for text in ("", "unknown", "x" * 100_000, "\x00"):
            assert try_code(tx, VAULT, text, "123456", LATER) is None
            assert try_code(tx, VAULT, handle, text, LATER) is None
            assert find_link(tx, VAULT, text, LATER) is None
            assert use_link(tx, VAULT, text, LATER) is None
            assert not is_handle_open(tx, VAULT, text, LATER)

    await database.write(check)


async def test_old_codes_are_forgotten(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        ask(tx)
        assert sweep_codes(tx, Millis(OVER + KEPT_MS)) == 0
        assert sweep_codes(tx, Millis(OVER + KEPT_MS + 1)) == 1

    await database.write(check)


async def test_whoever_signs_up_gets_a_letter_and_an_account(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        asked = Asked(parse_email(EMAIL), "/onward", "ja", is_new=True)
        handle = ask_code(tx, VAULT, asked, NOON)
        letter = read_letter(tx, VAULT, claim(tx, [MAIL_CODE], 1, NOON, MINUTE)[0], LATER)
        assert letter is not None
        assert (letter.account_id, letter.address) == (None, EMAIL)
        assert find_account(tx, VAULT, EMAIL) is None, "not before she has proved that the mailbox is hers"
        assert find_link(tx, VAULT, letter.link, LATER) == EMAIL
        assert find_asked(tx, VAULT, handle, LATER) == asked
        entry = try_code(tx, VAULT, handle, letter.code, LATER)
        account = find_account(tx, VAULT, EMAIL)
        assert entry is not None
        assert account is not None
        assert entry.account_id == account.id
        assert find_asked(tx, VAULT, handle, LATER) is None

    await database.write(check)


async def test_an_invitation_is_used_as_often_as_it_says(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        words = invitations.invite(tx, VAULT, note="", uses=1, until=OVER, now=NOON)
        found = invitations.find(tx, VAULT, words.upper().replace("-", " "), LATER)
        assert found is not None
        assert invitations.find(tx, VAULT, words[:-1], LATER) is None
        assert invitations.find(tx, VAULT, words, OVER) is None
        entries = []
        for email in (EMAIL, "taro@machi.test"):
            asked = Asked(parse_email(email), "/", "ja", is_new=True, invitation_id=found.id)
            handle = ask_code(tx, VAULT, asked, NOON)
            letter = read_letter(tx, VAULT, claim(tx, [MAIL_CODE], 1, NOON, MINUTE)[0], LATER)
            assert letter is not None
            entries.append(try_code(tx, VAULT, handle, letter.code, LATER))
        assert [entry is None for entry in entries] == [False, True]
        assert find_account(tx, VAULT, "taro@machi.test") is None
        assert invitations.find(tx, VAULT, words, LATER) is None
        for uses, until in ((0, OVER), (10_001, OVER), (1, NOON)):
            with pytest.raises(Refused):
                invitations.invite(tx, VAULT, note="", uses=uses, until=until, now=NOON)

    await database.write(check)
