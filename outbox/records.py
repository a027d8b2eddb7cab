"""What is put into the log, and what is read back from it and from the tables around it, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from federation.signatures import Scheme
from federation.vocabulary import Iri, Millis

Lane = Literal[0, 1, 2]
ALERT: Final = 0
"""Alerts and what concerns them, and every barrier: never behind anything else."""
ORDINARY: Final = 1
LIKES: Final = 2
"""Only when nothing else waits."""

EntryDialect = Literal["object", "activity", "both", "signed"]
"""`signed`: for servers that believe the signature inside an activity which another server delivers."""
GapState = Literal["retry", "skipped", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An activity to publish.

    `body` is the rendered activity, or the mapping to render. `actor_id` signs. `thread` is the context's
    root: entries of one thread never overtake each other at a destination. `audience_id` names the actor
    whose followers get it, if they speak `dialect`; `recipients` (actor ids) get it in their own inboxes,
    whatever they speak. `concerns_id` names the log entry that this one changes (always the first one, not
    an Update of it): its audience at its own seq gets this one too, and its thread and lane are inherited.
    `cancels` says that it undoes what it concerns. `reaches` names other entries whose audiences get this one
    too. `barrier`: nothing later leaves for its recipients' servers
    before it is settled; it has recipients only. `public`: may be fetched at its id.
    """

    iri: Iri
    actor_id: int
    type: str
    body: bytes | Mapping[str, object]
    thread: str
    dialect: EntryDialect = "both"
    lane: Lane = ORDINARY
    audience_id: int | None = None
    recipients: tuple[int, ...] = ()
    object_iri: Iri | None = None
    concerns_id: int | None = None
    cancels: bool = False
    reaches: tuple[int, ...] = ()
    barrier: bool = False
    public: bool = True


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A numbered log row without its body. `earlier_audiences` are those of the entries that it reaches."""

    id: int
    seq: int
    iri: Iri
    actor_id: int
    type: str
    thread: str
    audience_id: int | None
    concerns_id: int | None
    cancels: bool
    cancelled_at: Millis | None
    barrier: bool
    created_at: Millis
    expires_at: Millis
    earlier_audiences: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRecord:
    """An entry that the cursor has passed although it is not done: to be tried again, skipped, or given up.

    `attempts` counts what was sent; 0 = it waits behind another of its thread. `reached` are the recipients
    who have it.
    """

    log_id: int
    seq: int
    thread: str
    state: GapState
    attempts: int = 0
    due_at: int = 0
    first_tried_at: int | None = None
    status: int | None = None
    reason: str | None = None
    barrier: bool = False
    reached: frozenset[int] = frozenset()
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """A server's delivery point. `scheme` is set where the server is known to want RFC 9421."""

    id: int
    key: str
    server_id: int
    host: str
    software: str | None
    failures: int
    failing_since: Millis | None
    last_success_at: Millis | None
    scheme: Scheme | None

    @property
    def is_personal(self) -> bool:
        """Whether it is one actor's inbox, for want of a shared one."""
        return self.key.startswith("actor:")

    @property
    def has_shared_inbox(self) -> bool:
        """GoToSocial has none: any local follower's inbox serves all of them there."""
        return not self.is_personal and self.software != "gotosocial"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one lane of one destination until the lease ends.

    `probe`: the circuit breaker is open, and this is the one try that it allows.
    """

    destination_id: int
    lane: Lane
    token: str
    claimed_at: Millis
    probe: bool


@dataclass(frozen=True, slots=True)
class Address:
    """An inbox; `actor_id` is None for a shared one."""

    actor_id: int | None
    url: str


@dataclass(frozen=True, slots=True)
class Named:
    """The explicit recipients of an entry at a destination; `in_audience`: others there get it as well."""

    addresses: tuple[Address, ...]
    in_audience: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Everything a round needs to know, read in one go.

    `seq` and `head` are the cursor's. `barrier_seq` is the first open barrier of the destination, whatever
    its lane. `fresh` are the next owed entries behind the cursor, without barriers and what lies beyond one;
    `is_whole` when there are no more of them. `open_gaps` are those to be tried again, oldest first;
    `skipped` those entries that were cancelled before they were sent here. `entries` holds the record of
    each log id that is mentioned. `named` by log id; `followers` (personal inboxes) by who is followed.
    """

    claim: Claim
    destination: Destination
    seq: int
    head: int
    barrier_seq: int | None
    fresh: tuple[LogRecord, ...]
    is_whole: bool
    open_gaps: tuple[GapRecord, ...]
    skipped: frozenset[int]
    entries: Mapping[int, LogRecord]
    named: Mapping[int, Named]
    followers: Mapping[int, tuple[Address, ...]]
