"""A fetched ActivityStreams document, believed only where it was served (FEP-fe34)."""

from collections.abc import Awaitable, Callable

from federation import iris
from federation.client.fetching import Fetched
from federation.client.targets import is_same_document
from federation.errors import Gone, MalformedDocument, Unreachable
from federation.parsing import parse_document
from federation.vocabulary import Iri, Thing, Tombstone


async def read_document(iri: str, fetch: Callable[[str], Awaitable[Fetched]]) -> Thing:
    """Fetch `iri`, and once more under the id that the document claims on the same origin.

    Raises `MalformedDocument` when the id is not where the document was found, `Gone` for a Tombstone,
    and whatever `fetch` raises.
    """
    fetched = await fetch(iri)
    thing, claimed = _read(fetched)
    if not is_same_document(claimed, fetched.final_url):
        fetched = await fetch(_choose_second(claimed, fetched.final_url))
        thing, claimed = _read(fetched)
        if not is_same_document(claimed, fetched.final_url):
            raise MalformedDocument("the id is not where it leads", path="$.id")
    if isinstance(thing, Tombstone):
        raise _bury(iri, fetched.final_url)
    return thing


def _read(fetched: Fetched) -> tuple[Thing, Iri]:
    thing = parse_document(fetched.body)
    claimed = None if isinstance(thing, str) else thing.id
    if claimed is None:
        raise MalformedDocument("a document without an id", path="$.id")
    return thing, claimed


def _choose_second(claimed: Iri, final: Iri) -> Iri:
    if not iris.same_origin(claimed, final):
        raise MalformedDocument("the id is on another origin than the document", path="$.id")
    second = iris.without_fragment(claimed)
    if second == final:
        raise MalformedDocument("the id is not where the document was found", path="$.id")
    return second


def _bury(iri: str, final: Iri) -> Gone | Unreachable:
    """Only the origin that was asked can say that something of its own is gone."""
    if iris.same_origin(iri, final):
        return Gone(f"{final}: a Tombstone")
    return Unreachable(f"{iri} leads to a Tombstone on another origin")
