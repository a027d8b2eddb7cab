"""Timelines of lists: those that residents make, and those that areas are."""

from typing import Any

import sqlalchemy as sa

from areas.lists.own import ListRecord
from areas.lists.synthetic import IS_NOTICE, AreaList, Content
from areas.lists.tables import list_members
from areas.reading import feeds
from areas.reading.feeds import ANSWERED, Feed, Kind
from areas.reading.merging import PLACED, SHARED, ZONED, Candidate
from areas.reading.slices import FIRST, Page, Slice
from areas.reading.visibility import ME, Reader, follows_whom, is_share_for_me, is_wanted, may_read
from areas.tables import posts

_LIST = sa.bindparam("list", type_=sa.BigInteger())
_MEMBERS = sa.select(list_members.c.target_id.label("actor_id"), sa.true().label("boosts")).where(
    list_members.c.list_id == _LIST
)
_WANTED = sa.and_(may_read(), sa.or_(posts.c.actor_id == ME, is_wanted()))
_others = list_members.alias("others")
_IS_MEMBER = sa.exists().where(_others.c.list_id == _LIST, _others.c.target_id == ANSWERED)
_TO_HERSELF: "sa.ColumnElement[bool]" = posts.c.actor_id == ANSWERED


def _build(answers: "sa.ColumnElement[bool]") -> Feed:
    return Feed(Kind(sources=_MEMBERS, readable=_WANTED, answers=answers, shared=sa.true()))


_OWN = {
    "followed": _build(sa.or_(_TO_HERSELF, ANSWERED == ME, follows_whom(ANSWERED))),
    "list": _build(sa.or_(_TO_HERSELF, ANSWERED == ME, _IS_MEMBER)),
    "none": _build(_TO_HERSELF),
}


def own(tx: sa.Connection, reader: Reader, found: ListRecord, wanted: Slice = FIRST) -> Page[Candidate]:
    """What stands in a list of the reader's own."""
    return feeds.read(tx, _OWN[found.replies], reader, wanted, {"list": found.id})


_AREA: Any = sa.select(
    sa.bindparam("area", type_=sa.BigInteger()).label("actor_id"), sa.true().label("boosts")
)


def _of_area(readable: "sa.ColumnElement[bool]", run: str = PLACED) -> Feed:
    return Feed(Kind(_AREA, readable, sa.false(), is_share_for_me(), runs=(run,), window=0))


_FEEDS: dict[Content, Feed] = {
    "accepted": _of_area(_WANTED),
    "notices": _of_area(sa.and_(_WANTED, IS_NOTICE)),
    "boosted": _of_area(_WANTED, SHARED),
    "brought": _of_area(_WANTED, ZONED),
}


def of_area(tx: sa.Connection, reader: Reader, found: AreaList, wanted: Slice = FIRST) -> Page[Candidate]:
    """What stands in the list of an area or zone, by whoever brought it there."""
    return feeds.read(tx, _FEEDS[found.content], reader, wanted, {"area": found.area_id})
