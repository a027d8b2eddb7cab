"""Who may read a received post, and whom it names. Pure; the only guard before anything is stored or boosted.

A post's own `to` and `cc` count, an activity's only where the post has neither; where both speak and disagree,
the narrower wins (ActivityPub §5, and what GoToSocial, Takahē and PieFed were seen to send).
"""

from collections.abc import Iterable

from areas.records import Named, Visibility
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
    return of_object if of_activity is None else narrower(of_object, of_activity)


def _visibility(to: tuple[Iri, ...], cc: tuple[Iri, ...], followers: Iri | None) -> Visibility:
    if PUBLIC in to:
        return "public"
    if PUBLIC in cc:
        return "unlisted"
    if followers is not None and (followers in to or followers in cc):
        return "private"
    return "direct"


def narrower(first: Visibility, second: Visibility) -> Visibility:
    """The one that fewer may read."""
    return max(first, second, key=_NARROWNESS.index)


def named(post: Post, activity: Activity | None) -> tuple[Named, ...]:
    """Everybody whom the post or its activity names, once each, in order (PieFed sends no tag)."""
    found = [Named(iri, "object") for iri in _distinct(_of_post(post))]
    own = {each.iri for each in found}
    if activity is not None:
        found += [Named(iri, "activity") for iri in _distinct(_of_activity(activity)) if iri not in own]
    return tuple(found)


def _of_post(post: Post) -> tuple[Iri, ...]:
    return (*post.to, *post.cc, *post.audience, *post.target, *post.mentions)


def _of_activity(activity: Activity) -> tuple[Iri, ...]:
    targets = (thing if isinstance(thing, str) else thing.id for thing in activity.target)
    known = (iri for iri in targets if iri is not None)
    return (*activity.to, *activity.cc, *activity.audience, *known)


def _distinct(iris: Iterable[Iri]) -> list[Iri]:
    return [iri for iri in dict.fromkeys(iris) if iri != PUBLIC]


def is_vote(post: Post) -> bool:
    """A poll vote is a `Note` with a name, no text, and the question as its parent (FEP-9967)."""
    is_answer = post.type == "Note" and post.in_reply_to is not None
    return is_answer and post.name is not None and not (post.content or "").strip()
