"""Many decisions at once: what is selected, what becomes of it, and that nobody is told of floods."""

import pytest

from actors.records import ActorRecord
from areas import clearing
from areas.clearing import HELD, SUSPENDED
from areas.records import AreaRecord
from areas.selections import Selection
from tests.areas.rig import HOUR, Rig

pytestmark = pytest.mark.anyio


@pytest.fixture
async def town(rig: Rig) -> tuple[AreaRecord, AreaRecord]:
    return await rig.area("megumino"), await rig.area("shimamatsu", policy="review")


async def send(rig: Rig, author: ActorRecord, slug: str, *areas: AreaRecord) -> None:
    await rig.send(author, rig.note(author, slug, cc=tuple(each.iri for each in areas)))


async def found(rig: Rig, which: Selection) -> int:
    return len(await rig.do(clearing.find, which))


async def test_what_is_selected(rig: Rig, town: tuple[AreaRecord, AreaRecord]) -> None:
    megumino, shimamatsu = town
    hosts = ["bad.test", "a.bad.test", "bad.test:8443", "a.bad.test:8443", "verybad.test", "bad.test.example"]
    authors = [await rig.stranger(f"u{number}", host) for number, host in enumerate(hosts)]
    for author in authors:
        await send(rig, author, author.username, *town)
    assert await found(rig, Selection()) == 12
    assert await found(rig, Selection(HELD)) == 6
    assert await found(rig, Selection(author_id=authors[0].id)) == 2
    assert await found(rig, Selection(area_id=shimamatsu.actor_id)) == 6
    assert await found(rig, Selection(area_id=megumino.actor_id, rule="review")) == 0
    assert await found(rig, Selection(rule="review")) == 6
    below = await rig.do(clearing.find, Selection(host="bad.test"))
    assert {author for _, author in below} == {each.id for each in authors[:4]}
    first = await rig.do(clearing.find, Selection(), 0, 5)
    rest = await rig.do(clearing.find, Selection(), first[-1][0])
    assert len(first + rest) == len({placement for placement, _ in first + rest}) == 12


async def test_what_stands_is_called_back_and_what_waits_is_refused_in_silence(
    rig: Rig, town: tuple[AreaRecord, AreaRecord]
) -> None:
    alice = await rig.stranger("alice")
    await send(rig, alice, "post", *town)
    assert await rig.do(clearing.has_accepted, alice.id)
    last = await rig.last()
    rig.pass_time(25 * HOUR)  # nobody is told more than once a day anyway
    for _ in range(2):
        for placement_id in [
            each.id for each in (await rig.placements("https://p.test/notes/post")).values()
        ]:
            await rig.do(clearing.clear, placement_id, reason="宣伝", now=rig.now, rule=SUSPENDED)
        assert await rig.states("https://p.test/notes/post") == {
            "megumino": "removed suspended",
            "shimamatsu": "refused refuse",
        }
    assert await rig.shorts(by="megumino", after=last) == ["Undo/both"]
    assert await rig.shorts(by="shimamatsu_desk", after=last) == []
    assert not await rig.do(clearing.has_accepted, alice.id)
