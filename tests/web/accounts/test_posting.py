"""That public posts from apps go to the area one lives in: told at consent, chosen on the account's page, and done."""

import httpx
import pytest

from actors.records import ActorRecord
from areas import interactions
from areas.preferences import Preferences, find
from areas.records import AreaRecord
from tests.testrig.world import Town
from tests.web.accounts.conftest import OpenBrowser
from tests.web.accounts.people import Browser, authorize_path, register, sign_up
from web.cli import run_command

pytestmark = pytest.mark.anyio

TOLD_ON = "ほかのエリアをあて先にしなければ「meguminoの町」にも届きます"
TOLD_OFF = "あて先に書いたときだけ「meguminoの町」に届きます"


@pytest.fixture
async def area(town: Town) -> AreaRecord:
    return await town.area("megumino")


@pytest.fixture
async def hanako(town: Town, area: AreaRecord) -> ActorRecord:
    hanako = await sign_up(town)

    def live(tx: object) -> None:
        interactions.join(tx, hanako, area, town.clock(), home=True)  # type: ignore[arg-type]

    await town.write(live)
    return hanako


async def post(town: Town, browser: Browser, text: str) -> list[str]:
    """Post by an app; in which areas it then stands."""
    report = await run_command(town.node, "token create", {"name": "hanako", "scopes": "read write"})
    headers = {"authorization": f"Bearer {report.data['token']}"}
    sent: httpx.Response = await browser.client.post(
        "/api/v1/statuses", json={"status": text}, headers=headers
    )
    assert sent.status_code == 200
    local = await browser.client.get("/api/v1/timelines/public?local=true")
    return [each["account"]["acct"] for each in local.json() if text in each["reblog"]["content"]]


async def test_it_is_told_chosen_and_done(
    town: Town, browser: Browser, area: AreaRecord, hanako: ActorRecord
) -> None:
    app, _ = await register(town)
    await browser.sign_in()
    assert TOLD_OFF in (await browser.get(authorize_path(app))).text
    assert await post(town, browser, "花の庭") == []
    page = (await browser.get("/account")).text
    assert f'action="/account/posting/{hanako.id}"' in page
    assert 'name="to_home_area" value="1">' in page
    saved = await browser.post(f"/account/posting/{hanako.id}", to_home_area="1")
    assert (saved.status_code, saved.headers["location"]) == (303, "/account?done=posting")
    assert "これからの投稿に適用されます" in (await browser.get(saved.headers["location"])).text
    assert 'name="to_home_area" value="1" checked>' in (await browser.get("/account")).text
    consent = (await browser.get(authorize_path(app))).text
    assert TOLD_ON in consent
    assert "「あなたのアカウント」で変えられます" in consent
    assert await post(town, browser, "除雪を手伝います") == ["megumino"]
    await browser.post(f"/account/posting/{hanako.id}", x="1")
    assert await post(town, browser, "雪まつり") == []


async def test_nothing_is_told_of_what_an_app_may_not_do_or_where_nobody_lives(
    town: Town, browser: Browser, hanako: ActorRecord, open_browser: OpenBrowser
) -> None:
    app, _ = await register(town)
    await browser.sign_in()
    assert "meguminoの町" not in (await browser.get(authorize_path(app, scope="read"))).text
    await sign_up(town, "sora", "sora@mail.example")
    other = open_browser()
    await other.sign_in("sora@mail.example")
    assert "の町" not in (await other.get(authorize_path(app))).text
    assert "/account/posting/" not in (await other.get("/account")).text


async def test_nobody_chooses_for_others(
    town: Town, browser: Browser, hanako: ActorRecord, open_browser: OpenBrowser
) -> None:
    await sign_up(town, "sora", "sora@mail.example")
    other = open_browser()
    await other.sign_in("sora@mail.example")
    refused = await other.post(f"/account/posting/{hanako.id}", to_home_area="1")
    assert refused.status_code == 404
    await browser.sign_in()
    forged = await browser.client.post(
        f"/account/posting/{hanako.id}",
        data={"to_home_area": "1"},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert forged.status_code == 403
    assert await town.read(find, hanako.id) == Preferences()
