"""Reports by residents: kept for the moderators here, and sent to the server of whom they are about, if asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from actors.tables import actors, origins
from areas import reports
from areas.interactions.saying import require_post
from areas.reports import ReportRecord
from federation import rendering
from federation.errors import NotFound, Refused
from federation.vocabulary import Iri, Millis
from outbox.publish import append
from outbox.records import Entry

Category = Literal["spam", "legal", "violation", "other"]
TEXT_LENGTH = 1_000


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a resident says about somebody, with posts of hers; `forward` tells her own server too."""

    target_id: int
    post_ids: tuple[int, ...] = ()
    text: str = ""
    category: str = "other"
    rules: tuple[str, ...] = ()
    forward: bool = False


def report(tx: sa.Connection, actor: ActorRecord, complaint: Complaint, now: Millis) -> ReportRecord:
    """Tell the moderators. Raises `NotFound`, `Refused`."""
    target = find_actor_by_id(tx, complaint.target_id)
    if target is None or target.gone_at is not None:
        raise NotFound(f"there is no actor {complaint.target_id}")
    if complaint.category not in get_args(Category):
        raise Refused(f"a report is about one of {', '.join(get_args(Category))}")
    if len(complaint.text) > TEXT_LENGTH:
        raise Refused(f"a report has at most {TEXT_LENGTH} characters")
    things = (target.iri, *_read_posts(tx, actor, target, complaint.post_ids, now))
    is_forwarded = complaint.forward and not target.local
    details = reports.Details(target.id, complaint.category, complaint.rules, is_forwarded)
    made = reports.file(
        tx, actor=actor, iri=None, objects=things, text=complaint.text, now=now, details=details
    )
    if made is None:
        raise Refused(f"{reports.MOST_PER_DAY} reports a day can be made")
    if is_forwarded:
        _forward(tx, target, things, complaint.text, made, now)
    return reports.find(tx, made)


def _read_posts(
    tx: sa.Connection, actor: ActorRecord, target: ActorRecord, post_ids: Sequence[int], now: Millis
) -> tuple[Iri, ...]:
    posts = [require_post(tx, actor, post_id, now) for post_id in post_ids[: reports.MOST_OBJECTS]]
    if any(post.actor_id != target.id for post in posts):
        raise Refused("the posts of a report are of whom it is about")
    return tuple(post.iri for post in posts)


def _forward(
    tx: sa.Connection, target: ActorRecord, things: Sequence[Iri], text: str, report_id: int, now: Millis
) -> None:
    """In the name of the node: who reported is not told (as Mastodon and GoToSocial do)."""
    node = _find_node(tx)
    iri = Iri(f"{node.iri}/activities/flag-{report_id}")
    entry = Entry(
        iri=iri,
        actor_id=node.id,
        type="Flag",
        body=rendering.flag(iri, actor=node.iri, objects=things, text=text, to=(target.iri,)),
        thread=f"report:{report_id}",
        recipients=(target.id,),
        object_iri=target.iri,
        public=False,
    )
    append(tx, entry, now)


def _find_node(tx: sa.Connection) -> ActorRecord:
    query = (
        sa.select(actors.c.id)
        .join(origins, origins.c.id == actors.c.origin_id)
        .where(actors.c.kind == "node")
        .order_by(origins.c.is_primary.desc(), actors.c.id)
        .limit(1)
    )
    node_id = tx.execute(query).scalar()
    node = None if node_id is None else find_actor_by_id(tx, int(node_id))
    if node is None:
        raise NotFound("this node has no actor of its own")
    return node
