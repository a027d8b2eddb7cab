"""Who may read a received post, and whom it names. Pure; the only guard before anything is stored or boosted.

Source: federation.md of FEP-1b12 servers and GoToSocial/Takahē as recorded: a post's own `to`/`cc` count, an
activity's only where the object has neither; where both speak and disagree, the narrower wins.
"""

from collections.abc import Iterable

from areas.records import Visibility
from federation.vocabulary import PUBLIC, Activity, Iri, Post

_NARROWNESS: tuple[Visibility, ...] = ("public", "unlisted", "private", "direct")


def visibility(post: Post, activity: Activity | None, followers: Iri | None) -> Visibility:
    """Who may read `post`; `followers` is its author's followers collection."""
    of_activity = None
    if activity is not None and (activity.to or activity.cc):
        of_activity = _visibility(activity.to, activity.cc, followers)
    if not post.addressed:
        return of_activity or "direct"
    of_object = _visibility(post.to, post.cc, followers)
    return max(of_object, of_activity or "public", key=_NARROWNESS.index)


def _visibility(to: tuple[Iri, ...], cc: tuple[Iri, ...], followers: Iri | None) -> Visibility:
    if PUBLIC in to:
        return "public"
    if PUBLIC in cc:
        return "unlisted"
    if followers is not None and (followers in to or followers in cc):
        return "private"
    return "direct"


def named(post: Post, activity: Activity | None) -> tuple[Iri, ...]:
    """Everybody whom the post or its activity names, once each, in order (PieFed sends no tag)."""
    fields: list[Iterable[Iri]] = [post.to, post.cc, post.audience, post.target, post.mentions]
    if activity is not None:
        targets = (thing for thing in activity.target if isinstance(thing, str))
        fields += [activity.to, activity.cc, activity.audience, targets]
    return tuple(dict.fromkeys(iri for field in fields for iri in field if iri != PUBLIC))


def is_vote(post: Post) -> bool:
    """A poll vote is a `Note` with a name, no text, and the question as its parent (FEP-9967)."""
    return post.type == "Note" and post.name is not None and not post.content and post.in_reply_to is not None


def narrower(first: Visibility, second: Visibility) -> Visibility:
    """The one that fewer may read."""
    return max(first, second, key=_NARROWNESS.index)
