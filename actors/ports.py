"""What this folder needs of the world: a database, a clock, and the door to other servers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from federation.vocabulary import Iri, Millis, Thing

if TYPE_CHECKING:
    from federation.client.options import Signer

P = ParamSpec("P")
R = TypeVar("R")

Clock = Callable[[], Millis]
"""Milliseconds UTC, now."""


class Storage(Protocol):
    """Where functions of `tx` run; `web.database` has two of them."""

    async def read(self, function: Callable[..., R], *args: Any) -> R:
        """Run `function(tx, *args)` without the right to write."""

    async def write(self, function: Callable[..., R], *args: Any) -> R:
        """Run `function(tx, *args)` in a transaction; when this returns, it is durable."""


class Remote(Protocol):
    """The part of `federation.client` that finding actors needs."""

    async def fetch_document(self, iri: Iri, *, signer: "Signer | None" = None) -> Thing:
        """Fetch and parse the document at `iri`; its `id` is checked against where it was found."""
