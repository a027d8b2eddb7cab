"""What an area's desk does, as the activity dialect hears it: the area announces the desk's activity (FEP-1b12).

Lemmy and PieFed take no Group as a moderator; the people behind a desk stay unnamed.
"""

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from areas.boosts import change_iri
from areas.records import AreaRecord
from federation import rendering
from federation.rendering import Document
from federation.vocabulary import Iri, Millis
from outbox.publish import append
from outbox.records import ORDINARY, Entry, Lane


def act_iri(desk: ActorRecord, kind: str, about: int, at: Millis) -> Iri:
    """`{desk}/activities/{kind}-{number}-{time}`: found again by whoever takes the act back."""
    return Iri(f"{desk.iri}/activities/{kind}-{about}-{at}")


def group_of(tx: sa.Connection, area: AreaRecord) -> ActorRecord:
    """The area as an actor."""
    group = find_actor_by_id(tx, area.actor_id)
    assert group is not None  # a foreign key holds it
    return group


def announce(
    tx: sa.Connection,
    area: AreaRecord,
    act: Document,
    now: Millis,
    *,
    thread: str,
    about: Iri,
    lane: Lane = ORDINARY,
    recipients: tuple[int, ...] = (),
) -> int:
    """Pass on what the desk does to followers who read the activity dialect, and to `recipients` beside them."""
    inner = rendering.render(act)
    iri = change_iri(area, inner)
    entry = Entry(
        iri=iri,
        actor_id=area.actor_id,
        type="Announce",
        body=rendering.wrap(iri, actor=area.iri, followers=area.followers, inner=inner, published=now),
        thread=thread,
        dialect="activity",
        lane=lane,
        audience_id=area.actor_id,
        object_iri=about,
        recipients=recipients,
    )
    return append(tx, entry, now)
