"""Copies of other servers' pictures: which there are, which are being fetched, which were in vain."""

from typing import Any, Final

import sqlalchemy as sa

from actors.prepared import Prepared
from actors.statements import insert_into
from areas.media.records import CopyRecord, Made
from areas.media.tables import copies
from areas.media.uploads import MADE, mint_name
from federation.vocabulary import Iri, Millis

FETCH_LIFE: Final = 2 * 60_000
"""Milliseconds after which nobody is fetching any more: the process that was has ended."""
FAILURE_LIFE: Final = 6 * 3_600_000
"""Milliseconds that a failure is believed."""
DAY: Final = 24 * 3_600_000

_NAMES = ("url", "state", "reason", "name", "preview_name", "tried_at", "used_at", *MADE)
_BY_URL = Prepared(sa.select(*(copies.c[name] for name in _NAMES)).where(copies.c.url == sa.bindparam("url")))


def find_copy(tx: sa.Connection, url: Iri) -> CopyRecord | None:
    """What is known of a picture elsewhere."""
    row = _BY_URL.first(tx, url=url)
    return None if row is None else _to_copy(row)


def is_worth_a_try(found: CopyRecord | None, now: Millis) -> bool:
    """Whether it may be fetched now: nobody does, and it has not just failed."""
    if found is None:
        return True
    patience = FETCH_LIFE if found.state == "fetching" else FAILURE_LIFE
    return found.state != "ready" and now - found.tried_at >= patience


def begin(tx: sa.Connection, url: Iri, now: Millis) -> CopyRecord | None:
    """Note that a picture is being fetched, under names that stay its own; None where somebody else is at it."""
    new = {"url": url, "state": "fetching", "reason": "", "name": mint_name(), "preview_name": mint_name()}
    insert = insert_into(tx, copies).values(**new, tried_at=now, used_at=now)
    again = insert.on_conflict_do_update(
        index_elements=["url"],
        set_={"state": "fetching", "tried_at": now, "used_at": now},
        where=sa.or_(
            sa.and_(copies.c.state == "fetching", copies.c.tried_at <= now - FETCH_LIFE),
            sa.and_(copies.c.state == "failed", copies.c.tried_at <= now - FAILURE_LIFE),
        ),
    )
    begun = tx.execute(again.returning(copies.c.url)).first()
    return None if begun is None else find_copy(tx, url)


def keep(tx: sa.Connection, url: Iri, made: Made) -> bool:
    """The copy is there. False = it is not wanted any more: the post ended meanwhile."""
    values = {name: getattr(made, name) for name in MADE}
    kept = sa.update(copies).where(copies.c.url == url, copies.c.state == "fetching")
    return tx.execute(kept.values(state="ready", **values).returning(copies.c.url)).first() is not None


def give_up(tx: sa.Connection, url: Iri, reason: str) -> None:
    """There is no copy to be had for some hours."""
    fetching = sa.update(copies).where(copies.c.url == url, copies.c.state == "fetching")
    tx.execute(fetching.values(state="failed", reason=reason))


def use(tx: sa.Connection, url: Iri, now: Millis) -> None:
    """Somebody looked at a copy."""
    tx.execute(sa.update(copies).where(copies.c.url == url, copies.c.used_at < now).values(used_at=now))


def is_to_be_noted(found: CopyRecord, now: Millis) -> bool:
    """Whether a look is to be written down: once a day is enough."""
    return now - found.used_at >= DAY


def _to_copy(row: Any) -> CopyRecord:
    found = dict(zip(_NAMES, row, strict=True))
    made = None if found["size"] is None else Made(**{name: found[name] for name in MADE})
    return CopyRecord(made=made, **{name: value for name, value in found.items() if name not in MADE})
