"""A town on a socket, three people in it, and an area that two of them follow."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from actors.records import ActorRecord
from areas.records import AreaRecord
from tests.testrig.network import Clock
from tests.testrig.sockets import serve_town
from tests.testrig.streaming import SECONDS, Socket, Source, open_socket, open_source
from tests.testrig.world import Town
from web.cli import run_command
from web.mastodon.calls import find_caller
from web.mastodon.streaming.channels import Channel
from web.mastodon.streaming.sessions import Session

NAMES = ("hanako", "sora", "riku")
SCOPES = "read write follow push"


@dataclass
class Scene:
    """What apps of the three do, and what they hear. hanako follows sora and the area; riku follows nobody."""

    town: Town
    client: httpx.AsyncClient
    area: AreaRecord
    people: dict[str, ActorRecord]
    tokens: dict[str, str]
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def base(self) -> str:
        return self.town.node.settings.base_url

    async def token(self, name: str, scopes: str = SCOPES) -> str:
        report = await run_command(self.town.node, "token create", {"name": name, "scopes": scopes})
        return str(report.data["token"])

    async def ask(self, who: str, method: str, path: str, **values: Any) -> Any:
        assert isinstance(self.town.clock, Clock)
        self.town.clock.advance(seconds=1)  # nothing happens at once with anything else
        headers = {"authorization": f"Bearer {self.tokens[who]}"}
        response = await self.client.request(method, f"/api/{path}", json=values, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    async def post(self, who: str, text: str, **values: Any) -> str:
        """Post by an app; returns the id."""
        return str((await self.ask(who, "POST", "v1/statuses", status=text, **values))["id"])

    async def socket(self, who: str, *streams: str, **params: str) -> Socket:
        """A WebSocket of hers that hears these streams already."""
        socket = await self.stack.enter_async_context(open_socket(self.base, subprotocols=[self.tokens[who]]))
        for stream in streams:
            await socket.say("subscribe", stream, **params)
        await self.catch_up(socket)
        return socket

    async def source(self, who: str, path: str) -> Source:
        """Server-sent events for her."""
        headers = {"authorization": f"Bearer {self.tokens[who]}"}
        return await self.stack.enter_async_context(open_source(self.client, path, headers=headers))

    @staticmethod
    async def catch_up(socket: Socket) -> None:
        """Until everything that was said to the server has been done."""
        await socket.connection.send("{}")
        assert (await socket.error())["status"] == 400


@pytest.fixture
async def scene(tmp_path: Path, database_url: str) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        town = await stack.enter_async_context(serve_town("localhost", tmp_path / "town", database_url))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=town.node.settings.base_url))
        area = await town.area("megumino")
        people = {name: await town.person(name) for name in NAMES}
        scene = Scene(town, client, area, people, {}, await stack.enter_async_context(AsyncExitStack()))
        for name in NAMES:
            scene.tokens[name] = await scene.token(name)
        for target in (people["sora"].id, area.actor_id):
            await scene.ask("hanako", "POST", f"v1/accounts/{target}/follow")
        yield scene


class Heard:
    """What a session without a socket hears."""

    def __init__(self, session: Session) -> None:
        self.session = session

    async def next(self) -> tuple[str, str]:
        """The event and its payload, as it is sent."""
        message = await self.session.stream.take(SECONDS)
        assert message is not None
        assert message.payload is not None
        return message.event, message.payload


Listen = Callable[..., Awaitable[Heard]]


@pytest.fixture
async def listen(town: Town) -> AsyncIterator[Listen]:
    node = town.node
    sessions: list[Session] = []

    async def make(who: ActorRecord, *names: str) -> Heard:
        made = await run_command(node, "token create", {"name": who.username, "scopes": "read"})
        caller = await town.read(find_caller, node.vault, made.data["token"], town.clock())
        session = Session(node, caller, "203.0.113.7")
        for name in names:
            await session.subscribe(Channel(name))
        await node.streams.open(session.stream)
        sessions.append(session)
        return Heard(session)

    yield make
    for session in sessions:
        node.streams.leave(session.stream)
