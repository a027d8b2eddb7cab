"""Who is written to of what is new: one mail for all of it, planned with the first thing that it will tell.

At once means within two minutes, so that a conversation is one mail; daily is at seven in the morning in the town.
A message does not wait for the morning.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import sqlalchemy as sa

from actors.accounts import Pace
from actors.jobs import schedule
from actors.prepared import Prepared
from actors.tables import account_actors, accounts
from areas.records import PlacementRecord
from areas.registry import list_moderators
from federation.vocabulary import Millis

MAIL_NEWS: Final = "mail-news"
"""The job that sends one; the key is the account's number."""
MAIL_HELD: Final = "mail-held"
"""The job that tells an author of a post that waits; the key is the placement's number."""
HELD_LONG: Final = 72 * 3_600_000
"""Milliseconds for which a post may wait until its author is told so."""
SOON_MS: Final = 2 * 60_000
MORNING: Final = 7
JAPAN: Final = timezone(timedelta(hours=9))

_WRITTEN_TO = Prepared(
    sa.select(accounts.c.id, accounts.c.pace)
    .join(account_actors, account_actors.c.account_id == accounts.c.id)
    .where(
        account_actors.c.actor_id == sa.bindparam("actor", type_=sa.BigInteger),
        account_actors.c.role == "self",
        accounts.c.pace != "off",
    )
)


def plan(tx: sa.Connection, reader_id: int, now: Millis, *, is_urgent: bool = False) -> None:
    """Ask for a mail to whoever the reader is, where she wants any."""
    for account_id, pace in _WRITTEN_TO.all(tx, actor=reader_id):
        due_at = Millis(now + SOON_MS) if is_urgent else find_time(pace, now)
        schedule(tx, MAIL_NEWS, str(account_id), {}, due_at, now)


def plan_for_moderators(tx: sa.Connection, area_id: int, now: Millis) -> None:
    """Somebody has to look at a post."""
    for actor_id in list_moderators(tx, area_id, now):
        plan(tx, actor_id, now)


def plan_for_author(tx: sa.Connection, placement: PlacementRecord, now: Millis) -> None:
    """Her post waits; where it still does after `HELD_LONG`, she is told."""
    schedule(tx, MAIL_HELD, str(placement.id), {}, Millis(placement.created_at + HELD_LONG), now)


def find_time(pace: Pace, now: Millis) -> Millis:
    """When a mail is due that is planned now. Pure."""
    if pace == "now":
        return Millis(now + SOON_MS)
    local = datetime.fromtimestamp(now / 1000, tz=UTC).astimezone(JAPAN)
    morning = local.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    if morning <= local:
        morning += timedelta(days=1)
    return Millis(int(morning.timestamp()) * 1000)
