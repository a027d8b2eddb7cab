"""Apps of residents: each speaks the client API of her own town, in this process or on a socket."""

from dataclasses import dataclass
from typing import Any

import httpx

from actors.records import ActorRecord
from tests.testrig.world import Town, World
from web.background import run_due
from web.cli import run_command
from web.jobs.search import index_new

SCOPES = "read write follow push"


@dataclass
class App:
    """Somebody's app, or nobody's, who has no `handle`."""

    client: httpx.AsyncClient
    handle: str = ""
    _town: Town | None = None
    _actor: ActorRecord | None = None

    @property
    def town(self) -> Town:
        """Hers, where it is of this process."""
        assert self._town is not None
        return self._town

    @property
    def me(self) -> ActorRecord:
        assert self._actor is not None
        return self._actor

    async def request(self, method: str, path: str, **how: Any) -> httpx.Response:
        return await self.client.request(method, path, **how)

    async def get(self, path: str, **params: Any) -> Any:
        """What is there. Whatever else is answered is a failure."""
        return _read(await self.client.get(path, params=params))

    async def post(self, path: str, **fields: Any) -> Any:
        return _read(await self.client.post(path, json=fields))

    async def say(self, text: str, **fields: Any) -> dict[str, Any]:
        """Post something."""
        made: dict[str, Any] = await self.post("/api/v1/statuses", status=text, **fields)
        return made

    async def find_account(self, handle: str) -> dict[str, Any]:
        """Somebody, wherever she is, as her app finds her."""
        query = {"q": handle, "resolve": "true", "type": "accounts"}
        found: dict[str, Any] = (await self.get("/api/v2/search", **query))["accounts"][0]
        assert handle.removeprefix("@").startswith(found["acct"]), "the very one stands first"
        return found

    async def find_status(self, url: str) -> dict[str, Any] | None:
        """A post as her own server has it; None where there is none for her."""
        query = {"q": url, "resolve": "false", "type": "statuses"}
        found = (await self.get("/api/v2/search", **query))["statuses"]
        return found[0] if found else None

    async def see(self, url: str) -> dict[str, Any]:
        """The same where it must be there, as it is shown."""
        found = await self.find_status(url)
        assert found is not None, url
        shown: dict[str, Any] = await self.get(f"/api/v1/statuses/{found['id']}")
        return shown

    async def act(self, url: str, verb: str, **fields: Any) -> Any:
        """Do something with a post: `favourite`, `reblog`, …"""
        return await self.post(f"/api/v1/statuses/{(await self.see(url))['id']}/{verb}", **fields)

    async def meet(self, other: "App", verb: str, **fields: Any) -> dict[str, Any]:
        """Do something to somebody: `follow`, `block`, …; what one is to her then."""
        found = await self.find_account(other.handle)
        answer: dict[str, Any] = await self.post(f"/api/v1/accounts/{found['id']}/{verb}", **fields)
        return answer

    async def relationship(self, other: "App") -> dict[str, Any]:
        """What she is to somebody."""
        found = await self.find_account(other.handle)
        [answer] = await self.get("/api/v1/accounts/relationships", **{"id[]": found["id"]})
        assert isinstance(answer, dict)
        return answer

    async def told(self) -> list[tuple[str, str]]:
        """What she was told, the newest first: kinds, and by whom."""
        found = await self.get("/api/v1/notifications")
        return [(each["type"], each["account"]["acct"]) for each in found]


def _read(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, (answer.request.url, answer.status_code, answer.text)
    return answer.json()


def open_client(world: World, town: Town, **headers: str) -> httpx.AsyncClient:
    """A client of a town, which ends with the world."""
    host = town.node.settings.domain
    transport = httpx.ASGITransport(app=world.network.hosts[host], client=("203.0.113.7", 50_000))
    return httpx.AsyncClient(transport=transport, base_url=f"https://{host}", headers=headers)


async def sign_in(world: World, town: Town, actor: ActorRecord | None) -> App:
    """The app of somebody, or of nobody."""
    headers, handle = {}, ""
    if actor is not None:
        handle = f"{actor.username}@{actor.host}"
        report = await run_command(town.node, "token create", {"name": actor.username, "scopes": SCOPES})
        headers = {"authorization": f"Bearer {report.data['token']}"}
    client = await world.stack.enter_async_context(open_client(world, town, **headers))
    return App(client, handle, town, actor)


async def settle(world: World) -> None:
    """Let everything arrive, and every node do what else is due."""
    for _ in range(3):
        await world.settle()
        for town in world.towns.values():
            await run_due(town.node)
            await index_new(town.node)
    await world.settle()
