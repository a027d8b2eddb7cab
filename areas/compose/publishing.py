"""A new post of a local actor: checked, stored, sent, and submitted to the areas that it names."""

import json
from dataclasses import dataclass

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.moves import require_here
from actors.records import ActorRecord
from areas import (
    admissions,
    categories,
    creates,
    elsewhere,
    facts,
    ids,
    kinds,
    membership,
    posts,
    preferences,
    registry,
    relays,
    threads,
)
from areas.compose import audiences, keys, sources, texts
from areas.compose.audiences import Audience
from areas.compose.texts import Text
from areas.kinds import Facts
from areas.locks import lock_author
from areas.media import attaching
from areas.media.records import MediaRecord
from areas.notifications import ring_subscribers
from areas.polls import options, votes
from areas.reading.statuses import is_readable
from areas.reading.visibility import Reader
from areas.records import ORDINARY, SHOWN, AreaRecord, Draft, Named, Placed, PostRecord, Visibility
from federation import iris
from federation.errors import NotFound, Refused
from federation.vocabulary import Iri, Millis


def publish(tx: sa.Connection, draft: Draft, now: Millis) -> tuple[PostRecord, tuple[Placed, ...]]:
    """Store what a local actor wrote, send it, and submit it to the areas named.

    The same `key` within the hour gives the same post, and no new placement. Raises `Refused`, `NotFound`.
    """
    author = find_author(tx, draft.author_id)
    earlier = keys.find(tx, author.id, draft.key, now)
    if earlier is not None:
        return _require(tx, earlier), ()
    written = prepare(tx, author, draft, now)
    post = _record(tx, draft, author, written, now)
    posts.save_local(tx, post, written.named)
    if draft.to_zone:
        categories.mark(tx, post.id, now)
    elsewhere.submit(tx, post, written.named, now)
    attaching.attach(tx, post.id, written.pictures)
    areas = find_areas(tx, post, written.named)
    if written.facts is not None:
        kinds.save(tx, post.id, written.facts, areas[0].actor_id if areas else None, now)
    if draft.poll is not None:
        votes.plan_end(tx, post.id, options.create(tx, post.id, draft.poll, now), now)
    sources.keep(tx, post.id, draft, written.text.source)
    keys.keep(tx, author.id, draft.key, post.id, now)
    submission = facts.describe(tx, author, post, written.named)
    placed = admissions.admit(tx, submission, areas, now)
    sent = _require(tx, post.id)
    _tell(tx, author, sent, placed, now)
    return sent, placed


def prepare(tx: sa.Connection, author: ActorRecord, draft: Draft, now: Millis) -> "Written":
    """Check a draft, and return what becomes of it; nothing is stored. Raises `Refused`, `NotFound`."""
    parent = _find_parent(tx, author, draft, now)
    categories.check_wish(tx, author, draft, now)
    audience = audiences.choose(tx, author, draft, parent)
    pictures = attaching.choose(tx, author.id, draft.media_ids)
    if draft.poll is not None:
        options.check(draft.poll)
        if pictures:
            raise Refused("a post has pictures or a poll")
    facts = kinds.choose(author, draft, now)
    dress = None if facts is None else facts.dress
    text = texts.read_text(tx, author, draft.text, may_be_empty=bool(pictures), dress=dress)
    audiences.check_named(tx, audience, parent, text)
    named = list_named(author, _choose(tx, draft, audience, parent), text, audience.visibility)
    if parent is None:
        elsewhere.require_open(tx, author, named)
    return Written(
        text=text,
        audience=audience,
        parent=parent,
        pictures=pictures,
        named=_aim(tx, author, draft, audience, named),
        summary=texts.read_summary(draft.summary),
        language=texts.read_language(draft.language),
        facts=facts,
    )


def _tell(
    tx: sa.Connection, author: ActorRecord, sent: PostRecord, placed: tuple[Placed, ...], now: Millis
) -> None:
    """Areas hear of a reply, and people here of what has no `Create`, and of what an area has just accepted."""
    if sent.in_reply_to_iri is not None:
        if sent.members_of is not None:
            creates.tell(tx, sent, author, now)
        elif sent.is_shown:
            relays.relay_reply(tx, sent, author, now)
    accepted = tuple(each.area_id for each in placed if each.state == "accepted")
    ring_subscribers(tx, author, sent, accepted, now)


def find_author(tx: sa.Connection, actor_id: int) -> ActorRecord:
    """The local actor who writes, with her lock. Raises `NotFound`, `Refused`."""
    author = find_actor_by_id(tx, actor_id)
    if author is None or not author.local or author.gone_at is not None or not lock_author(tx, actor_id):
        raise NotFound("there is no such local author")
    if author.standing == "suspended":
        raise Refused(f"{author.handle} is suspended and cannot post")
    require_here(author)
    return author


def _require(tx: sa.Connection, post_id: int) -> PostRecord:
    post = posts.find_post_by_id(tx, post_id)
    assert post is not None  # posts are never removed
    return post


def _find_parent(tx: sa.Connection, author: ActorRecord, draft: Draft, now: Millis) -> PostRecord | None:
    """What is answered: anything that the author may read. What still waits for its own `Create` is answered later."""
    if draft.in_reply_to is None:
        return None
    parent = posts.find_post(tx, draft.in_reply_to)
    if parent is None or not parent.is_out or not is_readable(tx, Reader.of(author, now), parent.id):
        raise NotFound(f"there is no post {draft.in_reply_to} to reply to")
    if parent.thread_id is not None and threads.is_closed(tx, parent.thread_id):
        raise Refused("この話題への返信は締め切られました。 This thread takes no more replies.")
    return parent


def _choose(tx: sa.Connection, draft: Draft, audience: Audience, parent: PostRecord | None) -> list[Named]:
    """Whom the author names without writing it: the areas picked, and who is answered."""
    picked = draft.area_ids if audience.members_of is None else (audience.members_of,)
    chosen = [_find_area_iri(tx, area_id) for area_id in picked] if parent is None else []
    if parent is not None:
        chosen.append(creates.find_author(tx, parent).iri)
        chosen += _find_group(tx, parent, audience)
    return [Named(iri, "choice") for iri in chosen]


def _find_group(tx: sa.Connection, parent: PostRecord, audience: Audience) -> list[Iri]:
    """The group of another server to which a reply for everyone goes too, since its thread stands there."""
    if audience.visibility not in SHOWN or parent.thread_id is None:
        return []
    group = elsewhere.find_group_of(tx, parent.thread_id)
    return [] if group is None else [group]


def _find_area_iri(tx: sa.Connection, area_id: int) -> Iri:
    area = registry.find_area(tx, area_id)
    if area is None:
        raise NotFound(f"there is no area {area_id}")
    return area.iri


def list_named(
    author: ActorRecord, chosen: list[Named], text: Text, visibility: Visibility
) -> tuple[Named, ...]:
    """Everybody once, what was chosen first; nobody is named by herself.

    What is not for everyone goes to no area or group, of which everybody is a follower; their desks take messages.
    """
    is_open = visibility in SHOWN
    written = [Named(actor.iri, "text") for actor in text.mentioned if is_open or actor.type != "Group"]
    named = {each.iri: each for each in reversed([*chosen, *written])}
    order = dict.fromkeys(each.iri for each in (*chosen, *written))
    return tuple(named[iri] for iri in order if iri != author.iri)


def _aim(
    tx: sa.Connection,
    author: ActorRecord,
    draft: Draft,
    audience: Audience,
    named: tuple[Named, ...],
) -> tuple[Named, ...]:
    """Add the author's home area to a public post from an app that names none, where she wishes so."""
    is_open = draft.in_reply_to is None and audience.visibility == "public"
    if not (draft.may_go_home and is_open and preferences.find(tx, author.id).to_home_area):
        return named
    home = membership.find_home(tx, author.id)
    if home is None or registry.count_groups(tx, [each.iri for each in named]):
        return named
    return (Named(home.iri, "choice"), *named)


def find_areas(tx: sa.Connection, post: PostRecord, named: tuple[Named, ...]) -> list[AreaRecord]:
    """The areas of this node that a post names; of what is for members, the one whose they are."""
    found = registry.find_named(tx, (each.iri for each in named))
    return [area for area in found if post.members_of in {None, area.actor_id}]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a draft before it is a post."""

    text: Text
    audience: Audience
    parent: PostRecord | None
    pictures: tuple[MediaRecord, ...]
    named: tuple[Named, ...]
    summary: str | None
    language: str
    facts: Facts | None


def _record(
    tx: sa.Connection, draft: Draft, author: ActorRecord, written: Written, now: Millis
) -> PostRecord:
    post_id = ids.mint_post(now)
    while not posts.is_id_free(tx, post_id):
        post_id = ids.mint_post(now)
    iri = Iri(f"{iris.origin(author.iri)}/posts/{post_id}")
    parent = written.parent
    return PostRecord(
        id=post_id,
        iri=iri,
        actor_id=author.id,
        local=True,
        kind=ORDINARY if written.facts is None else written.facts.kind.name,
        type="Note" if draft.poll is None else "Question",
        visibility=written.audience.visibility,
        in_reply_to_iri=None if parent is None else parent.iri,
        in_reply_to_id=None if parent is None else parent.id,
        thread_id=post_id if parent is None else parent.thread_id,
        title=None,
        content=written.text.content,
        summary=written.summary,
        sensitive=draft.sensitive or written.summary is not None,
        language=written.language,
        url=iri,
        attachments=attaching.write(written.pictures, iris.origin(author.iri)),
        tags=json.dumps(written.text.tags, ensure_ascii=False),
        published_at=now,
        updated_at=None,
        received_at=now,
        deleted_at=None,
        log_id=None,
        members_of=written.audience.members_of,
    )
