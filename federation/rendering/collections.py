"""Collections that we serve, whole and by page."""

from collections.abc import Sequence

from federation.rendering.contexts import Document, contextualise, format_time, present
from federation.vocabulary import Iri, Millis


def ordered_collection(
    iri: Iri,
    *,
    total: int,
    items: Sequence[object] | None = None,
    first: Iri | None = None,
    last: Iri | None = None,
    attributed_to: Iri | None = None,
    digest: str | None = None,
) -> Document:
    """Build a collection with its items, its first page, or both (Lemmy reads the one, PieFed the other).

    With neither it says only how many there are: so we publish followers. `attributed_to` is the owner of
    a thread (FEP-7888), `digest` what its members are together.
    """
    return contextualise(
        {
            "id": iri,
            "type": "OrderedCollection",
            **present(attributedTo=attributed_to),
            "totalItems": total,
            **present(first=first, last=last, digest=digest),
            **({"orderedItems": list(items)} if items is not None else {}),
        }
    )


def page(
    iri: Iri,
    *,
    part_of: Iri,
    items: Sequence[object],
    following: Iri | None = None,
    preceding: Iri | None = None,
    total: int | None = None,
    cursor: str | None = None,
    restarted_from: Millis | None = None,
) -> Document:
    """Build one page; `following` and `preceding` are the pages `next` and `prev` to it.

    `cursor` and `restarted_from` are those of `federation.vocabulary.Collection`.
    """
    restarted = None if restarted_from is None else format_time(restarted_from)
    return contextualise(
        {
            "id": iri,
            "type": "OrderedCollectionPage",
            "partOf": part_of,
            **present(
                totalItems=total, next=following, prev=preceding, cursor=cursor, restartedFrom=restarted
            ),
            "orderedItems": list(items),
        }
    )
