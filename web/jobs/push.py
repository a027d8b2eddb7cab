"""Telling apps of notifications: each message is a durable job, sent by the guarded client as an app can read it."""

from http import HTTPStatus
from typing import Final

import sqlalchemy as sa

from actors import push
from actors.directory import find_actor_by_id
from actors.push import Subscription
from actors.records import Job
from areas import preferences
from areas.notifications import reading
from areas.notifications.pushing import PUSH
from areas.notifications.reading import Notification
from areas.reading.visibility import Reader
from federation.client import PostResult
from federation.errors import NotFound, Unreachable
from federation.vocabulary import Millis
from inbox.jobs import runner
from inbox.services import Services
from web.mastodon.showing import frame_of
from web.node import Node
from web.push.encryption import encrypt
from web.push.messages import write_message

LIFETIME: Final = 48 * 3_600
"""Seconds for which a message is news: a push service keeps it so long for a telephone that is off (RFC 8030 §5.2)."""

_FORGOTTEN: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""RFC 8030 §7.3: there is no such subscription any more."""
_LATER: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_FAILURE: Final = 500


async def run_due(node: Node, now: Millis) -> int:
    """Send what is due; returns how many jobs were taken."""

    async def send(job: Job, _services: Services, at: Millis) -> str:
        return await _send(node, job, at)

    return await runner.run_due({PUSH: send}, node.services, now)


async def _send(node: Node, job: Job, now: Millis) -> str:
    """Raises `Unreachable` where it may yet arrive."""
    found = None if now - job.created_at > LIFETIME * 1000 else await node.database.read(_read, job, now)
    if found is None:
        return "not sent"
    subscription, notification, language = found
    frame = frame_of(node)
    icon = None if notification.by.icon is None else frame.picture(notification.by.icon, "small")
    message = write_message(
        notification,
        bearer=push.open_bearer(node.vault, subscription),
        language=language,
        icon=icon or frame.avatar,
    )
    return await _judge(node, subscription, await _post(node, subscription, message, now))


async def _post(node: Node, subscription: Subscription, message: bytes, now: Millis) -> PostResult:
    door = subscription.door
    encrypted = encrypt(message, door)
    who = node.push_identity.write_headers(door.endpoint, now, standard=door.standard)
    keys = [each["crypto-key"] for each in (encrypted.headers, who) if "crypto-key" in each]
    headers = {
        "content-type": "application/octet-stream",
        "ttl": str(LIFETIME),
        "urgency": "normal",
        **encrypted.headers,
        **who,
        **({"crypto-key": ";".join(keys)} if keys else {}),
    }
    return await node.client.push(door.endpoint, encrypted.body, headers)


async def _judge(node: Node, subscription: Subscription, result: PostResult) -> str:
    if result.is_success:
        return "sent"
    if result.status in _FORGOTTEN:
        await node.database.write(push.drop, subscription)
        return "unsubscribed"
    if result.status is None or result.status in _LATER or result.status >= _FAILURE:
        raise Unreachable(result.error or "no answer", permanent=result.refused)
    return f"refused: HTTP {result.status}"


def _read(tx: sa.Connection, job: Job, now: Millis) -> tuple[Subscription, Notification, str] | None:
    """What is to be said, and to whom; None where one of them has gone meanwhile."""
    subscription_id, notification_id = job.payload["subscription"], job.payload["notification"]
    assert isinstance(subscription_id, int)  # `areas.notifications.pushing` has written both
    assert isinstance(notification_id, int)
    subscription = push.find_good(tx, subscription_id, now)
    actor = None if subscription is None else find_actor_by_id(tx, subscription.actor_id)
    if subscription is None or actor is None:
        return None
    try:
        notification = reading.find(tx, Reader.of(actor, now), notification_id)
    except NotFound:
        return None
    return subscription, notification, preferences.find(tx, actor.id).language
