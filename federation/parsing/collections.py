"""Collections and their pages, ordered or not."""

from collections.abc import Callable, Iterator

from federation.errors import MalformedDocument
from federation.parsing import limits
from federation.reader import JsonValue, Reader
from federation.vocabulary import Collection, Thing

COLLECTION_TYPES = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})


def read_collection(
    reader: Reader, collection_type: str, read_member: Callable[[Reader, JsonValue, str, int], Thing]
) -> Collection:
    """Read a collection or a page. Items that cannot be read are left out, the others stand for themselves.

    Mastodon embeds the first page of `replies`: its items and its `next` are then the collection's own.
    """
    items = tuple(_read_items(reader, read_member))
    onward = reader.reference("next")
    page = reader.object("first")
    if page is not None and not items:
        items = tuple(_read_items(page, read_member))
        onward = page.reference("next")
    return Collection(
        id=reader.reference("id"),
        type=collection_type,
        total_items=reader.number("totalItems"),
        items=items,
        first=reader.reference("first"),
        next=onward,
        part_of=reader.reference("partOf"),
        cursor=reader.text("cursor", limits.MAX_TOKEN),
        restarted_from=reader.time("restartedFrom"),
        digest=reader.text("digest", limits.MAX_TOKEN),
    )


def _read_items(
    reader: Reader, read_member: Callable[[Reader, JsonValue, str, int], Thing]
) -> Iterator[Thing]:
    key = "orderedItems" if reader.has("orderedItems") else "items"
    for index, value in enumerate(reader.listed(key)[: limits.MAX_ITEMS]):
        try:
            yield read_member(reader, value, key, index)
        except MalformedDocument:
            continue
