"""What a change is in each channel of one reader: found by asking the timeline of the channel at that place."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from actors.changes import Change, Kind
from actors.oauth.tokens import find_good
from areas import ids
from areas.announcements import reading as announcing
from areas.announcements.reacting import find_reaction
from areas.announcements.reading import Announcement, Reaction
from areas.notifications import reading
from areas.notifications.reading import Notification
from areas.reading import conversations, statuses
from areas.reading.conversations import Conversation
from areas.reading.home import home
from areas.reading.live import Read, could_read, find_at, places_of
from areas.reading.merging import Candidate
from areas.reading.public import Origin, Tags, known, local, tagged
from areas.reading.slices import Page
from areas.reading.statuses import Status
from areas.reading.visibility import Reader
from areas.records import SHOWN
from federation.errors import NotFound
from federation.vocabulary import Millis
from web.mastodon.lists import find_list, read_list
from web.mastodon.streaming.channels import PERSONAL, TAGGED, Channel
from web.streams import Revoked, Told

FRESH: Millis = Millis(6 * 3_600_000)
"""What stands further down in a timeline when it gets there is no news (as Mastodon has it for posts)."""


@dataclass(frozen=True, slots=True)
class Found:
    """One event of one channel; what it is about is rendered for its reader."""

    channel: Channel
    event: str
    thing: Status | Notification | Conversation | Announcement | Reaction | int | None


@dataclass(frozen=True, slots=True)
class Listener:
    """Whose channels are asked, and by which token."""

    reader: Reader
    token_id: int
    channels: Sequence[Channel]


def find(tx: sa.Connection, who: Listener, told: Told) -> list[Found]:
    """What the change is to this reader. Raises `Revoked` where the token, in the same look, opens nothing."""
    if not find_good(tx, (who.token_id,), who.reader.now):
        raise Revoked
    finder = _FINDERS.get(told.change.kind)
    return [] if finder is None else finder(tx, who, told)


def _find_statuses(tx: sa.Connection, who: Listener, told: Told) -> list[Found]:
    change, event = told.change, "status.update" if told.change.kind == "edited" else "update"
    places = tuple(places_of(tx, change))
    standing = [
        (channel, candidate)
        for channel in who.channels
        if told.is_near or channel.name != "user"
        if (candidate := _find_in(tx, who.reader, channel, change, places)) is not None
    ]
    if change.kind == "edited":
        standing = [(channel, Candidate(change.id, change.id, None)) for channel, _ in standing]
    wanted = tuple({candidate.position: candidate for _, candidate in standing}.values())
    shown = {each.id: each for each in statuses.complete(tx, who.reader, Page(wanted)).items}
    return [
        Found(channel, event, shown[candidate.position])
        for channel, candidate in standing
        if candidate.position in shown
    ]


def _find_in(
    tx: sa.Connection, reader: Reader, channel: Channel, change: Change, places: Iterable[int]
) -> Candidate | None:
    """What of it stands in a channel. A timeline of single posts has it where it was written, whoever brought it."""
    try:
        read = _open(tx, reader, channel)
    except NotFound:  # the list has gone
        return None
    if channel.base in {"public", "public:remote"} | TAGGED:
        places = (change.post_id,)
    news = (place for place in places if change.kind == "edited" or reader.now - ids.time_of(place) <= FRESH)
    return next((found for place in news if (found := find_at(read, place)) is not None), None)


def _open(tx: sa.Connection, reader: Reader, channel: Channel) -> Read:
    """The timeline of a channel. Raises `NotFound` for a list that has gone."""
    only_media = channel.only_media
    if channel.name == "user":
        return lambda wanted: home(tx, reader, wanted)
    if channel.base == "public:local":
        return lambda wanted: local(tx, reader, wanted, only_media=only_media)
    if channel.name == "list":
        found = find_list(tx, reader.id, channel.list_id)
        return lambda wanted: read_list(tx, reader, found, wanted)
    if channel.name in TAGGED:
        by: Origin = "local" if channel.name == "hashtag:local" else "all"
        return lambda wanted: tagged(tx, reader, Tags((channel.tag,)), wanted, origin=by)
    origin: Origin = "remote" if channel.base == "public:remote" else "all"
    return lambda wanted: known(tx, reader, wanted, origin=origin, only_media=only_media)


def _find_removal(tx: sa.Connection, who: Listener, told: Told) -> list[Found]:
    """What everybody could read leaves every timeline, anything else those of its readers."""
    change = told.change
    if not could_read(tx, who.reader, change):
        return []
    assert change.audience is not None  # else nobody could
    is_open = change.audience.visibility in SHOWN
    return [Found(each, "delete", change.id) for each in who.channels if is_open or each.name in PERSONAL]


def _find_notification(tx: sa.Connection, who: Listener, told: Told) -> list[Found]:
    """Unless it was put away meanwhile, or she may not read any more what it is about."""
    try:
        found = reading.find(tx, who.reader, told.change.id)
    except NotFound:
        return []
    return [Found(each, "notification", found) for each in who.channels]


def _find_conversation(tx: sa.Connection, who: Listener, told: Told) -> list[Found]:
    found = conversations.find_of_thread(tx, who.reader, told.change.id)
    return [] if found is None else [Found(each, "conversation", found) for each in who.channels]


def _find_merger(_tx: sa.Connection, who: Listener, _told: Told) -> list[Found]:
    return [Found(each, "notifications_merged", 1) for each in who.channels]


def _find_filters(_tx: sa.Connection, who: Listener, _told: Told) -> list[Found]:
    return [Found(each, "filters_changed", None) for each in who.channels]


def _find_announcement(tx: sa.Connection, who: Listener, told: Told) -> list[Found]:
    """As it is now: it may have ended meanwhile, and then that is told next."""
    try:
        found = announcing.find(tx, who.reader, told.change.id)
    except NotFound:
        return []
    return [Found(each, "announcement", found) for each in who.channels]


def _find_its_end(tx: sa.Connection, who: Listener, told: Told) -> list[Found]:
    if not announcing.could_see(tx, who.reader, told.change.id):
        return []
    return [Found(each, "announcement.delete", told.change.id) for each in who.channels]


def _find_reaction(tx: sa.Connection, who: Listener, told: Told) -> list[Found]:
    if not announcing.could_see(tx, who.reader, told.change.id):
        return []
    found = find_reaction(tx, who.reader, told.change.id, told.change.name)
    return [Found(each, "announcement.reaction", found) for each in who.channels]


_FINDERS: Mapping[Kind, Callable[[sa.Connection, Listener, Told], list[Found]]] = {
    "written": _find_statuses,
    "edited": _find_statuses,
    "shared": _find_statuses,
    "placed": _find_statuses,
    "brought": _find_statuses,
    "removed": _find_removal,
    "notified": _find_notification,
    "messaged": _find_conversation,
    "merged": _find_merger,
    "filters": _find_filters,
    "announced": _find_announcement,
    "unannounced": _find_its_end,
    "reacted": _find_reaction,
}
