"""What this folder needs of the world: a database, a clock, and the door to other servers."""

from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, TypeVar

from federation.client import Purpose, Signer
from federation.nodeinfo import Software
from federation.vocabulary import Millis, Thing
from federation.webfinger import Jrd

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
    """The part of `federation.client.Client` that finding actors needs; it raises what that raises."""

    async def fetch_document(
        self, iri: str, signer: Signer | None = None, *, purpose: Purpose = Purpose.FETCH, fresh: bool = False
    ) -> Thing:
        """Fetch the document at `iri`, whose id is where it was found."""

    async def fetch_webfinger(self, name: str, host: str) -> Jrd:
        """Ask `host` who `name` is."""

    async def fetch_nodeinfo(self, host: str) -> Software:
        """Ask `host` which software it runs."""
