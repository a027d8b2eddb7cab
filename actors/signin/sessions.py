"""Signed-in browsers: an opaque id in a cookie, kept as a keyed hash. How long staff's last is for `web` to say."""

import secrets
from typing import Any, Final

import sqlalchemy as sa

from actors.keys import Vault
from actors.records import SessionRecord
from actors.tables import sessions
from federation.vocabulary import Millis

DAY_MS: Final = 86_400_000
LIFETIME_MS: Final = 365 * DAY_MS
"""From the last visit: a resident signs in once a year at most."""
SEEN_EVERY_MS: Final = DAY_MS
"""A visit is noted once a day: a page view is no write."""
SESSION_BYTES: Final = 32
MAX_BROWSER: Final = 60
SWEEP_BATCH: Final = 500

_PURPOSE: Final = "session"


def start_session(
    tx: sa.Connection, vault: Vault, account_id: int, *, browser: str, now: Millis
) -> tuple[SessionRecord, str]:
    """Sign a browser in; returns the record and the cookie's value, which is not kept."""
    secret = secrets.token_urlsafe(SESSION_BYTES)
    values = {
        "hash": vault.hash(secret, _PURPOSE),
        "account_id": account_id,
        "browser": browser[:MAX_BROWSER],
        "created_at": now,
        "seen_at": now,
        "expires_at": now + LIFETIME_MS,
    }
    row = tx.execute(sa.insert(sessions).values(values).returning(*_COLUMNS)).one()
    return _to_session(row), secret


def find_session(tx: sa.Connection, vault: Vault, secret: str, now: Millis) -> SessionRecord | None:
    """Return the session of a cookie, if it has not ended."""
    query = sa.select(*_COLUMNS).where(
        sessions.c.hash == vault.hash(secret, _PURPOSE), sessions.c.expires_at > now
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else _to_session(row)


def is_worth_noting(session: SessionRecord, now: Millis) -> bool:
    """Whether the last visit that was noted is old enough for `note_visit`."""
    return now - session.seen_at >= SEEN_EVERY_MS


def note_visit(tx: sa.Connection, session: SessionRecord, now: Millis) -> None:
    """The browser is still in use: the year begins again."""
    statement = sa.update(sessions).where(sessions.c.id == session.id)
    tx.execute(statement.values(seen_at=now, expires_at=now + LIFETIME_MS))


def list_sessions(tx: sa.Connection, account_id: int, now: Millis) -> tuple[SessionRecord, ...]:
    """Return the browsers in which an account is signed in, the one last seen first."""
    query = (
        sa.select(*_COLUMNS)
        .where(sessions.c.account_id == account_id, sessions.c.expires_at > now)
        .order_by(sessions.c.seen_at.desc(), sessions.c.id.desc())
    )
    return tuple(_to_session(row) for row in tx.execute(query))


def end_session(tx: sa.Connection, account_id: int, session_id: int) -> bool:
    """Sign one browser of an account out; False when it has no such session."""
    mine = sa.and_(sessions.c.id == session_id, sessions.c.account_id == account_id)
    return tx.execute(sa.delete(sessions).where(mine).returning(sessions.c.id)).first() is not None


def end_sessions(tx: sa.Connection, account_id: int, *, but: int | None = None) -> None:
    """Sign every browser of an account out, or every other one."""
    mine = sessions.c.account_id == account_id
    tx.execute(sa.delete(sessions).where(mine if but is None else sa.and_(mine, sessions.c.id != but)))


def sweep_sessions(tx: sa.Connection, now: Millis) -> int:
    """Forget a batch of sessions that have ended; returns how many."""
    over = sa.select(sessions.c.id).where(sessions.c.expires_at <= now).limit(SWEEP_BATCH)
    return len(tx.execute(sa.delete(sessions).where(sessions.c.id.in_(over)).returning(sessions.c.id)).all())


_COLUMNS: Final = (
    sessions.c.id,
    sessions.c.account_id,
    sessions.c.browser,
    sessions.c.created_at,
    sessions.c.seen_at,
    sessions.c.expires_at,
)


def _to_session(row: Any) -> SessionRecord:
    return SessionRecord(**row._mapping)  # noqa: SLF001
