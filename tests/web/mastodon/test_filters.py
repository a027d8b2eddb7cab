"""Filters in both versions of the API, and what they say of a post."""

from typing import Any

import httpx
import pytest

from actors.records import ActorRecord
from tests.testrig.world import Town, World
from tests.web.mastodon.conftest import Sign
from tests.web.mastodon.entities import personal, schema
from tests.web.mastodon.entities.shapes import judge

pytestmark = pytest.mark.anyio

V1, V2 = "/api/v1/filters", "/api/v2/filters"


async def make(app: httpx.AsyncClient, *words: str, **more: Any) -> Any:
    fields = {"title": "静かに", "context": ["home", "public"], **more}
    attributes = [{"keyword": word, "whole_word": True} for word in words]
    response = await app.post(V2, json={**fields, "keywords_attributes": attributes})
    assert response.status_code == 200, response.text
    judge(personal.FILTER, response.json())
    return response.json()


async def test_a_filter_with_its_words(world: World, app: httpx.AsyncClient) -> None:
    made = await make(app, "選挙", "spoiler", filter_action="hide", expires_in=3600)
    assert (made["filter_action"], len(made["keywords"])) == ("hide", 2)
    assert made["expires_at"] is not None
    address, [first, second] = f"{V2}/{made['id']}", made["keywords"]
    changed = await app.put(
        address,
        json={
            "title": "もっと静かに",
            "expires_in": "",
            "keywords_attributes": [
                {"id": first["id"], "keyword": "候補"},
                {"id": second["id"], "_destroy": True},
                {"keyword": "演説"},
            ],
        },
    )
    assert [each["keyword"] for each in changed.json()["keywords"]] == ["候補", "演説"]
    assert (changed.json()["title"], changed.json()["expires_at"]) == ("もっと静かに", None)
    assert changed.json()["context"] == ["home", "public"]
    assert (await app.get(address)).json() == changed.json()
    assert (await app.get(V2)).json() == [changed.json()]
    assert (await app.delete(address)).json() == {}
    assert (await app.get(V2)).json() == []
    assert world.clock()


async def test_words_one_by_one(app: httpx.AsyncClient) -> None:
    made = await make(app, "選挙")
    added = await app.post(f"{V2}/{made['id']}/keywords", data={"keyword": "演説", "whole_word": "false"})
    judge(personal.FILTER_KEYWORD, added.json())
    one = f"{V2}/keywords/{added.json()['id']}"
    assert (await app.get(one)).json() == added.json()
    assert (await app.put(one, data={"whole_word": "true"})).json()["whole_word"] is True
    assert len((await app.get(f"{V2}/{made['id']}/keywords")).json()) == 2
    assert (await app.delete(one)).json() == {}
    assert (await app.get(one)).status_code == 404


async def test_single_posts(town: Town, app: httpx.AsyncClient) -> None:
    made = await make(app)
    post, _ = await town.post(await town.person("sora"), "花の庭")
    added = await app.post(f"{V2}/{made['id']}/statuses", json={"status_id": str(post.id)})
    judge(personal.FILTER_STATUS, added.json())
    assert (await app.get(f"{V2}/{made['id']}")).json()["statuses"] == [added.json()]
    [why] = (await app.get(f"/api/v1/statuses/{post.id}")).json()["filtered"]
    judge(personal.FILTER_RESULT, why)
    assert (why["status_matches"], why["keyword_matches"]) == ([str(post.id)], None)
    assert (await app.delete(f"{V2}/statuses/{added.json()['id']}")).json() == {}
    assert (await app.get(f"{V2}/{made['id']}/statuses")).json() == []


async def test_a_post_says_why_it_is_filtered(
    town: Town, app: httpx.AsyncClient, hanako: ActorRecord, sign: Sign
) -> None:
    made = await make(app, "選挙")
    post, _ = await town.post(await town.person("sora"), "あすは選挙です。")
    own, _ = await town.post(hanako, "選挙に行きます。")
    shown = (await app.get(f"/api/v1/statuses/{post.id}")).json()
    judge(schema.STATUS, {**shown, "filtered": []})
    [why] = shown["filtered"]
    judge(personal.FILTER_RESULT, why)
    assert (why["filter"]["id"], why["keyword_matches"]) == (made["id"], ["選挙"])
    assert (await app.get(f"/api/v1/statuses/{own.id}")).json()["filtered"] == []
    riku = await sign((await town.person("riku")).username)
    assert (await app.get(f"/api/v1/statuses/{post.id}", headers=riku)).json()["filtered"] == []


async def test_the_old_version_has_a_filter_for_each_word(app: httpx.AsyncClient) -> None:
    fields = {"phrase": "選挙", "context[]": ["home"], "irreversible": "true"}
    made = (await app.post(V1, data=fields)).json()
    judge(personal.FILTER_V1, made)
    assert (made["phrase"], made["irreversible"]) == ("選挙", True)
    assert (await app.get(V2)).json()[0]["filter_action"] == "hide"
    changed = await app.put(f"{V1}/{made['id']}", json={"phrase": "演説", "context": ["public"]})
    assert (changed.json()["phrase"], changed.json()["context"]) == ("演説", ["public"])
    assert (await app.get(f"{V1}/{made['id']}")).json() == changed.json()
    assert len((await app.get(V1)).json()) == 1
    assert (await app.delete(f"{V1}/{made['id']}")).json() == {}
    assert (await app.get(V2)).json() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "", "context": ["home"]},
        {"title": "a", "context": []},
        {"title": "a", "context": ["kitchen"]},
        {"title": "a", "context": ["home"], "filter_action": "burn"},
        {"title": "a", "context": ["home"], "keywords_attributes": [{"keyword": " "}]},
    ],
)
async def test_what_is_no_filter(app: httpx.AsyncClient, fields: dict[str, Any]) -> None:
    response = await app.post(V2, json=fields)
    assert response.status_code == 422
    assert (await app.get(V2)).json() == [], "nothing of it is kept"


async def test_nobody_reaches_anothers_filter(town: Town, app: httpx.AsyncClient, sign: Sign) -> None:
    made = await make(app, "選挙")
    await town.person("riku")
    other, word = await sign("riku"), made["keywords"][0]["id"]
    for path in (
        f"{V2}/{made['id']}",
        f"{V2}/keywords/{word}",
        f"{V1}/{word}",
        f"{V2}/{made['id']}/statuses",
    ):
        assert (await app.get(path, headers=other)).status_code == 404, path
    assert (await app.delete(f"{V2}/{made['id']}", headers=other)).status_code == 404
