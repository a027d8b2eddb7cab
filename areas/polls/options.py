"""A poll as it is made, changed and read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from areas.polls.tables import poll_options, poll_votes, polls
from areas.records import PollDraft
from areas.statements import insert_all
from federation.errors import Refused
from federation.html import plain_name
from federation.vocabulary import Millis, PollOption, Post

FEWEST, MOST = 2, 4
MOST_RECEIVED = 20
"""Options kept of others' polls; some servers allow more than we do."""
OPTION_LENGTH = 50
SHORTEST = 5 * 60_000
LONGEST = 30 * 24 * 3_600_000
"""Milliseconds that a poll of ours may run, as Mastodon's."""


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll; `own` are the places that its reader voted for.

    `voters` is None where the poll's own server does not say. `ended`: who voted was told that it is over.
    """

    post_id: int
    multiple: bool
    hide_totals: bool
    ends_at: Millis | None
    voters: int | None
    ended: bool
    options: tuple[PollOption, ...]
    own: tuple[int, ...] = ()

    def is_over(self, now: Millis) -> bool:
        """Whether nobody can vote any more."""
        return self.ends_at is not None and self.ends_at <= now

    def is_hidden(self, now: Millis) -> bool:
        """Whether nobody is told the counts yet."""
        return self.hide_totals and not self.is_over(now)

    def shown(self, now: Millis) -> tuple[PollOption, ...]:
        """The options with their counts, None while they are hidden."""
        if not self.is_hidden(now):
            return self.options
        return tuple(PollOption(option.name, None) for option in self.options)


def check(draft: PollDraft) -> tuple[str, ...]:
    """Return the titles of the options. Raises `Refused` with the rule that is broken."""
    titles = tuple(plain_name(title, OPTION_LENGTH + 1) for title in draft.options)
    if not FEWEST <= len(titles) <= MOST:
        raise Refused(f"a poll has {FEWEST} to {MOST} options; this one has {len(titles)}")
    if any(not title or len(title) > OPTION_LENGTH for title in titles):
        raise Refused(f"an option has 1 to {OPTION_LENGTH} characters")
    if len(set(titles)) < len(titles):
        raise Refused("two options are the same")
    if not SHORTEST <= draft.milliseconds <= LONGEST:
        raise Refused("a poll runs for 5 minutes to 30 days")
    return titles


def create(tx: sa.Connection, post_id: int, draft: PollDraft, now: Millis) -> Millis:
    """Store the poll of a new local post; returns when it ends. Raises `Refused`."""
    titles, ends_at = check(draft), Millis(now + draft.milliseconds)
    row = {"multiple": draft.multiple, "hide_totals": draft.hide_totals, "ends_at": ends_at, "voters": 0}
    _insert(tx, post_id, row, [PollOption(title, 0) for title in titles])
    return ends_at


def _insert(tx: sa.Connection, post_id: int, row: dict[str, Any], options: Sequence[PollOption]) -> None:
    tx.execute(sa.insert(polls).values(post_id=post_id, **row))
    rows = [
        {"post_id": post_id, "place": place, "title": option.name, "votes": option.votes or 0}
        for place, option in enumerate(options)
    ]
    insert_all(tx, poll_options, rows)


def save_received(tx: sa.Connection, post_id: int, post: Post) -> None:
    """Store the poll of another server."""
    if post.type == "Question" and post.poll:
        _insert(tx, post_id, _describe(post), post.poll[:MOST_RECEIVED])


def _describe(post: Post) -> dict[str, Any]:
    return {
        "multiple": post.poll_multiple,
        "hide_totals": False,
        "ends_at": post.end_time,
        "voters": post.poll_voters,
    }


def change_received(tx: sa.Connection, post_id: int, post: Post) -> bool:
    """Take over what its own server says now; with other options it is another poll, and old votes count no more.

    Returns whether anybody would see a difference.
    """
    if post.type != "Question" or not post.poll:
        return False
    before = _asked(tx, post_id)
    if [title for title, _ in before[1]] != [option.name for option in post.poll[:MOST_RECEIVED]]:
        forget(tx, post_id)
        save_received(tx, post_id, post)
        return True
    tx.execute(sa.update(polls).where(polls.c.post_id == post_id).values(**_describe(post)))
    for place, option in enumerate(post.poll[:MOST_RECEIVED]):
        one = sa.and_(poll_options.c.post_id == post_id, poll_options.c.place == place)
        tx.execute(sa.update(poll_options).where(one).values(votes=option.votes or 0))
    return _asked(tx, post_id) != before


def _asked(tx: sa.Connection, post_id: int) -> tuple[Any, list[tuple[str, int | None]]]:
    """The poll as it is shown: what is said of it, and each option with its votes."""
    found = tx.execute(_POLLS, {"ids": [post_id]}).first()
    return found, [(row.title, row.votes) for row in tx.execute(_OPTIONS, {"ids": [post_id]})]


def change_local(tx: sa.Connection, post_id: int, draft: PollDraft, now: Millis) -> Millis | None:
    """Ask anew where anything but the end differs, which loses the votes; returns when it ends, None = unchanged."""
    titles = check(draft)
    query = sa.select(polls.c.multiple).where(polls.c.post_id == post_id)
    stored = tx.execute(query).first()
    if stored is None:
        raise Refused("a poll cannot be added to a post that had none")
    if tuple(_titles(tx, post_id)) == titles and bool(stored.multiple) == draft.multiple:
        return None
    forget(tx, post_id)
    return create(tx, post_id, draft, now)


def _titles(tx: sa.Connection, post_id: int) -> Iterable[str]:
    query = sa.select(poll_options.c.title).where(poll_options.c.post_id == post_id)
    return tx.execute(query.order_by(poll_options.c.place)).scalars()


def forget(tx: sa.Connection, post_id: int) -> None:
    """The poll has ended with its post, or is another now."""
    for table in (poll_votes, poll_options, polls):
        tx.execute(sa.delete(table).where(table.c.post_id == post_id))


_IDS: "sa.BindParameter[list[int]]" = sa.bindparam("ids", expanding=True)
_POLLS = sa.select(
    polls.c.post_id,
    polls.c.multiple,
    polls.c.hide_totals,
    polls.c.ends_at,
    polls.c.voters,
    polls.c.told_end.label("ended"),
).where(polls.c.post_id.in_(_IDS))
_OPTIONS = (
    sa.select(poll_options.c.post_id, poll_options.c.title, poll_options.c.votes)
    .where(poll_options.c.post_id.in_(_IDS))
    .order_by(poll_options.c.post_id, poll_options.c.place)
)
_OWN = (
    sa.select(poll_votes.c.post_id, poll_votes.c.place)
    .where(poll_votes.c.post_id.in_(_IDS), poll_votes.c.actor_id == sa.bindparam("me"))
    .order_by(poll_votes.c.post_id, poll_votes.c.place)
)


def load(tx: sa.Connection, post_ids: Iterable[int], reader_id: int | None = None) -> dict[int, Poll]:
    """The polls of these posts, by post, with what a reader (None = anyone) voted for."""
    wanted = list(post_ids)
    if not wanted:
        return {}
    options: dict[int, list[PollOption]] = {}
    for post_id, title, votes in tx.execute(_OPTIONS, {"ids": wanted}):
        options.setdefault(post_id, []).append(PollOption(title, votes))
    own: dict[int, list[int]] = {}
    rows = () if reader_id is None else tx.execute(_OWN, {"ids": wanted, "me": reader_id})
    for post_id, place in rows:
        own.setdefault(post_id, []).append(place)
    return {
        row.post_id: Poll(
            post_id=row.post_id,
            multiple=bool(row.multiple),
            hide_totals=bool(row.hide_totals),
            ends_at=row.ends_at,
            voters=row.voters,
            ended=bool(row.ended),
            options=tuple(options.get(row.post_id, ())),
            own=tuple(own.get(row.post_id, ())),
        )
        for row in tx.execute(_POLLS, {"ids": wanted})
    }


def find(tx: sa.Connection, post_id: int, reader_id: int | None = None) -> Poll | None:
    """The poll of a post."""
    return load(tx, (post_id,), reader_id).get(post_id)
