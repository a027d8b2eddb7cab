"""Signing in or up by mail: six digits to type, and a link for whoever reads the mail in the browser she wants.

An address without an account gets the same row and the same answer, so nobody learns which exist; and a mail only
where somebody signs up with it: its account is made when she has proved that the mailbox is hers.
Digits count only with the handle that the asking browser was given; the link stands for itself.
"""

import base64
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any, Final, Literal

import sqlalchemy as sa

from actors.accounts import Email, create_account, hash_email, parse_email
from actors.jobs import schedule
from actors.keys import Vault
from actors.records import Job
from actors.signin import invitations
from actors.tables import accounts, mail_codes
from federation.vocabulary import Millis

MAIL_CODE: Final = "mail-code"
"""The kind of job that sends one; its key is the number of the row."""

DIGITS: Final = 6
LIFETIME_MS: Final = 15 * 60_000
TRIES: Final = 5
"""With five of a million, and a throttle on asking, guessing takes years."""
Outcome = Literal["sent", "later", "refused"]
"""Of a mail: handed over; not yet, and tried again; refused for good."""
LINK_BYTES: Final = 24
KEPT_MS: Final = 86_400_000
SWEEP_BATCH: Final = 500

_HANDLE: Final = "mail code handle"
_LINK: Final = "mail code link"
_CODE: Final = "mail code digits"
_ADDRESS: Final = "mail code address"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: where to go on after it, and in which language to write.

    `is_new`: she signs up, where there is no account yet; `invitation_id` is what lets her.
    """

    email: Email
    onward: str
    language: str
    is_new: bool = False
    invitation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A code or link that was right: whose account, and where she was going."""

    account_id: int
    onward: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What the mail says: to whom, with which digits and link, in which language. `account_id` None = she signs up."""

    account_id: int | None
    address: str
    code: str
    link: str
    language: str
    expires_at: Millis


def ask_code(tx: sa.Connection, vault: Vault, asked: Asked, now: Millis) -> str:
    """Prepare a mail; returns the handle for the browser that asks."""
    handle, link = secrets.token_urlsafe(LINK_BYTES), secrets.token_urlsafe(LINK_BYTES)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    values = {
        "handle_hash": vault.hash(handle, _HANDLE),
        "link_hash": vault.hash(link, _LINK),
        "code_hash": _hash_code(vault, handle, code),
        "email_hash": hash_email(vault, asked.email),
        "onward": asked.onward,
        "language": asked.language,
        "expires_at": now + LIFETIME_MS,
        "tries": 0,
        "email_sealed": vault.seal(asked.email.address.encode(), _ADDRESS),
        "is_new": asked.is_new,
        "invitation_id": asked.invitation_id,
    }
    number = tx.execute(sa.insert(mail_codes).values(values).returning(mail_codes.c.id)).scalar_one()
    sealed = vault.seal(json.dumps([code, link]).encode(), f"{MAIL_CODE} {number}")
    schedule(tx, MAIL_CODE, str(number), {"sealed": base64.b64encode(sealed).decode()}, now, now)
    return handle


def read_letter(tx: sa.Connection, vault: Vault, job: Job, now: Millis) -> Letter | None:
    """Return what a job is to send; None where nobody has the address, or it is too late."""
    query = (
        sa.select(accounts.c.id, mail_codes.c.email_sealed, mail_codes.c.language, mail_codes.c.expires_at)
        .join_from(mail_codes, accounts, accounts.c.email_hash == mail_codes.c.email_hash, isouter=True)
        .where(mail_codes.c.id == int(job.key), _is_open(now), _IS_SOMEBODYS)
    )
    row = tx.execute(query).one_or_none()
    if row is None or row.email_sealed is None:
        return None
    sealed = base64.b64decode(str(job.payload["sealed"]))
    code, link = json.loads(vault.open(sealed, f"{MAIL_CODE} {job.key}"))
    address = vault.open(row.email_sealed, _ADDRESS).decode()
    return Letter(row.id, address, code, link, row.language, row.expires_at)


def note_outcome(tx: sa.Connection, job: Job, outcome: Outcome) -> None:
    """Note what became of the mail that a job sends."""
    tx.execute(sa.update(mail_codes).where(mail_codes.c.id == int(job.key)).values(outcome=outcome))


def find_outcome(tx: sa.Connection, vault: Vault, handle: str) -> Outcome | None:
    """What became of the mail, for whoever signs up; None = nobody has tried yet, or it is not to be told.

    To whoever signs in it is not: where nobody has the address there is no mail, of which nothing can become.
    """
    mine = sa.and_(mail_codes.c.handle_hash == vault.hash(handle, _HANDLE), mail_codes.c.is_new)
    found: Outcome | None = tx.execute(sa.select(mail_codes.c.outcome).where(mine)).scalar_one_or_none()
    return found


def find_asked(tx: sa.Connection, vault: Vault, handle: str, now: Millis) -> Asked | None:
    """What was asked for with a handle that is not used up, to ask it once more."""
    mine = mail_codes.c.handle_hash == vault.hash(handle, _HANDLE)
    query = sa.select(mail_codes).where(mine, mail_codes.c.used_at.is_(None), mail_codes.c.expires_at > now)
    row = tx.execute(query).one_or_none()
    if row is None or row.email_sealed is None:
        return None
    email = parse_email(vault.open(row.email_sealed, _ADDRESS).decode())
    return Asked(email, row.onward, row.language, row.is_new, row.invitation_id)


def try_code(tx: sa.Connection, vault: Vault, handle: str, code: str, now: Millis) -> Entry | None:
    """Use up one try of a handle; its entry if the digits are right, and then it works no more."""
    statement = (
        sa.update(mail_codes)
        .where(mail_codes.c.handle_hash == vault.hash(handle, _HANDLE), _is_open(now))
        .values(tries=mail_codes.c.tries + 1)
        .returning(*mail_codes.c)
    )
    row = tx.execute(statement).one_or_none()
    if row is None or not hmac.compare_digest(row.code_hash, _hash_code(vault, handle, code)):
        return None
    return _enter(tx, vault, row, now)


def is_handle_open(tx: sa.Connection, vault: Vault, handle: str, now: Millis) -> bool:
    """Whether digits may still be tried with a handle."""
    query = sa.select(mail_codes.c.id).where(
        mail_codes.c.handle_hash == vault.hash(handle, _HANDLE), _is_open(now)
    )
    return tx.execute(query).first() is not None


def find_link(tx: sa.Connection, vault: Vault, link: str, now: Millis) -> str | None:
    """Return whom a link signs in or up, by mail address; using it is another step: mail scanners follow links."""
    query = (
        sa.select(mail_codes.c.email_sealed)
        .join_from(mail_codes, accounts, accounts.c.email_hash == mail_codes.c.email_hash, isouter=True)
        .where(mail_codes.c.link_hash == vault.hash(link, _LINK), _is_fresh(now), _IS_SOMEBODYS)
    )
    sealed = tx.execute(query).scalar_one_or_none()
    return None if sealed is None else vault.open(sealed, _ADDRESS).decode()


def use_link(tx: sa.Connection, vault: Vault, link: str, now: Millis) -> Entry | None:
    """Use a link up; None where it was used, is over or never was."""
    hashed = vault.hash(link, _LINK)
    query = sa.select(mail_codes).where(mail_codes.c.link_hash == hashed, _is_fresh(now)).with_for_update()
    row = tx.execute(query).one_or_none()
    return None if row is None else _enter(tx, vault, row, now)


def sweep_codes(tx: sa.Connection, now: Millis) -> int:
    """Forget a batch of codes that are long over; returns how many."""
    over = sa.select(mail_codes.c.id).where(mail_codes.c.expires_at < now - KEPT_MS).limit(SWEEP_BATCH)
    statement = sa.delete(mail_codes).where(mail_codes.c.id.in_(over))
    return len(tx.execute(statement.returning(mail_codes.c.id)).all())


def _enter(tx: sa.Connection, vault: Vault, row: sa.Row[Any], now: Millis) -> Entry | None:
    """Every code of the address is used up with this one. Whoever signs up has an account from now on."""
    account_id = tx.execute(
        sa.select(accounts.c.id).where(accounts.c.email_hash == row.email_hash)
    ).scalar_one_or_none()
    if account_id is None:
        if not row.is_new or not invitations.use(tx, row.invitation_id, now):
            return None
        account_id = create_account(tx, vault, vault.open(row.email_sealed, _ADDRESS).decode(), now).id
    same = sa.and_(mail_codes.c.email_hash == row.email_hash, mail_codes.c.used_at.is_(None))
    tx.execute(sa.update(mail_codes).where(same).values(used_at=now))
    return Entry(account_id, row.onward)


_IS_SOMEBODYS: Final = sa.or_(accounts.c.id.is_not(None), mail_codes.c.is_new)


def _is_fresh(now: Millis) -> sa.ColumnElement[bool]:
    return sa.and_(mail_codes.c.used_at.is_(None), mail_codes.c.expires_at > now)


def _is_open(now: Millis) -> sa.ColumnElement[bool]:
    return sa.and_(_is_fresh(now), mail_codes.c.tries < TRIES)


def _hash_code(vault: Vault, handle: str, code: str) -> bytes:
    """With the handle, so that a million hashes cannot be made once for all codes."""
    return vault.hash(f"{handle} {code}", _CODE)
