"""Whom a text names and nobody here knows is looked up before it is stored, whatever it was written with."""

import asyncio
from typing import Final

from areas import compose
from federation.errors import Fault
from web.node import Node

LOOKED_UP: Final = 10
"""Unknown people of one text who are asked for at their servers; others stay plain text."""
PATIENCE: Final = 5.0
"""Seconds for which a post waits for the servers of those whom it names."""


async def resolve_handles(node: Node, text: str) -> None:
    """Look up whom a text names; who cannot be found is not named."""

    async def look_up(name: str, host: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await node.directory.actor_by_handle(name, host)
        except (Fault, TimeoutError):
            return

    asked = compose.find_handles(text)[:LOOKED_UP]
    await asyncio.gather(*(look_up(name, host) for name, host in asked))
