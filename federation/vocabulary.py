"""The ActivityStreams 2 shapes that we understand, as frozen values; everything else is `Unrecognized`.

`parsing` makes them from bytes, `rendering` makes bytes from what we author. Lists are tuples, absent
is `None` (or an empty tuple where order and absence mean nothing). Times are milliseconds UTC.
Source: https://www.w3.org/TR/activitystreams-vocabulary/, FEP-1b12, FEP-521a, FEP-844e.
"""

from dataclasses import dataclass, field
from typing import NewType

Iri = NewType("Iri", str)
Millis = NewType("Millis", int)

PUBLIC = Iri("https://www.w3.org/ns/activitystreams#Public")

ACTOR_TYPES = frozenset({"Application", "Group", "Organization", "Person", "Service"})
POST_TYPES = frozenset({"Note", "Question", "Article", "Page", "Event", "Image", "Video", "Audio"})


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A `publicKey` (PEM, RSA) or an `assertionMethod` Multikey (FEP-521a); exactly one encoding is set."""

    id: Iri
    owner: Iri | None
    pem: str | None = None
    multibase: str | None = None


@dataclass(frozen=True, slots=True)
class Locality:
    """Where an area lies: a public point of it, in degrees (WGS 84); the names as on an envelope."""

    name: str
    region: str
    locality: str
    latitude: float | None = None
    longitude: float | None = None
    country: str = "JP"


@dataclass(frozen=True, slots=True)
class Actor:
    """A remote actor document as served. `summary` and the values of `fields` are HTML, not yet sanitised.

    `location` is of a Group.
    """

    id: Iri
    type: str
    preferred_username: str | None
    inbox: Iri | None
    outbox: Iri | None = None
    followers: Iri | None = None
    following: Iri | None = None
    featured: Iri | None = None
    shared_inbox: Iri | None = None
    moderators: Iri | None = None
    name: str | None = None
    summary: str | None = None
    url: Iri | None = None
    icon: Iri | None = None
    image: Iri | None = None
    fields: tuple[tuple[str, str], ...] = ()
    keys: tuple[PublicKey, ...] = ()
    also_known_as: tuple[Iri, ...] = ()
    moved_to: Iri | None = None
    manually_approves_followers: bool = False
    posting_restricted: bool = False
    discoverable: bool | None = None
    indexable: bool | None = None
    implements: tuple[str, ...] = ()
    webfinger: str | None = None
    published: Millis | None = None
    updated: Millis | None = None
    location: Locality | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A `Mention` tag."""

    href: Iri
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Hashtag:
    """A `Hashtag` tag; `name` without the leading #."""

    name: str
    href: Iri | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A media attachment or a link; `name` is its alternative text.

    `focus` is what must stay in sight, from -1 to 1 to the right and up (Mastodon's `focalPoint`).
    """

    type: str
    url: Iri
    media_type: str | None = None
    name: str | None = None
    width: int | None = None
    height: int | None = None
    blurhash: str | None = None
    focus: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class AnnouncePolicy:
    """GoToSocial's `interactionPolicy.canAnnounce`: who may boost, unasked or after being asked."""

    automatic: tuple[Iri, ...] = ()
    manual: tuple[Iri, ...] = ()


@dataclass(frozen=True, slots=True)
class PollOption:
    """One answer of a `Question`."""

    name: str
    votes: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A `location`; latitude and longitude in degrees (WGS 84), `address` in one line."""

    id: Iri | None = None
    name: str | None = None
    address: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """What our own alerts say beside their text; `area_codes` are municipality codes of six digits."""

    level: int | None = None
    hazard: str | None = None
    area_codes: tuple[str, ...] = ()
    expires: Millis | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """An object of one of `POST_TYPES`. `content` is HTML as received, not yet sanitised.

    `addressed` is True when the object itself has a `to` or a `cc` key: then the activity's own
    addressing does not count.
    """

    id: Iri
    type: str
    attributed_to: tuple[Iri, ...] = ()
    to: tuple[Iri, ...] = ()
    cc: tuple[Iri, ...] = ()
    addressed: bool = False
    audience: tuple[Iri, ...] = ()
    target: tuple[Iri, ...] = ()
    in_reply_to: Iri | None = None
    context: Iri | None = None
    content: str | None = None
    content_map: tuple[tuple[str, str], ...] = ()
    name: str | None = None
    summary: str | None = None
    sensitive: bool = False
    language: str | None = None
    url: Iri | None = None
    published: Millis | None = None
    updated: Millis | None = None
    replies: Iri | None = None
    tags: tuple[Mention | Hashtag, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    can_announce: AnnouncePolicy | None = None
    poll: tuple[PollOption, ...] = ()
    poll_multiple: bool = False
    poll_voters: int | None = None
    start_time: Millis | None = None
    end_time: Millis | None = None
    location: Place | None = None
    alert: Alert | None = None

    @property
    def mentions(self) -> tuple[Iri, ...]:
        """Whom the tags mention."""
        return tuple(tag.href for tag in self.tags if isinstance(tag, Mention))


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What stands where an object was."""

    id: Iri
    former_type: str | None = None
    deleted: Millis | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection or one page of it; `items` are ids or embedded things, `first`/`next` ids.

    Our own extensions: `cursor` says where to go on, `restarted_from` from when on a page has everything because the
    cursor that was asked for is not known, `digest` what the members are together.
    """

    id: Iri | None
    type: str
    total_items: int | None = None
    items: "tuple[Thing, ...]" = ()
    first: Iri | None = None
    next: Iri | None = None
    part_of: Iri | None = None
    cursor: str | None = None
    restarted_from: Millis | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Unrecognized:
    """A thing of a type that we leave alone."""

    id: Iri | None
    type: str


@dataclass(frozen=True, slots=True)
class Activity:
    """What every activity has. `raw` are the bytes as received (empty for an embedded activity).

    `has_proof` tells of an FEP-8b32 proof, `has_ld_signature` of an older Linked Data signature; neither
    has been verified.
    """

    id: Iri
    actor: Iri
    to: tuple[Iri, ...] = ()
    cc: tuple[Iri, ...] = ()
    audience: tuple[Iri, ...] = ()
    target: "tuple[Thing, ...]" = ()
    published: Millis | None = None
    raw: bytes = field(default=b"", repr=False, compare=False)
    has_proof: bool = False
    has_ld_signature: bool = False


@dataclass(frozen=True, slots=True)
class Peering:
    """What a Group asks of another Group when it follows it (our own extension); `zone` where both are in one."""

    zone: Iri | None
    accepts: tuple[str, ...] = ()
    max_per_hour: int | None = None
    expires: Millis | None = None


@dataclass(frozen=True, slots=True)
class Follow(Activity):
    """A wish to receive what `object` announces; `peering` only between Groups of a zone."""

    object: Iri = Iri("")
    peering: Peering | None = None


@dataclass(frozen=True, slots=True)
class Accept(Activity):
    """`object` is the Follow: its id, or the Follow itself; or the id of a report, with what was done in `summary`."""

    object: "Thing" = Iri("")
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class Reject(Activity):
    """`object` is the Follow, refused or ended: its id, or the Follow itself; or of a report, with why in `summary`."""

    object: "Thing" = Iri("")
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class Undo(Activity):
    """`object` is what is taken back: its id, or the activity itself."""

    object: "Thing" = Iri("")


@dataclass(frozen=True, slots=True)
class Create(Activity):
    """`object` is what is new: normally an embedded `Post`."""

    object: "Thing" = Iri("")


@dataclass(frozen=True, slots=True)
class Update(Activity):
    """`object` is the new state of a post or an actor."""

    object: "Thing" = Iri("")


@dataclass(frozen=True, slots=True)
class Delete(Activity):
    """`summary` present = a moderator's removal (FEP-1b12)."""

    object: Iri = Iri("")
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class Announce(Activity):
    """Object dialect: `object` is an id. Activity dialect (FEP-1b12): `object` is an activity.

    `home_group` names the area whose post a peer of its zone announces, `category` what an area's own post is to
    its zone (our own extensions).
    """

    object: "Thing" = Iri("")
    home_group: Iri | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Like(Activity):
    """Also `EmojiReact` and `Dislike`, told apart by `kind`."""

    object: Iri = Iri("")
    kind: str = "Like"


@dataclass(frozen=True, slots=True)
class Block(Activity):
    """`object` is who is banned; `target` names the area (FEP-1b12).

    Of a server by its origin, it is a warning to a peer: `summary` says why, `until` is its end.
    """

    object: Iri = Iri("")
    summary: str | None = None
    until: Millis | None = None


@dataclass(frozen=True, slots=True)
class Lock(Activity):
    """Nothing more is to be said below `object` (Lemmy)."""

    object: Iri = Iri("")


@dataclass(frozen=True, slots=True)
class Flag(Activity):
    """A report; `text` from `content` (Mastodon, GoToSocial) or `summary` (Lemmy, PieFed)."""

    objects: tuple[Iri, ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Move(Activity):
    """An actor that moves: `object` = the old one, `destination` = `target`."""

    object: Iri = Iri("")
    destination: Iri | None = None


@dataclass(frozen=True, slots=True)
class Add(Activity):
    """`object` goes into the collection that `target` names."""

    object: "Thing" = Iri("")


@dataclass(frozen=True, slots=True)
class Remove(Activity):
    """`object` leaves the collection that `target` names."""

    object: "Thing" = Iri("")


@dataclass(frozen=True, slots=True)
class OtherActivity(Activity):
    """An activity of a type that we leave alone (answered 202)."""

    type: str = ""


Thing = Iri | Actor | Post | Tombstone | Collection | Activity | PublicKey | Unrecognized
"""What may stand where AS2 allows an object: an id (an `Iri` is a str) or an embedded thing."""
