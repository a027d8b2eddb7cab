"""What readers do with an announcement: put it away, and answer with an emoji."""

import re
import unicodedata

import sqlalchemy as sa

from actors.changes import Change, note
from areas.announcements.reading import Reaction, count_reactions, find
from areas.announcements.tables import announcement_reactions, announcement_readers, announcements
from areas.reading.visibility import Reader
from areas.statements import insert_once
from federation.errors import NotFound, Refused

MOST_NAMES = 8
"""Different emoji under one announcement, as Mastodon has it."""
MOST_SIGNS = 16
"""Code points of one emoji: a family with the colours of their skins has 11."""

_JOINER = "\u200d"
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_KEY = re.compile("[0-9#*]\ufe0f?\u20e3")
_LETTER_OF_FLAG = range(0x1F1E6, 0x1F200)
_FOLLOWING = re.compile("[\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*")


def is_emoji(text: str) -> bool:
    """Whether a text is one emoji: a picture, or several joined, with what says how it looks (UTS 51). Pure."""
    if not 0 < len(text) <= MOST_SIGNS:
        return False
    if _FLAG.fullmatch(text) or _KEY.fullmatch(text):
        return True
    return all(
        part and _is_picture(part[0]) and _FOLLOWING.fullmatch(part[1:]) for part in text.split(_JOINER)
    )


def _is_picture(sign: str) -> bool:
    return unicodedata.category(sign) == "So" and ord(sign) not in _LETTER_OF_FLAG


def dismiss(tx: sa.Connection, reader: Reader, announcement_id: int) -> None:
    """Have an announcement count as read. Raises `NotFound`."""
    find(tx, reader, announcement_id)
    insert_once(tx, announcement_readers, {"announcement_id": announcement_id, "actor_id": reader.id})


def react(tx: sa.Connection, reader: Reader, announcement_id: int, name: str) -> None:
    """Answer with an emoji; again changes nothing. Raises `NotFound`, `Refused` for what is none, and for too many."""
    _lock(tx, announcement_id)
    names = {each.name for each in find(tx, reader, announcement_id).reactions}
    if not is_emoji(name):
        raise Refused("Name is not a recognized emoji")
    if name not in names and len(names) >= MOST_NAMES:
        raise Refused("Different reactions limit reached")
    row = {"announcement_id": announcement_id, "name": name, "actor_id": reader.id, "at": reader.now}
    if insert_once(tx, announcement_reactions, row):
        note(tx, Change("reacted", announcement_id, reader.id, name=name))


def unreact(tx: sa.Connection, reader: Reader, announcement_id: int, name: str) -> None:
    """Take an answer back. Raises `NotFound` where there is none."""
    find(tx, reader, announcement_id)
    mine = sa.and_(
        announcement_reactions.c.announcement_id == announcement_id,
        announcement_reactions.c.name == name,
        announcement_reactions.c.actor_id == reader.id,
    )
    gone = sa.delete(announcement_reactions).where(mine).returning(announcement_reactions.c.name)
    if tx.execute(gone).first() is None:
        raise NotFound(f"{reader.iri} has not answered announcement {announcement_id} so")
    note(tx, Change("reacted", announcement_id, reader.id, name=name))


def find_reaction(tx: sa.Connection, reader: Reader, announcement_id: int, name: str) -> Reaction:
    """How many have chosen an emoji now; nobody, where the last one has taken it back."""
    for each in count_reactions(tx, reader, (announcement_id,)):
        if each.name == name:
            return each
    return Reaction(announcement_id, name, 0, me=False)


def _lock(tx: sa.Connection, announcement_id: int) -> None:
    """One after the other, so that no ninth emoji slips in."""
    tx.execute(sa.select(announcements.c.id).where(announcements.c.id == announcement_id).with_for_update())
