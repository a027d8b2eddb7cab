"""Access tokens: opaque, kept as keyed hashes, good until they are revoked or end.

A token speaks as an actor only while its account still may, and while the actor is neither gone nor suspended.
"""

import secrets
from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa

from actors.changes import Change, note
from actors.keys import Vault
from actors.oauth.scopes import write_scopes
from actors.prepared import Prepared, one_of
from actors.records import AppRecord, TokenRecord
from actors.statements import insert_into
from actors.tables import access_tokens, account_actors, actors, push_subscriptions
from federation.errors import LocalFault
from federation.iris import mint_id
from federation.vocabulary import Millis

TOKEN_BYTES: Final = 32
"""256 bits: beyond guessing, so that a plain keyed hash is enough to keep it."""
KEPT_REVOKED_MS: Final = 90 * 86_400_000
SWEEP_BATCH: Final = 500
MINT_TRIES: Final = 5

_PURPOSE: Final = "access token"


def issue_token(
    tx: sa.Connection,
    vault: Vault,
    *,
    app_id: int,
    account_id: int | None,
    actor_id: int | None,
    scopes: frozenset[str],
    now: Millis,
    code_id: int | None = None,
    expires_at: Millis | None = None,
) -> tuple[TokenRecord, str]:
    """Make a token; returns its record and the bearer, which is not kept."""
    bearer = secrets.token_urlsafe(TOKEN_BYTES)
    values = {
        "hash": vault.hash(bearer, _PURPOSE),
        "app_id": app_id,
        "account_id": account_id,
        "actor_id": actor_id,
        "scopes": write_scopes(scopes),
        "code_id": code_id,
        "created_at": now,
        "expires_at": expires_at,
    }
    for _attempt in range(MINT_TRIES):
        statement = insert_into(tx, access_tokens).values(**values, id=mint_id(now)).on_conflict_do_nothing()
        row = tx.execute(statement.returning(*_COLUMNS)).one_or_none()
        if row is not None:
            return _to_token(row), bearer
    raise LocalFault("no id was free for a new access token")


def find_token(tx: sa.Connection, vault: Vault, bearer: str, now: Millis) -> TokenRecord | None:
    """Return what a bearer may do now; None for one that is unknown, revoked, over, or whose actor may not speak."""
    row = _FIND.first(tx, hash=vault.hash(bearer, _PURPOSE), now=now)
    return None if row is None else _to_token(row)


def find_good(tx: sa.Connection, token_ids: Collection[int], now: Millis) -> frozenset[int]:
    """Return those of these tokens that still open something."""
    return frozenset(row[0] for row in _GOOD.all(tx, ids=list(token_ids), now=now))


def revoke_token(tx: sa.Connection, token_id: int, now: Millis) -> None:
    """End one token."""
    _revoke(tx, access_tokens.c.id == token_id, now)


def revoke_of_code(tx: sa.Connection, code_id: int, now: Millis) -> None:
    """End what was given for a code, since the code came twice (RFC 6749 §4.1.2)."""
    _revoke(tx, access_tokens.c.code_id == code_id, now)


def revoke_of_app(tx: sa.Connection, account_id: int, app_id: int, now: Millis) -> None:
    """End everything that an account gave to one app."""
    mine = sa.and_(access_tokens.c.account_id == account_id, access_tokens.c.app_id == app_id)
    _revoke(tx, mine, now)


def revoke_of_account(tx: sa.Connection, account_id: int, now: Millis) -> None:
    """End everything that an account gave to any app."""
    _revoke(tx, access_tokens.c.account_id == account_id, now)


def revoke_of_actor(tx: sa.Connection, actor_id: int, now: Millis) -> None:
    """End everything by which any app speaks as an actor."""
    _revoke(tx, access_tokens.c.actor_id == actor_id, now)


def sweep_tokens(tx: sa.Connection, now: Millis) -> int:
    """Forget a batch of tokens that ended long ago; returns how many."""
    before = now - KEPT_REVOKED_MS
    is_over = sa.or_(access_tokens.c.revoked_at < before, access_tokens.c.expires_at < before)
    over = sa.select(access_tokens.c.id).where(is_over).limit(SWEEP_BATCH)
    statement = sa.delete(access_tokens).where(access_tokens.c.id.in_(over))
    return len(tx.execute(statement.returning(access_tokens.c.id)).all())


def issue_for_itself(
    tx: sa.Connection, vault: Vault, app: AppRecord, scopes: frozenset[str], now: Millis
) -> tuple[TokenRecord, str]:
    """Make a token by which an app speaks for itself alone (`client_credentials`)."""
    return issue_token(tx, vault, app_id=app.id, account_id=None, actor_id=None, scopes=scopes, now=now)


def _revoke(tx: sa.Connection, which: sa.ColumnElement[bool], now: Millis) -> None:
    """End tokens, and what their apps wanted to be told."""
    revoked = sa.select(access_tokens.c.id).where(which)
    tx.execute(sa.delete(push_subscriptions).where(push_subscriptions.c.token_id.in_(revoked)))
    tx.execute(
        sa.update(access_tokens).where(which, access_tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    note(tx, Change("access"))


_COLUMNS: Final = (
    access_tokens.c.id,
    access_tokens.c.account_id,
    access_tokens.c.actor_id,
    access_tokens.c.app_id,
    access_tokens.c.scopes,
    access_tokens.c.created_at,
)


def is_good() -> sa.ColumnElement[bool]:
    """That a token opens something `:now`, in a query that joins its actor where it has one."""
    now = sa.bindparam("now", type_=sa.BigInteger)
    is_linked = sa.exists().where(
        account_actors.c.account_id == access_tokens.c.account_id,
        account_actors.c.actor_id == access_tokens.c.actor_id,
        sa.or_(account_actors.c.until.is_(None), account_actors.c.until > now),
    )
    may_speak = sa.and_(
        actors.c.gone_at.is_(None),
        actors.c.standing != "suspended",
        sa.or_(access_tokens.c.account_id.is_(None), is_linked),
    )
    return sa.and_(
        access_tokens.c.revoked_at.is_(None),
        sa.or_(access_tokens.c.expires_at.is_(None), access_tokens.c.expires_at > now),
        sa.or_(access_tokens.c.actor_id.is_(None), may_speak),
    )


_FIND: Final = Prepared(
    sa.select(*_COLUMNS)
    .outerjoin(actors, actors.c.id == access_tokens.c.actor_id)
    .where(access_tokens.c.hash == sa.bindparam("hash", type_=sa.LargeBinary), is_good())
)

_GOOD: Final = Prepared(
    lambda dialect: (
        sa.select(access_tokens.c.id)
        .outerjoin(actors, actors.c.id == access_tokens.c.actor_id)
        .where(one_of(access_tokens.c.id, "ids", dialect), is_good())
    )
)


def _to_token(row: Any) -> TokenRecord:
    token_id, account_id, actor_id, app_id, scopes, created_at = row
    return TokenRecord(
        id=token_id,
        account_id=account_id,
        actor_id=actor_id,
        app_id=app_id,
        scopes=frozenset(scopes.split()),
        created_at=created_at,
    )
