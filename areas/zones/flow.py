"""What peers bring: shown as theirs, boosted only by decision or by a category agreed on, taken back with them.

A peer boosts a post of its own; where an agreement is in force, the post is shown in our area's zone timeline. When
the peer takes it back, so do we. How a boost is said is `zones.saying`.
"""

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from actors.changes import Audience, Change, note
from actors.directory import find_actor_by_id
from actors.prepared import Prepared
from actors.records import ActorRecord
from actors.standing import find_block, is_refused
from actors.tables import actors
from areas import boosts, creates, placements, posts, registry, shares
from areas.bans import is_banned
from areas.boosts import digest
from areas.categories import categorise
from areas.ids import first_at, mint_position, time_of
from areas.records import AreaRecord, PostRecord
from areas.selections import Selection, lies_below
from areas.statements import insert_once
from areas.tables import boosts as boost_table
from areas.tables import posts as post_table
from areas.zones import agreements, rules, saying
from areas.zones.cursors import BACK
from areas.zones.records import CATEGORIES, STANDING, Agreement, BroughtState
from areas.zones.saying import Passing
from areas.zones.tables import zone_posts
from federation.errors import NotFound, Refused
from federation.vocabulary import Iri, Millis

HOUR: Final = 3_600_000
TAKEN_BACK: Final = "taken back by its own area"
OWN: Final = "posted to this area itself"
ENDED: Final = "its author has withdrawn it"


@dataclass(frozen=True, slots=True)
class ZonePost:
    """A peer's post in an area of ours."""

    area_id: int
    post_id: int
    home_id: int
    category: str
    state: BroughtState
    position: int
    reason: str
    iri: Iri | None
    log_id: int | None
    generation: int


_BROUGHT = Prepared(
    sa.select(zone_posts.c.state).where(
        zone_posts.c.area_id == sa.bindparam("area"), zone_posts.c.post_id == sa.bindparam("post")
    )
)
_KNOWN = (
    sa.select(zone_posts.c.post_id, zone_posts.c.category, sa.func.max(zone_posts.c.position))
    .where(
        zone_posts.c.home_id == sa.bindparam("home"),
        zone_posts.c.area_id != sa.bindparam("area"),
        zone_posts.c.position >= sa.bindparam("since"),
        zone_posts.c.state != "gone",
    )
    .group_by(zone_posts.c.post_id, zone_posts.c.category)
    .order_by(sa.func.max(zone_posts.c.position))
)
_OWN = (
    sa.select(boost_table.c.post_id, boost_table.c.created_at)
    .where(
        boost_table.c.area_id == sa.bindparam("home"),
        boost_table.c.undone_at.is_(None),
        boost_table.c.created_at >= sa.bindparam("since"),
    )
    .order_by(boost_table.c.created_at, boost_table.c.post_id)
)
_COLUMNS = tuple(zone_posts.c[name] for name in ZonePost.__dataclass_fields__)


def offer(
    tx: sa.Connection,
    home: ActorRecord,
    post: PostRecord,
    category: str | None,
    now: Millis,
    *,
    at: Millis | None = None,
) -> list[ZonePost]:
    """A Group boosts a post: show it in each area of ours that has agreed with it, and boost what was agreed on.

    `at` is when the Group did so, where that is not now: there it stands in the timeline. What was boosted before an
    area had even asked is shown alone.
    """
    at = now if at is None else at
    if not _may_be_shown(tx, home, post):
        return []
    held = agreements.list_of_peer(tx, home.id)
    found = (_offer_to(tx, each, home, post, _name(category), (at, now)) for each in held)
    return [brought for brought in found if brought is not None]


def _offer_to(
    tx: sa.Connection,
    agreement: Agreement,
    home: ActorRecord,
    post: PostRecord,
    category: str,
    times: tuple[Millis, Millis],
) -> ZonePost | None:
    """To one area, if it has agreed and has not heard of it; `times` are when the peer boosted it, and now."""
    at, now = times
    area = registry.find_area(tx, agreement.area_id)
    assert area is not None  # a foreign key holds it
    if agreements.find_in_force(tx, area.actor_id, home.id, "in", now) is None:
        return None
    brought = _bring(tx, area, home, post, category, at)
    is_wanted = category in agreement.terms.accepts and at >= agreement.created_at
    return _boost_unasked(tx, area, brought, now) if brought is not None and is_wanted else brought


def accept(tx: sa.Connection, area: AreaRecord, peer: ActorRecord, now: Millis) -> Agreement:
    """As `agreements.accept`; an area of this node, which asks nobody for what it missed, is shown it at once."""
    agreement = agreements.accept(tx, area, peer, now)
    if peer.local:
        offer_known(tx, peer.id, _find_group(tx, area), now)
    return agreement


def offer_known(tx: sa.Connection, area_id: int, home: ActorRecord, now: Millis) -> None:
    """An area has agreed with a peer that lives here, or that others here know: show it the peer's last days.

    The peer is asked for nothing, since this node has heard it all.
    """
    agreement = agreements.find(tx, area_id, home.id, "in")
    for post_id, category, at in (
        _list_own(tx, home, now) if home.local else _list_heard(tx, area_id, home, now)
    ):
        post = posts.find_post_by_id(tx, post_id)
        if agreement is not None and post is not None and _may_be_shown(tx, home, post):
            named = category or categorise(tx, creates.find_author(tx, post), post)
            _offer_to(tx, agreement, home, post, _name(named), (at, now))


def _list_heard(
    tx: sa.Connection, area_id: int, home: ActorRecord, now: Millis
) -> list[tuple[int, str | None, Millis]]:
    """What came to other areas here."""
    since = {"area": area_id, "home": home.id, "since": first_at(Millis(now - BACK))}
    return [(post_id, category, time_of(at)) for post_id, category, at in tx.execute(_KNOWN, since).all()]


def _list_own(tx: sa.Connection, home: ActorRecord, now: Millis) -> list[tuple[int, str | None, Millis]]:
    """What an area of this node boosts."""
    rows = tx.execute(_OWN, {"home": home.id, "since": now - BACK}).all()
    return [(post_id, None, at) for post_id, at in rows]


def _name(category: str | None) -> str:
    return category if category in CATEGORIES else "post"


def offer_own(
    tx: sa.Connection, area: AreaRecord, post: PostRecord, author: ActorRecord, now: Millis
) -> None:
    """As `offer`, where the peer is an area of this node; costs one look where nobody has agreed with it."""
    if agreements.has_peers(tx, area.actor_id):
        offer(tx, _find_group(tx, area), post, categorise(tx, author, post), now)


def _may_be_shown(tx: sa.Connection, home: ActorRecord, post: PostRecord) -> bool:
    """For everyone, the beginning of a thread, and the peer's own: it names the peer."""
    if post.visibility != "public" or not post.is_shown or post.in_reply_to_iri is not None:
        return False
    return home.iri in {each.iri for each in posts.named_by(tx, post.id)}


def _bring(
    tx: sa.Connection, area: AreaRecord, home: ActorRecord, post: PostRecord, category: str, at: Millis
) -> ZonePost | None:
    """Show it, once, unless the area has been asked itself or has hidden it; again after it was taken back."""
    if _is_own(tx, area, post):
        return None
    row = {
        "area_id": area.actor_id,
        "post_id": post.id,
        "home_id": home.id,
        "category": category,
        "state": "shown",
        "position": mint_position(at, post.id),
        "reason": "",
        "generation": 0,
        "changed_at": at,
    }
    is_new = insert_once(tx, zone_posts, row)
    stored = find(tx, area.actor_id, post.id)
    assert stored is not None  # new, or there before
    if is_new:
        _note(tx, None, stored)
        return stored
    if stored.state != "gone":
        return None
    return _write(tx, stored, at, state="shown", reason="", home_id=home.id, category=category)


def _boost_unasked(tx: sa.Connection, area: AreaRecord, brought: ZonePost, now: Millis) -> ZonePost:
    try:
        return boost(tx, area, brought, now)
    except Refused as refusal:
        return _write(tx, brought, now, reason=str(refusal))


def boost(tx: sa.Connection, area: AreaRecord, brought: ZonePost, now: Millis) -> ZonePost:
    """Announce a peer's post to who follows the area. Raises `Refused`."""
    if brought.state != "shown":
        raise Refused(f"the post is {brought.state}")
    post, home = posts.find_post_by_id(tx, brought.post_id), find_actor_by_id(tx, brought.home_id)
    assert post is not None  # foreign keys hold both
    assert home is not None
    objection = rules.find_objection(_gather(tx, area, home, post, now))
    if objection is not None:
        raise Refused(objection)
    group, author = _find_group(tx, area), creates.find_author(tx, post)
    iri = Iri(f"{area.iri}/boosts/{digest(post.iri.encode())}-zone-{brought.generation}")
    shares.record(tx, actor=group, post=post, iri=iri, visibility="public", at=now)
    log_id = saying.announce(tx, Passing(area, home, post, author, iri), now)
    changed = {"iri": iri, "log_id": log_id, "generation": brought.generation + 1, "boosted_at": now}
    return _write(tx, brought, now, state="boosted", reason="", **changed)


def _gather(
    tx: sa.Connection, area: AreaRecord, home: ActorRecord, post: PostRecord, now: Millis
) -> rules.Facts:
    agreement = agreements.find_in_force(tx, area.actor_id, home.id, "in", now)
    author = creates.find_author(tx, post)
    return rules.Facts(
        is_agreed=agreement is not None,
        is_public=post.visibility == "public" and post.is_shown,
        is_reply=post.in_reply_to_iri is not None,
        names_home=_may_be_shown(tx, home, post),
        is_own=_is_own(tx, area, post),
        is_shut_out=_is_shut_out(tx, area, author, now),
        age=now - post.published_at,
        in_last_hour=_count_lately(tx, area.actor_id, home.id, now),
        max_per_hour=0 if agreement is None else agreement.terms.max_per_hour,
    )


def _is_own(tx: sa.Connection, area: AreaRecord, post: PostRecord) -> bool:
    """Whether the area was asked itself, whatever it said; a zone is never asked, even where a post names it."""
    return not area.is_zone and placements.find_placement(tx, area.actor_id, post.id) is not None


def _is_shut_out(tx: sa.Connection, area: AreaRecord, author: ActorRecord, now: Millis) -> bool:
    if author.standing != "open" or is_refused(tx, author, now, "open") is not None:
        return True
    if is_banned(tx, area_id=area.actor_id, actor_id=author.id, now=now):
        return True
    return find_block(tx, actor_id=area.actor_id, target_id=author.id) is not None


def _count_lately(tx: sa.Connection, area_id: int, home_id: int, now: Millis) -> int:
    query = sa.select(sa.func.count()).where(
        zone_posts.c.area_id == area_id,
        zone_posts.c.home_id == home_id,
        zone_posts.c.boosted_at > now - HOUR,
    )
    return int(tx.execute(query).scalar_one())


def retract(tx: sa.Connection, home_id: int, post_id: int, now: Millis) -> None:
    """The peer takes its post back: so does every area of ours that shows it."""
    for each in _standing(tx, zone_posts.c.post_id == post_id, zone_posts.c.home_id == home_id):
        take_back(tx, each, "gone", TAKEN_BACK, now)


def end(tx: sa.Connection, post_id: int, now: Millis) -> None:
    """The post itself ends, or is not for everyone any more."""
    for each in _standing(tx, zone_posts.c.post_id == post_id):
        take_back(tx, each, "gone", ENDED, now)


def give_way(tx: sa.Connection, area_id: int, post_id: int, now: Millis) -> None:
    """The area takes the post itself: it is no peer's any more. Costs one look where it never was."""
    if _BROUGHT.first(tx, area=area_id, post=post_id) is None:
        return
    for each in _standing(tx, zone_posts.c.post_id == post_id, zone_posts.c.area_id == area_id):
        take_back(tx, each, "gone", OWN, now)


def drop(tx: sa.Connection, which: Selection, reason: str, now: Millis) -> int:
    """Hide what an author, or a whole server, has in areas here through peers; how many posts that were."""
    clauses = [] if which.area_id is None else [zone_posts.c.area_id == which.area_id]
    by = sa.select(post_table.c.id).join(actors, actors.c.id == post_table.c.actor_id)
    if which.author_id is not None:
        by = by.where(actors.c.id == which.author_id)
    if which.host is not None:
        by = by.where(lies_below(actors.c.host, which.host))
    found = _standing(tx, zone_posts.c.post_id.in_(by), *clauses)
    for each in found:
        take_back(tx, each, "hidden", reason, now)
    return len(found)


def take_back(
    tx: sa.Connection, brought: ZonePost, state: BroughtState, reason: str, now: Millis
) -> ZonePost:
    """End a boost where there is one, in the order of the thread, and keep why."""
    if brought.state == "boosted":
        _unannounce(tx, brought, now)
    return _write(tx, brought, now, state=state, reason=reason)


def _unannounce(tx: sa.Connection, brought: ZonePost, now: Millis) -> None:
    area, post = registry.find_area(tx, brought.area_id), posts.find_post_by_id(tx, brought.post_id)
    assert area is not None  # foreign keys hold both
    assert post is not None
    assert brought.iri is not None  # it was boosted
    assert brought.log_id is not None
    shares.remove(tx, area.actor_id, post.id)
    saying.unannounce(tx, area, post, creates.find_author(tx, post), (brought.iri, brought.log_id), now)


def hide(tx: sa.Connection, area: AreaRecord, post: PostRecord, reason: str, now: Millis) -> ZonePost:
    """Show a peer's post in this area no more, whatever the peer does. Raises `NotFound`, `Refused`."""
    brought = require(tx, area, post)
    if brought.state not in STANDING:
        raise Refused(f"the post is {brought.state}")
    return take_back(tx, brought, "hidden", reason, now)


def show(tx: sa.Connection, area: AreaRecord, post: PostRecord, now: Millis) -> ZonePost:
    """Show a hidden one again, as long as its own area does. Raises `NotFound`, `Refused`."""
    brought = require(tx, area, post)
    if brought.state != "hidden":
        raise Refused(f"the post is {brought.state}")
    if not post.is_shown or not _is_boosted_by(tx, brought.home_id, post.id):
        raise Refused(TAKEN_BACK)
    return _write(tx, brought, now, state="shown", reason="")


def _is_boosted_by(tx: sa.Connection, home_id: int, post_id: int) -> bool:
    if shares.find(tx, home_id, post_id) is not None:
        return True
    return any(each.area_id == home_id for each in boosts.live_boosts(tx, post_id))


def find(tx: sa.Connection, area_id: int, post_id: int) -> ZonePost | None:
    """A post as some peer has brought it to an area."""
    query = sa.select(*_COLUMNS).where(zone_posts.c.area_id == area_id, zone_posts.c.post_id == post_id)
    row = tx.execute(query.with_for_update()).first()
    return None if row is None else ZonePost(*row)


def require(tx: sa.Connection, area: AreaRecord, post: PostRecord) -> ZonePost:
    """As `find`. Raises `NotFound`."""
    found = find(tx, area.actor_id, post.id)
    if found is None:
        raise NotFound(f"no area has brought {post.iri} to {area.handle}")
    return found


def _standing(tx: sa.Connection, *clauses: "sa.ColumnElement[bool]") -> list[ZonePost]:
    query = sa.select(*_COLUMNS).where(zone_posts.c.state.in_(STANDING), *clauses)
    rows = tx.execute(query.order_by(zone_posts.c.area_id).with_for_update())
    return [ZonePost(*row) for row in rows]


def _write(tx: sa.Connection, brought: ZonePost, now: Millis, **values: Any) -> ZonePost:
    statement = sa.update(zone_posts).where(
        zone_posts.c.area_id == brought.area_id, zone_posts.c.post_id == brought.post_id
    )
    row = tx.execute(statement.values(changed_at=now, **values).returning(*_COLUMNS)).one()
    written = ZonePost(*row)
    _note(tx, brought, written)
    return written


def _note(tx: sa.Connection, before: ZonePost | None, after: ZonePost) -> None:
    """Tell who looks on that a post came to the timeline of peers' posts, or left it."""
    stood, stands = before is not None and before.state in STANDING, after.state in STANDING
    if stands and not stood:
        note(tx, Change("brought", after.position, after.area_id, after.post_id))
    if stood and not stands:
        audience = Audience("public")  # nothing else is ever shown there
        note(tx, Change("removed", after.position, after.area_id, after.post_id, audience))


def _find_group(tx: sa.Connection, area: AreaRecord) -> ActorRecord:
    group = find_actor_by_id(tx, area.actor_id)
    assert group is not None  # a foreign key holds it
    return group
