"""What the tables of this folder hold, as frozen values: one record per row, times in milliseconds UTC."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import sqlalchemy as sa

from federation.reader import JsonValue
from federation.signatures.keys import PublicKeyObject
from federation.vocabulary import Iri, Millis

ActorKind = Literal[
    "node", "area", "zone", "desk", "official", "shop", "partner", "resident", "alert", "calendar"
]
"""What a local actor is for; `registration` says which AS2 type each has."""

Standing = Literal["open", "limited", "suspended"]
"""`limited`: heard, but nothing it says is accepted unseen. `suspended`: not heard at all."""

FollowState = Literal["pending", "accepted", "rejected"]
RuleKind = Literal["block", "allow"]
FederationMode = Literal["open", "allowlist", "off"]
AccountRole = Literal["self", "staff"]
"""Whether an account speaks through an actor as herself, or for a desk."""

Algorithm = Literal["rsa", "ed25519"]
Dialect = Literal["object", "activity"]
"""How a server understands `Announce`: of an id (a boost), or of a whole activity (FEP-1b12)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginRecord:
    """A host name that this node serves; `origin` is `scheme://host[:port]`, `host` the part in handles."""

    id: int
    origin: str
    host: str
    is_primary: bool
    created_at: Millis
    leaving_at: Millis | None = None
    """When it was exported: it says and hears nothing any more, and another node is to serve it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorRecord:
    """A local or remote actor. `summary` is sanitised HTML, `name` plain text; `fields` are (plain name, HTML)."""

    id: int
    iri: Iri
    type: str
    kind: ActorKind | None
    username: str
    host: str
    origin_id: int | None
    server_id: int | None
    name: str
    summary: str
    url: Iri | None
    icon: Iri | None
    image: Iri | None
    inbox: Iri | None
    shared_inbox: Iri | None
    outbox: Iri | None
    followers: Iri | None
    following: Iri | None
    featured: Iri | None
    moved_to: Iri | None
    moved_at: Millis | None = None
    also_known_as: tuple[Iri, ...]
    fields: tuple[tuple[str, str], ...]
    discoverable: bool
    indexable: bool
    locked: bool
    published_at: Millis | None
    created_at: Millis
    updated_at: Millis
    fetched_at: Millis | None
    gone_at: Millis | None
    standing: Standing
    standing_reason: str

    @property
    def local(self) -> bool:
        """Whether the actor was born on one of our origins."""
        return self.origin_id is not None

    @property
    def handle(self) -> str:
        """`user@host`; the host is always the one of the actor's id."""
        return f"{self.username}@{self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """A public key as stored: SPKI PEM for `rsa`, multibase for `ed25519`."""

    key_id: Iri
    actor_id: int
    algorithm: Algorithm
    public: str
    fetched_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedKey:
    """A key whose owner lists it (FEP-fe34), ready for `signatures.verify`.

    `fetched_at` tells how old it is: after a failed verification a key fetched within the last five
    minutes proves the signature wrong, an older one may have been rotated (`Directory.refresh_key`).
    """

    actor: ActorRecord
    key_id: Iri
    public_key: PublicKeyObject
    fetched_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRecord:
    """Another server. `host` is `host[:port]`, canonical."""

    id: int
    host: str
    software: str | None
    dialect: Dialect | None
    dialect_override: Dialect | None
    inspected_at: Millis | None
    signature_scheme: str | None
    scheme_until: Millis | None
    first_seen_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRule:
    """A host (and all below it) that is blocked, or allowed in closed mode."""

    host: str
    rule: RuleKind
    reason: str
    until: Millis | None
    created_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowRecord:
    """Who follows whom; `iri` is the id of the newest Follow activity.

    `reblogs`: boosts of the target are shown at home too; `notify`: each of its posts is a notification.
    """

    id: int
    iri: Iri
    follower_id: int
    target_id: int
    state: FollowState
    created_at: Millis
    changed_at: Millis
    reblogs: bool
    notify: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRecord:
    """`actor_id` blocks `target_id`."""

    actor_id: int
    target_id: int
    iri: Iri
    created_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecord:
    """Who signs in; actors speak."""

    id: int
    created_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRecord:
    """A client program that registered itself (RFC 6749 §2); `scopes` are the widest that it may ask for."""

    id: int
    client_id: str
    name: str
    website: str | None
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    created_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRecord:
    """What a bearer may do. `actor_id` is None where the app speaks for itself alone.

    `account_id` is who signed in, for the audit; None too where an operator made the token for an actor
    that nobody signs in for.
    """

    id: int
    account_id: int | None
    actor_id: int | None
    app_id: int
    scopes: frozenset[str]
    created_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """A signed-in browser. `created_at` is when its owner last proved who she is, `browser` says it in words."""

    id: int
    account_id: int
    browser: str
    created_at: Millis
    seen_at: Millis
    expires_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed job. `attempts` counts this one; `leased_until` is when others may take it over."""

    id: int
    kind: str
    key: str
    payload: Mapping[str, JsonValue]
    due_at: Millis
    attempts: int
    leased_until: Millis
    created_at: Millis
    last_error: str | None


def to_actor(row: sa.Row[Any]) -> ActorRecord:
    """Turn a row of `actors` into its record."""
    return _to_actor(dict(row._mapping))  # noqa: SLF001 - SQLAlchemy's public name for it


ACTOR_FIELDS: Final = tuple(ActorRecord.__dataclass_fields__)


def read_actor(values: Sequence[Any]) -> ActorRecord:
    """Turn the columns named in `ACTOR_FIELDS`, in that order, into a record: pages are full of them."""
    return _to_actor(dict(zip(ACTOR_FIELDS, values, strict=True)))


def _to_actor(columns: dict[str, Any]) -> ActorRecord:
    columns["also_known_as"] = _read_names(columns["also_known_as"])
    columns["fields"] = read_fields(columns["fields"])
    return ActorRecord(**columns)


def _read_names(text: str) -> tuple[Iri, ...]:
    return () if text == "[]" else tuple(Iri(known) for known in json.loads(text))


def read_fields(text: str) -> tuple[tuple[str, str], ...]:
    """Read what `write_fields` wrote."""
    return () if text == "[]" else tuple((name, value) for name, value in json.loads(text))


def write_fields(fields: Sequence[tuple[str, str]]) -> str:
    """Write the fields of a profile for their column."""
    return json.dumps(list(fields), ensure_ascii=False) if fields else "[]"
