"""Telling an author that a submission is held or was refused.

One direct mention from the desk a day at most, with a link to a status page that only the author knows.
Acceptance tells itself: it is the boost.
"""

import datetime as dt
import html
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from actors.statements import insert_into
from areas import wire
from areas.boosts import Voices
from areas.records import PlacementRecord, PostRecord
from areas.tables import receipts
from federation import iris, rendering
from federation.vocabulary import Iri, Millis
from outbox.publish import append
from outbox.records import ORDINARY, Entry

TOKYO = ZoneInfo("Asia/Tokyo")
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
    day = dt.datetime.fromtimestamp(now / 1000, tz=TOKYO).date().isoformat()
    row = {"author_id": voices.author.id, "day": day, "placement_id": placement.id}
    first = insert_into(tx, receipts).values(row).on_conflict_do_nothing().returning(receipts.c.day)
    if tx.execute(first).first() is None:
        return False
    desk, author = voices.desk, voices.author
    origin = iris.origin(desk.iri)
    name = Iri(f"{desk.iri}/activities/receipt-{placement.id}-{placement.state}")
    note = wire.direct_note(
        Iri(f"{name}/note"),
        desk,
        author,
        _content(voices, placement, f"{origin}/status/{placement.token}"),
        in_reply_to=post.iri,
        now=now,
    )
    entry = Entry(
        iri=name,
        actor_id=desk.id,
        type="Create",
        body=rendering.create(name, note),
        thread=f"receipt:{placement.id}",
        dialect="both",
        lane=ORDINARY,
        recipients=(author.id,),
        object_iri=Iri(f"{name}/note"),
        public=False,
    )
    append(tx, entry, now)
    return True


def _content(voices: Voices, placement: PlacementRecord, address: str) -> str:
    lines = [
        wire.mention_html(voices.author.iri, voices.author.username),
        html.escape(_SENTENCES[placement.state]),
        html.escape(placement.reason),
        f'<a href="{html.escape(address)}" rel="nofollow noopener">{html.escape(address)}</a>',
    ]
    return "".join(f"<p>{line}</p>" for line in lines if line)
