"""Authorization codes: short-lived, used once, kept as keyed hashes; a second use gives away a theft."""

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from actors.keys import Vault
from actors.oauth.scopes import write_scopes
from actors.oauth.tokens import revoke_of_code
from actors.statements import insert_into
from actors.tables import authorization_codes
from federation.errors import LocalFault
from federation.iris import mint_id
from federation.vocabulary import Millis

LIFETIME_MS: Final = 10 * 60_000
"""The longest that RFC 6749 §4.1.2 recommends."""
KEPT_MS: Final = 86_400_000
"""After its end: so long a second use is noticed."""
SWEEP_BATCH: Final = 500
MINT_TRIES: Final = 5

_PURPOSE: Final = "authorization code"


@dataclass(frozen=True, slots=True)
class Approver:
    """Who lets an app speak: the account that signed in, and the actor that she chose."""

    account_id: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class CodeRecord:
    """What was approved. `challenge` is PKCE's S256, None where the app offered none."""

    id: int
    approver: Approver
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str | None


def save_code(
    tx: sa.Connection,
    vault: Vault,
    code: str,
    *,
    app_id: int,
    approver: Approver,
    redirect_uri: str,
    scopes: frozenset[str],
    challenge: str | None,
    now: Millis,
) -> None:
    """Store a code that was just made."""
    values = {
        "hash": vault.hash(code, _PURPOSE),
        "app_id": app_id,
        "account_id": approver.account_id,
        "actor_id": approver.actor_id,
        "redirect_uri": redirect_uri,
        "scopes": write_scopes(scopes),
        "challenge": challenge,
        "expires_at": now + LIFETIME_MS,
    }
    for _attempt in range(MINT_TRIES):
        statement = insert_into(tx, authorization_codes).values(**values, id=mint_id(now))
        made = statement.on_conflict_do_nothing().returning(authorization_codes.c.id)
        if tx.execute(made).first() is not None:
            return
    raise LocalFault("no id was free for a new authorization code")


def claim_code(tx: sa.Connection, vault: Vault, code: str, app_id: int, now: Millis) -> CodeRecord | None:
    """Return a code of this app and hold its row until the transaction ends; `use_code` spends it.

    None where there is none or it is over. One that was spent before takes its token with it.
    """
    query = sa.select(authorization_codes).where(
        authorization_codes.c.hash == vault.hash(code, _PURPOSE), authorization_codes.c.app_id == app_id
    )
    row = tx.execute(query.with_for_update()).one_or_none()
    if row is None:
        return None
    if row.used_at is not None:
        revoke_of_code(tx, row.id, now)
        return None
    return _to_code(row) if row.expires_at > now else None


def use_code(tx: sa.Connection, code_id: int, now: Millis) -> None:
    """Spend a claimed code."""
    statement = sa.update(authorization_codes).where(authorization_codes.c.id == code_id)
    tx.execute(statement.values(used_at=now))


def drop_codes(tx: sa.Connection, account_id: int, app_id: int | None = None) -> None:
    """Forget codes that an account approved, of one app or of all, before a token was made of them."""
    mine = authorization_codes.c.account_id == account_id
    which = mine if app_id is None else sa.and_(mine, authorization_codes.c.app_id == app_id)
    tx.execute(sa.delete(authorization_codes).where(which, authorization_codes.c.used_at.is_(None)))


def sweep_codes(tx: sa.Connection, now: Millis) -> int:
    """Forget a batch of codes that are long over; returns how many."""
    is_over = authorization_codes.c.expires_at < now - KEPT_MS
    over = sa.select(authorization_codes.c.id).where(is_over).limit(SWEEP_BATCH)
    statement = sa.delete(authorization_codes).where(authorization_codes.c.id.in_(over))
    return len(tx.execute(statement.returning(authorization_codes.c.id)).all())


def _to_code(row: sa.Row[Any]) -> CodeRecord:
    return CodeRecord(
        id=row.id,
        approver=Approver(row.account_id, row.actor_id),
        redirect_uri=row.redirect_uri,
        scopes=frozenset(row.scopes.split()),
        challenge=row.challenge,
    )
