"""The page on which residents move: other names, a move by whoever has just signed in, and the way back."""

import httpx
import pytest

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from actors.signin.sessions import LIFETIME_MS
from tests.testrig.peers import Peer
from tests.testrig.world import Town, World
from tests.web.accounts.people import Browser, sign_up
from tests.web.conftest import JSON
from web.accounts.account import FRESH_MS
from web.cli import run_command

pytestmark = pytest.mark.anyio
NEW = "https://new.example/users/hanako"
HANAKO = "https://chitose.example/people/hanako"


@pytest.fixture
async def hanako(town: Town, browser: Browser) -> ActorRecord:
    actor = await sign_up(town)
    await browser.sign_in()
    return actor


@pytest.fixture
def elsewhere(world: World) -> Peer:
    """The new server, which knows of the move already."""
    peer = world.peer("new.example")
    peer.actor("hanako", alsoKnownAs=[HANAKO])
    return peer


async def where(town: Town, actor: ActorRecord) -> str | None:
    found: ActorRecord = await town.read(find_actor_by_id, actor.id)
    return found.moved_to


async def move(browser: Browser, place: str = "@hanako@new.example", **more: str) -> httpx.Response:
    return await browser.post("/settings/move", place=place, **{"is_sure": "1", **more})


async def test_a_move_is_made_and_shown_and_taken_back(
    town: Town, browser: Browser, client: httpx.AsyncClient, hanako: ActorRecord, elsewhere: Peer
) -> None:
    assert "引っ越し" in (await browser.get("/account")).text
    answer = await move(browser)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/settings/move?as={hanako.id}&done=moved",
    ), answer.text
    assert await where(town, hanako) == NEW
    page = (await client.get("/people/hanako")).text
    assert NEW in page
    assert "フォローするには" not in page
    assert (await client.get("/people/hanako", headers=JSON)).json()["movedTo"] == NEW
    shown = (await client.get(f"/api/v1/accounts/{hanako.id}")).json()
    assert (shown["moved"]["acct"], shown["moved"]["moved"]) == ("hanako@new.example", None)
    assert "引っ越しを取り消す" in (await browser.get("/settings/move")).text
    assert (await browser.post("/settings/move/back")).status_code == 303
    assert await where(town, hanako) is None
    assert NEW not in (await client.get("/people/hanako")).text
    assert "次に引っ越せるのは" in (await browser.get("/settings/move")).text
    refused = await move(browser)
    assert refused.status_code == 422
    assert await where(town, hanako) is None


async def test_an_app_hears_why_it_cannot_post(
    town: Town, browser: Browser, client: httpx.AsyncClient, hanako: ActorRecord, elsewhere: Peer
) -> None:
    bearer = str((await run_command(town.node, "token create", {"name": "hanako"})).data["token"])
    await move(browser)
    headers = {"authorization": f"Bearer {bearer}"}
    refused = await client.post("/api/v1/statuses", json={"status": "まだここ"}, headers=headers)
    assert refused.status_code == 422
    assert NEW in refused.json()["error"]
    assert (await client.get("/api/v1/timelines/home", headers=headers)).status_code == 200
    mine = (await client.get("/api/v1/accounts/verify_credentials", headers=headers)).json()
    assert mine["moved"]["acct"] == "hanako@new.example"


async def test_it_needs_a_tick_and_a_place_that_knows(
    town: Town, browser: Browser, hanako: ActorRecord, elsewhere: Peer
) -> None:
    unsure = await browser.post("/settings/move", place="@hanako@new.example")
    assert unsure.status_code == 422
    elsewhere.actor("taro")
    for place in ("@taro@new.example", "@nobody@new.example", "https://new.example/", "hanako", ""):
        answer = await move(browser, place)
        assert answer.status_code == 422, place
        assert 'role="alert"' in answer.text
    assert await where(town, hanako) is None


async def test_only_who_has_just_signed_in_moves(
    world: World, town: Town, browser: Browser, hanako: ActorRecord, elsewhere: Peer
) -> None:
    assert FRESH_MS < LIFETIME_MS
    world.clock.advance(seconds=FRESH_MS / 1000 + 1)
    page = (await browser.get("/settings/move")).text
    assert 'name="place"' not in page
    answer = await move(browser)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?")
    assert await where(town, hanako) is None


async def test_nobody_moves_another(
    town: Town, browser: Browser, hanako: ActorRecord, elsewhere: Peer
) -> None:
    taro = await town.person("taro")
    assert (await move(browser, **{"as": str(taro.id)})).status_code == 404
    assert (await browser.post("/settings/move/back", **{"as": str(taro.id)})).status_code == 404
    names = await browser.post("/settings/move/names", other=NEW, **{"as": str(taro.id)})
    assert names.status_code == 404
    assert await where(town, taro) is None


async def test_another_name_is_added_shown_and_dropped(
    town: Town, browser: Browser, client: httpx.AsyncClient, hanako: ActorRecord, elsewhere: Peer
) -> None:
    assert (await browser.post("/settings/move/names", other="@hanako@new.example")).status_code == 303
    assert NEW in (await browser.get("/settings/move")).text
    document = (await client.get("/people/hanako", headers=JSON)).json()
    assert document["alsoKnownAs"] == [NEW]
    assert (await browser.post("/settings/move/names", drop="https://x.example/u")).status_code == 422
    assert (await browser.post("/settings/move/names", other="@hanako@chitose.example")).status_code == 422
    assert (await browser.post("/settings/move/names", drop=NEW)).status_code == 303
    assert "alsoKnownAs" not in (await client.get("/people/hanako", headers=JSON)).json()


async def test_an_area_that_has_moved_says_where_it_is(
    world: World, town: Town, client: httpx.AsyncClient
) -> None:
    area = await town.area("megumino")
    place = world.peer("new.example").actor("megumino", type="Group", alsoKnownAs=[area.iri])
    before = (await client.get("/areas/megumino")).text
    await run_command(town.node, "area move", {"name": "megumino", "to": place})
    after = (await client.get("/areas/megumino")).text
    assert place in after
    for anchor in ('id="follow"', 'id="post"'):
        assert anchor in before
        assert anchor not in after
    assert (await client.get("/areas/megumino", headers=JSON)).json()["movedTo"] == place
    await run_command(town.node, "area return", {"name": "megumino"})
    assert 'id="follow"' in (await client.get("/areas/megumino")).text
