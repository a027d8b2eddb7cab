"""Questions (相談): somebody asks, others answer, and she says which answer has helped, or that it is solved."""

from collections.abc import Mapping
from dataclasses import dataclass

from areas.kinds.kind import OPEN, Kind
from areas.kinds.states import NONE, Step
from areas.kinds.tables import questions
from federation.vocabulary import Millis


@dataclass(frozen=True, slots=True)
class Question:
    """It has its text alone."""


def _read(_details: Mapping[str, str] | None, _now: Millis, _before: Question | None = None) -> Question:
    return Question()


QUESTION = Kind(
    name="question",
    tag="相談",
    heads={OPEN: "【相談】", "solved": "【解決】"},
    table=questions,
    read=_read,
    write=lambda _: {},
    steps=(
        Step("choose", (OPEN,), "solved"),
        Step("solve", (OPEN,), "solved"),
        Step("reopen", ("solved",), OPEN, frees=True),
    ),
    replies=(Step("choose", (NONE,), "chosen"),),
    tab="question",
    counts_for="help",
)
