"""A locked thread: nobody here replies to it, nothing is passed on, and it can be opened again."""

import pytest

from actors.records import ActorRecord
from areas import moderation, threads
from areas.records import AreaRecord, PostRecord
from federation.errors import NotFound, Refused
from tests.areas.rig import Rig

pytestmark = pytest.mark.anyio


@pytest.fixture
async def root(rig: Rig, area: AreaRecord, alice: ActorRecord) -> PostRecord:
    """A post that stands in an area which a server of groups follows."""
    await rig.follower(area, "lem", "activity")
    note = rig.note(alice, "root", cc=(area.iri,))
    await rig.send(alice, note)
    return await rig.stored(note.id)


async def lock(rig: Rig, area: AreaRecord, root: PostRecord, reason: str = "") -> None:
    await rig.do(moderation.lock, area, root, reason=reason, now=rig.now)


async def test_a_lock_is_announced_for_the_desk_in_the_order_of_the_thread(
    rig: Rig, area: AreaRecord, root: PostRecord
) -> None:
    last = await rig.last()
    await lock(rig, area, root, "話が済んだため")
    await lock(rig, area, root, "もう一度")
    (said,) = await rig.said(after=last)
    assert (said.short, said.thread) == ("Announce{Lock}/activity", threads.thread_key(root))
    inner = said.body["object"]
    assert (inner["object"], inner["summary"], inner["audience"]) == (root.iri, "話が済んだため", area.iri)
    await rig.do(moderation.unlock, area, root, now=rig.now)
    undone = (await rig.said(after=last))[1].body["object"]
    assert (undone["type"], undone["object"]) == (
        "Undo",
        {key: value for key, value in inner.items() if key != "@context"},
    )


async def test_no_reply_is_passed_on_but_edits_of_earlier_ones_are(
    rig: Rig, area: AreaRecord, alice: ActorRecord, root: PostRecord
) -> None:
    early = rig.note(alice, "early", in_reply_to=root.iri)
    await rig.send(alice, early)
    await lock(rig, area, root)
    last = await rig.last()
    late = rig.note(alice, "late", in_reply_to=root.iri)
    await rig.send(alice, late)
    assert await rig.said(after=last) == []
    assert await rig.post(late.id) is None
    await rig.edit(alice, early)
    assert await rig.shorts(after=last) == ["Announce{Update}/activity"]
    await rig.do(moderation.unlock, area, root, now=rig.now)
    await rig.send(alice, late)
    assert (await rig.shorts(after=last))[-1] == "Announce{Create}/activity"


async def test_what_names_somebody_here_is_stored_but_goes_nowhere(
    rig: Rig, area: AreaRecord, alice: ActorRecord, root: PostRecord
) -> None:
    hanako = await rig.resident("hanako")
    await lock(rig, area, root)
    last = await rig.last()
    note = rig.note(alice, "late", in_reply_to=root.iri, cc=(hanako.iri,), mentions=(hanako.iri,))
    await rig.send(alice, note)
    assert (await rig.stored(note.id)).thread_id is None
    assert await rig.said(after=last) == []


async def test_a_thread_of_two_areas_is_closed_when_both_lock_it(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    other, hanako = await rig.area("shimamatsu"), await rig.resident("hanako")
    for each in (area, other):
        await rig.follower(each, f"lem-{each.username}", "activity")
    note = rig.note(alice, "both", cc=(area.iri, other.iri))
    await rig.send(alice, note)
    root = await rig.stored(note.id)
    await lock(rig, area, root)
    last = await rig.last()
    await rig.publish(hanako, "返信です。", in_reply_to=root.iri)
    assert [each.by for each in await rig.said(after=last) if each.dialect == "activity"] == ["shimamatsu"]
    await lock(rig, other, root)
    with pytest.raises(Refused, match="締め切られました"):
        await rig.publish(hanako, "また返信です。", in_reply_to=root.iri)


async def test_only_what_begins_a_thread_of_the_area_is_locked(
    rig: Rig, area: AreaRecord, alice: ActorRecord, root: PostRecord
) -> None:
    reply = rig.note(alice, "reply", in_reply_to=root.iri)
    await rig.send(alice, reply)
    other = await rig.area("shimamatsu")
    with pytest.raises(Refused):
        await lock(rig, area, await rig.stored(reply.id))
    with pytest.raises(Refused):
        await lock(rig, other, root)
    with pytest.raises(NotFound):
        await rig.do(moderation.unlock, area, root, now=rig.now)
    await rig.decide("remove", (await rig.placements(root.iri))["megumino"])
    with pytest.raises(Refused):
        await lock(rig, area, root)
