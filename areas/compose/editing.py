"""An edit of a local post: stored with what stood before, told to everybody who got it, judged again by areas."""

import sqlalchemy as sa

from actors.moves import require_here
from actors.records import ActorRecord
from areas import admissions, edits, elsewhere, facts, kinds, posts, submissions, wire
from areas.compose import audiences, sources, texts
from areas.compose.audiences import Audience
from areas.compose.changes import Said, find_own, to_entry
from areas.compose.publishing import find_areas, list_named
from areas.compose.texts import Text
from areas.kinds import Facts
from areas.kinds.stored import replace_stored
from areas.media import attaching
from areas.notifications import ring_concerned
from areas.polls import options, votes
from areas.records import PostRecord, Revision
from federation import iris, rendering
from federation.errors import Refused
from federation.vocabulary import Hashtag, Iri, Millis, Post
from outbox.publish import append


def edit(tx: sa.Connection, post_id: int, revision: Revision, now: Millis) -> PostRecord:
    """Change a local post; areas that its text names newly or no longer follow. Raises `Refused`, `NotFound`.

    Who may read it does not change; what is for members of an area names nobody elsewhere.
    """
    stored, author = find_own(tx, post_id)
    if author.standing == "suspended":
        raise Refused(f"{author.handle} is suspended and cannot edit")
    require_here(author)
    pictures = attaching.rearrange(tx, stored, revision)
    says = kinds.revise(tx, author, stored, revision, now)
    text = _read(tx, author, stored, revision, says, may_be_empty=bool(pictures))
    before = posts.named_by(tx, post_id)
    told = wire.list_recipients(wire.find_named(tx, stored))
    was = facts.describe(tx, author, stored, before)
    named = list_named(author, [each for each in before if each.source == "choice"], text, stored.visibility)
    if stored.in_reply_to_iri is None:
        elsewhere.require_open(tx, author, [each for each in named if each not in before])
    areas = find_areas(tx, stored, named)
    stored = replace_stored(tx, stored, says, areas[0].actor_id if areas else None, now)
    # Later than the last change even within one millisecond: readers go by it, and the id is made of it.
    updated = Millis(max(now, (stored.updated_at or stored.published_at) + 1))
    version = _rewrite(stored, revision, text, updated)
    changed = posts.change(
        tx,
        stored,
        version,
        visibility=stored.visibility,
        named=named,
        raw=b"",
        now=now,
        attachments=attaching.write(pictures, iris.origin(author.iri)),
    )
    elsewhere.submit(tx, changed, named, now)
    sources.replace(tx, post_id, text.source)
    ends_at = None if revision.poll is None else options.change_local(tx, post_id, revision.poll, now)
    if ends_at is not None:
        votes.plan_end(tx, post_id, ends_at, now)
    raw = _send_update(tx, author, changed, told, now)
    if edits.differ(stored, changed):
        ring_concerned(tx, author, changed, now)
    if changed.in_reply_to_iri is not None:
        submissions.follow_reply_edit(tx, author, changed, raw, now)
    else:
        whole = facts.describe(tx, author, changed, named)
        admissions.follow_edit(tx, admissions.Edit(whole, facts.subtract(whole, was), raw), areas, now)
    return posts.find_post_by_id(tx, post_id) or changed


def _read(
    tx: sa.Connection,
    author: ActorRecord,
    stored: PostRecord,
    revision: Revision,
    says: Facts | None,
    *,
    may_be_empty: bool,
) -> Text:
    source = sources.source_of(tx, stored).text if revision.text is None else revision.text
    dress = None if says is None else says.dress
    text = texts.read_text(tx, author, source, may_be_empty=may_be_empty, dress=dress)
    parent = None if stored.in_reply_to_id is None else posts.find_post_by_id(tx, stored.in_reply_to_id)
    audiences.check_named(tx, Audience(stored.visibility, stored.members_of), parent, text)
    return text


def _rewrite(stored: PostRecord, revision: Revision, text: Text, updated: Millis) -> Post:
    """The edited post in the vocabulary, so that storing it is the same for local and remote."""
    summary = stored.summary if revision.summary is None else texts.read_summary(revision.summary)
    sensitive = stored.sensitive if revision.sensitive is None else revision.sensitive
    language = stored.language if revision.language is None else texts.read_language(revision.language)
    return Post(
        id=stored.iri,
        type=stored.type,
        content=text.content,
        summary=summary,
        sensitive=sensitive or summary is not None,
        language=language,
        url=stored.url,
        updated=updated,
        tags=tuple(Hashtag(name) for name in text.tags),
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
    append(tx, to_entry(tx, author, changed, Said(iri, "Update", body, recipients)), now)
    return body
