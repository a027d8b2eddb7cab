"""The end of an account: everything that was hers is gone, here and elsewhere, and nobody becomes her again."""

import httpx
import pytest
import sqlalchemy as sa

from actors.accounts import find_account
from actors.oauth.tokens import find_token
from actors.records import ActorRecord
from actors.tables import accounts, actors
from areas import compose, interactions, membership, preferences, registry
from areas.records import Draft
from areas.tables import posts
from federation.errors import Refused
from inbox.jobs.due import run_due
from tests.testrig.world import Town, World
from tests.web.accounts.people import ADDRESS, Browser, sign_up
from tests.web.conftest import JSON
from web.cli import run_command

pytestmark = pytest.mark.anyio


@pytest.fixture
async def hanako(town: Town, browser: Browser) -> ActorRecord:
    actor = await sign_up(town)
    await browser.sign_in()
    return actor


async def end(browser: Browser) -> None:
    answer = await browser.post("/settings/leave", is_sure="1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?done=left"), answer.text


async def test_everything_of_hers_is_gone(
    town: Town, browser: Browser, client: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    area, taro = await town.area("megumino"), await town.person("taro")
    await town.write(lambda tx: interactions.join(tx, hanako, area, town.clock(), home=True))
    await town.write(preferences.save, hanako.id, preferences.Preferences(to_home_area=True))
    post, _ = await town.post(hanako, "花が咲きました", area)
    answer, _ = await town.post(taro, "きれいですね", reply_to=post.iri)
    bearer = str((await run_command(town.node, "token create", {"name": "hanako"})).data["token"])
    paths = ("/people/hanako", f"/posts/{post.id}")
    assert [(await client.get(path)).status_code for path in paths] == [200, 200]
    await end(browser)
    for path in paths:
        assert (await client.get(path)).status_code == 410, path
        assert (await client.get(path, headers=JSON)).status_code == 410, path
    found = await client.get("/.well-known/webfinger?resource=acct:hanako@chitose.example")
    assert found.status_code in {404, 410}
    assert "花が咲きました" not in (await client.get("/areas/megumino")).text
    assert (await client.get(f"/api/v1/accounts/{hanako.id}")).status_code in {404, 410}
    assert not await browser.is_signed_in()
    assert await town.read(find_token, town.node.vault, bearer, town.clock()) is None
    assert await town.read(find_account, town.node.vault, ADDRESS) is None
    rows = await town.read(lambda tx: tx.execute(sa.select(accounts.c.email_sealed)).scalars().all())
    assert rows == [None]
    assert await town.read(membership.find_home, hanako.id) is None
    assert not (await town.read(preferences.find, hanako.id)).to_home_area
    kept = await town.read(
        lambda tx: tx.execute(
            sa.select(actors.c.name, actors.c.summary).where(actors.c.id == hanako.id)
        ).one()
    )
    assert tuple(kept) == ("", "")
    texts = await town.read(
        lambda tx: tx.execute(sa.select(posts.c.content).where(posts.c.actor_id == hanako.id)).scalars().all()
    )
    assert not any("花" in text for text in texts)
    assert (await client.get(f"/posts/{answer.id}")).status_code in {200, 404}, "an answer is its author's"


async def test_nobody_becomes_her_again(town: Town, browser: Browser, hanako: ActorRecord) -> None:
    await end(browser)
    with pytest.raises(Refused):
        await town.person("hanako")
    again = await sign_up(town, "hanako2")
    assert again.id != hanako.id
    await browser.sign_in()
    assert await browser.is_signed_in()


async def test_others_hear_of_it(world: World, town: Town, browser: Browser, hanako: ActorRecord) -> None:
    """Whom she follows and writes to; and nobody else."""
    peers = [world.peer(f"{name}.example") for name in ("followed", "addressed", "stranger")]
    for peer in peers:
        peer.actor("alice")
    known = [await town.node.directory.actor_by_handle("alice", peer.host) for peer in peers]
    await town.write(interactions.follow, hanako, known[0], town.clock())
    draft = Draft(hanako.id, "@alice@addressed.example やあ", visibility="direct")
    await town.write(compose.publish, draft, town.clock())
    await world.settle()
    await end(browser)
    await world.settle()
    assert ["Delete" in peer.kinds() for peer in peers] == [True, True, False]


async def test_a_long_life_ends_by_a_job(
    world: World, town: Town, browser: Browser, hanako: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("areas.submissions.ENDED_AT_ONCE", 2)
    for number in range(5):
        await town.post(hanako, f"{number}日目")
    await end(browser)
    for _ in range(5):
        await run_due(town.node.services, town.clock())
        world.clock.advance(seconds=1)
    left = await town.read(
        lambda tx: tx.execute(
            sa.select(sa.func.count()).where(posts.c.actor_id == hanako.id, posts.c.deleted_at.is_(None))
        ).scalar_one()
    )
    assert left == 0


async def test_it_is_asked_of_whoever_has_just_proved_who_she_is(
    world: World, town: Town, browser: Browser, hanako: ActorRecord
) -> None:
    assert "取り消せません" in (await browser.get("/settings/leave")).text
    assert (await browser.post("/settings/leave")).status_code == 422
    assert await browser.is_signed_in()
    world.clock.advance(minutes=16)
    for answer in (await browser.get("/settings/leave"), await browser.post("/settings/leave", is_sure="1")):
        assert answer.status_code == 303
        assert "again=1" in answer.headers["location"]
    assert await town.read(find_account, town.node.vault, ADDRESS) is not None


async def test_the_administrator_hands_over_first(town: Town, browser: Browser, hanako: ActorRecord) -> None:
    def grant(tx: sa.Connection) -> None:
        registry.grant_role(tx, hanako.id, "admin", area_id=None, until=None, now=town.clock())

    await town.write(grant)
    answer = await browser.post("/settings/leave", is_sure="1")
    assert (answer.status_code, "引き継いで" in answer.text) == (422, True)
    assert await browser.is_signed_in()


async def test_a_desk_stays_when_somebody_who_spoke_for_it_leaves(
    town: Town, browser: Browser, hanako: ActorRecord, client: httpx.AsyncClient
) -> None:
    await sign_up(town, "eniwa_bosai", kind="official", role="staff", password=None)
    await end(browser)
    assert (await client.get("/people/eniwa_bosai")).status_code == 200
    assert (await client.get("/people/hanako")).status_code == 410
