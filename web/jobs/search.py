"""Bringing new posts into the index of words, a few seconds after they came."""

from areas.search import filling
from web.node import Node


async def index_new(node: Node) -> int:
    """Index what is new, a batch at a time; returns how many posts. Texts are cut into words where readers wait."""
    done = 0
    while True:
        batch = await node.database.read(filling.gather, node.clock())
        done += await node.database.write(filling.fill, batch)
        if not batch.more:
            return done
