"""States as tables: from which state somebody may take which step, and where it leads. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Role = Literal["author", "responder"]
"""Who takes a step: whoever wrote the post, or whoever wrote the reply."""

NONE = "none"
"""The state of a reply that is a reply and nothing else."""


@dataclass(frozen=True, slots=True)
class Step:
    """`chosen` says whether it is for posts for which somebody was chosen, or for none; None = for both.

    `frees`: who was chosen is no longer.
    """

    name: str
    before: tuple[str, ...]
    after: str
    by: Role = "author"
    chosen: bool | None = None
    frees: bool = False

    def is_open(self, state: str, *, chosen: bool) -> bool:
        """Whether it can be taken now."""
        return state in self.before and self.chosen in {None, chosen}


def find_step(steps: Sequence[Step], name: str, state: str, *, chosen: bool) -> Step | None:
    """The step of this name that leads on from a state."""
    return next((each for each in steps if each.name == name and each.is_open(state, chosen=chosen)), None)


def is_taken(steps: Sequence[Step], name: str, state: str) -> bool:
    """Whether a step has led here already: a second press changes nothing."""
    return any(each.name == name and each.after == state for each in steps)


def list_open(steps: Sequence[Step], state: str, by: Role, *, chosen: bool) -> tuple[str, ...]:
    """The names of all steps that somebody can take now."""
    return tuple(each.name for each in steps if each.by == by and each.is_open(state, chosen=chosen))
