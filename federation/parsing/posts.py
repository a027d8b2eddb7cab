"""Objects that people write: notes, questions, pages, events, and what hangs on them."""

import re

from federation.errors import MalformedDocument
from federation.html import from_text, plain_name
from federation.iris import canonical
from federation.parsing import limits
from federation.parsing.places import read_degrees
from federation.reader import Reader
from federation.vocabulary import (
    Alert,
    AnnouncePolicy,
    Attachment,
    Hashtag,
    Iri,
    Mention,
    Place,
    PollOption,
    Post,
    Tombstone,
)

ATTACHMENT_TYPES = frozenset({"Image", "Document", "Video", "Audio", "Link"})

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_UNDETERMINED = "und"
_TEXT_TYPES = ("text/markdown", "text/plain")


def read_post(reader: Reader, post_type: str) -> Post:
    """Read a post. Its id, authors and the parent it answers must be readable where they are given."""
    content, content_map = _read_content(reader)
    return Post(
        id=reader.require_id(),
        type=post_type,
        attributed_to=_read_authors(reader),
        to=reader.references("to", limits.MAX_ADDRESSEES),
        cc=reader.references("cc", limits.MAX_ADDRESSEES),
        addressed=reader.has("to", "cc"),
        audience=reader.references("audience", limits.MAX_ADDRESSEES),
        target=reader.references("target", limits.MAX_ADDRESSEES),
        in_reply_to=_read_parent(reader),
        context=reader.reference("context"),
        content=content,
        content_map=content_map,
        name=_read_name(reader),
        summary=reader.text("summary", limits.MAX_SUMMARY) or _first_text(reader, "summaryMap"),
        sensitive=reader.flag("sensitive") or False,
        language=_read_language(reader, content_map),
        url=reader.link("url"),
        published=reader.time("published"),
        updated=reader.time("updated"),
        replies=reader.reference("replies"),
        tags=_read_tags(reader),
        attachments=_read_attachments(reader),
        can_announce=_read_announce_policy(reader),
        poll=_read_poll(reader),
        poll_multiple=reader.has("anyOf"),
        poll_voters=reader.number("votersCount"),
        start_time=reader.time("startTime"),
        end_time=reader.time("endTime"),
        location=_read_place(reader),
        alert=_read_alert(reader),
    )


def read_tombstone(reader: Reader, _type: str) -> Tombstone:
    """Read what stands where an object was; lotide writes `former_type`."""
    former = reader.text("formerType", limits.MAX_TOKEN) or reader.text("former_type", limits.MAX_TOKEN)
    return Tombstone(id=reader.require_id(), former_type=former, deleted=reader.time("deleted"))


def _read_authors(reader: Reader) -> tuple[Iri, ...]:
    """Read `attributedTo`. PeerTube lists account and channel (a Group): the account is the author."""
    entries = reader.listed("attributedTo")
    people = [entry for entry in entries if not (isinstance(entry, dict) and entry.get("type") == "Group")]
    if people and len(people) < len(entries):
        reader = reader.inner({"attributedTo": people}, "attributedTo")
    return reader.require_references("attributedTo", limits.MAX_ADDRESSEES)


def _read_parent(reader: Reader) -> Iri | None:
    """Read `inReplyTo`. Unreadable is refused: a reply taken for a post of its own would be boosted."""
    value = next((value for value in reader.listed("inReplyTo") if value is not None and value != ""), None)
    if value is None:
        return None
    if isinstance(value, dict):
        value = value.get("id")
    if not isinstance(value, str):
        reader.fail("neither an id nor an object with one", "inReplyTo")
    try:
        return canonical(value)
    except MalformedDocument as error:
        raise MalformedDocument(error.reason, path=reader.path("inReplyTo")) from error


def _read_content(reader: Reader) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Read `content` as it is, blank too: a vote is told from a note by having none.

    PeerTube sends Markdown and says so: it is shown as the text that it is.
    """
    content_map = reader.texts("contentMap", limits.MAX_CONTENT, limits.MAX_LANGUAGES)
    content = reader.values.get("content")
    if isinstance(content, str):
        content = content[: limits.MAX_CONTENT]
        return (from_text(content) if reader.values.get("mediaType") in _TEXT_TYPES else content), content_map
    return (content_map[0][1] if content_map else None), content_map


def _first_text(reader: Reader, key: str) -> str | None:
    entries = reader.texts(key, limits.MAX_SUMMARY, 1)
    return entries[0][1] or None if entries else None


def _read_name(reader: Reader) -> str | None:
    name = reader.text("name", limits.MAX_CONTENT) or _first_text(reader, "nameMap")
    return plain_name(name, limits.MAX_NAME) or None if name else None


def _read_language(reader: Reader, content_map: tuple[tuple[str, str], ...]) -> str | None:
    """Read a language: a tag, Lemmy's `{identifier, name}`, Mobilizon's `inLanguage`, a map of one entry."""
    for key in ("language", "inLanguage"):
        for value in reader.listed(key)[:1]:
            tag = value.get("identifier") if isinstance(value, dict) else value
            if isinstance(tag, str) and _is_language(tag):
                return tag
    if len(content_map) == 1 and _is_language(content_map[0][0]):
        return content_map[0][0]
    return None


def _is_language(tag: str) -> bool:
    return tag != _UNDETERMINED and _LANGUAGE.fullmatch(tag) is not None


def _read_tags(reader: Reader) -> tuple[Mention | Hashtag, ...]:
    tags = (_read_tag(entry) for entry in reader.objects("tag", limits.MAX_TAGS))
    return tuple(tag for tag in tags if tag is not None)


def _read_tag(reader: Reader) -> Mention | Hashtag | None:
    types = reader.types()
    name = reader.text("name", limits.MAX_NAME)
    if "Mention" in types:
        href = reader.reference("href")
        return Mention(href, plain_name(name, limits.MAX_NAME) if name else None) if href else None
    if "Hashtag" in types and name is not None:
        word = plain_name(name, limits.MAX_HASHTAG).lstrip("#＃")
        return Hashtag(word, reader.link("href")) if word else None
    return None


def _read_attachments(reader: Reader) -> tuple[Attachment, ...]:
    found = (_read_attachment(entry) for entry in reader.objects("attachment", limits.MAX_ATTACHMENTS))
    return tuple(attachment for attachment in found if attachment is not None)


def _read_attachment(reader: Reader) -> Attachment | None:
    """Read a medium or a link; Lemmy's links have `href`, Mastodon's media `url`, PeerTube's neither."""
    kind = next((kind for kind in reader.types() if kind in ATTACHMENT_TYPES), None)
    url = reader.link("url") or reader.link("href")
    if kind is None or url is None:
        return None
    return Attachment(
        type=kind,
        url=url,
        media_type=reader.text("mediaType", limits.MAX_TOKEN),
        name=reader.text("name", limits.MAX_ALTERNATIVE_TEXT) or reader.text("summary", limits.MAX_SUMMARY),
        width=reader.number("width"),
        height=reader.number("height"),
        blurhash=reader.text("blurhash", limits.MAX_TOKEN),
        focus=_read_focus(reader),
    )


def _read_focus(reader: Reader) -> tuple[float, float] | None:
    """Read `focalPoint`: two numbers from -1 to 1, as Mastodon sends them."""
    values = reader.listed("focalPoint")
    if len(values) != 2 or not all(type(value) in {int, float} for value in values):  # noqa: PLR2004 - x and y
        return None
    x, y = (float(value) for value in values if isinstance(value, int | float))
    return (x, y) if max(abs(x), abs(y)) <= 1 else None


def _read_announce_policy(reader: Reader) -> AnnouncePolicy | None:
    """Read `interactionPolicy.canAnnounce`, which GoToSocial wrote with other keys before 0.20.

    `None` only where the author says nothing; what cannot be understood allows nobody.
    """
    policy = reader.object("interactionPolicy")
    if policy is None or not policy.has("canAnnounce"):
        return None
    rule = policy.object("canAnnounce")
    if rule is None:
        return AnnouncePolicy()
    automatic = "automaticApproval" if rule.has("automaticApproval") else "always"
    manual = "manualApproval" if rule.has("manualApproval") else "approvalRequired"
    return AnnouncePolicy(
        automatic=rule.references(automatic, limits.MAX_ADDRESSEES),
        manual=rule.references(manual, limits.MAX_ADDRESSEES),
    )


def _read_poll(reader: Reader) -> tuple[PollOption, ...]:
    key = "anyOf" if reader.has("anyOf") else "oneOf"
    found = (_read_option(entry) for entry in reader.objects(key, limits.MAX_POLL_OPTIONS))
    return tuple(option for option in found if option is not None)


def _read_option(reader: Reader) -> PollOption | None:
    name = reader.text("name", limits.MAX_POLL_OPTION)
    replies = reader.object("replies")
    votes = replies.number("totalItems") if replies is not None else None
    return PollOption(plain_name(name, limits.MAX_POLL_OPTION), votes) if name else None


def _read_place(reader: Reader) -> Place | None:
    place = reader.object("location")
    if place is None:
        return None
    name = place.text("name", limits.MAX_NAME)
    return Place(
        id=place.reference("id"),
        name=plain_name(name, limits.MAX_NAME) if name else None,
        address=_read_address(place),
        latitude=read_degrees(place, "latitude", 90),
        longitude=read_degrees(place, "longitude", 180),
    )


def _read_address(place: Reader) -> str | None:
    """Read an address: one line, or Mobilizon's `PostalAddress` from the country down to the street."""
    address = place.object("address")
    if address is None:
        return place.text("address", limits.MAX_NAME)
    keys = ("addressCountry", "postalCode", "addressRegion", "addressLocality", "streetAddress")
    parts = (address.text(key, limits.MAX_NAME) for key in keys)
    return " ".join(part for part in parts if part is not None)[: limits.MAX_NAME] or None


def _read_alert(reader: Reader) -> Alert | None:
    if not reader.has("alertLevel", "hazard"):
        return None
    codes = reader.listed("areaCodes")[: limits.MAX_AREA_CODES]
    return Alert(
        level=reader.number("alertLevel"),
        hazard=reader.text("hazard", limits.MAX_TOKEN),
        area_codes=tuple(code for code in codes if isinstance(code, str) and len(code) <= limits.MAX_TOKEN),
        expires=reader.time("expires"),
    )
