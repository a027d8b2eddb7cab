"""The composer's sheet: what somebody has written so far, which goes back and forth between her and the page.

A page that is sent again says it all again; how it is kept meanwhile is `drafts`, as the fields of its form.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, get_args

from areas.kinds import KINDS
from areas.media.attaching import MOST
from areas.media.records import Details
from areas.records import ORDINARY, SHOWN, Draft, PostRecord, Revision, Visibility
from web.activitypub.posts import MAX_ID

Audience = Literal["everyone", "members", "followers", "named"]
"""In words: everybody; the members of one area; who follows the author; whom the text names."""
Step = Literal["write", "keep", "preview", "publish"]

KEY_BYTES: Final = 12
LONGEST_KEY: Final = 64
LONGEST_ID: Final = 19
FIELDS: Final = tuple(dict.fromkeys(name for kind in KINDS.values() for name in kind.fields))
"""Of all kinds."""
_VISIBILITIES: Final[Mapping[Audience, Visibility]] = {
    "everyone": "public",
    "members": "private",
    "followers": "private",
    "named": "direct",
}


def make_key() -> str:
    """A key for a new sheet."""
    return secrets.token_urlsafe(KEY_BYTES)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture of the sheet, by its id, and what its author says of it."""

    id: int
    description: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is written. `area` is where it goes, None = nowhere; `reply` and `edit` are ids of posts.

    `key` is the sheet's own, and stays with it in the address; `is_sure`: she has seen what it seems to tell;
    `speaker` is an actor's id; `to_zone`: it goes to the region too.
    `details` is what was typed into the fields of its `kind`, of other kinds too: it is there when she turns back.
    """

    text: str = ""
    audience: Audience = "everyone"
    area: int | None = None
    summary: str = ""
    language: str = ""
    speaker: str | None = None
    reply: int | None = None
    edit: int | None = None
    pictures: tuple[Attachment, ...] = ()
    is_sure: bool = False
    to_zone: bool = False
    kind: str = ORDINARY
    details: Mapping[str, str] = field(default_factory=dict)
    key: str = field(default_factory=make_key)

    def with_pictures(self, ids: Iterable[int]) -> "Sheet":
        """The sheet with further pictures, none of them described yet."""
        return replace(self, pictures=(*self.pictures, *(Attachment(each, "") for each in ids)))

    @property
    def once(self) -> str:
        """Under what it is published: sent again as it was, it is the same post; with other words it is another."""
        written = repr(replace(self, key="", is_sure=False))
        return f"{begin_key(self.key)}{hashlib.sha256(written.encode()).hexdigest()}"

    @property
    def room(self) -> int:
        """How many pictures it can take yet."""
        return MOST - len(self.pictures)

    @property
    def is_blank(self) -> bool:
        """Whether nothing would be lost with it that its address cannot say."""
        typed = (self.text, self.summary, *self.details.values())
        return not any(each.strip() for each in typed) and not (self.pictures or self.edit or self.speaker)


def key_of_post(post_id: int) -> str:
    """The key of the sheet on which an old post is changed: there is one of each."""
    return f"post-{post_id}"


def begin_key(key: str) -> str:
    """How everything begins that is published from the sheet with this key."""
    return f"page {key} "


TURN: Final = "turn"
"""The buttons that make another kind of post of what is written."""


def read_step(fields: Mapping[str, str]) -> Step:
    """Which button was pressed; without one (Enter) nothing is published unseen."""
    if TURN in fields:
        return "write"
    return next((each for each in _STEPS if each == fields.get("step")), "preview")


def read_sheet(fields: Mapping[str, str]) -> Sheet:
    """Return what came back; what nobody can have chosen on the page is left out."""
    return Sheet(
        text=fields.get("text", ""),
        audience=read_audience(fields.get("audience")),
        area=read_id(fields.get("area")),
        summary=fields.get("summary", ""),
        language=fields.get("language", ""),
        speaker=fields.get("speaker") or None,
        reply=read_id(fields.get("reply")),
        edit=read_id(fields.get("edit")),
        pictures=tuple(_read_pictures(fields)),
        to_zone="to_zone" in fields,
        is_sure="is_sure" in fields and TURN not in fields,
        kind=read_kind(fields.get(TURN) or fields.get("kind")),
        details={name: fields[name].strip() for name in FIELDS if name in fields},
        key=read_key(fields.get("key")) or make_key(),
    )


def write_fields(sheet: Sheet) -> dict[str, str]:
    """The fields of which `read_sheet` makes this sheet again."""
    numbers = {"area": sheet.area, "reply": sheet.reply, "edit": sheet.edit}
    boxes = {"to_zone": sheet.to_zone, "is_sure": sheet.is_sure}
    fields = {name: str(number) for name, number in numbers.items() if number is not None}
    fields |= {name: "1" for name, is_ticked in boxes.items() if is_ticked}
    for place, picture in enumerate(sheet.pictures, 1):
        fields |= {f"picture_{place}": str(picture.id), f"alt_{place}": picture.description}
    typed = {
        name: getattr(sheet, name) for name in ("text", "audience", "summary", "language", "kind", "key")
    }
    return {**sheet.details, **fields, **typed, "speaker": sheet.speaker or ""}


def read_audience(text: str | None, usual: Audience = "everyone") -> Audience:
    """Who may read it, by its name."""
    return next((each for each in _AUDIENCES if each == text), usual)


def read_key(text: str | None) -> str | None:
    """The key of a sheet, or None for what is none."""
    return text if text and len(text) <= LONGEST_KEY else None


def read_kind(text: str | None) -> str:
    """A kind of posts by its name; anything else is an ordinary one."""
    return text if text is not None and text in KINDS else ORDINARY


def _read_pictures(fields: Mapping[str, str]) -> Iterable[Attachment]:
    for place in range(1, MOST + 1):
        media_id = read_id(fields.get(f"picture_{place}"))
        if media_id is not None and f"drop_{place}" not in fields:
            yield Attachment(media_id, fields.get(f"alt_{place}", "").strip())


def read_id(text: str | None) -> int | None:
    """An id, or None for what is none."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > LONGEST_ID:
        return None
    number = int(text)
    return number if number <= MAX_ID else None


def to_draft(sheet: Sheet, author_id: int, account_id: int, parent: PostRecord | None) -> Draft:
    """The sheet as `areas.compose` takes it. An answer goes as far as what it answers, or to its author alone."""
    return Draft(
        author_id=author_id,
        text=sheet.text,
        area_ids=_find_areas(sheet, parent),
        in_reply_to=None if parent is None else parent.iri,
        visibility=_find_visibility(sheet, parent),
        language=sheet.language or "ja",
        summary=sheet.summary.strip() or None,
        members_of=sheet.area if parent is None and sheet.audience == "members" else None,
        key=sheet.once,
        account_id=account_id,
        media_ids=tuple(each.id for each in sheet.pictures),
        to_zone=sheet.to_zone,
        kind=sheet.kind if parent is None else None,
        details=sheet.details,
    )


def _find_visibility(sheet: Sheet, parent: PostRecord | None) -> Visibility:
    if parent is None or sheet.audience == "named":
        return _VISIBILITIES[sheet.audience]
    return parent.visibility


def _find_areas(sheet: Sheet, parent: PostRecord | None) -> tuple[int, ...]:
    return (sheet.area,) if parent is None and sheet.audience == "everyone" and sheet.area else ()


def to_revision(sheet: Sheet) -> Revision:
    """The sheet as a change of a post: who may read it stays."""
    return Revision(
        text=sheet.text,
        summary=sheet.summary.strip(),
        media_ids=tuple(each.id for each in sheet.pictures),
        media_details=tuple((each.id, Details(each.description or None)) for each in sheet.pictures),
        kind=sheet.kind,
        details=sheet.details,
    )


def audience_of(post: PostRecord) -> Audience:
    """In words, who may read a post."""
    if post.visibility in SHOWN:
        return "everyone"
    if post.members_of is not None:
        return "members"
    return "named" if post.visibility == "direct" else "followers"


def usual_audience(chosen: Visibility) -> Audience:
    """What stands on an empty sheet, by what its author has chosen for all her posts."""
    return _USUAL.get(chosen, "everyone")


_USUAL: Final[Mapping[Visibility, Audience]] = {"private": "followers", "direct": "named"}
_STEPS: Final[tuple[Step, ...]] = get_args(Step)
_AUDIENCES: Final[tuple[Audience, ...]] = get_args(Audience)
