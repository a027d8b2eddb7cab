"""Accounts sign in, actors speak: who may speak as whom. Mail addresses are sealed, found by a keyed hash."""

import re
from dataclasses import dataclass
from typing import Final, Literal

import sqlalchemy as sa

from actors.changes import Change, note
from actors.keys import Vault
from actors.records import AccountRecord, AccountRole, ActorRecord, to_actor
from actors.statements import insert_into
from actors.tables import account_actors, accounts, actors, credentials
from federation.errors import LocalFault, MalformedDocument, Refused
from federation.iris import canonical_host, mint_id
from federation.vocabulary import Millis

Pace = Literal["now", "daily", "off"]
Size = Literal["normal", "large", "largest"]

MINT_TRIES: Final = 5
MAX_LOCAL_PART: Final = 64
"""RFC 5321 §4.5.3.1.1."""

_PURPOSE: Final = "account mail"
_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


@dataclass(frozen=True, slots=True)
class Email:
    """A mail address as written, its host in canonical form; `key` is the same for one mailbox."""

    address: str
    key: str


def parse_email(text: str) -> Email:
    """Read a mail address; `Refused` for quotes, comments, several @, and hosts that are none.

    Case and what follows a + make no other mailbox.
    """
    local, separator, host = text.strip().rpartition("@")
    if not separator or len(local) > MAX_LOCAL_PART or _LOCAL_PART.fullmatch(local) is None:
        raise Refused(f"{text[:100]!r} is not a mail address")
    try:
        domain = canonical_host(host)
    except MalformedDocument as error:
        raise Refused(f"{text[:100]!r} is not a mail address") from error
    mailbox = local.partition("+")[0] or local
    return Email(f"{local}@{domain}", f"{mailbox.lower()}@{domain}")


def hash_email(vault: Vault, email: Email) -> bytes:
    """Return the keyed hash by which the account of a mailbox is found."""
    return vault.hash(email.key, _PURPOSE)


def create_account(tx: sa.Connection, vault: Vault, email: str, now: Millis) -> AccountRecord:
    """Return the account of a mail address, made now if there was none. Raises `Refused`."""
    parsed = parse_email(email)
    hashed = hash_email(vault, parsed)
    values = {
        "email_hash": hashed,
        "email_sealed": vault.seal(parsed.address.encode(), _PURPOSE),
        "created_at": now,
    }
    for _attempt in range(MINT_TRIES):
        tx.execute(insert_into(tx, accounts).values(**values, id=mint_id(now)).on_conflict_do_nothing())
        found = _find(tx, hashed)
        if found is not None:
            return found
    raise LocalFault("no id was free for a new account")


def find_account(tx: sa.Connection, vault: Vault, email: str) -> AccountRecord | None:
    """Return the account of a mail address, if there is one. Raises `Refused`."""
    return _find(tx, hash_email(vault, parse_email(email)))


def lock_account(tx: sa.Connection, account_id: int) -> None:
    """Let nobody else change what this account speaks as, until the transaction ends."""
    tx.execute(sa.select(accounts.c.id).where(accounts.c.id == account_id).with_for_update())


def open_email(tx: sa.Connection, vault: Vault, account_id: int) -> str | None:
    """Return the mail address of an account, to write to it."""
    query = sa.select(accounts.c.email_sealed).where(accounts.c.id == account_id)
    sealed = tx.execute(query).scalar_one_or_none()
    return None if sealed is None else vault.open(sealed, _PURPOSE).decode()


@dataclass(frozen=True, slots=True)
class Wishes:
    """How an account wants pages and mails: `language` None = the browser's; `size` of letters, `pace` of mails."""

    language: str | None = None
    pace: Pace = "off"
    size: Size = "normal"


def has_account(tx: sa.Connection, account_id: int) -> bool:
    """Whether there is such an account."""
    return tx.execute(sa.select(accounts.c.id).where(accounts.c.id == account_id)).first() is not None


def find_wishes(tx: sa.Connection, account_id: int) -> Wishes:
    """What an account has chosen."""
    columns = (accounts.c.language, accounts.c.pace, accounts.c.size)
    return Wishes(*tx.execute(sa.select(*columns).where(accounts.c.id == account_id)).one())


def save_wishes(tx: sa.Connection, account_id: int, wishes: Wishes) -> None:
    """Keep what an account chooses."""
    values = {"language": wishes.language, "pace": wishes.pace, "size": wishes.size}
    tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values(values))


def link_actor(
    tx: sa.Connection,
    *,
    account_id: int,
    actor_id: int,
    role: AccountRole,
    now: Millis,
    until: Millis | None = None,
) -> None:
    """Let an account speak as an actor from now, for good or until a time; again = another role or end."""
    values = {"account_id": account_id, "actor_id": actor_id, "role": role, "since": now, "until": until}
    statement = insert_into(tx, account_actors).values(values)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["account_id", "actor_id"], set_={"role": role, "until": until}
        )
    )
    note(tx, Change("access"))


def find_account_actors(tx: sa.Connection, account_id: int, now: Millis) -> tuple[ActorRecord, ...]:
    """Return as whom an account may speak now, herself first."""
    query = (
        sa.select(actors)
        .join(account_actors, account_actors.c.actor_id == actors.c.id)
        .where(
            account_actors.c.account_id == account_id,
            sa.or_(account_actors.c.until.is_(None), account_actors.c.until > now),
        )
        .order_by(account_actors.c.role != "self", account_actors.c.since, actors.c.id)
    )
    return tuple(to_actor(row) for row in tx.execute(query))


def find_own_actors(tx: sa.Connection, account_id: int) -> tuple[ActorRecord, ...]:
    """Return whom an account is, not for whom it only speaks, without those that are gone."""
    query = (
        sa.select(actors)
        .join(account_actors, account_actors.c.actor_id == actors.c.id)
        .where(
            account_actors.c.account_id == account_id,
            account_actors.c.role == "self",
            actors.c.gone_at.is_(None),
        )
        .order_by(actors.c.id)
    )
    return tuple(to_actor(row) for row in tx.execute(query))


def erase_account(tx: sa.Connection, account_id: int, now: Millis) -> None:
    """Forget who it was: address, password, wishes, for whom it spoke. The number stays, for the audit."""
    values = {"email_hash": None, "email_sealed": None, "language": None, "pace": "off", "size": "normal"}
    tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values(values))
    tx.execute(sa.delete(credentials).where(credentials.c.account_id == account_id))
    tx.execute(sa.update(account_actors).where(account_actors.c.account_id == account_id).values(until=now))
    note(tx, Change("access"))


def may_speak_as(tx: sa.Connection, account_id: int, actor_id: int, now: Millis) -> bool:
    """Whether an account may speak as an actor now, and the actor at all."""
    return any(
        actor.id == actor_id and actor.gone_at is None and actor.standing != "suspended"
        for actor in find_account_actors(tx, account_id, now)
    )


def find_owner(tx: sa.Connection, actor_id: int, now: Millis) -> int | None:
    """Return the account that speaks as an actor now: her who is it, else the first of those who may."""
    query = (
        sa.select(account_actors.c.account_id)
        .where(
            account_actors.c.actor_id == actor_id,
            sa.or_(account_actors.c.until.is_(None), account_actors.c.until > now),
        )
        .order_by(account_actors.c.role != "self", account_actors.c.since, account_actors.c.account_id)
        .limit(1)
    )
    return tx.execute(query).scalar_one_or_none()


def _find(tx: sa.Connection, hashed: bytes) -> AccountRecord | None:
    query = sa.select(accounts.c.id, accounts.c.created_at).where(accounts.c.email_hash == hashed)
    row = tx.execute(query).one_or_none()
    return None if row is None else AccountRecord(**row._mapping)  # noqa: SLF001
