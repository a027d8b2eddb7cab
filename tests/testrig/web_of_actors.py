"""Other servers as the client shows them: documents by address, or what asking for one raises."""

import asyncio
from dataclasses import dataclass, field
from typing import TypeVar

from federation.client import Purpose, Signer
from federation.errors import Fault, Unreachable
from federation.nodeinfo import Software
from federation.vocabulary import Thing
from federation.webfinger import Jrd

T = TypeVar("T")


@dataclass
class WebOfActors:
    """Stands at the seam to the network. `asked` are the addresses in order, `signers` who signed each."""

    documents: dict[str, Thing | Fault] = field(default_factory=dict)
    software: dict[str, Software | Fault] = field(default_factory=dict)
    handles: dict[str, Jrd | Fault] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    signers: list[Signer | None] = field(default_factory=list)
    purposes: list[Purpose] = field(default_factory=list)
    fresh: list[bool] = field(default_factory=list)
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event | None = None
    """Where set, nothing is answered before it opens."""

    async def fetch_document(
        self, iri: str, signer: Signer | None = None, *, purpose: Purpose = Purpose.FETCH, fresh: bool = False
    ) -> Thing:
        self.asked.append(iri)
        self.fresh.append(fresh)
        self.was_asked.set()
        self.signers.append(signer)
        self.purposes.append(purpose)
        if self.gate is not None:
            await self.gate.wait()
        found = self.documents.get(iri)
        if found is None:
            raise Unreachable(f"{iri}: HTTP 404", status=404)
        if isinstance(found, Fault):
            raise found
        return found

    async def fetch_webfinger(self, name: str, host: str) -> Jrd:
        self.asked.append(f"{name}@{host}")
        return _answer(self.handles.get(f"{name}@{host}", Unreachable("HTTP 404", status=404)))

    async def fetch_nodeinfo(self, host: str) -> Software:
        self.asked.append(host)
        return _answer(self.software.get(host, Unreachable("HTTP 404", status=404)))


def _answer(found: T | Fault) -> T:
    if isinstance(found, Fault):
        raise found
    return found
