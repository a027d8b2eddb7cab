"""Agreements as frozen values, and what becomes of one by which act. Pure."""

from dataclasses import dataclass
from typing import Final, Literal

from federation.vocabulary import Iri, Millis, Peering

Direction = Literal["in", "out"]
"""`in`: the peer's posts come here. `out`: ours go there. Each is an agreement of its own."""
State = Literal["requested", "accepted", "rejected", "ended", "expired"]
Act = Literal["ask", "accept", "reject", "end", "expire"]

BroughtState = Literal["shown", "boosted", "hidden", "gone"]
"""What became of a peer's post in an area."""
STANDING: Final[tuple[BroughtState, ...]] = ("shown", "boosted")
"""States of what is in the zone timeline."""

CATEGORIES: Final = ("alert", "notice", "campaign", "event", "post")
"""What a post may be to a zone. `post` is everything that is nothing else."""
DEFAULT_ACCEPTS: Final = ("alert",)
MOST_PER_HOUR: Final = 1_000
DEFAULT_PER_HOUR: Final = 20

NEXT: Final[dict[Act, dict[State, State]]] = {
    "ask": {"rejected": "requested", "ended": "requested", "expired": "requested", "accepted": "requested"},
    "accept": {"requested": "accepted"},
    "reject": {"requested": "rejected"},
    "end": {"requested": "ended", "accepted": "ended"},
    "expire": {"requested": "expired", "accepted": "expired"},
}
"""From which states each act is open, and to which it leads. Other terms need another consent."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed on: categories that are boosted without asking a person, how many an hour, until when.

    `zone` is the Group of the region in which both agree; a zone names itself.
    """

    zone: Iri | None
    accepts: tuple[str, ...] = DEFAULT_ACCEPTS
    max_per_hour: int = DEFAULT_PER_HOUR
    expires_at: Millis | None = None

    def to_peering(self) -> Peering:
        """As it stands in a Follow."""
        return Peering(self.zone, self.accepts, self.max_per_hour, self.expires_at)


def read_terms(peering: Peering) -> Terms:
    """What a Follow asks for; categories that are unknown here are left out, numbers brought into their bounds."""
    asked = peering.max_per_hour
    return Terms(
        zone=peering.zone,
        accepts=tuple(each for each in CATEGORIES if each in peering.accepts),
        max_per_hour=DEFAULT_PER_HOUR if asked is None else max(0, min(asked, MOST_PER_HOUR)),
        expires_at=peering.expires,
    )


@dataclass(frozen=True, slots=True)
class Agreement:
    """One direction between an area of ours and another Group."""

    id: int
    area_id: int
    peer_id: int
    direction: Direction
    state: State
    iri: Iri
    terms: Terms
    created_at: Millis
    decided_at: Millis

    def stands(self, now: Millis) -> bool:
        """Whether both sides have agreed, and its time has not passed."""
        return self.state == "accepted" and not self.is_over(now)

    def is_over(self, now: Millis) -> bool:
        """Whether its time has passed, also where nobody has noticed yet."""
        return self.terms.expires_at is not None and self.terms.expires_at <= now
