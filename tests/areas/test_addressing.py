"""Who may read a post and whom it names, over all shapes of addressing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from areas.addressing import is_vote, named, narrower, visibility
from areas.records import SHOWN, Named, Visibility
from federation.parsing import parse_activity
from federation.vocabulary import PUBLIC, Actor, Create, Iri, Mention, Post, Unrecognized

AREA = Iri("https://machi.test/areas/megumino")
ALICE = Iri("https://p.test/users/alice")
FOLLOWERS = Iri("https://p.test/users/alice/followers")
BOB = Iri("https://q.test/users/bob")
NOTE = Iri("https://p.test/notes/1")

SOME = st.lists(st.sampled_from([PUBLIC, FOLLOWERS, AREA, BOB]), unique=True, max_size=4).map(tuple)
POSTS = st.builds(
    lambda to, cc, tags, audience, *, addressed: Post(
        id=NOTE,
        type="Note",
        to=to if addressed else (),
        cc=cc if addressed else (),
        addressed=addressed,
        tags=tuple(Mention(iri) for iri in tags),
        audience=audience,
    ),
    SOME,
    SOME,
    SOME,
    SOME,
    addressed=st.booleans(),
)
CREATES = st.builds(
    lambda to, cc, audience: Create(id=Iri(f"{NOTE}/activity"), actor=ALICE, to=to, cc=cc, audience=audience),
    SOME,
    SOME,
    SOME,
)
ORDER: tuple[Visibility, ...] = ("public", "unlisted", "private", "direct")


@given(POSTS, CREATES)
def test_what_nobody_calls_public_never_is(post: Post, create: Create) -> None:
    if visibility(post, create, FOLLOWERS) in SHOWN:
        assert PUBLIC in (*post.to, *post.cc) or not post.addressed
        assert PUBLIC in (*create.to, *create.cc) or not (create.to or create.cc)
        assert PUBLIC in (*post.to, *post.cc, *create.to, *create.cc)


@given(POSTS, CREATES)
def test_the_narrower_wins(post: Post, create: Create) -> None:
    found = ORDER.index(visibility(post, create, FOLLOWERS))
    if post.addressed:
        assert found >= ORDER.index(visibility(post, None, FOLLOWERS))
    if create.to or create.cc:
        unaddressed = replace(post, to=(), cc=(), addressed=False)
        assert found >= ORDER.index(visibility(unaddressed, create, FOLLOWERS))


@given(POSTS, CREATES)
def test_a_mention_or_an_audience_makes_nothing_public(post: Post, create: Create) -> None:
    shown_to_all = replace(post, tags=(Mention(PUBLIC),), audience=(PUBLIC,), target=(PUBLIC,))
    spoken = replace(create, audience=(PUBLIC,), target=(PUBLIC,))
    assert visibility(shown_to_all, spoken, FOLLOWERS) == visibility(post, create, FOLLOWERS)


@given(POSTS, CREATES)
def test_everybody_is_named_once_and_nobody_is_everybody(post: Post, create: Create) -> None:
    found = [each.iri for each in named(post, create)]
    assert len(found) == len(set(found))
    assert PUBLIC not in found
    everywhere = {
        *post.to,
        *post.cc,
        *post.audience,
        *post.mentions,
        *create.to,
        *create.cc,
        *create.audience,
    }
    assert set(found) == everywhere - {PUBLIC}
    own = [each.iri for each in named(post, None)]
    assert [each.iri for each in named(post, create) if each.source == "object"] == own


@pytest.mark.parametrize(
    ("to", "cc", "found"),
    [
        ((PUBLIC,), (FOLLOWERS,), "public"),
        ((FOLLOWERS,), (PUBLIC,), "unlisted"),
        ((), (PUBLIC, AREA), "unlisted"),
        ((FOLLOWERS,), (AREA,), "private"),
        ((AREA,), (FOLLOWERS,), "private"),
        ((AREA,), (), "direct"),
        ((), (), "direct"),
    ],
)
def test_how_each_is_addressed(to: tuple[Iri, ...], cc: tuple[Iri, ...], found: str) -> None:
    assert visibility(Post(id=NOTE, type="Note", to=to, cc=cc, addressed=True), None, FOLLOWERS) == found


def test_somebody_elses_followers_make_a_message() -> None:
    post = Post(id=NOTE, type="Note", to=(Iri(f"{BOB}/followers"),), addressed=True)
    assert visibility(post, None, FOLLOWERS) == "direct"
    assert visibility(replace(post, to=(FOLLOWERS,)), None, None) == "direct"


def test_an_activitys_target_names_an_area_in_any_shape() -> None:
    post = Post(id=NOTE, type="Note", to=(PUBLIC,), addressed=True)
    for thing in (AREA, Actor(AREA, "Group", "megumino", None), Unrecognized(AREA, "Space")):
        create = Create(id=NOTE, actor=ALICE, target=(thing,))
        assert named(post, create) == (Named(AREA, "activity"),)
    assert named(post, Create(id=NOTE, actor=ALICE, target=(Unrecognized(None, "Space"),))) == ()


TAKAHE = b"""{"id": "https://p.test/1", "type": "Create", "actor": "https://p.test/users/alice",
 "object": {"id": "https://p.test/1", "type": "Note", "to": [], "cc": ["as:Public", "%s"]}}"""
BARE = b"""{"id": "https://p.test/1", "type": "Create", "actor": "https://p.test/users/alice", "to": "Public",
 "object": {"id": "https://p.test/1", "type": "Note", "cc": "%s", "tag": {"type": "Mention", "href": "%s"}}}"""
NOWHERE = b"""{"id": "https://p.test/1", "type": "Create", "actor": "https://p.test/users/alice",
 "to": ["as:Public"], "object": {"id": "https://p.test/1", "type": "Note", "audience": "%s"}}"""


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (TAKAHE % AREA.encode(), "unlisted"),
        (BARE % (AREA.encode(), AREA.encode()), "direct"),
        (NOWHERE % AREA.encode(), "public"),
    ],
)
def test_as_they_come_from_the_wire(raw: bytes, found: str) -> None:
    activity = parse_activity(raw)
    assert isinstance(activity, Create)
    assert isinstance(activity.object, Post)
    assert visibility(activity.object, activity, FOLLOWERS) == found
    assert AREA in {each.iri for each in named(activity.object, activity)}


def test_the_narrower_of_two() -> None:
    for first in range(4):
        for second in range(4):
            assert narrower(ORDER[first], ORDER[second]) == ORDER[max(first, second)]


VOTE = Post(id=NOTE, type="Note", name="はい", in_reply_to=Iri("https://machi.test/posts/1"))


@pytest.mark.parametrize(
    ("post", "found"),
    [
        (VOTE, True),
        (replace(VOTE, content=""), True),
        (replace(VOTE, content=" \n"), True),
        (replace(VOTE, content="<p>はい</p>"), False),
        (replace(VOTE, name=None), False),
        (replace(VOTE, in_reply_to=None), False),
        (replace(VOTE, type="Article"), False),
    ],
)
def test_votes(post: Post, found: bool) -> None:
    assert is_vote(post) is found
