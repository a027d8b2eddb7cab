"""A town of this process on a loopback socket, for programs that know only addresses."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import uvicorn

from tests.testrig.network import Clock
from tests.testrig.world import Town, make_settings
from web.app import create_app
from web.node import open_node
from web.protocol import server_config
from web.settings import Listen


@asynccontextmanager
async def serve_town(
    name: str, folder: Path, database_url: str, *, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Town]:
    """Serve a new town at `http://{name}:{port}` until the block ends; `transport` is what it reaches others by."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    host = f"{name}:{listener.getsockname()[1]}"
    settings = make_settings(host, folder, database_url, base_url=f"http://{host}")
    clock = Clock()
    async with open_node(settings, clock=clock, transport=transport) as node:
        config = server_config(create_app(node), Listen("127.0.0.1", 0))
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[listener])
        await server.on_tick(0)  # as its loop does before the first request: from then on answers have a date
        yield Town(node, clock)
        await server.shutdown(sockets=[listener])
