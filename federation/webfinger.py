"""WebFinger (RFC 7033) and host-meta: which actor a handle names, asked and answered."""

import re
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import quoteattr

from federation import iris
from federation.errors import MalformedDocument
from federation.reader import Reader, load_object
from federation.rendering.contexts import ACTIVITY_STREAMS, Document
from federation.vocabulary import Iri

CONTENT_TYPE: Final = "application/jrd+json"
SUBSCRIBE: Final = "http://ostatus.org/schema/1.0/subscribe"
PROFILE: Final = "http://webfinger.net/rel/profile-page"

MAX_LINKS: Final = 50
"""Links that are looked at; Mastodon sends 4."""

_MAX_TEMPLATE = 2048
_HANDLE = re.compile(r"(?:acct:)?[@!]?((?!!)[^\s@/?#:<>\"\\\x00-\x1f\x7f]{1,255})@([^\s@/?#<>\"\\]{1,255})")
_ACTOR_TYPES = ("application/activity+json", "application/ld+json")


@dataclass(frozen=True, slots=True)
class Jrd:
    """The answer of a server: the actor's id, and the (name, host) that it calls its own.

    That `subject` names who was asked for, and that the actor agrees, is for the caller to check.
    """

    self_link: Iri
    subject: tuple[str, str] | None = None
    profile: Iri | None = None
    subscribe: str | None = None


def parse_acct(text: str) -> tuple[str, str]:
    """Read `acct:name@host`, `name@host`, `@name@host` or Lemmy's `!name@host` as (name, canonical host).

    The host may have a port. The name keeps its case: whether case counts is the business of its host.
    """
    match = _HANDLE.fullmatch(text)
    if match is None:
        raise MalformedDocument("not a handle")
    return match[1], iris.host(f"https://{match[2]}")


def parse_jrd(data: bytes) -> Jrd:
    """Read a JRD. Raises `MalformedDocument` unless it names exactly one actor by an allowed id."""
    reader = load_object(data)
    links = list(reader.objects("links", MAX_LINKS))
    actors = {link.require_id("href") for link in links if _names_actor(link)}
    if len(actors) != 1:
        reader.fail("not exactly one actor", "links")
    return Jrd(
        self_link=actors.pop(),
        subject=_read_subject(reader),
        profile=next((link.link("href") for link in links if link.values.get("rel") == PROFILE), None),
        subscribe=_read_template(links),
    )


def document(*, username: str, actor: Iri, actor_type: str, profile: Iri, subscribe: str) -> Document:
    """Build our answer. The handle's host is the origin of `actor`; `subscribe` has `{uri}` in it."""
    return {
        "subject": f"acct:{username}@{iris.host(actor)}",
        "aliases": list(dict.fromkeys((actor, profile))),
        "links": [
            {"rel": PROFILE, "type": "text/html", "href": profile},
            {
                "rel": "self",
                "type": "application/activity+json",
                "href": actor,
                "properties": {f"{ACTIVITY_STREAMS}#type": actor_type},
            },
            {"rel": SUBSCRIBE, "template": subscribe},
        ],
    }


def host_meta(origin: str) -> str:
    """Build the host-meta of an origin (RFC 6415), XML that says where WebFinger answers."""
    template = quoteattr(f"{origin}/.well-known/webfinger?resource={{uri}}")
    link = f'<Link rel="lrdd" type="{CONTENT_TYPE}" template={template}/>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">{link}</XRD>\n'
    )


def _names_actor(link: Reader) -> bool:
    media_type = link.values.get("type")
    return (
        link.values.get("rel") == "self"
        and isinstance(media_type, str)
        and media_type.partition(";")[0].strip().lower() in _ACTOR_TYPES
    )


def _read_subject(reader: Reader) -> tuple[str, str] | None:
    """Read the subject if it is a handle; some servers put the address of the profile there."""
    subject = reader.values.get("subject")
    if not isinstance(subject, str) or not subject.startswith("acct:"):
        return None
    return parse_acct(subject)


def _read_template(links: list[Reader]) -> str | None:
    for link in links:
        template = link.text("template", _MAX_TEMPLATE)
        if link.values.get("rel") == SUBSCRIBE and template is not None and "{uri}" in template:
            return template if template.startswith("https://") else None
    return None
