"""Which changes can stand in which channel, and what an app has to name."""

import pytest
from starlette.exceptions import HTTPException

from actors.changes import Audience, Change, Kind
from web.mastodon.streaming.channels import NAMES, Channel, demand_scopes, read_channel, wants

ME = 7
EVERYTHING = frozenset({"read"})
POSTS: tuple[Kind, ...] = ("written", "edited", "shared", "placed")
TIMELINES = NAMES - {"direct", "user:notification"}


def channel(name: str) -> Channel:
    return read_channel(name, "花", "12")


def wanting(kind: Kind, actor_id: int = ME, scopes: frozenset[str] = EVERYTHING) -> set[str]:
    """The channels of mine in which such a change of `actor_id` may stand."""
    change = Change(kind, 1, actor_id, 1, Audience("public"))
    return {name for name in NAMES if wants(channel(name), change, ME, scopes)}


def test_posts_stand_in_timelines() -> None:
    assert wanting("written") == {name for name in TIMELINES if not name.startswith("public:local")}
    assert wanting("placed") == wanting("edited") == TIMELINES
    assert wanting("brought") == {"list"}
    assert wanting("shared") == {"user", "list"}
    assert wanting("removed") == NAMES - {"user:notification"}


def test_what_is_personal_is_for_its_owner() -> None:
    for kind in ("notified", "merged", "messaged", "filters"):
        assert wanting(kind, ME + 1) == set(), kind
    assert wanting("notified") == wanting("merged") == {"user", "user:notification"}
    assert wanting("messaged") == {"direct"}
    assert wanting("filters") == {"user"}
    assert wanting("notified", scopes=frozenset({"read:statuses"})) == set()
    assert wanting("access") == wanting("lost") == set()


def test_labels_are_what_was_asked_for() -> None:
    assert channel("user").label == ("user",)
    assert channel("hashtag:local").label == ("hashtag:local", "花")
    assert channel("list").label == ("list", "12")
    assert (channel("public:local:media").base, channel("public:local:media").only_media) == (
        "public:local",
        True,
    )


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_channel_needs_its_scope(name: str) -> None:
    needed = {
        "user:notification": "notifications",
        "user": "statuses",
        "list": "statuses",
        "direct": "statuses",
    }
    for scope in ("read:statuses", "read:notifications", "write", "push"):
        may = name not in needed or scope == f"read:{needed[name]}"
        if may:
            demand_scopes(channel(name), frozenset({scope}))
        else:
            with pytest.raises(HTTPException) as caught:
                demand_scopes(channel(name), frozenset({scope}))
            assert caught.value.status_code == 401
    demand_scopes(channel(name), EVERYTHING)
