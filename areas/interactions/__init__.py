"""What a local actor does to others and to their posts. With `areas.compose` the only ways in which one acts."""

from areas.interactions.boosting import boost, unboost
from areas.interactions.favourites import favourite, unfavourite
from areas.interactions.follows import follow, unfollow
from areas.interactions.joining import join, leave
from areas.interactions.marking import (
    bookmark,
    mute_thread,
    pin,
    unbookmark,
    unmute_thread,
    unpin,
)
from areas.interactions.reporting import report
from areas.interactions.requests import accept_request, reject_request, remove_follower
from areas.interactions.shutting import block, block_host, mute, unblock, unblock_host, unmute
from areas.interactions.stepping import respond, step, step_reply
from areas.interactions.voting import vote

__all__ = [
    "accept_request",
    "block",
    "block_host",
    "bookmark",
    "boost",
    "favourite",
    "follow",
    "join",
    "leave",
    "mute",
    "mute_thread",
    "pin",
    "reject_request",
    "remove_follower",
    "report",
    "respond",
    "step",
    "step_reply",
    "unblock",
    "unblock_host",
    "unbookmark",
    "unboost",
    "unfavourite",
    "unfollow",
    "unmute",
    "unmute_thread",
    "unpin",
    "vote",
]
