"""Documents of other servers, fetched in the name of the node: its actor signs, nobody else is named.

Only what two areas have agreed on is asked for by the area itself.
"""

from typing import Final

import sqlalchemy as sa

from actors.keys import Keyring
from actors.ports import Remote, Storage
from actors.tables import actors, origins
from federation.client import Purpose, Signer
from federation.vocabulary import Thing


class NodeClient:
    """Fetches documents, signed where there is a `keyring` and a node actor."""

    def __init__(self, storage: Storage, client: Remote, keyring: Keyring | None) -> None:
        self._storage = storage
        self._client = client
        self._keyring = keyring
        self._signer: Signer | None = None

    async def fetch_as(self, actor_id: int, iri: str) -> Thing:
        """Fetch in the name of a local actor, whatever failed lately. Raises as `fetch`; `NotFound` for no actor."""
        assert self._keyring is not None  # a running node has one
        signer = await self._storage.read(self._keyring.signer, actor_id)
        return await self._client.fetch_document(iri, signer, purpose=Purpose.FETCH, fresh=True)

    async def fetch(self, iri: str, *, purpose: Purpose, fresh: bool) -> Thing:
        """Fetch as `federation.client.Client.fetch_document` does, raising what that raises."""
        if self._signer is None and self._keyring is not None:
            self._signer = await self._storage.read(_open_signer, self._keyring)
        return await self._client.fetch_document(iri, self._signer, purpose=purpose, fresh=fresh)


def _open_signer(tx: sa.Connection, keyring: Keyring) -> Signer | None:
    node = tx.execute(_NODE).scalar_one_or_none()
    return None if node is None else keyring.signer(tx, node)


_NODE: Final = (
    sa.select(actors.c.id)
    .join(origins, origins.c.id == actors.c.origin_id)
    .where(actors.c.kind == "node")
    .order_by(origins.c.is_primary.desc(), actors.c.id)
    .limit(1)
)
