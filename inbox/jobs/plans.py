"""Asking for work that needs the network: handlers are inside a transaction, and may only write it down."""

from typing import Final

import sqlalchemy as sa

from actors.jobs import cancel, schedule
from federation.reader import JsonValue
from federation.vocabulary import Iri, Millis
from inbox.boosted import Boost

REFRESH: Final = "refresh"
"""Read an actor's document again; the key is its id."""
MOVE: Final = "move"
"""Look whether the destination knows the actor that says it has moved there; the key is the actor's id."""
FETCH: Final = "fetch"
"""Read a post at its own address, and keep a boost of it; the key is the booster's number and the post's id."""
LIST: Final = "moderators"
"""Read who moderates a Group; the key is its id."""
JUDGE: Final = "judge"
"""Hear what a Group announces once it is known who moderates it; the key is the Group's id and what it is about."""
CLASSIFY: Final = "classify"
"""Ask a server which software it runs; the key is its `host[:port]`."""


def plan_refresh(tx: sa.Connection, iri: Iri, now: Millis) -> None:
    """Read an actor again soon."""
    schedule(tx, REFRESH, iri, {}, now, now)


def plan_move(tx: sa.Connection, iri: Iri, destination: Iri, now: Millis) -> None:
    """Look soon whether an actor has moved."""
    schedule(tx, MOVE, iri, {"destination": destination}, now, now)


def plan_fetch(
    tx: sa.Connection, iri: Iri, boost: Boost | None, now: Millis, proved: bytes | None = None
) -> None:
    """Read a post soon; with a boost it is kept for whoever follows who made it, without one only if it is known.

    `proved` is what its author did, with a proof, so that her server need not be asked.
    """
    key = iri if boost is None else f"{boost.actor_id}:{iri}"
    payload: dict[str, JsonValue] = {"iri": iri, "boost": None if boost is None else boost.to_json()}
    if proved is not None:
        payload["proved"] = proved.decode()
    schedule(tx, FETCH, key, payload, now, now)


def drop_fetch(tx: sa.Connection, iri: Iri, booster_id: int) -> bool:
    """Keep no boost that was taken back before its post was read. False = none was to be kept."""
    return cancel(tx, FETCH, f"{booster_id}:{iri}")


def plan_list(tx: sa.Connection, group: Iri, now: Millis) -> None:
    """Read soon who moderates a Group."""
    schedule(tx, LIST, group, {}, now, now)


def plan_judgement(tx: sa.Connection, group: Iri, about: str, said: bytes, now: Millis) -> None:
    """Hear an `Announce` again once it is known who moderates the Group; of several about one thing the last one."""
    payload: dict[str, JsonValue] = {"group": group, "said": said.decode()}
    schedule(tx, JUDGE, f"{group} {about}", payload, now, now)


def plan_classification(tx: sa.Connection, host: str, now: Millis) -> None:
    """Ask a server soon what it is."""
    schedule(tx, CLASSIFY, host, {}, now, now)
