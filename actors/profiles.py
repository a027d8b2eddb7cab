"""Local actors as the documents that other servers read. Pure: the facts are handed in."""

import mimetypes
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from actors.records import ActorRecord, KeyRecord
from actors.registration import address
from federation import iris
from federation.errors import LocalFault
from federation.rendering import ActorFacts, Document, Picture, actor_document
from federation.vocabulary import Iri, Locality

JAPANESE: Final = ("ja", "日本語")
HOW_TO_POST: Final = "投稿のしかた"
HOW_TO_REPORT: Final = "通報・相談"
NOT_TO_A_ZONE: Final = (
    "<p>ここには直接投稿できません。まちのエリアへの投稿のうち、共有されたものを届けます。</p>"
)


@dataclass(frozen=True, slots=True)
class AreaFacts:
    """What only an area's document says. `fields` are (name, HTML), `languages` (tag, own name)."""

    posting_restricted: bool = False
    languages: tuple[tuple[str, str], ...] = (JAPANESE,)
    location: Locality | None = None
    fields: tuple[tuple[str, str], ...] = ()


def document(
    record: ActorRecord, keys: Iterable[KeyRecord], area: AreaFacts | None = None, *, locked: bool = False
) -> Document:
    """Return the document of a local actor; `keys` are its two, `area` is for areas and zones.

    `locked` says that a person approves followers by hand. Raises `LocalFault` for a remote actor.
    """
    area = area or AreaFacts(languages=())
    rsa, ed25519 = _choose_keys(record, keys)
    return actor_document(
        ActorFacts(
            id=record.iri,
            type=record.type,
            username=record.username,
            name=record.name,
            summary=record.summary,
            url=record.url or record.iri,
            inbox=_require(record, record.inbox),
            outbox=_require(record, record.outbox),
            followers=_require(record, record.followers),
            following=_require(record, record.following),
            featured=record.featured,
            shared_inbox=_require(record, record.shared_inbox),
            moderators=moderators(record),
            node=address("node", "", iris.origin(record.iri)).iri,
            key_id=rsa.key_id,
            key_pem=rsa.public,
            proof_key_id=ed25519.key_id,
            proof_key=ed25519.public,
            published=record.published_at or record.created_at,
            updated=record.updated_at,
            posting_restricted=area.posting_restricted,
            locked=locked,
            discoverable=record.discoverable,
            indexable=record.indexable,
            languages=area.languages,
            location=area.location,
            fields=(*area.fields, *record.fields),
            icon=_picture(record.icon),
            image=_picture(record.image),
            also_known_as=record.also_known_as,
            moved_to=record.moved_to,
        )
    )


def describe_area(area: ActorRecord, desk: ActorRecord) -> tuple[tuple[str, str], ...]:
    """Return the fields that tell a stranger how to post to an area, or that a zone takes none, and whom to ask."""
    how = f"<p>@{area.handle} に公開でメンションすると、このエリアに届きます。</p>"
    return (
        (HOW_TO_POST, NOT_TO_A_ZONE if area.kind == "zone" else how),
        (HOW_TO_REPORT, f"<p>@{desk.handle} へメッセージでどうぞ。</p>"),
    )


def moderators(record: ActorRecord) -> Iri | None:
    """Return the address of a Group's moderators collection (FEP-1b12)."""
    return Iri(f"{record.iri}/moderators") if record.type == "Group" else None


def _choose_keys(record: ActorRecord, keys: Iterable[KeyRecord]) -> tuple[KeyRecord, KeyRecord]:
    by_algorithm = {key.algorithm: key for key in keys if key.actor_id == record.id}
    try:
        return by_algorithm["rsa"], by_algorithm["ed25519"]
    except KeyError as error:
        raise LocalFault(f"{record.iri} has no {error} key") from error


def _require(record: ActorRecord, iri: Iri | None) -> Iri:
    if iri is None or not record.local:
        raise LocalFault(f"{record.iri} is not ours to describe")
    return iri


def _picture(icon: Iri | None) -> Picture | None:
    if icon is None:
        return None
    return Picture(icon, mimetypes.guess_type(icon)[0] or "image/png")
