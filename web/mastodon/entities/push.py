"""How an app is told of notifications: `WebPushSubscription`."""

from typing import Final

from actors.push import Subscription
from areas.notifications import TYPES
from web.mastodon.entities.frame import Frame, Json

ALERTS: Final = (*TYPES, "quote", "quoted_update")
"""What apps choose from; the last two are of Mastodon, and never happen here."""


def subscription(found: Subscription, frame: Frame) -> Json:
    """`WebPushSubscription`. Its id is a number, as native apps demand; every type stands in `alerts`."""
    return {
        "id": found.id,
        "endpoint": found.door.endpoint,
        "standard": found.door.standard,
        "alerts": {type_: type_ in found.choice.alerts for type_ in ALERTS},
        "policy": found.choice.policy,
        "server_key": frame.push_key,
    }
