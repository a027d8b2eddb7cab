"""Two client libraries of the web, `masto` (Elk, Phanpy) and `megalodon` (Whalebird, Fedistar), as programs on Node.

They page to the end, post a picture, read notifications, subscribe to push messages, and hear by WebSocket what is
done elsewhere.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from actors.changes import Change
from actors.records import ActorRecord
from tests.testrig import npm
from tests.testrig.databases import SqliteTemplates
from tests.testrig.network import Network
from tests.testrig.pictures import jpeg
from tests.testrig.programs import Program, start
from tests.testrig.pushing import App, PushService
from tests.testrig.sockets import serve_town
from tests.testrig.world import Town
from web.cli import run_command
from web.jobs import push

pytestmark = [pytest.mark.anyio, pytest.mark.javascript]

FOLDER = Path(__file__).parents[2] / "clients"
PUSHES = "push.example"
SECONDS = 30
FOLLOWERS = 7
POSTS = 8


@dataclass
class Scene:
    """hanako with posts, followers and notifications; what each timeline of hers has, as ids."""

    town: Town
    hanako: ActorRecord
    sora: ActorRecord
    service: PushService
    picture: Path
    posts: list[int]
    followers: list[int]

    async def ask(self, who: ActorRecord, method: str, path: str, **values: Any) -> Any:
        """By another app."""
        token = await self.token(who)
        async with httpx.AsyncClient(base_url=self.town.node.settings.base_url) as client:
            headers = {"authorization": f"Bearer {token}"}
            response = await client.request(method, f"/api/v1/{path}", json=values, headers=headers)
            assert response.status_code == 200, response.text
            return response.json()

    async def token(self, who: ActorRecord) -> str:
        arguments = {"name": who.username, "scopes": "read write follow push"}
        return str((await run_command(self.town.node, "token create", arguments)).data["token"])

    async def is_heard(self, who: ActorRecord) -> None:
        """Wait until a stream of hers hears home."""
        change = Change("written", 1, who.id, 1)
        async with asyncio.timeout(SECONDS):
            while not self.town.node.streams.is_wanted(change):
                await asyncio.sleep(0.01)


@pytest.fixture(scope="module", autouse=True)
def _packages() -> None:
    npm.install(FOLDER)


@pytest.fixture
async def scene(sqlite_templates: SqliteTemplates, tmp_path: Path) -> AsyncIterator[Scene]:
    network, service = Network(), PushService()
    network.hosts[PUSHES] = service
    url = sqlite_templates.new(tmp_path)
    async with serve_town("localhost", tmp_path / "town", url, transport=network.transport("town")) as town:
        picture = tmp_path / "garden.jpg"
        picture.write_bytes(jpeg())
        hanako, sora = await town.person("hanako"), await town.person("sora")
        followers = [await town.person(f"neighbour{number}") for number in range(FOLLOWERS)]
        scene = Scene(town, hanako, sora, service, picture, [], [each.id for each in followers])
        for number in range(POSTS):
            post, _ = await town.post(hanako if number % 2 else sora, f"その{number}")
            scene.posts.append(post.id)
        for each in followers:
            await scene.ask(each, "POST", f"accounts/{hanako.id}/follow")
            await scene.ask(each, "POST", f"statuses/{scene.posts[-1]}/favourite")
        await scene.ask(hanako, "POST", f"accounts/{sora.id}/follow")
        yield scene


async def run(scene: Scene, name: str, keys: App, *, standard: bool) -> "Run":
    options = {
        "url": scene.town.node.settings.base_url,
        "streaming": scene.town.node.settings.base_url.replace("http", "ws"),
        "token": await scene.token(scene.hanako),
        "picture": str(scene.picture),
        "subscription": {"endpoint": f"https://{PUSHES}/send/{name}", "keys": keys.keys()},
    }
    if standard:
        options["subscription"]["standard"] = True  # type: ignore[index] # a dictionary, two lines above
    return Run(scene, name, options)


@dataclass
class Run:
    """One library at work."""

    scene: Scene
    name: str
    options: dict[str, Any]

    async def read(self, program: Program) -> None:
        """It reads everything once, and posts a picture."""
        scene = self.scene
        signed_in = await program.expect(event="signed-in")
        assert (signed_in["acct"], signed_in["streaming"]) == ("hanako", self.options["streaming"])
        told = await scene.ask(scene.hanako, "GET", "notifications?limit=80")
        for name, expected in (
            ("home", scene.posts),
            ("public", scene.posts),
            ("notifications", [int(each["id"]) for each in told]),
            ("followers", scene.followers),
        ):
            paged = await program.expect(event="paged", name=name)
            assert sorted(int(each) for each in paged["ids"]) == sorted(expected), name
            assert len(expected) > 6  # of pages with three
        posted = await program.expect(event="posted")
        assert posted["media"] == [["image", "花の庭"]]
        shown = await scene.ask(scene.sora, "GET", f"statuses/{posted['id']}")
        assert [each["description"] for each in shown["media_attachments"]] == ["花の庭"]

    async def wake(self, program: Program, keys: App) -> None:
        """Its telephone is woken, with a message that it can read."""
        scene = self.scene
        subscribed = await program.expect(event="subscribed")
        assert subscribed["endpoint"] == self.options["subscription"]["endpoint"]
        assert subscribed["serverKey"] == scene.town.node.push_identity.public_key
        await program.expect(event="listening")
        await scene.is_heard(scene.hanako)
        await scene.ask(scene.sora, "POST", "statuses", status="@hanako 起きて")
        assert await push.run_due(scene.town.node, scene.town.clock()) == 1
        ((_, headers, body),) = scene.service.received
        message = keys.open(headers, body)
        assert (message["notification_type"], message["access_token"]) == ("mention", self.options["token"])
        heard = await program.expect(event="heard", name="notification")
        assert str(message["notification_id"]) == str(heard["id"])

    async def listen(self, program: Program) -> None:
        """What is written and deleted elsewhere arrives."""
        scene = self.scene
        post = await scene.ask(scene.sora, "POST", "statuses", status="雪です")
        await program.expect(event="heard", name="update", id=post["id"])
        await scene.ask(scene.sora, "DELETE", f"statuses/{post['id']}")
        await program.expect(event="heard", name="delete", id=post["id"])
        assert program.find(event="failed") == []


@pytest.mark.parametrize("name", ["masto", "megalodon"])
async def test_a_library_of_the_web_does_everything(scene: Scene, name: str) -> None:
    """masto asks for messages by RFC 8291, megalodon, as most apps, for those of the draft before it."""
    keys = App(len(name))
    working = await run(scene, name, keys, standard=name == "masto")
    command = [str(npm.NODE), str(FOLDER / f"{name}.mjs"), json.dumps(working.options)]
    async with start(name, command, folder=FOLDER, environment={"PATH": os.environ["PATH"]}) as program:
        await working.read(program)
        if name == "masto":
            grouped = await program.expect(event="grouped")
            likes = next(each for each in grouped["groups"] if each[0] == "favourite")
            assert likes[1] == FOLLOWERS
            assert set(likes[2]) <= set(grouped["accounts"])
        await working.wake(program, keys)
        await working.listen(program)
    encoding = scene.service.received[0][1]["content-encoding"]
    assert encoding == ("aes128gcm" if name == "masto" else "aesgcm")
