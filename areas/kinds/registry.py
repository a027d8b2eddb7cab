"""Which kinds there are, and which one a draft is of."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from actors.records import ActorRecord
from areas.hashtags import fold
from areas.kinds.ask import ASK
from areas.kinds.event import EVENT
from areas.kinds.give import GIVE
from areas.kinds.kind import OPEN, Facts, Kind
from areas.kinds.notice import NOTICE
from areas.kinds.question import QUESTION
from areas.kinds.review import REVIEW
from areas.records import ORDINARY, Draft
from federation.errors import Refused
from federation.html import find_hashtags
from federation.vocabulary import Millis

KINDS: Final[Mapping[str, Kind[Any]]] = {
    each.name: each for each in (QUESTION, GIVE, ASK, REVIEW, EVENT, NOTICE)
}
"""In the order in which they are offered."""
_BY_TAG: Final = {fold(each.tag): each for each in KINDS.values()}


def kind_by_tags(names: Iterable[str]) -> Kind[Any] | None:
    """The kind that hashtags make of a post; of several the first."""
    return next((_BY_TAG[fold(name)] for name in names if fold(name) in _BY_TAG), None)


def find_kind(name: str) -> Kind[Any] | None:
    """The kind of this name, None for ordinary posts. Raises `Refused` for what is none."""
    if name != ORDINARY and name not in KINDS:
        raise Refused(f"there is no kind {name!r} of posts")
    return KINDS.get(name)


def choose(author: ActorRecord, draft: Draft, now: Millis) -> Facts | None:
    """What a draft is, as its author chose, else by its hashtags; None = ordinary. Raises `Refused`, `Unfit`.

    An answer and a poll are ordinary.
    """
    is_plain = draft.in_reply_to is not None or draft.poll is not None
    if draft.kind is None:
        found = None if is_plain else kind_by_tags(find_hashtags(draft.text))
        is_fit = found is not None and author.kind not in found.not_for
        return Facts(found, OPEN, found.read(None, now)) if found and is_fit else None
    chosen = find_kind(draft.kind)
    if chosen is None:
        return None
    if is_plain:
        raise Refused("an answer and a poll have no kind")
    return begin(author, chosen, draft.details, now)


def begin(author: ActorRecord, kind: Kind[Any], details: Mapping[str, str], now: Millis) -> Facts:
    """A post of a kind as it begins. Raises `Refused`, `Unfit`."""
    if author.kind in kind.not_for:
        raise Refused(f"a {author.kind} writes no posts of the kind {kind.name}")
    return Facts(kind, OPEN, kind.read(details, now))
