"""What is done with posts by an app, and undone."""

import httpx
import pytest

from actors.records import ActorRecord
from areas.records import PostRecord
from tests.testrig.world import Town
from tests.web.mastodon.conftest import Sign
from tests.web.mastodon.entities import schema
from tests.web.mastodon.entities.shapes import judge

pytestmark = pytest.mark.anyio


@pytest.fixture
async def post(town: Town) -> PostRecord:
    made, _ = await town.post(await town.person("sora"), "花の庭が見ごろです。")
    return made


@pytest.mark.parametrize(
    ("act", "undo", "flag", "count"),
    [
        ("favourite", "unfavourite", "favourited", "favourites_count"),
        ("bookmark", "unbookmark", "bookmarked", None),
        ("mute", "unmute", "muted", None),
    ],
)
async def test_a_mark_stands_until_it_is_undone(
    app: httpx.AsyncClient, post: PostRecord, act: str, undo: str, flag: str, count: str | None
) -> None:
    for _ in range(2):
        shown = (await app.post(f"/api/v1/statuses/{post.id}/{act}")).json()
        judge(schema.STATUS, shown)
        assert shown[flag] is True
        assert count is None or shown[count] == 1
    for _ in range(2):
        shown = (await app.post(f"/api/v1/statuses/{post.id}/{undo}")).json()
        assert shown[flag] is False
        assert count is None or shown[count] == 0


async def test_a_boost_is_a_post_of_its_own(app: httpx.AsyncClient, post: PostRecord) -> None:
    boost = (await app.post(f"/api/v1/statuses/{post.id}/reblog", json={"visibility": "unlisted"})).json()
    judge(schema.STATUS, boost)
    assert (boost["reblog"]["id"], boost["account"]["acct"]) == (str(post.id), "hanako")
    assert boost["reblog"]["reblogged"] is True
    again = (await app.post(f"/api/v1/statuses/{boost['id']}/reblog")).json()
    assert again["id"] == boost["id"], "of a boost the post itself is boosted, once"
    undone = (await app.post(f"/api/v1/statuses/{post.id}/unreblog")).json()
    assert (undone["id"], undone["reblogged"], undone["reblogs_count"]) == (str(post.id), False, 0)


async def test_a_boost_for_one_person_is_none(app: httpx.AsyncClient, post: PostRecord) -> None:
    refused = await app.post(f"/api/v1/statuses/{post.id}/reblog", json={"visibility": "direct"})
    assert refused.status_code == 422


async def test_only_ones_own_posts_are_pinned(
    town: Town, app: httpx.AsyncClient, hanako: ActorRecord, post: PostRecord
) -> None:
    assert (await app.post(f"/api/v1/statuses/{post.id}/pin")).status_code == 422
    own, _ = await town.post(hanako, "はじめまして")
    assert (await app.post(f"/api/v1/statuses/{own.id}/pin")).json()["pinned"] is True
    pinned = await app.get(f"/api/v1/accounts/{hanako.id}/statuses", params={"pinned": "true"})
    assert [each["id"] for each in pinned.json()] == [str(own.id)]
    assert (await app.post(f"/api/v1/statuses/{own.id}/unpin")).json()["pinned"] is False


async def test_the_lists_of_ones_marks(app: httpx.AsyncClient, post: PostRecord) -> None:
    for act, address in (("favourite", "favourites"), ("bookmark", "bookmarks")):
        assert (await app.get(f"/api/v1/{address}")).json() == []
        await app.post(f"/api/v1/statuses/{post.id}/{act}")
        [shown] = (await app.get(f"/api/v1/{address}")).json()
        judge(schema.STATUS, shown)
        assert shown["id"] == str(post.id)


async def test_nothing_is_done_with_what_one_may_not_see(
    town: Town, app: httpx.AsyncClient, sign: Sign
) -> None:
    await town.person("sora")
    made = await app.post(
        "/api/v1/statuses", json={"status": "ひみつ", "visibility": "private"}, headers=await sign("sora")
    )
    for act in ("favourite", "reblog", "bookmark", "mute", "pin"):
        assert (await app.post(f"/api/v1/statuses/{made.json()['id']}/{act}")).status_code == 404
