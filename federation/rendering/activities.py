"""Activities that we author. `to` and `cc` are always there: Lemmy has no default for either.

Every builder returns a document to which the caller may add a proof; only `wrap` returns bytes, because
the bytes of the activity inside are not ours to change.
"""

import re
from collections.abc import Mapping, Sequence

import orjson

from federation.reader import load_json
from federation.rendering.contexts import (
    ACTIVITY_STREAMS,
    TERMS,
    Document,
    contextualise,
    embed,
    format_time,
    present,
)
from federation.vocabulary import PUBLIC, Iri, Millis, Peering

_BLIND = frozenset({"bto", "bcc"})
_OBJECT = re.compile(rb"[ \t\r\n]*\{")


def create(iri: Iri, document: Mapping[str, object]) -> Document:
    """Build the `Create` of an object: actor, addressing and time are the object's own."""
    return contextualise(
        {
            "id": iri,
            "type": "Create",
            "actor": document["attributedTo"],
            "to": document["to"],
            "cc": document["cc"],
            **present(audience=document.get("audience"), published=document.get("published")),
            "object": embed(document),
        }
    )


def update(
    iri: Iri,
    document: Mapping[str, object],
    *,
    actor: Iri | None = None,
    published: Millis | None = None,
    to: Sequence[Iri] | None = None,
    cc: Sequence[Iri] | None = None,
) -> Document:
    """Build the `Update` of a post or an actor of ours.

    A post's own author and addressing are taken unless others are given; an actor updates itself, in
    public. `published` is the time of the change; without it the document's `updated`.
    """
    when = document.get("updated") if published is None else format_time(published)
    return contextualise(
        {
            "id": iri,
            "type": "Update",
            "actor": actor or _find_author(document),
            "to": list(to) if to is not None else document.get("to", [PUBLIC]),
            "cc": list(cc) if cc is not None else document.get("cc", []),
            **present(audience=document.get("audience"), published=when),
            "object": embed(document),
        }
    )


def delete(
    iri: Iri,
    *,
    actor: Iri,
    object_iri: Iri,
    published: Millis,
    summary: str | None = None,
    to: Sequence[Iri] = (PUBLIC,),
    cc: Sequence[Iri] = (),
    audience: Iri | None = None,
) -> Document:
    """Build a `Delete`. With a summary it is a moderator's removal, by id (FEP-1b12); else a Tombstone.

    A deleted actor is named by its id, as everywhere.
    """
    plain = summary is not None or object_iri == actor
    return contextualise(
        {
            **_head(iri, "Delete", actor, to, cc),
            **present(audience=audience, summary=summary),
            "published": format_time(published),
            "object": object_iri if plain else {"id": object_iri, "type": "Tombstone"},
        }
    )


def announce(
    iri: Iri,
    *,
    actor: Iri,
    object_iri: Iri,
    published: Millis,
    followers: Iri,
    author: Iri,
    home_group: Iri | None = None,
) -> Document:
    """Build a boost in the object dialect: the id alone, never a copy of what another server says.

    `home_group` names the area of the zone whose post this is.
    """
    return contextualise(
        {
            **_head(iri, "Announce", actor, (PUBLIC,), _distinct(followers, author, home_group)),
            "published": format_time(published),
            "object": object_iri,
            **present(homeGroup=home_group),
        }
    )


def share(
    iri: Iri,
    *,
    actor: Iri,
    object_iri: Iri,
    published: Millis,
    to: Sequence[Iri],
    cc: Sequence[Iri],
    whole: Mapping[str, object] | None = None,
) -> Document:
    """Build a boost by a person. `whole` is one's own post that is not for everyone: nobody could fetch it."""
    return contextualise(
        {
            **_head(iri, "Announce", actor, to, cc),
            "published": format_time(published),
            "object": object_iri if whole is None else embed(whole),
        }
    )


def wrap(
    iri: Iri,
    *,
    actor: Iri,
    followers: Iri,
    inner: bytes,
    published: Millis | None = None,
    category: str | None = None,
) -> bytes:
    """Render a boost in the activity dialect: the activity inside stays byte for byte (FEP-1b12).

    Except that recipients who were to stay unseen do so: `bto` and `bcc` are taken out (ActivityPub §6). `category`
    says what the post is to a zone.
    Raises `ValueError` when `inner` is not a JSON object.
    """
    if not _OBJECT.match(inner):
        raise ValueError("only a JSON object can be announced")
    context: object = ACTIVITY_STREAMS
    if category is not None:
        context = [ACTIVITY_STREAMS, {"category": TERMS["category"]}]
    head = {
        "@context": context,
        **_head(iri, "Announce", actor, (PUBLIC,), (followers,)),
        **({"published": format_time(published)} if published is not None else {}),
        **present(category=category),
        "object": orjson.Fragment(_hide_blind(inner)),
    }
    return orjson.dumps(head)


def undo_announce(
    iri: Iri, *, actor: Iri, announce: Iri, object_iri: Iri, followers: Iri, author: Iri | None = None
) -> Document:
    """Build the end of a boost. The boost is embedded: by its id alone it stays on GoToSocial and Takahē."""
    boost = {"id": announce, "type": "Announce", "actor": actor, "object": object_iri}
    return contextualise(
        {**_head(iri, "Undo", actor, (PUBLIC,), _distinct(followers, author)), "object": boost}
    )


def undo(
    iri: Iri,
    activity: Mapping[str, object],
    *,
    actor: Iri,
    to: Sequence[Iri],
    cc: Sequence[Iri] = (),
    audience: Iri | None = None,
) -> Document:
    """Build the `Undo` of an activity of ours (Follow, Like, Block, Lock, Delete), embedded."""
    head = {**_head(iri, "Undo", actor, to, cc), **present(audience=audience)}
    return contextualise({**head, "object": embed(activity)})


def follow(iri: Iri, *, actor: Iri, object_iri: Iri, peering: Peering | None = None) -> Document:
    """Build a `Follow`; with `peering` it asks a Group for an agreement within a zone."""
    return contextualise(
        {
            **_head(iri, "Follow", actor, (object_iri,), ()),
            "object": object_iri,
            **present(peering=_describe_peering(peering)),
        }
    )


def accept(iri: Iri, *, actor: Iri, follow: Iri, follower: Iri) -> Document:
    """Build the answer yes to `follower`, who asked to follow `actor` with the Follow of that id."""
    return _answer(iri, "Accept", actor, follow, follower)


def reject(iri: Iri, *, actor: Iri, follow: Iri, follower: Iri) -> Document:
    """Build the answer no, or the end of a follow; embedded, since PieFed reads no other form."""
    return _answer(iri, "Reject", actor, follow, follower)


def answer_flag(
    iri: Iri, *, kind: str, actor: Iri, flag: Iri, reporter: Iri, summary: str | None = None
) -> Document:
    """Build what an area says to a peer's report: `Accept`, something was done, or `Reject`, nothing was."""
    return contextualise(
        {**_head(iri, kind, actor, (reporter,), ()), **present(summary=summary), "object": flag}
    )


def block(
    iri: Iri,
    *,
    actor: Iri,
    object_iri: Iri,
    to: Sequence[Iri],
    cc: Sequence[Iri] = (),
    target: Iri | None = None,
    summary: str | None = None,
    until: Millis | None = None,
) -> Document:
    """Build a ban. From the desk with `target` = the area (FEP-1b12); from the area itself to others."""
    return contextualise(
        {
            **_head(iri, "Block", actor, to, cc),
            **present(audience=target, target=target, summary=summary),
            **present(endTime=format_time(until) if until is not None else None),
            "object": object_iri,
        }
    )


def lock(iri: Iri, *, actor: Iri, object_iri: Iri, area: Iri, summary: str | None = None) -> Document:
    """Build what a desk says of a thread of its area that takes no more replies (as Lemmy does)."""
    head = {**_head(iri, "Lock", actor, (PUBLIC,), (area,)), **present(audience=area, summary=summary)}
    return contextualise({**head, "object": object_iri})


def flag(
    iri: Iri,
    *,
    actor: Iri,
    objects: Sequence[Iri],
    text: str,
    to: Sequence[Iri],
    audience: Iri | None = None,
) -> Document:
    """Build a report. Its text stands in `content` for Mastodon and in `summary` for Lemmy and PieFed."""
    return contextualise(
        {
            **_head(iri, "Flag", actor, to, ()),
            **present(audience=audience),
            "content": text,
            "summary": text,
            "object": objects[0] if len(objects) == 1 else list(objects),
        }
    )


def like(iri: Iri, *, actor: Iri, object_iri: Iri, author: Iri) -> Document:
    """Build a `Like`, for the author alone."""
    return contextualise({**_head(iri, "Like", actor, (author,), ()), "object": object_iri})


def add(
    iri: Iri,
    *,
    actor: Iri,
    object_iri: Iri,
    target: Iri,
    to: Sequence[Iri] = (PUBLIC,),
    cc: Sequence[Iri] = (),
    audience: Iri | None = None,
) -> Document:
    """Build an `Add` to a collection of ours: a pin, a moderator."""
    return _change(_head(iri, "Add", actor, to, cc), object_iri, target, audience)


def remove(
    iri: Iri,
    *,
    actor: Iri,
    object_iri: Iri,
    target: Iri,
    to: Sequence[Iri] = (PUBLIC,),
    cc: Sequence[Iri] = (),
    audience: Iri | None = None,
) -> Document:
    """Build a `Remove` from a collection of ours."""
    return _change(_head(iri, "Remove", actor, to, cc), object_iri, target, audience)


def move(iri: Iri, *, actor: Iri, target: Iri, followers: Iri) -> Document:
    """Build the move of an actor to a new id; its followers are asked to follow."""
    return contextualise(
        {**_head(iri, "Move", actor, (PUBLIC,), (followers,)), "object": actor, "target": target}
    )


def _head(iri: Iri, kind: str, actor: Iri, to: Sequence[Iri], cc: Sequence[Iri]) -> Document:
    return {"id": iri, "type": kind, "actor": actor, "to": list(to), "cc": list(cc)}


def _find_author(document: Mapping[str, object]) -> object:
    """Who a document belongs to: an actor (it has an inbox) to itself, a post to its author."""
    return document["id"] if "inbox" in document else document["attributedTo"]


def _distinct(*iris: Iri | None) -> tuple[Iri, ...]:
    return tuple(dict.fromkeys(iri for iri in iris if iri is not None))


def _answer(iri: Iri, kind: str, actor: Iri, follow: Iri, follower: Iri) -> Document:
    asked = {"id": follow, "type": "Follow", "actor": follower, "object": actor}
    return contextualise({**_head(iri, kind, actor, (follower,), ()), "object": asked})


def _change(head: Document, object_iri: Iri, target: Iri, audience: Iri | None) -> Document:
    return contextualise({**head, **present(audience=audience), "object": object_iri, "target": target})


def _describe_peering(peering: Peering | None) -> Document | None:
    if peering is None:
        return None
    return {
        **present(zone=peering.zone),
        "accepts": list(peering.accepts),
        **present(
            maxPerHour=peering.max_per_hour,
            expires=format_time(peering.expires) if peering.expires is not None else None,
        ),
    }


def names_unseen(data: bytes) -> bool:
    """Whether an activity as received names recipients who were to stay unseen (`bto`, `bcc`), however spelt."""
    if b"bto" not in data and b"bcc" not in data and b"\\u00" not in data:
        return False
    return _has_blind(load_json(data))


def _hide_blind(inner: bytes) -> bytes:
    return orjson.dumps(_without_blind(load_json(inner))) if names_unseen(inner) else inner


def _has_blind(value: object) -> bool:
    if isinstance(value, dict):
        return not _BLIND.isdisjoint(value) or any(_has_blind(member) for member in value.values())
    return isinstance(value, list) and any(_has_blind(member) for member in value)


def _without_blind(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_blind(member) for key, member in value.items() if key not in _BLIND}
    return [_without_blind(member) for member in value] if isinstance(value, list) else value
