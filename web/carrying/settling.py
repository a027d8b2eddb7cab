"""After the rows of an area have arrived: who lived apart lives together now, and the other way round.

Posts of residents here that waited for the area are judged by it; what was planned on the old node is planned anew;
who has moved is told where she signs in from now.
"""

import sqlalchemy as sa

from actors.accounts import find_wishes
from actors.directory import find_actor_by_id
from actors.jobs import schedule
from actors.servers import find_dialect, find_server
from actors.signin.notices import tell_owner
from actors.tables import accounts, actors, follows
from areas import admissions, creates, facts, placements, posts, registry, rereads
from areas.announcements import saying
from areas.compose import scheduling
from areas.locks import lock_author
from areas.moderation import banning
from areas.notifications.mailing import plan_for_author
from areas.personal_tables import scheduled_posts
from areas.polls import votes
from areas.polls.tables import polls
from areas.search.tables import search_cursors
from areas.tables import areas, bans, boosts, group_submissions, shares
from areas.tables import posts as post_table
from areas.zones import agreements, progress
from areas.zones.tables import agreements as agreement_table
from federation.vocabulary import Millis
from outbox.destinations import destinations_for, drop_server
from outbox.tables import log, subscriptions
from web.carrying.arriving import Arrival
from web.pages.languages import DEFAULT


def settle(arrival: Arrival, since: Millis) -> int:
    """Do all of it; return how many posts of residents here were waiting for the area. It has rested `since` then."""
    tx, now = arrival.tx, arrival.now
    _join_neighbours(arrival)
    _open_for_those_who_stayed(arrival)
    _forget_the_way(arrival)
    _plan(arrival, since)
    _tell_owners(arrival)
    tx.execute(sa.update(search_cursors).values(value=0))  # what came is older than what was looked at
    return _hear_waiting(tx, _list_areas(arrival), now)


def _list_areas(arrival: Arrival) -> list[int]:
    query = sa.select(areas.c.actor_id).where(areas.c.actor_id.in_(arrival.travellers))
    return list(arrival.tx.execute(query).scalars())


def _join_neighbours(arrival: Arrival) -> None:
    """Who has asked from here to follow does so; boosts by the area are its placements now."""
    tx = arrival.tx
    here = sa.select(actors.c.id).where(actors.c.origin_id.is_not(None))
    waiting = sa.and_(
        follows.c.target_id.in_(_list_areas(arrival)),
        follows.c.follower_id.in_(here),
        follows.c.state == "pending",
    )
    tx.execute(sa.update(follows).where(waiting).values(state="accepted", changed_at=arrival.now))
    tx.execute(sa.delete(shares).where(shares.c.actor_id.in_(_list_areas(arrival))))


def _open_for_those_who_stayed(arrival: Arrival) -> None:
    """Residents of the old node were told of everything there; from now they live elsewhere."""
    tx = arrival.tx
    is_open = sa.exists().where(
        subscriptions.c.subscriber_id == follows.c.follower_id,
        subscriptions.c.target_id == follows.c.target_id,
        sa.text("NOT closed"),
    )
    query = (
        sa.select(follows.c.follower_id, follows.c.target_id, actors.c.server_id)
        .join(actors, actors.c.id == follows.c.follower_id)
        .where(
            follows.c.target_id.in_(arrival.travellers),
            follows.c.state == "accepted",
            actors.c.server_id.is_not(None),
            sa.not_(is_open),
        )
    )
    before = int(tx.execute(sa.select(sa.func.min(log.c.seq))).scalar() or 0) - 1
    for row in tx.execute(query).all():
        values = {
            "subscriber_id": row.follower_id,
            "target_id": row.target_id,
            "destination_id": destinations_for(tx, (row.follower_id,))[row.follower_id],
            "dialect": find_dialect(tx, row.server_id),
            "since": before,
            "opened_at": arrival.now,
        }
        tx.execute(sa.insert(subscriptions).values(**values))


def _forget_the_way(arrival: Arrival) -> None:
    """Nothing is sent to the host by the network any more: it is here."""
    tx = arrival.tx
    gone = sa.and_(subscriptions.c.subscriber_id.in_(arrival.travellers), sa.text("NOT closed"))
    tx.execute(sa.update(subscriptions).where(gone).values(closed=True))
    server = find_server(tx, arrival.origin.host)
    if server is not None:
        drop_server(tx, server.id, "it is served here now", arrival.now)


def _tell_owners(arrival: Arrival) -> None:
    """Apps and browsers go on asking the old node, which cannot tell whose they were once they have left."""
    tx = arrival.tx
    for number in sorted(set(arrival.find("accounts").values())):
        query = sa.select(accounts.c.email_sealed).where(accounts.c.id == number)
        if tx.execute(query).scalar_one() is not None:
            tell_owner(tx, number, "moved", find_wishes(tx, number).language or DEFAULT, arrival.now)


def _plan(arrival: Arrival, since: Millis) -> None:
    """All that has its time; what is planned already stays so, and what is over meanwhile is done at once."""
    tx, now = arrival.tx, arrival.now
    _plan_ends(tx, since, now)
    _plan_rereads(tx, now)
    progress.plan_all(tx, now)
    for number in arrival.find("announcements").values():
        saying.tell(tx, number, now)
    mine = scheduled_posts.c.actor_id.in_(arrival.travellers)
    for row in tx.execute(sa.select(scheduled_posts).where(mine, scheduled_posts.c.failure.is_(None))).all():
        schedule(tx, scheduling.PUBLISH, str(row.id), {}, row.due_at, now)
    for area_id in _list_areas(arrival):
        for placement in placements.held(tx, area_id):
            plan_for_author(tx, placement, now)


def _plan_ends(tx: sa.Connection, since: Millis, now: Millis) -> None:
    """Of bans, agreements and polls."""
    for row in tx.execute(sa.select(bans).where(bans.c.until.is_not(None))).all():
        schedule(tx, banning.LIFT, f"{row.area_id}:{row.actor_id}", {}, row.until, now)
    is_running = sa.and_(
        agreement_table.c.expires_at.is_not(None), agreement_table.c.state.in_(("requested", "accepted"))
    )
    for row in tx.execute(sa.select(agreement_table).where(is_running)).all():
        schedule(tx, agreements.EXPIRE, str(row.id), {}, row.expires_at, now)
    is_ours = sa.and_(polls.c.ends_at > since, post_table.c.local)
    for row in tx.execute(sa.select(polls).join(post_table).where(is_ours)).all():
        votes.plan_end(tx, row.post_id, row.ends_at, now)


def _plan_rereads(tx: sa.Connection, now: Millis) -> None:
    lately = sa.and_(
        boosts.c.undone_at.is_(None),
        sa.not_(post_table.c.local),
        boosts.c.created_at > now - rereads.STEPS[-1],
    )
    query = sa.select(boosts.c.post_id, boosts.c.created_at, post_table.c.iri).join(post_table).where(lately)
    for row in tx.execute(query).all():
        step = next(place for place, after in enumerate(rereads.STEPS) if row.created_at + after > now)
        rereads.schedule_step(tx, row.post_id, row.iri, step, row.created_at)


def _hear_waiting(tx: sa.Connection, area_ids: list[int], now: Millis) -> int:
    """Posts from here that were on their way to the area are judged by it."""
    is_waiting = group_submissions.c.group_id.in_(area_ids)
    rows = tx.execute(sa.select(group_submissions).where(is_waiting)).all()
    tx.execute(sa.delete(group_submissions).where(is_waiting))
    waiting = [row for row in rows if row.state == "waiting"]
    for row in waiting:
        post, area = posts.find_post_by_id(tx, row.post_id), registry.find_area(tx, row.group_id)
        assert post is not None  # foreign keys hold both
        assert area is not None
        author = find_actor_by_id(tx, post.actor_id)
        if author is not None and author.local and post.deleted_at is None and lock_author(tx, author.id):
            named = posts.named_by(tx, post.id)
            admissions.admit(tx, facts.describe(tx, creates.find_author(tx, post), post, named), [area], now)
    return len(waiting)
