"""What stands first in an area, who is told of it by whom, and what ends it."""

import pytest

from actors.records import ActorRecord
from areas import moderation
from areas.interactions.marking import MOST_PINS
from areas.personal_tables import pins
from areas.records import AreaRecord, PostRecord
from federation.errors import NotFound, Refused
from tests.areas.rig import Rig

pytestmark = pytest.mark.anyio


async def post(rig: Rig, area: AreaRecord, author: ActorRecord, slug: str) -> PostRecord:
    note = rig.note(author, slug, cc=(area.iri,))
    await rig.send(author, note)
    return await rig.stored(note.id)


async def test_a_residents_post_is_pinned_by_the_desk_for_the_activity_dialect(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    found = await post(rig, area, alice, "one")
    last = await rig.last()
    for _ in range(2):
        await rig.do(moderation.pin, area, found, rig.now)
    (said,) = await rig.said(after=last)
    inner = said.body["object"]
    assert (said.short, inner["object"], inner["target"]) == (
        "Announce{Add}/activity",
        found.iri,
        f"{area.iri}/featured",
    )
    assert inner["actor"].endswith("/people/megumino_desk")
    await rig.do(moderation.unpin, area, found, rig.now)
    assert (await rig.shorts(after=last))[1:] == ["Announce{Remove}/activity"]
    with pytest.raises(NotFound):
        await rig.do(moderation.unpin, area, found, rig.now)


async def test_what_the_area_wrote_is_pinned_by_itself(rig: Rig, area: AreaRecord) -> None:
    found, _ = await rig.publish(await rig.actor(area.iri), "このエリアの使い方")
    last = await rig.last()
    await rig.do(moderation.pin, area, found, rig.now)
    await rig.do(moderation.unpin, area, found, rig.now)
    assert [(each.type, each.by, each.dialect) for each in await rig.said(after=last)] == [
        ("Add", "megumino", "both"),
        ("Remove", "megumino", "both"),
    ]


async def test_what_leaves_the_area_is_not_pinned_any_more(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    found = await post(rig, area, alice, "one")
    await rig.do(moderation.pin, area, found, rig.now)
    await rig.decide("remove", (await rig.placements(found.iri))["megumino"])
    assert await rig.count(pins) == 0


async def test_only_what_stands_in_the_area_and_not_too_many(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    strict = await rig.area("shimamatsu", policy="review")
    held = rig.note(alice, "held", cc=(strict.iri,))
    await rig.send(alice, held)
    for each in (area, strict):
        with pytest.raises(Refused, match="does not stand"):
            await rig.do(moderation.pin, each, await rig.stored(held.id), rig.now)
    for number in range(MOST_PINS):
        await rig.do(moderation.pin, area, await post(rig, area, alice, f"n{number}"), rig.now)
    with pytest.raises(Refused, match="5"):
        await rig.do(moderation.pin, area, await post(rig, area, alice, "more"), rig.now)
