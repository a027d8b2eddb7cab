"""Two independent views of one document, to compare: what its JSON says, and what was parsed of it.

`read_wire` knows nothing of the parser: it normalises the keys that we claim to understand, as a reader
of the specification would. `describe` says the same of a parsed thing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from federation.html import from_text
from federation.vocabulary import (
    PUBLIC,
    Activity,
    Actor,
    Announce,
    Attachment,
    Collection,
    Create,
    Delete,
    Flag,
    Hashtag,
    Like,
    Mention,
    OtherActivity,
    Post,
    PublicKey,
    Thing,
    Tombstone,
    Unrecognized,
)

ALIASES = {"as:Public": PUBLIC, "Public": PUBLIC}
ACTORS = {"Application", "Group", "Organization", "Person", "Service"}
POSTS = {"Note", "Question", "Article", "Page", "Event", "Image", "Video", "Audio"}
MEDIA = {"Image", "Document", "Video", "Audio", "Link"}

Said = dict[str, Any]


def describe(thing: Thing) -> Any:
    """Return what a parsed thing says; empty things are left out."""
    match thing:
        case Actor():
            said = _describe_actor(thing)
        case Post():
            said = _describe_post(thing)
        case Tombstone():
            said = {"id": thing.id, "type": "Tombstone", "deleted": thing.deleted}
        case Collection():
            said = {
                "id": thing.id,
                "type": thing.type,
                "totalItems": thing.total_items,
                "items": [describe(item) for item in thing.items],
                "next": thing.next,
                "first": thing.first,
                "partOf": thing.part_of,
            }
        case Activity():
            said = _describe_activity(thing)
        case PublicKey():
            said = _describe_key(thing)
        case Unrecognized():
            said = {"id": thing.id, "type": thing.type}
        case _:
            return thing
    return _prune(said)


def read_wire(document: Any) -> Any:
    """Return what the JSON of a document says, in the same form."""
    if isinstance(document, str):
        return document
    kind = document["type"]
    if kind in ACTORS:
        said = _read_actor(document)
    elif kind in POSTS:
        said = _read_post(document)
    elif kind == "Tombstone":
        said = {"id": document["id"], "type": kind, "deleted": _time(document.get("deleted"))}
    elif kind.endswith(("Collection", "CollectionPage")):
        said = _read_collection(document)
    elif "actor" in document and "object" in document:
        said = _read_activity(document)
    else:
        said = {"id": document["id"], "type": kind}
    return _prune(said)


def _prune(said: Said) -> Said:
    return {key: value for key, value in said.items() if value not in (None, "", [], {}, False)}


def _describe_actor(actor: Actor) -> Said:
    return {
        "id": actor.id,
        "type": actor.type,
        "preferredUsername": actor.preferred_username,
        "name": actor.name,
        "summary": actor.summary,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "followers": actor.followers,
        "following": actor.following,
        "featured": actor.featured,
        "sharedInbox": actor.shared_inbox,
        "moderators": actor.moderators,
        "url": actor.url,
        "icon": actor.icon,
        "image": actor.image,
        "fields": [list(field) for field in actor.fields],
        "keys": [_prune(_describe_key(key)) for key in actor.keys],
        "alsoKnownAs": list(actor.also_known_as),
        "locked": actor.manually_approves_followers,
        "restricted": actor.posting_restricted,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "implements": list(actor.implements),
        "webfinger": actor.webfinger,
        "published": actor.published,
        "updated": actor.updated,
    }


def _read_actor(document: dict[str, Any]) -> Said:
    if isinstance(document.get("name"), str):
        document = document | {"name": document["name"].strip()}
    plain = (
        "id",
        "type",
        "preferredUsername",
        "name",
        "summary",
        "inbox",
        "outbox",
        "followers",
        "following",
    )
    owner = document.get("attributedTo") if document["type"] == "Group" else None
    return {
        **{key: document.get(key) for key in (*plain, "featured", "discoverable", "indexable", "webfinger")},
        "sharedInbox": document.get("endpoints", document).get("sharedInbox"),
        "moderators": document.get("moderators") or (owner if isinstance(owner, str) else None),
        **{key: _link(document.get(key)) for key in ("url", "icon", "image")},
        "fields": [
            [part["name"], part["value"]] for part in _listed(document, "attachment") if "value" in part
        ],
        "keys": [
            {"id": key["id"], "owner": key["owner"], "pem": key["publicKeyPem"]}
            for key in _listed(document, "publicKey")
        ]
        + [
            {"id": key["id"], "owner": key["controller"], "multibase": key["publicKeyMultibase"]}
            for key in _listed(document, "assertionMethod")
        ],
        "alsoKnownAs": _listed(document, "alsoKnownAs"),
        "locked": document.get("manuallyApprovesFollowers"),
        "restricted": document.get("postingRestrictedToMods"),
        "implements": [link["href"] for link in (document.get("generator") or {}).get("implements", [])],
        "published": _time(document.get("published")),
        "updated": _time(document.get("updated")),
    }


def _describe_key(key: PublicKey) -> Said:
    return {"id": key.id, "owner": key.owner, "pem": key.pem, "multibase": key.multibase}


def _describe_post(post: Post) -> Said:
    return {
        "id": post.id,
        "type": post.type,
        "attributedTo": list(post.attributed_to),
        "to": list(post.to),
        "cc": list(post.cc),
        "addressed": post.addressed,
        "audience": list(post.audience),
        "inReplyTo": post.in_reply_to,
        "context": post.context,
        "content": post.content,
        "contentMap": dict(post.content_map),
        "name": post.name,
        "summary": post.summary,
        "sensitive": post.sensitive,
        "url": post.url,
        "published": post.published,
        "updated": post.updated,
        "replies": post.replies,
        "tags": [_describe_tag(tag) for tag in post.tags],
        "attachments": [_describe_attachment(attachment) for attachment in post.attachments],
        "canAnnounce": None if post.can_announce is None else list(post.can_announce.automatic),
        "startTime": post.start_time,
        "endTime": post.end_time,
        "place": post.location and (post.location.name, post.location.latitude, post.location.longitude),
    }


def _read_post(document: dict[str, Any]) -> Said:
    if document.get("mediaType") == "text/markdown":
        document = document | {"content": from_text(document["content"])}
    policy = (document.get("interactionPolicy") or {}).get("canAnnounce")
    place = document.get("location")
    return {
        **{key: document.get(key) for key in ("id", "type", "name", "summary", "sensitive", "contentMap")},
        "content": document.get("content"),
        "attributedTo": [id_ for id_, kind in _typed(document, "attributedTo") if kind != "Group"],
        **{key: _ids(document, key) for key in ("to", "cc", "audience")},
        "addressed": "to" in document or "cc" in document,
        **{key: next(iter(_ids(document, key)), None) for key in ("inReplyTo", "context", "replies")},
        "url": _link(document.get("url")),
        **{key: _time(document.get(key)) for key in ("published", "updated", "startTime", "endTime")},
        "tags": [
            ("Mention", tag["href"], tag.get("name"))
            if tag["type"] == "Mention"
            else ("Hashtag", tag["href"], tag["name"].lstrip("#"))
            for tag in _listed(document, "tag")
            if tag["type"] in {"Mention", "Hashtag"}
        ],
        "attachments": [
            (
                part["type"],
                _link(part),
                part.get("mediaType"),
                part.get("name"),
                part.get("width"),
                part.get("blurhash"),
                tuple(part["focalPoint"]) if part.get("focalPoint") else None,
            )
            for part in _listed(document, "attachment")
            if part["type"] in MEDIA
        ],
        "canAnnounce": policy
        and _ids(policy, "automaticApproval" if "automaticApproval" in policy else "always"),
        "place": place and (place.get("name"), place.get("latitude"), place.get("longitude")),
    }


def _describe_tag(tag: Mention | Hashtag) -> tuple[str, str | None, str | None]:
    return (type(tag).__name__, tag.href, tag.name)


def _describe_attachment(part: Attachment) -> tuple[object, ...]:
    return (part.type, part.url, part.media_type, part.name, part.width, part.blurhash, part.focus)


def _describe_activity(activity: Activity) -> Said:
    said: Said = {
        "id": activity.id,
        "actor": activity.actor,
        "to": list(activity.to),
        "cc": list(activity.cc),
        "audience": list(activity.audience),
        "target": [describe(thing) for thing in activity.target],
        "published": activity.published,
        "proof": activity.has_proof,
        "signature": activity.has_ld_signature,
    }
    match activity:
        case OtherActivity():
            return said | {"type": activity.type}
        case Flag():
            return said | {"type": "Flag", "object": list(activity.objects), "text": activity.text}
        case Like():
            return said | {"type": activity.kind, "object": activity.object}
        case Delete():
            return said | {"type": "Delete", "object": activity.object, "summary": activity.summary}
        case Announce() | Create():
            return said | {"type": type(activity).__name__, "object": describe(activity.object)}
        case _:
            inner: Thing = getattr(activity, "object")  # noqa: B009 - every other activity has one
            return said | {"type": type(activity).__name__, "object": describe(inner)}


def _read_activity(document: Mapping[str, Any]) -> Said:
    kind = document["type"]
    said: Said = {
        "id": document["id"],
        "type": kind,
        "actor": _ids(document, "actor")[0],
        **{key: _ids(document, key) for key in ("to", "cc", "audience")},
        "target": [read_wire(thing) for thing in _listed(document, "target")],
        "published": _time(document.get("published")),
        "proof": "proof" in document,
        "signature": "signature" in document,
    }
    if kind == "Flag":
        text = document.get("content") or document.get("summary")
        return said | {"object": _ids(document, "object"), "text": text}
    if kind in {"Like", "Dislike", "Follow", "Block", "Lock", "Move"}:
        return said | {"object": _ids(document, "object")[0]}
    if kind == "Delete":
        return said | {"object": _ids(document, "object")[0], "summary": document.get("summary")}
    known = kind in {"Accept", "Add", "Announce", "Create", "Reject", "Remove", "Undo", "Update"}
    return said | ({"object": read_wire(document["object"])} if known else {})


def _read_collection(document: Mapping[str, Any]) -> Said:
    first = document.get("first")
    return {
        **{key: document.get(key) for key in ("id", "type", "totalItems", "partOf", "next")},
        "items": [read_wire(item) for item in document.get("orderedItems", document.get("items", []))],
        "first": first if isinstance(first, str) else None,
    }


def _listed(document: Mapping[str, Any], key: str) -> list[Any]:
    value = document.get(key)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _typed(document: Mapping[str, Any], key: str) -> list[tuple[str, str | None]]:
    return [
        (value["id"], value.get("type")) if isinstance(value, dict) else (value, None)
        for value in _listed(document, key)
    ]


def _ids(document: Mapping[str, Any], key: str) -> list[str]:
    return [ALIASES.get(id_, id_) for id_, _ in _typed(document, key)]


def _link(value: Any) -> Any:
    if isinstance(value, list):
        pages = [link for link in value if isinstance(link, dict) and link.get("mediaType") == "text/html"]
        value = (pages or value)[0]
    if isinstance(value, dict):
        value = value.get("href") or _link(value.get("url"))
    return value


def _time(text: str | None) -> int | None:
    if text is None:
        return None
    when = datetime.fromisoformat(text)
    return int(when.replace(tzinfo=when.tzinfo or UTC).timestamp() * 1000)
