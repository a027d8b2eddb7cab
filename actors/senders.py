"""Whose key signed: from memory, from the database, or from its own server; and when to ask there again."""

import asyncio
from collections.abc import Iterable
from copy import copy
from typing import Final

import sqlalchemy as sa

from actors.claims import check_same_key, choose_key, load_key
from actors.key_cache import KeyCache
from actors.node_client import NodeClient
from actors.origins import is_served
from actors.ports import Clock, Storage
from actors.records import FederationMode, VerifiedKey, to_actor
from actors.remote import save_remote
from actors.standing import is_host_refused
from actors.tables import actor_keys, actors
from federation import iris
from federation.client import Purpose
from federation.client.flights import Flights
from federation.client.recent import Recent
from federation.errors import (
    Gone,
    MalformedDocument,
    RemoteFault,
    SignatureRejected,
    Unauthorized,
    Unreachable,
)
from federation.vocabulary import Actor, Iri, Millis, PublicKey

KEY_DEADLINE: Final = 5.0
"""Seconds for all that finding one key asks of the network: its sender waits meanwhile."""

REFRESH_INTERVAL: Final = 5 * 60_000
"""Milliseconds between two fetches of a stored key, however many signatures fail."""

REJECTION_LIFETIME: Final = 5 * 60_000
"""Milliseconds for which a key id that is nobody's is refused without asking again."""

REMEMBERED: Final = 10_000
"""Entries of each memory: strangers choose the keys."""

_NOT_FOUND: Final = 404


class Senders:
    """Finds keys. One for a process, used from its event loop."""

    def __init__(self, storage: Storage, client: NodeClient, clock: Clock, mode: FederationMode) -> None:
        self._storage = storage
        self._client = client
        self._clock = clock
        self._mode = mode
        self._cache = KeyCache()
        self._flights: Flights[VerifiedKey | None] = Flights()
        self._rejected: Recent[Iri, tuple[Millis, str]] = Recent(REMEMBERED)
        self._refreshed: Recent[Iri, tuple[Millis, RemoteFault | None]] = Recent(REMEMBERED)

    def cached(self, key_id: str) -> VerifiedKey | None:
        """Return a key that was read lately, without waiting for anything."""
        return self._cache.get(key_id, self._clock())

    def forget(self) -> None:
        """Read everything anew."""
        self._cache.forget()

    def drop(self, key_ids: Iterable[Iri]) -> None:
        """Read these keys anew."""
        for key_id in key_ids:
            self._cache.drop(key_id)

    async def find(self, key_id: str, *, fresh: bool) -> VerifiedKey:
        """Return the key with this id and its owner; see `Directory.key`."""
        found = self.cached(key_id)
        if found is not None:
            return found
        wanted = _read_key_id(key_id)
        found = await self._find_stored(wanted)
        if found is not None:
            return found
        if not fresh:
            self._recall_rejection(wanted)
        fetched = await self._flights.join(("find", wanted), lambda: self._fetch_unknown(wanted, fresh=fresh))
        assert fetched is not None  # only a refresh may decline
        return fetched

    async def refresh(self, key_id: str) -> VerifiedKey | None:
        """Fetch a stored key again, or decline; see `Directory.refresh_key`."""
        wanted = _read_key_id(key_id)
        return await self._flights.join(("refresh", wanted), lambda: self._refresh(wanted))

    async def _find_stored(self, key_id: Iri) -> VerifiedKey | None:
        generation = self._cache.generation
        found = await self._storage.read(_look_up, key_id, self._clock(), self._mode)
        if found is not None:
            self._cache.put(found, self._clock(), generation=generation)
        return found

    def _recall_rejection(self, key_id: Iri) -> None:
        rejected = self._rejected.get(key_id)
        if rejected is not None and self._clock() - rejected[0] < REJECTION_LIFETIME:
            raise SignatureRejected(rejected[1])

    async def _fetch_unknown(self, key_id: Iri, *, fresh: bool) -> VerifiedKey:
        known = self.cached(key_id)  # stored since the database was asked, by a flight that has landed
        if known is not None:
            return known
        try:
            actor = await self._fetch_owner(key_id, fresh=fresh)
            choose_key(actor, key_id)
        except SignatureRejected as fault:
            self._rejected.put(key_id, (self._clock(), str(fault)))
            raise
        self._rejected.drop(key_id)
        return await self._save(actor, key_id)

    async def _refresh(self, key_id: Iri) -> VerifiedKey | None:
        before = self._refreshed.get(key_id)
        if before is not None and self._clock() - before[0] < REFRESH_INTERVAL:
            if before[1] is not None:
                raise copy(before[1])
            return None
        stored = await self._find_stored(key_id)
        if stored is not None and self._clock() - stored.fetched_at < REFRESH_INTERVAL:
            return None
        try:
            found = await self._fetch_known(key_id)
        except RemoteFault as fault:
            self._refreshed.put(key_id, (self._clock(), fault))
            raise
        self._refreshed.put(key_id, (self._clock(), None))
        return found

    async def _fetch_known(self, key_id: Iri) -> VerifiedKey:
        actor = await self._fetch_owner(key_id, fresh=False)
        try:
            choose_key(actor, key_id)
        except SignatureRejected:
            # Its address answers, and does not know the key any more.
            await self._storage.write(_drop_key, key_id)
            self._cache.drop(key_id)
            raise
        return await self._save(actor, key_id)

    async def _save(self, actor: Actor, key_id: Iri) -> VerifiedKey:
        generation = self._cache.generation
        found = await self._storage.write(_save_owner, actor, key_id, self._clock())
        self._cache.put(found, self._clock(), generation=generation)
        return found

    async def _fetch_owner(self, key_id: Iri, *, fresh: bool) -> Actor:
        """Fetch the actor to whom a key id leads, within `KEY_DEADLINE`; `choose_key` must still agree."""
        try:
            async with asyncio.timeout(KEY_DEADLINE):
                return await self._follow(key_id, fresh=fresh)
        except TimeoutError:
            raise Unreachable(f"{key_id}: not found within {KEY_DEADLINE:g} s") from None
        except MalformedDocument as fault:
            raise SignatureRejected(f"{key_id} leads to no actor: {fault}") from fault
        except Unreachable as fault:
            if fault.permanent or fault.status == _NOT_FOUND:
                raise SignatureRejected(f"{key_id} leads nowhere: {fault}") from fault
            raise

    async def _follow(self, key_id: Iri, *, fresh: bool) -> Actor:
        address = iris.without_fragment(key_id)
        document = await self._client.fetch(address, purpose=Purpose.VERIFY, fresh=fresh)
        served = document if isinstance(document, PublicKey) else None
        if served is not None:
            owner = _read_owner(served, key_id)
            document = await self._client.fetch(owner, purpose=Purpose.VERIFY, fresh=fresh)
        if not isinstance(document, Actor):
            raise SignatureRejected("the key id leads to no actor")
        if served is not None:
            check_same_key(served, document)
        return document


def _read_key_id(key_id: str) -> Iri:
    try:
        return iris.identify(key_id)
    except MalformedDocument as error:
        raise SignatureRejected("keyId is not an https URL") from error


def _read_owner(served: PublicKey, key_id: Iri) -> Iri:
    if served.id != key_id or served.owner is None or not iris.same_origin(served.owner, key_id):
        raise SignatureRejected("the key document is of another key, or names no owner on its origin")
    return served.owner


def _look_up(tx: sa.Connection, key_id: Iri, now: Millis, mode: FederationMode) -> VerifiedKey | None:
    if is_served(tx, key_id):
        raise SignatureRejected("the key is one of this node's own")
    refusal = is_host_refused(tx, iris.host(key_id), now, mode)
    if refusal is not None:
        raise Unauthorized(f"{key_id}: {refusal}")
    return _find_key(tx, key_id)


def _find_key(tx: sa.Connection, key_id: Iri) -> VerifiedKey | None:
    row = tx.execute(sa.select(actor_keys).where(actor_keys.c.key_id == key_id)).one_or_none()
    if row is None:
        return None
    actor = to_actor(tx.execute(sa.select(actors).where(actors.c.id == row.actor_id)).one())
    key = load_key(row.algorithm, row.public)
    return VerifiedKey(actor=actor, key_id=key_id, public_key=key, fetched_at=row.fetched_at)


def _save_owner(tx: sa.Connection, actor: Actor, key_id: Iri, now: Millis) -> VerifiedKey:
    record = save_remote(tx, actor, now, confirmed=key_id)
    if record.gone_at is not None:
        raise Gone(f"{record.iri} was deleted")
    found = _find_key(tx, key_id)
    assert found is not None  # `choose_key` found it usable, and it was confirmed
    return found


def _drop_key(tx: sa.Connection, key_id: Iri) -> None:
    tx.execute(sa.delete(actor_keys).where(actor_keys.c.key_id == key_id, actor_keys.c.private.is_(None)))
