"""The forms: reports without an account, following from elsewhere, and the author's status page."""

import json
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from areas import decisions, placements
from areas.tables import reports
from tests.testrig.world import Town, World
from tests.web.conftest import HOST, ORIGIN
from web.node import FOLLOWS

pytestmark = pytest.mark.anyio
OURS = {"origin": ORIGIN}
REPORT = {"uri": f"{ORIGIN}/posts/1", "text": "宣伝です。\r\n困っています。"}


async def stored(town: Town) -> list[Any]:
    return list(await town.read(lambda tx: tx.execute(sa.select(reports)).all()))


async def test_a_report_is_kept(town: Town, client: httpx.AsyncClient) -> None:
    page = (await client.get("/report", params={"uri": REPORT["uri"]})).text
    assert f'value="{REPORT["uri"]}"' in page
    response = await client.post("/report", data=REPORT, headers=OURS)
    assert (response.status_code, response.headers["location"]) == (303, "/report?done=1")
    assert "お知らせを受け取りました" in (await client.get("/report?done=1")).text
    [report] = await stored(town)
    assert json.loads(report.objects) == [REPORT["uri"]]
    assert report.actor_id is None
    assert "宣伝です。" in report.text
    assert "\r" not in report.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "same-origin", "origin": ORIGIN}, 303),
        ({"sec-fetch-site": "cross-site", "origin": ORIGIN}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
    ],
)
async def test_only_our_own_page_sends_forms(
    headers: dict[str, str], status: int, world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    town = await world.town(HOST, f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('site')}/a.db")
    transport = httpx.ASGITransport(app=world.network.hosts[HOST])
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        assert (await client.post("/report", data=REPORT, headers=headers)).status_code == status
    assert len(await stored(town)) == (1 if status == 303 else 0)


async def test_what_is_missing_is_said_and_what_was_written_is_kept(
    town: Town, client: httpx.AsyncClient
) -> None:
    for form, part in (
        ({"uri": "javascript:alert(1)", "text": "書いたもの"}, "アドレスは https://"),
        ({"uri": "", "text": "書いたもの"}, "アドレスは https://"),
        ({"uri": REPORT["uri"], "text": " "}, "ひとこと書いてください"),
    ):
        response = await client.post("/report", data=form, headers=OURS)
        assert response.status_code == 422
        assert part in response.text
        assert form["text"].strip() in response.text
    assert await stored(town) == []


async def test_forms_that_are_none_are_refused(town: Town, client: httpx.AsyncClient) -> None:
    form = {**OURS, "content-type": "application/x-www-form-urlencoded"}
    for content, headers, status in (
        (b"{}", {**OURS, "content-type": "application/json"}, 415),
        (b"\xff\xfe", form, 400),
        (b"a=1&" * 60, form, 400),
        (b"text=" + b"x" * 70_000, form, 413),
    ):
        response = await client.post("/report", content=content, headers=headers)
        assert response.status_code == status
    assert await stored(town) == []


async def test_one_client_cannot_flood(town: Town, client: httpx.AsyncClient) -> None:
    statuses = [(await client.post("/report", data=REPORT, headers=OURS)).status_code for _ in range(7)]
    assert statuses == [303] * 5 + [429] * 2
    refused = await client.post("/report", data=REPORT, headers=OURS)
    assert int(refused.headers["retry-after"]) > 0
    assert "混み合って" in refused.text


async def test_following_leads_to_the_readers_own_server(
    world: World, town: Town, client: httpx.AsyncClient
) -> None:
    await town.area("megumino")
    peer = world.peer("mastodon.example")
    peer.actor("ken")
    response = await client.post(
        "/areas/megumino/follow", data={"account": "@ken@mastodon.example"}, headers=OURS
    )
    assert response.status_code == 303
    assert response.headers["location"] == (
        f"https://mastodon.example/authorize_interaction?uri=https%3A%2F%2F{HOST}%2Fareas%2Fmegumino"
    )
    policy = (await client.get("/areas/megumino")).headers["content-security-policy"]
    assert "form-action 'self' https:;" in policy


async def test_a_wrong_account_is_answered_with_the_form(
    world: World, town: Town, client: httpx.AsyncClient
) -> None:
    await town.area("megumino")
    for account, part in (
        ("hanako", "@名前@サーバー"),
        ("@ken@nowhere.example", "返事がありませんでした"),
        ("@ken@127.0.0.1", "返事がありませんでした"),
        (f"@x@{HOST}", "返事がありませんでした"),
        ('"><script>', "@名前@サーバー"),
    ):
        response = await client.post("/areas/megumino/follow", data={"account": account}, headers=OURS)
        assert response.status_code == 422, account
        assert part in response.text, account
        assert "<script>" not in response.text
    assert (await client.get("/areas/megumino/follow")).status_code == 200
    assert (
        await client.post("/areas/nobody/follow", data={"account": "a@b.example"}, headers=OURS)
    ).status_code == 404


async def test_one_client_cannot_make_us_ask_everybody(
    world: World, town: Town, client: httpx.AsyncClient
) -> None:
    """Each try is a request to a server of the reader's choice."""
    await town.area("megumino")
    statuses = []
    for number in range(FOLLOWS[0] + 2):
        account = {"account": f"@ken@nowhere{number}.example"}
        statuses.append((await client.post("/areas/megumino/follow", data=account, headers=OURS)).status_code)
    assert statuses == [422] * FOLLOWS[0] + [429] * 2


async def test_an_author_sees_where_a_post_stands(
    world: World, town: Town, client: httpx.AsyncClient
) -> None:
    area, author = await town.area("shimamatsu", policy="review"), await town.person("hanako")
    post, _ = await town.post(author, "公民館で集まります。", area)
    placed = (await town.read(placements.placements_of, post.id))[0]
    response = await client.get(f"/status/{placed.token}")
    assert "確認中です" in response.text
    assert "no-store" in response.headers["cache-control"]
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "公民館で集まります" not in response.text
    await town.write(
        lambda tx: decisions.refuse(tx, placed.id, by=None, reason="連絡先がありません", now=world.clock())
    )
    refused = (await client.get(f"/status/{placed.token}?lang=ja")).text
    assert "載せられませんでした" in refused
    assert "連絡先がありません" in refused
    await town.write(lambda tx: decisions.approve(tx, placed.id, by=None, now=world.clock()))
    assert "エリアに載っています" in (await client.get(f"/status/{placed.token}")).text
    for token in ("x", "a" * 100, placed.token + "x"):
        assert (await client.get(f"/status/{token}")).status_code == 404


async def test_a_resident_is_told_what_to_look_for(client: httpx.AsyncClient) -> None:
    page = (await client.get("/authorize_interaction", params={"uri": "https://a.example/<b>"})).text
    assert "https://a.example/&lt;b&gt;" in page
