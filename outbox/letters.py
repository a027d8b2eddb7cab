"""What rounds post, kept in memory between them: sealed bodies by log id, shared inboxes by server.

Both are bounded, and only ever copies of what the database says.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import sqlalchemy as sa

from actors.keys import Keyring
from actors.ports import Clock, Storage
from federation.errors import NotFound
from outbox.loading import load_bodies, load_shared_inboxes
from outbox.records import Address, Work
from outbox.retries import MINUTE
from outbox.rounds import Plan
from outbox.sealing import seal_entry
from outbox.sending import Letter

if TYPE_CHECKING:
    from federation.client import Signer

MAX_BYTES: Final = 16 << 20
"""Of bodies: thousands of ordinary posts, more than are under way at once."""

INBOX_MEMORY: Final = 10 * MINUTE
"""Of a server's shared inbox; forgotten at once when it fails."""

MAX_SERVERS: Final = 10_000


class _Read(NamedTuple):
    bodies: Mapping[int, bytes | None]
    signers: Mapping[int, "Signer | None"]
    shared: Mapping[int, tuple[Address, ...]]


class Letters:
    """Finds what to post, and where, for many rounds at once."""

    def __init__(self, storage: Storage, keyring: Keyring, clock: Clock) -> None:
        self._storage = storage
        self._keyring = keyring
        self._clock = clock
        self._bodies: OrderedDict[int, bytes | None] = OrderedDict()
        self._bytes = 0
        self._shared: OrderedDict[int, tuple[int, tuple[Address, ...]]] = OrderedDict()

    async def find(
        self, plans: Sequence[tuple[Work, Plan]]
    ) -> tuple[dict[int, Letter], dict[int, tuple[Address, ...]]]:
        """Return the letters by log id, and the shared inboxes by server id, that `plans` need."""
        entries = {
            pending.entry.id: pending.entry for _, plan in plans for chain in plan.chains for pending in chain
        }
        servers = {
            work.destination.server_id
            for work, plan in plans
            if plan.chains and work.destination.has_shared_inbox
        }
        # What is known is taken before anything is waited for: it may be evicted meanwhile.
        bodies = {each: self._take_body(each) for each in entries if each in self._bodies}
        signers = {entry.actor_id: self._keyring.known_signer(entry.actor_id) for entry in entries.values()}
        shared = {each: self._shared[each][1] for each in servers if self._is_known(each)}
        read = await self._read(
            [each for each in entries if each not in bodies],
            [each for each, signer in signers.items() if signer is None],
            [each for each in servers if each not in shared],
        )
        self._keep(read)
        bodies.update(read.bodies)
        signers.update(read.signers)
        letters = {each: Letter(bodies[each], signers[entry.actor_id]) for each, entry in entries.items()}
        return letters, {**shared, **read.shared}

    def _take_body(self, log_id: int) -> bytes | None:
        self._bodies.move_to_end(log_id)
        return self._bodies[log_id]

    async def find_shared(self, server_id: int) -> tuple[Address, ...]:
        """Return the shared inboxes of a server as the database has them now."""
        read = await self._storage.read(load_shared_inboxes, [server_id])
        self._keep_shared(read)
        return read[server_id]

    def forget_shared(self, server_id: int) -> None:
        """Something went wrong there: look again next time."""
        self._shared.pop(server_id, None)

    async def _read(self, log_ids: Sequence[int], actors: Sequence[int], servers: Sequence[int]) -> _Read:
        if not (log_ids or actors or servers):
            return _Read({}, {}, {})
        return await self._storage.read(_load, self._keyring, log_ids, actors, servers)

    def _is_known(self, server_id: int) -> bool:
        known = self._shared.get(server_id)
        return known is not None and self._clock() - known[0] < INBOX_MEMORY

    def _keep(self, read: _Read) -> None:
        for log_id, body in read.bodies.items():
            if log_id not in self._bodies:
                self._bytes += len(body or b"")
            self._bodies[log_id] = body
        while self._bytes > MAX_BYTES:
            _, body = self._bodies.popitem(last=False)
            self._bytes -= len(body or b"")
        self._keep_shared(read.shared)

    def _keep_shared(self, found: Mapping[int, tuple[Address, ...]]) -> None:
        for server_id, addresses in found.items():
            self._shared[server_id] = (self._clock(), addresses)
        while len(self._shared) > MAX_SERVERS:
            self._shared.popitem(last=False)


def _load(
    tx: sa.Connection,
    keyring: Keyring,
    log_ids: Sequence[int],
    actors: Sequence[int],
    servers: Sequence[int],
) -> _Read:
    raws = load_bodies(tx, log_ids) if log_ids else []
    return _Read(
        {raw.log_id: seal_entry(tx, keyring, raw) for raw in raws},
        {actor_id: _find_signer(tx, keyring, actor_id) for actor_id in actors},
        load_shared_inboxes(tx, servers) if servers else {},
    )


def _find_signer(tx: sa.Connection, keyring: Keyring, actor_id: int) -> "Signer | None":
    try:
        return keyring.signer(tx, actor_id)
    except NotFound:
        return None
