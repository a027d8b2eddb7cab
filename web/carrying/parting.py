"""The end of a host name on a node that it has left: who lived here lives elsewhere now.

What residents who stay have of it stays with them: whom they follow, what they read, liked and answered. The private
keys, the accounts and what was only for people of the host go.
"""

from typing import Any, Final

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import OriginRecord
from actors.servers import find_dialect
from actors.statements import insert_into
from actors.tables import (
    access_tokens,
    account_actors,
    accounts,
    actor_keys,
    actors,
    authorization_codes,
    credentials,
    follows,
    metadata,
    origins,
    push_subscriptions,
    sessions,
)
from areas.ids import mint_share
from areas.kinds.tables import places
from areas.media.tables import debris, media
from areas.personal_tables import post_sources, unfinished_posts
from areas.tables import areas, boosts, posts, reports, shares
from federation.vocabulary import Millis
from inbox.tables import parked
from outbox.subscriptions import subscribe
from outbox.tables import cursors, gaps, log, subscriptions
from web.carrying.arriving import save_kairanban
from web.carrying.parts import DECIDING

KEPT: Final = frozenset(
    (
        *("blocks", "follows", "reactions", "shares", "outbox_log", "areas", "account_actors", "media"),
        *("reports", "places"),
    )
)
"""Tables of which something stays, or that are seen to apart; so does what a post says."""
OF_NODE: Final = {"draft_keys": "actor_id"}
"""What stays on no node."""


def count_owed(tx: sa.Connection, origin: OriginRecord) -> int:
    """How many entries of the log by actors of a host somebody is still owed."""
    mine = log.c.actor_id.in_(_of(origin))
    waiting = sa.exists().where(gaps.c.log_id == log.c.id, gaps.c.state == "retry")
    ahead = sa.exists().where(
        cursors.c.lane == log.c.lane, cursors.c.seq < log.c.seq, cursors.c.head >= log.c.seq
    )
    query = sa.select(sa.func.count()).select_from(log)
    return int(tx.execute(query.where(mine, sa.or_(waiting, ahead, log.c.seq.is_(None)))).scalar_one())


def part(tx: sa.Connection, origin: OriginRecord, now: Millis) -> int:
    """Serve a host no more; return how many actors live elsewhere now."""
    here = [row.id for row in tx.execute(_of(origin))]
    server_id = save_kairanban(tx, origin.host, now)
    ours = list(tx.execute(sa.select(areas.c.actor_id).where(areas.c.actor_id.in_(here))).scalars())
    _keep_boosts(tx, ours)
    _drop_rows(tx, here, ours, now)
    _end_access(tx, here)
    _let_live_elsewhere(tx, here, server_id)
    tx.execute(sa.delete(parked).where(parked.c.origin == origin.origin))
    tx.execute(sa.delete(origins).where(origins.c.id == origin.id))
    _tell_followers(tx, here, now)
    return len(here)


def _of(origin: OriginRecord) -> "sa.Select[Any]":
    return sa.select(actors.c.id).where(actors.c.origin_id == origin.id)


def _keep_boosts(tx: sa.Connection, ours: list[int]) -> None:
    """What an area boosts is shown to who follows it here, and is taken back by it where it is now."""
    live = sa.and_(boosts.c.area_id.in_(ours), boosts.c.undone_at.is_(None))
    for row in tx.execute(sa.select(boosts).where(live)).all():
        values = {
            "id": mint_share(row.created_at, row.post_id),
            "iri": row.iri,
            "actor_id": row.area_id,
            "post_id": row.post_id,
            "visibility": "public",
            "counts": False,
            "created_at": row.created_at,
        }
        tx.execute(insert_into(tx, shares).values(**values).on_conflict_do_nothing())


def _drop_rows(tx: sa.Connection, here: list[int], ours: list[int], now: Millis) -> None:
    """All that went along and is of no use here. What was said stays as a number: counting goes on from there."""
    tx.execute(sa.delete(metadata.tables["receipts"]).where(_of_area("receipts", "placement_id", ours)))
    for table in (reports, places):
        tx.execute(sa.update(table).where(table.c.area_id.in_(ours)).values(area_id=None))
    private = {"members_of": None, "visibility": "direct"}  # nobody else was to read it, and nobody else does
    tx.execute(sa.update(posts).where(posts.c.members_of.in_(ours)).values(**private))
    for table in reversed(metadata.sorted_tables):
        column = OF_NODE.get(table.name) or next(iter(DECIDING.get(table.name, ())), None)
        if table.name in KEPT or column is None:
            continue
        if column == "area_id":
            tx.execute(sa.delete(table).where(table.c.area_id.in_(ours)))
        elif column in {"actor_id", "author_id", "group_id", "target_id", "peer_id"}:
            tx.execute(sa.delete(table).where(table.c[column].in_(here)))
    memberships = metadata.tables["memberships"]
    tx.execute(sa.delete(memberships).where(memberships.c.area_id.in_(ours)))
    for table in (posts, shares):
        tx.execute(sa.update(table).where(table.c.actor_id.in_(here)).values(log_id=None))
    tx.execute(sa.update(posts).where(posts.c.actor_id.in_(here)).values(local=False))
    said = {"body": None, "public": False, "expires_at": now}
    tx.execute(sa.update(log).where(log.c.actor_id.in_(here)).values(**said))
    tx.execute(sa.delete(areas).where(areas.c.actor_id.in_(ours)))
    _drop_pictures(tx, here)


def _of_area(name: str, column: str, ours: list[int]) -> "sa.ColumnElement[bool]":
    placements = metadata.tables["placements"]
    return (
        metadata.tables[name].c[column].in_(sa.select(placements.c.id).where(placements.c.area_id.in_(ours)))
    )


def _drop_pictures(tx: sa.Connection, here: list[int]) -> None:
    mine = media.c.actor_id.in_(here)
    for row in tx.execute(
        sa.select(media.c.name, media.c.preview_name, media.c.created_at).where(mine)
    ).all():
        for name in (row.name, row.preview_name):
            statement = insert_into(tx, debris).values(name=name, since=row.created_at)
            tx.execute(statement.on_conflict_do_nothing())
    tx.execute(sa.delete(media).where(mine))


def _end_access(tx: sa.Connection, here: list[int]) -> None:
    """Nobody speaks for them here any more; an account that spoke for nobody else goes too."""
    for table in (push_subscriptions, access_tokens, authorization_codes):
        tx.execute(sa.delete(table).where(table.c.actor_id.in_(here)))
    mine = sa.select(account_actors.c.account_id).where(account_actors.c.actor_id.in_(here))
    concerned = set(tx.execute(mine).scalars())
    tx.execute(sa.delete(account_actors).where(account_actors.c.actor_id.in_(here)))
    speaking = sa.exists().where(account_actors.c.account_id == accounts.c.id)
    silent = list(
        tx.execute(sa.select(accounts.c.id).where(accounts.c.id.in_(concerned), ~speaking)).scalars()
    )
    tx.execute(sa.update(post_sources).where(post_sources.c.account_id.in_(silent)).values(account_id=None))
    for table in (credentials, sessions, access_tokens, authorization_codes, unfinished_posts):
        tx.execute(sa.delete(table).where(table.c.account_id.in_(silent)))
    tx.execute(sa.delete(accounts).where(accounts.c.id.in_(silent)))


def _let_live_elsewhere(tx: sa.Connection, here: list[int], server_id: int) -> None:
    tx.execute(sa.update(actor_keys).where(actor_keys.c.actor_id.in_(here)).values(private=None))
    values = {"origin_id": None, "server_id": server_id, "kind": None, "fetched_at": 0}
    tx.execute(sa.update(actors).where(actors.c.id.in_(here)).values(**values))
    strangers = sa.select(actors.c.id).where(actors.c.origin_id.is_(None))
    apart = sa.and_(follows.c.target_id.in_(here), follows.c.follower_id.in_(strangers))
    tx.execute(sa.delete(follows).where(apart))  # between two elsewhere: no matter of ours
    tx.execute(sa.delete(subscriptions).where(subscriptions.c.target_id.in_(here)))


def _tell_followers(tx: sa.Connection, here: list[int], now: Millis) -> None:
    """Who has left and follows somebody who stays is told by the network from now."""
    for row in tx.execute(sa.select(follows).where(follows.c.follower_id.in_(here))).all():
        follower, target = find_actor_by_id(tx, row.follower_id), find_actor_by_id(tx, row.target_id)
        if follower is None or target is None or row.state != "accepted" or not target.local:
            continue
        assert follower.server_id is not None  # as of now
        dialect = find_dialect(tx, follower.server_id)
        subscribe(tx, subscriber=follower, target_id=target.id, dialect=dialect, now=now)
