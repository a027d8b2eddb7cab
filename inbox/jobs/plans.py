"""Asking for work that needs the network: handlers are inside a transaction, and may only write it down."""

from typing import Final

import sqlalchemy as sa

from actors.jobs import schedule
from federation.vocabulary import Iri, Millis

REFRESH: Final = "refresh"
"""Read an actor's document again; the key is its id."""
MOVE: Final = "move"
"""Look whether the destination knows the actor that says it has moved there; the key is the actor's id."""
CLASSIFY: Final = "classify"
"""Ask a server which software it runs; the key is its `host[:port]`."""


def plan_refresh(tx: sa.Connection, iri: Iri, now: Millis) -> None:
    """Read an actor again soon."""
    schedule(tx, REFRESH, iri, {}, now, now)


def plan_move(tx: sa.Connection, iri: Iri, destination: Iri, now: Millis) -> None:
    """Look soon whether an actor has moved."""
    schedule(tx, MOVE, iri, {"destination": destination}, now, now)


def plan_classification(tx: sa.Connection, host: str, now: Millis) -> None:
    """Ask a server soon what it is."""
    schedule(tx, CLASSIFY, host, {}, now, now)
