"""The lists of what peers bring: one for an area that has agreed with others, and that of a zone."""

import pytest
import sqlalchemy as sa

from actors.changes import _KEY as GATHERED
from actors.changes import Change
from actors.records import ActorRecord
from areas.lists import synthetic
from areas.lists.synthetic import SLOTS, ZONE, AreaList
from areas.reading import lists, live, statuses
from areas.records import AreaRecord
from areas.zones import agreements, flow
from areas.zones.records import Terms
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio


async def agree(town: Town, area: AreaRecord, peer: AreaRecord, zone: AreaRecord | None = None) -> None:
    """Posts of `peer` come to `area`."""
    other, group = await town.actor(peer.iri), await town.actor(area.iri)
    terms = Terms(None if zone is None else zone.iri, ())
    await town.do(agreements.ask, area, other, terms, town.now)
    await town.do(agreements.accept, peer, group, town.now)


async def read(town: Town, reader: ActorRecord, found: AreaList) -> list[str]:
    return await town.texts(reader, await town.do(lists.of_area, town.reader(reader), found))


@pytest.fixture
async def zone(town: Town, area: AreaRecord) -> AreaRecord:
    return await town.area("ken", kind="zone")


@pytest.fixture
async def peer(town: Town, area: AreaRecord) -> AreaRecord:
    return await town.area("shimamatsu")


async def test_what_peers_bring_is_a_list_beside_those_of_the_area(
    town: Town, area: AreaRecord, peer: AreaRecord, zone: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    await town.follow(hanako, area)
    assert [each.slot for each in await town.do(synthetic.list_of, hanako.id)] == [0, 1]
    await agree(town, area, peer, zone)
    *_, found = await town.do(synthetic.list_of, hanako.id)
    assert (found.id, found.title("ja")) == (area.number * SLOTS + ZONE, "meguminoの町: kenの町")
    await town.send(bob, town.note(bob, "bobs", cc=(peer.iri,)))
    assert await read(town, hanako, found) == ["shimamatsu: bobs"], "by whose it is"
    everything = await town.do(synthetic.find, hanako.id, area.number * SLOTS)
    assert await read(town, hanako, everything) == []
    assert await town.at_home(hanako) == []


async def test_without_a_zone_the_list_says_where_its_posts_come_from(
    town: Town, area: AreaRecord, peer: AreaRecord, hanako: ActorRecord
) -> None:
    await town.follow(hanako, area)
    await agree(town, area, peer)
    *_, found = await town.do(synthetic.list_of, hanako.id)
    assert found.title("ja") == "meguminoの町: 周りのエリアから"
    assert found.title("fr") == "meguminoの町: from nearby areas"


async def test_a_zone_is_one_list_of_what_its_towns_share(
    town: Town, area: AreaRecord, peer: AreaRecord, zone: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    await town.follow(hanako, zone)
    for each in (area, peer):
        await agree(town, zone, each, zone)
        await town.send(bob, town.note(bob, each.username, cc=(each.iri,)))
        town.pass_time()
    (found,) = await town.do(synthetic.list_of, hanako.id)
    assert (found.id, found.title("ja"), found.title("en")) == (zone.number * SLOTS, "kenの町", "kenの町")
    assert await read(town, hanako, found) == ["shimamatsu: shimamatsu", "megumino: megumino"]


async def test_a_zone_of_another_node_has_its_name_alone(
    town: Town, area: AreaRecord, hanako: ActorRecord
) -> None:
    far = await town.stranger("ken", "q.test", type="Group", name="さっぽろ圏")
    await town.follow(hanako, far)
    (found,) = await town.do(synthetic.list_of, hanako.id)
    assert found.title("ja") == "エリア: さっぽろ圏"
    other = await town.stranger("kita", "q.test", type="Group")
    asked = await town.do(agreements.ask, area, other, Terms(far.iri), town.now)
    assert [each.title("ja") for each in await town.do(synthetic.list_of, hanako.id)] == [found.title("ja")]
    assert await town.do(agreements.answered, asked.iri, "accept", town.now)
    (found,) = await town.do(synthetic.list_of, hanako.id)
    assert (found.title("ja"), found.content) == ("さっぽろ圏", "boosted")


async def test_what_is_hidden_leaves_the_list_live(
    town: Town, area: AreaRecord, peer: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    """Each step is told to who looks on, at the place where the post stands."""
    await agree(town, area, peer)
    await town.follow(hanako, area)
    note = town.note(bob, "bobs", cc=(peer.iri,))
    await town.send(bob, note)
    post = await town.stored(note.id)
    *_, found = await town.do(synthetic.list_of, hanako.id)
    page = await town.do(lists.of_area, town.reader(hanako), found)
    (place,) = [each.position for each in page.items]
    status = await town.do(statuses.find, town.reader(hanako), place)
    assert status is not None
    assert (status.seen.post.id, status.via and status.via.username) == (post.id, "shimamatsu")
    edit = Change("edited", post.id, bob.id, post.id)
    assert place in await town.do(live.places_of, edit)

    def hide(tx: sa.Connection) -> list[Change]:
        flow.hide(tx, area, post, "", town.now)
        return list(tx.info[GATHERED])

    def show(tx: sa.Connection) -> list[Change]:
        flow.show(tx, area, post, town.now)
        return list(tx.info[GATHERED])

    assert [(each.kind, each.id) for each in await town.do(hide)] == [("removed", place)]
    assert await read(town, hanako, found) == []
    assert await town.do(statuses.find, town.reader(hanako), place) is None
    assert place not in await town.do(live.places_of, edit)
    assert [(each.kind, each.id) for each in await town.do(show)] == [("brought", place)]
    assert await read(town, hanako, found) == ["shimamatsu: bobs"]
