"""The channels of Mastodon's streams: their names, what they ask for, and which changes can stand in them. Pure.

Source: https://docs.joinmastodon.org/methods/streaming/ and Mastodon's streaming server, whose words the errors are.
"""

from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException

from actors.changes import Change, Kind
from actors.oauth.scopes import allows
from areas import hashtags
from web.mastodon.parameters import MAX_ID

OUTSIDE_SCOPES: Final = "Access token does not have the required scopes"
UNKNOWN: Final = "Unknown stream type"
MISSING_TAG: Final = "Missing tag name parameter"
MISSING_LIST: Final = "Missing list name parameter"
FOREIGN_LIST: Final = "Not authorized to stream this list"

TAG_LENGTH: Final = hashtags.LENGTH
MEDIA: Final = ":media"
PUBLIC: Final = frozenset({"public", "public:local", "public:remote"})
TAGGED: Final = frozenset({"hashtag", "hashtag:local"})
ANNOUNCED: Final[frozenset[Kind]] = frozenset({"announced", "unannounced", "reacted"})
PERSONAL: Final = frozenset({"user", "user:notification", "list", "direct"})
NAMES: Final = frozenset({*PUBLIC, *(f"{name}{MEDIA}" for name in PUBLIC), *TAGGED, *PERSONAL})


@dataclass(frozen=True, slots=True)
class Channel:
    """What an app has asked for. `tag` and `list_id` belong to the channels that need them."""

    name: str
    tag: str = ""
    list_id: int = 0

    @property
    def label(self) -> tuple[str, ...]:
        """As apps know it: `["user"]`, `["hashtag", "花"]`, `["list", "12"]`."""
        if self.tag:
            return (self.name, self.tag)
        return (self.name, str(self.list_id)) if self.list_id else (self.name,)

    @property
    def base(self) -> str:
        """The timeline, whether with pictures alone or with everything."""
        return self.name.removesuffix(MEDIA)

    @property
    def only_media(self) -> bool:
        """Whether posts without files are left out."""
        return self.name.endswith(MEDIA)


def read_channel(name: str | None, tag: str | None, list_id: str | None) -> Channel:
    """Return the channel that these parameters name. Raises 400 in Mastodon's words, 401 for no list."""
    if name not in NAMES:
        raise HTTPException(400, UNKNOWN)
    assert name is not None  # none of the names
    if name in TAGGED:
        if not tag or not hashtags.fold(tag) or len(tag) > TAG_LENGTH:
            raise HTTPException(400, MISSING_TAG)
        return Channel(name, tag=tag)
    if name == "list":
        if not list_id:
            raise HTTPException(400, MISSING_LIST)
        if not (list_id.isascii() and list_id.isdecimal()) or not 0 < int(list_id[:20]) <= MAX_ID:
            raise HTTPException(401, FOREIGN_LIST)
        return Channel(name, list_id=int(list_id))
    return Channel(name)


def demand_scopes(channel: Channel, scopes: frozenset[str]) -> None:
    """Raise 401, as Mastodon, unless a token may hear it. What is public needs a token, but no scope."""
    if channel.base in PUBLIC | TAGGED:
        return
    needed = "read:notifications" if channel.name == "user:notification" else "read:statuses"
    if not allows(scopes, needed):
        raise HTTPException(401, OUTSIDE_SCOPES)


def wants(channel: Channel, change: Change, actor_id: int, scopes: frozenset[str]) -> bool:
    """Whether a change can mean anything to who hears this channel, before anybody is asked."""
    match change.kind:
        case "written" | "edited" | "shared" | "placed" | "brought":
            return _is_timeline(channel, change)
        case "removed":
            return channel.name != "user:notification"
        case "notified" | "merged":
            hears = channel.name in {"user", "user:notification"} and allows(scopes, "read:notifications")
            return hears and change.actor_id == actor_id
        case "messaged":
            return channel.name == "direct" and change.actor_id == actor_id
        case "filters":
            return channel.name == "user" and change.actor_id == actor_id
        case _:
            return change.kind in ANNOUNCED and channel.name == "user"


def _is_timeline(channel: Channel, change: Change) -> bool:
    """Boosts by people stand in home and in lists; in an area's timeline stands what areas have accepted.

    What peers have brought stands in the lists of areas alone.
    """
    if channel.name in {"direct", "user:notification"}:
        return False
    if change.kind == "brought":
        return channel.name == "list"
    if change.kind == "shared":
        return channel.name in {"user", "list"}
    return channel.base != "public:local" or change.kind in {"placed", "edited"}
