"""Notices (お知らせ) of the town: only its official actors write them, and they may hold for some days only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, get_args

from actors.names import OFFICIAL_KINDS
from actors.records import ActorKind
from areas.kinds.kind import OPEN, Kind, Unfit
from areas.kinds.states import Step
from areas.kinds.tables import notices
from areas.kinds.times import ONE_DAY, Span, in_town, maybe_in_town, read_day, say_day, to_millis
from federation.vocabulary import Millis

WITHDRAWN: Final = "withdrawn"
LONGEST: Final = timedelta(days=3 * 366)
HOLDING: Final = Span(LONGEST, LONGEST, "is within three years")


@dataclass(frozen=True, slots=True)
class Notice:
    """It holds from the beginning of the first day until the end of the last; None = no such day."""

    since: Millis | None = None
    until: Millis | None = None

    @property
    def last_day(self) -> date | None:
        """The last day on which it holds, in the town."""
        return None if self.until is None else in_town(Millis(self.until - 1)).date()

    @property
    def first_day(self) -> date | None:
        """The first day on which it holds, in the town."""
        return None if self.since is None else in_town(self.since).date()


def _read(details: Mapping[str, str] | None, now: Millis, before: Notice | None = None) -> Notice:
    """Raises `Unfit`. A notice that has ended can still be corrected."""
    if details is None:
        return Notice()
    first, last = (read_day(details.get(field, ""), field) for field in ("since", "last_day"))
    if first is not None:
        HOLDING.require("since", first, now, before=None if before is None else maybe_in_town(before.since))
    if last is not None:
        stood = None if before is None else maybe_in_town(before.until)
        HOLDING.require("last_day", last, now, before=None if stood is None else stood - ONE_DAY)
    if first is not None and last is not None and last < first:
        raise Unfit("last_day", "is not before the first day")
    return Notice(
        None if first is None else to_millis(first), None if last is None else to_millis(last + ONE_DAY)
    )


def _write(notice: Notice) -> Mapping[str, str]:
    days = {"since": notice.first_day, "last_day": notice.last_day}
    return {name: day.isoformat() if day else "" for name, day in days.items()}


def _close(notice: Notice, state: str) -> str:
    """How long it holds."""
    if state != OPEN:
        return "このお知らせは取り下げました。"
    first = f"{say_day(notice.first_day)}から" if notice.first_day else ""
    last = f"{say_day(notice.last_day)}まで" if notice.last_day else ""
    return f"期間: {first}{last}" if first or last else ""


def _extend(notice: Notice, _state: str, _origin: str) -> Mapping[str, Any]:
    return {"start_time": notice.since, "end_time": notice.until}


NOTICE = Kind(
    name="notice",
    tag="お知らせ",
    heads={OPEN: "【お知らせ】", WITHDRAWN: "【取り下げ】"},
    table=notices,
    read=_read,
    write=_write,
    fields=("since", "last_day"),
    steps=(Step("withdraw", (OPEN,), WITHDRAWN), Step("reopen", (WITHDRAWN,), OPEN)),
    closing=_close,
    extend=_extend,
    not_for=frozenset(get_args(ActorKind)) - OFFICIAL_KINDS,
    until=lambda notice: notice.until,
)
