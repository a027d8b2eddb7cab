"""What is hers is hers to take along; nobody else gets it, and no spreadsheet calculates with it."""

import csv
import io
import json

import pytest

from areas import compose, exporting, interactions
from areas.records import Draft
from tests.testrig.world import Town
from tests.web.accounts.people import Browser, sign_up
from web.accounts.exporting import TABLES, write_csv

pytestmark = pytest.mark.anyio
FILES = ("actor.json", "posts.json", "posts.csv", *(f"lists/{name}.csv" for name in TABLES))


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


async def test_posts_of_every_kind_and_nobody_elses(
    town: Town, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 2)
    hanako, taro, area = await sign_up(town), await town.person("taro"), await town.area("megumino")
    await town.write(interactions.join, hanako, area, town.clock())
    for draft in (
        Draft(hanako.id, "花 #花", (area.actor_id,)),
        Draft(hanako.id, "鍵を拾いました", visibility="private", members_of=area.actor_id),
        Draft(hanako.id, "@taro 秘密", visibility="direct"),
    ):
        await town.write(compose.publish, draft, town.clock())
    await town.post(taro, "わたしの")
    deleted, _ = await town.post(hanako, "もう消した")
    await town.write(compose.delete, deleted.id, town.clock())
    await browser.sign_in()
    found = json.loads((await browser.get("/settings/export/posts.json")).text)
    assert found["type"] == "OrderedCollection"
    assert len(found["orderedItems"]) == 3
    assert {each["attributedTo"] for each in found["orderedItems"]} == {hanako.iri}
    table = rows((await browser.get("/settings/export/posts.csv")).text)
    assert table[0] == ["address", "published", "visibility", "warning", "text"]
    written = {row[4]: row[2] for row in table[1:]}
    assert written == {"花 #花": "public", "鍵を拾いました": "private", "'@taro 秘密": "direct"}
    actor = json.loads((await browser.get("/settings/export/actor.json")).text)
    assert actor["id"] == hanako.iri


async def test_lists_as_other_servers_take_them(town: Town, browser: Browser) -> None:
    hanako = await sign_up(town)
    taro, jiro, saburo = [await town.person(name) for name in ("taro", "jiro", "saburo")]
    post, _ = await town.post(taro, "花")
    await town.write(interactions.follow, hanako, taro, town.clock())
    await town.write(interactions.mute, hanako, jiro, town.clock())
    await town.write(interactions.block, hanako, saburo, town.clock())
    await town.write(interactions.block_host, hanako, "spam.example", town.clock())
    await town.write(interactions.bookmark, hanako, post.id, town.clock())
    await browser.sign_in()

    async def read(name: str) -> list[list[str]]:
        answer = await browser.get(f"/settings/export/lists/{name}.csv")
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
        assert answer.headers["cache-control"] == "no-store"
        return rows(answer.text)

    assert await read("following_accounts") == [
        ["Account address", "Show boosts", "Notify on new posts"],
        ["taro@chitose.example", "true", "false"],
    ]
    assert (await read("muted_accounts"))[1:] == [["jiro@chitose.example", "true"]]
    assert await read("blocked_accounts") == [["saburo@chitose.example"]]
    assert await read("blocked_domains") == [["spam.example"]]
    assert await read("bookmarks") == [[post.iri]]
    assert (await browser.get("/settings/export/lists/passwords.csv")).status_code == 404
    assert (await browser.get("/settings/export/posts.exe")).status_code == 404


async def test_only_by_a_session_and_only_while_it_lasts(town: Town, browser: Browser) -> None:
    hanako = await sign_up(town)
    await town.post(hanako, "花が咲きました")
    await sign_up(town, "taro", "taro@mail.example")
    for name in FILES:
        assert (await browser.get(f"/settings/export/{name}")).status_code == 303, name
    await browser.sign_in("taro@mail.example")
    assert "花" not in (await browser.get("/settings/export/posts.csv")).text
    await browser.post("/sign-out")
    for name in FILES:
        assert (await browser.get(f"/settings/export/{name}")).status_code == 303, name


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    [[cell]] = rows(write_csv([[text]]))
    assert cell == f"'{text}"
