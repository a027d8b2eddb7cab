"""Our actors' documents, rendered from the database and kept for as long as the actor stays as it is."""

from threading import Lock
from typing import Final

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.keys import find_keys
from actors.profiles import AreaFacts, describe_area, document
from actors.records import ActorRecord
from areas.codes import find_prefecture
from areas.records import AreaRecord
from areas.registry import find_area
from areas.tables import areas
from federation import rendering
from federation.client.recent import Recent
from federation.vocabulary import Locality, Millis
from web.gazetteer import municipalities

LANGUAGES: Final = {"ja": "日本語", "en": "English"}
KEPT_DOCUMENTS: Final = 1_000
KEPT_MILLISECONDS: Final = 60_000
"""So that another process's change of an area shows within a minute, as it does in every other cache."""


class Documents:
    """Rendered actor documents in memory, by when the actor last changed. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: Recent[int, tuple[Millis, Millis, bytes]] = Recent(KEPT_DOCUMENTS)

    def render(self, tx: sa.Connection, actor: ActorRecord, now: Millis) -> bytes:
        """Return the document of a local actor."""
        with self._lock:
            kept = self._kept.get(actor.id)
        if kept is not None and kept[0] == actor.updated_at and now - kept[1] < KEPT_MILLISECONDS:
            return kept[2]
        body = rendering.render(describe(tx, actor))
        with self._lock:
            self._kept.put(actor.id, (actor.updated_at, now, body))
        return body


def describe(tx: sa.Connection, actor: ActorRecord) -> rendering.Document:
    """Return the document of a local actor, with what its area says where it is one."""
    return document(actor, find_keys(tx, actor.id), _area_facts(tx, actor), locked=actor.locked)


def _area_facts(tx: sa.Connection, actor: ActorRecord) -> AreaFacts | None:
    area = find_area(tx, actor.id) if actor.type == "Group" else None
    if area is None:
        return None
    desk = find_actor_by_id(tx, area.desk_id)
    assert desk is not None  # a foreign key holds it
    return AreaFacts(
        posting_restricted=area.restricted or area.is_zone or area.policy == "closed",
        languages=((area.language, LANGUAGES.get(area.language, area.language)),),
        location=_locality(tx, area),
        fields=describe_area(actor, desk),
    )


def _locality(tx: sa.Connection, area: AreaRecord) -> Locality | None:
    query = sa.select(areas.c.latitude, areas.c.longitude).where(areas.c.actor_id == area.actor_id)
    latitude, longitude = tx.execute(query).one()
    known = municipalities().get(area.code)
    if known is None and latitude is None:
        return None
    name = area.name if known is None else known.name
    return Locality(area.name, find_prefecture(area.code), name, latitude, longitude)
