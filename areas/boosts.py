"""The boost of a post by an area: its ids, what is sent in each dialect, and taking it back.

One live boost per (area, post), held by a unique constraint. The id is a pure function of area, object and
generation, because GoToSocial, Takahē and Misskey tell boosts apart by the id alone; the generation rises only
when a boost that was taken back is made again.
"""

import hashlib
from dataclasses import dataclass

import sqlalchemy as sa

from actors.records import ActorRecord, Dialect
from actors.servers import effective_dialect, find_server_by_id
from areas import rereads
from areas.records import AreaRecord, PostRecord
from areas.tables import boosts
from federation import rendering
from federation.vocabulary import Iri, Millis
from outbox.lookups import find_entry, has_subscribers
from outbox.publish import append
from outbox.records import ALERT, ORDINARY, Entry, EntryDialect, Lane

_GENERATION = sa.select(sa.func.count()).where(
    boosts.c.area_id == sa.bindparam("area"), boosts.c.post_id == sa.bindparam("post")
)
_COLUMNS = (
    boosts.c.iri,
    boosts.c.area_id,
    boosts.c.post_id,
    boosts.c.generation,
    boosts.c.log_id,
    boosts.c.wrap_log_id,
    boosts.c.created_at,
)
_LIVE = sa.select(*_COLUMNS).where(boosts.c.post_id == sa.bindparam("post"), boosts.c.undone_at.is_(None))
_INSERT = sa.insert(boosts)


@dataclass(frozen=True, slots=True)
class Voices:
    """Who speaks: the area, its desk (for servers that accept no Group as an author), the post's author."""

    area: AreaRecord
    desk: ActorRecord
    author: ActorRecord


@dataclass(frozen=True, slots=True)
class LiveBoost:
    """A boost that stands."""

    iri: Iri
    area_id: int
    post_id: int
    generation: int
    log_id: int
    wrap_log_id: int | None
    created_at: Millis


def boost_iri(area: AreaRecord, object_iri: Iri, generation: int) -> Iri:
    """`{area}/boosts/{hash}-{generation}`."""
    return Iri(f"{area.iri}/boosts/{_hash(object_iri.encode())}-{generation}")


def wrap_iri(area: AreaRecord, object_iri: Iri, generation: int = 0) -> Iri:
    """`{area}/activities/{hash}-{generation}` of the Announce that carries the object's whole Create."""
    return Iri(f"{area.iri}/activities/{_hash(object_iri.encode())}-{generation}")


def _hash(text: bytes) -> str:
    return hashlib.blake2b(text, digest_size=12).hexdigest()


def thread_key(post: PostRecord) -> str:
    """What the outgoing log orders by: everything about one thread stays in order."""
    return f"thread:{post.thread_id or post.id}"


def lane_of(root_author: ActorRecord) -> Lane:
    """A lane belongs to the root of a thread: what an alert actor began goes first."""
    return ALERT if root_author.kind == "alert" else ORDINARY


def live_boosts(tx: sa.Connection, post_id: int) -> list[LiveBoost]:
    """The boosts of a post that stand, one per area at most."""
    return [LiveBoost(*row) for row in tx.execute(_LIVE, {"post": post_id})]


def _dialect(tx: sa.Connection, author: ActorRecord) -> Dialect | None:
    """In which dialect the author's own server is told; None for a local author."""
    if author.server_id is None:
        return None
    server = find_server_by_id(tx, author.server_id)
    return "object" if server is None else effective_dialect(server)


def boost(
    tx: sa.Connection,
    voices: Voices,
    post: PostRecord,
    raw: bytes | None,
    now: Millis,
    *,
    again: bool = False,
) -> Iri:
    """Announce `post` to everyone who follows the area, in the dialect of each. The caller holds the placement.

    `raw` is the author's activity as received; without it the activity dialect gets nothing.
    """
    area = voices.area
    generation = (
        tx.execute(_GENERATION, {"area": area.actor_id, "post": post.id}).scalar_one() if again else 0
    )
    iri = boost_iri(area, post.iri, generation)
    told = _dialect(tx, voices.author)
    log_id = append(tx, _announce(voices, post, iri, now, to_author=told == "object"), now)
    wrap_id = None
    if raw is not None and (told == "activity" or has_subscribers(tx, area.actor_id, "activity")):
        name = wrap_iri(area, post.iri, generation)
        wrap_id = append(tx, _wrap(voices, post, raw, name, to_author=told == "activity"), now)
    tx.execute(
        _INSERT,
        {
            "iri": iri,
            "area_id": area.actor_id,
            "post_id": post.id,
            "generation": generation,
            "log_id": log_id,
            "wrap_log_id": wrap_id,
            "created_at": now,
        },
    )
    if not post.local:
        rereads.schedule_first(tx, post, now)
    return iri


def _announce(voices: Voices, post: PostRecord, iri: Iri, now: Millis, *, to_author: bool) -> Entry:
    """Object dialect: the id alone, to followers and to the author's server."""
    area = voices.area
    document = rendering.announce(
        iri,
        actor=area.iri,
        object_iri=post.iri,
        published=now,
        followers=area.followers,
        author=voices.author.iri,
    )
    return _entry(voices, post, iri, "Announce", document, "object", to_author=to_author)


def _wrap(voices: Voices, post: PostRecord, raw: bytes, iri: Iri, *, to_author: bool = False) -> Entry:
    """Activity dialect (FEP-1b12): the author's activity, byte for byte."""
    body = rendering.wrap(iri, actor=voices.area.iri, followers=voices.area.followers, inner=raw)
    return _entry(voices, post, iri, "Announce", body, "activity", to_author=to_author)


def _entry(
    voices: Voices,
    post: PostRecord,
    iri: Iri,
    kind: str,
    body: "bytes | dict[str, object]",
    dialect: EntryDialect,
    *,
    to_author: bool = False,
    concerns_id: int | None = None,
    cancels: bool = False,
) -> Entry:
    return Entry(
        iri=iri,
        actor_id=voices.area.actor_id,
        type=kind,
        body=body,
        thread=thread_key(post),
        dialect=dialect,
        lane=lane_of(voices.author),
        audience_id=voices.area.actor_id,
        recipients=(voices.author.id,) if to_author else (),
        object_iri=post.iri,
        concerns_id=concerns_id,
        cancels=cancels,
    )


def undo(
    tx: sa.Connection, voices: Voices, post: PostRecord, live: LiveBoost, now: Millis, *, removal: bytes
) -> None:
    """Take a boost back, from everyone who got it. `removal` is the Delete that the activity dialect carries."""
    marked = sa.update(boosts).where(boosts.c.iri == live.iri, boosts.c.undone_at.is_(None))
    if not tx.execute(marked.values(undone_at=now)).rowcount:
        return
    area = voices.area
    document = rendering.undo_announce(
        Iri(f"{live.iri}/undo"),
        actor=area.iri,
        announce=live.iri,
        object_iri=post.iri,
        followers=area.followers,
    )
    told = _dialect(tx, voices.author)
    entry = _entry(
        voices,
        post,
        Iri(f"{live.iri}/undo"),
        "Undo",
        document,
        "object",
        to_author=told == "object",
        concerns_id=live.log_id,
        cancels=True,
    )
    append(tx, entry, now)
    if live.wrap_log_id is not None:
        _relay(tx, voices, post, removal, live.wrap_log_id, now, cancels=True, to_author=told == "activity")


def relay_change(
    tx: sa.Connection, voices: Voices, post: PostRecord, live: LiveBoost, raw: bytes, now: Millis
) -> None:
    """Pass the author's edit on to those who got the whole activity."""
    if live.wrap_log_id is not None:
        _relay(tx, voices, post, raw, live.wrap_log_id, now)


def forward(
    tx: sa.Connection, voices: Voices, post: PostRecord, live: LiveBoost, name: Iri, raw: bytes, now: Millis
) -> None:
    """Pass a remote author's self-signed activity on, unchanged, to servers that verify such signatures."""
    entry = _entry(voices, post, name, "Forward", raw, "signed", concerns_id=live.log_id)
    append(tx, entry, now)


def relay_reply(tx: sa.Connection, voices: Voices, post: PostRecord, raw: bytes, now: Millis) -> None:
    """A reply goes to those who read the activity dialect, and to nobody else."""
    if has_subscribers(tx, voices.area.actor_id, "activity"):
        append(tx, _wrap(voices, post, raw, wrap_iri(voices.area, post.iri)), now)


def relay_reply_change(
    tx: sa.Connection, voices: Voices, post: PostRecord, raw: bytes, now: Millis, *, cancels: bool = False
) -> None:
    """An edit or the deletion of a reply follows where the reply went."""
    earlier = find_entry(tx, wrap_iri(voices.area, post.iri))
    if earlier is not None:
        _relay(tx, voices, post, raw, earlier, now, cancels=cancels)


def _relay(
    tx: sa.Connection,
    voices: Voices,
    post: PostRecord,
    raw: bytes,
    earlier: int,
    now: Millis,
    *,
    cancels: bool = False,
    to_author: bool = False,
) -> None:
    iri = Iri(f"{voices.area.iri}/activities/{_hash(raw)}")
    body = rendering.wrap(iri, actor=voices.area.iri, followers=voices.area.followers, inner=raw)
    entry = _entry(
        voices,
        post,
        iri,
        "Announce",
        body,
        "activity",
        to_author=to_author,
        concerns_id=earlier,
        cancels=cancels,
    )
    append(tx, entry, now)
