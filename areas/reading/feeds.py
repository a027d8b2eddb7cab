"""Pages of merged timelines: candidates are filtered for their reader, and no post stands twice close together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.prepared import Prepared, one_of
from actors.tables import actors
from areas.reading import merging
from areas.reading.merging import Candidate
from areas.reading.slices import BIGGEST_ID, Page, Slice
from areas.reading.visibility import ME, Reader, follows_whom
from areas.tables import posts

WINDOW = 40
"""Entries within which a post stands once (as in Mastodon): its second boost says nothing new."""
MOST_ROUNDS = 8
"""Looks for one page. A reader of whom nearly everything is filtered gets a short page, and pages on."""

SPARE = 4
"""A look is longer by a quarter than what it needs: a reply or somebody muted is no reason for a second one."""

_parents = posts.alias("parents")
ANSWERED: "sa.ColumnElement[Any]" = _parents.c.actor_id
"""In `Kind.answers`: the author of what is answered, null where that is not known."""

Sources = sa.Select[Any] | sa.CompoundSelect[Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """What stands in a timeline.

    `sources` names authors as (actor_id, boosts); `readable` is what of theirs may be seen, in a query of posts with
    their authors; `answers` which of their own replies stand in it, `shared` which of their boosts. A post stands
    once within `window` entries; 0 = as often as it is brought. `tags` are followed ones. With `firsts`, (post,
    position) of `:ids`, it stands there alone.
    """

    sources: Sources
    readable: "sa.ColumnElement[bool]"
    answers: "sa.ColumnElement[bool]"
    shared: "sa.ColumnElement[bool]"
    runs: Sequence[str] = merging.RUNS
    window: int = WINDOW
    tags: "sa.Select[Any] | None" = None
    firsts: "sa.Select[Any] | None" = None


class Feed:
    """A merged timeline: the statements that find candidates, and the one that filters posts by `:ids`."""

    def __init__(self, kind: Kind) -> None:
        self.window, self.firsts = kind.window, kind.firsts
        self.downwards, self.upwards = (
            Prepared(
                merging.build(
                    kind.sources, upwards=upwards, runs=kind.runs, shared=kind.shared, tags=kind.tags
                )
            )
            for upwards in (False, True)
        )
        shown = (
            sa.select(posts.c.id, sa.or_(posts.c.in_reply_to_iri.is_(None), kind.answers))
            .join(actors, actors.c.id == posts.c.actor_id)
            .join(_parents, _parents.c.id == posts.c.in_reply_to_id, isouter=True)
            .where(kind.readable)
        )
        self.shown = Prepared(lambda dialect: shown.where(one_of(posts.c.id, "ids", dialect)))


def is_within_circle() -> "sa.ColumnElement[bool]":
    """Her own replies, and those to the reader, to their own author, to whom the reader follows."""
    return sa.or_(
        posts.c.actor_id == ME, posts.c.actor_id == ANSWERED, ANSWERED == ME, follows_whom(ANSWERED)
    )


def read(
    tx: sa.Connection,
    feed: Feed,
    reader: Reader | None,
    wanted: Slice,
    values: Mapping[str, Any] | None = None,
) -> Page[Candidate]:
    """One page. Whether a boost is shown depends on the entries before it, on whatever page they stand."""
    look = _Look(tx, feed, {**({} if reader is None else reader.values), **(values or {})})
    if wanted.upwards:
        return _read_upwards(look, feed.window, wanted)
    found, is_whole = look.gather(wanted.upper, wanted.limit + feed.window + 1, upwards=False)
    distinct = [each for each in _drop_repeats(found, feed.window) if each.position > wanted.lower]
    items, rest = distinct[: wanted.limit], distinct[wanted.limit :]
    if rest:
        return _page(items, items[-1].position)
    is_end = is_whole or (bool(found) and found[-1].position <= wanted.lower)
    return _page(items, None if is_end else look.reached)


def _read_upwards(look: "_Look", window: int, wanted: Slice) -> Page[Candidate]:
    above, _ = look.gather(wanted.lower, wanted.limit + 1, upwards=True)
    below, _ = look.gather(wanted.lower + 1, window, upwards=False) if window else ([], True)
    distinct = _drop_repeats([*above[::-1], *below], window)
    items = [each for each in distinct if wanted.lower < each.position < wanted.upper]
    kept = items[-wanted.limit :]
    return _page(kept, kept[-1].position if kept else None)


def _page(items: Sequence[Candidate], older: int | None) -> Page[Candidate]:
    return Page(tuple(items), older, items[0].position if items else None)


def _drop_repeats(found: Sequence[Candidate], window: int) -> list[Candidate]:
    """Newest first, without boosts of what stands within the `window` entries before them."""
    last_seen: dict[int, int] = {}
    repeats: set[int] = set()
    for place in range(len(found) - 1, -1, -1):
        each = found[place]
        before = last_seen.get(each.post_id)
        if each.via is not None and before is not None and before - place <= window:
            repeats.add(place)
        last_seen[each.post_id] = place
    return [each for place, each in enumerate(found) if place not in repeats]


class _Look:
    """One reader's look at a feed; `reached` is how far it went."""

    def __init__(self, tx: sa.Connection, feed: Feed, values: Mapping[str, Any]) -> None:
        self._tx, self._feed, self._values = tx, feed, values
        self.reached = BIGGEST_ID

    def gather(self, edge: int, need: int, *, upwards: bool) -> tuple[list[Candidate], bool]:
        """At least the next `need` entries from `edge` that the reader is shown; whether that is all there is."""
        statement = self._feed.upwards if upwards else self._feed.downwards
        found: list[Candidate] = []
        size = need + need // SPARE
        for _ in range(MOST_ROUNDS):
            bounds = {"lower": edge, "upper": BIGGEST_ID} if upwards else {"lower": 0, "upper": edge}
            candidates = merging.read(
                self._tx, statement, {**self._values, **bounds}, upwards=upwards, n=size
            )
            found += self._filter(candidates)
            if candidates:
                self.reached = edge = candidates[-1].position
            if len(candidates) < size:
                return found, True
            if len(found) >= need:
                break
        return found, False

    def _filter(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        if not candidates:
            return []
        ids = list({each.post_id for each in candidates})
        rows = self._feed.shown.all(self._tx, **self._values, ids=ids)
        shown = {post_id: bool(is_shown) for post_id, is_shown in rows}
        found = [
            each
            for each in candidates
            if each.post_id in shown and (each.via is not None or shown[each.post_id])
        ]
        return found if self._feed.firsts is None else self._keep_firsts(self._feed.firsts, found)

    def _keep_firsts(self, firsts: "sa.Select[Any]", found: Sequence[Candidate]) -> list[Candidate]:
        ids = list({each.post_id for each in found})
        rows = self._tx.execute(firsts, {**self._values, "ids": ids}) if ids else ()
        places = {row[0]: row[1] for row in rows}
        return [each for each in found if places.get(each.post_id) == each.position]
