"""A zone of its own node: it passes on what its towns share, once, one step far, and takes no posts itself."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from actors.records import ActorKind
from areas import interactions
from areas.records import PostRecord
from areas.registry import find_area_by_name
from federation.errors import Refused
from tests.testrig.network import Fault
from tests.testrig.piefed import PieFed
from tests.testrig.world import Town, World
from web.app import create_app
from web.cli import run_command

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[], str]
ZONE = "@sapporo_ken@ken.example"
ZONE_IRI = "https://ken.example/areas/sapporo_ken"
TOWNS = ("chitose", "eniwa")


class Region:
    """千歳 and 恵庭 share with the zone, which is on a node of its own; Gina follows it from Mastodon."""

    def __init__(self, world: World, zone: Town, towns: dict[str, Town]) -> None:
        self.world, self.zone, self.towns = world, zone, towns
        self.there = world.peer("m.example")
        self.gina = self.there.actor("gina")

    async def do(self, town: Town, command: str, **words: Any) -> Any:
        report = await run_command(town.node, command, words)
        await self.settle()
        return report.data

    async def settle(self) -> None:
        for _ in range(3):
            await self.world.settle()

    async def open(self, accepts: str = "alert,notice,campaign,event") -> None:
        for name, town in self.towns.items():
            other = f"@{name}@{name}.example"
            await self.do(self.zone, "peer request", area="sapporo_ken", other=other, accepts=accepts)
            await self.do(town, "peer accept", area=name, other=ZONE)
        follow = self.there.activity("Follow", self.gina, "f1", ZONE_IRI)
        await self.there.send(follow, f"{ZONE_IRI}/inbox")
        await self.settle()
        self.there.received.clear()

    async def post(self, town: str, kind: ActorKind = "resident", text: str = "大雨です。") -> PostRecord:
        author = await self.towns[town].person(f"{kind}_{town}", kind)
        area = await self.towns[town].read(find_area_by_name, town)
        post, _ = await self.towns[town].post(author, text, area)
        await self.settle()
        return post

    async def brought(
        self, town: Town | None = None, area: str = "sapporo_ken"
    ) -> list[tuple[str, str, str]]:
        found = await self.do(town or self.zone, "zone list", area=area)
        return [(each["from"], each["category"], each["state"]) for each in found]

    async def get(self, path: str, accept: str = "application/activity+json") -> httpx.Response:
        transport = httpx.ASGITransport(self.world.network.hosts["ken.example"])
        async with httpx.AsyncClient(transport=transport, base_url="https://ken.example") as client:
            return await client.get(path, headers={"accept": accept})


@pytest.fixture
async def region(world: World, new_database: NewDatabase) -> Region:
    zone = await world.town("ken.example", new_database())
    await zone.zone("sapporo_ken")
    towns = {}
    for name in TOWNS:
        towns[name] = await world.town(f"{name}.example", new_database())
        await towns[name].area(name)
    return Region(world, zone, towns)


async def test_each_towns_alert_is_boosted_once_by_the_zone(region: Region) -> None:
    await region.open()
    posts = []
    for name in TOWNS:
        posts.append(await region.post(name, "alert"))
        region.world.clock.advance(minutes=1)
    for name, post in zip(TOWNS, posts, strict=True):
        (announce,) = region.there.boosts(post.iri)
        assert (announce["actor"], announce["homeGroup"]) == (
            ZONE_IRI,
            f"https://{name}.example/areas/{name}",
        )
    assert {state for _, _, state in await region.brought()} == {"boosted"}
    outbox = (await region.get("/areas/sapporo_ken/outbox")).json()
    assert outbox["totalItems"] == 2
    assert [each["object"] for each in outbox["orderedItems"]] == [each.iri for each in reversed(posts)]
    first = outbox["orderedItems"][0]["id"]
    assert (await region.get(first.removeprefix("https://ken.example"))).json()["object"] == posts[1].iri


async def test_what_goes_from_town_to_zone_goes_to_no_other_town(region: Region) -> None:
    """Even where a town has agreed with the zone, in both directions, on everything."""
    await region.open("alert,notice,campaign,event,post")
    for name, town in region.towns.items():
        await region.do(town, "peer request", area=name, other=ZONE, accepts="alert,notice,post")
        await region.do(region.zone, "peer accept", area="sapporo_ken", other=f"@{name}@{name}.example")
    post = await region.post("chitose")
    assert len(region.there.boosts(post.iri)) == 1
    for name, town in region.towns.items():
        assert await region.brought(town, name) == []


async def test_what_names_the_zone_too_goes_no_further(region: Region) -> None:
    """It names whoever passes it on, as a post of its own would: that it is a peer's is said by `homeGroup` alone."""
    await region.open("alert,notice,campaign,event,post")
    eniwa = region.towns["eniwa"]
    await region.do(eniwa, "peer request", area="eniwa", other=ZONE, accepts="alert,notice,post")
    await region.do(region.zone, "peer accept", area="sapporo_ken", other="@eniwa@eniwa.example")
    await eniwa.person("taro")
    await region.do(eniwa, "follow", name="taro", target=ZONE)
    note = region.there.note(region.gina, "both", cc=("https://chitose.example/areas/chitose", ZONE_IRI))
    await region.there.send(region.there.create(note), "https://chitose.example/areas/chitose/inbox")
    await region.settle()
    said = {each["actor"] for each in region.there.boosts(note["id"])}
    assert ZONE_IRI in said
    assert await _read_home(eniwa, "taro") == [note["id"]], "it has come to that node"
    assert await region.brought(eniwa, "eniwa") == []


@pytest.mark.parametrize("how", ["area remove", "post-delete"])
async def test_what_a_town_takes_back_the_zone_takes_back(region: Region, how: str) -> None:
    await region.open()
    post = await region.post("chitose", "alert")
    words = {"post_id": post.id} if how == "post-delete" else {"name": "chitose", "post": post.iri}
    await region.do(region.towns["chitose"], how, **words)
    assert [state for _, _, state in await region.brought()] == ["gone"]
    assert region.there.kinds()[-1] == "Undo"
    assert (await region.get("/areas/sapporo_ken/outbox")).json()["totalItems"] == 0


async def follow_from_piefed(region: Region, *groups: str) -> PieFed:
    """Somebody on a PieFed follows groups, each on a node of its own."""
    piefed = PieFed(region.world.peer("piefed.example"))
    reader = piefed.peer.actor("reader")
    for group in groups:
        follow = piefed.peer.activity("Follow", reader, f"f-{len(group)}", group)
        await piefed.peer.send(follow, f"{group}/inbox")
        await region.settle()
    piefed.peer.received.clear()
    return piefed


def lose_from(source: str, host: str) -> Fault:
    def judge(request: httpx.Request) -> str | None:
        is_lost = request.extensions["source"] == source and request.url.host == host
        return "drop" if is_lost else None

    return judge


async def owed(region: Region, town: Town, host: str) -> list[tuple[int, int, object]]:
    """What a node still owes to a server, has given up there, and since when."""
    status = await region.do(town, "delivery status")
    found = [each for each in status["destinations"] if each["host"] == host]
    return [(each["retrying"], each["failed"], each["oldest_owed_at"]) for each in found]


async def test_the_activity_dialect_hears_of_a_towns_post_from_the_town_alone(region: Region) -> None:
    """There a post belongs to one group: whoever brings it first on PieFed, whom it is addressed to on Lemmy."""
    await region.open()
    piefed = await follow_from_piefed(region, ZONE_IRI)
    post = await region.post("chitose", "alert")
    assert len(region.there.boosts(post.iri)) == 1
    assert piefed.peer.received == []
    assert await owed(region, region.zone, "piefed.example") == [(0, 0, None)]
    (listed,) = (await region.get("/areas/sapporo_ken/outbox")).json()["orderedItems"]
    assert listed["object"] == post.iri, "nothing that it would read in when somebody follows"
    await region.do(region.zone, "zone hide", area="sapporo_ken", post=post.iri)
    assert region.there.kinds()[-1] == "Undo"
    assert (piefed.peer.received, piefed.lost) == ([], [])
    assert await owed(region, region.zone, "piefed.example") == [(0, 0, None)]


async def test_a_town_keeps_its_post_where_the_zone_is_followed_too(region: Region) -> None:
    await region.open()
    chitose = region.towns["chitose"]
    home = "https://chitose.example/areas/chitose"
    piefed = await follow_from_piefed(region, ZONE_IRI, home)
    region.world.network.fault = lose_from("chitose.example", "piefed.example")
    post = await region.post("chitose", "alert")
    assert len(region.there.boosts(post.iri)) == 1, "the zone was faster"
    region.world.network.fault = None
    region.world.clock.advance(minutes=3)
    await region.settle()
    assert {iri: each.community for iri, each in piefed.kept.items()} == {post.iri: home}
    await region.do(chitose, "post-edit", post_id=post.id, text="大雨は終わりました。")
    assert "終わりました" in piefed.shown()[post.iri]
    await region.do(chitose, "area remove", name="chitose", post=post.iri, reason="誤報")
    assert piefed.shown() == {}
    assert piefed.lost == []


async def test_what_is_nothing_special_waits_for_a_decision(region: Region) -> None:
    await region.open()
    post = await region.post("eniwa")
    assert region.there.received == []
    await region.do(region.zone, "zone boost", area="sapporo_ken", post=post.iri)
    assert len(region.there.boosts(post.iri)) == 1


async def test_a_resident_of_a_town_follows_the_zone_and_sees_what_others_share(region: Region) -> None:
    await region.open()
    eniwa = region.towns["eniwa"]
    await eniwa.person("taro")
    await region.do(eniwa, "follow", name="taro", target=ZONE)
    post = await region.post("chitose", "alert")
    home = await _read_home(eniwa, "taro")
    assert home == [post.iri]
    await region.do(region.towns["chitose"], "area remove", name="chitose", post=post.iri)
    assert await _read_home(eniwa, "taro") == []


async def _read_home(town: Town, name: str) -> list[str]:
    token = (await run_command(town.node, "token create", {"name": name, "scopes": "read"})).data
    transport = httpx.ASGITransport(create_app(town.node))
    async with httpx.AsyncClient(transport=transport, base_url="https://eniwa.example") as client:
        headers = {"authorization": f"Bearer {token['token']}"}
        found = (await client.get("/api/v1/timelines/home", headers=headers)).json()
    return [each["reblog"]["uri"] for each in found]


@pytest.mark.parametrize(
    ("zone", "category", "state"), [(True, "notice", "boosted"), (False, "post", "shown")]
)
async def test_a_notice_goes_to_the_region_where_its_author_says_so(
    region: Region, zone: bool, category: str, state: str
) -> None:
    await region.open()
    town = region.towns["chitose"]
    await town.person("chitose_bosai", "official")
    words = {"author": "chitose_bosai", "area": "chitose", "text": "断水のお知らせです。", "zone": zone}
    await region.do(town, "post", **words)
    assert await region.brought() == [("@chitose@chitose.example", category, state)]


async def test_nothing_is_posted_to_a_zone(region: Region) -> None:
    await region.open()
    note = region.there.note(region.gina, "direct", cc=(ZONE_IRI,))
    await region.there.send(region.there.create(note), f"{ZONE_IRI}/inbox")
    await region.settle()
    assert region.there.boosts(note["id"]) == []
    told = [each for each in region.there.received if each["type"] == "Create"]
    assert "直接投稿できません" in told[0]["object"]["content"]
    (held,) = (await region.do(region.zone, "post-show", post=note["id"]))["places"]
    assert (held["state"], held["rule"]) == ("refused", "zone")


async def test_a_zone_has_no_members_and_no_policy(region: Region) -> None:
    zone = await region.zone.read(find_area_by_name, "sapporo_ken")
    taro = await region.zone.person("taro")
    with pytest.raises(Refused, match="members"):
        await region.zone.write(lambda tx: interactions.join(tx, taro, zone, region.world.clock()))
    with pytest.raises(Refused, match="zone"):
        await region.do(region.zone, "area edit", name="sapporo_ken", policy="open")
    with pytest.raises(Refused, match="kind"):
        await region.do(region.zone, "area create", name="x", title="x", code="012246", kind="region")
    listed = {each["name"]: each["kind"] for each in await region.do(region.zone, "area list")}
    assert listed == {"sapporo_ken": "zone"}


async def test_its_document_says_that_nobody_posts_to_it(region: Region) -> None:
    document = (await region.get("/areas/sapporo_ken")).json()
    assert (document["type"], document["postingRestrictedToMods"]) == ("Group", True)
    assert document["manuallyApprovesFollowers"] is False
    assert "直接投稿することはできません" in document["summary"]


async def test_its_page_says_what_it_is_and_which_towns_share(region: Region) -> None:
    empty = (await region.get("/areas/sapporo_ken?lang=ja", "text/html")).text
    assert "まだ、共有しているまちはありません" in empty
    await region.open()
    await region.post("chitose", "alert")
    page = (await region.get("/areas/sapporo_ken?lang=ja", "text/html")).text
    assert "chitoseの町から" in page
    assert 'href="https://eniwa.example/areas/eniwa"' in page
    assert "大雨です" in (await region.get("/areas/sapporo_ken/feed.atom", "*/*")).text
    english = (await region.get("/areas/sapporo_ken?lang=en", "text/html")).text
    assert "Nobody posts here directly" in english
    front = (await region.get("/?lang=ja", "text/html")).text
    assert 'href="/areas/sapporo_ken' in front


async def test_the_page_of_a_town_links_its_zone_and_the_towns_around(region: Region) -> None:
    chitose, eniwa = region.towns["chitose"], region.towns["eniwa"]
    page = await _read_page(chitose, "/areas/chitose")
    assert 'href="https://ken.example/areas/sapporo_ken"' not in page
    await region.open()
    words = {"area": "chitose", "other": "@eniwa@eniwa.example"}
    await region.do(chitose, "peer request", **words)
    await region.do(eniwa, "peer accept", area="eniwa", other="@chitose@chitose.example")
    page = await _read_page(chitose, "/areas/chitose")
    assert 'href="https://ken.example/areas/sapporo_ken"' in page
    assert 'href="https://eniwa.example/areas/eniwa"' in page
    page = await _read_page(eniwa, "/areas/eniwa")
    assert 'href="https://ken.example/areas/sapporo_ken"' in page
    assert 'href="https://chitose.example/areas/chitose"' not in page, "it has agreed on its own posts alone"


async def _read_page(town: Town, path: str) -> str:
    transport = httpx.ASGITransport(create_app(town.node))
    async with httpx.AsyncClient(transport=transport, base_url=town.node.settings.base_url) as client:
        return (await client.get(path, headers={"accept": "text/html"})).text
