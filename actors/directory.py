"""Finding actors: by id, handle or key, here or, where that is allowed, on their own server.

The functions look into the database; `Directory` also asks other servers, never within a transaction.
"""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from actors.keys import Keyring, find_keys
from actors.node_client import NodeClient
from actors.origins import find_origin_by_host, is_served
from actors.ports import Clock, Remote, Storage
from actors.prepared import Prepared
from actors.records import (
    ACTOR_FIELDS,
    ActorRecord,
    FederationMode,
    ServerRecord,
    VerifiedKey,
    read_actor,
    to_actor,
)
from actors.remote import mark_gone, save_remote
from actors.senders import REMEMBERED, Senders
from actors.servers import find_server, save_inspection, save_server
from actors.standing import is_host_refused
from actors.tables import actors
from federation import iris
from federation.client import Purpose
from federation.client.flights import Flights
from federation.client.recent import Recent
from federation.errors import Gone, MalformedDocument, NotFound, RemoteFault, Unauthorized
from federation.vocabulary import Actor, Iri, Millis

__all__ = [
    "Directory",
    "find_actor",
    "find_actor_by_id",
    "find_by_handle",
    "find_local",
    "mark_gone",
    "save_remote",
]

INSPECTION_LIFETIME: Final = 24 * 60 * 60_000
"""Milliseconds for which a server's word on its software is believed."""

INSPECTION_PAUSE: Final = 60 * 60_000
"""Milliseconds after which a server that did not say its software is asked again."""


def find_actor(tx: sa.Connection, iri: Iri) -> ActorRecord | None:
    """Return the actor with this id, in canonical form; gone ones too."""
    row = _BY_IRI.first(tx, iri=iri)
    return None if row is None else read_actor(row)


def find_actor_by_id(tx: sa.Connection, actor_id: int) -> ActorRecord | None:
    """Return the actor that a foreign key names."""
    row = _BY_ID.first(tx, id=actor_id)
    return None if row is None else read_actor(row)


_COLUMNS: Final = tuple(actors.c[name] for name in ACTOR_FIELDS)
_BY_ID: Final = Prepared(sa.select(*_COLUMNS).where(actors.c.id == sa.bindparam("id", type_=sa.BigInteger)))
_BY_IRI: Final = Prepared(sa.select(*_COLUMNS).where(actors.c.iri == sa.bindparam("iri", type_=sa.Text)))
_LOCAL: Final = Prepared(
    sa.select(*_COLUMNS).where(
        actors.c.username == sa.bindparam("username", type_=sa.Text),
        actors.c.host == sa.bindparam("host", type_=sa.Text),
        actors.c.origin_id.is_not(None),
    )
)


def find_local(tx: sa.Connection, username: str, host: str) -> ActorRecord | None:
    """Return the local actor of this name on the origin with this `host[:port]`; gone ones too."""
    row = _LOCAL.first(tx, username=username, host=host)
    return None if row is None else read_actor(row)


def find_by_handle(tx: sa.Connection, username: str, host: str) -> ActorRecord | None:
    """Return the actor that `@username@host` means now, in any case: the newest of those not gone.

    A name that was given up and taken again belongs to another actor, with another id.
    """
    query = (
        sa.select(actors)
        .where(actors.c.host == host, sa.func.lower(actors.c.username) == username.lower())
        .order_by(actors.c.gone_at.is_not(None), actors.c.id.desc())
    )
    return _find(tx, query.limit(1))


class Directory:
    """Finds actors and keys wherever they are. One for a process, used from its event loop.

    `mode` is the node's federation mode; with a `keyring`, fetches are signed by the node actor.
    """

    def __init__(
        self,
        storage: Storage,
        client: Remote,
        clock: Clock,
        *,
        keyring: Keyring | None = None,
        mode: FederationMode = "open",
    ) -> None:
        self._storage = storage
        self._client = client
        self._clock = clock
        self._mode: FederationMode = mode
        self._node = NodeClient(storage, client, keyring)
        self._senders = Senders(storage, self._node, clock, mode)
        self._flights: Flights[ActorRecord] = Flights()
        self._inspections: Flights[ServerRecord] = Flights()
        self._silent: Recent[str, Millis] = Recent(REMEMBERED)

    def cached(self, key_id: str) -> VerifiedKey | None:
        """Return a key that was read in the last minute, without waiting for anything."""
        return self._senders.cached(key_id)

    def forget(self) -> None:
        """Read keys and their owners anew: a rule, somebody's standing, keys or profile were written."""
        self._senders.forget()

    async def key(self, key_id: str, *, fresh: bool = False) -> VerifiedKey:
        """Return the key with this id and its owner: from memory, the database, or its server within 5 s.

        Raises `SignatureRejected` when it is certainly nobody's (no https URL, ours, 404, not listed by its
        owner, weak), `Unauthorized` when its host is refused, `Unreachable` when another try may help, and
        `Gone`. What failed lately fails again unasked, unless `fresh`.
        """
        return await self._senders.find(key_id, fresh=fresh)

    async def refresh_key(self, key_id: str) -> VerifiedKey | None:
        """Fetch a stored key again, because a signature failed: it may have been changed silently.

        At most once in 5 minutes for each key: None when it was fetched within them, and what failed fails
        again unasked. Raises as `key` does; a key that its owner no longer lists is dropped.
        """
        return await self._senders.refresh(key_id)

    async def actor(self, iri: str, *, max_age: int | None = None, fresh: bool = False) -> ActorRecord:
        """Return the actor with this id, fetched when unknown or read more than `max_age` milliseconds ago.

        Raises `MalformedDocument` when there is no actor, `Unauthorized` when its host is refused,
        `NotFound` when it would be ours, `Unreachable`, and `Gone`. What failed lately fails again unasked,
        unless `fresh`.
        """
        wanted = iris.identify(iri)
        found = await self._find_fresh(wanted, max_age)
        if found is None:
            found = await self._flights.join(wanted, lambda: self._fetch_actor(wanted, max_age, fresh=fresh))
        return _require_living(found)

    async def actor_by_handle(self, username: str, host: str) -> ActorRecord:
        """Return the actor that `@username@host` means, asking `host` by WebFinger when unknown.

        Its handle is what its own id says, which may be another. Raises as `actor` does.
        """
        where = iris.host(f"https://{host}")
        known = await self._storage.read(_look_up_handle, username, where, self._clock(), self._mode)
        if known.actor is not None:
            return _require_living(known.actor)
        known.require_elsewhere(f"@{username}@{where}")
        jrd = await self._client.fetch_webfinger(username, where)
        return await self.actor(jrd.self_link)

    async def server(self, host: str) -> ServerRecord:
        """Return the server at `host[:port]`, asked once a day which software it runs.

        One that does not say is returned as it was known before, and asked again after an hour.
        """
        return await self._find_inspected(host) or await self._inspections.join(
            host, lambda: self._inspect(host)
        )

    async def _find_fresh(self, iri: Iri, max_age: int | None) -> ActorRecord | None:
        known = await self._storage.read(_look_up, iri, self._clock(), self._mode)
        if known.actor is not None and self._is_fresh(known.actor, max_age):
            return known.actor
        known.require_elsewhere(iri)
        return None

    def _is_fresh(self, actor: ActorRecord, max_age: int | None) -> bool:
        if actor.local or actor.gone_at is not None or max_age is None:
            return True
        return actor.fetched_at is not None and self._clock() - actor.fetched_at <= max_age

    async def _fetch_actor(self, iri: Iri, max_age: int | None, *, fresh: bool) -> ActorRecord:
        known = await self._find_fresh(iri, max_age)  # a flight may have landed since the first look
        if known is not None:
            return known
        document = await self._node.fetch(iri, purpose=Purpose.FETCH, fresh=fresh)
        if not isinstance(document, Actor):
            raise MalformedDocument("not an actor", path="$.type")
        if not iris.same_origin(document.id, iri):
            raise MalformedDocument("the actor is on another origin", path="$.id")
        actor, key_ids = await self._storage.write(_save, document, self._clock())
        self._senders.drop(key_ids)  # what the document no longer says is not believed any longer
        return actor

    async def _find_inspected(self, host: str) -> ServerRecord | None:
        found = await self._storage.read(find_server, host)
        return found if found is not None and self._was_inspected(found) else None

    def _was_inspected(self, server: ServerRecord) -> bool:
        now, asked = self._clock(), self._silent.get(server.host)
        if asked is not None and now - asked < INSPECTION_PAUSE:
            return True
        return server.inspected_at is not None and now - server.inspected_at < INSPECTION_LIFETIME

    async def _inspect(self, host: str) -> ServerRecord:
        known = await self._find_inspected(host)
        if known is not None:
            return known
        now = self._clock()
        refusal = await self._storage.read(is_host_refused, host, now, self._mode)
        if refusal is not None:
            raise Unauthorized(f"{host}: {refusal}")
        try:
            software = await self._client.fetch_nodeinfo(host)
        except RemoteFault:
            self._silent.put(host, now)
            return await self._storage.write(save_server, host, now)
        return await self._storage.write(save_inspection, host, software.name, software.implements, now)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database knows about the id or handle of an actor."""

    ours: bool
    refusal: str | None
    actor: ActorRecord | None

    def require_elsewhere(self, name: str) -> None:
        """Raise unless the actor may be asked for on its own server."""
        if self.ours:
            raise NotFound(f"there is no actor {name} here")
        if self.refusal is not None:
            raise Unauthorized(f"{name}: {self.refusal}")


def _look_up(tx: sa.Connection, iri: Iri, now: Millis, mode: FederationMode) -> _Known:
    refusal = is_host_refused(tx, iris.host(iri), now, mode)
    return _Known(is_served(tx, iri), refusal, find_actor(tx, iri))


def _look_up_handle(tx: sa.Connection, username: str, host: str, now: Millis, mode: FederationMode) -> _Known:
    refusal = is_host_refused(tx, host, now, mode)
    ours = find_origin_by_host(tx, host) is not None
    return _Known(ours, refusal, find_by_handle(tx, username, host))


def _save(tx: sa.Connection, document: Actor, now: Millis) -> tuple[ActorRecord, list[Iri]]:
    """Store a document; also returns the ids of the keys that its actor has had until now."""
    before = find_actor(tx, document.id)
    key_ids = [] if before is None else [key.key_id for key in find_keys(tx, before.id)]
    return save_remote(tx, document, now), key_ids


def _require_living(actor: ActorRecord) -> ActorRecord:
    if actor.gone_at is not None:
        raise Gone(f"{actor.iri} was deleted")
    return actor


def _find(tx: sa.Connection, query: sa.Select[tuple[object, ...]]) -> ActorRecord | None:
    row = tx.execute(query).one_or_none()
    return None if row is None else to_actor(row)
