"""A report about a post of another town: told to its home area without a name, and answered."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from actors.directory import find_actor
from areas import interactions
from areas.interactions.reporting import Complaint
from areas.interactions.saying import require_post
from areas.records import PostRecord
from areas.registry import find_area_by_name
from areas.zones import complaints
from federation.errors import NotFound, Refused
from federation.vocabulary import Iri
from tests.testrig.world import Town, World
from web.cli import run_command

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[], str]
OURS, THEIRS = "@megumino@eniwa.example", "@chitose@chitose.example"


class Scene:
    """Posts of 千歳 come to 恵庭."""

    def __init__(self, world: World, ours: Town, theirs: Town) -> None:
        self.world, self.ours, self.theirs = world, ours, theirs

    async def do(self, town: Town, command: str, **words: Any) -> Any:
        report = await run_command(town.node, command, words)
        await self.settle()
        return report.data

    async def settle(self) -> None:
        for _ in range(2):
            await self.world.settle()

    async def post(self) -> tuple[PostRecord, str]:
        """A post of theirs, and the path of its page at ours."""
        author = await self.theirs.person("spam")
        area = await self.theirs.read(find_area_by_name, "chitose")
        post, _ = await self.theirs.post(author, "もうかります。", area)
        await self.settle()
        (brought,) = await self.do(self.ours, "zone list", area="megumino")
        return post, f"https://eniwa.example/posts/{brought['id']}"

    async def report(self, address: str, text: str = "宣伝です。") -> None:
        transport = httpx.ASGITransport(self.world.network.hosts["eniwa.example"])
        async with httpx.AsyncClient(transport=transport, base_url="https://eniwa.example") as client:
            form = {"uri": address, "text": text}
            answer = await client.post("/report", data=form, headers={"origin": "https://eniwa.example"})
        assert answer.status_code == 303, answer.text
        await self.settle()

    async def only(self, town: Town, **words: Any) -> Any:
        (found,) = await self.do(town, "report list", **words)
        return found


@pytest.fixture
async def scene(world: World, new_database: NewDatabase) -> Scene:
    ours = await world.town("eniwa.example", new_database())
    theirs = await world.town("chitose.example", new_database())
    await ours.area("megumino")
    await theirs.area("chitose")
    made = Scene(world, ours, theirs)
    await made.do(ours, "peer request", area="megumino", other=THEIRS, accepts="none")
    await made.do(theirs, "peer accept", area="chitose", other=OURS)
    return made


@pytest.mark.parametrize("outcome", ["resolved", "refused"])
async def test_a_report_goes_home_and_its_answer_comes_back(scene: Scene, outcome: str) -> None:
    post, page = await scene.post()
    await scene.report(page)
    there = await scene.only(scene.theirs, area="chitose")
    assert (there["from"], there["objects"], there["text"]) == (OURS, [post.iri], "宣伝です。")
    here = await scene.only(scene.ours, area="megumino")
    assert here["passed_on"] == [{"to": THEIRS, "state": "sent", "reason": ""}]
    await scene.do(scene.theirs, "report close", report=int(there["id"]), outcome=outcome, reason="確認した")
    shown = await scene.do(scene.ours, "report show", report=int(here["id"]))
    assert shown["passed_on"] == [{"to": THEIRS, "state": outcome, "reason": "確認した"}]
    assert shown["state"] == ("resolved" if outcome == "resolved" else "open"), "a refusal leaves it to us"
    assert await scene.do(scene.theirs, "report list") == []
    with pytest.raises(Refused, match="closed"):
        await scene.do(scene.theirs, "report close", report=int(there["id"]), outcome=outcome)


async def test_who_reported_is_not_told_and_sees_what_became_of_it(scene: Scene) -> None:
    _, page = await scene.post()
    hanako = await scene.ours.person("hanako")
    post_id = int(page.rpartition("/")[2])
    spam = await scene.ours.read(lambda tx: require_post(tx, hanako, post_id, scene.world.clock()))
    complaint = Complaint(spam.actor_id, (post_id,), "宣伝です。")
    made = await scene.ours.write(interactions.report, hanako, complaint, scene.world.clock())
    await scene.world.settle()
    there = await scene.only(scene.theirs)
    assert there["from"] == OURS
    assert not any("hanako" in str(each.body) for each in scene.world.network.carried)
    await scene.do(scene.theirs, "report close", report=int(there["id"]), outcome="resolved")
    token = (await run_command(scene.ours.node, "token create", {"name": "hanako", "scopes": "read"})).data
    transport = httpx.ASGITransport(scene.world.network.hosts["eniwa.example"])
    async with httpx.AsyncClient(transport=transport, base_url="https://eniwa.example") as client:
        headers = {"authorization": f"Bearer {token['token']}"}
        (found,) = (await client.get("/api/v1/reports", headers=headers)).json()
    assert (found["id"], found["action_taken"]) == (str(made.id), True)


async def test_what_is_our_own_or_comes_from_elsewhere_is_passed_on_to_nobody(scene: Scene) -> None:
    post, _ = await scene.post()
    area = await scene.ours.read(find_area_by_name, "megumino")
    own, _ = await scene.ours.post(await scene.ours.person("taro"), "花です。", area)
    await scene.report(own.iri)
    assert await scene.do(scene.theirs, "report list") == []
    peer = scene.world.peer("m.example")
    bob = peer.actor("bob")
    flag = peer.activity("Flag", bob, "1", [post.iri], content="宣伝")
    await peer.send(flag, "https://eniwa.example/inbox")
    await scene.world.settle()
    assert len(await scene.do(scene.ours, "report list")) == 2
    assert await scene.do(scene.theirs, "report list") == []
    heard = await scene.do(scene.ours, "report list", area="megumino")
    closing = next(each for each in heard if each["from"] == "@bob@m.example")
    await scene.do(scene.ours, "report close", report=int(closing["id"]), outcome="refused")
    assert peer.received == [], "only areas wait for an answer"


async def test_only_the_home_area_answers_and_once(scene: Scene) -> None:
    _, page = await scene.post()
    await scene.report(page)
    here = await scene.only(scene.ours)
    flag = f"https://eniwa.example/areas/megumino/activities/flag-{here['id']}"
    peer = scene.world.peer("g.example", software="kairanban")
    group = peer.actor("g", "Group")
    await peer.send(peer.activity("Accept", group, "1", flag), "https://eniwa.example/inbox")
    assert (await scene.only(scene.ours))["passed_on"][0]["state"] == "sent"
    there = await scene.only(scene.theirs)
    await scene.do(scene.theirs, "report close", report=int(there["id"]), outcome="refused", reason="a")
    assert (await scene.only(scene.ours))["passed_on"][0]["state"] == "refused"
    home = await scene.ours.read(find_actor, Iri("https://chitose.example/areas/chitose"))
    again = (home, Iri(flag), "resolved", "b", scene.world.clock())
    assert not await scene.ours.write(complaints.hear_answer, *again)
    assert (await scene.only(scene.ours))["passed_on"][0]["state"] == "refused"


async def test_what_is_no_answer_is_refused(scene: Scene) -> None:
    _, page = await scene.post()
    await scene.report(page)
    there = await scene.only(scene.theirs)
    with pytest.raises(Refused, match="outcome"):
        await scene.do(scene.theirs, "report close", report=int(there["id"]), outcome="done")
    with pytest.raises(NotFound):
        await scene.do(scene.theirs, "report close", report=1, outcome="refused")
    assert (await scene.only(scene.theirs))["state"] == "open"
