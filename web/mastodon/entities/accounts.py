"""Actors as `Account`, and what stands beside one: `CredentialAccount`, `Relationship`, `FamiliarFollowers`.

Areas have `group`. Lists of followers are shown to nobody but their owner, and say so (`hide_collections`).
"""

from collections.abc import Sequence
from typing import Final

from actors.records import ActorKind, ActorRecord
from actors.registration import ACTOR_TYPES
from areas.counts import Counts
from areas.preferences import Preferences
from areas.profiles import Source
from federation.vocabulary import Millis
from web.mastodon.entities.frame import Frame, Json, Size
from web.mastodon.times import write_day, write_time

AUTOMATA: Final = ("Application", "Service")
ROLES: Final[dict[ActorKind, tuple[str, str]]] = {
    "official": ("1", "公式"),
    "alert": ("1", "公式"),
    "area": ("2", "エリア"),
    "desk": ("3", "窓口"),
    "shop": ("4", "お店"),
}
"""What is shown beside a name, by the kind of a local actor: a number, and a word."""
ROLE_COLOUR: Final = "#1f6f5c"


def account(actor: ActorRecord, counts: Counts, frame: Frame, moved: Json | None = None) -> Json:
    """`Account`. The time it was created is rounded to the day, as Mastodon does. `moved` is the one it moved to."""
    avatar = _picture(actor.icon, "small", frame) or frame.avatar
    header = _picture(actor.image, "full", frame) or frame.header
    return {
        "id": str(actor.id),
        "username": actor.username,
        "acct": frame.acct(actor),
        "display_name": actor.name,
        "locked": actor.locked,
        "bot": _is_automatic(actor),
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "group": actor.type == "Group",
        "created_at": f"{write_day(actor.published_at or actor.created_at)}T00:00:00.000Z",
        "note": actor.summary,
        "url": actor.url or actor.iri,
        "uri": actor.iri,
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": "",
        "header": header,
        "header_static": header,
        "header_description": "",
        "followers_count": counts.followers,
        "following_count": counts.following,
        "statuses_count": counts.posts,
        "last_status_at": None if counts.last_at is None else write_day(counts.last_at),
        "hide_collections": True,
        "noindex": not actor.indexable,
        "memorial": False,
        "suspended": actor.standing == "suspended",
        "limited": actor.standing == "limited",
        "moved": moved,
        "emojis": [],
        "roles": _roles(actor),
        "fields": _fields(actor.fields),
    }


def _fields(fields: Sequence[tuple[str, str]]) -> list[Json]:
    """Nothing looks whether a page links back to a profile, so that none is verified."""
    return [{"name": name, "value": value, "verified_at": None} for name, value in fields]


def _picture(url: str | None, size: Size, frame: Frame) -> str | None:
    return None if url is None else frame.picture(url, size)


def _is_automatic(actor: ActorRecord) -> bool:
    """Desks and alerts are by people, whatever their type: apps hide automata, and some people do."""
    if actor.kind in {"node", "calendar"}:
        return True
    is_by_choice = actor.kind is None or ACTOR_TYPES[actor.kind] == "Person"
    return is_by_choice and actor.type in AUTOMATA


def _roles(actor: ActorRecord) -> list[Json]:
    role = None if actor.kind is None else ROLES.get(actor.kind)
    return [] if role is None else [{"id": role[0], "name": role[1], "color": ROLE_COLOUR}]


def credential_account(
    actor: ActorRecord, counts: Counts, source: Source, requests: int, chosen: Preferences, frame: Frame
) -> Json:
    """`CredentialAccount`: oneself as typed, with what new posts are to be unless they say otherwise."""
    return {
        **account(actor, counts, frame),
        "source": {
            "privacy": chosen.visibility,
            "sensitive": chosen.sensitive,
            "language": chosen.language,
            "note": source.note,
            "fields": _fields(source.fields),
            "follow_requests_count": requests,
            "hide_collections": True,
            "discoverable": actor.discoverable,
            "indexable": actor.indexable,
            "attribution_domains": [],
            "quote_policy": "nobody",
        },
        "role": {"id": "-99", "name": "", "permissions": "0", "color": "", "highlighted": False},
    }


def profile(actor: ActorRecord, source: Source, featured: Sequence[Json], frame: Frame) -> Json:
    """`Profile`: oneself as typed; without a picture it has none, where an account has a stand-in."""
    avatar = _picture(actor.icon, "full", frame)
    header = _picture(actor.image, "full", frame)
    return {
        "id": str(actor.id),
        "display_name": actor.name,
        "note": source.note,
        "fields": _fields(source.fields),
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": "",
        "header": header,
        "header_static": header,
        "header_description": "",
        "locked": actor.locked,
        "bot": _is_automatic(actor),
        "hide_collections": True,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "show_media": True,
        "show_media_replies": True,
        "show_featured": True,
        "attribution_domains": [],
        "featured_tags": list(featured),
    }


def preferences(chosen: Preferences) -> Json:
    """`Preferences`, flat."""
    return {
        "posting:default:visibility": chosen.visibility,
        "posting:default:sensitive": chosen.sensitive,
        "posting:default:language": chosen.language,
        "posting:default:quote_policy": "nobody",
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }


def muted_account(account: Json, until: Millis | None) -> Json:
    """`MutedAccount`."""
    return {**account, "mute_expires_at": None if until is None else write_time(until)}


def familiar_followers(actor_id: int, accounts: Sequence[Json]) -> Json:
    """`FamiliarFollowers`."""
    return {"id": str(actor_id), "accounts": list(accounts)}


def featured_tag(tag_id: int, name: str, url: str, count: int, last_at: Millis | None) -> Json:
    """`FeaturedTag`; the count is a text, as Mastodon has it."""
    return {
        "id": str(tag_id),
        "name": name,
        "url": url,
        "statuses_count": str(count),
        "last_status_at": None if last_at is None else write_day(last_at),
    }
