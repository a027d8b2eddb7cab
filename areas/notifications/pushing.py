"""Which apps of a reader are told of a notification at once: a durable job for each, written with the notification."""

import sqlalchemy as sa

from actors import push
from actors.jobs import schedule
from actors.push import Choice
from areas.notifications.policy import Facts
from areas.notifications.requests import unwanted_of
from federation.vocabulary import Millis

PUSH = "push"
"""The job that tells one app of one notification; the key is both their numbers."""


def wants(choice: Choice, facts: Facts, *, is_own: bool) -> bool:
    """Whether an app wants to hear of this. What is about the reader's own doing (her poll ends) is by nobody. Pure."""
    if facts.type not in choice.alerts or choice.policy == "none":
        return False
    if choice.policy == "all" or is_own:
        return True
    return facts.is_following if choice.policy == "followed" else facts.follower_for is not None


def plan(
    tx: sa.Connection, reader_id: int, notification_id: int, facts: Facts, now: Millis, *, is_own: bool
) -> None:
    """Ask for a message to every app of the reader that wants to hear of it."""
    wanting = [
        each.id for each in push.list_of(tx, reader_id, now) if wants(each.choice, facts, is_own=is_own)
    ]
    if not wanting or facts.type in unwanted_of(tx, reader_id, PUSH):
        return
    for subscription_id in wanting:
        payload = {"subscription": subscription_id, "notification": notification_id}
        schedule(tx, PUSH, f"{notification_id}-{subscription_id}", payload, now, now)
