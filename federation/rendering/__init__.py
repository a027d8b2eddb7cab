"""What we author becomes JSON: builders of documents from facts, and one way to bytes.

Nothing here knows the database; the same facts give the same bytes.
"""

from collections.abc import Mapping

import orjson

from federation.rendering.abridging import abridge
from federation.rendering.activities import (
    accept,
    add,
    announce,
    answer_flag,
    block,
    create,
    delete,
    flag,
    follow,
    like,
    lock,
    move,
    names_unseen,
    reject,
    remove,
    share,
    undo,
    undo_announce,
    update,
    wrap,
)
from federation.rendering.actors import IMPLEMENTED, ActorFacts, Picture, actor_document
from federation.rendering.collections import ordered_collection, page
from federation.rendering.contexts import Document, contextualise, embed, format_time
from federation.rendering.posts import (
    NoteFacts,
    Proposal,
    note,
    place,
    question,
    tombstone,
    vote,
)

__all__ = [
    "IMPLEMENTED",
    "ActorFacts",
    "Document",
    "NoteFacts",
    "Picture",
    "Proposal",
    "abridge",
    "accept",
    "actor_document",
    "add",
    "announce",
    "answer_flag",
    "block",
    "contextualise",
    "create",
    "delete",
    "embed",
    "flag",
    "follow",
    "format_time",
    "like",
    "lock",
    "move",
    "names_unseen",
    "note",
    "ordered_collection",
    "page",
    "place",
    "question",
    "quote",
    "reject",
    "remove",
    "render",
    "share",
    "tombstone",
    "undo",
    "undo_announce",
    "update",
    "vote",
    "wrap",
]


def render(document: Mapping[str, object]) -> bytes:
    """Render a document: UTF-8, no white space, keys in the order in which they were built."""
    return orjson.dumps(document)


def quote(data: bytes) -> object:
    """Return stored JSON as a value that `render` copies byte for byte (an item of a collection)."""
    return orjson.Fragment(data)
