"""Telling an author that a submission is held or was refused.

One direct mention from the desk a day at most, with a link to a status page that only the author knows.
Acceptance tells itself: it is the boost.
"""

import datetime as dt
import html

import sqlalchemy as sa

from actors.records import ActorRecord
from areas import registry, wire
from areas.boosts import Voices
from areas.records import PlacementRecord, PostRecord
from areas.statements import insert_once
from areas.tables import receipts
from federation import iris, rendering
from federation.vocabulary import Iri, Millis
from outbox.publish import append
from outbox.records import Entry

JAPAN = dt.timezone(dt.timedelta(hours=9))
_SENTENCES = {
    "held": "投稿を受け取りました。確認してから載せます。 We received your post; it is checked before it appears.",
    "refused": "この投稿は載せられませんでした。 This post could not be accepted.",
}


def tell(
    tx: sa.Connection, voices: Voices, post: PostRecord, placement: PlacementRecord, now: Millis
) -> bool:
    """Send the receipt unless the author got one today. False = none was sent."""
    if voices.author.local or placement.state not in _SENTENCES:
        return False
    day = dt.datetime.fromtimestamp(now / 1000, tz=JAPAN).date().isoformat()
    row = {"author_id": voices.author.id, "day": day, "placement_id": placement.id}
    if not insert_once(tx, receipts, row):
        return False
    desk = registry.desk_of(tx, voices.area)
    append(tx, _write(desk, voices.author, post, placement, now), now)
    return True


def _write(
    desk: ActorRecord, author: ActorRecord, post: PostRecord, placement: PlacementRecord, now: Millis
) -> Entry:
    name = Iri(f"{desk.iri}/activities/receipt-{placement.id}-{placement.state}-{now}")
    note = wire.direct_note(
        Iri(f"{name}/note"),
        desk,
        author,
        _content(author, placement, f"{iris.origin(desk.iri)}/status/{placement.token}"),
        in_reply_to=post.iri,
        now=now,
    )
    return Entry(
        iri=name,
        actor_id=desk.id,
        type="Create",
        body=rendering.create(name, note),
        thread=f"receipt:{placement.id}",
        recipients=(author.id,),
        object_iri=Iri(f"{name}/note"),
        public=False,
    )


def _content(author: ActorRecord, placement: PlacementRecord, address: str) -> str:
    lines = [
        wire.mention_html(author.iri, author.username),
        html.escape(_SENTENCES[placement.state]),
        html.escape(placement.reason),
        f'<a href="{html.escape(address)}" rel="nofollow noopener">{html.escape(address)}</a>',
    ]
    return "".join(f"<p>{line}</p>" for line in lines if line)
