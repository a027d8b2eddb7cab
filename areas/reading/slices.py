"""Parts of a timeline by keyset, as clients ask for them: `max_id`, `since_id`, `min_id`, `limit`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

T_co = TypeVar("T_co", covariant=True)

BIGGEST_ID = (1 << 63) - 1
PAGE = 20
MOST = 80


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part is wanted: ids below `before`, above `after`; with `upwards` those just above `after`.

    `before` = `max_id`, `after` = `since_id`; `min_id` is `after` with `upwards`. Always shown newest first.
    """

    limit: int = PAGE
    before: int | None = None
    after: int | None = None
    upwards: bool = False

    @property
    def upper(self) -> int:
        """Everything wanted is smaller."""
        return BIGGEST_ID if self.before is None else self.before

    @property
    def lower(self) -> int:
        """Everything wanted is greater."""
        return 0 if self.after is None else self.after


FIRST = Slice()


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """Items newest first. `older`: what the next page lies before, None = there is none; `newer` likewise after."""

    items: tuple[T_co, ...]
    older: int | None = None
    newer: int | None = None


def slice_by(
    tx: sa.Connection,
    query: "sa.Select[Any]",
    key: "sa.ColumnElement[Any]",
    wanted: Slice,
    **values: object,
) -> tuple[Sequence[Any], bool]:
    """Run `query` for one slice by its numeric `key`: rows newest first, and whether there are more that way."""
    order = key.asc() if wanted.upwards else key.desc()
    bounded = query.where(key < wanted.upper, key > wanted.lower).order_by(order).limit(wanted.limit + 1)
    rows = list(tx.execute(bounded, values))
    more, kept = len(rows) > wanted.limit, rows[: wanted.limit]
    return (kept[::-1] if wanted.upwards else kept), more


def paginate(items: Sequence[T_co], wanted: Slice, key: Callable[[T_co], int], *, more: bool) -> Page[T_co]:
    """A page of what was found; its ends name where the next ones begin."""
    if not items:
        return Page(())
    has_older = more or (wanted.upwards and wanted.lower > 0)
    return Page(tuple(items), key(items[-1]) if has_older else None, key(items[0]))
