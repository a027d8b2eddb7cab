"""The whole way of a post: follow, post, boost, edit, delete, withdraw."""

from collections.abc import Callable

import pytest

from tests.testrig.peers import PUBLIC, Peer
from tests.testrig.world import Town, World

pytestmark = pytest.mark.anyio


async def follow(world: World, peer: Peer, actor: str, area: str) -> None:
    answer = await peer.send(peer.activity("Follow", actor, f"follow-{actor[-3:]}", area), f"{area}/inbox")
    assert answer.status_code == 202, answer.text
    await world.settle()


async def test_a_post_is_boosted_to_every_follower_once(world: World, new_database: Callable[[], str]) -> None:
    town: Town = await world.town("chitose.example", new_database())
    area = await town.area("chitose")
    here, there = world.peer("here.example"), world.peer("there.example")
    hana, gina = here.actor("hana"), there.actor("gina")
    await follow(world, there, gina, area.iri)
    assert there.kinds() == ["Accept"]

    note = here.note(hana, "snow", to=PUBLIC, cc=[area.iri])
    answer = await here.send(here.create(note), f"{area.iri}/inbox")
    assert answer.status_code == 202, answer.text
    await world.settle()

    assert len(there.boosts(note["id"])) == 1
    assert len(here.boosts(note["id"])) == 1, "the author's server learns of it"

    delete = here.activity("Delete", hana, "d1", {"type": "Tombstone", "id": note["id"]})
    await here.send(delete, f"{area.iri}/inbox")
    await world.settle()
    assert there.kinds() == ["Accept", "Announce", "Undo"]
    assert there.received[-1]["object"]["id"] == there.received[-2]["id"]


async def test_a_local_post_reaches_a_peer_town(world: World, new_database: Callable[[], str]) -> None:
    chitose = await world.town("chitose.example", new_database())
    eniwa = await world.town("eniwa.example", new_database())
    area = await chitose.area("chitose")
    hana = await eniwa.person("hana")
    from areas import interactions

    target = await eniwa.node.directory.actor_by_handle("chitose", "chitose.example")
    await eniwa.write(interactions.follow, hana, target, world.clock.now)
    await world.settle()
    post, _ = await eniwa.post(hana, "雪が降りました @chitose@chitose.example")
    await world.settle()
    shown = await chitose.read(lambda tx: __import__("areas.timelines").timelines.area_timeline(tx, area.actor_id))
    assert [each.post.iri for each in shown] == [post.iri]
