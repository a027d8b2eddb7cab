"""What our people and desks write, as objects; and what is left when it is deleted."""

from collections.abc import Sequence
from dataclasses import dataclass

from federation.rendering.contexts import Document, contextualise, format_time, present
from federation.vocabulary import (
    Alert,
    Attachment,
    Hashtag,
    Iri,
    Mention,
    Millis,
    Place,
    PollOption,
)

WIRE_ATTACHMENTS = frozenset({"Image", "Document", "Link"})
"""Lemmy refuses an object with any other attachment; sound and film are `Document`s, as from Mastodon."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something to give or wanted (FEP-0837): `purpose` is `offer` or `request`; `quantity` 0 when done."""

    purpose: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """All that a post says. `content` is HTML in `language`; `translations` are (tag, HTML) beside it.

    `summary` is a content warning and nothing else: GoToSocial and Takahē hide the text behind it.
    `audience` is the area; `context` the collection of the thread. The first page of `replies` is embedded:
    `first_replies`, and `next_replies` where there is a second page. `answer` is the reply that has helped.
    """

    id: Iri
    attributed_to: Iri
    content: str
    published: Millis
    to: tuple[Iri, ...]
    cc: tuple[Iri, ...] = ()
    audience: Iri | None = None
    context: Iri | None = None
    in_reply_to: Iri | None = None
    url: Iri | None = None
    updated: Millis | None = None
    summary: str | None = None
    sensitive: bool = False
    language: str | None = None
    translations: tuple[tuple[str, str], ...] = ()
    tags: tuple[Mention | Hashtag, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    replies: Iri | None = None
    first_replies: tuple[Iri, ...] = ()
    next_replies: Iri | None = None
    location: Place | None = None
    start_time: Millis | None = None
    end_time: Millis | None = None
    proposal: Proposal | None = None
    alert: Alert | None = None
    answer: Iri | None = None


def note(facts: NoteFacts) -> Document:
    """Build a `Note`. It has no `name`: GoToSocial and Takahē hide the text behind one."""
    return contextualise(_describe("Note", facts))


def question(facts: NoteFacts, options: Sequence[PollOption], *, multiple: bool, voters: int) -> Document:
    """Build a poll; it ends at the facts' `end_time`."""
    answers = [
        {
            "type": "Note",
            "name": option.name,
            "replies": {"type": "Collection", "totalItems": option.votes or 0},
        }
        for option in options
    ]
    poll = {"anyOf" if multiple else "oneOf": answers, "votersCount": voters}
    return contextualise({**_describe("Question", facts), **poll})


def place(about: Place) -> Document:
    """Build a place that posts are about."""
    return contextualise(_describe_place(about) or {})


def vote(iri: Iri, *, actor: Iri, question_iri: Iri, author: Iri, name: str, published: Millis) -> Document:
    """Build a vote for the option `name`: a note to the question's author, without content (FEP-9967)."""
    return contextualise(
        {
            "id": iri,
            "type": "Note",
            "attributedTo": actor,
            "to": [author],
            "cc": [],
            "inReplyTo": question_iri,
            "name": name,
            "published": format_time(published),
        }
    )


def tombstone(iri: Iri, former_type: str | None = None, deleted: Millis | None = None) -> Document:
    """Build what stands where an object was."""
    return contextualise(
        {
            "id": iri,
            "type": "Tombstone",
            **present(formerType=former_type, deleted=format_time(deleted) if deleted is not None else None),
        }
    )


def _describe(post_type: str, facts: NoteFacts) -> Document:
    return {
        "id": facts.id,
        "type": post_type,
        "attributedTo": facts.attributed_to,
        "to": list(facts.to),
        "cc": list(facts.cc),
        **present(audience=facts.audience, context=facts.context, inReplyTo=facts.in_reply_to, url=facts.url),
        "published": format_time(facts.published),
        **_describe_times(facts),
        **present(summary=facts.summary),
        "sensitive": facts.sensitive,
        **_describe_content(facts),
        "tag": [_describe_tag(tag) for tag in facts.tags],
        "attachment": [_describe_attachment(attachment) for attachment in facts.attachments],
        **_describe_extensions(facts),
    }


def _describe_times(facts: NoteFacts) -> Document:
    times = {"updated": facts.updated, "startTime": facts.start_time, "endTime": facts.end_time}
    return {key: format_time(when) for key, when in times.items() if when is not None}


def _describe_content(facts: NoteFacts) -> Document:
    languages = {**({facts.language: facts.content} if facts.language else {}), **dict(facts.translations)}
    return {
        "content": facts.content,
        **({"contentMap": languages} if languages else {}),
        "mediaType": "text/html",
    }


def _describe_tag(tag: Mention | Hashtag) -> Document:
    if isinstance(tag, Mention):
        return {"type": "Mention", **present(href=tag.href, name=tag.name)}
    return {"type": "Hashtag", **present(href=tag.href), "name": f"#{tag.name}"}


def _describe_attachment(attachment: Attachment) -> Document:
    kind = attachment.type if attachment.type in WIRE_ATTACHMENTS else "Document"
    return {
        "type": kind,
        **present(mediaType=attachment.media_type),
        "href" if kind == "Link" else "url": attachment.url,
        **present(
            name=attachment.name,
            width=attachment.width,
            height=attachment.height,
            blurhash=attachment.blurhash,
            focalPoint=None if attachment.focus is None else list(attachment.focus),
        ),
    }


def _describe_extensions(facts: NoteFacts) -> Document:
    return {
        **present(
            location=_describe_place(facts.location),
            replies=_describe_replies(facts),
            acceptedAnswer=facts.answer,
        ),
        **(_describe_proposal(facts) if facts.proposal is not None else {}),
        **(_describe_alert(facts.alert) if facts.alert is not None else {}),
    }


def _describe_place(place: Place | None) -> Document | None:
    if place is None:
        return None
    values = present(
        id=place.id,
        name=place.name,
        address=place.address,
        latitude=place.latitude,
        longitude=place.longitude,
    )
    return {"type": "Place", **values}


def _describe_replies(facts: NoteFacts) -> Document | None:
    if facts.replies is None:
        return None
    page = {
        "type": "CollectionPage",
        "partOf": facts.replies,
        **present(next=facts.next_replies),
        "items": list(facts.first_replies),
    }
    return {"id": facts.replies, "type": "Collection", "first": page}


def _describe_proposal(facts: NoteFacts) -> Document:
    assert facts.proposal is not None
    quantity = {"hasUnit": "one", "hasNumericalValue": str(facts.proposal.quantity)}
    intent = {
        "type": "Intent",
        "id": f"{facts.id}#primary",
        "action": "transfer",
        "resourceQuantity": quantity,
    }
    return {"purpose": facts.proposal.purpose, "publishes": intent}


def _describe_alert(alert: Alert) -> Document:
    return present(
        alertLevel=alert.level,
        hazard=alert.hazard,
        areaCodes=list(alert.area_codes),
        expires=format_time(alert.expires) if alert.expires is not None else None,
    )
