"""Giving away and looking for things, without money: what both have in common.

Whoever wants it replies; a reply of somebody here by the button is an application, any other one a candidate until
the author makes an application of it. Only both sides see who applied and who was chosen. Wire: FEP-0837.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from areas.kinds.kind import OPEN, read_line
from areas.kinds.states import NONE, Step
from areas.kinds.times import ONE_DAY, Span, in_town, maybe_in_town, read_day, say_day, to_millis
from federation.rendering import Proposal
from federation.vocabulary import Millis

ITEM_LENGTH: Final = 60
COMING: Final = Span(timedelta(), timedelta(days=365), "is today or later, and within a year")

RESERVED, DONE, WITHDRAWN = "reserved", "done", "withdrawn"
ENDED: Final = frozenset({DONE, WITHDRAWN})

STEPS: Final = (
    Step("choose", (OPEN,), RESERVED),
    Step("release", (RESERVED,), OPEN, frees=True),
    Step("finish", (OPEN, RESERVED), DONE),
    Step("withdraw", (OPEN, RESERVED), WITHDRAWN),
    Step("reopen", (DONE, WITHDRAWN), OPEN, chosen=False),
    Step("reopen", (DONE, WITHDRAWN), RESERVED, chosen=True),
)
REPLIES: Final = (
    Step("admit", (NONE,), "applied"),
    Step("choose", ("applied",), "chosen"),
    Step("decline", ("applied",), "declined"),
    Step("dismiss", ("applied",), NONE),
    Step("restore", ("declined",), "applied"),
    Step("leave", ("applied", "chosen"), NONE, by="responder"),
)


@dataclass(frozen=True, slots=True)
class Offer:
    """`item` is empty where an app wrote it: it has its text; `until` is the end of the last day."""

    item: str
    until: Millis | None = None


def read(details: Mapping[str, str] | None, now: Millis, before: Offer | None = None) -> Offer:
    """Raises `Unfit`."""
    if details is None:
        return Offer("")
    return Offer(read_line(details, "item", ITEM_LENGTH), _read_end(details, now, before))


def _read_end(details: Mapping[str, str], now: Millis, before: Offer | None) -> Millis | None:
    day = read_day(details.get("until", ""), "until")
    if day is None:
        return None
    stood = None if before is None else maybe_in_town(before.until)
    COMING.require("until", day, now, before=None if stood is None else stood - ONE_DAY)
    return to_millis(day + ONE_DAY)


def write(offer: Offer) -> Mapping[str, str]:
    """What was typed."""
    day = last_day(offer)
    return {"item": offer.item, "until": day.isoformat() if day else ""}


def last_day(offer: Offer) -> date | None:
    """The last day on which it is open, in the town."""
    return None if offer.until is None else in_town(Millis(offer.until - 1)).date()


def close_with(invitation: str) -> Callable[[Offer, str], str]:
    """What stands below the text while it is open: how long, and what to do."""

    def write_closing(offer: Offer, state: str) -> str:
        day = last_day(offer)
        until = f"{say_day(day)}まで\n" if day else ""
        return f"{until}{invitation}" if state == OPEN else ""

    return write_closing


def propose(purpose: str) -> Callable[[Offer, str, str], Mapping[str, Any]]:
    """Its wire form: nothing is left to give or wanted when it is over."""

    def extend(offer: Offer, state: str, _origin: str) -> Mapping[str, Any]:
        return {"proposal": Proposal(purpose, 0 if state in ENDED else 1), "end_time": offer.until}

    return extend
