"""What a client is made with: who it is, whom it may reach, how long and how much it bears."""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Protocol

from federation.addresses import Network
from federation.signatures import Scheme
from federation.signatures.keys import PrivateKeyObject
from federation.vocabulary import Iri, Millis

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""Host name → its IP addresses as text; raises `OSError` where there are none."""


class Purpose(Enum):
    """Why something is fetched. Each has a pool of its own, so that one cannot starve the other."""

    VERIFY = "verify"
    """Somebody waits for the answer: the key behind a signature."""
    FETCH = "fetch"
    """Everything else that is a document."""
    FILE = "file"
    """Pictures: large, slow, and never urgent."""


@dataclass(frozen=True, slots=True)
class Signer:
    """In whose name a request is signed: the key's id as published, and the key."""

    key_id: Iri
    private_key: PrivateKeyObject


class SchemeMemory(Protocol):
    """Which signature scheme a peer took last, by origin."""

    def scheme(self, origin: str) -> Scheme:
        """Return the scheme to knock with first."""

    def remember(self, origin: str, scheme: Scheme) -> None:
        """Keep that a POST to `origin` succeeded with `scheme` after the other was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Seconds, each for a whole request: name look-up, dial, TLS, redirects, knocks, the last byte."""

    connect: float = 5.0
    """One dial with its TLS handshake."""
    verify: float = 5.0
    """An inbox that waits longer loses the post: Lemmy gives up after 9 s."""
    fetch: float = 10.0
    file: float = 30.0
    post: float = 10.0
    drain: float = 1.0
    """For what nobody waits for: the rest of an answer to a POST, a peer's farewell at the end of TLS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a client bears. The per-host figures keep one peer from using up the pools."""

    body_bytes: int = 1 << 20
    """Of a fetched document: Mastodon and Lemmy stop at 1 MiB too."""
    verifying: int = 32
    fetching: int = 32
    files: int = 8
    posting: int = 256
    pushing: int = 32
    """At once, for each purpose."""
    connections_per_host: int = 4
    waiting_per_host: int = 64
    """Fetches that may wait for one of a host's connections; the next is refused at once."""
    fetches_per_minute: int = 60
    """Of one host and purpose, after as many at once."""
    remembered: int = 4096
    """Entries of each bounded memory: failures, budgets, schemes."""


def read_clock() -> Millis:
    """Milliseconds UTC by this machine's clock."""
    return Millis(time.time_ns() // 1_000_000)


@cache
def own_version() -> str:
    """The version of this program, `0.1.0`. To read it takes 2 ms."""
    return installed_version("kairanban")


def _nothing_blocked(_host: str) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """Everything a client needs to know.

    `contact` is the URL that the User-Agent names. `own_origins` (canonical, as `iris.origin` gives them)
    are never fetched: a set, or a callable where they change. `is_blocked` takes `host[:port]` and is asked
    at every hop. `hosts` (host → address, port) stands before the name service, for tests and
    demonstrations; what it names must still be an address that may be dialled.
    `allow_any_port` also allows IP literals as hosts.
    """

    contact: str
    version: str = field(default_factory=own_version)
    ca_file: Path | None = None
    allowed_private_networks: tuple[Network, ...] = ()
    allow_any_port: bool = False
    hosts: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    lookup: Lookup | None = None
    own_origins: Collection[str] | Callable[[], Collection[str]] = frozenset()
    is_blocked: Callable[[str], bool] = _nothing_blocked
    deadlines: Deadlines = Deadlines()
    limits: Limits = Limits()
    clock: Callable[[], Millis] = read_clock
    schemes: SchemeMemory | None = None

    @property
    def user_agent(self) -> str:
        """GoToSocial answers 418 to a client without software, version and contact."""
        return f"Kairanban/{self.version} (+{self.contact})"
