"""Reviews (口コミ) of shops and places to go: a text about a place, and no stars."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from areas.kinds import places
from areas.kinds.kind import OPEN, Kind, read_line
from areas.kinds.tables import reviews
from federation.vocabulary import Millis

PLACE_LENGTH: Final = 80
ADDRESS_LENGTH: Final = 120


@dataclass(frozen=True, slots=True)
class Review:
    """`place` and `address` as its author wrote them; empty where an app wrote it: it has its text."""

    place_id: int | None
    place: str
    address: str


def _read(details: Mapping[str, str] | None, _now: Millis, _before: Review | None = None) -> Review:
    if details is None:
        return Review(None, "", "")
    place = read_line(details, "place", PLACE_LENGTH)
    return Review(None, place, read_line(details, "address", ADDRESS_LENGTH, needed=False))


def _write(review: Review) -> Mapping[str, str]:
    return {"place": review.place, "address": review.address}


def _headline(review: Review) -> str:
    return f"{review.place}（{review.address}）" if review.address else review.place


def _extend(review: Review, _state: str, origin: str) -> Mapping[str, Any]:
    return {"location": places.locate(review, origin)} if review.place else {}


REVIEW = Kind(
    name="review",
    tag="口コミ",
    heads={OPEN: "【口コミ】"},
    table=reviews,
    read=_read,
    write=_write,
    fields=("place", "address"),
    headline=_headline,
    extend=_extend,
    settle=places.settle,
    tab="review",
    place_id=lambda review: review.place_id,
)
