"""What a resident's app shows of somebody on a server that nobody here wrote, and what that server hears of her."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.testrig import fedify
from tests.testrig.apps import App
from tests.testrig.papers import issue
from tests.testrig.programs import Event
from tests.testrig.served import Served, open_browser, serve
from tests.together.test_fedify import Peer, meet, packages

__all__ = ["packages"]
pytestmark = [pytest.mark.anyio, pytest.mark.fedify]

HOST = "eniwa"


@dataclass(frozen=True, slots=True)
class Scene:
    """hana, who has an app at our node, and ume on a Fedify server; they follow each other."""

    town: Served
    app: App
    hana: str
    ume: Peer

    @property
    def ume_handle(self) -> str:
        return f"ume@{self.ume.host}"

    async def say(self, text: str, **fields: Any) -> dict[str, Any]:
        """Post something by the app, and wait until ume has heard of it."""
        made = await self.app.say(text, **fields)
        await self.ume.program.expect(event="heard", type="Create", object=made["uri"])
        return made

    async def let_ume(self, command: str, **values: object) -> Event:
        """Let ume do something. Our node has answered then, and it answers once what was sent has its effect."""
        return await self.ume.do(command, author=f"@{self.app.handle}", **values)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def scene(packages: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    papers = issue(tmp_path_factory.mktemp("papers"), *(f"{name}.localhost" for name in (HOST, "ume")))
    async with (
        fedify.start_peer("ume", "rfc9421", papers) as program,
        serve(HOST, tmp_path_factory.mktemp("town"), papers) as town,
    ):
        hana = await town.command("actor create", name="hana", kind="resident", title="花")
        token = await town.command("token create", name="hana")
        headers = {"authorization": f"Bearer {token['token']}"}
        async with open_browser(town, papers, **headers) as client:
            handle = f"hana@{town.host}"
            scene = Scene(town, App(client, handle), hana["iri"], await meet(program))
            await befriend(scene)
            yield scene
            for each in (program, town.program):
                assert not each.lines
                assert not each.find(event="failed")


async def befriend(scene: Scene) -> None:
    await scene.ume.do("follow", target=f"@{scene.app.handle}")
    ume = await scene.app.find_account(scene.ume_handle)
    asked = await scene.app.post(f"/api/v1/accounts/{ume['id']}/follow", notify=True)
    assert (asked["following"], asked["requested"], asked["followed_by"]) == (False, True, True)
    follow = await scene.ume.program.expect(event="heard", type="Follow", actor=scene.hana)
    await scene.let_ume("accept", follow=follow["id"])


async def see(scene: Scene, uri: str) -> dict[str, Any]:
    return await scene.app.see(uri)


async def test_they_follow_each_other(scene: Scene) -> None:
    ume = await scene.app.find_account(scene.ume_handle)
    [relation] = await scene.app.get("/api/v1/accounts/relationships", **{"id[]": ume["id"]})
    assert (relation["following"], relation["followed_by"], relation["requested"]) == (True, True, False)
    assert ("follow", scene.ume_handle) in await scene.app.told()
    me = await scene.app.get("/api/v1/accounts/verify_credentials")
    assert (me["followers_count"], me["following_count"]) == (1, 1)


async def test_what_she_is_told_and_what_she_answers(scene: Scene) -> None:
    note = await scene.let_ume("post", id="hello", text="こんにちは")
    shown = await see(scene, note["id"])
    assert ("こんにちは" in shown["content"], shown["account"]["acct"]) == (True, scene.ume_handle)
    assert [each["acct"] for each in shown["mentions"]] == ["hana"]
    assert (await scene.app.told())[0] == ("mention", scene.ume_handle)
    home = await scene.app.get("/api/v1/timelines/home")
    assert note["id"] in [each["uri"] for each in home]
    answer = await scene.say(f"@{scene.ume_handle} いらっしゃい", in_reply_to_id=shown["id"])
    assert (await see(scene, note["id"]))["replies_count"] == 1
    heard = await scene.ume.program.expect(event="heard", type="Create", object=answer["uri"])
    received = await scene.ume.program.expect(event="received", activity=heard["id"])
    assert received["document"]["object"]["inReplyTo"] == note["id"]
    again = await scene.let_ume("post", id="again", text="ありがとう", answers=answer["uri"])
    context = await scene.app.get(f"/api/v1/statuses/{shown['id']}/context")
    assert [each["uri"] for each in context["descendants"]] == [answer["uri"], again["id"]]


async def test_likes_and_boosts_both_ways(scene: Scene) -> None:
    mine = await scene.say("落とし物です")
    for kind, told, counted in (
        ("Like", "favourite", "favourites_count"),
        ("Announce", "reblog", "reblogs_count"),
    ):
        about = {"kind": kind, "object": mine["uri"]}
        await scene.let_ume("react", **about)
        assert (await see(scene, mine["url"]))[counted] == 1
        assert (await scene.app.told())[0] == (told, scene.ume_handle)
        await scene.let_ume("react", **about, undo=True)
        assert (await see(scene, mine["url"]))[counted] == 0
    hers = await scene.let_ume("post", id="snow", text="雪です")
    for verb, kind in (("favourite", "Like"), ("reblog", "Announce")):
        await scene.app.act(hers["id"], verb)
        heard = await scene.ume.program.expect(event="heard", type=kind, object=hers["id"], actor=scene.hana)
        await scene.app.act(hers["id"], f"un{verb}")
        await scene.ume.program.expect(event="heard", type="Undo", object=heard["id"])


async def test_edits_and_deletions_both_ways(scene: Scene) -> None:
    hers = await scene.let_ume("post", id="meeting", text="八時です")
    await scene.app.act(hers["id"], "bookmark")
    await scene.let_ume("edit", id="meeting", text="九時です")
    shown = await see(scene, hers["id"])
    assert ("九時です" in shown["content"], shown["edited_at"] is not None) == (True, True)
    versions = await scene.app.get(f"/api/v1/statuses/{shown['id']}/history")
    assert [("八時" in each["content"], "九時" in each["content"]) for each in versions] == [
        (True, False),
        (False, True),
    ]
    await scene.let_ume("delete", id="meeting")
    assert (await scene.app.request("GET", f"/api/v1/statuses/{shown['id']}")).status_code == 404
    assert await scene.app.get("/api/v1/bookmarks") == []

    mine = await scene.say("集合は八時です")
    path = f"/api/v1/statuses/{mine['id']}"
    assert (await scene.app.request("PUT", path, json={"status": "集合は九時です"})).status_code == 200
    update = await scene.ume.program.expect(
        event="heard", type="Update", actor=scene.hana, object=mine["uri"]
    )
    received = await scene.ume.program.expect(event="received", activity=update["id"])
    assert received["document"]["object"]["content"] == "<p>集合は九時です</p>"
    assert (await scene.app.request("DELETE", path)).status_code == 200
    await scene.ume.program.expect(event="heard", type="Delete", actor=scene.hana, object=mine["uri"])


async def test_a_vote_counts(scene: Scene) -> None:
    asked = await scene.say("除雪はいつ?", poll={"options": ["朝", "夕方"], "expires_in": 3600})
    await scene.let_ume("vote", question=asked["uri"], option="夕方")
    counted = await scene.app.get(f"/api/v1/polls/{asked['poll']['id']}")
    assert [each["votes_count"] for each in counted["options"]] == [0, 1]
    assert (counted["voters_count"], counted["voted"]) == (1, True), (
        "who asks sees the counts, and has no vote"
    )


async def test_what_is_for_followers_and_for_one(scene: Scene) -> None:
    for visibility, text in (("private", "ご近所だけに"), ("direct", f"@{scene.ume_handle} 内緒です")):
        made = await scene.say(text, visibility=visibility)
        heard = await scene.ume.program.expect(event="heard", type="Create", object=made["uri"])
        received = await scene.ume.program.expect(event="received", activity=heard["id"])
        named = str([received["document"]["object"].get(each, []) for each in ("to", "cc")])
        assert "Public" not in named
        assert ("/followers" in named) == (visibility == "private")


async def test_the_end_of_it(scene: Scene) -> None:
    """She blocks her, and neither follows the other any more."""
    ume = await scene.app.find_account(scene.ume_handle)
    blocked = await scene.app.post(f"/api/v1/accounts/{ume['id']}/block")
    assert (blocked["blocking"], blocked["following"], blocked["followed_by"]) == (True, False, False)
    await scene.ume.program.expect(event="heard", type="Block", actor=scene.hana, object=scene.ume.actor)
    home = await scene.app.get("/api/v1/timelines/home")
    assert scene.ume_handle not in [each["account"]["acct"] for each in home]
    assert scene.ume_handle not in [name for _, name in await scene.app.told()]
