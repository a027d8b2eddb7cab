"""What is live is what stands in the timeline: for whom it is, once, as she sees it; and it goes again."""

import pytest

from areas import decisions, placements
from tests.testrig.streaming import Listener
from tests.web.mastodon.entities import schema
from tests.web.mastodon.entities.shapes import judge
from tests.web.mastodon.streaming.conftest import Scene

pytestmark = pytest.mark.anyio


async def list_until(listener: Listener, name: str, wanted: object) -> list[tuple[str, str]]:
    return [(each.name, each.id) for each in await listener.until(name, wanted)]


async def list_timeline(scene: Scene, who: str, path: str) -> list[str]:
    """The ids in a timeline, the oldest first."""
    return [each["id"] for each in reversed(await scene.ask(who, "GET", f"v1/timelines/{path}"))]


async def test_home_is_heard_as_it_is_read(scene: Scene) -> None:
    """Of whom she follows, her own, what areas accept, boosts: each post once, as in the timeline itself."""
    hanako = await scene.socket("hanako", "user")
    first = await scene.post("sora", "花の庭")
    await scene.post("riku", "知らない人")
    await scene.post("riku", "@megumino 祭りです")
    await scene.post("sora", "@megumino 除雪を手伝います")  # in the area too: once
    strange = await scene.post("riku", "おすすめ")
    await scene.ask("sora", "POST", f"v1/statuses/{strange}/reblog")
    await scene.ask("riku", "POST", f"v1/statuses/{first}/reblog")
    await scene.post("sora", "フォロワーだけに", visibility="private")
    await scene.post("riku", "@sora 内緒", visibility="direct")
    await scene.post("sora", "@riku 返事です", in_reply_to_id=strange)
    last = await scene.post("hanako", "おしまい")
    heard = await hanako.until("update", last)
    for each in heard:
        judge(schema.STATUS, each.payload)
        assert each.stream == ("user",)
    assert [each.id for each in heard] == await list_timeline(scene, "hanako", "home")
    assert len(heard) == 6


async def test_private_posts_are_heard_by_their_readers_alone(scene: Scene) -> None:
    """By no channel, not even that one has gone."""
    everything = ("user", "public", "public:local", "direct", "public:media")
    riku = await scene.socket("riku", *everything)
    hanako = await scene.socket("hanako", *everything)
    for visibility in ("private", "direct"):
        post = await scene.post("sora", "@hanako ないしょ #秘密", visibility=visibility)
        await scene.ask("sora", "PUT", f"v1/statuses/{post}", status="@hanako やっぱりないしょ #秘密")
        await scene.ask("sora", "DELETE", f"v1/statuses/{post}")
        told = await list_until(hanako, "delete", post)
        assert ("delete", post) in told
    await scene.ask("riku", "POST", f"v1/accounts/{scene.people['riku'].id}/note", comment="x")
    canary = await scene.post("riku", "見えますか")
    assert [(each.name, each.id) for each in await riku.until("update", canary, ["public"])] == [
        ("update", canary),
        ("update", canary),
    ]


async def test_who_is_blocked_or_muted_is_not_heard(scene: Scene) -> None:
    sora, riku = scene.people["sora"].id, scene.people["riku"].id
    hanako = await scene.socket("hanako", "user", "public")
    listening_sora = await scene.socket("sora", "public")
    await scene.ask("hanako", "POST", f"v1/accounts/{riku}/block")
    await scene.ask("hanako", "POST", f"v1/accounts/{sora}/mute")
    await scene.post("riku", "@megumino 聞こえますか")
    hidden = await scene.post("sora", "これも")
    await scene.ask("sora", "PUT", f"v1/statuses/{hidden}", status="書き直しました")
    canary = await scene.post("hanako", "静かです")
    heard = await hanako.until("update", canary, ["public"])
    assert {each.id for each in heard} == {canary}
    seen = await listening_sora.until("update", canary)
    assert len(seen) == 4  # riku's, sora's own, its edit, the canary


async def test_filters_are_the_readers_own_and_their_change_is_told(scene: Scene) -> None:
    hanako, sora = await scene.socket("hanako", "user"), await scene.socket("sora", "user")
    words = [{"keyword": "納豆", "whole_word": False}]
    wanted = {"title": "におい", "context": ["home"], "filter_action": "warn", "keywords_attributes": words}
    await scene.ask("hanako", "POST", "v2/filters", **wanted)
    post = await scene.post("sora", "納豆を配ります")
    heard = await hanako.until("update", post)
    assert [each.name for each in heard] == ["filters_changed", "update"]
    assert heard[0].payload is None
    (filtered,) = heard[1].payload["filtered"]
    assert filtered["keyword_matches"] == ["納豆"]
    (mine,) = await sora.until("update", post)
    assert mine.payload["filtered"] == []


async def test_edits_and_ends_follow_a_post_wherever_it_stands(scene: Scene) -> None:
    """A post of somebody whom one does not follow stands at home by its area; its edit and its end are told there."""
    hanako = await scene.socket("hanako", "user", "public:local")
    post = await scene.post("riku", "@megumino 祭りです")
    await scene.ask("riku", "PUT", f"v1/statuses/{post}", status="@megumino 祭りは日曜です")
    heard = await hanako.until("status.update", post, ["public:local"])
    placed = heard[0]
    assert (placed.payload["account"]["acct"], placed.payload["reblog"]["id"]) == ("megumino", post)
    assert [(each.name, each.stream[0]) for each in heard] == [
        ("update", "user"),
        ("update", "public:local"),
        ("status.update", "user"),
        ("status.update", "public:local"),
    ]
    assert "日曜" in heard[-1].payload["content"]
    await scene.ask("riku", "DELETE", f"v1/statuses/{post}")
    ends = {each.id for each in await hanako.until("delete", post, ["public:local"])}
    ends |= {each.id for each in hanako.heard}
    assert post in ends


async def test_what_an_area_takes_back_goes_and_comes_again(scene: Scene) -> None:
    town = scene.town
    hanako = await scene.socket("hanako", "public:local")
    post = await scene.post("riku", "@megumino 売ります")
    (update,) = await hanako.until("update", (await list_timeline(scene, "hanako", "public?local=true"))[-1])
    [placed] = await town.read(placements.placements_of, int(post))
    await town.write(lambda tx: decisions.remove(tx, placed.id, by=None, reason="x", now=town.clock()))
    (gone,) = await hanako.until("delete", placed.position)
    assert gone.payload == update.id == str(placed.position)


async def test_boosts_that_are_taken_back_go(scene: Scene) -> None:
    hanako = await scene.socket("hanako", "user")
    post = await scene.post("riku", "おすすめ")
    boost = (await scene.ask("sora", "POST", f"v1/statuses/{post}/reblog"))["id"]
    await scene.ask("sora", "POST", f"v1/statuses/{post}/unreblog")
    assert await list_until(hanako, "delete", boost) == [("update", boost), ("delete", boost)]


async def test_the_known_network_and_tags_have_each_post_once(scene: Scene) -> None:
    """However many areas accept it; without replies and boosts; a tag in any spelling."""
    await scene.town.area("mikawa")
    socket = await scene.socket("riku", "public", "public:remote", "public:media")
    await socket.say("subscribe", "hashtag", tag="ﾕｷ")
    await socket.say("subscribe", "hashtag:local", tag="ユキ")
    await scene.catch_up(socket)
    post = await scene.post("sora", "@megumino @mikawa #ユキ かき")
    await scene.ask("hanako", "POST", f"v1/statuses/{post}/reblog")
    await scene.post("hanako", "@sora #ユキ はい", in_reply_to_id=post)
    canary = await scene.post("riku", "おしまい")
    heard = [
        (each.stream, each.payload["content"].count("ユキ")) for each in await socket.until("update", canary)
    ]
    assert heard == [
        (("public",), 1),
        (("hashtag", "ﾕｷ"), 1),
        (("hashtag:local", "ユキ"), 1),
        (("hashtag", "ﾕｷ"), 1),
        (("hashtag:local", "ユキ"), 1),
        (("public",), 0),
    ]


async def test_lists_are_heard_by_their_owner(scene: Scene) -> None:
    made = await scene.ask("hanako", "POST", "v1/lists", title="近所")
    await scene.ask(
        "hanako", "POST", f"v1/lists/{made['id']}/accounts", account_ids=[scene.people["sora"].id]
    )
    of_area = next(each for each in await scene.ask("hanako", "GET", "v1/lists") if each["id"] != made["id"])
    socket = await scene.socket("hanako", "list", list=made["id"])
    await socket.say("subscribe", "list", list=int(of_area["id"]))
    await scene.catch_up(socket)
    await scene.post("riku", "だれでもない")
    post = await scene.post("sora", "@megumino 雪です")
    heard = await socket.until("update", (await list_timeline(scene, "hanako", f"list/{of_area['id']}"))[-1])
    assert [each.stream for each in heard][-1] == ("list", of_area["id"])
    assert ("list", made["id"]) in {each.stream for each in heard if each.id == post}
    foreign = await scene.socket("riku")
    await foreign.say("subscribe", "list", list=made["id"])
    assert await foreign.error() == {"error": "Not authorized to stream this list", "status": 401}


async def test_notifications_messages_and_requests(scene: Scene) -> None:
    hanako = await scene.socket("hanako", "user", "user:notification", "direct")
    post = await scene.post("hanako", "花の庭")
    await scene.ask("riku", "POST", f"v1/statuses/{post}/favourite")
    (told, *_) = await scene.ask("hanako", "GET", "v1/notifications")
    heard = await hanako.until("notification", told["id"], ["user:notification"])
    assert [(each.name, each.stream) for each in heard] == [
        ("update", ("user",)),
        ("notification", ("user",)),
        ("notification", ("user:notification",)),
    ]
    assert heard[-1].payload == told
    await scene.post("riku", "@hanako こっそり", visibility="direct")  # from a stranger: it waits
    (thread,) = await scene.ask("hanako", "GET", "v1/conversations")
    (message,) = await hanako.until("conversation", thread["id"])
    assert (message.stream, message.payload) == (("direct",), thread)
    await scene.ask("hanako", "POST", "v1/notifications/requests/accept", id=[scene.people["riku"].id])
    merged = await hanako.until("notifications_merged", "1", ["user:notification"])
    assert [each.stream for each in merged] == [("user",), ("user:notification",)]
