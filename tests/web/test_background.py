"""What a node does by itself, until it is told to stop."""

import asyncio
import io
from dataclasses import replace

import httpx
import pytest

from areas import compose
from areas.reading.visibility import Reader
from areas.records import Revision
from areas.search import posts
from federation.errors import Overloaded
from tests.testrig.world import Town, World
from tests.web.conftest import ORIGIN
from web import background
from web.background import purge, run_background, sweep
from web.jobs.search import index_new
from web.logs import open_log
from web.node import Node

pytestmark = pytest.mark.anyio


async def test_it_delivers_and_does_what_was_planned(world: World, town: Town) -> None:
    """A Follow is answered, and the new server is asked what it is, without anybody turning the wheel."""
    await town.area("megumino")
    peer = world.peer("mastodon.example")
    follow = peer.activity("Follow", peer.actor("ken"), "f1", f"{ORIGIN}/areas/megumino")
    answered, asked = asyncio.Event(), asyncio.Event()

    def watch(request: httpx.Request) -> None:
        is_post = request.method == "POST" and request.url.host == peer.host
        if is_post:
            answered.set()
        elif request.url.path == "/nodeinfo/2.1":
            asked.set()

    world.network.fault = watch
    stop = asyncio.Event()
    task = asyncio.create_task(run_background(town.node, stop))
    try:
        assert (await peer.send(follow, f"{ORIGIN}/areas/megumino/inbox")).status_code == 202
        async with asyncio.timeout(20):
            await answered.wait()
            await asked.wait()
    finally:
        stop.set()
        await task
    assert "Accept" in peer.kinds()


async def test_a_bug_or_a_busy_database_in_one_task_ends_nothing(town: Town) -> None:
    stream = io.StringIO()
    node = replace(town.node, log=open_log("json", stream))
    stop = asyncio.Event()
    faults = iter([Overloaded("the disk is full"), ZeroDivisionError("a bug"), None])

    async def fail(_node: Node) -> int:
        fault = next(faults)
        if fault is not None:
            raise fault
        stop.set()
        return 1

    async with asyncio.timeout(20):
        await background._repeat(node, stop, 0.0, fail)
    assert "the disk is full" in stream.getvalue()
    assert "ZeroDivisionError" in stream.getvalue()


async def test_posts_are_found_a_little_later(world: World, town: Town) -> None:
    """Written, edited, and looked for, with nobody turning the wheel but the jobs."""
    hanako = await town.person("hanako")
    post, _ = await town.post(hanako, "今年も雪まつりがあります。")
    assert await index_new(town.node) == 1
    assert await index_new(town.node) == 0

    async def find(query: str) -> list[int]:
        reader = Reader.of(hanako, world.clock())
        return [each.post.id for each in (await town.read(posts.search, reader, query)).items]

    assert await find("雪まつり") == [post.id]
    world.clock.advance(minutes=1)
    await town.write(compose.edit, post.id, Revision("夏まつりもあります。"), world.clock())
    await world.settle()
    assert await find("夏まつり") == [post.id]
    assert await find("雪まつり") == []


async def test_what_is_old_is_forgotten(world: World, town: Town) -> None:
    await town.post(await town.person("hanako"), "こんにちは、町のみなさん。")
    await town.node.worker.drain()
    assert await purge(town.node) == 0
    world.clock.advance(days=60)
    assert await purge(town.node) == 1
    assert await sweep(town.node) == 0


async def test_without_federation_nothing_leaves_and_nothing_is_lost(world: World, town: Town) -> None:
    """As in the drill with a backup, beside the node that it was made of."""
    area = await town.area("megumino")
    peer = world.peer("mastodon.example")
    await peer.send(peer.activity("Follow", peer.actor("ken"), "f1", area.iri), f"{area.iri}/inbox")
    await world.settle()
    peer.received.clear()
    await town.post(await town.person("hanako"), "こんにちは、町のみなさん。よいお天気です。", area)
    node = replace(town.node, settings=replace(town.node.settings, federation="off"))
    stop = asyncio.Event()
    task = asyncio.create_task(run_background(node, stop))
    for _ in range(3):  # whatever wakes it
        node.nudge()
        await node.database.write(lambda _tx: None)
    stop.set()
    await task
    assert peer.received == []
    await town.node.worker.drain()
    assert "Announce" in peer.kinds()
