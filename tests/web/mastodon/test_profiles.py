"""Changing how one looks: every form in which apps send it, once told, and nothing that is not hers to change."""

import json
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from actors.directory import find_actor
from actors.records import ActorRecord
from areas import interactions
from areas.preferences import find as find_preferences
from outbox.tables import log
from tests.testrig import pictures
from tests.testrig.world import Town, World
from tests.web.conftest import JSON, ORIGIN
from tests.web.mastodon.conftest import Sign
from tests.web.mastodon.entities import schema
from tests.web.mastodon.entities.shapes import judge

pytestmark = pytest.mark.anyio

PATH = "/api/v1/accounts/update_credentials"
PROFILE = "/api/v1/profile"


async def change(app: httpx.AsyncClient, **how: Any) -> dict[str, Any]:
    response = await app.patch(PATH, **how)
    assert response.status_code == 200, response.text
    judge(schema.CREDENTIAL_ACCOUNT, response.json())
    shown: dict[str, Any] = response.json()
    return shown


async def list_updates(town: Town) -> list[dict[str, Any]]:
    """What was told of anybody's profile."""
    query = sa.select(log.c.body).where(log.c.type == "Update").order_by(log.c.id)
    bodies = await town.read(lambda tx: list(tx.execute(query).scalars()))
    return [json.loads(body) for body in bodies]


FORMS: list[dict[str, Any]] = [
    {
        "json": {
            "display_name": "花子",
            "note": "花 #庭",
            "fields_attributes": [{"name": "サイト", "value": "https://x.example"}],
        }
    },
    {
        "data": {
            "display_name": "花子",
            "note": "花 #庭",
            "fields_attributes[0][name]": "サイト",
            "fields_attributes[0][value]": "https://x.example",
        }
    },
    {
        "data": {
            "display_name": "花子",
            "note": "花 #庭",
            "fields_attributes[][name]": "サイト",
            "fields_attributes[][value]": "https://x.example",
        }
    },
    {
        "files": {
            "display_name": (None, "花子"),
            "note": (None, "花 #庭"),
            "fields_attributes[0][name]": (None, "サイト"),
            "fields_attributes[0][value]": (None, "https://x.example"),
            "fields_attributes[1][name]": (None, ""),
            "fields_attributes[1][value]": (None, ""),
        }
    },
    {
        "params": {
            "display_name": "花子",
            "note": "花 #庭",
            "fields_attributes[0][name]": "サイト",
            "fields_attributes[0][value]": "https://x.example",
        }
    },
]


@pytest.mark.parametrize("form", FORMS, ids=["json", "urlencoded", "repeated", "multipart", "query"])
async def test_words_in_every_form(app: httpx.AsyncClient, form: dict[str, Any]) -> None:
    shown = await change(app, **form)
    assert shown["display_name"] == "花子"
    assert f'<a href="{ORIGIN}/tags/' in shown["note"]
    assert shown["fields"][0]["name"] == "サイト"
    assert shown["fields"][0]["value"].startswith('<a href="https://x.example"')
    assert shown["source"]["note"] == "花 #庭"
    assert shown["source"]["fields"] == [
        {"name": "サイト", "value": "https://x.example", "verified_at": None}
    ]
    again = (await app.get("/api/v1/accounts/verify_credentials")).json()
    assert again == shown


async def test_followers_are_told_once_whatever_changed(
    world: World, town: Town, app: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    peer = world.peer("mastodon.example")
    ken = peer.actor("ken")
    await peer.send(peer.activity("Follow", ken, "f", hanako.iri), f"{hanako.iri}/inbox")
    await world.settle()
    files = {
        "avatar": ("a.jpg", pictures.jpeg(), "image/jpeg"),
        "header": ("b.jpg", pictures.jpeg(), "image/jpeg"),
    }
    shown = await change(app, files=files, data={"display_name": "花子", "locked": "true", "bot": "1"})
    assert shown["avatar"].startswith(f"{ORIGIN}/media/")
    assert shown["header"].startswith(f"{ORIGIN}/media/")
    assert (shown["locked"], shown["bot"]) == (True, True)
    [update] = await list_updates(town)
    assert update["object"]["name"] == "花子"
    assert update["object"]["icon"]["url"] == shown["avatar"]
    assert update["object"]["image"]["url"] == shown["header"]
    assert (update["object"]["manuallyApprovesFollowers"], update["object"]["type"]) == (True, "Service")
    await world.settle()
    heard = [json.loads(each.body) for each in world.network.posts("mastodon.example")]
    assert [each["id"] for each in heard if each["type"] == "Update"] == [update["id"]]
    await change(app, data={"display_name": "花子", "locked": "true"})
    assert len(await list_updates(town)) == 1


async def test_fields_are_what_other_servers_read(app: httpx.AsyncClient, hanako: ActorRecord) -> None:
    await change(app, json={"fields_attributes": {"0": {"name": "好き", "value": "花"}}})
    document = (await app.get(hanako.iri, headers=JSON)).json()
    assert document["attachment"] == [{"type": "PropertyValue", "name": "好き", "value": "花"}]
    page = (await app.get(hanako.iri, headers={"accept": "text/html"})).text
    assert "<dt>好き</dt><dd>花</dd>" in page
    await change(app, json={"fields_attributes": []})
    assert (await app.get(hanako.iri, headers=JSON)).json().get("attachment", []) == []


async def test_fields_of_others_are_shown_cleaned(world: World, town: Town, app: httpx.AsyncClient) -> None:
    peer = world.peer("mastodon.example")
    ken = peer.actor("ken")
    peer.documents[ken]["attachment"] = [
        {"type": "PropertyValue", "name": "a\u202eb", "value": "<a href='javascript:x'>x</a><b>y</b>"}
    ]
    found = await town.node.directory.actor(ken)
    shown = (await app.get(f"/api/v1/accounts/{found.id}")).json()
    judge(schema.ACCOUNT, shown)
    [field] = shown["fields"]
    assert field["name"] == "ab"
    assert "javascript" not in field["value"]
    assert "<b>y</b>" in field["value"]


async def test_what_new_posts_are_to_be(
    world: World, town: Town, app: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    form = {"source[privacy]": "unlisted", "source[sensitive]": "true", "source[language]": "en"}
    shown = await change(app, data=form)
    assert (shown["source"]["privacy"], shown["source"]["sensitive"]) == ("unlisted", True)
    chosen = await town.read(find_preferences, hanako.id)
    assert (chosen.visibility, chosen.sensitive, chosen.language) == ("unlisted", True, "en")
    assert await list_updates(town) == []
    await change(app, json={"source": {"privacy": "private"}})
    assert (await app.get("/api/v1/preferences")).json()["posting:default:visibility"] == "private"
    chosen = await town.read(find_preferences, hanako.id)
    assert (chosen.sensitive, chosen.language) == (True, "en")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"data": {"display_name": "恵庭市役所"}}, "looks official"),
        ({"data": {"note": "あ" * 501}}, "at most 500"),
        ({"data": {"source[privacy]": "neighbours"}}, "privacy is one of"),
        ({"data": {"source[language]": "日本語"}}, "not a language tag"),
        ({"data": {"avatar": "https://x.example/a.png"}}, "avatar is not a file"),
        ({"files": {"avatar": ("a.png", b"<svg/>", "image/png")}}, "no picture"),
        ({"json": {"fields_attributes": [{"name": "a", "value": "b"}] * 5}}, "at most 4 fields"),
    ],
)
async def test_what_is_refused_changes_nothing(
    town: Town, app: httpx.AsyncClient, hanako: ActorRecord, form: dict[str, Any], words: str
) -> None:
    response = await app.patch(PATH, **form)
    assert response.status_code == 422
    judge(schema.ERROR, response.json())
    assert words in response.json()["error"]
    assert await town.read(find_actor, hanako.iri) == hanako


async def test_words_are_judged_before_a_picture_is_read(town: Town, app: httpx.AsyncClient) -> None:
    files = {"avatar": ("a.jpg", pictures.jpeg(), "image/jpeg")}
    response = await app.patch(PATH, files=files, data={"display_name": "恵庭市役所"})
    assert response.status_code == 422
    assert list((town.node.settings.data_dir / "media").rglob("*.*")) == []


async def test_what_is_not_hers_to_choose_is_not_looked_at(
    town: Town, app: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    """H19: mass assignment."""
    before = await town.read(find_actor, hanako.iri)
    form = {
        "role": "admin",
        "role[id]": "1",
        "approved": True,
        "kind": "official",
        "type": "Group",
        "group": True,
        "standing": "open",
        "username": "mayor",
        "iri": f"{ORIGIN}/people/mayor",
        "id": "1",
        "summary": "<script>",
        "hide_collections": False,
        "attribution_domains": ["x.example"],
        "moved_to": "https://x.example/a",
        "also_known_as": ["https://x.example/a"],
        "account_id": "1",
        "followers_count": 5_000,
        "suspended": False,
        "source": {"to_home_area": True, "quote_policy": "public", "follow_requests_count": 9},
    }
    shown = await change(app, json=form)
    assert await town.read(find_actor, hanako.iri) == before
    assert (shown["roles"], shown["hide_collections"]) == ([], True)
    assert shown["source"]["attribution_domains"] == []
    assert not (await town.read(find_preferences, hanako.id)).to_home_area


async def test_whoever_waits_is_let_in(world: World, town: Town, app: httpx.AsyncClient) -> None:
    sora = await town.person("sora")
    await change(app, json={"locked": True})
    hanako = await town.read(find_actor, f"{ORIGIN}/people/hanako")
    await town.write(interactions.follow, sora, hanako, town.clock())
    assert [each["acct"] for each in (await app.get("/api/v1/follow_requests")).json()] == ["sora"]
    await change(app, json={"locked": False})
    await world.settle()
    assert (await app.get("/api/v1/follow_requests")).json() == []
    followers = await app.get(f"/api/v1/accounts/{hanako.id}/followers")
    assert [each["acct"] for each in followers.json()] == ["sora"]


async def test_a_profile_as_typed_and_pictures_taken_away(town: Town, app: httpx.AsyncClient) -> None:
    empty = (await app.get(PROFILE)).json()
    judge(schema.PROFILE, empty)
    assert (empty["avatar"], empty["header"], empty["featured_tags"]) == (None, None, [])
    assert (await app.post("/api/v1/featured_tags", data={"name": "花"})).status_code == 200
    files = {
        "avatar": ("a.jpg", pictures.jpeg(), "image/jpeg"),
        "header": ("b.jpg", pictures.jpeg(), "image/jpeg"),
    }
    for method in ("PATCH", "PUT"):
        response = await app.request(method, PROFILE, files=files, data={"note": "花\nと庭", "bot": "false"})
        judge(schema.PROFILE, response.json())
        assert response.json()["note"] == "花\nと庭"
        assert [each["name"] for each in response.json()["featured_tags"]] == ["花"]
    avatar = response.json()["avatar"]
    assert (await app.get(avatar)).status_code == 200
    for which in ("avatar", "header"):
        for _ in range(2):
            gone = await app.delete(f"{PROFILE}/{which}")
            judge(schema.CREDENTIAL_ACCOUNT, gone.json())
            assert "/static/" in gone.json()[which]
    assert len(await list_updates(town)) == 4
    assert (await app.get(avatar)).status_code == 404


async def test_a_profile_is_read_by_whoever_may_know_who_it_is(
    client: httpx.AsyncClient, hanako: ActorRecord, sign: Sign
) -> None:
    client.headers.update(await sign("hanako", "profile"))
    assert (await client.get(PROFILE)).status_code == 200
    assert (await client.patch(PROFILE, data={"note": "a"})).status_code == 403
