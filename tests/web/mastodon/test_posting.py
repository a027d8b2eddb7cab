"""Writing, changing and deleting posts by an app."""

from typing import Any

import httpx
import pytest

from actors.records import ActorRecord
from actors.remote import save_remote
from areas import preferences
from areas.preferences import Preferences
from areas.records import AreaRecord
from tests.testrig.people import describe
from tests.testrig.world import Town, World
from tests.web.mastodon.conftest import Sign
from tests.web.mastodon.entities import schema
from tests.web.mastodon.entities.shapes import judge

pytestmark = pytest.mark.anyio

STATUSES = "/api/v1/statuses"


async def send(app: httpx.AsyncClient, **fields: Any) -> Any:
    response = await app.post(STATUSES, json=fields)
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_post_says_what_was_asked(app: httpx.AsyncClient) -> None:
    shown = await send(
        app,
        status="雪まつりの準備です #雪まつり",
        visibility="unlisted",
        spoiler_text="長い話",
        language="en",
    )
    judge(schema.STATUS, shown)
    assert (shown["visibility"], shown["language"]) == ("unlisted", "en")
    assert (shown["spoiler_text"], shown["sensitive"]) == ("長い話", True)
    assert [tag["name"] for tag in shown["tags"]] == ["雪まつり"]
    assert (await app.get(f"{STATUSES}/{shown['id']}")).json()["content"] == shown["content"]


async def test_what_is_not_said_is_as_its_author_likes_it(
    town: Town, app: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    await town.write(preferences.save, hanako.id, Preferences("private", sensitive=True, language="en"))
    shown = await send(app, status="おはよう")
    assert (shown["visibility"], shown["sensitive"], shown["language"]) == ("private", True, "en")


async def test_a_reply_answers_what_it_names(town: Town, app: httpx.AsyncClient) -> None:
    sora = await town.person("sora")
    asked, _ = await town.post(sora, "除雪はいつですか。")
    shown = await send(app, status="明日です。", in_reply_to_id=str(asked.id))
    assert (shown["in_reply_to_id"], shown["in_reply_to_account_id"]) == (str(asked.id), str(sora.id))


async def test_the_same_key_is_the_same_post(app: httpx.AsyncClient) -> None:
    headers = {"idempotency-key": "one"}
    first = await app.post(STATUSES, json={"status": "一度だけ"}, headers=headers)
    again = await app.post(STATUSES, json={"status": "一度だけ"}, headers=headers)
    assert first.json()["id"] == again.json()["id"]
    other = await app.post(STATUSES, json={"status": "一度だけ"}, headers={"idempotency-key": "two"})
    assert other.json()["id"] != first.json()["id"]


async def test_an_area_that_is_named_has_the_post(town: Town, app: httpx.AsyncClient) -> None:
    area: AreaRecord = await town.area("megumino")
    shown = await send(app, status=f"{area.handle} 花の庭が見ごろです。")
    [placed] = (await app.get(f"/api/v1/accounts/{area.actor_id}/statuses")).json()
    assert placed["reblog"]["id"] == shown["id"]


async def test_whom_nobody_knows_is_looked_up_and_named(world: World, app: httpx.AsyncClient) -> None:
    peer = world.peer("far.example")
    peer.actor("ken")
    shown = await send(app, status="@ken@far.example こんにちは @nobody@far.example @me@away.example")
    assert [each["acct"] for each in shown["mentions"]] == ["ken@far.example"]
    await world.settle()
    assert peer.kinds() == ["Create"], "it is sent to whom it names"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": ""}, "needs a text"),
        ({"status": "a" * 5001}, "5000"),
        ({"status": "a", "visibility": "area"}, "visibility"),
        ({"status": "a", "in_reply_to_id": "x"}, "in_reply_to_id"),
        ({"status": "a", "language": "日本語"}, "language"),
        ({"status": "a", "media_ids": ["1"]}, "1"),
        ({"status": "a", "quoted_status_id": "5"}, "quote"),
    ],
)
async def test_what_cannot_be_posted_is_told_why(
    app: httpx.AsyncClient, fields: dict[str, Any], words: str
) -> None:
    response = await app.post(STATUSES, json=fields)
    assert response.status_code == 422, response.text
    judge(schema.ERROR, response.json())
    assert words in response.json()["error"]


async def test_a_reply_to_what_one_may_not_see_is_refused(
    town: Town, app: httpx.AsyncClient, sign: Sign
) -> None:
    await town.person("sora")
    hidden = await app.post(
        STATUSES, json={"status": "ひみつ", "visibility": "private"}, headers=await sign("sora")
    )
    response = await app.post(STATUSES, json={"status": "え", "in_reply_to_id": hidden.json()["id"]})
    assert response.status_code == 404


async def test_a_question_is_voted_on(town: Town, app: httpx.AsyncClient, sign: Sign) -> None:
    await town.person("sora")
    sora = await sign("sora")
    asked = await send(
        app,
        status="次の集まりは?",
        poll={"options": ["土曜", "日曜", "平日"], "expires_in": 3600, "multiple": True, "hide_totals": True},
    )
    judge(schema.STATUS, asked)
    assert [each["title"] for each in asked["poll"]["options"]] == ["土曜", "日曜", "平日"]
    address = f"/api/v1/polls/{asked['poll']['id']}"
    voted = await app.post(f"{address}/votes", data={"choices[]": ["0", "2"]}, headers=sora)
    judge(schema.POLL, voted.json())
    assert (voted.json()["voted"], voted.json()["own_votes"]) == (True, [0, 2])
    assert {each["votes_count"] for each in voted.json()["options"]} == {None}
    assert (await app.post(f"{address}/votes", data={"choices[]": ["3"]}, headers=sora)).status_code == 422
    town.clock.advance(hours=2)  # type: ignore[attr-defined] # the tests' own clock
    over = (await app.get(address)).json()
    assert (over["expired"], [each["votes_count"] for each in over["options"]]) == (True, [1, 0, 1])
    late = await app.post(f"{address}/votes", data={"choices[]": ["1"]}, headers=sora)
    assert (late.status_code, "over" in late.json()["error"]) == (422, True)


@pytest.mark.parametrize(
    "poll", [{"options": ["一つ"]}, {"options": ["a", "a"]}, {"options": ["a", "b"], "expires_in": 1}]
)
async def test_what_is_no_question(app: httpx.AsyncClient, poll: dict[str, Any]) -> None:
    response = await app.post(STATUSES, json={"status": "え", "poll": poll})
    assert response.status_code == 422


async def test_what_has_no_poll_has_no_votes(app: httpx.AsyncClient) -> None:
    plain = await send(app, status="質問ではない")
    assert (await app.get(f"/api/v1/polls/{plain['id']}")).status_code == 404
    assert (await app.post(f"/api/v1/polls/{plain['id']}/votes", json={"choices": [0]})).status_code == 404


async def test_an_edit_keeps_what_stood_before(app: httpx.AsyncClient) -> None:
    first = await send(app, status="あした集まります", spoiler_text="集まり")
    response = await app.put(f"{STATUSES}/{first['id']}", json={"status": "あさって集まります"})
    shown = response.json()
    judge(schema.STATUS, shown)
    assert "あさって" in shown["content"]
    assert shown["spoiler_text"] == "集まり"
    assert shown["edited_at"] is not None
    history = (await app.get(f"{STATUSES}/{first['id']}/history")).json()
    assert ["あした" in each["content"] for each in history] == [True, False]


async def test_a_deletion_gives_the_text_back(app: httpx.AsyncClient) -> None:
    first = await send(app, status="書き直します", spoiler_text="下書き")
    gone = (await app.delete(f"{STATUSES}/{first['id']}")).json()
    assert (gone["text"], gone["spoiler_text"], gone["id"]) == ("書き直します", "下書き", first["id"])
    assert (await app.get(f"{STATUSES}/{first['id']}")).status_code == 404
    assert (await app.delete(f"{STATUSES}/{first['id']}")).status_code == 404


async def test_nobody_changes_what_others_wrote(town: Town, app: httpx.AsyncClient) -> None:
    sora = await town.person("sora")
    post, _ = await town.post(sora, "わたしの投稿")
    assert (await app.put(f"{STATUSES}/{post.id}", json={"status": "ちがう"})).status_code == 404
    assert (await app.delete(f"{STATUSES}/{post.id}")).status_code == 404
    assert "わたし" in (await app.get(f"{STATUSES}/{post.id}")).json()["content"]


async def test_a_group_for_moderators_only_takes_no_post_of_another(
    town: Town, app: httpx.AsyncClient
) -> None:
    group = describe("news", type="Group", posting_restricted=True)
    await town.write(save_remote, group, town.clock())
    refused = await app.post(STATUSES, json={"status": "@news@p.test こんにちは"})
    assert refused.status_code == 422
    assert "@news@p.test に投稿できるのは、そこを管理する人だけです" in refused.json()["error"]
    assert "Only its moderators post" in refused.json()["error"]
    await send(app, status="@news@p.test こんにちは", visibility="direct")
