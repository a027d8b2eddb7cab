"""Everything by which an account is let in, ended at once: after a theft, a new password, a suspension."""

import sqlalchemy as sa

from actors.oauth.codes import drop_codes
from actors.oauth.tokens import revoke_of_account, revoke_of_actor, revoke_of_app
from actors.signin.sessions import end_sessions
from actors.tables import account_actors
from federation.vocabulary import Millis


def end_access(tx: sa.Connection, account_id: int, now: Millis, *, but_session: int | None = None) -> None:
    """Sign an account out everywhere, or everywhere else, and take back what it gave to apps."""
    end_sessions(tx, account_id, but=but_session)
    drop_codes(tx, account_id)
    revoke_of_account(tx, account_id, now)


def end_app(tx: sa.Connection, account_id: int, app_id: int, now: Millis) -> None:
    """Take back what an account gave to one app."""
    drop_codes(tx, account_id, app_id)
    revoke_of_app(tx, account_id, app_id, now)


def end_actor(tx: sa.Connection, actor_id: int, now: Millis) -> None:
    """Take back every token of an actor, and sign out everywhere whose own name it is.

    Who only speaks for it among others, as staff do for a desk, stays signed in.
    """
    revoke_of_actor(tx, actor_id, now)
    query = sa.select(account_actors.c.account_id).where(
        account_actors.c.actor_id == actor_id, account_actors.c.role == "self"
    )
    for account_id in tx.execute(query).scalars().all():
        end_access(tx, account_id, now)
