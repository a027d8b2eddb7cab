"""Telling an author that a post is held or refused: once a day, directly, with a link of her own."""

import pytest

from actors.records import ActorRecord
from areas.records import AreaRecord
from areas.tables import receipts
from federation.vocabulary import PUBLIC, AnnouncePolicy, Post
from tests.areas.rig import HOUR, Rig, Said

pytestmark = pytest.mark.anyio


@pytest.fixture
async def strict(rig: Rig) -> AreaRecord:
    return await rig.area("shimamatsu", policy="review")


def note_to(rig: Rig, author: ActorRecord, slug: str, area: AreaRecord) -> Post:
    return rig.note(author, slug, cc=(area.iri,))


async def told(rig: Rig) -> list[Said]:
    return await rig.said(by="shimamatsu_desk")


async def test_a_held_post_is_answered_by_the_desk(rig: Rig, strict: AreaRecord, alice: ActorRecord) -> None:
    note = note_to(rig, alice, "post", strict)
    await rig.send(alice, note)
    (receipt,) = await told(rig)
    assert (receipt.type, receipt.to, receipt.audience, receipt.public) == ("Create", ("alice",), None, False)
    message = receipt.body["object"]
    assert message["to"] == receipt.body["to"] == [alice.iri]
    assert message["cc"] == receipt.body["cc"] == []
    assert PUBLIC not in receipt.raw.decode()
    assert message["inReplyTo"] == note.id
    assert message["tag"] == [{"type": "Mention", "href": alice.iri, "name": "@alice@p.test"}]
    token = (await rig.placements(note.id))["shimamatsu"].token
    assert f"https://machi.test/status/{token}" in message["content"]
    assert "This area checks every post first." in message["content"]


async def test_one_a_day(rig: Rig, strict: AreaRecord, alice: ActorRecord) -> None:
    """The day is Japan's: NOON is 21:00 there, so that three hours later it is another one."""
    for slug in ("one", "two"):
        await rig.send(alice, note_to(rig, alice, slug, strict))
    assert len(await told(rig)) == 1
    rig.pass_time(3 * HOUR)
    await rig.send(alice, note_to(rig, alice, "three", strict))
    assert len(await told(rig)) == 2
    assert await rig.count(receipts) == 2


async def test_one_for_each_author(rig: Rig, strict: AreaRecord, alice: ActorRecord) -> None:
    bob = await rig.stranger("bob")
    for author in (alice, bob):
        await rig.send(author, note_to(rig, author, author.username, strict))
    assert [each.to for each in await told(rig)] == [("alice",), ("bob",)]


async def test_one_for_several_areas(rig: Rig, strict: AreaRecord, alice: ActorRecord) -> None:
    other = await rig.area("kashiwagi", policy="review")
    await rig.send(alice, rig.note(alice, "post", cc=(strict.iri, other.iri)))
    assert len([each for each in await rig.said() if each.type == "Create"]) == 1


async def test_a_refusal_says_why(rig: Rig, strict: AreaRecord, alice: ActorRecord) -> None:
    note = rig.note(alice, "post", cc=(strict.iri,), can_announce=AnnouncePolicy())
    await rig.send(alice, note)
    (receipt,) = await told(rig)
    assert "The post&#x27;s own settings do not allow boosts." in receipt.body["object"]["content"]


async def test_a_moderators_reason_is_text(rig: Rig, strict: AreaRecord, alice: ActorRecord) -> None:
    note = note_to(rig, alice, "post", strict)
    await rig.send(alice, note)
    rig.pass_time(3 * HOUR)
    await rig.decide("refuse", (await rig.placements(note.id))["shimamatsu"], reason="<b>広告</b>です")
    content = (await told(rig))[-1].body["object"]["content"]
    assert "&lt;b&gt;広告&lt;/b&gt;です" in content
    assert "could not be accepted" in content


async def test_acceptance_tells_itself(rig: Rig, alice: ActorRecord) -> None:
    area = await rig.area("shimamatsu")
    await rig.send(alice, note_to(rig, alice, "post", area))
    assert await told(rig) == []


async def test_what_an_author_does_herself_is_not_told(
    rig: Rig, strict: AreaRecord, alice: ActorRecord
) -> None:
    note = note_to(rig, alice, "post", strict)
    await rig.send(alice, note)
    rig.pass_time(3 * HOUR)
    await rig.delete(alice, note.id)
    assert len(await told(rig)) == 1


async def test_residents_see_it_for_themselves(rig: Rig, strict: AreaRecord) -> None:
    await rig.publish(await rig.resident(), "x", strict)
    assert await rig.said() == []
