"""Passwords of accounts: rows of their own, since most residents have none and sign in by mail."""

import sqlalchemy as sa

from actors.statements import insert_into
from actors.tables import credentials
from federation.vocabulary import Millis


def set_password(tx: sa.Connection, account_id: int, hashed: str, now: Millis) -> None:
    """Store the hash of an account's password in place of an earlier one."""
    values = {
        "account_id": account_id,
        "kind": "password",
        "secret": hashed,
        "created_at": now,
        "changed_at": now,
    }
    statement = insert_into(tx, credentials).values(values)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["account_id"],
            index_where=_IS_PASSWORD,
            set_={"secret": hashed, "changed_at": now},
        )
    )


def find_password(tx: sa.Connection, account_id: int) -> str | None:
    """Return the hash of an account's password, if it has one."""
    query = sa.select(credentials.c.secret).where(credentials.c.account_id == account_id, _IS_PASSWORD)
    return tx.execute(query).scalar_one_or_none()


def remove_password(tx: sa.Connection, account_id: int) -> None:
    """Let an account sign in by mail alone."""
    tx.execute(sa.delete(credentials).where(credentials.c.account_id == account_id, _IS_PASSWORD))


_IS_PASSWORD = credentials.c.kind == sa.literal_column("'password'")
