"""Actor documents and the keys in them."""

import re
import unicodedata

from federation.html import plain_name
from federation.parsing import limits
from federation.parsing.places import read_degrees
from federation.reader import Reader
from federation.vocabulary import Actor, Iri, Locality, PublicKey

KEY_TYPES = frozenset({"Key", "CryptographicKey", "Multikey"})

_USERNAME = re.compile(r"[^\s@/:?#<>\"\\\x00-\x1f\x7f]{1,255}")


def read_actor(reader: Reader, actor_type: str) -> Actor:
    """Read an actor. Without an `inbox` too: GoToSocial serves such a stub at the address of a key."""
    return Actor(
        id=reader.require_id(),
        type=actor_type,
        preferred_username=_read_username(reader),
        inbox=reader.reference("inbox"),
        outbox=reader.reference("outbox"),
        followers=reader.reference("followers"),
        following=reader.reference("following"),
        featured=reader.reference("featured"),
        shared_inbox=_read_shared_inbox(reader),
        moderators=_read_moderators(reader, actor_type),
        name=_read_name(reader),
        summary=reader.text("summary", limits.MAX_ACTOR_SUMMARY),
        url=reader.link("url"),
        icon=reader.link("icon"),
        image=reader.link("image"),
        fields=_read_fields(reader),
        keys=_read_keys(reader),
        also_known_as=reader.first_references("alsoKnownAs", limits.MAX_ALIASES),
        moved_to=reader.reference("movedTo"),
        manually_approves_followers=reader.flag("manuallyApprovesFollowers") or False,
        posting_restricted=reader.flag("postingRestrictedToMods") or False,
        discoverable=reader.flag("discoverable"),
        indexable=reader.flag("indexable"),
        implements=_read_implements(reader),
        webfinger=_read_webfinger(reader),
        published=reader.time("published"),
        updated=reader.time("updated"),
        location=_read_locality(reader) if actor_type == "Group" else None,
    )


def read_key(reader: Reader) -> PublicKey | None:
    """Read a `publicKey` or a Multikey (FEP-521a); `None` where it has no id or no key material.

    The owner may be missing in old documents, and is then the document's own business.
    """
    key_id = reader.reference("id")
    pem = reader.text("publicKeyPem", limits.MAX_PEM)
    multibase = None if pem else reader.text("publicKeyMultibase", limits.MAX_TOKEN)
    if key_id is None or (pem is None and multibase is None):
        return None
    owner = reader.reference("owner") or reader.reference("controller")
    return PublicKey(id=key_id, owner=owner, pem=pem, multibase=multibase)


def _read_keys(reader: Reader) -> tuple[PublicKey, ...]:
    entries = [
        *reader.objects("publicKey", limits.MAX_KEYS),
        *reader.objects("assertionMethod", limits.MAX_KEYS),
    ]
    return tuple(key for entry in entries if (key := read_key(entry)) is not None)


def _read_username(reader: Reader) -> str | None:
    """Read a name that looks like no more than a name: neither wide letters nor hidden ones make a handle of it."""
    text = reader.text("preferredUsername", limits.MAX_NAME)
    if text is None or not text.isprintable() or _USERNAME.fullmatch(text) is None:
        return None
    return text if text.isascii() or _USERNAME.fullmatch(unicodedata.normalize("NFKC", text)) else None


def _read_name(reader: Reader) -> str | None:
    name = reader.text("name", limits.MAX_CONTENT)
    return plain_name(name, limits.MAX_NAME) or None if name else None


def _read_shared_inbox(reader: Reader) -> Iri | None:
    """Read `endpoints.sharedInbox`; Discourse and Misskey say it at the top level."""
    endpoints = reader.object("endpoints")
    found = endpoints.reference("sharedInbox") if endpoints is not None else None
    return found or reader.reference("sharedInbox")


def _read_moderators(reader: Reader, actor_type: str) -> Iri | None:
    """Read the moderators collection of a Group: WordPress names it so, Lemmy in `attributedTo` (FEP-1b12).

    PeerTube's `attributedTo` lists the owner of the channel as an object: that is no collection.
    """
    if actor_type != "Group":
        return None
    if (named := reader.reference("moderators")) is not None:
        return named
    return reader.reference("attributedTo") if isinstance(reader.values.get("attributedTo"), str) else None


def _read_fields(reader: Reader) -> tuple[tuple[str, str], ...]:
    found = []
    for entry in reader.objects("attachment", limits.MAX_FIELDS):
        name = entry.text("name", limits.MAX_NAME)
        value = entry.text("value", limits.MAX_FIELD_VALUE)
        if "PropertyValue" in entry.types() and name is not None and value is not None:
            found.append((plain_name(name, limits.MAX_NAME), value))
    return tuple(found)


def _read_implements(reader: Reader) -> tuple[str, ...]:
    """Read `implements` (FEP-844e) of an actor or of its `generator`: `href`, `id`, or bare strings."""
    generator = reader.object("generator")
    listed = [*reader.listed("implements"), *(generator.listed("implements") if generator else ())]
    values = [
        value.get("href") or value.get("id") if isinstance(value, dict) else value
        for value in listed[: limits.MAX_IMPLEMENTS]
    ]
    named = (value for value in values if isinstance(value, str) and len(value) <= limits.MAX_FIELD_VALUE)
    return tuple(dict.fromkeys(named))


def _read_webfinger(reader: Reader) -> str | None:
    text = reader.text("webfinger", limits.MAX_FIELD_VALUE)
    return text.removeprefix("acct:") if text is not None else None


def _read_locality(reader: Reader) -> Locality | None:
    """Read where an area of ours lies: a `Place` with a `PostalAddress`; anything else says nothing."""
    place = reader.object("location")
    address = None if place is None else place.object("address")
    if place is None or address is None:
        return None
    names = (place.text("name", limits.MAX_NAME), *(address.text(key, limits.MAX_NAME) for key in _ADDRESS))
    name, region, locality = (plain_name(each or "", limits.MAX_NAME) for each in names)
    latitude, longitude = read_degrees(place, "latitude", 90), read_degrees(place, "longitude", 180)
    is_point = latitude is not None and longitude is not None
    return Locality(name, region, locality, latitude if is_point else None, longitude if is_point else None)


_ADDRESS = ("addressRegion", "addressLocality")
