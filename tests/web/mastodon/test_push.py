"""Apps subscribe to messages, whichever way they send their parameters, and learn by which key they will come."""

from typing import Any

import httpx
import pytest

from actors.records import ActorRecord
from tests.testrig.pushing import App, to_bytes
from tests.testrig.world import Town
from tests.web.conftest import ORIGIN
from tests.web.mastodon.conftest import Sign
from tests.web.mastodon.entities import personal
from tests.web.mastodon.entities.shapes import judge

pytestmark = pytest.mark.anyio
PATH = "/api/v1/push/subscription"
ENDPOINT = "https://push.example/send/abc"


def flat(**more: str) -> dict[str, str]:
    """As Phanpy, Elk and Tusky send it in a form, and Ice Cubes in the query string."""
    keys = App().keys()
    return {
        "subscription[endpoint]": ENDPOINT,
        "subscription[keys][p256dh]": keys["p256dh"],
        "subscription[keys][auth]": keys["auth"],
        "data[alerts][mention]": "true",
        "data[alerts][poll]": "1",
        "data[alerts][follow]": "false",
        **more,
    }


NESTED: dict[str, Any] = {
    "subscription": {"endpoint": ENDPOINT, "keys": App().keys()},
    "data": {"alerts": {"mention": True, "poll": True, "follow": False}},
}


@pytest.mark.parametrize(
    "how", [{"json": NESTED}, {"data": flat()}, {"params": flat()}], ids=["json", "form", "query"]
)
async def test_an_app_subscribes_in_every_form(town: Town, app: httpx.AsyncClient, how: Any) -> None:
    response = await app.post(PATH, **how)
    assert response.status_code == 200, response.text
    found = response.json()
    judge(personal.WEB_PUSH_SUBSCRIPTION, found)
    assert (found["endpoint"], found["standard"], found["policy"]) == (ENDPOINT, False, "all")
    assert {name for name, wanted in found["alerts"].items() if wanted} == {"mention", "poll"}
    assert found["server_key"] == town.node.push_identity.public_key
    assert (await app.get(PATH)).json() == found


async def test_what_is_chosen_can_be_changed_and_ended(app: httpx.AsyncClient) -> None:
    made = (await app.post(PATH, json={**NESTED, "policy": "followed"})).json()  # beside `data`, as Ice Cubes
    assert made["policy"] == "followed"
    changed = (await app.put(PATH, data={"data[alerts][reblog]": "on", "data[policy]": "follower"})).json()
    assert (changed["id"], changed["endpoint"], changed["policy"]) == (made["id"], ENDPOINT, "follower")
    assert {name for name, wanted in changed["alerts"].items() if wanted} == {"reblog"}
    standard = {**NESTED, "subscription": {**NESTED["subscription"], "standard": True}}
    assert (await app.post(PATH, json=standard)).json()["standard"] is True
    assert (await app.delete(PATH)).json() == {}
    assert (await app.delete(PATH)).json() == {}
    for method in ("GET", "PUT"):
        response = await app.request(method, PATH)
        assert (response.status_code, response.json()) == (404, {"error": "Record not found"})


async def test_each_token_has_its_own(
    app: httpx.AsyncClient, client: httpx.AsyncClient, sign: Sign, hanako: ActorRecord
) -> None:
    """Nobody sees, changes or ends another's, not even of the same person."""
    await app.post(PATH, json=NESTED)
    other = await sign("hanako")
    assert (await client.get(PATH, headers=other)).status_code == 404
    assert (await client.delete(PATH, headers=other)).status_code == 200
    assert (await app.get(PATH)).status_code == 200


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"subscription[endpoint]": ""}, "endpoint"),
        ({"subscription[endpoint]": "nonsense"}, "endpoint"),
        ({"subscription[endpoint]": "http://push.example/x"}, "endpoint"),
        ({"subscription[endpoint]": "https://push.example:8443/x"}, "endpoint"),
        ({"subscription[endpoint]": "https://127.0.0.1/x"}, "endpoint"),
        ({"subscription[endpoint]": "https://[::1]/x"}, "endpoint"),
        ({"subscription[endpoint]": "https://169.254.169.254/latest"}, "endpoint"),
        ({"subscription[endpoint]": f"{ORIGIN}/inbox"}, "endpoint"),
        ({"subscription[endpoint]": "file:///etc/passwd"}, "endpoint"),
        ({"subscription[keys][p256dh]": ""}, "p256dh"),
        ({"subscription[keys][p256dh]": "あ"}, "p256dh"),
        ({"subscription[keys][p256dh]": "AAAA"}, "p256dh"),
        ({"subscription[keys][auth]": "AAAA"}, "auth"),
        ({"data[policy]": "everybody"}, "policy"),
    ],
)
async def test_what_can_never_be_sent_to_is_refused_in_words(
    app: httpx.AsyncClient, change: dict[str, str], named: str
) -> None:
    response = await app.post(PATH, data=flat(**change))
    assert response.status_code == 422
    assert response.json()["error"].startswith("Validation failed: ")
    assert named in response.json()["error"]
    assert (await app.get(PATH)).status_code == 404


async def test_the_other_alphabet_of_base64_is_read(app: httpx.AsyncClient) -> None:
    keys = {name: value.replace("-", "+").replace("_", "/") + "=" for name, value in App().keys().items()}
    response = await app.post(PATH, json={**NESTED, "subscription": {"endpoint": ENDPOINT, "keys": keys}})
    assert response.status_code == 200, response.text


async def test_apps_find_the_key_of_the_node_wherever_they_look(town: Town, app: httpx.AsyncClient) -> None:
    key = town.node.push_identity.public_key
    assert len(to_bytes(key)) == 65
    assert (await app.get("/api/v2/instance")).json()["configuration"]["vapid"]["public_key"] == key
    wanted = {"client_name": "Tusky", "redirect_uris": "tusky:/cb", "scopes": "push"}
    assert (await app.post("/api/v1/apps", json=wanted)).json()["vapid_key"] == key
    assert (await app.get("/api/v1/apps/verify_credentials")).json()["vapid_key"] == key
