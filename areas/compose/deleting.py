"""The end of a local post, everywhere it went."""

import sqlalchemy as sa

from actors.records import ActorRecord
from areas import posts, submissions, wire
from areas.compose.changes import Said, find_own, to_entry
from areas.media import attaching
from areas.records import PostRecord
from federation import rendering
from federation.vocabulary import Iri, Millis
from outbox.publish import append


def delete(tx: sa.Connection, post_id: int, now: Millis, *, keep_media: bool = False) -> None:
    """Delete a local post everywhere it went. What was never sent is not heard of. Raises `NotFound`.

    `keep_media`: its pictures can be used again for a day, since its author writes it anew.
    """
    stored, author = find_own(tx, post_id)
    if keep_media:
        attaching.detach(tx, post_id, now)
    raw = b"" if stored.log_id is None else _send(tx, author, stored, now)
    posts.bury(tx, stored.iri, author, now)
    submissions.end(tx, author, stored, raw, now)


def _send(tx: sa.Connection, author: ActorRecord, stored: PostRecord, now: Millis) -> bytes:
    """To whom the post itself went: of a message nobody else hears that there was one."""
    iri = Iri(f"{author.iri}/activities/{stored.id}-delete")
    named = wire.find_named(tx, stored)
    to, cc = wire.address(stored, author, named)
    document = rendering.delete(iri, actor=author.iri, object_iri=stored.iri, published=now, to=to, cc=cc)
    raw = rendering.render(document)
    append(tx, to_entry(tx, author, stored, Said(iri, "Delete", raw, wire.list_recipients(named))), now)
    return raw
