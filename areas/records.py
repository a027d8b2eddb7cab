"""Frozen values that the rest of the house reads: areas, posts, placements, drafts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from areas.media.records import Details
from federation.vocabulary import Iri, Millis

Visibility = Literal["public", "unlisted", "private", "direct"]
PlacementState = Literal["accepted", "held", "refused", "withdrawn", "removed"]
AreaPolicy = Literal["open", "review", "closed"]
AreaKind = Literal["area", "zone"]
"""`zone`: a region, to which nobody posts; it passes on what its towns share with it."""

ORDINARY = "ordinary"
"""The kind of a post that is of no other kind (`areas.kinds`)."""

SHOWN: tuple[Visibility, ...] = ("public", "unlisted")
"""What anyone may read."""

Source = Literal["object", "activity", "choice", "text"]
"""Where a post names somebody. Others' posts: in the post itself, or in its activity alone. Ours: picked by
the author (areas, and who is answered), or by a handle in the text."""


@dataclass(frozen=True, slots=True)
class AreaRecord:
    """An area with what its Group actor is called. Limits are per hour or day; 0 = none."""

    actor_id: int
    iri: Iri
    username: str
    host: str
    name: str
    followers: Iri
    number: int
    code: str
    desk_id: int
    policy: AreaPolicy
    restricted: bool
    language: str
    author_hourly: int
    author_daily: int
    boosts_hourly: int
    kind: AreaKind = "area"
    moved_to: Iri | None = None
    moved_at: Millis | None = None

    @property
    def is_zone(self) -> bool:
        """Whether it is a region's, and takes no posts itself."""
        return self.kind == "zone"

    @property
    def handle(self) -> str:
        """`@megumino@host`."""
        return f"@{self.username}@{self.host}"


@dataclass(frozen=True, slots=True)
class PostRecord:
    """A stored post. `content` is sanitised HTML; `attachments` and `tags` are JSON texts."""

    id: int
    iri: Iri
    actor_id: int
    local: bool
    kind: str
    type: str
    visibility: Visibility
    in_reply_to_iri: Iri | None
    in_reply_to_id: int | None
    thread_id: int | None
    title: str | None
    content: str
    summary: str | None
    sensitive: bool
    language: str | None
    url: Iri | None
    attachments: str
    tags: str
    published_at: Millis
    updated_at: Millis | None
    received_at: Millis
    deleted_at: Millis | None
    log_id: int | None
    members_of: int | None

    @property
    def is_shown(self) -> bool:
        """Whether anyone may read it."""
        return self.deleted_at is None and self.visibility in SHOWN

    @property
    def is_placeable(self) -> bool:
        """Whether it may stand in an area: for anyone, or for its members."""
        return self.is_shown or (self.deleted_at is None and self.members_of is not None)

    @property
    def is_out(self) -> bool:
        """Whether nothing holds its `Create`; what is for members of an area has none."""
        return not self.local or self.log_id is not None or self.members_of is not None


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody whom a post names."""

    iri: Iri
    source: Source


@dataclass(frozen=True, slots=True)
class PlacementRecord:
    """Where a post stands in an area, and which rule put it there; `position` is its place in timelines."""

    id: int
    area_id: int
    post_id: int
    author_id: int
    state: PlacementState
    position: int | None
    rule: str
    reason: str
    token: str
    created_at: Millis
    decided_at: Millis


@dataclass(frozen=True, slots=True)
class Placed:
    """What a submission came to in one area."""

    area_id: int
    state: PlacementState
    rule: str


@dataclass(frozen=True, slots=True)
class PollDraft:
    """A question's options, as plain text; `hide_totals`: nobody sees counts before the end."""

    options: tuple[str, ...]
    milliseconds: int
    multiple: bool = False
    hide_totals: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What a local author wants to say; every way in (command, form, client API, mail) builds one.

    `text` is plain text. `area_ids` are areas of this node; `in_reply_to` is the id of any post that the author
    may read. `members_of`: a private post for the members of this area, who alone read it, on this node alone.
    `may_go_home`: where the author's preference says so, a public post that names no area goes to hers (apps have
    no choice of areas). The same `key` within an hour is the same post. `account_id` is who writes, where an actor
    has several hands; `app_id` with which program. `media_ids` are the author's own pictures, in order; with one
    the text may be empty. `kind` is what kind of post it is (None = as its hashtags say), `details` what was typed
    into that kind's fields. `to_zone`: it goes to the region too, where its author speaks for the town.
    """

    author_id: int
    text: str
    area_ids: tuple[int, ...] = ()
    in_reply_to: Iri | None = None
    visibility: Visibility = "public"
    language: str = "ja"
    summary: str | None = None
    sensitive: bool = False
    members_of: int | None = None
    may_go_home: bool = False
    poll: PollDraft | None = None
    key: str | None = None
    account_id: int | None = None
    app_id: int | None = None
    media_ids: tuple[int, ...] = ()
    kind: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    to_zone: bool = False


@dataclass(frozen=True, slots=True)
class Revision:
    """What an author wants to change of a post; None = as it is. An empty `summary` takes the warning away.

    `media_ids` are its pictures from now on, in order; `media_details` say something else of some of them. Another
    `poll` loses the votes. Another `kind` is possible until somebody has answered.
    """

    text: str | None = None
    summary: str | None = None
    sensitive: bool | None = None
    language: str | None = None
    media_ids: tuple[int, ...] | None = None
    media_details: tuple[tuple[int, Details], ...] = ()
    poll: PollDraft | None = None
    kind: str | None = None
    details: Mapping[str, str] | None = None
