"""The `@context` of what we send: well-known contexts by address, all other terms inline, only where used.

No context address of ours exists: Fedify answers 500 to a document whose context it cannot fetch.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from federation.vocabulary import Millis

Document = dict[str, object]
"""What a builder returns: keys in the order in which they are sent, nothing that JSON cannot say."""

ACTIVITY_STREAMS: Final = "https://www.w3.org/ns/activitystreams"
_DATA_INTEGRITY: Final = "https://w3id.org/security/data-integrity/v1"
_SECURITY: Final = "https://w3id.org/security/v1"

_TOOT = "http://joinmastodon.org/ns#"
_LEMMY = "https://join-lemmy.org/ns#"
_SCHEMA = "http://schema.org#"
_SECURITY_TERMS = "https://w3id.org/security#"
_VALUE_FLOWS = "https://w3id.org/valueflows/ont/vf#"
_UNITS = "http://www.ontology-of-units-of-measure.org/resource/om-2/"
_OURS = "urn:kairanban:"


def _reference(term: str) -> dict[str, str]:
    return {"@id": term, "@type": "@id"}


TERMS: dict[str, str | dict[str, str]] = {
    # ActivityStreams terms that its context forgets, as Mastodon defines them
    "Hashtag": "as:Hashtag",
    "sensitive": "as:sensitive",
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "movedTo": _reference("as:movedTo"),
    "alsoKnownAs": _reference("as:alsoKnownAs"),
    # Mastodon
    "blurhash": _TOOT + "blurhash",
    "focalPoint": {"@container": "@list", "@id": _TOOT + "focalPoint"},
    "discoverable": _TOOT + "discoverable",
    "indexable": _TOOT + "indexable",
    "votersCount": _TOOT + "votersCount",
    "featured": _reference(_TOOT + "featured"),
    # Lemmy, FEP-1b12
    "moderators": _reference(_LEMMY + "moderators"),
    "postingRestrictedToMods": _LEMMY + "postingRestrictedToMods",
    "Lock": _LEMMY + "Lock",
    # schema.org
    "PropertyValue": _SCHEMA + "PropertyValue",
    "value": _SCHEMA + "value",
    "language": _SCHEMA + "inLanguage",
    "identifier": _SCHEMA + "identifier",
    "PostalAddress": _SCHEMA + "PostalAddress",
    "address": _SCHEMA + "address",
    "addressCountry": _SCHEMA + "addressCountry",
    "addressRegion": _SCHEMA + "addressRegion",
    "addressLocality": _SCHEMA + "addressLocality",
    "acceptedAnswer": _reference(_SCHEMA + "acceptedAnswer"),
    # FEP-521a
    "assertionMethod": _reference(_SECURITY_TERMS + "assertionMethod"),
    "Multikey": _SECURITY_TERMS + "Multikey",
    "controller": _reference(_SECURITY_TERMS + "controller"),
    "publicKeyMultibase": {
        "@id": _SECURITY_TERMS + "publicKeyMultibase",
        "@type": _SECURITY_TERMS + "multibase",
    },
    # FEP-844e, FEP-2c59
    "implements": {**_reference("https://w3id.org/fep/844e/implements"), "@container": "@list"},
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
    # FEP-0837
    "Intent": _VALUE_FLOWS + "Intent",
    "action": _VALUE_FLOWS + "action",
    "purpose": _VALUE_FLOWS + "purpose",
    "publishes": _VALUE_FLOWS + "publishes",
    "resourceQuantity": _VALUE_FLOWS + "resourceQuantity",
    "hasUnit": _UNITS + "hasUnit",
    "hasNumericalValue": _UNITS + "hasNumericalValue",
    # ours
    "homeGroup": _reference(_OURS + "homeGroup"),
    "category": _OURS + "category",
    "peering": _OURS + "peering",
    "zone": _reference(_OURS + "zone"),
    "accepts": _OURS + "accepts",
    "maxPerHour": _OURS + "maxPerHour",
    "expires": _OURS + "expires",
    "cursor": _OURS + "cursor",
    "restartedFrom": _OURS + "restartedFrom",
    "digest": _OURS + "digest",
    "alertLevel": _OURS + "alertLevel",
    "hazard": _OURS + "hazard",
    "areaCodes": _OURS + "areaCodes",
}


def contextualise(values: Mapping[str, object]) -> Document:
    """Return the document with its `@context` in front: what its keys and types need, and proofs."""
    words: dict[str, None] = {}
    _collect_words(values, words)
    context: list[object] = [ACTIVITY_STREAMS]
    if "publicKey" in words:
        context.append(_SECURITY)
    context.append(_DATA_INTEGRITY)
    terms = {word: TERMS[word] for word in words if word in TERMS}
    if terms:
        context.append(terms)
    return {"@context": context, **embed(values)}


def embed(document: Mapping[str, object]) -> Document:
    """Return a document as it stands inside another: without a context of its own."""
    return {key: value for key, value in document.items() if key != "@context"}


def present(**values: object) -> Document:
    """Return the values that are there: neither `None` nor empty."""
    return {key: value for key, value in values.items() if value is not None and value not in ("", [], ())}


def format_time(when: Millis) -> str:
    """Format a time as RFC 3339 in UTC with `Z`; milliseconds only where there are some."""
    seconds, rest = divmod(when, 1000)
    text = datetime.fromtimestamp(seconds, tz=UTC).isoformat()[:19]
    return f"{text}.{rest:03}Z" if rest else f"{text}Z"


def _collect_words(value: object, words: dict[str, None]) -> None:
    """Collect every key and every type of a document, in the order in which they come."""
    if isinstance(value, dict):
        for key, member in value.items():
            words[key] = None
            if isinstance(member, str):
                if key == "type":
                    words[member] = None
            else:
                _collect_words(member, words)
    elif isinstance(value, list):
        for member in value:
            _collect_words(member, words)
