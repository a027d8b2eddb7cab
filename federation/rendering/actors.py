"""Our actors as they are served: areas, desks, people, the node itself."""

from dataclasses import dataclass
from typing import Final

from federation.iris import host
from federation.rendering.contexts import Document, contextualise, format_time, present
from federation.vocabulary import Iri, Locality, Millis

IMPLEMENTED: Final = (
    ("https://w3id.org/fep/1b12", "FEP-1b12: Group federation"),
    ("https://datatracker.ietf.org/doc/html/rfc9421", "RFC-9421: HTTP Message Signatures"),
)
"""What `generator.implements` names (FEP-844e): address and name."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An icon or a header image."""

    url: Iri
    media_type: str


@dataclass(frozen=True, slots=True)
class ActorFacts:
    """All that an actor document says. `summary` and the values of `fields` are HTML.

    `languages` are (tag, name in that language), `fields` (name, value). `moderators`, `languages` and
    `location` are for areas; `locked` is ignored for them: Lemmy reads a Group that approves its
    followers as private, and drops its public posts.
    """

    id: Iri
    type: str
    username: str
    name: str
    summary: str
    url: Iri
    inbox: Iri
    outbox: Iri
    followers: Iri
    following: Iri
    shared_inbox: Iri
    node: Iri
    key_id: Iri
    key_pem: str
    proof_key_id: Iri
    proof_key: str
    published: Millis
    updated: Millis
    featured: Iri | None = None
    moderators: Iri | None = None
    posting_restricted: bool = False
    locked: bool = False
    discoverable: bool = True
    indexable: bool = True
    languages: tuple[tuple[str, str], ...] = ()
    icon: Picture | None = None
    image: Picture | None = None
    location: Locality | None = None
    fields: tuple[tuple[str, str], ...] = ()
    also_known_as: tuple[Iri, ...] = ()
    moved_to: Iri | None = None


def actor_document(facts: ActorFacts) -> Document:
    """Build an actor document; every collection is on the actor's own host, as Misskey demands."""
    return contextualise(
        {
            **_describe(facts),
            **_list_collections(facts),
            **(_describe_area(facts) if facts.type == "Group" else {}),
            **_describe_place(facts),
            **_list_keys(facts),
            "generator": {"type": "Application", "id": facts.node, "implements": _list_implemented()},
            **({"implements": _list_implemented()} if facts.id == facts.node else {}),
            **present(alsoKnownAs=list(facts.also_known_as), movedTo=facts.moved_to),
        }
    )


def _describe(facts: ActorFacts) -> Document:
    return {
        "id": facts.id,
        "type": facts.type,
        "preferredUsername": facts.username,
        "webfinger": f"{facts.username}@{host(facts.id)}",
        "name": facts.name,
        "summary": facts.summary,
        "url": facts.url,
        "published": format_time(facts.published),
        "updated": format_time(facts.updated),
        "manuallyApprovesFollowers": facts.locked and facts.type != "Group",
        "discoverable": facts.discoverable,
        "indexable": facts.indexable,
    }


def _list_collections(facts: ActorFacts) -> Document:
    return {
        "inbox": facts.inbox,
        "outbox": facts.outbox,
        "followers": facts.followers,
        "following": facts.following,
        **present(featured=facts.featured),
        "endpoints": {"sharedInbox": facts.shared_inbox},
    }


def _describe_area(facts: ActorFacts) -> Document:
    """`attributedTo` is one string: given a list, PieFed and Lemmy lose the moderators."""
    languages = [{"identifier": tag, "name": name} for tag, name in facts.languages]
    return {
        **present(attributedTo=facts.moderators, moderators=facts.moderators),
        "postingRestrictedToMods": facts.posting_restricted,
        "sensitive": False,
        **present(language=languages),
    }


def _describe_place(facts: ActorFacts) -> Document:
    fields = [{"type": "PropertyValue", "name": name, "value": value} for name, value in facts.fields]
    return present(
        icon=_describe_picture(facts.icon),
        image=_describe_picture(facts.image),
        location=_describe_locality(facts),
        attachment=fields,
    )


def _describe_picture(picture: Picture | None) -> Document | None:
    if picture is None:
        return None
    return {"type": "Image", "mediaType": picture.media_type, "url": picture.url}


def _describe_locality(facts: ActorFacts) -> Document | None:
    place = facts.location
    if place is None:
        return None
    address = {
        "type": "PostalAddress",
        "addressCountry": place.country,
        "addressRegion": place.region,
        "addressLocality": place.locality,
    }
    return {
        "type": "Place",
        "id": f"{facts.id}#place",
        "name": place.name,
        "address": address,
        **present(latitude=place.latitude, longitude=place.longitude),
    }


def _list_keys(facts: ActorFacts) -> Document:
    """RSA for every peer, Ed25519 for proofs (FEP-521a)."""
    multikey = {
        "id": facts.proof_key_id,
        "type": "Multikey",
        "controller": facts.id,
        "publicKeyMultibase": facts.proof_key,
    }
    return {
        "publicKey": {"id": facts.key_id, "owner": facts.id, "publicKeyPem": facts.key_pem},
        "assertionMethod": [multikey],
    }


def _list_implemented() -> list[Document]:
    return [{"type": "Link", "href": href, "name": name} for href, name in IMPLEMENTED]
