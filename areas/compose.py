"""The only way in which a local actor says anything: `publish`, `edit`, `delete`.

Every form, command, client and mail builds a `Draft` and comes through here. While every area that a post names
holds it, its `Create` waits (`areas.creates`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from actors.directory import find_actor_by_id, find_by_handle
from actors.records import ActorRecord
from areas import (
    admissions,
    boosts,
    creates,
    facts,
    posts,
    registry,
    relays,
    submissions,
    threads,
    wire,
)
from areas.locks import lock_author
from areas.records import Draft, Named, Placed, PostRecord
from federation import html, iris, rendering
from federation.errors import NotFound, Refused
from federation.vocabulary import Iri, Millis, Post
from outbox.publish import append
from outbox.records import Entry

TEXT_LENGTH = 5000
SUMMARY_LENGTH = 500
HTML_BYTES = 20_000
"""The text stands in an activity twice, and Takahē refuses activities above 50 kB."""
MOST_NAMED = 50
"""Each is looked up, and told."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}")


@dataclass(frozen=True, slots=True)
class _Text:
    """A text as HTML, and the known actors whose full handles stand in it."""

    content: str
    mentioned: tuple[ActorRecord, ...]


def publish(tx: sa.Connection, draft: Draft, now: Millis) -> tuple[PostRecord, tuple[Placed, ...]]:
    """Store what a local actor wrote, send it, and submit it to the areas named. Raises `Refused`, `NotFound`."""
    author = _find_author(tx, draft.author_id)
    parent = _find_parent(tx, draft)
    draft = _check(draft, parent)
    text = _read_text(tx, draft.text)
    named = _list_named(author, _choose(tx, draft, parent), text)
    post = _record(tx, draft, author, text.content, parent, now)
    posts.save_local(tx, post, named)
    areas = registry.find_named(tx, (each.iri for each in named))
    placed = admissions.admit(tx, facts.describe(tx, author, post, named), areas, now)
    sent = posts.find_post_by_id(tx, post.id)
    assert sent is not None  # just stored
    if sent.in_reply_to_iri is not None:
        relays.relay_reply(tx, sent, author, now)
    return sent, placed


def _find_author(tx: sa.Connection, actor_id: int) -> ActorRecord:
    author = find_actor_by_id(tx, actor_id)
    if author is None or not author.local or author.gone_at is not None or not lock_author(tx, actor_id):
        raise NotFound("there is no such local author")
    if author.standing == "suspended":
        raise Refused(f"{author.handle} is suspended and cannot post")
    return author


def _find_parent(tx: sa.Connection, draft: Draft) -> PostRecord | None:
    """What is answered. A post that waits for its own `Create` is nobody's but its author's."""
    if draft.in_reply_to is None:
        return None
    parent = posts.find_post(tx, draft.in_reply_to)
    if parent is None or not parent.is_shown or (parent.local and parent.log_id is None):
        raise NotFound(f"there is no post {draft.in_reply_to} to reply to")
    return parent


def _check(draft: Draft, parent: PostRecord | None) -> Draft:
    """Return the draft without what cannot be stored or shown."""
    summary = _clean(draft.summary or "").strip() or None
    if summary is not None and len(summary) > SUMMARY_LENGTH:
        raise Refused(f"a content warning has at most {SUMMARY_LENGTH} characters")
    if draft.visibility not in {"public", "unlisted"}:
        raise Refused("only public and unlisted posts can be written yet")
    if draft.area_ids and parent is not None:
        raise Refused("a reply cannot be posted to an area")
    if not _LANGUAGE.fullmatch(draft.language):
        raise Refused(f"{draft.language!r} is not a language tag")
    return replace(draft, summary=summary)


def _clean(text: str) -> str:
    """Text that every database and every reader takes. Raises `Refused`."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Refused("the text is not valid Unicode") from error
    return _CONTROLS.sub("", text)


def _read_text(tx: sa.Connection, text: str) -> _Text:
    """Return the text as HTML with its mentions. Raises `Refused` when it is empty, or too long."""
    clean = _clean(text)
    if not clean.strip():
        raise Refused("a post needs a text")
    if len(clean) > TEXT_LENGTH:
        raise Refused(f"a post has at most {TEXT_LENGTH} characters; this one has {len(clean)}")
    mentioned = _find_mentioned(tx, clean)
    content = html.from_text(
        clean, {handle: (actor.iri, actor.username) for handle, actor in mentioned.items()}
    )
    if len(content.encode()) > HTML_BYTES:
        raise Refused(f"as HTML a post has at most {HTML_BYTES} bytes; links and signs make this one longer")
    return _Text(content, tuple({actor.id: actor for actor in mentioned.values()}.values()))


def find_handles(text: str) -> tuple[tuple[str, str], ...]:
    """The full handles in a text, each as name and host."""
    parts = (handle.partition("@") for handle in html.find_handles(text))
    return tuple((name, host) for name, _, host in parts if host)


def _find_mentioned(tx: sa.Connection, text: str) -> Mapping[str, ActorRecord]:
    """The known actors named in a text, by handle as it is written."""
    handles = find_handles(text)
    if len(handles) > MOST_NAMED:
        raise Refused(f"a post names at most {MOST_NAMED} others; this one names {len(handles)}")
    found = {f"{name}@{host}": find_by_handle(tx, name, host.lower()) for name, host in handles}
    return {handle: actor for handle, actor in found.items() if actor is not None and actor.gone_at is None}


def _choose(tx: sa.Connection, draft: Draft, parent: PostRecord | None) -> list[Named]:
    """Whom the author names without writing it: the areas picked, and who is answered."""
    chosen = [_find_area_iri(tx, area_id) for area_id in draft.area_ids]
    if parent is not None:
        chosen.append(creates.find_author(tx, parent).iri)
    return [Named(iri, "choice") for iri in chosen]


def _find_area_iri(tx: sa.Connection, area_id: int) -> Iri:
    area = registry.find_area(tx, area_id)
    if area is None:
        raise NotFound(f"there is no area {area_id}")
    return area.iri


def _list_named(author: ActorRecord, chosen: list[Named], text: _Text) -> tuple[Named, ...]:
    """Everybody once, what was chosen first; nobody is named by herself."""
    written = [Named(actor.iri, "text") for actor in text.mentioned]
    named = {each.iri: each for each in reversed([*chosen, *written])}
    order = dict.fromkeys(each.iri for each in (*chosen, *written))
    return tuple(named[iri] for iri in order if iri != author.iri)


def _record(
    tx: sa.Connection,
    draft: Draft,
    author: ActorRecord,
    content: str,
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
        in_reply_to_iri=None if parent is None else parent.iri,
        in_reply_to_id=None if parent is None else parent.id,
        thread_id=post_id if parent is None else parent.thread_id,
        title=None,
        content=content,
        summary=draft.summary,
        sensitive=draft.summary is not None,
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


def edit(tx: sa.Connection, post_id: int, text: str, now: Millis) -> PostRecord:
    """Change the text of a local post; areas that its text names newly or no longer follow.

    Raises `Refused`, `NotFound`.
    """
    stored, author = _find_own(tx, post_id)
    if author.standing == "suspended":
        raise Refused(f"{author.handle} is suspended and cannot edit")
    written = _read_text(tx, text)
    before = posts.named_by(tx, post_id)
    told = wire.list_recipients(wire.find_named(tx, stored))
    was = facts.describe(tx, author, stored, before)
    named = _list_named(author, [each for each in before if each.source == "choice"], written)
    # Later than the last change even within one millisecond: readers go by it, and the id is made of it.
    updated = Millis(max(now, (stored.updated_at or stored.published_at) + 1))
    version = _rewrite(stored, written.content, updated)
    changed = posts.change(tx, stored, version, visibility=stored.visibility, named=named, raw=b"", now=now)
    raw = _send_update(tx, author, changed, told, now)
    if changed.in_reply_to_iri is not None:
        submissions.follow_reply_edit(tx, author, changed, raw, now)
    else:
        whole = facts.describe(tx, author, changed, named)
        areas = registry.find_named(tx, (each.iri for each in named))
        admissions.follow_edit(tx, admissions.Edit(whole, facts.subtract(whole, was), raw), areas, now)
    return posts.find_post_by_id(tx, post_id) or changed


def _find_own(tx: sa.Connection, post_id: int) -> tuple[PostRecord, ActorRecord]:
    """A local post with its author, and with the author's lock."""
    stored = posts.find_post_by_id(tx, post_id)
    if stored is not None and stored.local:
        lock_author(tx, stored.actor_id)
        stored = posts.find_post_by_id(tx, post_id)
    if stored is None or not stored.local or stored.deleted_at is not None:
        raise NotFound(f"there is no local post {post_id}")
    return stored, creates.find_author(tx, stored)


def _rewrite(stored: PostRecord, content: str, updated: Millis) -> Post:
    """The edited post in the vocabulary, so that storing it is the same for local and remote."""
    return Post(
        id=stored.iri,
        type=stored.type,
        content=content,
        summary=stored.summary,
        sensitive=stored.sensitive,
        language=stored.language,
        url=stored.url,
        updated=updated,
    )


def _send_update(
    tx: sa.Connection, author: ActorRecord, changed: PostRecord, told: tuple[int, ...], now: Millis
) -> bytes:
    """Tell everybody who got the post, and those whom it names now. Empty while its `Create` waits."""
    if changed.log_id is None:
        return b""
    named = wire.find_named(tx, changed)
    iri = Iri(f"{author.iri}/activities/{changed.id}-{changed.updated_at}")
    body = rendering.render(rendering.update(iri, wire.note(tx, changed, author, named)))
    recipients = tuple(dict.fromkeys((*told, *wire.list_recipients(named))))
    append(tx, _change_of(tx, author, changed, _Said(iri, "Update", body, recipients)), now)
    return body


@dataclass(frozen=True, slots=True)
class _Said:
    """What an author says of a post that is out: an Update or a Delete, and to whom beside those who got it."""

    iri: Iri
    kind: str
    body: bytes
    recipients: tuple[int, ...]


def _change_of(tx: sa.Connection, author: ActorRecord, post: PostRecord, said: _Said) -> Entry:
    """It reaches whoever got the Create, and whoever got a boost (followers of areas, of the object dialect)."""
    return Entry(
        iri=said.iri,
        actor_id=author.id,
        type=said.kind,
        body=said.body,
        thread=threads.thread_key(post),
        lane=threads.find_lane(tx, post, author),
        audience_id=author.id,
        recipients=said.recipients,
        object_iri=post.iri,
        concerns_id=post.log_id,
        cancels=said.kind == "Delete",
        reaches=tuple(boost.log_id for boost in boosts.live_boosts(tx, post.id)),
    )


def delete(tx: sa.Connection, post_id: int, now: Millis) -> None:
    """Delete a local post everywhere it went. What was never sent is not heard of. Raises `NotFound`."""
    stored, author = _find_own(tx, post_id)
    raw = b""
    if stored.log_id is not None:
        iri = Iri(f"{author.iri}/activities/{stored.id}-delete")
        followers = () if author.followers is None else (author.followers,)
        document = rendering.delete(iri, actor=author.iri, object_iri=stored.iri, published=now, cc=followers)
        raw = rendering.render(document)
        named = wire.list_recipients(wire.find_named(tx, stored))
        append(tx, _change_of(tx, author, stored, _Said(iri, "Delete", raw, named)), now)
    posts.bury(tx, stored.iri, author, now)
    submissions.end(tx, author, stored, raw, now)
