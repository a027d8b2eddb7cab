"""What a resident is told: one row for each event, written with its effect; pages, apps, push and mail read it."""

from areas.notifications.ringing import (
    TYPES,
    Event,
    Type,
    forget_about,
    forget_from,
    forget_post,
    has_rung,
    ring,
    ring_concerned,
    ring_mentioned,
    ring_subscribers,
)

__all__ = [
    "TYPES",
    "Event",
    "Type",
    "forget_about",
    "forget_from",
    "forget_post",
    "has_rung",
    "ring",
    "ring_concerned",
    "ring_mentioned",
    "ring_subscribers",
]
