"""What hearing needs of a running node."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from structlog.typing import FilteringBoundLogger

from actors.directory import Directory
from actors.node_client import NodeClient
from actors.ports import Clock, Storage
from actors.records import FederationMode
from inbox.budgets import Budgets


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One for a node. `origins` are those it serves; `nudge` tells the outbox's worker that something waits.

    `client` reads documents again, in the name of the node; `skew` tells by how many seconds other servers' clocks are
    ahead of ours, where that is known.
    """

    storage: Storage
    directory: Directory
    client: NodeClient
    clock: Clock
    log: FilteringBoundLogger
    origins: Collection[str]
    nudge: Callable[[], None]
    skew: Callable[[], float | None] = lambda: None
    mode: FederationMode = "open"
    budgets: Budgets = field(default_factory=Budgets)
