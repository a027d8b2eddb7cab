"""The only way in which a local actor says anything: `publish`, `edit`, `delete`.

Every form, command, client and mail builds a `Draft` and comes through here.

When every area that a post names holds it, its `Create` waits too: `release` sends it with the approval.
"""

import re
from dataclasses import replace

import sqlalchemy as sa

from actors.directory import find_actor, find_actor_by_id, find_by_handle
from actors.records import ActorRecord
from areas import boosts, posts, registry, submissions, wire
from areas.facts import Submission
from areas.records import AreaRecord, Draft, Placed, PostRecord
from areas.tables import posts as post_table
from federation import iris, rendering
from federation.errors import NotFound, Refused
from federation.html import from_text
from federation.vocabulary import Iri, Millis, Post
from outbox.lookups import find_body
from outbox.publish import append
from outbox.records import Entry

TEXT_LENGTH = 5000
SUMMARY_LENGTH = 500
MENTION = re.compile(r"(?<![\w/@])@([a-zA-Z0-9_.-]+)@([a-zA-Z0-9.:-]+[a-zA-Z0-9])")


def publish(tx: sa.Connection, draft: Draft, now: Millis) -> tuple[PostRecord, tuple[Placed, ...]]:
    """Store what a local actor wrote, send it, and submit it to the areas named. Raises `Refused`, `NotFound`."""
    author = _local_author(tx, draft.author_id)
    areas = [_area(tx, area_id) for area_id in draft.area_ids]
    parent = _parent(tx, draft)
    _check(draft, areas, parent)
    mentions = dict(_mentioned(tx, draft.text))
    record = _record(tx, draft, author, mentions, parent, now)
    named = tuple(dict.fromkeys([*(area.iri for area in areas), *(actor.iri for actor in mentions.values())]))
    if parent is not None:
        named = tuple(dict.fromkeys([*named, submissions.find_author(tx, parent).iri]))
    areas = registry.find_named(tx, named)
    posts.save_local(tx, record, named)
    return _submit(tx, author, record, areas, len(mentions), now)


def _local_author(tx: sa.Connection, actor_id: int) -> ActorRecord:
    author = find_actor_by_id(tx, actor_id)
    if author is None or not author.local or author.gone_at is not None:
        raise NotFound("there is no such local author")
    if author.standing == "suspended":
        raise Refused(f"{author.handle} is suspended and cannot post")
    return author


def _area(tx: sa.Connection, area_id: int) -> AreaRecord:
    area = registry.find_area(tx, area_id)
    if area is None:
        raise NotFound(f"there is no area {area_id}")
    return area


def _parent(tx: sa.Connection, draft: Draft) -> PostRecord | None:
    if draft.in_reply_to is None:
        return None
    parent = posts.find_post(tx, draft.in_reply_to)
    if parent is None or not parent.is_shown:
        raise NotFound(f"there is no post {draft.in_reply_to} to reply to")
    return parent


def _check(draft: Draft, areas: list[AreaRecord], parent: PostRecord | None) -> None:
    if not draft.text.strip():
        raise Refused("a post needs a text")
    if len(draft.text) > TEXT_LENGTH:
        raise Refused(f"a post has at most {TEXT_LENGTH} characters; this one has {len(draft.text)}")
    if draft.visibility not in ("public", "unlisted"):
        raise Refused("only public and unlisted posts can be written yet")
    if areas and parent is not None:
        raise Refused("a reply cannot be posted to an area")


def _mentioned(tx: sa.Connection, text: str) -> list[tuple[str, ActorRecord]]:
    """The known actors whose full handles stand in the text."""
    found = []
    for name, host in dict.fromkeys(MENTION.findall(text)):
        actor = find_by_handle(tx, name.lower(), host.lower())
        if actor is not None and actor.gone_at is None:
            found.append((f"@{name}@{host}", actor))
    return found


def _record(
    tx: sa.Connection,
    draft: Draft,
    author: ActorRecord,
    mentions: dict[str, ActorRecord],
    parent: PostRecord | None,
    now: Millis,
) -> PostRecord:
    post_id = iris.mint_id(now)
    while not posts.is_id_free(tx, post_id):
        post_id = iris.mint_id(now)
    iri = Iri(f"{iris.origin(author.iri)}/posts/{post_id}")
    return PostRecord(
        id=post_id,
        iri=iri,
        actor_id=author.id,
        local=True,
        kind="ordinary",
        type="Note",
        visibility=draft.visibility,
        in_reply_to_iri=draft.in_reply_to,
        in_reply_to_id=None if parent is None else parent.id,
        thread_id=post_id if parent is None else parent.thread_id,
        title=None,
        content=from_text(
            draft.text, {handle: (actor.iri, actor.username) for handle, actor in mentions.items()}
        ),
        summary=draft.summary,
        sensitive=bool(draft.summary),
        language=draft.language,
        url=iri,
        attachments="[]",
        tags="[]",
        published_at=now,
        updated_at=None,
        received_at=now,
        deleted_at=None,
        log_id=None,
    )


def _submit(
    tx: sa.Connection,
    author: ActorRecord,
    record: PostRecord,
    areas: list[AreaRecord],
    mentions: int,
    now: Millis,
) -> tuple[PostRecord, tuple[Placed, ...]]:
    submission = Submission(
        author=author,
        visibility=record.visibility,
        is_reply=record.in_reply_to_iri is not None,
        content=record.content,
        mentions=mentions,
        areas_named=len(areas),
    )
    decided = [(area, submissions.decide(tx, submission, record, area, now)) for area in areas]
    asked = [placement for _, placement in decided if placement is not None]
    waits = bool(asked) and all(placement.state != "accepted" for placement in asked)
    if not waits:
        record = release(tx, record, now)
    raw = b"" if waits else create_body(tx, record) or b""
    placed = tuple(
        submissions.carry_out(tx, author, record, area, placement, raw, now)
        for area, placement in decided
        if placement is not None
    )
    if record.in_reply_to_iri is not None:
        submissions.relay_reply(tx, author, record, raw, now)
    return record, placed


def release(tx: sa.Connection, record: PostRecord, now: Millis) -> PostRecord:
    """Send the Create of a local post, once: to the author's followers and to those whom it names."""
    if not record.local or record.log_id is not None:
        return record
    author = submissions.find_author(tx, record)
    note = wire.note(tx, record, author)
    iri = create_iri(author, record)
    entry = Entry(
        iri=iri,
        actor_id=author.id,
        type="Create",
        body=rendering.create(iri, note),
        thread=boosts.thread_key(record),
        lane=boosts.lane_of(author),
        audience_id=author.id,
        recipients=_remote_named(tx, record),
        object_iri=record.iri,
    )
    log_id = append(tx, entry, now)
    tx.execute(sa.update(post_table).where(post_table.c.id == record.id).values(log_id=log_id))
    return replace(record, log_id=log_id)


def create_iri(author: ActorRecord, record: PostRecord) -> Iri:
    """`{author}/activities/{post}`."""
    return Iri(f"{author.iri}/activities/{record.id}")


def create_body(tx: sa.Connection, record: PostRecord) -> bytes | None:
    """The Create as it went out."""
    return None if record.log_id is None else find_body(tx, record.log_id)


def _remote_named(tx: sa.Connection, record: PostRecord) -> tuple[int, ...]:
    named = (find_actor(tx, iri) for iri in posts.named_by(tx, record.id))
    return tuple(
        actor.id for actor in named if actor is not None and not actor.local and actor.gone_at is None
    )


def edit(tx: sa.Connection, post_id: int, text: str, now: Millis) -> PostRecord:
    """Change the text of a local post; areas named newly or no longer follow. Raises `Refused`, `NotFound`."""
    stored, author = _own(tx, post_id)
    _check(Draft(author.id, text), [], None)
    mentions = dict(_mentioned(tx, text))
    kept = registry.find_named(tx, posts.named_by(tx, post_id))
    named = tuple(dict.fromkeys([*(area.iri for area in kept), *(actor.iri for actor in mentions.values())]))
    content = from_text(text, {handle: (actor.iri, actor.username) for handle, actor in mentions.items()})
    told = _remote_named(tx, stored)
    changed = posts.change(
        tx,
        stored,
        _as_received(stored, content, now),
        visibility=stored.visibility,
        named=named,
        raw=b"",
        now=now,
    )
    raw = _send_update(tx, author, changed, told, now)
    submissions.follow_local_edit(tx, author, changed, kept, raw, now)
    return changed


def _own(tx: sa.Connection, post_id: int) -> tuple[PostRecord, ActorRecord]:
    stored = posts.find_post_by_id(tx, post_id)
    if stored is None or not stored.local or stored.deleted_at is not None:
        raise NotFound(f"there is no local post {post_id}")
    return stored, submissions.find_author(tx, stored)


def _as_received(stored: PostRecord, content: str, now: Millis) -> Post:
    """The edited post in the vocabulary, so that storing it is the same for local and remote."""
    return Post(
        id=stored.iri,
        type=stored.type,
        content=content,
        summary=stored.summary,
        sensitive=stored.sensitive,
        language=stored.language,
        url=stored.url,
        updated=now,
    )


def _send_update(
    tx: sa.Connection, author: ActorRecord, changed: PostRecord, told: tuple[int, ...], now: Millis
) -> bytes:
    if changed.log_id is None:
        return b""
    iri = Iri(f"{author.iri}/activities/{changed.id}-{now}")
    body = rendering.render(rendering.update(iri, wire.note(tx, changed, author)))
    recipients = tuple(dict.fromkeys([*told, *_remote_named(tx, changed)]))
    append(tx, _about(tx, author, changed, iri, "Update", body, recipients), now)
    return body


def _about(
    tx: sa.Connection,
    author: ActorRecord,
    record: PostRecord,
    iri: Iri,
    kind: str,
    body: bytes,
    recipients: tuple[int, ...],
) -> Entry:
    """An Update or Delete: it reaches whoever got the Create, and whoever got a boost (O-followers of areas)."""
    live = boosts.live_boosts(tx, record.id)
    return Entry(
        iri=iri,
        actor_id=author.id,
        type=kind,
        body=body,
        thread=boosts.thread_key(record),
        lane=boosts.lane_of(author),
        audience_id=author.id,
        recipients=recipients,
        object_iri=record.iri,
        concerns_id=record.log_id,
        cancels=kind == "Delete",
        reaches=tuple(boost.log_id for boost in live),
    )


def delete(tx: sa.Connection, post_id: int, now: Millis) -> None:
    """Delete a local post everywhere it went. What was never sent is not heard of. Raises `NotFound`."""
    stored, author = _own(tx, post_id)
    raw = b""
    if stored.log_id is not None:
        iri = Iri(f"{author.iri}/activities/{stored.id}-delete")
        followers = (author.followers,) if author.followers else ()
        document = rendering.delete(iri, actor=author.iri, object_iri=stored.iri, published=now, cc=followers)
        raw = rendering.render(document)
        append(tx, _about(tx, author, stored, iri, "Delete", raw, _remote_named(tx, stored)), now)
    submissions.withdraw(tx, actor=author, iri=stored.iri, raw=raw, now=now)
