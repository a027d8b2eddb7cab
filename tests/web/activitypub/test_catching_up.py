"""What an area tells a peer that was away, and whom it tells nothing."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from actors.directory import find_local
from actors.records import ActorRecord
from areas.records import AreaRecord, PostRecord
from areas.tables import posts as post_table
from areas.zones import serving
from federation import signatures
from federation.vocabulary import Iri
from outbox.epochs import begin_anew
from tests.testrig.peers import Peer
from tests.testrig.world import Town, World
from tests.web.conftest import HOST, JSON, ORIGIN
from web.cli import run_command

pytestmark = pytest.mark.anyio
AREA = f"{ORIGIN}/areas/megumino"
OUTBOX = f"{AREA}/outbox"
PEER = "@kita@kita.example"
DAY = 86_400_000


class Asker:
    """A Group elsewhere that has an agreement with the area, and asks what it has missed."""

    def __init__(self, world: World, town: Town, client: httpx.AsyncClient, area: AreaRecord) -> None:
        self.world, self.town, self.client, self.area = world, town, client, area
        self.peer = Peer("kita.example", world.network, world.clock, software="kairanban")
        self.group = self.peer.actor("kita", "Group")

    async def agree(self) -> "Asker":
        peering = {"zone": "https://zone.example/areas/z", "accepts": ["alert"]}
        follow = self.peer.activity("Follow", self.group, "f1", AREA, peering=peering)
        await self.peer.send(follow, f"{AREA}/inbox")
        await self.world.settle()
        await self.command("peer accept", area="megumino", other=PEER)
        return self

    async def command(self, name: str, /, **words: Any) -> None:
        await run_command(self.town.node, name, words)
        await self.world.settle()

    async def get(self, query: str, signer: str | None = None, peer: Peer | None = None) -> httpx.Response:
        url, peer = f"{OUTBOX}?{query}", peer or self.peer
        who = Iri(signer or self.group)
        headers = signatures.sign(
            "cavage",
            private_key=peer.actors[who],
            key_id=Iri(f"{who}#main-key"),
            method="GET",
            url=url,
            body=None,
            now=self.world.clock(),
        )
        return await self.client.get(url, headers={**JSON, **headers})

    async def page(self, since: str = "") -> dict[str, Any]:
        response = await self.get(f"since={since}")
        assert response.status_code == 200, response.text
        assert response.headers["cache-control"] == "private, no-store"
        found: dict[str, Any] = response.json()
        assert found["partOf"] == OUTBOX
        return found

    async def said(self, since: str = "") -> list[tuple[str, str]]:
        """What the area says was done, and to what; all pages."""
        found: list[tuple[str, str]] = []
        page = await self.page(since)
        while True:
            found += [_describe(each) for each in page["orderedItems"]]
            if "next" not in page:
                return found
            page = await self.page(page["next"].partition("since=")[2])

    async def cursor(self) -> str:
        return str((await self.page())["cursor"])

    async def post(self, text: str) -> PostRecord:
        author = await self.town.read(_find_hanako)
        post, _ = await self.town.post(author or await self.town.person("hanako"), text, self.area)
        await self.world.settle()
        self.world.clock.advance(minutes=1)
        return post


def _find_hanako(tx: sa.Connection) -> ActorRecord | None:
    return find_local(tx, "hanako", HOST)


def _describe(item: dict[str, Any]) -> tuple[str, str]:
    assert item["type"] == "Announce"
    assert item["actor"] == AREA
    inner = item["object"]
    thing = inner["object"]
    kind = inner["type"] if isinstance(thing, str) else f"{inner['type']}{{{thing['type']}}}"
    return kind, thing if isinstance(thing, str) else thing["object"]


@pytest.fixture
async def asker(world: World, town: Town, client: httpx.AsyncClient) -> Asker:
    return await Asker(world, town, client, await town.area("megumino")).agree()


async def test_what_was_said_comes_in_order_and_once(asker: Asker) -> None:
    first = await asker.post("きょうは雪が降りました。")
    cursor = await asker.cursor()
    second, third = await asker.post("二番目のお知らせです。"), await asker.post("三番目のお知らせです。")
    assert await asker.said() == [("Create", each.iri) for each in (first, second, third)]
    assert await asker.said(cursor) == [("Create", each.iri) for each in (second, third)]
    assert await asker.said(await asker.cursor()) == []
    page = await asker.page(cursor)
    assert "restartedFrom" not in page
    assert page["id"] == f"{OUTBOX}?since={cursor}"
    assert "お知らせ" not in str(page), "named, and read where it is"


async def test_what_others_say_costs_a_bounded_look(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PAGE", 2)
    monkeypatch.setattr(serving, "SPAN", 3)
    made = [await asker.post(f"{number}番目のお知らせです。") for number in range(5)]
    page = await asker.page()
    assert len(page["orderedItems"]) <= 2
    assert await asker.said() == [("Create", each.iri) for each in made]


async def test_what_was_changed_removed_and_who_was_banned_is_told(asker: Asker) -> None:
    edited, deleted, removed = [await asker.post(f"{name}のお知らせです。") for name in "あいう"]
    cursor = await asker.cursor()
    await asker.command("post-edit", post_id=edited.id, text="なおしたお知らせです。")
    await asker.command("post-delete", post_id=deleted.id)
    await asker.command("area remove", name="megumino", post=removed.iri, reason="誤り")
    await asker.command("area ban", name="megumino", who="@hanako@chitose.example", reason="荒らし")
    hanako = f"{ORIGIN}/people/hanako"
    changes = [("Update", edited.iri), ("Delete", deleted.iri), ("Delete", removed.iri), ("Block", hanako)]
    assert await asker.said(cursor) == changes
    assert await asker.said() == [("Create", edited.iri), *changes], "what is gone is not said any more"


async def test_what_was_removed_and_restored_was_never_gone(asker: Asker) -> None:
    post = await asker.post("もどってくるお知らせです。")
    cursor = await asker.cursor()
    await asker.command("area remove", name="megumino", post=post.iri)
    assert await asker.said(cursor) == [("Delete", post.iri)]
    await asker.command("area restore", name="megumino", post=post.iri)
    assert await asker.said(cursor) == [("Create", post.iri)]


@pytest.mark.parametrize("visibility", ["private", "direct"])
async def test_nothing_that_is_not_for_everyone(asker: Asker, visibility: str) -> None:
    post = await asker.post("だれにでも読めるお知らせです。")
    assert await asker.said() == [("Create", post.iri)]

    def hide(tx: sa.Connection) -> None:
        tx.execute(sa.update(post_table).where(post_table.c.id == post.id).values(visibility=visibility))

    await asker.town.write(hide)
    assert await asker.said() == []
    assert await digest(asker) == 0


async def test_nothing_by_who_is_suspended(asker: Asker) -> None:
    post = await asker.post("だれにでも読めるお知らせです。")
    for standing, said in (("suspended", "Delete"), ("open", "Create")):
        await asker.command("actor standing", name=f"@hanako@{HOST}", standing=standing, reason="荒らし")
        assert await asker.said() == [(said, post.iri)]


async def digest(asker: Asker) -> int:
    now = asker.world.clock()
    response = await asker.get(f"digest={now - DAY}-{now + 1}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    assert (found["totalItems"] == 0) == (found["digest"] == "0" * 64)
    return int(found["totalItems"])


async def test_the_digest_is_of_what_stands(asker: Asker) -> None:
    assert await digest(asker) == 0
    post = await asker.post("だれにでも読めるお知らせです。")
    await asker.post("もうひとつのお知らせです。")
    assert await digest(asker) == 2
    await asker.command("area remove", name="megumino", post=post.iri)
    assert await digest(asker) == 1
    now = asker.world.clock()
    earlier = (await asker.get(f"digest={now - 2 * DAY}-{now - DAY}")).json()
    assert earlier["totalItems"] == 0


@pytest.mark.parametrize("window", ["", "x", "2-1", f"0-{7 * DAY}"])
async def test_a_digest_of_no_window_is_refused(asker: Asker, window: str) -> None:
    response = await asker.get(f"digest={window}")
    assert response.status_code == 400
    assert "from-until" in response.json()["detail"]


@pytest.mark.parametrize("since", ["", "x", "0123456789ab-1", "%00", "9" * 200])
async def test_a_cursor_that_is_not_known_starts_a_week_ago(asker: Asker, since: str) -> None:
    await asker.post("一週間より前のお知らせです。")
    asker.world.clock.advance(days=7)
    lately = await asker.post("きょうのお知らせです。")
    page = await asker.page(since)
    assert [_describe(each) for each in page["orderedItems"]] == [("Create", lately.iri)]
    assert page["restartedFrom"] == "2026-11-24T12:02:00Z"


async def test_another_history_starts_a_week_ago(asker: Asker, town: Town) -> None:
    post = await asker.post("だれにでも読めるお知らせです。")
    cursor = await asker.cursor()
    epoch, _, number = cursor.partition("-")
    assert "restartedFrom" in await asker.page(f"{epoch}-{int(number) + 1}"), "never given: copied by hand"
    await town.write(begin_anew)
    page = await asker.page(cursor)
    assert "restartedFrom" in page
    assert [_describe(each) for each in page["orderedItems"]] == [("Create", post.iri)]
    assert not page["cursor"].startswith(epoch)


async def test_who_has_not_agreed_is_told_so(asker: Asker, world: World, client: httpx.AsyncClient) -> None:
    unsigned = await client.get(f"{OUTBOX}?since=", headers=JSON)
    assert unsigned.status_code == 401
    assert "not signed" in unsigned.json()["detail"]
    stranger = Peer("stranger.example", world.network, world.clock)
    group = stranger.actor("g", "Group")
    refused = await asker.get("since=", group, stranger)
    assert refused.status_code == 403
    assert "no agreement" in refused.json()["detail"]
    assert stranger.requests == [], "no stranger's key is looked up"
    neighbour = asker.peer.actor("neighbour", "Group")
    for who in (neighbour, asker.peer.actor("gina")):
        refused = await asker.get("since=", who)
        assert refused.status_code == 403, "of the same server, and not who has agreed"
    assert (await asker.get("since=", asker.peer.actor("node", "Application"))).status_code == 200
    ordinary = await client.get(OUTBOX, headers=JSON)
    assert ordinary.status_code == 200, "what anyone may read stays so"


async def test_a_forged_signature_is_none(asker: Asker) -> None:
    other = asker.peer.actor("other", "Group")
    asker.peer.actors[asker.group] = asker.peer.actors[other]
    assert (await asker.get("since=")).status_code == 401


@pytest.mark.parametrize("how", ["end", "expire", "block", "suspend", "ask"])
async def test_who_has_agreed_no_more_is_told_so(asker: Asker, world: World, how: str) -> None:
    assert (await asker.get("since=")).status_code == 200
    if how == "end":
        await asker.command("peer end", area="megumino", other=PEER)
    elif how == "block":
        await asker.command("server block", host="kita.example")
    elif how == "suspend":
        await asker.command("actor standing", name=PEER, standing="suspended", reason="荒らし")
    else:
        peering = {"zone": "https://zone.example/areas/z", "accepts": ["post"]}
        if how == "expire":
            peering["expires"] = "2026-11-24T13:00:00Z"
        follow = asker.peer.activity("Follow", asker.group, "f2", AREA, peering=peering)
        await asker.peer.send(follow, f"{AREA}/inbox")
        await world.settle()
        assert (await asker.get("since=")).status_code == 403, "other terms are another request"
        await asker.command("peer accept", area="megumino", other=PEER)
        assert (await asker.get("since=")).status_code == 200
        if how == "ask":
            return
        world.clock.advance(hours=1)
    assert (await asker.get("since=")).status_code == 403


async def test_a_follower_without_an_agreement_is_just_a_follower(
    world: World, town: Town, client: httpx.AsyncClient
) -> None:
    asker = Asker(world, town, client, await town.area("megumino"))
    await asker.peer.send(asker.peer.activity("Follow", asker.group, "f1", AREA), f"{AREA}/inbox")
    await world.settle()
    assert (await asker.get("since=")).status_code == 403


async def test_only_areas_are_caught_up_with(asker: Asker, client: httpx.AsyncClient) -> None:
    await asker.town.person("ken")
    for path in ("/people/ken/outbox?since=", "/areas/nobody/outbox?digest=1-2"):
        url = f"{ORIGIN}{path}"
        headers = signatures.sign(
            "cavage",
            private_key=asker.peer.actors[asker.group],
            key_id=Iri(f"{asker.group}#main-key"),
            method="GET",
            url=url,
            body=None,
            now=asker.world.clock(),
        )
        assert (await client.get(url, headers={**JSON, **headers})).status_code == 404
